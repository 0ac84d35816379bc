"""Rounds on the desk: the list, a new one, its progress on the map and in lists."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.campaigns.models import Campaign, CampaignPlace
from linli.campaigns.selectors import seen_by
from linli.desk.pages_findings import tabs as finding_tabs
from linli.desk.pages_new import home_place
from linli.desk.shell import staff
from linli.desk.wording import language
from linli.inspections import coverage, finding_selectors, round_changes, rounds, selectors
from linli.inspections.finding_selectors import FindingFilters
from linli.inspections.models import Round
from linli.kernel.numbers import whole_number
from linli.people.access import Actor, require_somewhere
from linli.people.gates import actor_on
from linli.places.kinds import SITE_KINDS
from linli.places.search import search_places
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, place_snapshot
from linli.standards.models import Node, Version
from linli.work.engine import StepRefused
from linli.work.kinds import kind

TEAMS_SHOWN, PLACES_LENGTH_MAX = 6, 300


def kinds() -> dict[str, str]:
    """Kinds of rounds."""
    return {
        Round.ONE_OFF: _("单次巡查"), Round.WEEKLY: _("每周巡查"), Round.CAMPAIGN: _("专项行动"),
        Round.SPECIAL: _("重点路段整治"),
    }  # fmt: skip


def states() -> dict[str, tuple[str, str]]:
    """States of rounds and of their sites: word and colour."""
    return {
        "planned": (_("未开始"), ""), "running": (_("进行中"), "blue"), "ended": (_("已结束"), ""),
        "due": (_("待检查"), "amber"), "done": (_("已检查"), "accent"), "unreachable": (_("未能到达"), "red"),
        "closed": (_("已关闭"), ""),
    }  # fmt: skip


def reasons() -> dict[str, str]:
    """Why a plan leaves a site out, in words."""
    return {
        coverage.NO_POINT: _("没有位置，排不进路线"), coverage.OUT_OF_REACH: _("一天内走不到"),
        coverage.NO_TIME: _("各组时间不够"), coverage.NO_TEAM: _("没有小组"),
    }  # fmt: skip


@staff
@require_safe
def round_list(request: HttpRequest) -> HttpResponse:
    """Rounds with how far each has come."""
    actor = actor_on(request)
    require_somewhere(actor, selectors.VIEW)
    state = request.GET.get("state", "")
    state = state if state in ("planned", "running", "ended") else ""
    rows = selectors.rounds(actor, state)
    words, names = kinds(), states()
    for row in rows:
        row |= {"kind_word": words[row["kind"]], "state_word": names[row["state"]], "share": _share(row)}
    tabs = [("", _("全部")), *((code, names[code][0]) for code in ("running", "planned", "ended"))]
    may_plan = actor.may_somewhere(rounds.PLAN)
    week = FindingFilters.of({})
    context = {
        "rows": rows, "tabs": tabs, "state": state, "may_plan": may_plan,
        "week": finding_selectors.figures(actor, week),
        "week_links": {"all": week.query(), "same_day": week.query(shown="same_day")},
    }  # fmt: skip
    return render(request, "desk/rounds.html", context)


def campaigns_for(actor: Actor) -> list[Campaign]:
    """Campaigns that run or are to come, which a round may belong to (1 statement)."""
    today = timezone.localdate()
    return [row for row in seen_by(actor) if row.until >= today and row.kind != Campaign.PROGRAMME]


def _places_of(campaign: Campaign, top: PlaceRow | None) -> str:
    """The names of the places where a campaign acts, roads too, as far as they lie in the area of the round."""
    rows = campaign.places.filter(part=CampaignPlace.ACTED, place__path__descendant_of=top.path if top else "")
    text = "、".join(rows.order_by("pk").values_list("place__name", flat=True))
    return text if len(text) <= PLACES_LENGTH_MAX else ""


def _share(row: dict[str, Any]) -> int:
    return round(row["done"] * 100 / row["total"]) if row["total"] else 0


@staff
@require_http_methods(["GET", "POST"])
def new_round(request: HttpRequest) -> HttpResponse:
    """The form of a round; what was typed stays when it is refused."""
    actor = actor_on(request)
    require_somewhere(actor, rounds.PLAN)
    problem, status = "", 200
    if request.method == "POST":
        try:
            made = rounds.create_round(actor, _typed(request), _key(request))
        except StepRefused as refusal:
            problem, status = refusal.label.text(language()), 422
        else:
            messages.success(request, _("已建立，共 %(n)d 个点位。") % {"n": made.sites.count()})
            return redirect("desk:round_teams" if made.teams.exists() else "desk:round", round_id=made.pk)
    places = place_snapshot(registry_versions())
    home = home_place(actor, places)
    today = timezone.localdate()
    tongue = language()
    top = places.get(home)
    campaigns = campaigns_for(actor)
    wanted = request.POST.get("campaign") or request.GET.get("campaign", "")
    asked = next((row for row in campaigns if str(row.pk) == wanted), None) if request.method == "GET" else None
    chosen = set(asked.site_kinds if asked else request.POST.getlist("site_kinds"))
    there = selectors.kinds_below(top.path if top is not None else "") or set(SITE_KINDS)
    versions = list(Version.objects.filter(state="published").select_related("standard").order_by("-id")[:50])
    context = {
        "problem": problem, "typed": request.POST, "key": request.POST.get("key") or str(uuid.uuid4()),
        "home": top, "kinds": list(kinds().items()),
        "site_kinds": [
            (slug, label.text(tongue), slug in chosen) for slug, label in SITE_KINDS.items() if slug in there
        ],
        "versions": versions, "criteria": _criteria(request, versions, there),
        "since": request.POST.get("since") or today.isoformat(),
        "until": request.POST.get("until") or (today + timedelta(days=6)).isoformat(),
        "teams": [_team_typed(request, number) for number in range(1, TEAMS_SHOWN + 1)],
        "campaigns": campaigns, "campaign": wanted,
        "title": asked.title if asked else request.POST.get("title", ""),
        "only": _places_of(asked, top) if asked else request.POST.get("places", ""),
    }  # fmt: skip
    return render(request, "desk/round_new.html", context, status=status)


def _criteria(
    request: HttpRequest, versions: list[Version], kinds_there: Collection[str]
) -> list[tuple[int, str, str, bool]]:
    """The criteria of the chosen version that hold at some site there: id, code, title, whether it is ticked."""
    wanted = request.POST.get("version") if request.method == "POST" else str(versions[0].pk if versions else "")
    if not wanted or wanted not in {str(version.pk) for version in versions}:
        return []
    rows = Node.objects.filter(
        version_id=wanted, level=Node.CRITERION, method=Node.FIELD, site_kinds__overlap=list(kinds_there)
    )
    chosen = set(request.POST.getlist("criteria"))
    # 2.1 comes before 10.1.
    ordered = sorted(rows, key=lambda row: ([int(part) for part in re.findall(r"[0-9]+", row.code)], row.code, row.pk))
    return [(row.pk, row.code, row.title, str(row.pk) in chosen) for row in ordered]


def _team_typed(request: HttpRequest, number: int) -> dict[str, Any]:
    sent = request.POST
    return {
        "number": number, "name": sent.get(f"team{number}", ""), "start": sent.get(f"start{number}", ""),
        "minutes": sent.get(f"minutes{number}", "240"),
    }  # fmt: skip


def _key(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()


def _refused(field: str, zh: str, en: str) -> StepRefused:
    from linli.kernel.labels import Label

    return StepRefused("invalid_field", Label(zh, en), status=422, field=field)


def _number(text: str, field: str) -> int:
    number = whole_number(text, digits=9)
    if number is None:
        raise _refused(field, "请检查填写的数字。", "Check the number.")
    return number


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _refused(field, "请填写日期。", "Give a date.") from error


def _typed(request: HttpRequest) -> rounds.NewRound:
    sent = request.POST
    place_id = _number(sent.get("place", ""), "place")
    names = [name for name in sent.get("places", "").replace("，", ",").replace("、", ",").split(",") if name.strip()]
    version = sent.get("version", "")
    return rounds.NewRound(
        title=sent.get("title", ""), place_id=place_id, since=_day(sent.get("since", ""), "since"),
        until=_day(sent.get("until", ""), "until"), kind=sent.get("kind", Round.ONE_OFF),
        theme=sent.get("theme", "")[:60], version_id=_number(version, "version") if version else None,
        criteria=tuple(_number(text, "criteria") for text in sent.getlist("criteria")),
        place_ids=tuple(found_place(name.strip(), place_id) for name in names),
        site_kinds=tuple(slug for slug in sent.getlist("site_kinds") if slug in SITE_KINDS),
        teams=tuple(_teams(request, place_id)),
        minutes_per_visit=_number(sent.get("minutes_per_visit") or "10", "minutes_per_visit"),
        repeat="FREQ=WEEKLY" if sent.get("weekly") else "",
        campaign_id=_number(sent["campaign"], "campaign") if sent.get("campaign") else None,
    )  # fmt: skip


def found_place(name: str, above: int) -> int:
    """A place by its name below the round's place."""
    top = place_snapshot(registry_versions()).get(above)
    for hit in search_places(name, under=top.path, limit=2) if top is not None else ():
        if hit.row.id != above:
            return hit.row.id
    raise _refused(
        "places", f"没有找到“{name[:40]}”，请换个写法。", f"“{name[:40]}” was not found; write it differently."
    )


