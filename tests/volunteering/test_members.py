"""Members who joined where they live: of any unit, in a grid, with the quarter by unit that goes to their employers."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from linli.config.statement_count import count_statements
from linli.volunteering import bulk, hours, joining, quarters
from linli.volunteering.hours import Pick
from linli.volunteering.joining import NewMember
from linli.volunteering.models import JoinedMember, Service
from linli.volunteering.registering import REGISTER
from linli.volunteering.rules import quarter_of
from linli.work.engine import StepRefused
from tests.support.people import signed_in_client
from tests.support.world import World

MEMBERS = "/desk/volunteers/members/"
SINCE = date(2026, 1, 1)


def desk(world: World, name: str = "community") -> Client:
    return signed_in_client(world.users[name])


def member(world: World, number: int = 1, *, unit: str = "water", **more: Any) -> JoinedMember:
    """Somebody of a unit that is joined nowhere, who joined the eastern community."""
    place = world.places["east"].pk
    told = NewMember(f"周党员{number}", f"1390000{number:04d}", place, world.units[unit].pk, since=SINCE, **more)
    return joining.join_member(world.actor("community"), told)


def test_a_member_of_any_unit_joins_a_grid_and_serves_there(world: World) -> None:
    community, grid = desk(world), world.places["east_grid1"]
    form = {"name": "周党员", "phone": "13900000055", "place": grid.pk, "organisation": world.units["water"].pk}
    for _again in range(2):
        assert community.post(f"{MEMBERS}member/", form).status_code == 302
    row = JoinedMember.objects.get()
    assert (row.place_id, row.grid_id, row.organisation_id) == (
        world.places["east"].pk, grid.pk, world.units["water"].pk,
    )  # fmt: skip
    page = community.get(MEMBERS).content.decode()
    assert grid.name in page and "周**" in page and "周党员" not in page
    service = {"member": row.pk, "content": "清理楼道", "happened_on": str(timezone.localdate()), "hours": "1.5",
               "evidence": "照片", "key": "k"}  # fmt: skip
    assert community.post(f"{MEMBERS}service/", service).status_code == 302
    made = Service.objects.get()
    hours.confirm(world.actor("community"), [Pick(made.pk, 1, 90)])
    assert "本季度 1 次，1.5 小时" in community.get(MEMBERS).content.decode()
    assert community.post(f"{MEMBERS}end/", {"member": row.pk}).status_code == 302
    assert community.post(f"{MEMBERS}end/", {"member": row.pk}).status_code == 404
    assert community.post(f"{MEMBERS}sing/", {}).status_code == 404


def test_what_is_typed_stays_when_it_is_refused_and_other_places_are_refused(world: World) -> None:
    community = desk(world)
    missing = community.post(f"{MEMBERS}member/", {"name": "周党员", "phone": "1", "place": world.places["east"].pk})
    assert missing.status_code == 422 and 'value="周党员"' in missing.content.decode()
    for place in (world.places["west"].pk, world.places["street"].pk):
        answer = community.post(f"{MEMBERS}member/", {"name": "周党员", "phone": "13900000055", "place": place})
        assert answer.status_code in (403, 422)
    with pytest.raises(StepRefused):
        member(world, grid_id=world.places["west_grid1"].pk)
    assert not JoinedMember.objects.exists()


def test_the_quarter_by_unit_counts_wherever_the_unit_is_and_names_nobody(world: World) -> None:
    year, quarter = quarter_of(timezone.localdate())
    rows = [member(world, 1), member(world, 2), member(world, 3, unit="housing")]
    place = world.places["east"].pk
    bulk.record_services(
        bulk.ServiceRow(f"s{row.pk}:{n}", row.person_id, place, timezone.localdate(), 60, "清洁日", None, row.pk)
        for row in rows[:1]
        for n in range(2)
    )
    scopes = world.actor("community").scopes(REGISTER)
    found = {row.unit_id: row for row in quarters.employers(scopes, year, quarter)}
    water = found[world.units["water"].pk]
    assert (water.members, water.people, water.services, water.hours) == (2, 1, 2, "2")
    assert found[world.units["housing"].pk].services == 0
    assert quarters.employers(world.actor("community_west").scopes(REGISTER), year, quarter) == []
    joining.end_member(world.actor("community"), rows[1].pk)
    assert {row.unit_id: row.members for row in quarters.employers(scopes, year, quarter)} == {
        world.units["water"].pk: 1, world.units["housing"].pk: 1,
    }  # fmt: skip
    narrowed = desk(world).get(f"{MEMBERS}?unit={world.units['housing'].pk}").content.decode()
    assert narrowed.count('name="member" value=') == 1
    book = desk(world).get(f"{MEMBERS}units.xlsx")
    cells = [cell for row in load_workbook(io.BytesIO(book.content)).active.iter_rows(values_only=True) for cell in row]
    assert world.units["water"].name in cells and not any("周" in str(cell) for cell in cells)
    assert desk(world, "handler").get(MEMBERS).status_code == 403


def test_statements_do_not_grow_with_the_members(world: World) -> None:
    community, counts = desk(world), []
    community.get(MEMBERS)
    for number in (1, 2):
        member(world, number)
        with count_statements() as counter:
            assert community.get(MEMBERS).status_code == 200
        counts.append(len(counter.statements))
    assert counts[0] == counts[1] <= 14, counts
