"""Rounds by REST: made once, read with progress, planned, ended; by those who may, in the words of the interface."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.inspections.batch import Batch, NewUnreached
from linli.inspections.models import Round
from linli.inspections.services import record_batch
from tests.inspections.conftest import Patrol, media, patrol
from tests.support.calling import Answer, Caller

__all__ = ["media", "patrol"]
KEY = "a-key-of-a-round-1"


def wanted(patrol: Patrol, **more: Any) -> dict[str, Any]:
    """A round as a program asks for it."""
    today = timezone.localdate()
    team = {"name": "第一组", "longitude": 120.45, "latitude": 36.37, "members": [patrol.world.actor("grid").person_id]}
    return {
        "title": "REST 巡查", "place": patrol.world.places["east"].pk, "since": str(today),
        "until": str(today + timedelta(days=6)), "version": patrol.version.pk, "site_kinds": ["lane", "shop"],
        "criteria": [patrol.criteria["clean"].pk], "teams": [team], **more,
    }  # fmt: skip


def make(call: Caller, patrol: Patrol, who: str = "community", key: str = KEY, **more: Any) -> Answer:
    """POST /rounds."""
    return call.post("/rounds", wanted(patrol, **more), who, key_=key)


def test_a_round_is_made_once_and_read_with_its_sites(call: Caller, patrol: Patrol) -> None:
    first, again = make(call, patrol), make(call, patrol)
    assert (first.status, again.status) == (201, 201)
    assert first["id"] == again["id"]
    assert first.headers["Location"] == f"/api/v1/rounds/{first['id']}"
    assert again.headers["Idempotency-Replayed"] == "true"
    assert [site["state"] for site in first["sites"]] == ["due"] * 4
    assert first["teams"][0]["name"] == "第一组"
    other = make(call, patrol, title="另一次")
    assert (other.status, other["code"]) == (409, "key_reused")
    assert Round.objects.filter(title="REST 巡查").count() == 1


def test_progress_is_by_records_and_says_why_a_site_is_missing(call: Caller, patrol: Patrol) -> None:
    shut = NewUnreached(patrol.tick().client_key, patrol.round.pk, patrol.sites[1].pk, "今天没开门", timezone.now())
    record_batch(patrol.world.actor("grid"), Batch("phone", (patrol.tick(),), (shut,)), "key")
    told = call.get(f"/rounds/{patrol.round.pk}", "street")
    assert told["progress"] == {"due": 2, "done": 1, "unreachable": 1, "closed": 0, "covered": 25.0}
    sites = {site["id"]: site for site in told["sites"]}
    assert sites[patrol.sites[1].pk]["reason"] == "今天没开门"
    listed = call.get("/rounds?state=running", "street").data
    assert [(row["id"], row["done"], row["total"]) for row in listed] == [(patrol.round.pk, 1, 4)]


def test_a_round_is_planned_loses_a_team_and_ends(call: Caller, patrol: Patrol) -> None:
    address, team = f"/rounds/{patrol.round.pk}", patrol.round.teams.get().pk
    planned = call.post(f"{address}/plan", {}, "community", key_="")
    assert (planned.status, planned["planning"]) == (202, True)
    assert call.post(f"{address}/teams/{team}/drop", {}, "community", key_="").status == 200
    assert call.post(f"{address}/teams/{team + 999}/drop", {}, "community", key_="").status == 404
    assert call.post(f"{address}/plan", {}, "community", key_="")["code"] == "no_teams"
    for _ in range(2):
        assert call.post(f"{address}/end", {}, "community", key_="")["state"] == "ended"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"version": 10**9}, "version"),
        ({"criteria": [10**9]}, "criteria"),
        ({"places": [10**9]}, "places"),
        ({"campaign": 10**9, "kind": "campaign"}, "campaign"),
        ({"site_kinds": ["moon"]}, "site_kinds"),
        ({"until": "2020-01-01"}, "until"),
        ({"since": "1026-11-01", "until": "1026-11-02"}, "since"),
        ({"teams": [{"name": "组", "longitude": 0, "latitude": 0, "members": [10**9]}]}, "teams"),
        ({"teams": [{"name": "组", "longitude": 0, "latitude": 0, "organisation": 10**9}]}, "teams"),
        ({"title": "巡\0查"}, "title"),
        ({"repeat": "FREQ=SECONDLY"}, "repeat"),
        ({"repeat": "FREQ=DAILY;INTERVAL=0"}, "repeat"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(call: Caller, patrol: Patrol, change: dict[str, Any], field: str) -> None:
    refused = make(call, patrol, **change)
    assert refused.status == 422, refused.data
    assert refused["field"].split(".")[-1] == field
    assert Round.objects.count() == 1


def test_who_may_not_plan_or_see_gets_nothing(call: Caller, patrol: Patrol) -> None:
    for who in ("grid", "handler", "community_west", "resident"):
        assert make(call, patrol, who).status == 403, who
    assert make(call, patrol, "anonymous").status == 401
    address = f"/rounds/{patrol.round.pk}"
    assert call.get(address, "community_west").status == 404
    assert call.get("/rounds", "community_west").data == []
    assert call.get("/rounds", "resident").status == 403
    for what in ("plan", "end"):
        assert call.post(f"{address}/{what}", {}, "grid", key_="").status in (403, 404)
    patrol.round.refresh_from_db()
    assert patrol.round.state != Round.ENDED


def test_a_round_takes_the_same_number_of_statements_for_any_number_of_sites(
    call: Caller, patrol: Patrol, query_counter: Any
) -> None:
    address = f"/rounds/{patrol.round.pk}"
    call.get(address, "street")
    with query_counter(at_most=14):
        assert call.get(address, "street").status == 200