def _teams(request: HttpRequest, above: int) -> list[rounds.NewTeam]:
    places = place_snapshot(registry_versions())
    teams = []
    for number in range(1, TEAMS_SHOWN + 1):
        typed = _team_typed(request, number)
        if not typed["name"].strip():
            continue
        start = places.get(found_place(typed["start"].strip(), above) if typed["start"].strip() else above)
        if start is None or start.lon is None or start.lat is None:
            raise _refused(f"start{number}", "请写一个有位置的出发地点。", "Name a start that has a position.")
        minutes = _number(typed["minutes"], f"minutes{number}")
        teams.append(rounds.NewTeam(typed["name"], start.lon, start.lat, minutes))
    return teams


@staff
@require_safe
def round_page(request: HttpRequest, round_id: int) -> HttpResponse:
    """Progress on the map; coverage by records made at the sites, and what is missing with why. ≤ 12 statements."""
    actor = actor_on(request)
    row = selectors.round_of(actor, round_id)
    sites = selectors.round_sites(actor, round_id)
    names, why, tongue = states(), reasons(), language()
    for site in sites:
        label = SITE_KINDS.get(site["site_kind"])
        site |= {
            "kind": label.text(tongue) if label else site["site_kind"], "word": names[site["state"]],
            "why": why.get(site["reason"], site["reason"]),
        }  # fmt: skip
    counted = Counter(site["state"] for site in sites)
    asked = len(sites) - counted["closed"]
    shown = request.GET.get("findings", "")
    shown = shown if shown in selectors.SHOWN else ""
    figures, findings = selectors.round_figures(actor, round_id), selectors.round_findings(actor, round_id, shown)
    workflow = kind("finding").workflow
    for finding in findings:
        finding["label"] = workflow.state(finding["state"]).label
    context = {
        "row": row, "kind": kinds()[row["kind"]], "state": names[row["state"]],
        "missing": [site for site in sites if site["state"] != "done"], "groups": _missing(sites, row),
        "done": [site for site in sites if site["state"] == "done"],
        "counted": counted, "asked": asked, "share": _percent(counted["done"], asked), "mark": _mark(actor, round_id),
        "teams": selectors.round_teams(round_id), "figures": figures, "findings": findings, "shown": shown,
        "tabs": finding_tabs(figures), "legend": _legend(counted), "now": timezone.now(),
        "may_plan": actor.may(rounds.PLAN, place_path=row["place_path"]),
        "over": row["until"] < timezone.localdate(), "may_see_campaign": actor.may_somewhere("campaigns.view"),
        "campaigns": campaigns_for(actor) if row["kind"] in (Round.CAMPAIGN, Round.SPECIAL) else [],
    }  # fmt: skip
    return render(request, "desk/round.html", context)


