"""The demo's staff without logins: heads and handlers of the units, grid workers, captains, the roster."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from linli.people.demo_names import names
from linli.people.models import Appointment, DutyLogEntry, DutyShift, Organisation, Person, Team, TeamMember
from linli.people.units import next_ids
from linli.places.models import Place
from linli.places.pinyin import sort_key

SINCE = date(2024, 3, 1)
BATCH = 2000


class Staff:
    """Collects persons and appointments and writes them in bulk."""

    def __init__(self, seed: int) -> None:
        self._names: Iterator[str] = names(seed)
        self._now = timezone.now()
        self._wanted: list[tuple[str, str, int | None, int | None]] = []

    def add(self, role: str, *, place_id: int | None = None, organisation_id: int | None = None) -> None:
        """One more person with one appointment."""
        self._wanted.append((next(self._names), role, place_id, organisation_id))

    def write(self) -> list[int]:
        """Insert everything; the ids of the persons in the order in which they were added."""
        ids = next_ids("people_person", len(self._wanted))
        Person.objects.bulk_create(
            (
                Person(
                    id=key,
                    uid=uuid.uuid4(),
                    kind=Person.Kind.STAFF,
                    display_name=name,
                    pinyin=sort_key(name),
                    created_at=self._now,
                )
                for key, (name, *_rest) in zip(ids, self._wanted, strict=True)
            ),
            batch_size=BATCH,
        )
        Appointment.objects.bulk_create(
            (
                Appointment(
                    person_id=key,
                    role=role,
                    place_id=place,
                    organisation_id=organisation,
                    valid_from=SINCE,
                    created_at=self._now,
                )
                for key, (_name, role, place, organisation) in zip(ids, self._wanted, strict=True)
            ),
            batch_size=BATCH,
        )
        return ids


def staff_units(organisations: list[Organisation]) -> None:
    """A head and a handler for every unit that can be sent something, officers for streets and communities."""
    staff = Staff(seed=1)
    for row in organisations:
        if row.kind == "district_office":
            continue
        if row.kind == "property_manager":
            staff.add("property_manager", organisation_id=row.pk)
            continue
        staff.add("unit_head", organisation_id=row.pk)
        if row.kind == "community_committee":
            staff.add("community_officer", place_id=row.place_id, organisation_id=row.pk)
            continue
        staff.add("unit_handler", organisation_id=row.pk)
        if row.kind == "street_office":
            staff.add("street_officer", place_id=row.place_id, organisation_id=row.pk)
    staff.write()


def staff_grids(district: Place, communities: dict[int, Organisation], except_grids: set[int]) -> int:
    """A grid worker for every governance grid of a district; how many."""
    staff = Staff(seed=int(district.code))
    grids = Place.objects.filter(path__descendant_of=district.path, kind="grid", layer="governance", active=True)
    count = 0
    for key, parent in grids.order_by("id").values_list("id", "parent_id"):
        if key in except_grids:
            continue
        unit = communities.get(parent or 0)
        staff.add("grid_worker", place_id=key, organisation_id=unit.pk if unit else None)
        count += 1
    staff.write()
    return count


def staff_buildings(street: Place, except_buildings: set[int]) -> int:
    """A captain for every building of a street, and the team they form; how many."""
    staff = Staff(seed=7)
    buildings = Place.objects.filter(path__descendant_of=street.path, kind="building", active=True)
    keys = [key for key in buildings.order_by("id").values_list("id", flat=True) if key not in except_buildings]
    for key in keys:
        staff.add("building_captain", place_id=key)
    people = staff.write()
    team = Team.objects.create(name=f"{street.name}老同志楼长团", kind="captains", place=street, synthetic=True)
    TeamMember.objects.bulk_create(
        (TeamMember(team=team, person_id=key, function="captain", valid_from=SINCE) for key in people), batch_size=BATCH
    )
    return len(keys)


def roster(organisation: Organisation, people: list[int], logger_id: int | None = None) -> None:
    """Day and night shifts of last, this and next week; of who keeps a log yesterday's lines."""
    zone = timezone.get_current_timezone()
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday() + 7)
    shifts = []
    for number in range(42):
        day = monday + timedelta(days=number // 2)
        begins = datetime.combine(day, time(8) if number % 2 == 0 else time(20), tzinfo=zone)
        shifts.append(
            DutyShift(
                organisation=organisation,
                person_id=people[number % len(people)],
                kind="day" if number % 2 == 0 else "night",
                starts_at=begins,
                ends_at=begins + timedelta(hours=12),
            )
        )
    DutyShift.objects.bulk_create(shifts)
    if logger_id is None:
        return
    lines = (
        (18, "白班接听来电 86 件，登记 71 件，均已派出或答复。"),
        (10, "夜班接到停水咨询 5 件，已与供水单位核实，为计划检修，早 6 点恢复。"),
        (2, "交接：3 件待核实，网格员已出发；打印机缺纸已补。"),
    )
    DutyLogEntry.objects.bulk_create(
        DutyLogEntry(
            organisation=organisation, person_id=logger_id, at=timezone.now() - timedelta(hours=hours), text=text
        )
        for hours, text in lines
    )
