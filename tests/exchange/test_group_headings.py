"""Headings between the rows of a table: which lines are some, and how they stand in each other."""

from __future__ import annotations

from typing import Any

import pytest

from linli.exchange.columns import guess_columns
from linli.exchange.group_headings import Bands, band
from linli.exchange.kinds import kind_of
from linli.exchange.reading.book import Book, Merge, Sheet
from linli.exchange.tables import OUTER_SECTION, SECTION, find_tables
from linli.exchange.words import heading_key


@pytest.mark.parametrize(
    ("cells", "spans", "text"),
    [
        (["通济街道", None, None, None, None], 5, "通济街道"),
        (["通济街道", None, None, None, None], 1, ""),
        (["一、市容环境（30分）", None, None, None, None], 1, "一、市容环境（30分）"),
        (["（二）路灯", None, None, None, None], 1, "（二）路灯"),
        (["第一部分 环境", None, None, None, None], 1, "第一部分 环境"),
        (["1.", None, None, None, None], 1, ""),
        (["一", "市容环境", None, 30, None], 1, "一、市容环境"),
        (["（一）", "路灯", None, None, None], 1, "（一）路灯"),
        (["一", "市容环境", "路面平整", 2, "比例"], 1, ""),
        ([1, "路面平整", None, None, None], 1, ""),
        ([None, None, None, "一、备注", None], 1, ""),
        (["一、甲乙", None], 1, ""),
    ],
)
def test_a_line_that_is_a_heading(cells: list[Any], spans: int, text: str) -> None:
    filled = [(place, cell) for place, cell in enumerate(cells) if cell is not None]
    assert band(filled, [cell for _place, cell in filled], len(cells), spans) == text


def test_what_a_merged_cell_carries_down_makes_a_row_of_a_line() -> None:
    assert band([(0, "一、环境"), (3, "甲局")], ["一、环境"], 6, 1) == ""


def test_a_heading_numbered_like_an_open_one_ends_it_and_what_is_below() -> None:
    bands = Bands()
    for position, text in enumerate(["一、甲", "（一）子", "", "（二）丑", "", "二、乙", "", "（一）寅", ""]):
        if text:
            bands.open(text)
        else:
            bands.mark(position)
    assert list(bands.rows.values()) == [
        ("一、甲", "（一）子"), ("一、甲", "（二）丑"), ("二、乙", "二、乙"), ("二、乙", "（一）寅"),
    ]  # fmt: skip
    assert bands.deep


def test_one_level_is_one_column_as_before_and_fills_the_community() -> None:
    kind = kind_of("grids")
    assert kind is not None
    rows: list[list[Any]] = [["网格名称", "网格员", "电话", "户数"], ["东山社区"], ["第一网格", "张三", "", 100]]
    rows += [["西山社区"], ["第二网格", "李四", "", 90]]
    sheet = Sheet("Sheet1", rows, [Merge(1, 0, 1, 3), Merge(3, 0, 3, 3)])
    tables = find_tables(Book("xlsx", [sheet]), lambda key: key in {heading_key("网格名称"), heading_key("户数")})
    assert SECTION in tables.columns and OUTER_SECTION not in tables.columns
    assert [row.cells[-1] for row in tables.rows] == ["东山社区", "西山社区"]
    assert {guess.heading: guess.target for guess in guess_columns(kind, tables)}[SECTION] == "community"
