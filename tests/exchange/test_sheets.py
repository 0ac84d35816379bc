"""Tables as spreadsheets open them: no formulas, no signs that a workbook may not hold, names that a sheet may bear."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from linli.exchange.sheets import as_xlsx, safe_cell, sheet_name


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("\x01=1+1", "'=1+1"),
        ("扫\x0b雪\x00", "扫雪"),
        ("两\n行", "两\n行"),
        (7, 7),
        ("", ""),
        ("＝1+1", "'＝1+1"),
        ("\n=1", "'\n=1"),
    ],
)
def test_a_cell_is_a_text_and_nothing_else(text: object, kept: object) -> None:
    assert safe_cell(text) == kept


@pytest.mark.parametrize(
    ("text", "name"),
    [("A/B商店 [一部]", "A B商店  一部"), ("'超市'", "超市"), ("??", "1"), ("", "1"), ("长" * 40, "长" * 31)],
)
def test_a_sheet_bears_a_name_that_it_may(text: str, name: str) -> None:
    assert sheet_name(text) == name
    book = load_workbook(io.BytesIO(as_xlsx([(text, [["a", "\x02b"]])], text)))
    assert book.sheetnames == [name] and [cell.value for cell in book[name][2]] == ["a", "b"]