def _missing(sites: list[dict[str, Any]], row: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """What is missing by why, what somebody has to see to first: each with the sites it counts."""
    today, over = timezone.localdate(), row["state"] == "ended"

    def why(site: dict[str, Any]) -> int:
        if site["state"] in ("unreachable", "closed"):
            return 0 if site["state"] == "unreachable" else 6
        planned = site["planned_on"]
        if planned is None:
            return 2 if site["reason"] else 5
        return 1 if over or planned < today else 3 if planned == today else 4

    words = (
        _("去了没查成"), _("过了计划的日子还没查"), _("排不进路线"), _("今天计划去"), _("计划以后去"),
        _("还没有排路线"), _("已关闭，不计入覆盖率"),
    )  # fmt: skip
    groups: dict[int, list[dict[str, Any]]] = {}
    for site in sites:
        if site["state"] != "done":
            groups.setdefault(why(site), []).append(site)
    return [(words[number], groups[number]) for number in sorted(groups)]


TONES = {"due": "soon", "done": "calm", "unreachable": "late", "closed": "none"}
"""How sites feel on the map (frontend/src/lib/layers.ts)."""


def _legend(counted: Counter[str]) -> list[tuple[str, str, int]]:
    """What the colours of the map say: tone, word, how many; only those that are there."""
    names = states()
    return [(TONES[state], names[state][0], counted[state]) for state in TONES if counted[state]]


@staff
@require_safe
def round_points(request: HttpRequest, round_id: int) -> HttpResponse:
    """The sites of a round for the map, and how far it is. An open page asks again and again: 304 when nothing is new.

    Asking does not keep a session awake. 2 statements when nothing is new, else 3.
    """
    actor = actor_on(request)
    selectors.round_of(actor, round_id)
    mark = _mark(actor, round_id)
    if request.headers.get("If-None-Match") == mark:
        return _live(HttpResponse(status=304), mark)
    names = states()
    sites = selectors.round_sites(actor, round_id)
    counted = Counter(site["state"] for site in sites)
    asked = len(sites) - counted["closed"]
    progress = {"done": counted["done"], "asked": asked, "share": _percent(counted["done"], asked)}
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [site["lon"], site["lat"]]},
            "properties": {
                "number": str(site["position"] or ""), "title": site["name"], "state": names[site["state"]][0],
                "tone": TONES[site["state"]], "due": site["team"] or "", "url": reverse("desk:site", args=[site["id"]]),
                "category": "", **({} if site["state"] == "closed" else {"visited": int(site["state"] == "done")}),
            },
        }
        for site in sites
        if site["lon"] is not None and site["lat"] is not None
    ]  # fmt: skip
    content = {"type": "FeatureCollection", "features": features, "progress": progress}
    return _live(JsonResponse(content, content_type="application/geo+json"), mark)


