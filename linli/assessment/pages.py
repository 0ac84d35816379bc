"""Pages of an assessment: all of them, a new one, the board of a place, tasks, a unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.assessment import foreseeing, scoring, selectors, services
from linli.assessment.pages_common import (
    Frame,
    chart,
    frame,
    label_of,
    language,
    score_words,
    tasks_at,
    tone,
)
from linli.people.access import ObjectHidden
from linli.people.gates import actor_on, staff_page
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, place_snapshot
from linli.standards.models import Node, Version
from linli.work.engine import StepRefused
from linli.work.services import new_key

UNITS_SHOWN = 10


@staff_page("assessment.view")
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All assessments that concern the actor; the only open one opens by itself."""
    actor = actor_on(request)
    rows = selectors.seen_by(actor)
    lines = [
        {"row": row, "url": reverse("assessment:home", args=[row.pk]), "state": _state_words(row.state)} for row in rows
    ]
    context = {"lines": lines, "may_open": actor.may_somewhere("assessment.open")}
    return render(request, "assessment/index.html", context)


def _state_words(state: str) -> str:
    return _("进行中") if state == "open" else _("已结束")


@staff_page("assessment.view")
@require_safe
def home(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The door of an assessment: the board for who sees a place, the own unit's page for the others."""
    found = frame(request, assessment_id, over_place=False)
    if found.context["over_place"]:
        return redirect("assessment:board", assessment_id)
    units = sorted({task.organisation_id for task in selectors.tasks(found.actor, found.row)})
    if not units:
        raise ObjectHidden(selectors.VIEW)
    own = [unit for unit in found.actor.organisation_ids if unit in units]
    return redirect("assessment:unit", assessment_id, (own or units)[0])


@staff_page("assessment.open")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Open an assessment; what was typed stays when something is refused."""
    actor = actor_on(request)
    scopes = actor.scopes("assessment.open")
    places = place_snapshot(registry_versions())
    roots = [places.get(int(path.rsplit(".", 1)[-1])) for path in scopes.place_paths]
    offered: list[PlaceRow] = []
    for root in roots:
        if root is not None:
            offered += [root, *(row for row in places.descendants(root.id) if row.kind in ("district", "street"))]
    typed = request.POST if request.method == "POST" else {}
    refusal: StepRefused | None = None
    if request.method == "POST":
        try:
            outcome = services.open_assessment(actor, _wanted(request), key=request.POST.get("key") or new_key())
        except StepRefused as error:
            refusal = error
        else:
            text = _("已下达 %(n)s 项任务，正在自动关联已有佐证。") % {"n": outcome.tasks}
            if outcome.without_unit:
                text += _("有 %(n)s 个指标没有责任单位，没有下达。") % {"n": outcome.without_unit}
            messages.success(request, text)
            return redirect("assessment:board", outcome.assessment_id)
    versions = (
        Version.objects.filter(state=Version.PUBLISHED).select_related("standard").order_by("standard__name", "-number")
    )
    context = {
        "places": offered, "versions": versions, "typed": typed, "refusal": refusal, "key": new_key(),
        "today": timezone.localdate(), "year_end": timezone.localdate().replace(month=12, day=31),
    }  # fmt: skip
    return render(request, "assessment/new.html", context, status=refusal.status if refusal else 200)


def _wanted(request: HttpRequest) -> services.NewAssessment:
    data = request.POST

    def number(name: str) -> int:
        text = data.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0

    days: dict[str, date] = {}
    for name in ("since", "until", "due"):
        try:
            day = parse_date(data.get(name, ""))
        except ValueError:
            day = None
        if day is None:
            raise services.refused("bad_day", "请填写日期。", "Enter the date.", field=name)
        days[name] = day
    due = datetime.combine(days["due"], time(18, 0), tzinfo=timezone.get_default_timezone())
    return services.NewAssessment(
        number("version"), number("place"), data.get("title", "").replace("\x00", ""), days["since"], days["until"], due
    )


@staff_page("assessment.open")
@require_POST
def close(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """End it."""
    try:
        cancelled = services.close_assessment(
            actor_on(request), assessment_id, key=request.POST.get("key") or new_key(),
            cancel_open=request.POST.get("cancel_open") == "1",
        )  # fmt: skip
        messages.success(request, _("考评已结束，取消未完成任务 %(n)s 项。") % {"n": cancelled})
    except StepRefused as refusal:
        messages.error(request, refusal.label.text(language()))
    return redirect("assessment:home", assessment_id)


# --- the board ------------------------------------------------------------------------------------------------------


@staff_page("assessment.view")
@require_safe
def board(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Score now, gaps, overdue, by content, place and unit; the forecast follows by itself."""
    found = frame(request, assessment_id)
    seen = selectors.columns(found.row, found.place.path)
    scored = selectors.scored(found.row, seen)
    tasks = tasks_at(found, selectors.tasks(found.actor, found.row))
    stand = scoring.standing(seen)
    bad_sites = stand.site[stand.result == 0].tolist()
    plan = foreseeing.plan_of(found.row)
    percent = scored.percent()
    units = _units(found, scored, tasks)
    parts = _parts(found, seen, bad_sites, plan.target)
    context = {
        **found.context,
        "score": score_words(percent), "tone": tone(percent, plan.target), "target": plan.target, "scored": scored,
        "tiles": _tiles(found, tasks, len(bad_sites)), "contents": _contents(found, scored),
        "parts": [part for part in parts if part["observations"]],
        "parts_unseen": [part for part in parts if not part["observations"]],
        "units": units[:UNITS_SHOWN], "units_rest": units[UNITS_SHOWN:],
        "forecast_url": found.url("forecast"), "unseen": _unseen(found, scored),
        "trend": _trend(found), "key": new_key(), "seen_url": found.url("seen"),
        "wall": request.GET.get("wall") == "1", "wall_url": found.url("board", wall=1),
    }  # fmt: skip
    drawn: list[dict[str, Any]] = context["parts"]
    context["parts_chart"] = chart(
        "rows", [part["place"].name for part in drawn], {_("得分"): [part["percent"] for part in drawn]},
        [part["url"] for part in drawn],
    )  # fmt: skip
    return render(request, "assessment/board.html", context)


def _tiles(found: Frame, tasks: Sequence[selectors.Task], failing: int) -> list[dict[str, Any]]:
    now = timezone.now()
    rows = (("gaps", _("任务缺佐证"), "amber"), ("overdue", _("任务已超期"), "red"), ("review", _("待审核"), ""),
            ("accepted", _("已通过"), ""))  # fmt: skip
    tiles = []
    for show, label, colour in rows:
        number = len(selectors.chosen(tasks, show, now))
        tiles.append(
            {"number": number, "label": label, "url": found.url("tasks", show=show), "tone": colour if number else ""}
        )
    sites = {
        "number": failing,
        "label": _("现场不合格"),
        "url": found.url("failing"),
        "tone": "amber" if failing else "",
    }
    return [sites, *tiles]


def _contents(found: Frame, scored: selectors.Scored) -> list[dict[str, Any]]:
    """The uppermost nodes with their score; what is below them stands on their pages."""
    return [node_line(found, found.tree.nodes[number], scored) for number in found.tree.below.get(None, ())]


def node_line(found: Frame, node: Node, scored: selectors.Scored) -> dict[str, Any]:
    """A node as a row of a table."""
    score, below = scored.scores[node.pk], found.tree.under(node.pk)
    return {
        "node": node, "label": label_of(node), "url": found.url("node", node.pk), "score": score,
        "percent": score_words(scored.percent(node.pk)), "criteria": len(below),
        "unseen": sum(selectors.nothing_seen(scored, number) for number in below),
    }  # fmt: skip


def _unseen(found: Frame, scored: selectors.Scored) -> int:
    return sum(selectors.nothing_seen(scored, number) for number in found.tree.under(None))


def _parts(found: Frame, seen: Any, bad_sites: Sequence[int], target: float) -> list[dict[str, Any]]:
    """The places right below, worst first; those where nothing was seen at the end, by name."""
    children = [row for row in found.places.children(found.place.id) if row.kind in ("street", "community", "grid")]
    scored = selectors.scored_parts(found.row, seen, [(row.id, row.path) for row in children])
    failed = selectors.count_parts(bad_sites, [(row.id, row.path) for row in children])
    rows = []
    for row in children:
        percent = scored[row.id].percent()
        rows.append({
            "place": row, "percent": percent, "words": score_words(percent),
            "observations": scored[row.id].observations,
            "url": found.url("board", place=row.id), "tone": tone(percent, target),
            "failing": found.url("failing", place=row.id), "seen": found.url("seen", place=row.id),
            "failed": failed[row.id],
        })  # fmt: skip
    rows.sort(key=lambda part: (part["percent"] is None, part["percent"] or 0.0))
    return rows


def _units(found: Frame, scored: selectors.Scored, tasks: Sequence[selectors.Task]) -> list[dict[str, Any]]:
    """Units with what they owe and the score of the criteria they lead; most urgent first."""
    now = timezone.now()
    by_unit: dict[int, list[selectors.Task]] = {}
    for task in tasks:
        by_unit.setdefault(task.organisation_id, []).append(task)
    rows: list[dict[str, Any]] = []
    for unit, own in by_unit.items():
        counts = {
            show: len(selectors.chosen(own, show, now)) for show in ("all", "gaps", "overdue", "review", "accepted")
        }
        led = selectors.score_of_criteria(scored, {task.node_id for task in own if task.part == "lead"})
        rows.append({
            "unit": unit, "name": found.terms.organisation_name(unit), "url": found.url("unit", unit), **counts,
            "percent": score_words(scoring.percent(led)),
            "links": {show: found.url("tasks", show=show, unit=unit) for show in counts},
        })  # fmt: skip
    rows.sort(key=lambda row: (-row["overdue"], -row["gaps"], row["name"]))
    return rows


def _trend(found: Frame) -> dict[str, Any]:
    kept = selectors.trend(found.row, found.place.id)
    if len(kept.days) < 2:
        return {}
    rows = list(zip(kept.days, [score_words(value) for value in kept.scores], strict=True))
    drawn = chart("line", [f"{day:%m-%d}" for day in kept.days], {_("得分"): kept.scores})
    return {"rows": rows[::-1], "chart": drawn}


@staff_page("assessment.view")
@require_safe
def forecast(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The forecast as a piece of the board, which asks for it when it has been drawn."""
    found = frame(request, assessment_id)
    expected = foreseeing.forecast(found.row, found.place.path)
    losses = [
        {"label": label_of(found.tree.nodes[loss.question.id]), "points": loss.points, "failing": 100 * loss.failing,
         "url": found.url("node", loss.question.id)}
        for loss in expected.losses[:8] if loss.points > 0
    ]  # fmt: skip
    context = {**found.context, "expected": expected, "losses": losses, "plan_url": found.url("plan")}
    return render(request, "assessment/_forecast.html", context)
