"""What is asked for as evidence, and what of it is missing."""

from __future__ import annotations

from linli.standards.evidence import Requirement, missing


def test_what_is_missing_is_told_by_kind() -> None:
    """Photos are not replaced by records without photos; uploads fill photos first."""
    asked = (Requirement("photo", 3), Requirement("data", 1), Requirement("report", 1))
    assert missing(asked, photos=0, records=0, uploaded=0) == {"photo": 3, "data": 1, "report": 1}
    assert missing(asked, photos=0, records=6, uploaded=0) == {"photo": 3}
    assert missing(asked, photos=1, records=1, uploaded=1) == {"photo": 1, "report": 1}
    assert missing(asked, photos=1, records=1, uploaded=3) == {}


def test_publicity_is_not_replaced_by_other_records_and_counts_once() -> None:
    asked = (Requirement("data", 1), Requirement("publicity", 2))
    assert missing(asked, photos=5, records=5, uploaded=0) == {"publicity": 2}
    assert missing(asked, photos=2, records=2, publicity=2, uploaded=0) == {"data": 1}
    assert missing(asked, photos=2, records=3, publicity=2, uploaded=0) == {}
