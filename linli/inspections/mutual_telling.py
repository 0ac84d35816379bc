"""Shops hear of mutual checks (互查) in their inbox and on their own page: before anybody else (E7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from linli.inspections.models import MutualCheck
from linli.kernel.labels import Label
from linli.people.models import Appointment
from linli.people.roles import ROLES
from linli.work import inbox

OWN_SHOP = "inspection.own_shop"
PREFIX = "mutual."
BEGUN, FOUND, TOLD = "mutual.begun", "mutual.found", "mutual.told"
SENTENCES: Mapping[str, Label] = {
    BEGUN: Label("互查开始了：您去看一家，也有一家来看您", "A mutual check: you visit one shop, one visits you"),
    FOUND: Label("邻居来看过您的店，请看结果", "A neighbour has looked at your shop: read the result"),
    TOLD: Label("社区记下：互查结果已经告诉您", "Noted by the community: you were told the result"),
}
ANCHORS = {BEGUN: "check-title", FOUND: "found-title", TOLD: "found-title"}


def keepers(site_ids: Iterable[int]) -> list[int]:
    """The people of shops as appointed today (1 statement)."""
    today = timezone.localdate()
    roles = [slug for slug, role in ROLES.items() if OWN_SHOP in role.permissions]
    rows = Appointment.objects.filter(
        role__in=roles, organisation__place__in=list(site_ids), organisation__active=True, valid_from__lte=today
    )
    held = rows.exclude(valid_to__lte=today).order_by("person_id")
    return list(dict.fromkeys(held.values_list("person_id", flat=True)))


def tell_begun(site_ids: Iterable[int], batch: UUID) -> None:
    """A round among these shops has begun, in the transaction in which it does (2 statements for 500 people)."""
    _tell(site_ids, BEGUN, {"round": str(batch)})


def tell_result(row: MutualCheck, what: str) -> None:
    """A result is there (FOUND), or staff say that it was told (TOLD): to the shop that was looked at."""
    _tell([row.checked_id], what, {"round": str(row.batch)})


def _tell(site_ids: Iterable[int], what: str, data: Mapping[str, Any]) -> None:
    people = keepers(site_ids)
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
