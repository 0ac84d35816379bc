"""Pages of campaigns: all of them, a result page made from records only, and its form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.campaigns import selectors, services
from linli.campaigns.choices import places_by_street, roads_named, units_by_kind
from linli.campaigns.contributors import contributor, under_way
from linli.campaigns.models import Campaign, CampaignPlace
from linli.campaigns.services import KINDS, WHERES, Wanted
from linli.people.access import Actor, ObjectHidden, require
from linli.people.gates import actor_on, staff_page
from linli.people.models import Organisation
from linli.places.kinds import SITE_KINDS
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, place_snapshot
from linli.work.engine import StepRefused
from linli.work.services import new_key

PLACES_OFFERED, UNITS_OFFERED, RECORDS_SHOWN = 400, 300, 100


def _language() -> str:
    return get_language() or "zh-hans"


def _state(row: Campaign, today: date) -> str:
    if today < row.since:
        return _("未开始")
    return _("进行中") if today <= row.until else _("已结束")


def _line(row: Campaign) -> dict[str, Any]:
    return {
        "row": row, "url": reverse("campaigns:campaign", args=[row.pk]), "kind": KINDS[row.kind].text(_language()),
        "state": _state(row, timezone.localdate()),
    }  # fmt: skip


@staff_page("campaigns.view")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All campaigns, each under its programme."""
    actor = actor_on(request)
    rows = selectors.seen_by(actor)
    known = {row.pk for row in rows}
    below: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        if row.parent_id in known:
            below.setdefault(row.parent_id or 0, []).append(_line(row))
    lines = [_line(row) | {"below": below.get(row.pk, [])} for row in rows if row.parent_id not in known]
    context = {"lines": lines, "may_edit": actor.may_somewhere("campaigns.edit")}
    return render(request, "campaigns/index.html", context)


