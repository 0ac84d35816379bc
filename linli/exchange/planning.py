"""From a file to a plan: its tables, its columns, every row read and judged. Writes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from linli.exchange.column_maps import ImportMap, answer_from_map
from linli.exchange.columns import ColumnGuess, guess_columns, known_headings, missing
from linli.exchange.errors import CellProblem, ExchangeProblem
from linli.exchange.fields import Unanswered
from linli.exchange.kinds import (
    DOUBTFUL,
    OUTCOMES,
    REJECTED,
    Answer,
    Choice,
    Field,
    Kind,
    Planner,
    Question,
    Row,
    Run,
    Vanished,
)
from linli.exchange.reading import Book, CellError, read_book
from linli.exchange.tables import (
    HEADINGS_BETWEEN,
    OUTER_SECTION,
    REASON,
    SECTION,
    SHEET_NAME,
    RawRow,
    Table,
    Tables,
    find_tables,
)
from linli.exchange.words import BLANKS, SAME_AS_ABOVE, heading_key, is_blank, plain

ROUNDS = 6
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(slots=True)
class OpenedFile:
    """A file that was read: its tables and what its columns are taken for."""

    kind: Kind
    book: Book
    tables: Tables
    columns: list[ColumnGuess]
    mapping: ImportMap

    @property
    def missing(self) -> list[Field]:
        """Required fields without a column."""
        return missing(self.kind, self.columns, self.mapping.constants)


@dataclass(slots=True)
class Plan:
    """What a file would do: every row with its outcome, the doubts, who vanished.

    `standing` is how far the other files of the kind had come before the register was read (`running.standing_of`).
    """

    opened: OpenedFile
    run: Run
    planner: Planner
    rows: list[Row]
    vanished: list[Vanished] = field(default_factory=list)
    standing: tuple[int, int] | None = None

    def counts(self) -> dict[str, int]:
        """How many rows come to what."""
        result = dict.fromkeys(OUTCOMES, 0)
        for row in self.rows:
            result[row.outcome] += 1
        return result

    def by_area(self) -> dict[str, dict[str, int]]:
        """The counts for every community, in the order of the file."""
        result: dict[str, dict[str, int]] = {}
        for row in self.rows:
            counts = result.setdefault(row.area, {})
            counts[row.outcome] = counts.get(row.outcome, 0) + 1
        return result


def open_file(kind: Kind, data: bytes, file_name: str, mapping: ImportMap | None = None) -> OpenedFile:
    """Read a file, find its tables and guess its columns. Raises ExchangeProblem with what to do."""
    mapping = mapping or ImportMap(kind.slug)
    book = read_book(data, file_name)
    known = known_headings(kind)
    given = {heading_key(name) for name in mapping.columns}
    tables = find_tables(book, lambda key: key in known or key in given)
    if not tables.tables:
        names = "、".join(entry.label.zh for entry in kind.fields[:6])
        raise ExchangeProblem("no_header", _("没有找到表头。请确认有一行是列名，例如：%(names)s。") % {"names": names})
    if not any(table.rows for table in tables.tables):
        raise ExchangeProblem("no_rows", _("表头下面没有数据行。请确认选对了文件和工作表。"))
    columns = guess_columns(kind, tables, {REASON: "", **mapping.columns})
    _leave_out_lacking(kind, tables, columns, mapping.constants)
    return OpenedFile(kind, book, tables, columns, mapping)


def _leave_out_lacking(
    kind: Kind, tables: Tables, columns: Sequence[ColumnGuess], constants: Mapping[str, str]
) -> None:
    """Leave out sheets that lack a required column where another has them all: instructions, word lists, summaries."""
    targets = {guess.heading: guess.target for guess in columns}
    needed = [entry for entry in kind.fields if entry.required] or kind.fields[:1]
    lacks = [
        next((entry for entry in needed if entry.name not in constants
              and entry.name not in {targets.get(name, "") for name in table.columns}), None)
        for table in tables.tables
    ]  # fmt: skip
    if None not in lacks:
        return
    tables.lacking = [
        (table.sheet, entry.label.zh, len(table.rows))
        for table, entry in zip(tables.tables, lacks, strict=True) if entry is not None and table.rows
    ]  # fmt: skip
    tables.tables = [table for table, entry in zip(tables.tables, lacks, strict=True) if entry is None]


def make_plan(opened: OpenedFile, run: Run, done: Mapping[int, str] | None = None) -> Plan:
    """Read every cell and let the kind judge every row. `done`: rows written before, by position."""
    kind = opened.kind
    if opened.mapping.reused:
        run.notice(_reused_text(opened.mapping.reused))
    for sheet in opened.book.hidden_sheets:
        run.notice(_("隐藏的工作表“%(name)s”没有读取。") % {"name": sheet})
    for sheet in opened.tables.without:
        run.notice(_("工作表“%(name)s”里没有找到表头，没有读取。") % {"name": sheet})
    for sheet, column, count in opened.tables.lacking:
        text = _("工作表“%(name)s”没有“%(column)s”一列，没有读取（%(count)d 行）。如有，请在“列”里指明。")
        run.notice(text % {"name": sheet, "column": column, "count": count})
    for guess in opened.columns:
        entry = kind.field(guess.also) if guess.also and not guess.target else None
        if entry is not None:
            text = _(
                "“%(heading)s”一列也像“%(column)s”，没有读取。如果一行写了两组，请在“列”里换成这一列，再导入一次。"
            )
            run.notice(text % {"heading": guess.heading, "column": entry.label.zh})
    for guess in opened.columns:
        if guess.heading in (SECTION, OUTER_SECTION) and not guess.target and not guess.by and guess.samples:
            run.notice(_("分段标题（如“%(text)s”）没有读取。可以在“列”里指明它是什么。") % {"text": guess.samples[0]})
    run.titles = _titles(opened)
    run.columns = frozenset(guess.target for guess in opened.columns if guess.target) | set(opened.mapping.constants)
    run.headings = {guess.target: guess.heading for guess in reversed(opened.columns) if guess.target}
    run.unread = tuple(
        guess.heading for guess in opened.columns
        if not guess.target and guess.by != "given" and sum(_HAN.search(text) is not None for text in guess.samples) > 1
    )  # fmt: skip
    rows: list[Row] = []
    for table in opened.tables.tables:
        rows += _read_table(opened, table, run)
    for row in rows:
        if done and row.position in done:
            row.done = True
    planner = kind.planner(run)
    planner.plan(rows)
    for row in rows:
        if done and row.position in done:
            row.outcome = done[row.position]
        if not row.outcome:
            raise RuntimeError(f"{kind.slug}: row {row.position} was not judged")
    return Plan(opened, run, planner, rows, planner.vanished(rows))


def _titles(opened: OpenedFile) -> str:
    """What stands above the tables, and the names of the sheets."""
    above = [table.sheet for table in opened.tables.tables]
    headers = {table.sheet: table.header[0] for table in opened.tables.tables}
    for sheet in opened.book.sheets:
        for row in sheet.rows[: min(headers.get(sheet.name, 0), 40)]:
            above += [plain(cell)[:200] for cell in row if not is_blank(cell)]
    return " ".join(above)[:4000]


def _reused_text(how: str) -> str:
    if how == "same":
        return _("各列的含义沿用上次同样表头的文件，可以在“列”里改。")
    return _("表头与以前的文件相近，相同的列沿用当时的含义，其余的请在“列”里看一眼。")


def settle(opened: OpenedFile, run: Run, done: Mapping[int, str] | None = None) -> Plan:
    """Plan, answer what the map answers, and plan again until the map has nothing more to say."""
    plan = make_plan(opened, run, done)
    for _round in range(ROUNDS):
        answered: dict[str, Answer] = {}
        for key, doubt in plan.run.doubts.items():
            answer = answer_from_map(opened.mapping, doubt) if doubt.answer is None else None
            if answer is not None:
                answered[key] = answer
        if not answered:
            break
        run = again(run, answered)
        plan = make_plan(opened, run, done)
    return plan


def again(run: Run, answers: Mapping[str, Answer]) -> Run:
    """The same run with more answers, to plan once more."""
    return Run(
        actor=run.actor, actor_label=run.actor_label, under=run.under, options=run.options,
        answers={**run.answers, **answers}, today=run.today, file_name=run.file_name, batch_id=run.batch_id,
        record=run.record,
    )  # fmt: skip


# --- cells -------------------------------------------------------------------------------------------------------


def _read_table(opened: OpenedFile, table: Table, run: Run) -> list[Row]:
    kind = opened.kind
    by_heading = {guess.heading: guess.target for guess in opened.columns}
    columns = [
        (place, entry) for place, name in enumerate(table.columns)
        if (entry := kind.field(by_heading.get(name, ""))) is not None
    ]  # fmt: skip
    own = {entry.name for place, entry in columns if table.columns[place] != SHEET_NAME}
    columns = [
        (place, entry) for place, entry in columns if table.columns[place] != SHEET_NAME or entry.name not in own
    ]
    filled = _fill_down(table, columns, run) if opened.book.format != "geojson" else {}
    constants = opened.mapping.constants
    rows = [_row(kind, raw, columns, filled.get(raw.position, {}), constants, run) for raw in table.rows]
    run.row = None
    return rows


_Filled = dict[int, dict[int, Any]]
"""Cells that were filled from above: by position of the row, then by column."""


def _fill_down(table: Table, columns: Sequence[tuple[int, Field]], run: Run) -> _Filled:
    """What stands for 同上, and for blanks below a value where that was agreed."""
    filled: _Filled = {}
    for place, entry in columns:
        fills_blanks = entry.fill_down and table.columns[place] not in HEADINGS_BETWEEN
        above: Any = None
        blanks: list[tuple[RawRow, Any]] = []
        for raw in table.rows:
            cell = raw.cells[place] if place < len(raw.cells) else None
            if isinstance(cell, str) and cell.strip() in SAME_AS_ABOVE:
                filled.setdefault(raw.position, {})[place] = above
            elif not is_blank(cell):
                above = cell
            elif fills_blanks and above is not None:
                blanks.append((raw, above))
        if blanks:
            _fill_blanks(table.columns[place], place, blanks, filled, run)
    return filled


def _fill_blanks(column: str, place: int, blanks: Sequence[tuple[RawRow, Any]], filled: _Filled, run: Run) -> None:
    choices = (Choice("fill", _("沿用上一行")), Choice("blank", _("就是空的")))
    sentence = _("“%(column)s”一列有空格（%(count)d 行，首见第 %(line)d 行）。是沿用上一行，还是就是空的？") % {
        "column": column, "count": len(blanks), "line": blanks[0][0].line,
    }  # fmt: skip
    question = Question("blank_cells", column, sentence, choices, may_skip=False, remember=False, suggestion="fill")
    answer = run.ask(question)
    for raw, value in blanks:
        if answer is None:
            filled.setdefault(raw.position, {})[place] = _Waiting(question)
        elif answer.value == "fill":
            filled.setdefault(raw.position, {})[place] = value


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A blank cell about which nobody has said whether it continues the one above."""

    question: Question


