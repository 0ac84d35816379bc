"""What is asked for as evidence, and what of it is missing."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.standards.evidence import KINDS, Requirement, Uploaded, may_be, missing

PERIOD = (date(2026, 1, 1), date(2026, 12, 31))
PHOTO, PAPER = Uploaded(False), Uploaded(True)


def test_what_is_missing_is_told_by_kind() -> None:
    """Photos are not replaced by records without photos; uploads fill photos first."""
    asked = (Requirement("photo", 3), Requirement("data", 1), Requirement("report", 1))
    assert missing(asked, photos=0, records=0) == {"photo": 3, "data": 1, "report": 1}
    assert missing(asked, photos=0, records=6) == {"photo": 3}
    assert missing(asked, photos=1, records=1, uploaded=[PHOTO]) == {"photo": 1, "report": 1}
    assert missing(asked, photos=1, records=1, uploaded=[PHOTO] * 3) == {}


def test_publicity_is_not_replaced_by_other_records_and_counts_once() -> None:
    asked = (Requirement("data", 1), Requirement("publicity", 2))
    assert missing(asked, photos=5, records=5) == {"publicity": 2}
    assert missing(asked, photos=2, records=2, publicity=2) == {"data": 1}
    assert missing(asked, photos=2, records=3, publicity=2) == {}


def test_a_document_is_no_photo_and_goes_where_a_photo_need_not() -> None:
    asked = (Requirement("photo", 1), Requirement("document", 1))
    assert missing(asked, photos=0, records=0, uploaded=[PAPER, PAPER]) == {"photo": 1}
    assert missing(asked, photos=0, records=0, uploaded=[PHOTO, PAPER]) == {}
    assert missing(asked, photos=1, records=0, uploaded=[PHOTO]) == {}
    assert missing((Requirement("publicity"),), photos=0, records=0, uploaded=[PAPER]) == {"publicity": 1}


@pytest.mark.parametrize(
    ("day", "missed"),
    [
        (None, {}), (date(2026, 12, 1), {}), (date(2026, 12, 31), {}),
        (date(2026, 11, 30), {"document": 1}), (date(2027, 1, 1), {"document": 1}),
        (date(2025, 12, 31), {"document": 1}),
    ],
)  # fmt: skip
def test_a_file_fills_a_gap_only_when_its_own_day_lies_in_the_window(day: date | None, missed: dict[str, int]) -> None:
    for kind in (True, False):
        pieces = [Uploaded(kind, day)]
        asked = (Requirement("document", 1, days=30),)
        assert missing(asked, photos=0, records=0, uploaded=pieces, period=PERIOD) == missed
        assert may_be(asked[0], pieces[0], PERIOD) is (not missed)


_ASKED = st.lists(
    st.builds(Requirement, st.sampled_from(list(KINDS)), st.integers(1, 3), st.none() | st.integers(1, 300)),
    max_size=4, unique_by=lambda entry: entry.kind,
)  # fmt: skip
_FILES = st.lists(
    st.builds(Uploaded, st.booleans(), st.none() | st.dates(date(2025, 6, 1), date(2027, 6, 1))), max_size=8
)


@given(_ASKED, _FILES, st.builds(Uploaded, st.booleans(), st.none()), st.integers(0, 4), st.integers(0, 4))
def test_one_file_more_never_makes_more_missing_and_fills_one_piece_at_most(
    asked: list[Requirement], files: list[Uploaded], more: Uploaded, photos: int, records: int
) -> None:
    def gap(pieces: list[Uploaded]) -> int:
        return sum(missing(asked, photos=photos, records=records, uploaded=pieces, period=PERIOD).values())

    assert gap(files) - 1 <= gap([*files, more]) <= gap(files)
