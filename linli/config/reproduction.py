"""`linli reproduce`: published figures, what the records say, and the verdict, as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from linli.insight.reproducing import Row

NARROWEST = 100
STYLES = {"holds": "green", "does not hold": "bold red"}


def run(*, as_json: bool, language: str) -> int:
    """Print all figures; 0 when all hold, 1 when one does not, 2 when there is nothing to compute from."""
    import django

    django.setup()
    from django.db import ProgrammingError

    from linli.insight.reproducing import SYNTHETIC, judged, reproduce, whole

    try:
        rows = reproduce()
    except ProgrammingError:
        # A home whose database was never prepared.
        rows = []
    if as_json:
        figures = [row.as_json() for row in rows]
        print(json.dumps({"mark": SYNTHETIC, "whole": whole(rows), "figures": figures}, ensure_ascii=False, indent=2))
    else:
        _print(rows, language)
    return 2 if not judged(rows) else 0 if whole(rows) else 1


def _print(rows: Sequence[Row], language: str) -> None:
    from linli.insight.published import Verdict
    from linli.insight.reproducing import SYNTHETIC, judged

    console = Console()
    console = Console(width=max(console.width, NARROWEST))
    found = judged(rows)
    if found:
        computed = [row for row in rows if row.found is not None]
        console.print(table(computed, language))
        console.print(rule_table(computed, language))
    absent = [row for row in rows if row.found is None]
    if absent:
        console.print(absent_table(absent, language))
    holding = sum(row.verdict is Verdict.HOLDS for row in found)
    if not found:
        console.print("这里没有可算的记录，先运行 linli demo / nothing to compute from: run linli demo first")
        return
    console.print(
        f"{len(found)} 个中 {holding} 个相符，{len(found) - holding} 个不符 / {holding} of {len(found)} hold · "
        f"{SYNTHETIC} synthetic"
    )


def table(rows: Sequence[Row], language: str = "zh-hans") -> Table:
    """The figures that were computed, each with its kind, records, period and mark."""
    made = Table(title="公布数字与记录 / published figures and records", title_justify="left", box=box.SIMPLE_HEAD)
    words = ("编号、类别", "地点、内容", "公布", "算得", "记录、期间", "判定")
    if language.startswith("en"):
        words = ("id, kind", "place, what", "published", "computed", "n, period", "verdict")
    for number, word in enumerate(words):
        right, wide = number in (2, 3, 4), number == 1
        made.add_column(
            word, justify="right" if right else "left", no_wrap=not wide, overflow="fold", ratio=wide or None
        )
    for row in rows:
        figure, found = row.figure, row.found
        style = STYLES.get(str(row.verdict), "dim")
        missing = f"\n[red]缺 missing: {'、'.join(row.missing)}[/]" if row.missing else ""
        made.add_row(
            f"{figure.id}\n[dim]{row.kind_text(language)}[/]",
            f"{figure.place_name}\n{figure.title.text(language)}{missing}",
            row.published_text(language),
            row.computed_text(),
            f"{found.n if found else 0:,}\n[dim]{row.period_text()}[/]",
            f"[{style}]{row.verdict_text(language)}[/]\n[dim]{row.data_text(language)}[/]",
        )
    return made


def rule_table(rows: Sequence[Row], language: str = "zh-hans") -> Table:
    """By which rule each figure is computed, in plain words."""
    made = Table(title="怎样算 / rules", title_justify="left", box=box.SIMPLE, show_header=False)
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for row in rows:
        made.add_row(row.figure.id, row.figure.rule.text(language))
    return made


def absent_table(rows: Sequence[Row], language: str = "zh-hans") -> Table:
    """The figures for which there is nothing to compute from, without a verdict."""
    made = Table(title="尚未接入 / not yet", title_justify="left", box=box.SIMPLE, show_header=False)
    for _column in range(4):
        made.add_column(no_wrap=True)
    for row in rows:
        what = f"{row.figure.place_name} {row.figure.title.text(language)}"
        made.add_row(row.figure.id, what, row.published_text(language), f"[dim]{row.verdict_text(language)}[/]")
    return made
