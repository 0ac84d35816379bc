"""The five figures of F4 from records: a change of the records changes them, nothing else does."""

from __future__ import annotations

from datetime import date

import pytest

from linli.people.access import ObjectHidden, PermissionRefused
from linli.people.models import Person
from linli.volunteering import bulk, joining, quarters
from linli.volunteering.models import Concern, JoinedMember, JoinedUnit, Service
from linli.volunteering.quarters import Figures, joined_figures
from linli.work.engine import StepRefused
from tests.support.world import World

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def a_year(world: World, members: int = 8) -> list[bulk.ServiceRow]:
    """Two units, members of the first, two services each of ninety minutes, three concerns."""
    east = world.places["east"].pk
    units = [world.units["water"].pk, world.units["housing"].pk]
    assert bulk.record_units([(unit, east) for unit in units], since=YEAR[0]) == 2
    now = world.users["resident"].created_at
    people = Person.objects.bulk_create(Person(kind="resident", created_at=now) for _number in range(members))
    rows = [bulk.MemberRow(person.pk, east, units[0]) for person in people]
    joined = bulk.record_members(rows, since=YEAR[0])
    services = [
        bulk.ServiceRow(
            f"{person.pk}:{number}", person.pk, east, date(2026, 3 + number, 5), 90, "清洁日", units[0],
            joined[person.pk, east],
        )
        for person in people
        for number in range(2)
    ]  # fmt: skip
    assert bulk.record_services(services) == 2 * members
    bulk.record_concerns(
        bulk.ConcernRow(f"c{number}", east, "灯不亮", YEAR[0], solved_on=date(2026, 4, 1), organisation_id=units[0])
        for number in range(3)
    )
    return services


def figures(world: World, place: str = "district") -> Figures:
    """The figures of the year below a place."""
    return joined_figures(str(world.places[place].path), *YEAR)


def test_the_figures_are_what_the_records_say(world: World) -> None:
    rows = a_year(world)
    assert figures(world) == Figures(2, 8, 16, 16 * 90, 3) and figures(world).hours == "24"
    assert figures(world, "west") == Figures(0, 0, 0, 0, 0)
    assert bulk.record_services(rows) == 0 and a_year_again(world) and figures(world) == Figures(2, 8, 16, 16 * 90, 3)
    Service.objects.filter(key__in=[row.key for row in rows[:5]]).update(state=Service.REJECTED)
    assert figures(world) == Figures(2, 8, 11, 11 * 90, 3), "what is rejected does not count"
    Concern.objects.filter(key="c0").update(state=Concern.REJECTED)
    Concern.objects.filter(key="c1").update(kind="need")
    assert figures(world).concerns == 1
    JoinedMember.objects.filter(pk=JoinedMember.objects.order_by("pk")[0].pk).update(
        since=date(2025, 1, 1), until=date(2025, 12, 31)
    )
    assert figures(world).members == 7, "who left before the period is not counted"


def a_year_again(world: World) -> bool:
    """The same units, members and concerns told again."""
    east, units = world.places["east"].pk, [world.units["water"].pk, world.units["housing"].pk]
    bulk.record_units([(unit, east) for unit in units], since=YEAR[0])
    members = JoinedMember.objects.all()
    bulk.record_members([bulk.MemberRow(row.person_id, east, units[0]) for row in members], since=YEAR[0])
    bulk.record_concerns([bulk.ConcernRow("c0", east, "灯不亮", YEAR[0], solved_on=date(2026, 4, 1))])
    return True


def test_a_quarter_is_counted_for_each_unit_in_one_statement(world: World) -> None:
    a_year(world)
    rows = list(JoinedUnit.objects.order_by("organisation_id"))
    by_unit = {row.organisation_id: row for row in rows}
    found = quarters.unit_figures([row.pk for row in rows], 2026, 1)
    busy, idle = by_unit[world.units["water"].pk], by_unit[world.units["housing"].pk]
    assert (found[busy.pk].services, found[busy.pk].people, found[busy.pk].minutes) == (8, 8, 720)
    assert (found[busy.pk].members, found[busy.pk].solved) == (8, 0)
    assert (found[idle.pk].services, found[idle.pk].members) == (0, 0)
    assert quarters.unit_figures([busy.pk], 2026, 2)[busy.pk].solved == 3


def test_only_the_community_joins_confirms_and_only_what_is_over(world: World) -> None:
    community, east = world.actor("community"), world.places["east"].pk
    with pytest.raises(PermissionRefused):
        joining.join_unit(world.actor("community_west"), world.units["water"].pk, east)
    row = joining.join_unit(community, world.units["water"].pk, east, since=YEAR[0])
    assert joining.join_unit(community, world.units["water"].pk, east).pk == row.pk
    with pytest.raises(ObjectHidden):
        joining.confirm_feedback(world.actor("handler"), row.pk, 2026, 1)
    with pytest.raises(StepRefused) as early:
        joining.confirm_feedback(community, row.pk, 2099, 1)
    assert early.value.code == "not_over"
    joining.end_unit(community, row.pk)
    assert joining.end_unit(community, row.pk).until is not None
    assert joining.join_unit(community, world.units["water"].pk, east).pk != row.pk
