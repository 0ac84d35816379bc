"""`linli import KIND FILE`: one importer for every kind, at the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

ALL_GOOD, SOME_REFUSED, UNREADABLE = 0, 1, 2


@dataclass(frozen=True)
class Wanted:
    """What the operator said."""

    kind: str
    file: Path
    map_file: Path | None = None
    save_map: Path | None = None
    dry_run: bool = False
    district: str = ""
    accept: bool = False


def import_kind(wanted: Wanted, console: Console | None = None) -> int:
    """Import a file; 0 all rows are in, 1 some were refused or are in doubt, 2 nothing could be read."""
    import django

    django.setup()
    from django.db import ProgrammingError

    from linli.exchange.errors import ExchangeProblem
    from linli.exchange.running import AnotherRuns
    from linli.people.access import PermissionRefused
    from linli.places.errors import PlaceProblem

    console = console or Console()
    try:
        return _import(wanted, console)
    except (ExchangeProblem, PlaceProblem) as problem:
        console.print(f"[red]✗[/red] {escape(problem.message)}", highlight=False, soft_wrap=True)
        if problem.code == "no_system":
            console.print(escape('    --map MAP.toml:  [options]  system = "12345热线"'), style="dim", highlight=False)
        return UNREADABLE
    except ProgrammingError:
        text = "这里还没有建区，请先运行 linli init / there is no district yet: run linli init"
        console.print(f"[red]✗[/red] {text}", highlight=False, soft_wrap=True)
        return UNREADABLE
    except AnotherRuns:
        text = "另一个进程正在导入这个文件 / another process is importing this file"
        console.print(f"[red]✗[/red] {text}", highlight=False, soft_wrap=True)
        return UNREADABLE
    except PermissionRefused as refused:
        console.print(f"[red]✗[/red] {escape(str(refused))}", highlight=False)
        return UNREADABLE


def _import(wanted: Wanted, console: Console) -> int:
    from linli.exchange import services
    from linli.exchange.column_maps import ImportMap, parse_map
    from linli.exchange.errors import ExchangeProblem
    from linli.exchange.kinds import kind_of, kinds
    from linli.exchange.limits import MAX_BYTES
    from linli.people.importers import importer_for, operator

    kind = kind_of(wanted.kind)
    if kind is None:
        known = "，".join(f"{entry.slug} {entry.label.zh}" for entry in kinds())
        console.print(f"{escape(wanted.kind)}? 可导入 / can be imported: {known}", highlight=False, soft_wrap=True)
        return UNREADABLE
    if wanted.file.stat().st_size > MAX_BYTES:
        raise ExchangeProblem("too_large", "文件超过 50 MB / the file is larger than 50 MB")
    data = wanted.file.read_bytes()
    mapping = parse_map(_text_of(wanted.map_file), kind) if wanted.map_file else ImportMap(kind.slug)
    if wanted.accept:
        mapping.options["take_suggestions"] = "yes"
    importer = importer_for(operator(), _district(wanted.district))
    batch = services.interrupted(importer, kind.slug, data, mapping)
    if batch is not None:
        console.print(f"接着导入 / going on with batch {batch.pk}: {batch.rows_done} ✓", highlight=False)
        plan = services.plan_of(batch, importer, data=data)
    else:
        given = mapping if wanted.map_file or wanted.accept else None
        with console.status("正在核对 / checking …"):
            batch = services.receive(importer, kind.slug, data, wanted.file.name, given)
            plan = services.check(batch, importer)
    if wanted.save_map:
        wanted.save_map.write_text(_map_of(plan), encoding="utf-8")
    _show(plan, console)
    if wanted.dry_run:
        if batch.state != "running":
            services.drop(batch)
        return _code(plan)
    if batch.state != "running":
        try:
            services.need_columns(plan)
        except ExchangeProblem:
            services.drop(batch)
            raise
        services.begin(batch)
    with _progress(console) as progress:
        plan = services.run(batch, importer, progress, plan)
    _result(batch, plan, wanted, data, console)
    return _code(plan)


def _text_of(file: Path) -> str:
    from linli.exchange.errors import ExchangeProblem

    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExchangeProblem("map_encoding", f"映射文件须存为 UTF-8 / save the map as UTF-8: {file.name}") from error


def _code(plan: Any) -> int:
    counts = plan.counts()
    return SOME_REFUSED if counts["rejected"] or counts["doubtful"] else ALL_GOOD


def _district(code: str) -> int | None:
    from linli.exchange.errors import ExchangeProblem
    from linli.places.snapshot import place_snapshot

    places = place_snapshot()
    if code:
        found = places.find_by_code(code)
        if found is None:
            raise ExchangeProblem("no_district", f"没有编码为 {code} 的地点 / no place has the code {code}")
        return found.id
    districts = places.of_kind("district")
    return districts[0].id if len(districts) == 1 else None


def _map_of(plan: Any) -> str:
    from linli.exchange.column_maps import ImportMap, map_text

    columns = {guess.heading: guess.target for guess in plan.opened.columns}
    mapping = plan.opened.mapping
    answers = {topic: dict(rows) for topic, rows in mapping.answers.items()}
    for doubt in plan.run.doubts.values():
        if doubt.answer is None:
            answers.setdefault(doubt.question.topic, {})[doubt.question.text] = doubt.question.suggestion or "?"
    return map_text(ImportMap(plan.opened.kind.slug, columns, mapping.constants, mapping.options, answers))


def _show(plan: Any, console: Console) -> None:
    from linli.exchange.kinds import OUTCOMES

    columns = "  ".join(f"{guess.heading} → {guess.target or '—'}" for guess in plan.opened.columns)
    console.print(escape(columns), style="dim", highlight=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for label in OUTCOMES.values():
        table.add_column(f"{label.zh}\n{label.en}", justify="right")
    areas = plan.by_area()
    for area, counts in list(areas.items())[:60] if len(areas) > 1 else ():
        table.add_row(escape(area or "—"), *(str(counts.get(name, 0) or "·") for name in OUTCOMES))
    table.add_row("合计 total", *(str(count or "·") for count in plan.counts().values()), style="bold")
    console.print(table)
    for text in plan.run.notices:
        console.print(f"! {escape(text)}", highlight=False, soft_wrap=True)
    for gone in plan.vanished[:20]:
        console.print(f"! 文件里没有 / not in the file: {escape(gone.label)} {escape(gone.area)}", highlight=False)
    for doubt in plan.run.doubts.values():
        if doubt.answer is None:
            question = doubt.question
            offered = "，".join(choice.label for choice in question.choices)
            console.print(
                f"? {escape(question.sentence)}（{doubt.count}） {escape(offered)}", highlight=False, soft_wrap=True
            )
            answer = question.suggestion or (question.choices[0].label if question.choices else "-")
            console.print(
                escape(f'    [answers.{question.topic}]  "{question.text}" = "{answer}"'), style="dim", highlight=False
            )
    for row in [row for row in plan.rows if row.outcome == "rejected"][:20]:
        text = "；".join(problem.message for problem in row.problems)
        console.print(f"✗ {escape(row.sheet)} {row.line}: {escape(text)}", highlight=False, soft_wrap=True)


@contextmanager
def _progress(console: Console) -> Iterator[Any]:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("导入 / importing", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _result(batch: Any, plan: Any, wanted: Wanted, data: bytes, console: Console) -> None:
    from linli.exchange.refused import refused_rows
    from linli.exchange.rejects import rejects_file

    counts = plan.counts()
    console.print(
        f"✓ 新增 new {counts['new']}  更新 changed {counts['changed']}  不变 unchanged {counts['unchanged']}"
        f"  （批次 batch {batch.pk}，可撤销 / can be undone: linli import-undo {batch.pk}）",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    refused = refused_rows(batch)
    if refused:
        content, name, _media = rejects_file(plan.opened.kind, data, wanted.file.name, plan.opened.mapping, refused)
        path = wanted.file.with_name(name)
        path.write_bytes(content)
        console.print(f"✗ {len(refused)} 行退回 / rows came back: {path}", highlight=False, soft_wrap=True)


def undo_batch(number: int, console: Console | None = None) -> int:
    """Take a batch back; 1 with a list when something was built upon it."""
    import django

    django.setup()
    from linli.exchange import services
    from linli.exchange.errors import ExchangeProblem
    from linli.exchange.models import ImportBatch
    from linli.people.importers import importer_for, operator

    console = console or Console()
    batch = ImportBatch.objects.filter(pk=number).first()
    if batch is None:
        console.print(f"没有批次 {number} / there is no batch {number}")
        return UNREADABLE
    try:
        count = services.undo(batch, importer_for(operator(), batch.under_place_id))
    except ExchangeProblem as problem:
        for line in getattr(problem, "lines", [problem.message]):
            console.print(f"✗ {escape(line)}", highlight=False, soft_wrap=True)
        return SOME_REFUSED
    console.print(f"✓ 已撤销 / undone: {count}", highlight=False)
    return ALL_GOOD
