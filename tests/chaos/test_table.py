"""The table itself: rows name tests that are there, numbers are chosen and scaled as told, figures come back."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from chaos import __main__ as running
from chaos.__main__ import chosen, told
from chaos.rows import BY_SLUG, ROWS
from chaos.tally import REPORT, TRIES, UNTIL, gathered, tell, time_is_up, tries

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


def test_a_long_row_ends_when_its_time_is_up_and_says_how_far_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(UNTIL, raising=False)
    assert not time_is_up()
    monkeypatch.setenv(UNTIL, "1")
    assert time_is_up()
    monkeypatch.setattr(running, "SAY_SECONDS", 0.05)
    monkeypatch.setattr(running, "HERE", tmp_path / "chaos")
    (tmp_path / "test_long.py").write_text(
        "from chaos.tally import so_far, tell, time_is_up\n"
        "def test_long():\n    for made in range(1, 901):\n        so_far('kill', made)\n"
        "        if time_is_up():\n            break\n    tell('kill', made, lost=0)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    monkeypatch.setenv("LINLI_CHAOS_MINUTES", "0")
    said = Console(file=StringIO(), width=170)
    row = replace(BY_SLUG["kill"], tests="test_long.py")
    came = running.run(row, 900, said)
    assert (came.met, came.result) == (False, "ended early, 900 were asked for; lost 0")
    assert came.tries == 1
    assert "of 900 kills" in said.file.getvalue()  # type: ignore[attr-defined]


def test_a_row_that_fails_shows_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "HERE", tmp_path / "chaos")
    (tmp_path / "test_bad.py").write_text("def test_bad():\n    assert 1 == 2, 'the reason'\n")
    said = Console(file=StringIO(), width=170)
    came = running.run(replace(BY_SLUG["kill"], tests="test_bad.py"), 3, said)
    assert (came.met, came.tries, came.result) == (False, 0, "failed; ")
    assert "the reason" in said.file.getvalue()  # type: ignore[attr-defined]
