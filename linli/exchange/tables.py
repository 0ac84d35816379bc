"""Where in a sheet is the table? Headings of one or two lines, merges filled, totals, notes and blank lines left out.

Pure: takes a sheet as it was read and the headings that the kind's fields are known by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from linli.exchange.group_headings import Bands, band
from linli.exchange.merges import at, merged_cells, seen
from linli.exchange.reading.book import Book, Merge, Sheet
from linli.exchange.words import heading, heading_key, is_blank, plain

HEADER_WITHIN = 40
REASON = "退回原因"
"""The column in which refused rows came back."""
SHEET_NAME, OUTER_SECTION, SECTION = "〔工作表名〕", "〔上级标题〕", "〔分段标题〕"
PLACE_ENDINGS = ("社区", "村", "街道", "镇", "乡", "居委会", "村委会", "网格")
HEADINGS_BETWEEN = (SHEET_NAME, OUTER_SECTION, SECTION)
"""Columns that no file has: what a sheet is called, and the headings that stand between its rows."""
_TOTAL = re.compile(
    r"^(?:本?页?|.{0,12}?)(?:小计|合计|总计|共计|累计|总合计)(?:[（(:：].*|共?\d.*)?$|^总数$|^共\d.*$|^.{1,8}数量?[:：]\d.*$|^(?:sub)?total\b.*$",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"^(?:备\s*注|说\s*明|附\s*注|注|填表说明|填报说明|填\s*表\s*人|填\s*报\s*人|制\s*表|审\s*核|复\s*核|联\s*系\s*人|联系电话|"
    r"填报单位|填报日期|填表日期|单位负责人|负责人签字|日\s*期|note|remark)s?\s*[:：]|^(?:备注|说明)$|^注\s*\d?[.、:：]"
)
_SENTENCE = re.compile(r"[。；！]|^[（(＊*★☆※●]|^以上|截至|截止")
"""What a remark below the table says that no name says."""
_PLAIN_SHEET = re.compile(r"^(?:sheet|工作表|表|table|表格)\s*[(（]?\d*[)）]?$", re.IGNORECASE)
_GENERAL_SHEET = re.compile(
    r"^(?:[^社村街镇乡]*(?:说明|名单|花名册|通讯录|台账|明细|汇总|统计|目录|字典|登记表|一览表|汇总表)|楼栋|网格|小区|点位|人员|数据|单位)\d*$"
)
"""Sheets that are called by what stands in them, not by whose it is."""


@dataclass(slots=True)
class RawRow:
    """One line of a table: its cells by column, and whether the line is hidden.

    `spans` names the merged cell for each column whose value came from one over several lines.
    """

    position: int
    sheet: str
    line: int
    cells: list[Any]
    hidden: bool = False
    spans: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Table:
    """The table of one sheet. `header` holds the indexes of the heading lines, `columns` the headings in order.

    `width` is how many columns the sheet has; where the same headings stand side by side, to save paper, `blocks` says
    how often, and the rows are those of the left block, then those of the next.
    """

    sheet: str
    header: tuple[int, ...]
    columns: list[str]
    rows: list[RawRow] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    width: int = 0
    blocks: int = 1

    def skip(self, why: str) -> None:
        """Count a line that is no row: total, note, blank, heading."""
        self.skipped[why] = self.skipped.get(why, 0) + 1


@dataclass(slots=True)
class Tables:
    """All tables of a file, their headings together, and the sheets without one.

    `lacking`: tables that were left out because they lack a column which others have: (sheet, field, rows).
    """

    tables: list[Table] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    lacking: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """The headings of all tables, each once, in order."""
        return list(dict.fromkeys(name for table in self.tables for name in table.columns))

    @property
    def rows(self) -> list[RawRow]:
        """The rows of all tables in the order of the file."""
        return [row for table in self.tables for row in table.rows]


def find_tables(book: Book, known: Callable[[str], bool]) -> Tables:
    """The tables of a book. `known` says whether a heading (made comparable) is one of the kind's."""
    found = Tables()
    position = 0
    signature: list[str] | None = None
    for sheet in book.sheets:
        table = _table(sheet, known, signature, position, book.format)
        if table is None:
            if any(not is_blank(cell) for row in sheet.rows for cell in row):
                found.without.append(sheet.name)
            continue
        signature = signature or table.columns
        position += len(table.rows)
        found.tables.append(table)
    _mark_sheet_names(found)
    return found