def _percent(part: int, whole: int) -> float:
    return round(part * 100 / whole, 1) if whole else 0


def _mark(actor: Actor, round_id: int) -> str:
    """Changes when what the points show changes, for this reader in this language."""
    return f'"{selectors.round_mark(actor, round_id)}-{language()}"'


def _live(response: HttpResponse, mark: str) -> HttpResponse:
    response["ETag"], response["Cache-Control"] = mark, "private, no-cache"
    response.unattended = True  # type: ignore[attr-defined]
    return response


@staff
@require_POST
def round_action(request: HttpRequest, round_id: int) -> HttpResponse:
    """Plan the ways, end the round, let a team drop out, or say why a site cannot be visited."""
    actor, what = actor_on(request), request.POST.get("what", "")
    selectors.round_of(actor, round_id)
    try:
        if what == "plan":
            rounds.request_plan(actor, round_id)
            messages.success(request, _("正在排路线，一分钟内完成，请稍后刷新。"))
        elif what == "end":
            rounds.end_round(actor, round_id)
            messages.success(request, _("这次巡查已结束。"))
        elif what == "campaign":
            chosen = request.POST.get("campaign", "")
            rounds.link_campaign(actor, round_id, _number(chosen, "campaign") if chosen else None)
            messages.success(request, _("已记录。"))
        elif what == "drop_team":
            if rounds.drop_team(actor, round_id, _number(request.POST.get("team", ""), "team")):
                messages.success(request, _("该组已退出，正在为其余小组重新排路线；已查的保留。"))
            else:
                messages.success(request, _("该组已退出，它的未查点位等待重新排路线；已查的保留。"))
        elif what == "stop_series":
            round_changes.stop_series(actor, round_id)
            messages.success(request, _("以后不再每周重复；这一次照常进行。"))
        else:
            site = _number(request.POST.get("site", ""), "site")
            rounds.set_site_state(actor, round_id, site, request.POST.get("state", ""), request.POST.get("reason", ""))
            messages.success(request, _("已记录。"))
            return redirect("desk:site", site_id=site)
    except StepRefused as refusal:
        messages.error(request, refusal.label.text(language()))
        site_id = whole_number(request.POST.get("site", ""))
        if site_id is not None:
            return redirect("desk:site", site_id=site_id)
    return redirect("desk:round", round_id=round_id)
