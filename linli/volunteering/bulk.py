"""Many rows at once: past services, units, members and concerns, by key; a few statements for each thousand.

For imports and for the demo's year. A key that is known stays as it is, so that the same rows twice are once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from linli.volunteering.models import Concern, HoursEntry, JoinedMember, JoinedUnit, Service

BATCH = 1000
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One service as it was: `minutes` are final; `state` confirmed unless it was not recognised."""

    key: str
    person_id: int
    place_id: int
    happened_on: date
    minutes: int
    content: str
    organisation_id: int | None = None
    member_id: int | None = None
    role: str = ""
    evidence: str = ""
    state: str = Service.CONFIRMED
    origin: str = Service.IMPORT
    late: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    synthetic: bool = False
    theme: str = ""


@dataclass(frozen=True, slots=True)
class ConcernRow:
    """One concern, need or task as it ended."""

    key: str
    place_id: int
    title: str
    raised_on: date
    kind: str = "concern"
    state: str = Concern.CONFIRMED
    organisation_id: int | None = None
    member_id: int | None = None
    claimed_on: date | None = None
    solved_on: date | None = None
    result: str = ""
    synthetic: bool = False


def parts(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Rows in batches."""
    listed = list(rows)
    for begin in range(0, len(listed), BATCH):
        yield listed[begin : begin + BATCH]


@transaction.atomic
def record_services(rows: Iterable[ServiceRow], *, by: int | None = None) -> int:
    """Write services with their first entry; how many were new (4 statements for each thousand).

    Past services are no deeds that earn points: they were not served under a rule of points.
    """
    now, made = timezone.now(), 0
    for part in parts(rows):
        known = set(Service.objects.filter(key__in=[row.key for row in part]).values_list("key", flat=True))
        fresh = list({row.key: row for row in part if row.key not in known}.values())
        stored = Service.objects.bulk_create([_service(row, now, by) for row in fresh])
        act = {Service.CONFIRMED: HoursEntry.CONFIRMED, Service.REJECTED: HoursEntry.REJECTED}
        HoursEntry.objects.bulk_create(
            HoursEntry(
                service=row, version=1, act=act.get(row.state, HoursEntry.PROPOSED), minutes=row.minutes, at=now,
                by_id=by,
            )
            for row in stored
        )  # fmt: skip
        made += len(stored)
    return made


def _service(row: ServiceRow, now: datetime, by: int | None) -> Service:
    return Service(
        key=row.key, person_id=row.person_id, place_id=row.place_id, organisation_id=row.organisation_id,
        member_id=row.member_id, role=row.role, happened_on=row.happened_on, starts_at=row.starts_at,
        ends_at=row.ends_at, content=row.content, theme=row.theme, origin=row.origin, evidence=row.evidence,
        late=row.late, state=row.state, minutes=row.minutes, recorded_at=now, recorded_by_id=by,
        synthetic=row.synthetic, decided_at=None if row.state == Service.PROPOSED else now,
    )  # fmt: skip


@transaction.atomic
def record_units(
    pairs: Iterable[tuple[int, int]], *, since: date, by: int | None = None, synthetic: bool = False
) -> int:
    """Join (organisation, community) pairs that are not joined yet; how many (2 statements for each thousand)."""
    now, made = timezone.now(), 0
    for part in parts(dict.fromkeys(pairs)):
        organisations = {unit for unit, _place in part}
        rows = JoinedUnit.objects.filter(organisation_id__in=organisations, until=None)
        known = set(rows.values_list("organisation_id", "place_id"))
        fresh = [
            JoinedUnit(
                organisation_id=unit, place_id=place, since=since, recorded_at=now, recorded_by_id=by,
                synthetic=synthetic,
            )
            for unit, place in part if (unit, place) not in known
        ]  # fmt: skip
        made += len(JoinedUnit.objects.bulk_create(fresh))
    return made


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A person to be joined to a community, employed by `organisation_id`."""

    person_id: int
    place_id: int
    organisation_id: int | None = None
    posts: tuple[str, ...] = ()


@transaction.atomic
def record_members(
    rows: Sequence[MemberRow], *, since: date, by: int | None = None, synthetic: bool = False
) -> dict[tuple[int, int], int]:
    """Join persons that are not joined yet; the joinings of all rows by (person, place)."""
    now = timezone.now()
    found: dict[tuple[int, int], int] = {}
    for part in parts(rows):
        people = {row.person_id for row in part}
        joined = JoinedMember.objects.filter(person_id__in=people, until=None)
        found |= {(person, place): pk for person, place, pk in joined.values_list("person_id", "place_id", "pk")}
        fresh = {(row.person_id, row.place_id): row for row in part if (row.person_id, row.place_id) not in found}
        made = JoinedMember.objects.bulk_create(
            JoinedMember(
                person_id=row.person_id, place_id=row.place_id, organisation_id=row.organisation_id,
                posts=list(row.posts), since=since, recorded_at=now, recorded_by_id=by, synthetic=synthetic,
            )
            for row in fresh.values()
        )  # fmt: skip
        found |= {(row.person_id, row.place_id): row.pk for row in made}
    return {(row.person_id, row.place_id): found[row.person_id, row.place_id] for row in rows}


@transaction.atomic
def record_concerns(rows: Iterable[ConcernRow], *, by: int | None = None) -> int:
    """Write concerns by key; how many were new (2 statements for each thousand)."""
    now, made = timezone.now(), 0
    for part in parts(rows):
        known = set(Concern.objects.filter(key__in=[row.key for row in part]).values_list("key", flat=True))
        fresh = list({row.key: row for row in part if row.key not in known}.values())
        confirmed = Concern.CONFIRMED
        made += len(
            Concern.objects.bulk_create(
                Concern(
                    key=row.key, place_id=row.place_id, kind=row.kind, title=row.title, raised_on=row.raised_on,
                    state=row.state, organisation_id=row.organisation_id, member_id=row.member_id,
                    claimed_on=row.claimed_on, solved_on=row.solved_on, result=row.result, recorded_at=now,
                    recorded_by_id=by, synthetic=row.synthetic,
                    confirmed_at=now if row.state == confirmed else None,
                    confirmed_by_id=by if row.state == confirmed else None,
                )
                for row in fresh
            )
        )  # fmt: skip
    return made
