"""What changes while a round runs: its teams and their members, its series, its end; and what its pages show of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from linli.inspections import round_changes, rounds, selectors
from linli.inspections.day_pack import day_pack
from linli.inspections.models import Round, RoundSeries, RoundSite, RoundTeam
from linli.inspections.rounds import NewRound, NewTeam, create_round
from linli.inspections.team_selectors import recorders, teams_of
from linli.people.access import ObjectHidden
from linli.work.engine import StepRefused
from linli.work.models import Item
from linli.work.services import advance, new_key
from tests.inspections.conftest import Patrol
from tests.support.people import signed_in_client
from tests.support.world import SOUTH, STEP, WEST

START = (WEST + STEP, SOUTH)


def team(patrol: Patrol, *people: str, name: str = "第一组") -> NewTeam:
    """A team of these people."""
    numbers = [patrol.world.actor(one).person_id for one in people]
    return NewTeam(name, *START, 180, None, tuple(number for number in numbers if number is not None))


def test_whoever_joins_a_team_has_its_sites_and_whoever_leaves_has_none(patrol: Patrol) -> None:
    world, first = patrol.world, patrol.round.teams.get()
    RoundSite.objects.filter(round=patrol.round).update(team=first)
    assert len(day_pack(world.actor("grid"))["sites"]) == 4
    community = world.actor("community")
    for _again in range(2):
        saved = round_changes.save_team(community, patrol.round.pk, first.pk, team(patrol, "grid2", "community"))
        assert saved.pk == first.pk
    assert (saved.minutes_per_day, list(teams_of(patrol.round.pk)[0].members)) == (
        180, [world.actor("grid2").person_id, world.actor("community").person_id],
    )  # fmt: skip
    assert day_pack(world.actor("grid"))["sites"] == []
    assert len(day_pack(community)["sites"]) == 4


def test_a_team_is_added_once_and_not_to_a_round_that_has_ended(patrol: Patrol) -> None:
    community, number = patrol.world.actor("community"), patrol.round.pk
    made = {round_changes.save_team(community, number, None, team(patrol, "grid2", name="第二组")).pk for _ in range(2)}
    assert len(made) == 1 and RoundTeam.objects.filter(round=number).count() == 2
    for wrong in (
        team(patrol, name=" "),
        NewTeam("三", 999.0, 0.0),
        NewTeam("三", *START, 0),
        NewTeam("三", *START, 9, None, (10**9,)),
    ):
        with pytest.raises(StepRefused):
            round_changes.save_team(community, number, None, wrong)
    for who in ("grid", "community_west", "handler"):
        with pytest.raises(ObjectHidden):
            round_changes.save_team(patrol.world.actor(who), number, None, team(patrol, name="三"))
    with pytest.raises(ObjectHidden):
        round_changes.save_team(community, number, 10**9, team(patrol))
    rounds.end_round(community, number)
    with pytest.raises(StepRefused):
        round_changes.save_team(community, number, None, team(patrol, name="三"))


def weekly(patrol: Patrol) -> Round:
    """A round of this week that comes again."""
    today = timezone.localdate()
    new = NewRound("每周查", patrol.world.places["east"].pk, today, today + timedelta(days=6), repeat="FREQ=WEEKLY",
                   teams=(team(patrol, "grid"),))  # fmt: skip
    return create_round(patrol.world.actor("community"), new, uuid.uuid4())


def test_next_week_goes_as_this_week_when_asked(patrol: Patrol) -> None:
    row, community = weekly(patrol), patrol.world.actor("community")
    first = row.teams.get()
    round_changes.save_team(community, row.pk, first.pk, team(patrol, "grid2"))
    soon = timezone.localdate() + timedelta(days=6)

    def members() -> list[int]:
        return list(RoundSeries.objects.get(pk=row.series_id).teams[0]["members"])

    assert members() == [patrol.world.actor("grid").person_id]
    round_changes.save_team(community, row.pk, first.pk, team(patrol, "grid2"), also_series=True)
    assert members() == [patrol.world.actor("grid2").person_id]
    assert rounds.make_due_rounds(soon) == 1
    made = Round.objects.filter(series=row.series_id).latest("since")
    assert [list(one.members) for one in teams_of(made.pk)] == [[patrol.world.actor("grid2").person_id]]


def test_a_series_is_stopped_once(patrol: Patrol) -> None:
    row, community = weekly(patrol), patrol.world.actor("community")
    with pytest.raises(ObjectHidden):
        round_changes.stop_series(patrol.world.actor("community_west"), row.pk)
    with pytest.raises(StepRefused):
        round_changes.stop_series(community, patrol.round.pk)
    assert [round_changes.stop_series(community, row.pk) for _ in range(2)] == [True, False]
    assert rounds.make_due_rounds(timezone.localdate() + timedelta(days=6)) == 0
    row.refresh_from_db()
    assert row.state == Round.PLANNED, "what is there stays"


def test_a_round_ends_by_itself_some_days_after_its_last(patrol: Patrol) -> None:
    last = patrol.round.until
    assert round_changes.end_past_rounds(last + round_changes.GRACE) == 0, "phones may still send"
    assert round_changes.end_past_rounds(last + round_changes.GRACE + timedelta(days=1)) == 1
    assert round_changes.end_past_rounds(last + timedelta(days=30)) == 0
    patrol.round.refresh_from_db()
    assert patrol.round.state == Round.ENDED and patrol.round.ended_at is not None


def test_only_who_may_record_there_is_offered_those_of_the_area_first(patrol: Patrol) -> None:
    offered = [one["id"] for one in recorders(str(patrol.world.places["east"].path))]
    ids = {name: patrol.world.actor(name).person_id for name in ("grid", "grid2", "community", "street", "director")}
    assert {ids["grid"], ids["grid2"], ids["community"], ids["street"]} <= set(offered)
    assert offered.index(ids["grid"] or 0) < offered.index(ids["street"] or 0)
    for other in ("grid_west", "handler", "captain", "community_west"):
        assert patrol.world.actor(other).person_id not in offered


def test_the_page_of_teams_changes_one_and_keeps_what_was_typed(
    patrol: Patrol, query_counter: Callable[..., Any]
) -> None:
    client, first = signed_in_client(patrol.world.users["community"]), patrol.round.teams.get()
    address = f"/desk/rounds/{patrol.round.pk}/teams/"
    page = client.get(f"{address}?team={first.pk}").content.decode()
    assert "第一组" in page and "顾北" in page
    sent = {"team": first.pk, "name": "东山组", "minutes": "200", "members": [patrol.world.actor("grid2").person_id]}
    wrong = client.post(address, sent | {"start": "没有的地方"})
    assert wrong.status_code == 422 and "东山组" in wrong.content.decode()
    assert client.post(address, sent).status_code == 302
    first.refresh_from_db()
    assert (first.name, first.longitude, first.minutes_per_day) == ("东山组", patrol.round.teams.get().longitude, 200)
    assert client.post(address, sent | {"team": "new", "name": "二组", "members": []}).status_code == 302
    with query_counter(at_most=12):
        assert "二组" in client.get(address).content.decode()
    for who in ("grid", "community_west"):
        assert signed_in_client(patrol.world.users[who]).get(address).status_code == 404


def found(patrol: Patrol, site: int, handling: str) -> Item:
    """A finding at a site."""
    tick = patrol.tick(
        site, "order", "fail", finding=patrol.problem(handling=handling, client_key=uuid.UUID(int=site + 1))
    )
    return Item.objects.get(number=patrol.send(tick).outcomes[0].number)


def test_each_number_of_findings_is_its_list(patrol: Patrol) -> None:
    community = patrol.world.actor("community")
    mended, open_one, mistaken = (
        found(patrol, 0, "fix_on_spot"),
        found(patrol, 1, "hand_over"),
        found(patrol, 2, "report"),
    )
    advance(community, mistaken.pk, [("drop", {"reason": "看错了"})], key=new_key())
    client = signed_in_client(patrol.world.users["community"])
    shown = {}
    for code in selectors.SHOWN:
        answer = client.get(f"/desk/rounds/{patrol.round.pk}/?findings={code}")
        shown[code] = {row["number"] for row in answer.context["findings"]}
        assert {code: n for code, _name, n in answer.context["tabs"]}[code] == len(shown[code])
    assert shown == {
        "": {mended.number, open_one.number, mistaken.number}, "open": {open_one.number}, "same_day": {mended.number},
        "later": {open_one.number}, "left_out": {mistaken.number},
    }  # fmt: skip


def test_the_same_day_is_told_of_every_period_and_place(patrol: Patrol, query_counter: Callable[..., Any]) -> None:
    mended, open_one = found(patrol, 0, "fix_on_spot"), found(patrol, 1, "hand_over")
    Item.objects.filter(pk=open_one.pk).update(closed_at=None)
    today = timezone.localdate()
    client = signed_in_client(patrol.world.users["street"])
    address = "/desk/rounds/findings/?"
    client.get(address)
    with query_counter(at_most=14):
        page = client.get(address).context
    assert (page["figures"].found, page["figures"].same_day.percent, page["total"]) == (2, 50.0, 2)
    assert [(row["place"], row["found"], row["same"]) for row, *_links in page["parts"]] == [("东山社区", 2, 1)]
    same = client.get(f"{address}findings=same_day&place={patrol.world.places['east'].pk}").context
    assert [row["number"] for row in same["rows"]] == [mended.number]
    before = (today - timedelta(days=1)).isoformat()
    assert client.get(f"{address}since={before}&until={before}").context["figures"].found == 0
    west = signed_in_client(patrol.world.users["community_west"]).get(address).context
    assert (west["figures"].found, west["rows"], west["parts"]) == (0, [], [])
    assert client.get("/desk/rounds/").context["week"].found == 2


def test_of_a_round_each_reads_the_findings_of_their_own_area(patrol: Patrol) -> None:
    found(patrol, 0, "hand_over")
    Round.objects.filter(pk=patrol.round.pk).update(place=patrol.world.places["street"])
    other, own = patrol.world.actor("grid2"), patrol.world.actor("community")
    assert (
        selectors.round_figures(other, patrol.round.pk).found,
        selectors.round_findings(other, patrol.round.pk),
    ) == (0, [])
    assert (
        selectors.round_figures(own, patrol.round.pk).found,
        len(selectors.round_findings(own, patrol.round.pk)),
    ) == (1, 1)


def test_a_drawn_sample_that_is_not_mended_goes_to_the_dispatcher(patrol: Patrol) -> None:
    drawn = patrol.problem(handling="fix_on_spot", client_key=uuid.UUID(int=0))
    item = Item.objects.get(number=patrol.send(patrol.tick(0, "order", "fail", finding=drawn)).outcomes[0].number)
    client = signed_in_client(patrol.world.users["community"])
    page = client.get(f"/desk/verify/{item.number}/")
    assert page.context["rework"] == "send_on"
    client.post(f"/desk/items/{item.number}/steps/send_on/", {"key": "k", "reason_text": "还有一半没清"})
    item.refresh_from_db()
    assert (item.state, item.rework_count) == ("accepted", 1)


def test_what_is_missing_stands_under_its_reason(patrol: Patrol) -> None:
    today = timezone.localdate()
    rows = list(RoundSite.objects.filter(round=patrol.round).order_by("id"))
    for row, (planned, reason) in zip(
        rows, ((today - timedelta(days=1), ""), (today, ""), (None, "no_time"), (None, "")), strict=True
    ):
        RoundSite.objects.filter(pk=row.pk).update(planned_on=planned, reason=reason)
    client = signed_in_client(patrol.world.users["community"])
    address = f"/desk/rounds/{patrol.round.pk}/"
    groups = client.get(address).context["groups"]
    assert [(name, [site["id"] for site in sites]) for name, sites in groups] == [
        ("过了计划的日子还没查", [rows[0].site_id]), ("排不进路线", [rows[2].site_id]),
        ("今天计划去", [rows[1].site_id]), ("还没有排路线", [rows[3].site_id]),
    ]  # fmt: skip


def test_the_map_tells_each_state_by_its_tone(patrol: Patrol) -> None:
    patrol.send(patrol.tick(0))
    rounds.set_site_state(patrol.world.actor("grid"), patrol.round.pk, patrol.sites[1].pk, "unreachable", "门锁着")
    rounds.set_site_state(patrol.world.actor("grid"), patrol.round.pk, patrol.sites[2].pk, "closed", "拆了")
    client: Client = signed_in_client(patrol.world.users["community"])
    features = client.get(f"/desk/rounds/{patrol.round.pk}/sites.json").json()["features"]
    told = {
        one["properties"]["title"]: (one["properties"]["tone"], one["properties"].get("visited")) for one in features
    }
    assert told == {"点位1": ("calm", 1), "点位2": ("late", 0), "点位3": ("none", None), "点位4": ("soon", 0)}


def test_the_page_of_a_site_tells_its_rounds_and_closes_it(patrol: Patrol, query_counter: Callable[..., Any]) -> None:
    client, site = signed_in_client(patrol.world.users["grid"]), patrol.sites[0].pk
    act = f"/desk/rounds/{patrol.round.pk}/act/"
    done = client.post(act, {"what": "site", "site": site, "state": "closed", "reason": "装修停业"})
    assert (done.status_code, done["Location"]) == (302, f"/desk/sites/{site}/")
    assert client.post(act, {"what": "site", "site": site, "state": "closed", "reason": ""}).status_code == 302
    client.get(f"/desk/sites/{site}/")
    with query_counter(at_most=20):
        page = client.get(f"/desk/sites/{site}/").content.decode()
    assert "本周巡查" in page and "装修停业" in page and "恢复为待检查" in page


def test_the_form_takes_some_of_the_criteria(patrol: Patrol) -> None:
    client = signed_in_client(patrol.world.users["community"])
    assert "路面干净" in client.get("/desk/rounds/new/").content.decode()
    today = timezone.localdate().isoformat()
    sent = {
        "title": "只看路面", "place": patrol.world.places["east"].pk, "since": today, "until": today, "kind": "one_off",
        "version": patrol.version.pk, "criteria": [patrol.criteria["clean"].pk], "minutes_per_visit": "10",
    }  # fmt: skip
    assert client.post("/desk/rounds/new/", sent).status_code == 302
    made = Round.objects.get(title="只看路面")
    assert made.criteria == [patrol.criteria["clean"].pk]
    lane = next(site for site in day_pack(patrol.world.actor("grid"))["sites"] if site["round_id"] == made.pk)
    assert lane["criteria"] == made.criteria