def names_a_place(sheet: str) -> bool:
    """Whether a sheet is called like a community, a street or a grid."""
    return sheet not in PLACE_ENDINGS and sheet.endswith(PLACE_ENDINGS)


def _mark_sheet_names(found: Tables) -> None:
    """One sheet per community: the name of the sheet becomes a column."""
    names = [table.sheet for table in found.tables if not _GENERAL_SHEET.match(table.sheet)]
    telling = [name for name in names if name and not _PLAIN_SHEET.match(name)]
    if len(telling) < len(names) or not telling:
        return
    if (len(telling) < 2 or len(names) < len(found.tables)) and not all(map(names_a_place, telling)):
        return
    for table in found.tables:
        table.columns.append(SHEET_NAME)
        for row in table.rows:
            row.cells.append(table.sheet if table.sheet in telling else None)


def _table(
    sheet: Sheet, known: Callable[[str], bool], signature: list[str] | None, position: int, form: str
) -> Table | None:
    covered = merged_cells(sheet)
    header = (0,) if form == "geojson" else find_header(sheet, known, covered)
    if header is None:
        return None
    width = max((len(row) for row in sheet.rows), default=0)
    while width and all(width > len(row) or is_blank(row[width - 1]) for row in sheet.rows):
        width -= 1
    columns = headings(sheet, header, width, covered)
    if form == "geojson":
        columns = [str(name) for name in sheet.rows[0]]
    table = Table(sheet.name, header, columns, width=width)
    _fill(table, sheet, width, covered, position)
    side_by_side(table)
    return table


# --- headings ----------------------------------------------------------------------------------------------------


def find_header(
    sheet: Sheet, known: Callable[[str], bool], covered: dict[tuple[int, int], Merge] | None = None
) -> tuple[int, ...] | None:
    """The indexes of the line (or two lines) with the headings: the one with the most headings that are known.

    Where none is known, the first line with at least two texts and nothing but texts that has rows below it.
    """
    covered = covered if covered is not None else merged_cells(sheet)
    best: tuple[int, ...] | None = None
    most = 0.0
    filled = [index for index, row in enumerate(sheet.rows) if any(not is_blank(cell) for cell in row)]
    for index in filled[:HEADER_WITHIN]:
        for lines in ((index,), (index, index + 1)):
            if len(lines) == 2 and not _two_lines(sheet, covered, index):
                continue
            score = _score(sheet, covered, lines, known)
            if score > most:
                best, most = lines, score
    if best is not None and most >= 2:
        return best
    unknown = _first_texts(sheet, filled, covered)
    # One known word may stand in a cell by chance: it counts only where nothing stands above it.
    return best if best is not None and (unknown is None or best[0] <= unknown[0]) else unknown


def _first_texts(sheet: Sheet, filled: Sequence[int], covered: dict[tuple[int, int], Merge]) -> tuple[int, ...] | None:
    """The first line with at least two texts and nothing but texts, with rows below it."""
    for index in filled[:HEADER_WITHIN]:
        row = [cell for cell in sheet.rows[index] if not is_blank(cell)]
        below = [line for line in filled if line > index]
        if len(row) >= 2 and below and all(isinstance(cell, str) and not cell.isdigit() for cell in row):
            return (index, index + 1) if _two_lines(sheet, covered, index) else (index,)
    return None


def _two_lines(sheet: Sheet, covered: dict[tuple[int, int], Merge], index: int) -> bool:
    """Whether a heading in this line spans several columns that have headings of their own below."""
    if index + 1 >= len(sheet.rows):
        return False
    starting = [area for area in sheet.merges if area.top == index and covered.get((index, area.left)) is area]
    spans = [area for area in starting if area.bottom == index and 0 < area.right - area.left < 30]
    for area in spans:
        below = [at(sheet, index + 1, column) for column in range(area.left, area.right + 1)]
        beside = [column for column in range(len(sheet.rows[index])) if not area.left <= column <= area.right]
        alone = all(is_blank(at(sheet, index, column)) for column in beside)
        if not alone and sum(isinstance(cell, str) and not is_blank(cell) for cell in below) >= 2:
            return True
    tall = any(area.bottom == index + 1 for area in starting)
    return tall and any(isinstance(cell, str) and cell.strip() for cell in sheet.rows[index + 1])


