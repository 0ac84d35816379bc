"""Shops hear of mutual checks and re-checks (互查、复查) in their inbox and on their own page: first of all (E7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from linli.inspections.models import MutualCheck
from linli.kernel.labels import Label
from linli.people.models import Appointment
from linli.people.roles import ROLES
from linli.work import inbox

OWN_SHOP = "inspection.own_shop"
PREFIX = "mutual."
BEGUN, FOUND, TOLD = "mutual.begun", "mutual.found", "mutual.told"
AGAIN, MENDED, MOVED, RECHECKED = "mutual.again", "mutual.mended", "mutual.moved", "mutual.rechecked"
SENTENCES: Mapping[str, Label] = {
    BEGUN: Label("互查开始了：您去看一家，也有一家来看您", "A mutual check: you visit one shop, one visits you"),
    FOUND: Label("邻居来看过您的店，请看结果", "A neighbour has looked at your shop: read the result"),
    TOLD: Label("社区记下：互查结果已经告诉您", "Noted by the community: you were told the result"),
    AGAIN: Label("您查的那家要改，改后请您再去看一次", "The shop you looked at is to mend something: look again later"),
    MENDED: Label("您查的那家说改好了，请去复查", "The shop you looked at says it is mended: look again"),
    MOVED: Label("复查的日期改了，请看新的日期", "A re-check has another day: see which"),
    RECHECKED: Label("邻居来复查过了，请看结果", "A neighbour has looked again: read the result"),
}
ANCHORS = {
    BEGUN: "check-title", FOUND: "found-title", TOLD: "found-title", AGAIN: "check-title", MENDED: "check-title",
    MOVED: "shop-title", RECHECKED: "found-title",
}  # fmt: skip


def _held(site_ids: Iterable[int]) -> QuerySet[Appointment]:
    """Appointments that hold today to keep one of the shops."""
    today = timezone.localdate()
    roles = [slug for slug, role in ROLES.items() if OWN_SHOP in role.permissions]
    rows = Appointment.objects.filter(
        role__in=roles, organisation__place__in=list(site_ids), organisation__active=True, valid_from__lte=today
    )
    return rows.exclude(valid_to__lte=today).order_by("person_id")


def keepers(site_ids: Iterable[int]) -> list[int]:
    """The people of shops as appointed today (1 statement)."""
    return list(dict.fromkeys(_held(site_ids).values_list("person_id", flat=True)))


def kept_together(site_ids: Iterable[int]) -> set[tuple[int, int]]:
    """Pairs of shops that somebody keeps both of (1 statement)."""
    of_person: dict[int, set[int]] = {}
    for person, site in _held(site_ids).values_list("person_id", "organisation__place_id"):
        of_person.setdefault(person, set()).add(site)
    return {pair for sites in of_person.values() for pair in combinations(sorted(sites), 2)}


def tell_begun(site_ids: Iterable[int], batch: UUID) -> None:
    """A round among these shops has begun, in the transaction in which it does (2 statements for 500 people)."""
    _tell(site_ids, BEGUN, {"round": str(batch)})


def tell_result(row: MutualCheck, what: str) -> None:
    """A result is there (FOUND), or staff say that it was told (TOLD): to the shop that was looked at."""
    _tell([row.checked_id], what, {"round": str(row.batch)})


def tell_shops(site_ids: Iterable[int], what: str, row: MutualCheck, *, besides: int | None = None) -> None:
    """Something about a re-check, to the people of these shops, but not to the person who did it."""
    _tell(site_ids, what, {"round": str(row.batch)}, besides)


def _tell(site_ids: Iterable[int], what: str, data: Mapping[str, Any], besides: int | None = None) -> None:
    people = [person for person in keepers(site_ids) if person != besides]
    for begin in range(0, len(people), inbox.PEOPLE_MAX):
        inbox.notify(people[begin : begin + inbox.PEOPLE_MAX], what, data=data)


def _titles(data: Sequence[Mapping[str, Any]]) -> list[str]:
    wanted = [str(entry.get("round", "")) for entry in data]
    rows = MutualCheck.objects.filter(batch__in=set(filter(None, wanted))).order_by("batch", "pk").distinct("batch")
    titles = {str(batch): title for batch, title in rows.values_list("batch", "title")}
    return [titles.get(batch, "") for batch in wanted]


def install() -> None:
    """Say what the lines mean and where they lead."""
    for what, label in SENTENCES.items():
        inbox.say(what, label, address=f"/shop/#{ANCHORS[what]}", titles=_titles)
