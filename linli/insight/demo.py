"""The demo's published years as records, all synthetic: Gaoping's joined units (F4), Jimo's lessons (A5), Yanbei's
practice stations (B4) and roles (B5), Pinggui's pairs (G3). `linli reproduce` computes the published figures from them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from linli.activities import bulk as activities
from linli.activities.models import Activity
from linli.insight import demo_gatherings, demo_year
from linli.insight.demo_gatherings import ActivityPlan
from linli.insight.demo_year import MemberPlan, UnitPlan, Year
from linli.insight.figures import GAOPING, JIMO, PAIRS, PINGGUI, ROLES, YANBEI
from linli.inspections.models import Responsibility
from linli.inspections.promises import give_responsibility
from linli.people import residents_in_bulk
from linli.people.access import Actor, Grant
from linli.people.demo_names import names
from linli.people.models import Organisation
from linli.people.units import Unit, enter_units
from linli.places.models import Place, RegistryVersion
from linli.places.services import bump_registry, create_place
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.volunteering import bulk, registering
from linli.volunteering.models import Concern, Volunteer

ACTOR = "demo"
LOADER = Actor(
    roles=frozenset({"demo"}),
    grants=(Grant(frozenset({registering.REGISTER, "inspection.promise"}), role="demo", everything=True),),
    channel="system",
)
SPACE = uuid.UUID("9a1d6f7e-3c1b-4a55-8d4f-6f2f1a7c9e21")
VOLUNTEERS = 25
MEMBER_UNIT = "member_unit"


def load(progress: Callable[[str], object] | None = None) -> int:
    """Load what is published of these places; how many records. A second call changes nothing."""
    tell = progress or (lambda _text: None)
    places, made = place_snapshot(), 0
    for code, label, write in (
        (GAOPING, "联点共建 / joined units", _gaoping), (JIMO, "文明交通 / traffic lessons", _jimo),
        (YANBEI, "实践站 / practice stations", _yanbei), (PINGGUI, "包保 / responsibilities", _pinggui),
    ):  # fmt: skip
        place = places.find_by_code(code)
        if place is not None:
            tell(label)
            made += write(place, places)
    return made


# --- Gaoping ----------------------------------------------------------------------------------------------------------


def _gaoping(root: PlaceRow, places: PlaceSnapshot) -> int:
    if Concern.objects.filter(key=demo_year.FIRST_CONCERN).exists():
        return 0
    communities = [row.id for row in places.descendants(root.id, "community")]
    return write_year(demo_year.make(len(communities)), root.id, communities)


@transaction.atomic
def write_year(year: Year, root: int, communities: Sequence[int]) -> int:
    """Write a year below a place by the bulk writers of volunteering; how many services. Again, it changes nothing.

    `communities`: the ids of the places that the year numbers.
    """
    units = _units(year.units, root, communities)
    people = residents_in_bulk.residents(list(zip(names(1581), map(_phone, range(len(year.members))), strict=False)))
    joined = _members(year.members, people, units, communities)
    others = residents_in_bulk.residents(
        list(zip(names(1582), map(_phone, range(9000, 9000 + year.volunteers)), strict=False))
    )
    rows = []
    for row in year.services:
        member, place = row.member, communities[row.community]
        starts = timezone.make_aware(datetime.combine(row.day, time(row.hour)))
        rows.append(
            bulk.ServiceRow(
                row.key, others[row.person] if member is None else people[member], place, row.day, row.minutes,
                row.content, organisation_id=None if member is None else units[year.members[member].unit],
                member_id=None if member is None else joined[people[member], place], role=row.role, state=row.state,
                starts_at=starts, ends_at=starts + timedelta(minutes=row.minutes), synthetic=True,
            )
        )  # fmt: skip
    made = bulk.record_services(rows)
    bulk.record_concerns(
        bulk.ConcernRow(
            row.key, communities[row.community], row.title, row.raised, row.kind, row.state, units[row.unit],
            claimed_on=row.claimed, solved_on=row.solved, result="已解决" if row.state == "confirmed" else "",
            synthetic=True,
        )
        for row in year.concerns
    )  # fmt: skip
    return made


def _phone(number: int) -> str:
    """Invented, and the same for the same person."""
    return f"1360000{number:04d}"


def _units(plans: Sequence[UnitPlan], root: int, communities: Sequence[int]) -> list[int]:
    """The ids of the units, entered where they are not, and joined to their communities."""
    rows = Organisation.objects.filter(place_id=root, kind=MEMBER_UNIT, synthetic=True)
    known = dict(rows.values_list("name", "id"))
    fresh = [Unit(plan.name, MEMBER_UNIT, place_id=root) for plan in plans if plan.name not in known]
    if fresh:
        known |= {row.name: row.pk for row in enter_units(fresh, synthetic=True)}
        bump_registry(RegistryVersion.ORGANISATIONS)
    units = [known[plan.name] for plan in plans]
    for since in sorted({plan.since for plan in plans}):
        pairs = [
            (unit, communities[at])
            for unit, plan in zip(units, plans, strict=True) if plan.since == since
            for at in plan.communities
        ]  # fmt: skip
        bulk.record_units(pairs, since=since, synthetic=True)
    return units


def _members(
    plans: Sequence[MemberPlan], people: Sequence[int], units: Sequence[int], communities: Sequence[int]
) -> dict[tuple[int, int], int]:
    """The joinings of all members by (person, place)."""
    joined: dict[tuple[int, int], int] = {}
    for since in sorted({plan.since for plan in plans}):
        rows = [
            bulk.MemberRow(people[plan.number], communities[at], units[plan.unit], plan.posts)
            for plan in plans if plan.since == since
            for at in plan.communities
        ]  # fmt: skip
        joined |= bulk.record_members(rows, since=since, synthetic=True)
    return joined


# --- Jimo and Yanbei --------------------------------------------------------------------------------------------------


def _jimo(root: PlaceRow, places: PlaceSnapshot) -> int:
    communities = [row.id for row in places.descendants(root.id, "community")]
    return write_activities(demo_gatherings.lessons(len(communities)), communities)


def _yanbei(root: PlaceRow, places: PlaceSnapshot) -> int:
    grids = [row.id for row in places.descendants(root.id, "grid")]
    return write_activities(demo_gatherings.practice(len(grids)), grids) + _volunteers(root, places)


def write_activities(plans: Sequence[ActivityPlan], spots: Sequence[int]) -> int:
    """Write activities with their head counts; how many were new."""
    rows = []
    for plan in plans:
        starts = timezone.make_aware(datetime.combine(plan.day, time(plan.hour)))
        rows.append(
            activities.PastActivity(
                plan.key, plan.title, spots[plan.spot], starts, starts + timedelta(minutes=90), (plan.topic,),
                state=Activity.CLOSED if plan.held else Activity.CANCELLED,
                cancel_reason="" if plan.held else "天气原因，没有举办", heads={plan.kind: plan.persons},
                synthetic=True,
            )
        )  # fmt: skip
    return activities.record_past(rows)


def _volunteers(root: PlaceRow, places: PlaceSnapshot) -> int:
    """Some volunteers of the street, who took on the five roles by turns."""
    if Volunteer.objects.filter(synthetic=True, place__path__descendant_of=root.path).exists():
        return 0
    communities, known = [row.id for row in places.descendants(root.id, "community")], tuple(ROLES)
    for number, name in zip(range(VOLUNTEERS), names(2113), strict=False):
        taken = {known[number % len(known)], known[(number * 3 + 1) % len(known)]}
        wanted = registering.Wanted(
            place_id=communities[number % len(communities)], name=name, phone=_phone(9500 + number), consents=True,
            roles=tuple(role for role in known if role in taken), times=("weekend",), synthetic=True,
        )  # fmt: skip
        registering.register(LOADER, wanted)
    return VOLUNTEERS


# --- Pinggui ----------------------------------------------------------------------------------------------------------


def _pinggui(root: PlaceRow, places: PlaceSnapshot) -> int:
    """The two compounds of G3 in a grid of their street, and the units that answer for them."""
    streets = {"冶炼厂小区": "451103001", "合面狮小区": "451103101"}
    rows = Organisation.objects.filter(place__path__descendant_of=root.path, active=True)
    wanted = {unit for _site, needed in PAIRS.values() for unit in needed}
    known = dict(rows.filter(name__in=wanted).values_list("name", "id"))
    missing = [Unit(name, "department", place_id=root.id) for name in sorted(wanted - known.keys())]
    if missing:
        known |= {row.name: row.pk for row in enter_units(missing, synthetic=True)}
        bump_registry(RegistryVersion.ORGANISATIONS)
    made = 0
    for site, needed in PAIRS.values():
        street = places.find_by_code(streets[site])
        if street is None:
            continue
        place = _compound(site, street, places)
        for unit in needed:
            key = uuid.uuid5(SPACE, f"{site}:{unit}")
            give_responsibility(
                LOADER,
                place,
                organisation_id=known[unit],
                duty="清理占道、菜地、乱搭棚",
                since=date(2024, 1, 1),
                key=key,
            )
            made += Responsibility.objects.filter(key=key, synthetic=False).update(synthetic=True)
    return made


def _compound(name: str, street: PlaceRow, places: PlaceSnapshot) -> int:
    known = Place.objects.filter(name=name, kind="site", path__descendant_of=street.path, active=True).first()
    if known is not None:
        return known.pk
    grid = places.descendants(street.id, "grid")[0]
    point = (grid.lon, grid.lat) if grid.lon is not None and grid.lat is not None else None
    return create_place(
        actor_label=ACTOR, kind="site", site_kind="compound", name=name, parent_id=grid.id, point=point, synthetic=True,
        valid_from=date(2024, 1, 1),
    ).pk  # fmt: skip