def _score(
    sheet: Sheet, covered: dict[tuple[int, int], Merge], lines: tuple[int, ...], known: Callable[[str], bool]
) -> float:
    width = max((len(sheet.rows[line]) for line in lines if line < len(sheet.rows)), default=0)
    hits, cells = set(), 0
    for column in range(width):
        parts = _parts(sheet, covered, lines, column)
        if parts:
            cells += 1
            hits |= {key for key in _keys(parts) if known(key)}
    single_banner = cells == 1 and width > 2
    return 0.0 if single_banner else len(hits) + (0.1 if len(lines) == 2 and len(hits) >= 2 else 0.0)


def _parts(sheet: Sheet, covered: dict[tuple[int, int], Merge], lines: Sequence[int], column: int) -> list[str]:
    texts = [heading(seen(sheet, covered, line, column)) for line in lines]
    return list(dict.fromkeys(text for text in texts if text))


def _keys(parts: Sequence[str]) -> list[str]:
    """A heading of two lines is known by its lower part, by both together, or by its upper part."""
    keys = [heading_key(parts[-1])]
    if len(parts) > 1:
        keys += [heading_key("".join(parts)), heading_key(parts[0])]
    return keys


def headings(
    sheet: Sheet, header: tuple[int, ...], width: int, covered: dict[tuple[int, int], Merge] | None = None
) -> list[str]:
    """One heading for each column, each only once; upper and lower part are joined by a slash."""
    covered = covered if covered is not None else merged_cells(sheet)
    names: list[str] = []
    for column in range(width):
        text = "/".join(_parts(sheet, covered, header, column)) or _letter(column)
        name, number = text[:120], 2
        while name in names:
            name, number = f"{text[:110]} ({number})", number + 1
        names.append(name)
    return names


