"""The rules of hours by place and day: read for reckoning, entered as versions that are never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from linli.people.access import Actor, require
from linli.people.audit import record
from linli.places.models import Place
from linli.volunteering.models import HoursRules
from linli.volunteering.refusing import refused
from linli.volunteering.rules import Rules

EDIT = "volunteering.certify"
SEED = Rules()
NUMBERS = (
    "rounding", "minimum", "break_after", "break_minutes", "cap", "grace", "appeal_days", "late_after_days",
    "notice_days", "certificate_notice_days",
)  # fmt: skip
CERTIFICATE_NOTICE_LEAST = 7
"""Days of a certificate's public notice where there is one (民发〔2015〕149号)."""
LOWEST = {"rounding": 1, "cap": 1, "appeal_days": 1}
HIGHEST = {"rounding": 120, "minimum": 240, "break_after": 720, "break_minutes": 120, "cap": 1440, "grace": 120,
           "appeal_days": 365, "late_after_days": 365, "notice_days": 60,
           "certificate_notice_days": 60}  # fmt: skip


def rules_row(place_path: str, day: date) -> HoursRules | None:
    """The entered rules of the nearest place on a day (1 statement); none where the seeds hold."""
    rows = HoursRules.objects.filter(place__path__ancestor_of=place_path, since__lte=day).select_related("place")
    found = list(rows)
    return max(found, key=lambda row: (str(row.place.path).count("."), row.since, row.version)) if found else None


def certificate_notice_days(place_path: str, day: date) -> int:
    """For how many days a certificate is on public notice in a place, 0 for none (1 statement)."""
    return notice_days_of([place_path], day)[place_path]


def notice_days_of(place_paths: Iterable[str], day: date) -> dict[str, int]:
    """The same for many places, by their paths (1 statement).

    The longest that a place or one above it asks for: what a district asks for is not switched off below it.
    """
    rows = HoursRules.objects.filter(since__lte=day).order_by("place_id", "-since", "-version").distinct("place_id")
    asked = [(f"{path}.", days) for path, days in rows.values_list("place__path", "certificate_notice_days") if days]
    return {
        path: max((days for above, days in asked if f"{path}.".startswith(above)), default=0) for path in place_paths
    }


def rules_at(place_path: str, day: date) -> Rules:
    """The rules of a place on a day (1 statement)."""
    row = rules_row(place_path, day)
    return SEED if row is None else as_rules(row)


def as_rules(row: HoursRules) -> Rules:
    """A stored version as a value."""
    numbers = {name: getattr(row, name) for name in NUMBERS}
    return Rules(**numbers, rounding_mode=row.rounding_mode, stars=tuple(row.stars), seed=row.seed, version=row.version)


def set_rules(actor: Actor, place_id: int, values: Mapping[str, Any], *, since: date | None = None) -> HoursRules:
    """A new version for a place from a day on (today unless given); what is the same as before makes none.

    `values` as in `Rules`. Raises StepRefused (422) for numbers that make no sense.
    """
    place = Place.objects.filter(pk=place_id, active=True).first()
    if place is None:
        raise refused("unknown_place", "没有这个地点，请重新选择。", "There is no such place; choose again.", "place")
    require(actor, EDIT, place_path=str(place.path))
    wanted = _checked(values)
    with transaction.atomic():
        Place.objects.select_for_update().only("pk").get(pk=place.pk)
        before = rules_row(str(place.path), timezone.localdate())
        if before is not None and before.place_id == place.pk and _alike(as_rules(before), wanted):
            return before
        last = HoursRules.objects.filter(place=place).aggregate(last=Max("version"))["last"] or 0
        row = HoursRules.objects.create(
            place=place, version=last + 1, since=since or timezone.localdate(), created_at=timezone.now(),
            created_by_id=actor.person_id, rounding_mode=wanted.rounding_mode, stars=list(wanted.stars),
            **{name: getattr(wanted, name) for name in NUMBERS},
        )  # fmt: skip
        record("hours.rules", actor_id=actor.person_id, subject=f"hours_rules:{row.pk}")
    return row


def _checked(values: Mapping[str, Any]) -> Rules:
    numbers: dict[str, int] = {}
    for name in NUMBERS:
        try:
            number = int(values[name])
        except (KeyError, TypeError, ValueError) as wrong:
            raise refused("bad_number", "请填写数字。", "Give a number.", name) from wrong
        if not LOWEST.get(name, 0) <= number <= HIGHEST[name]:
            raise refused("out_of_range", f"不超过{HIGHEST[name]}。", f"At most {HIGHEST[name]}.", name)
        numbers[name] = number
    if 0 < numbers["certificate_notice_days"] < CERTIFICATE_NOTICE_LEAST:
        raise refused(
            "notice_too_short", f"证明要公示的，至少{CERTIFICATE_NOTICE_LEAST}天；不公示填0。",
            f"A certificate's notice runs {CERTIFICATE_NOTICE_LEAST} days at least; 0 is none.",
            "certificate_notice_days",
        )  # fmt: skip
    mode = str(values.get("rounding_mode", "down"))
    if mode not in ("down", "nearest"):
        raise refused("bad_choice", "有选项不存在，请重新选择。", "A choice does not exist.", "rounding_mode")
    try:
        stars = tuple(int(hours) for hours in values["stars"])
    except (KeyError, TypeError, ValueError) as wrong:
        raise refused("bad_stars", "请填写五个星级的小时数。", "Give the hours of five levels.", "stars") from wrong
    if len(stars) != 5 or stars[0] < 1 or stars[-1] > 100_000 or list(stars) != sorted(set(stars)):
        raise refused("bad_stars", "五个星级的小时数要逐级增加。", "The hours rise from level to level.", "stars")
    return Rules(**numbers, rounding_mode=mode, stars=stars, seed=False)


def _alike(one: Rules, other: Rules) -> bool:
    names = (*NUMBERS, "rounding_mode", "stars")
    return all(getattr(one, name) == getattr(other, name) for name in names)
