"""Rounds by REST: the list, one with its sites and progress; making, planning and ending one, dropping a team."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from ninja.params import functions as param

from linli.api import schemas
from linli.api.callers import SignedIn, caller
from linli.api.problems import Problem
from linli.api.requests import API, Key
from linli.inspections import rounds, selectors
from linli.inspections.models import Round
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require_somewhere
from linli.places.kinds import SITE_KINDS
from linli.work.engine import StepRefused
from linli.work.services import KeyConflict

router = Router(tags=["rounds"], auth=SignedIn())

RoundId = Annotated[int, param.Path(ge=1, le=schemas.BIGGEST)]
TeamId = Annotated[int, param.Path(ge=1, le=schemas.BIGGEST)]
State = Annotated[Literal["", "planned", "running", "ended"], param.Query(description="Only those in this state")]
AWAY = timedelta(days=366)
_FIELDS = {"version_id": "version", "place_ids": "places", "campaign_id": "campaign"}
_KEYS = uuid.UUID("5d0b5b0e-6f4e-4c8e-9c64-0b2f9d1a7e31")
_FAR = Label("开始日期应在前后一年以内。", "It should begin within a year from now.")
_NO_KIND = Label("没有这种点位。", "There is no such kind of site.")


@router.get("", response=list[schemas.RoundOut], summary="Rounds, the latest first")
def list_rounds(request: HttpRequest, state: State = "") -> list[dict[str, Any]]:
    """Those in the caller's places, at most 200, with how far each has come."""
    actor = caller(request)
    require_somewhere(actor, selectors.VIEW)
    return [_round(row) for row in selectors.rounds(actor, state)]


@router.get("/{round_id}", response=schemas.RoundDetailOut, summary="One round with its sites and progress")
def read_round(request: HttpRequest, round_id: RoundId) -> dict[str, Any]:
    """Coverage is counted by records made at the sites, never by where somebody was. Missing and forbidden: 404."""
    return _detail(caller(request), round_id)


@router.post("", response={201: schemas.RoundDetailOut}, summary="Make a round")
def create_round(request: HttpRequest, body: schemas.RoundIn, key: Key, response: HttpResponse) -> dict[str, Any]:
    """A round, or with `repeat` (RFC 5545) the first of a series. The same key again gives the same round."""
    actor = caller(request)
    number = uuid.uuid5(_KEYS, f"{actor.person_id}:{key}")
    known = selectors.round_by_key(number)
    if known is not None and _content(known) != _wanted(body):
        raise KeyConflict
    try:
        made = rounds.create_round(actor, _new(body), number)
    except StepRefused as refusal:
        refusal.field = _FIELDS.get(refusal.field, refusal.field)
        raise
    response["Location"] = f"{API}/rounds/{made.pk}"
    if known is not None:
        response["Idempotency-Replayed"] = "true"
    return _detail(actor, made.pk)


@router.post("/{round_id}/plan", response={202: schemas.RoundStateOut}, summary="Plan or replan who goes where")
def plan_round(request: HttpRequest, round_id: RoundId) -> dict[str, Any]:
    """A job searches; `planned_at` of the round tells when its plan is there. Done sites keep what they had."""
    actor = caller(request)
    rounds.request_plan(actor, round_id)
    return _state(actor, round_id, planning=True)


@router.post("/{round_id}/teams/{team_id}/drop", response=schemas.RoundStateOut, summary="A team drops out")
def drop_round_team(request: HttpRequest, round_id: RoundId, team_id: TeamId) -> dict[str, Any]:
    """Its sites that are not done go back until the round is planned again. Done again it changes nothing."""
    actor = caller(request)
    selectors.round_of(actor, round_id)
    if all(team["id"] != team_id for team in selectors.round_teams(round_id)):
        raise ObjectHidden(rounds.PLAN)
    rounds.drop_team(actor, round_id, team_id)
    return _state(actor, round_id)


@router.post("/{round_id}/end", response=schemas.RoundStateOut, summary="End a round")
def end_round(request: HttpRequest, round_id: RoundId) -> dict[str, Any]:
    """What phones send later becomes a conflict to decide. Ending again changes nothing."""
    actor = caller(request)
    rounds.end_round(actor, round_id)
    return _state(actor, round_id)


def _new(body: schemas.RoundIn) -> rounds.NewRound:
    if abs(body.since - timezone.localdate()) > AWAY:
        raise Problem(422, "bad_period", _FAR, field="since")
    if any(slug not in SITE_KINDS for slug in body.site_kinds):
        raise Problem(422, "unknown_site_kind", _NO_KIND, field="site_kinds")
    return rounds.NewRound(
        title=body.title, place_id=body.place, since=body.since, until=body.until, kind=body.kind, theme=body.theme,
        version_id=body.version, criteria=tuple(body.criteria), place_ids=tuple(body.places),
        site_kinds=tuple(body.site_kinds), minutes_per_visit=body.minutes_per_visit, campaign_id=body.campaign,
        repeat=body.repeat,
        teams=tuple(
            rounds.NewTeam(
                team.name, team.longitude, team.latitude, team.minutes_per_day, team.organisation, tuple(team.members)
            )
            for team in body.teams
        ),
    )  # fmt: skip


def _content(row: Round) -> tuple[Any, ...]:
    kinds, criteria = tuple(row.site_kinds), tuple(row.criteria)
    return (row.title, row.place_id, row.since, row.until, row.theme, row.version_id, kinds, criteria, row.campaign_id)


def _wanted(body: schemas.RoundIn) -> tuple[Any, ...]:
    kinds, criteria = tuple(body.site_kinds), tuple(body.criteria)
    return (body.title, body.place, body.since, body.until, body.theme, body.version, kinds, criteria, body.campaign)


def _round(row: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "title", "kind", "theme", "state", "since", "until", "planned_at", "synthetic")
    place = {"id": row["place_id"], "name": row["place_name"]}
    return {name: row[name] for name in names} | {"place": place, "total": row["total"], "done": row["done"]}


def _detail(actor: Actor, round_id: int) -> dict[str, Any]:
    row, sites = selectors.round_of(actor, round_id), selectors.round_sites(actor, round_id)
    counted = Counter(site["state"] for site in sites)
    asked = len(sites) - counted["closed"]
    figures = selectors.round_figures(actor, round_id)
    names = ("id", "name", "minutes_per_day", "active", "total", "done")
    return _round(row | {"total": asked, "done": counted["done"]}) | {
        "minutes_per_visit": row["minutes_per_visit"], "metres": row["metres"],
        "progress": {
            **{state: counted[state] for state in ("due", "done", "unreachable", "closed")},
            "covered": round(counted["done"] * 100 / asked, 1) if asked else None,
        },
        "findings": {"found": figures.found, "open": figures.open, "same_day": figures.same_day.percent},
        "teams": [{name: team[name] for name in names} for team in selectors.round_teams(round_id)],
        "sites": [_site(site) for site in sites],
    }  # fmt: skip


def _site(site: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "name", "state", "reason", "team", "planned_on", "position", "done_at", "failed")
    return {name: site[name] for name in names} | {
        "kind": site["site_kind"],
        "longitude": site["lon"],
        "latitude": site["lat"],
    }


def _state(actor: Actor, round_id: int, *, planning: bool = False) -> dict[str, Any]:
    row = selectors.round_of(actor, round_id)
    return {"id": round_id, "state": row["state"], "planning": planning}
