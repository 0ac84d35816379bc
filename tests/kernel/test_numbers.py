"""Numbers of addresses and forms: digits are read, everything else is nothing, and nothing breaks."""

from __future__ import annotations

import pytest

from linli.kernel.numbers import page_number, whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        (" 42 ", 42),
        ("007", 7),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("", None),
        (None, None),
        ("-1", None),
        ("1.0", None),
        ("²", None),
        ("１２", None),
        ("١٢", None),
        ("1\x00", None),
    ],
)
def test_a_whole_number_or_nothing(text: str | None, number: int | None) -> None:
    assert whole_number(text) == number


def test_so_many_digits_as_the_column_holds() -> None:
    assert whole_number("123456789", digits=9) == 123_456_789
    assert whole_number("1234567890", digits=9) is None


@pytest.mark.parametrize(("text", "page"), [(None, 1), ("0", 1), ("3", 3), ("x", 1), ("9" * 30, 1), ("999", 50)])
def test_a_page_is_one_that_can_be_asked_for(text: str | None, page: int) -> None:
    assert page_number(text, 50) == page
