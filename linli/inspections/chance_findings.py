"""Writer of problems that somebody came by where no round looks (路上发现): each once, in the grid where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from linli.inspections.batch import REASONS, REFUSED, REPEATED, STORED, NewFinding, NewProblem, ObservationOutcome
from linli.inspections.finding_services import Where, open_finding
from linli.inspections.models import Finding
from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.work.engine import StepRefused
from linli.work.terms import catalogue

NEAR_ENOUGH_M = 200
"""A position that is less certain does not say in which grid somebody stood."""
TITLE_MAX = 30
NO_PLACE = Label("没有这个地点。", "There is no such place.")


def store(actor: Actor, entries: Sequence[NewProblem], now: datetime, permission: str) -> list[ObservationOutcome]:
    """Open an item for each in the caller's transaction; outcomes in their order.

    Each lies in the grid of its position when that is the actor's, else in the area that was named. What cannot be
    handed over as it came (a unit that is not there any more) is reported for dispatch instead. Refused are those for
    an area that is not there or not the actor's. 1 statement when all were there before, else 4 more for each.
    """
    if not entries:
        return []
    keys = [entry.finding.client_key for entry in entries]
    known = dict(Finding.objects.filter(client_key__in=keys).values_list("client_key", "item__number"))
    places = place_snapshot(registry_versions())
    outcomes: list[ObservationOutcome] = []
    for entry in entries:
        if entry.finding.client_key in known:
            outcomes.append(ObservationOutcome(entry.client_key, REPEATED, number=known[entry.finding.client_key]))
            continue
        place = _place(actor, entry, places, permission)
        if place is None:
            code = "not_yours" if places.get(entry.place_id) is not None else "unknown_place"
            label = REASONS[code].label if code in REASONS else NO_PLACE
            outcomes.append(ObservationOutcome(entry.client_key, REFUSED, code=code, label=label))
            continue
        outcomes.append(_open(actor, entry, place, now))
    return outcomes


def _place(actor: Actor, entry: NewProblem, places: PlaceSnapshot, permission: str) -> PlaceRow | None:
    found: PlaceRow | None = None
    lon, lat = entry.longitude, entry.latitude
    if lon is not None and lat is not None and (entry.accuracy_m or 0) <= NEAR_ENOUGH_M:
        located = places.locate(lon, lat)
        found = places.get(located.place_id) if located is not None else None
    for row in (found, places.get(entry.place_id)):
        if row is not None and row.active and actor.may(permission, place_path=row.path):
            return row
    return None


def _open(actor: Actor, entry: NewProblem, place: PlaceRow, now: datetime) -> ObservationOutcome:
    lon, lat = (entry.longitude, entry.latitude) if entry.latitude is not None else (place.lon, place.lat)
    where = Where(
        place.id, place.path, place.name, lon, lat, _title(entry), entry.words, entry.photos,
        found_on=timezone.localdate(min(entry.observed_at, now)),
    )  # fmt: skip
    tries = (entry.finding, _plain(entry))
    for number, finding in enumerate(tries):
        try:
            with transaction.atomic():
                done = open_finding(actor, finding, where)
        except StepRefused as refusal:
            if number + 1 == len(tries) or refusal.code == "upload_gone":
                return ObservationOutcome(entry.client_key, REFUSED, code=refusal.code, label=refusal.label)
        else:
            return ObservationOutcome(entry.client_key, REPEATED if done.repeated else STORED, number=done.number)
    raise AssertionError("unreachable")


def _plain(entry: NewProblem) -> NewFinding:
    """The same, reported for dispatch: whom it could not be handed over to is left to the dispatcher."""
    return replace(
        entry.finding, handling="report", lead_organisation_id=None, co_organisation_ids=(), co_receivers=(),
        receiver_name="", signature=None, after_photos=(),
    )  # fmt: skip


def _title(entry: NewProblem) -> str:
    """What was said first, else the category."""
    said = entry.words.strip().splitlines()
    if said:
        return said[0][:TITLE_MAX]
    category = catalogue(registry_versions()).categories.get(entry.finding.category_id or 0)
    return category.label("zh-hans") if category is not None else ""