def _row(
    kind: Kind,
    raw: RawRow,
    columns: Sequence[tuple[int, Field]],
    filled: Mapping[int, Any],
    constants: Mapping[str, str],
    run: Run,
) -> Row:
    row = Row(raw.position, raw.sheet, raw.line)
    if raw.spans:
        row.spans = {entry.name: raw.spans[place] for place, entry in columns if entry.shared and place in raw.spans}
    run.row = row
    cells = raw.cells
    many: dict[str, list[str]] = {}
    for place, entry in columns:
        value = filled[place] if place in filled else cells[place] if place < len(cells) else None
        if value is None or value == "":
            continue
        if entry.many and not isinstance(value, CellError | dict):
            many.setdefault(entry.name, []).append(plain(value))
            continue
        _cell(row, entry, value, run)
    for name, parts in many.items():
        entry_ = kind.field(name)
        joined = "、".join(part for part in parts if part)
        if entry_ is not None and joined:
            _cell(row, entry_, joined, run)
    for name, constant in constants.items():
        entry_ = kind.field(name)
        if entry_ is not None and name not in row.values:
            _cell(row, entry_, constant, run)
    for entry in kind.fields:
        named = entry.name in row.values or any(problem.field == entry.name for problem in row.problems)
        if entry.required and not named and row.outcome != DOUBTFUL:
            row.reject(_("没有填“%(name)s”。") % {"name": entry.label.text("zh-hans")}, entry.name)
    if raw.hidden and row.outcome != REJECTED:
        _ask_hidden(row, run)
    return row


