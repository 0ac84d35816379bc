"""The table itself: rows name tests that are there, numbers are chosen and scaled as told, figures come back."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.__main__ import chosen, told
from chaos.rows import BY_SLUG, ROWS
from chaos.tally import REPORT, TRIES, gathered, tell, tries

CHECKOUT = Path(__file__).resolve().parents[2]


def test_every_row_has_its_tests_and_a_line_in_the_documentation() -> None:
    told_of = (CHECKOUT / "docs" / "reliability.md").read_text(encoding="utf-8")
    for row in ROWS:
        assert (CHECKOUT / row.tests).is_file()
        assert f"\n| `{row.slug}` |" in told_of
        assert row.quick <= row.full
    assert len(BY_SLUG) == len(ROWS)


def test_rows_are_chosen_and_scaled() -> None:
    assert [(row.slug, count) for row, count in chosen([], 1)] == [(row.slug, row.full) for row in ROWS]
    assert {row.slug: count for row, count in chosen(["keys=7", "fuzz"], 0.01)} == {"keys": 7, "fuzz": 2000}
    assert [count for _, count in chosen(["officers", "fault"], 0.0001)] == [200, 2], "everything, and never none"
    with pytest.raises(ValueError, match="no row 'nonsense'"):
        chosen(["nonsense"], 1)


def test_figures_are_gathered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report"
    monkeypatch.delenv(REPORT, raising=False)
    tell("keys", 3, lost=1)
    monkeypatch.setenv(REPORT, str(path))
    monkeypatch.setenv(TRIES, '{"keys": 9}')
    assert (tries("keys"), tries("kill")) == (9, BY_SLUG["kill"].quick)
    tell("keys", 2, lost=0, most_seconds=1.5)
    tell("keys", 3, lost=2, most_seconds=0.25)
    assert gathered(path) == {"keys": (5, {"lost": 2, "most_seconds": 1.5})}
    assert told({"lost": 2, "most_seconds": 1.5}) == "lost 2 · most seconds 1.5"
    assert gathered(tmp_path / "none") == {}
