"""Rounds: their sites, the plan that is stored, series, and the pages with their figures and statements."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from shapely.geometry import LineString

from linli.inspections import jobs, rounds, selectors
from linli.inspections.models import Observation, Round, RoundSeries, RoundSite, RoundTeam
from linli.inspections.rounds import NewRound, NewTeam, create_round
from linli.people.access import ObjectHidden, PermissionRefused
from linli.places.services import create_place
from linli.standards import observed
from linli.standards.facts import Query, find
from linli.work.engine import StepRefused
from linli.work.models import Item
from linli.work.services import advance, new_key
from tests.inspections.conftest import Patrol
from tests.support.people import signed_in_client

DAY = date(2026, 11, 24)


def test_a_round_finds_its_sites_by_kind_and_place(patrol: Patrol) -> None:
    world, east = patrol.world, patrol.world.places["east"]
    lanes = create_round(
        world.actor("community"), NewRound("背街小巷", east.pk, DAY, DAY, site_kinds=("lane",)), uuid.uuid4()
    )
    assert set(lanes.sites.values_list("site_id", flat=True)) == {patrol.sites[0].pk, patrol.sites[2].pk}
    elsewhere = NewRound("第二网格", east.pk, DAY, DAY, place_ids=(world.places["east_grid2"].pk,))
    assert create_round(world.actor("community"), elsewhere, uuid.uuid4()).sites.count() == 0


def test_a_road_has_the_sites_beside_it(patrol: Patrol) -> None:
    """Special rectification on named streets: a road is a line, and nothing lies below it in the tree."""
    world, street = patrol.world, patrol.world.places["street"]
    first, third = patrol.sites[0], patrol.sites[2]
    line = LineString([(first.lon - 0.001, first.lat + 0.0003), (first.lon + 0.005, first.lat + 0.0003)])
    road = create_place(
        kind="road", name="鹤山路", parent_id=street.pk, geometry=line, actor_label="test", valid_from=date(2024, 1, 1)
    )
    new = NewRound("鹤山路整治", street.pk, DAY, DAY, kind="special", place_ids=(road.pk,), site_kinds=("lane", "shop"))
    made = create_round(world.actor("street"), new, uuid.uuid4())
    beside = {site.pk for site in patrol.sites if abs(site.lat - first.lat) < 0.0005}
    assert first.pk in beside and third.pk not in beside
    assert set(made.sites.values_list("site_id", flat=True)) == beside
    both = replace(new, place_ids=(road.pk, world.places["east_grid1"].pk))
    assert create_round(world.actor("street"), both, uuid.uuid4()).sites.count() == len(patrol.sites)
    lanes = replace(new, site_kinds=("market",))
    assert create_round(world.actor("street"), lanes, uuid.uuid4()).sites.count() == 0


def test_the_same_key_makes_one_round_and_others_make_none(patrol: Patrol) -> None:
    new, key = NewRound("一次", patrol.world.places["east"].pk, DAY, DAY), uuid.uuid4()
    first = create_round(patrol.world.actor("community"), new, key)
    assert create_round(patrol.world.actor("community"), new, key).pk == first.pk
    for name in ("grid", "community_west", "handler", "resident"):
        with pytest.raises(PermissionRefused):
            create_round(patrol.world.actor(name), new, uuid.uuid4())
        with pytest.raises(ObjectHidden):
            rounds.end_round(patrol.world.actor(name), first.pk)


@pytest.mark.parametrize(
    "change",
    [{"title": " "}, {"until": DAY - timedelta(days=1)}, {"kind": "x"}, {"version_id": 10**9}, {"repeat": "NEVER"},
     {"place_ids": (10**9,)}, {"teams": (NewTeam("a", 999.0, 0.0),)}, {"minutes_per_visit": 0}],
)  # fmt: skip
def test_a_wrong_round_is_refused_with_its_field(patrol: Patrol, change: dict[str, Any]) -> None:
    values = {"title": "一次", "place_id": patrol.world.places["east"].pk, "since": DAY, "until": DAY} | change
    with pytest.raises(StepRefused) as refused:
        create_round(patrol.world.actor("community"), NewRound(**values), uuid.uuid4())
    assert refused.value.status == 422
    assert refused.value.field
    assert RoundSeries.objects.count() == 0


def test_the_plan_is_stored_and_a_team_that_drops_out_keeps_what_is_done(patrol: Patrol) -> None:
    found = rounds.carry_out_plan(patrol.round.pk, iterations=50)
    assert len(found.visits) == 4
    assert RoundSite.objects.filter(round=patrol.round, team__isnull=False, planned_on__isnull=False).count() == 4
    patrol.send(patrol.tick())
    team = patrol.round.teams.get()
    rounds.drop_team(patrol.world.actor("community"), patrol.round.pk, team.pk)
    rows = {row.site_id: row for row in RoundSite.objects.filter(round=patrol.round)}
    assert rows.pop(patrol.sites[0].pk).team_id == team.pk
    assert {row.team_id for row in rows.values()} == {None}
    again = rounds.carry_out_plan(patrol.round.pk, iterations=50)
    assert {left.reason for left in again.left_out} == {"no_team"}
    with pytest.raises(StepRefused):
        rounds.request_plan(patrol.world.actor("community"), patrol.round.pk)


def test_a_plan_is_made_again_when_a_team_drops_out_and_others_are_left(
    patrol: Patrol, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(jobs.plan_round, "defer", lambda round_id: asked.append(round_id))
    community, first = patrol.world.actor("community"), patrol.round.teams.get()
    second, third = (
        RoundTeam.objects.create(round=patrol.round, name=name, longitude=120.45, latitude=36.38) for name in "二三"
    )
    assert not rounds.drop_team(community, patrol.round.pk, third.pk), "nothing was planned yet"
    rounds.carry_out_plan(patrol.round.pk, iterations=50)
    assert rounds.drop_team(community, patrol.round.pk, second.pk)
    assert not rounds.drop_team(community, patrol.round.pk, second.pk), "it is out already"
    assert not rounds.drop_team(community, patrol.round.pk, first.pk), "nobody is left"
    assert asked == [patrol.round.pk]


def test_a_series_makes_each_week_once(patrol: Patrol) -> None:
    world = patrol.world
    new = NewRound("每周查", world.places["east"].pk, DAY, DAY + timedelta(days=6), repeat="FREQ=WEEKLY",
                   teams=(NewTeam("一组", 120.45, 36.38),))  # fmt: skip
    first = create_round(world.actor("community"), new, uuid.uuid4())
    assert rounds.make_due_rounds(DAY) == 0
    assert rounds.make_due_rounds(DAY + timedelta(days=5)) == 1
    assert rounds.make_due_rounds(DAY + timedelta(days=6)) == 0
    made = Round.objects.filter(series=first.series).order_by("since").last()
    assert made is not None
    assert (made.since, made.sites.count(), made.teams.count()) == (DAY + timedelta(days=7), 4, 1)


def test_same_day_clearance_counts_what_was_closed_on_its_day(patrol: Patrol) -> None:
    def found(**more: Any) -> Item:
        tick = patrol.tick(0, result="fail", finding=patrol.problem(handling="fix_on_spot", **more))
        return Item.objects.get(number=patrol.send(tick).outcomes[0].number)

    found(client_key=uuid.UUID(int=1)), found(client_key=uuid.UUID(int=2))
    late = found(client_key=uuid.UUID(int=3))
    Item.objects.filter(pk=late.pk).update(closed_at=timezone.now() + timedelta(days=1))
    patrol.send(patrol.tick(1, result="fail", finding=patrol.problem(handling="hand_over")))
    mistaken = patrol.send(patrol.tick(1, "order", "fail", finding=patrol.problem())).outcomes[0]
    item = Item.objects.get(number=mistaken.number)
    advance(patrol.world.actor("community"), item.pk, [("drop", {"reason": "看错了"})], key=new_key())
    rate = selectors.round_figures(patrol.world.actor("community"), patrol.round.pk).same_day
    assert (rate.numerator, rate.denominator, rate.excluded, rate.percent) == (2, 4, 1, 50.0)


def test_observations_are_columns_trail_and_facts(patrol: Patrol) -> None:
    patrol.send(patrol.tick(), patrol.tick(1, "order", "fail"))
    wrong = patrol.tick(2, "clean", "fail")
    patrol.send(wrong)
    patrol.send(patrol.tick(2, "clean", "pass", replaces=wrong.client_key))
    found = observed.columns(patrol.version.pk, str(patrol.world.places["east"].path))
    rows = set(
        zip(found.site.tolist(), found.criterion.tolist(), found.result.tolist(), found.value.tolist(), strict=True)
    )
    clean, order = patrol.criteria["clean"].pk, patrol.criteria["order"].pk
    first, second, third, _ = (site.pk for site in patrol.sites)
    assert rows == {(first, clean, 1, 0.0), (second, order, 0, 0.5), (third, clean, 1, 0.0)}
    assert len(observed.columns(patrol.version.pk, str(patrol.world.places["west"].path))) == 0
    trail = observed.trail(found.observation.tolist())
    assert [line.observation for line in trail] == found.observation.tolist()
    day = timezone.localdate()
    query = Query(
        patrol.version, patrol.criteria["clean"], (), None, str(patrol.world.places["district"].path), day, day
    )
    assert {fact.object_id for fact in find(query, ["inspections"])} == {
        str(row.pk) for row in Observation.objects.filter(result=1)
    }


def many_sites(patrol: Patrol, count: int) -> None:
    """More sites in the round, in bulk."""
    from linli.places.models import Place

    grid = patrol.world.places["east_grid1"]
    start = Place.objects.order_by("-id").values_list("id", flat=True)[0] + 1000
    Place.objects.bulk_create(
        Place(id=start + n, parent=grid, path=f"{grid.path}.{start + n}", kind="site", site_kind="lane", name=f"多{n}",
              lon=120.451, lat=36.371)
        for n in range(count)
    )  # fmt: skip
    RoundSite.objects.bulk_create(RoundSite(round=patrol.round, site_id=start + n) for n in range(count))


def test_the_page_of_a_round_of_a_thousand_sites_takes_at_most_twelve_statements(
    patrol: Patrol, query_counter: Any
) -> None:
    many_sites(patrol, 996)
    patrol.send(patrol.tick(), patrol.tick(1, "order", "fail", finding=patrol.problem(handling="hand_over")))
    client = signed_in_client(patrol.world.users["community"])
    address = f"/desk/rounds/{patrol.round.pk}/"
    client.get(address)
    with query_counter(at_most=12):
        answer = client.get(address)
    assert answer.status_code == 200
    assert answer.context["share"] == 0.2
    assert len(answer.context["missing"]) == 998


def test_the_map_follows_and_costs_little_while_nothing_happens(patrol: Patrol, query_counter: Any) -> None:
    client = signed_in_client(patrol.world.users["community"])
    address = f"/desk/rounds/{patrol.round.pk}/sites.json"
    mark = client.get(f"/desk/rounds/{patrol.round.pk}/").context["mark"]
    with query_counter(at_most=8):
        same = client.get(address, headers={"If-None-Match": mark})
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", mark)
    patrol.send(patrol.tick())
    new = client.get(address, headers={"If-None-Match": mark})
    assert new.status_code == 200
    assert new.json()["progress"] == {"done": 1, "asked": 4, "share": 25.0}
    assert new["ETag"] != mark
    assert client.get(address, headers={"If-None-Match": new["ETag"]}).status_code == 304
    rounds.set_site_state(patrol.world.actor("grid"), patrol.round.pk, patrol.sites[1].pk, "unreachable", "没开门")
    shut = client.get(address, headers={"If-None-Match": new["ETag"]})
    assert shut.status_code == 200
    rounds.drop_team(patrol.world.actor("community"), patrol.round.pk, patrol.round.teams.get().pk)
    assert client.get(address, headers={"If-None-Match": shut["ETag"]}).status_code == 304, "nothing was planned"


@pytest.mark.parametrize("name", ["community", "street", "director", "grid"])
def test_pages_open_for_who_may_see_them(patrol: Patrol, name: str) -> None:
    patrol.send(patrol.tick(words="好"), patrol.tick(0, "order", "fail", finding=patrol.problem(handling="hand_over")))
    client = signed_in_client(patrol.world.users[name])
    site = f"/desk/sites/{patrol.sites[0].pk}/"
    for address in (
        "/desk/rounds/",
        f"/desk/rounds/{patrol.round.pk}/",
        f"/desk/rounds/{patrol.round.pk}/sites.json",
        site,
    ):
        assert client.get(address).status_code == 200, address
    assert "好" in client.get(site).content.decode()


@pytest.mark.parametrize(("name", "status"), [("community_west", 404), ("handler", 404), ("resident", 403)])
def test_pages_are_closed_to_others(patrol: Patrol, name: str, status: int) -> None:
    client = signed_in_client(patrol.world.users[name], kind="resident" if name == "resident" else "staff")
    for address in (f"/desk/rounds/{patrol.round.pk}/", f"/desk/sites/{patrol.sites[0].pk}/"):
        assert client.get(address).status_code in (status, 302)
    assert client.post(f"/desk/rounds/{patrol.round.pk}/act/", {"what": "end"}).status_code in (status, 302)
    patrol.round.refresh_from_db()
    assert patrol.round.state != "ended"


def test_the_form_makes_a_round_and_keeps_what_was_typed(patrol: Patrol) -> None:
    client = signed_in_client(patrol.world.users["community"])
    assert client.get("/desk/rounds/new/").status_code == 200
    sent = {
        "title": "沿街商铺", "place": patrol.world.places["east"].pk, "since": "2026-11-24", "until": "2026-11-30",
        "kind": "special", "version": patrol.version.pk, "site_kinds": ["shop"], "places": "东山社区第1网格",
        "team1": "一组", "start1": "东山社区第1网格", "minutes1": "240", "minutes_per_visit": "10",
    }  # fmt: skip
    wrong = client.post("/desk/rounds/new/", sent | {"places": "没有的地方"})
    assert wrong.status_code == 422
    assert "沿街商铺" in wrong.content.decode()
    done = client.post("/desk/rounds/new/", sent)
    assert done.status_code == 302
    made = Round.objects.get(title="沿街商铺")
    assert (made.kind, made.sites.count(), made.teams.count()) == ("special", 2, 1)
    assert client.post(f"/desk/rounds/{made.pk}/act/", {"what": "plan"}).status_code == 302
    assert client.post(f"/desk/rounds/{made.pk}/act/", {"what": "end"}).status_code == 302
    made.refresh_from_db()
    assert made.state == "ended"
