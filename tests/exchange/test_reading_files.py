"""Files of other programs: what systems and spreadsheets do to codes, separators and containers."""

from __future__ import annotations

import io
import zipfile
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest

from linli.exchange.errors import CellProblem, ExchangeProblem
from linli.exchange.reading import read_book, xls
from linli.exchange.reading.book import zeros_of
from linli.exchange.values import numbers, people
from linli.work.importing import limit


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('\ufeff"社区","网格名称"\n"西湖社区","甲网格"\n', [["社区", "网格名称"], ["西湖社区", "甲网格"]]),
        ('编码,电话\n="001","=""0532"""\n', [["编码", "电话"], ["001", "0532"]]),
        ("社区,网格,楼栋\n" + "西湖社区,甲网格,一楼、二楼、三楼、四楼\n" * 30, [["社区", "网格", "楼栋"]]),
        ("社区；网格\n西湖，甲\n".replace("；", "，"), [["社区", "网格"], ["西湖", "甲"]]),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_texts_are_cut_where_the_program_meant(text: str, rows: list[list[str]], encoding: str) -> None:
    found = read_book(text.encode(encoding), "a.csv").sheets[0].rows
    assert [list(row) for row in found[: len(rows)]] == rows


def test_codes_are_read_as_they_are_shown() -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for column, (value, shown) in enumerate(
        ((901, "0000"), (7, '"JM"000'), (12.5, "0000"), (45, "0"), (3, "0.00")), start=1
    ):
        page.cell(1, column, value).number_format = shown
    buffer = io.BytesIO()
    book.save(buffer)
    assert list(read_book(buffer.getvalue(), "a.xlsx").sheets[0].rows[0]) == ["0901", "JM007", 12.5, 45, 3]
    assert zeros_of("00-00") is None and zeros_of("@") is None


def test_a_strict_workbook_is_read_like_any_other() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["社区", "网格名称"])
    plain, strict = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(strict, "w") as new:
        for name in old.namelist():
            text = old.read(name).replace(
                b"http://schemas.openxmlformats.org/spreadsheetml/2006/", b"http://purl.oclc.org/ooxml/spreadsheetml/"
            )
            new.writestr(name, text.replace(
                b"http://schemas.openxmlformats.org/officeDocument/2006/", b"http://purl.oclc.org/ooxml/officeDocument/"
            ))  # fmt: skip
    assert [list(row) for row in read_book(strict.getvalue(), "a.xlsx").sheets[0].rows] == [["社区", "网格名称"]]


@pytest.mark.parametrize(
    "data", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 9000]
)
def test_a_damaged_old_workbook_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(ExchangeProblem) as refused:
        read_book(data, "a.xls")
    assert refused.value.code == "broken"


def test_a_chain_of_sectors_that_goes_round_is_not_followed_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def document(*words: Any, **more: Any) -> SimpleNamespace:
        node = SimpleNamespace(etype=2, tot_size=100, first_SID=0)
        return SimpleNamespace(dirlist=[node], min_size_std_stream=4096, SSAT=[1, 0])

    monkeypatch.setattr(xls, "CompDoc", document)
    with pytest.raises(ExchangeProblem):
        xls.read_xls(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


@pytest.mark.parametrize("text", ["空缺", "待招", "暂无", "张三（已离职）", "李四(调离)"])
def test_nobody_is_no_person(text: str) -> None:
    with pytest.raises(CellProblem):
        people.persons(text)


def test_beside_a_vacancy_somebody_is_named() -> None:
    assert [one.name for one in people.persons("王五、空缺")] == ["王五"]
    assert [one.name for one in people.persons("赵六（退休教师）")] == ["赵六"]


@pytest.mark.parametrize("text", ["汉族", "本科", "群众", "中共党员", "大专", "回族"])
def test_what_has_the_shape_of_a_name_and_is_none(text: str) -> None:
    assert not people.looks_like_name(text) and people.looks_like_name("王小明") and people.looks_like_name("欧阳 娜娜")


def test_numbers_that_another_program_wrote_as_texts() -> None:
    assert people.phone("13800000001.0") == "13800000001" and numbers.code("20240901.0") == "20240901"
    for text in ("1380000000.0", "11010519491231000.0", "110105194912310000"):
        with pytest.raises(CellProblem):
            people.id_number(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("5个工作日内", ("working_day", 5)), ("24小时以内", ("natural_hour", 24)), ("不超过十五日", ("natural_day", 15)),
        ("两天", ("natural_day", 2)), ("≤３个工作日", ("working_day", 3)), (7.0, ("working_day", 7)),
    ],
)  # fmt: skip
def test_limits_as_rules_write_them(text: Any, meant: tuple[str, int]) -> None:
    assert limit(text, None) == meant  # type: ignore[arg-type]
    for none in ("尽快", "0天", "内", "1个月"):
        with pytest.raises(CellProblem):
            limit(none, None)  # type: ignore[arg-type]