def _chart(names: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> str:
    drawn = [
        {"name": name, "values": [None if value is None else round(value, 2) for value in values]}
        for name, values in series.items()
    ]
    data = {"kind": "line", "names": list(names), "series": drawn}
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c").replace("&", "\\u0026")


@staff_page("campaigns.view")
@require_safe
def campaign(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """What it is for, where, who; and what came of it, from records only."""
    actor = actor_on(request)
    row = selectors.campaign_for(actor, campaign_id)
    found = selectors.results(row)
    acted = [entry.place for entry in found.places.values() if entry.part == CampaignPlace.ACTED]
    compared = [entry.place for entry in found.places.values() if entry.part == CampaignPlace.COMPARED]
    words = _language()
    context = {
        "row": row, "kind": KINDS[row.kind].text(words), "state": _state(row, timezone.localdate()),
        "acted": acted, "compared": compared, "found": found,
        "kinds": [SITE_KINDS[kind].text(words) for kind in row.site_kinds if kind in SITE_KINDS],
        "wheres": [WHERES[where].text(words) for where in row.wheres if where in WHERES],
        "teams": [unit.short_name or unit.name for unit in row.teams.order_by("pk")],
        "children": [_line(child) for child in row.children.select_related("place").order_by("since", "pk")],
        "parent_url": reverse("campaigns:campaign", args=[row.parent_id]) if row.parent_id else "",
        "tiles": [
            {"number": len(entries), "label": one.label.text(words),
             "url": reverse("campaigns:records", args=[row.pk, one.slug])}
            for one, entries in found.records
        ],
        "tied": _tied(actor, row),
        "under_way": [(label.text(words), lines) for label, lines in under_way(row.pk, actor)],
        "trends": [_trend(row, found, trend) for trend in found.trends],
        "may_edit": actor.may("campaigns.edit", place_path=str(row.place.path)), "now": timezone.now(),
        "may_plan": actor.may_somewhere("inspection.plan"),
    }  # fmt: skip
    return render(request, "campaigns/campaign.html", context)


def _tied(actor: Actor, row: Campaign) -> list[dict[str, Any]]:
    """What was put under it by hand, and what is done of that, each number with its list; empty where nothing was."""
    ties, address = selectors.tied(actor, row), reverse("campaigns:items", args=[row.pk])
    done = sum(tie.meaning == "done" for tie in ties)
    tiles = [
        {"number": len(ties), "label": _("归入的事项"), "url": address},
        {"number": done, "label": _("其中已办结"), "url": f"{address}?state=done"},
    ]
    return tiles if ties else []


def _trend(row: Campaign, found: selectors.Results, trend: selectors.Trend) -> dict[str, Any]:
    """One kind of findings before and after: what may be said, the weeks, and each place with its lists."""
    other = trend.compared_weeks if trend.effect.compared.places else []
    weeks = [
        (week, value, other[place][1] if place < len(other) else None)
        for place, (week, value) in enumerate(trend.acted_weeks)
    ]
    series = {_("开展的地点"): [value for _week, value in trend.acted_weeks]}
    if other:
        series[_("对照地点")] = [value for _week, value in other]
    name = trend.contributor.label.text(_language())
    return {
        "slug": trend.contributor.slug, "name": name, "verdict": _verdict(trend), "per_look": trend.per_look,
        "change": _change(trend), "weeks": weeks,
        "unit": _("每查 100 个点位发现") if trend.per_look else _("每周每地"),
        "chart": _chart([f"{week:%m-%d}" for week, _value, _other in weeks], series) if weeks else "",
        "counts": [_count(row, found, trend, number) for number in trend.counted],
    }  # fmt: skip


def _change(trend: selectors.Trend) -> str:
    """The difference in differences in words, with its interval where there is one."""
    effect = trend.effect
    if effect.change is None or not effect.compared.places:
        return ""
    values = {"n": f"{abs(effect.change):.2f}"}
    if trend.per_look:
        text = _("每查 100 个点位发现的问题，比对照地点少 %(n)s 件") if effect.change < 0 else _(
            "每查 100 个点位发现的问题，比对照地点多 %(n)s 件")  # fmt: skip
    else:
        text = _("每个地点每周，比对照地点少 %(n)s 件") if effect.change < 0 else _(
            "每个地点每周，比对照地点多 %(n)s 件")  # fmt: skip
    if effect.low is None or effect.high is None:
        return text % values + _("。")
    between = _("（九成把握：%(low)s 到 %(high)s）。") % {"low": f"{effect.low:+.2f}", "high": f"{effect.high:+.2f}"}
    return text % values + between


def _count(row: Campaign, found: selectors.Results, trend: selectors.Trend, number: int) -> dict[str, Any]:
    """Before and after at one place, each number with the list it counts."""

    def cell(slug: str, count: int, part: str) -> dict[str, Any]:
        address = reverse("campaigns:records", args=[row.pk, slug])
        return {"number": count, "url": f"{address}?place={number}&part={part}"}

    one = trend.contributor
    before, after = trend.counted[number]
    cells = [cell(one.slug, before, "before"), cell(one.slug, after, "after")]
    if trend.per_look:
        looked = trend.looked[number]
        cells = [cells[0], cell(one.looks, looked[0], "before"), cells[1], cell(one.looks, looked[1], "after")]
    entry = found.places[number]
    return {"place": entry.place, "compared": entry.part == CampaignPlace.COMPARED, "cells": cells}


def _verdict(trend: selectors.Trend) -> str:
    """What may be said of the effect: never more than its interval allows."""
    effect = trend.effect
    if not effect.compared.places:
        return _("没有对照地点：只能看到前后变化，不能说是行动带来的。")
    if trend.per_look and effect.change is None:
        return _("开展或对照的地点，在行动前或行动中没有查过，不能比较。")
    if effect.verdict == "few":
        return _("地点太少，只有一个数，给不出把握范围。开展和对照各至少两个地点，才能判断。")
    words = {
        "fewer": _("与对照地点相比，发现的问题减少了。"), "more": _("与对照地点相比，发现的问题增加了。"),
        "unclear": _("与对照地点相比，看不出明显变化。"),
    }  # fmt: skip
    return words[effect.verdict]


@staff_page("campaigns.view")
@require_safe
def records(request: HttpRequest, campaign_id: int, slug: str) -> HttpResponse:
    """The list behind a number: of the campaign's time, or of one place before or after (`place`, `part`)."""
    row = selectors.campaign_for(actor_on(request), campaign_id)
    one = contributor(slug)
    if one is None:
        raise ObjectHidden(selectors.VIEW)
    number, part = request.GET.get("place", ""), request.GET.get("part", "")
    place_id = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else None
    found = selectors.records(row, one, place_id, part)
    wanted = request.GET.get("page", "")
    page = min(max(1, int(wanted)), 10**6) if wanted.isascii() and wanted.isdigit() and len(wanted) < 8 else 1
    context = {
        "row": row, "label": one.label.text(_language()), "total": len(found.entries), "found": found,
        "part": {"before": _("行动前"), "after": _("行动中")}.get(part, "") if place_id is not None else "",
        "place": found.places[place_id].place if place_id in found.places else None,
        "page": page, "has_more": len(found.entries) > page * RECORDS_SHOWN,
        "many": page > 1 or len(found.entries) > RECORDS_SHOWN,
        "entries": [
            (entry, found.places[entry.place_id].place.name)
            for entry in found.entries[(page - 1) * RECORDS_SHOWN : page * RECORDS_SHOWN]
        ],
    }  # fmt: skip
    return render(request, "campaigns/records.html", context)


# --- the form -------------------------------------------------------------------------------------------------------


def _places(actor: Actor, chosen: Iterable[str]) -> list[PlaceRow]:
    """The actor's areas with their streets and communities, and whatever is chosen already, grids too."""
    places = place_snapshot(registry_versions())
    scopes = actor.scopes("campaigns.edit")
    found: list[PlaceRow] = []
    for path in scopes.place_paths:
        root = places.get(int(path.rsplit(".", 1)[-1]))
        if root is not None:
            found += [root, *(row for row in places.descendants(root.id) if row.kind in ("street", "community"))]
    offered = found[:PLACES_OFFERED]
    known = {row.id for row in offered}
    numbers = [int(text) for text in chosen if text.isascii() and text.isdigit() and len(text) < 16]
    places.preload(numbers)
    more = (places.get(number) for number in numbers if number not in known)
    return [*offered, *(row for row in more if row is not None)]


def _form(
    request: HttpRequest, typed: Mapping[str, Any], row: Campaign | None, refusal: StepRefused | None
) -> HttpResponse:
    actor, words = actor_on(request), _language()
    programmes = [entry for entry in selectors.seen_by(actor) if entry.kind == Campaign.PROGRAMME and entry != row]
    units = Organisation.objects.filter(active=True).order_by("kind", "pk")[:UNITS_OFFERED]
    places = _places(actor, dict.fromkeys([*typed.get("acted", ()), *typed.get("compared", ())]))
    context = {
        "row": row, "typed": typed, "refusal": refusal, "key": new_key(), "places": places,
        "acted": places_by_street(places, typed.get("acted", ())),
        "compared": places_by_street(places, typed.get("compared", ())),
        "teams": units_by_kind(units, typed.get("teams", ()), words),
        "kinds": [(slug, label.text(words)) for slug, label in KINDS.items()], "programmes": programmes,
        "site_kinds": [(slug, label.text(words)) for slug, label in SITE_KINDS.items()],
        "wheres": [(slug, label.text(words)) for slug, label in WHERES.items()],
    }  # fmt: skip
    return render(request, "campaigns/form.html", context, status=refusal.status if refusal else 200)


def _wanted(request: HttpRequest, synthetic: bool = False) -> Wanted:
    data = request.POST

    def numbers(name: str) -> tuple[int, ...]:
        return tuple(int(text) for text in data.getlist(name) if text.isascii() and text.isdigit() and len(text) < 16)

    def day(name: str) -> date:
        try:
            found = parse_date(data.get(name, ""))
        except ValueError:
            found = None
        if found is None:
            raise services.refused("bad_day", "请填写日期。", "Enter the date.", name)
        return found

    place_id = (numbers("place") or (0,))[0]

    def places(name: str) -> tuple[int, ...]:
        return tuple(dict.fromkeys((*numbers(name), *roads_named(data.get(f"{name}_roads", ""), place_id, name))))

    return Wanted(
        data.get("title", "").replace("\x00", ""), data.get("goal", "").replace("\x00", ""), data.get("kind", ""),
        place_id, day("since"), day("until"), places("acted"), places("compared"),
        tuple(data.getlist("site_kinds")), tuple(data.getlist("wheres")), numbers("teams"),
        (numbers("parent") or (None,))[0], (numbers("organisation") or (None,))[0], synthetic,
    )  # fmt: skip


def _typed(request: HttpRequest) -> dict[str, Any]:
    single = ("title", "goal", "kind", "place", "since", "until", "parent", "key", "acted_roads", "compared_roads")
    many = ("acted", "compared", "site_kinds", "wheres", "teams")
    return {name: request.POST.get(name, "") for name in single} | {name: request.POST.getlist(name) for name in many}


@staff_page("campaigns.edit")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new campaign; what was typed stays when something is refused."""
    if request.method == "GET":
        return _form(request, {"kind": "campaign"}, None, None)
    try:
        row = services.create(actor_on(request), _wanted(request), key=request.POST.get("key") or new_key())
    except StepRefused as refusal:
        return _form(request, _typed(request), None, refusal)
    return redirect("campaigns:campaign", row.pk)


@staff_page("campaigns.edit")
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Change a campaign."""
    actor = actor_on(request)
    row = selectors.campaign_for(actor, campaign_id)
    require(actor, "campaigns.edit", place_path=str(row.place.path), hidden=True)
    if request.method == "GET":
        parts: dict[str, list[str]] = {"acted": [], "compared": []}
        for entry in row.places.order_by("pk"):
            parts[entry.part].append(str(entry.place_id))
        typed = {
            "title": row.title, "goal": row.goal, "kind": row.kind, "place": str(row.place_id),
            "since": row.since.isoformat(), "until": row.until.isoformat(), "parent": str(row.parent_id or ""),
            "site_kinds": row.site_kinds, "wheres": row.wheres,
            "teams": [str(number) for number in row.teams.values_list("pk", flat=True)], **parts,
        }  # fmt: skip
        return _form(request, typed, row, None)
    try:
        services.change(actor, row.pk, _wanted(request, row.synthetic))
    except StepRefused as refusal:
        return _form(request, _typed(request), row, refusal)
    return redirect("campaigns:campaign", row.pk)
