"""Property tests of the parsers: whatever way a value is written, it is read alike, or refused with a sentence."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.exchange.errors import CellProblem
from linli.exchange.values import dates, numbers, people, places

DAYS = st.dates(date(1950, 1, 1), date(2100, 12, 31))
MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
READERS = (dates.day, people.phone, people.id_number, people.persons, numbers.decimal, numbers.whole, numbers.yes_or_no,
           places.degrees, places.pair)  # fmt: skip


def wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if sign.isdigit() else sign for sign in text)


@given(DAYS)
def test_a_day_is_the_same_however_it_is_written(day: date) -> None:
    y, m, d = day.year, day.month, day.day
    serial = (day - date(1899, 12, 30)).days
    written = [f"{y}.{m}.{d}", f"{y}-{m:02d}-{d:02d}", f"{y}/{m}/{d}", f"{y}年{m}月{d}日", f"{y}{m:02d}{d:02d}", serial,
               float(serial), wide(f"{y}.{m}.{d}"), f" {y}. {m}. {d} ", f"{y}年{m}月{d}号 8:30"]  # fmt: skip
    assert {dates.day(text) for text in written} == {day}
    assert dates.day(f"{m}月{d}日", year=y) == day and dates.needs_year(f"{m}月{d}日")


@given(DAYS)
def test_days_that_are_none_are_refused(day: date) -> None:
    for text in (f"{day.year}.13.{day.day}", f"{day.year}.{day.month}.32", f"{day.year}年", "待定", True):
        with pytest.raises(CellProblem):
            dates.day(text)


@pytest.mark.parametrize("number", [2025, 2025.3, 2025.1, 3.5, 12.31, 45.0])
def test_a_day_that_was_typed_as_a_number_is_refused_not_taken_for_1905(number: float) -> None:
    with pytest.raises(CellProblem):
        dates.day(number)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("王  明", ["王明"]), ("王\u3000明", ["王明"]), ("王 小 明", ["王小明"]), ("王 小明", ["王小明"]),
        ("王  明、李  强", ["王明", "李强"]), ("张三  李四", ["张三", "李四"]), ("王  明 13800000000", ["王明"]),
    ],
)  # fmt: skip
def test_names_blanked_to_the_width_of_others(text: str, names: list[str]) -> None:
    assert [person.name for person in people.persons(text)] == names
    if len(names) == 1 and "1" not in text:
        assert people.one_name(text) == names[0]


@given(MOBILES, st.sampled_from(["", "-", " ", "."]), st.sampled_from(["", "+86 ", "86", "+86-"]))
def test_a_telephone_is_the_same_however_it_is_written(number: str, sign: str, before: str) -> None:
    text = before + sign.join((number[:3], number[3:7], number[7:]))
    assert people.phone(text) == people.phone(wide(text)) == people.phone(float(number)) == number
    assert people.persons(f"张三{number}") == (people.Named("张三", number),)
    with pytest.raises(CellProblem):
        people.phone(number[:-1])


@given(MOBILES, st.integers(0, 10), st.sampled_from(["E+", "e+", "E", "e"]), st.sampled_from(["", "0", "00"]))
def test_a_telephone_in_powers_of_ten_is_read_where_every_digit_stands(
    number: str, kept: int, power: str, more: str
) -> None:
    whole = f"{number[0]}.{number[1:]}{more}{power}10"
    assert people.phone(whole) == people.phone(wide(whole)) == people.phone(f" {whole} ") == number
    assert people.phones(f"{whole}、{number}") == (number,) and numbers.code(whole) == number
    rounded = f"{float(number):.{kept}E}" if kept < 10 else f"{number[0]}.{number[1:]}1{power}10"
    with pytest.raises(CellProblem) as refused:
        people.phone(rounded)
    assert "科学计数" in refused.value.message


@given(st.integers(10**16, 10**18))
def test_codes_that_a_spreadsheet_has_rounded_are_refused(number: int) -> None:
    for reader in (numbers.code, people.id_number):
        for value in (float(number), f"{float(number):.5E}"):
            with pytest.raises(CellProblem):
                reader(value)


@given(st.integers(110000, 659999), DAYS, st.integers(0, 999))
def test_the_check_sign_of_an_id_number(area: int, born: date, order: int) -> None:
    body = f"{area}{born:%Y%m%d}{order:03d}"
    fits = [sign for sign in "0123456789X" if _accepted(body + sign)]
    # 000 at the end is what a spreadsheet leaves of the last three digits; there the check sign says nothing.
    assert len(fits) == 1 or (not fits and order % 100 == 0)


def _accepted(text: str) -> bool:
    try:
        return people.id_number(text) == text
    except CellProblem:
        return False


@given(st.floats(74, 135), st.floats(4, 53))
def test_points_in_one_cell_and_the_wrong_way_round(lon: float, lat: float) -> None:
    lon, lat = round(lon, 6), round(lat, 6)
    for text in (f"{lon:.6f},{lat:.6f}", f"（{lon:.6f}，{lat:.6f}）", f"{lon:.6f} {lat:.6f}"):
        assert places.pair(text) == (lon, lat)
    assert not places.swapped(lon, lat)
    assert places.swapped(lat, lon)


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_any_cell_is_read_or_refused_never_a_crash(value: object) -> None:
    for reader in READERS:
        try:
            reader(value)
        except CellProblem as problem:
            assert problem.message
