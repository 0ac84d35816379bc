"""Whatever stands in a text is found by its grams; phone numbers in texts are not; marks cover what was searched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from linli.work import grams

LETTERS = st.text("楼下垃圾噪音停车a3B９区 ，。\nＡß", max_size=40)


@given(LETTERS, LETTERS, LETTERS)
def test_every_piece_of_a_text_is_found_by_its_grams(before: str, piece: str, after: str) -> None:
    text = grams.searchable(before + piece + after)
    for term in grams.terms(piece):
        whole = grams.terms(before + piece + after)
        if term in text and any(term in run for run in whole):
            assert set(grams.of_terms([term])) <= grams.of_text(text)


def test_a_word_of_two_characters_is_one_gram_and_latin_ones_are_triples() -> None:
    assert len(grams.of_terms(["噪音"])) == 1
    assert len(grams.of_terms(["light"])) == 3
    assert len(grams.of_terms(["a3区"])) == 2
    assert len(grams.of_terms(["路"])) == 1


def test_full_width_and_case_make_no_difference() -> None:
    assert grams.terms("Ａ３区　STREET") == ["street", "a3区"]


def test_a_phone_number_in_a_text_cannot_be_searched_for() -> None:
    text = grams.searchable("请打 13812345678 找我", "请打 13812345678")
    assert "13812345678" not in text
    assert not set(grams.of_terms(grams.terms("13812345678"))) <= grams.of_text(text)


def test_the_last_digits_of_a_number_find_it() -> None:
    number = "2026112300012345"
    for typed in (number, "2345", "12345", "00012345"):
        assert set(grams.of_number_typed(typed)) <= grams.of_numbers(number)
    assert not set(grams.of_number_typed("9999")) <= grams.of_numbers(number)


def test_what_was_searched_is_marked_as_it_stands() -> None:
    assert grams.marked("Ａ3区停车难", ["a3区", "车"]) == [("Ａ3区", True), ("停", False), ("车", True), ("难", False)]
    assert grams.marked("没有", ["噪音"]) == [("没有", False)]
    parts = grams.snippet("前" * 100 + "噪音" + "后" * 100, ["噪音"], length=20)
    assert ("噪音", True) in parts
    assert parts[0][0].startswith("…") and parts[-1][0].endswith("…")
    assert grams.snippet("没有", ["噪音"]) == []