def _letter(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"〔{letters}〕"


_AGAIN = re.compile(r" \(\d+\)$")


def side_by_side(table: Table) -> None:
    """Put the blocks of a table whose headings stand two or three times side by side below each other."""
    bare = ["" if name.startswith("〔") else _AGAIN.sub("", name) for name in table.columns[: table.width]]
    if bare and bare[-1] == REASON:
        bare.pop()
    for size in range(2, len(bare) // 2 + 2):
        again = len(bare) > size and all(bare[at] == bare[at - size] for at in range(size, len(bare)))
        if not again or sum(1 for name in bare[:size] if name) < 2 or -len(bare) % size > bare[:size].count(""):
            continue
        table.blocks = -(-len(bare) // size)
        first, between = table.rows[0].position if table.rows else 0, table.columns[table.width :]
        whole, table.width = table.width, len(bare)
        table.columns = [*table.columns[:size], *between]
        rows, table.rows = table.rows, []
        for start in range(0, len(bare), size):
            for row in rows:
                cells = row.cells[start : min(start + size, len(bare))]
                if any(not is_blank(cell) for cell in cells):
                    cells += [None] * (size - len(cells)) + row.cells[whole:]
                    spans = {at - start: text for at, text in row.spans.items() if start <= at < start + size}
                    number = first + len(table.rows)
                    table.rows.append(RawRow(number, row.sheet, row.line, cells, row.hidden, spans))
        return


# --- rows --------------------------------------------------------------------------------------------------------


def _fill(table: Table, sheet: Sheet, width: int, covered: dict[tuple[int, int], Merge], position: int) -> None:
    titles = [heading_key(name) for name in table.columns]
    lower = [heading_key(name.rsplit("/", 1)[-1]) for name in table.columns]
    bands = Bands()
    notes = _first_note(sheet, table.header[-1] + 1)
    last = max((at for at, row in enumerate(sheet.rows) if sum(not is_blank(cell) for cell in row) > 1), default=0)
    by_line: dict[int, dict[int, Merge]] = {}
    for (line, column), area in covered.items():
        if area.bottom > area.top:
            by_line.setdefault(line, {})[column] = area
    for index in range(table.header[-1] + 1, len(sheet.rows)):
        row = sheet.rows[index]
        cells = list(row[:width]) + [None] * (width - len(row))
        own = [cell for cell in cells if not is_blank(cell)]
        spans: dict[int, str] = {}
        for column, area in by_line.get(index, {}).items():
            if column == area.left and column < width and own:
                # A tall merge carries its value down; of a merge that is also wide, only its first column does.
                cells[column] = at(sheet, area.top, area.left)
                spans[column] = f"{sheet.line(area.top)}/{column}"
        filled = [(column, cell) for column, cell in enumerate(cells) if not is_blank(cell)]
        if not own:
            table.skip("blank")
            continue
        if index >= notes or (index > last and len(own) == 1 and width > 2 and _SENTENCE.search(plain(own[0]))):
            table.skip("note")
            continue
        why = _no_row(cells, filled, titles, lower)
        if why:
            table.skip(why)
            continue
        first = covered.get((index, filled[0][0]))
        heads = band(filled, own, width, first.right - first.left + 1 if first is not None else 1)
        if heads:
            bands.open(heads)
            table.skip("section")
            continue
        number = position + len(table.rows)
        bands.mark(number)
        table.rows.append(RawRow(number, table.sheet, sheet.line(index), cells, index in sheet.hidden, spans))
    if bands.rows:
        table.columns += [OUTER_SECTION, SECTION] if bands.deep else [SECTION]
        for entry in table.rows:
            both = bands.rows.get(entry.position, ("", ""))
            entry.cells += both if bands.deep else both[1:]


def _first_note(sheet: Sheet, start: int) -> int:
    """The line from which on there are only notes and signatures: the last lines with at most two filled cells."""
    end = len(sheet.rows)
    index = end - 1
    while index >= start:
        filled = [cell for cell in sheet.rows[index] if not is_blank(cell)]
        if filled and not (len(filled) <= 4 and isinstance(filled[0], str) and _NOTE.match(plain(filled[0]))):
            break
        if filled:
            end = index
        index -= 1
    # Lines that continue a note stand below its first line and fill one cell only.
    for line in range(start, len(sheet.rows)):
        first = next((cell for cell in sheet.rows[line] if not is_blank(cell)), None)
        if isinstance(first, str) and _NOTE.match(plain(first)):
            rest = sheet.rows[line + 1 :]
            if all(sum(not is_blank(cell) for cell in row) <= 2 for row in rest):
                return min(line, end)
    return end


def _no_row(cells: Sequence[Any], filled: Sequence[tuple[int, Any]], titles: list[str], lower: list[str]) -> str:
    texts = [(column, plain(cell)) for column, cell in filled]
    if any(_TOTAL.match("".join(text.split())) for _column, text in texts[:3]):
        return "total"
    if _repeats_headings(texts, titles, lower):
        return "heading"
    if (
        len(texts) >= 3
        and all(text.isdigit() and int(text) == column + 1 for column, text in texts if len(text) < 4)
        and all(len(text) < 4 for _column, text in texts)
    ):
        return "heading"
    if len(texts) >= 3 and texts[0][1] == "甲" and all(len(text) == 1 and text in _COLUMN_SIGNS for _at, text in texts):
        return "heading"
    return ""


_COLUMN_SIGNS = "甲乙丙丁戊己庚辛壬癸123456789"
"""How statistical tables number their columns in a line below the headings: 甲 乙 丙 1 2."""


def _repeats_headings(texts: Sequence[tuple[int, str]], titles: list[str], lower: list[str]) -> bool:
    """Whether at least two thirds of the cells, and two, say what stands above them; looks no further than needed."""
    same = other = 0
    for column, text in texts:
        key = heading_key(text) if column < len(titles) else ""
        if key and key in (titles[column], lower[column]):
            same += 1
        else:
            other += 1
            if other * 3 > len(texts):
                return False
    return same >= 2
