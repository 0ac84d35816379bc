"""One call of every writing service on the small world, gathered from the rooms; see `without_case` for the others."""

from __future__ import annotations

from tests.chaos import (
    activities_cases,
    assessment_cases,
    awards_cases,
    credits_cases,
    inspections_cases,
    people_cases,
    place_cases,
    requests_cases,
    shop_cases,
    standards_cases,
    sticker_cases,
    volunteering_cases,
    wishes_cases,
    work_cases,
)
from tests.chaos.casing import Case

_ROOMS = (
    place_cases, people_cases, requests_cases, work_cases, standards_cases, inspections_cases, assessment_cases,
    credits_cases, shop_cases, activities_cases, awards_cases, sticker_cases, volunteering_cases,
    wishes_cases,
)  # fmt: skip
CASES: dict[str, Case] = {name: case for room in _ROOMS for name, case in room.CASES.items()}
