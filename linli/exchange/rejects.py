"""The file as it came, with what was not taken marked: cells coloured, the reason as a comment and in a column."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.exceptions import IllegalCharacterError

from linli.exchange.column_maps import ImportMap
from linli.exchange.kinds import Kind
from linli.exchange.planning import OpenedFile, open_file
from linli.exchange.reading import CellError, unpacked
from linli.exchange.reading.book import Sheet
from linli.exchange.reading.delimited import decoded
from linli.exchange.reading.xlsx import transitional
from linli.exchange.refused import Refused
from linli.exchange.streamed import is_large, streamed
from linli.exchange.tables import HEADINGS_BETWEEN, REASON, Table

WRONG = PatternFill("solid", fgColor="FFD9D0")
ROW = PatternFill("solid", fgColor="FFF1D6")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def rejects_file(
    kind: Kind, data: bytes, file_name: str, mapping: ImportMap, refused: Sequence[Refused]
) -> tuple[bytes, str, str]:
    """(content, file name, media type) of the annotated file."""
    data = unpacked(data)
    opened = open_file(kind, data, file_name.removesuffix(".gz"), mapping)
    stem = file_name.removesuffix(".gz").rsplit(".", 1)[0]
    if opened.book.format == "geojson":
        return _geojson(data, refused), f"{stem}-{_('退回')}.geojson", "application/geo+json"
    content = _workbook(opened, data, refused)
    return content, f"{stem}-{_('退回')}.xlsx", XLSX


def _geojson(data: bytes, refused: Sequence[Refused]) -> bytes:
    content = json.loads(decoded(data)[0])
    features = []
    for row in refused:
        feature = content["features"][row.line - 1]
        if isinstance(feature, dict):
            properties = feature.get("properties") or {}
            feature["properties"] = {**properties, REASON: "；".join(text for _name, text in row.problems)}
        features.append(feature)
    return json.dumps({**content, "features": features}, ensure_ascii=False).encode()


def _workbook(opened: OpenedFile, data: bytes, refused: Sequence[Refused]) -> bytes:
    targets = {guess.heading: guess.target for guess in opened.columns if guess.target}
    if is_large(opened.book):
        return _written_line_by_line(opened, refused, targets)
    own = opened.book.format == "xlsx"
    book = openpyxl.load_workbook(io.BytesIO(transitional(data))) if own else _rebuilt(opened.book.sheets)
    by_sheet: dict[str, list[Refused]] = {}
    for row in refused:
        by_sheet.setdefault(row.sheet, []).append(row)
    for number, sheet in enumerate(opened.book.sheets):
        table = next((table for table in opened.tables.tables if table.sheet == sheet.name), None)
        rows = by_sheet.get(sheet.name, [])
        if table is not None and rows:
            page = book[sheet.name] if own else book.worksheets[number]
            _mark(page, table, sheet, rows, targets)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _written_line_by_line(opened: OpenedFile, refused: Sequence[Refused], targets: Mapping[str, str]) -> bytes:
    marks: dict[str, dict[int, list[tuple[str, str]]]] = {}
    for row in refused:
        marks.setdefault(row.sheet, {}).setdefault(row.line, []).extend(row.problems)
    shown = {heading: target for heading, target in targets.items() if heading not in HEADINGS_BETWEEN}
    return streamed(opened.book, {table.sheet: table for table in opened.tables.tables}, marks, shown)


def _mark(page: Any, table: Table, sheet: Sheet, rows: Sequence[Refused], targets: Mapping[str, str]) -> None:
    places: dict[str, int] = {}
    for place, heading in enumerate(table.columns if table.blocks == 1 else ()):
        if heading in targets and heading not in HEADINGS_BETWEEN:
            places.setdefault(targets[heading], place + 1)
    old = next((place + 1 for place, heading in enumerate(table.columns) if heading == REASON), None)
    reason = old or table.width + 1
    head = page.cell(table.header[-1] + 1, reason)
    if not isinstance(head, MergedCell):
        head.value, head.font = REASON, Font(bold=True)
    page.column_dimensions[head.column_letter].width = 48
    at = {sheet.line(index): index + 1 for index in range(len(sheet.rows))}
    by_line: dict[int, list[tuple[str, str]]] = {}
    for row in rows:
        by_line.setdefault(row.line, []).extend(row.problems)
    for number, problems in by_line.items():
        line = at.get(number)
        if line is None:
            continue
        cell = page.cell(line, reason)
        if not isinstance(cell, MergedCell):
            cell.value, cell.fill = "；".join(text for _name, text in problems), ROW
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        for name, text in problems:
            wrong = page.cell(line, places.get(name, 1))
            wrong.fill = WRONG if name in places else ROW
            if not isinstance(wrong, MergedCell):
                wrong.comment = Comment(text, "Linli", width=320, height=90)


def _rebuilt(sheets: Sequence[Sheet]) -> openpyxl.Workbook:
    """A workbook of a file that is none, or an old one: the cells as texts and numbers, the merges."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number, sheet in enumerate(sheets):
        page = book.create_sheet(sheet.name or f"Sheet{number + 1}")
        for line, row in enumerate(sheet.rows, start=1):
            for column, value in enumerate(row, start=1):
                if value is None or value == "":
                    continue
                cell = page.cell(line, column)
                try:
                    cell.value = str(value) if isinstance(value, CellError | dict | list) else value
                except (IllegalCharacterError, ValueError):
                    cell.value = "".join(sign for sign in str(value) if sign.isprintable())
                if isinstance(value, str):
                    # A text that begins with = stays a text.
                    cell.data_type = "s"
        for area in sheet.merges:
            if area.bottom < len(sheet.rows):
                page.merge_cells(
                    start_row=area.top + 1,
                    end_row=area.bottom + 1,
                    start_column=area.left + 1,
                    end_column=area.right + 1,
                )
        for index in sheet.hidden:
            page.row_dimensions[index + 1].hidden = True
    return book