def _cell(row: Row, entry: Field, value: Any, run: Run) -> None:
    if isinstance(value, _Waiting):
        run.ask(value.question, row)
        return
    if isinstance(value, CellError):
        row.reject(_error_text(value), entry.name)
        return
    if isinstance(value, str):
        bare = value.strip()
        if bare.lower() in BLANKS:
            return
    try:
        row.values[entry.name] = entry.parse(value, run)
    except CellProblem as problem:
        row.reject(problem.message, entry.name)
    except Unanswered:
        pass


def _error_text(error: CellError) -> str:
    if error.code == "formula":
        return _("公式没有算出结果。请在表格软件中打开并保存一次，或“粘贴为值”。")
    if error.code == "feature":
        return _("这一项不是 Feature。请从制图软件重新导出。")
    return _("单元格是错误值 %(code)s。请改正公式，或直接填写值。") % {"code": error.code}


def _ask_hidden(row: Row, run: Run) -> None:
    stated = run.options.get("hidden_rows")
    if stated in ("skip", "use"):
        answer: Answer | None = Answer(str(stated))
    else:
        choices = (Choice("use", _("照样导入")),)
        sentence = _("有隐藏的行（可能是筛选留下的）。要导入吗？")
        answer = run.ask(Question("hidden_rows", row.sheet, sentence, choices, remember=False), row)
    if answer is not None and answer.action == "skip":
        row.skip()
