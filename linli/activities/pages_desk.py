"""Staff pages: the month as calendar and list, one activity with its list, what is done with it, the list as XLSX."""

from __future__ import annotations

import calendar
import json
import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from linli.activities import figures, planning, selectors, series, shown, typed
from linli.activities.access import LEAD, PLAN, VIEW, leads
from linli.activities.closing import AUDIENCES
from linli.activities.figures import Filters
from linli.activities.models import Activity
from linli.activities.reading import PAGE
from linli.activities.recurrence import in_words
from linli.activities.training import valid_until
from linli.exchange.sheets import SHEET, as_xlsx
from linli.people.access import Actor, ObjectHidden
from linli.people.audit import record
from linli.people.gates import actor_on, staff_page
from linli.people.masking import mask_text
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceSnapshot, place_snapshot
from linli.work.engine import StepRefused
from linli.work.themes import theme_named

PLACES_MAX = 120


def area_options(actor: Actor, permission: str, places: PlaceSnapshot) -> list[tuple[int, str]]:
    """Streets, communities and grids where the actor may, indented; fewer levels where these are too many."""
    scopes = actor.scopes(permission)
    tops = [places.get(int(path.rpartition(".")[2])) for path in scopes.place_paths]
    if scopes.everything:
        tops = list(places.of_kind("district"))
    rows = [row for top in tops if top is not None for row in (top, *places.descendants(top.id))]
    for kinds in (("district", "street", "community", "grid"), ("district", "street", "community"), ("street",)):
        found = [row for row in rows if row.kind in kinds and row.active]
        if len(found) <= PLACES_MAX:
            break
    least = min((row.depth for row in found), default=0)
    return [(row.id, "\u3000" * (row.depth - least) + row.name) for row in found[:PLACES_MAX]]


@staff_page(VIEW)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """`/desk/activities/`: the month, its days as a calendar, its activities, its figures (≤ 6 statements)."""
    actor, now = actor_on(request), timezone.now()
    filters = Filters.of(request.GET)
    places = place_snapshot(registry_versions())
    rows, totals = figures.listed(actor, filters), figures.totals(actor, filters)
    series_row = figures.series_for(actor, filters.series) if filters.series and actor.may_somewhere(PLAN) else None
    context = {
        "days": shown.lines(rows, now), "totals": totals, "filters": filters,
        "weeks": _weeks(filters.month, rows, figures.per_day(actor, filters) if totals["all"] > PAGE else None),
        "before": filters.query(month=(filters.month - timedelta(days=1)).replace(day=1), page=1),
        "after": filters.query(month=filters.last + timedelta(days=1), page=1),
        "audience": _audience(actor, filters) if totals["heads"] else [],
        "links": {state: filters.query(state=state, page=1) for state in (*figures.STATES, figures.TO_CLOSE)} | {
            "all": filters.query(state="", page=1), "here": filters.query(page=1)},
        "places": area_options(actor, VIEW, places), "formats": [(row.pk, format_name(row)) for row in
                                                                 figures.formats(actor)],
        "states": [(state, shown.chip_of(state)[0]) for state in (*figures.STATES, figures.TO_CLOSE)],
        "page": filters.page,
        "has_more": totals["all"] > filters.page * PAGE, "may_plan": actor.may_somewhere(PLAN),
        "may_lead": actor.may_somewhere(LEAD), "series": series_row,
        "rule": in_words(series_row.rule) if series_row else None,
    }  # fmt: skip
    return render(request, "activities/desk_index.html", context)


def _audience(actor: Actor, filters: Filters) -> list[tuple[str, str, int, str]]:
    """Heads by kind in words, each with the list of the activities where they were counted."""
    counted = figures.audience(actor, filters)
    return [
        (kind, label.text(shown.tongue()), counted[kind], filters.query(heads=kind, state="", page=1))
        for kind, label in AUDIENCES.items()
        if counted.get(kind)
    ]


@staff_page(VIEW)
@require_safe
def register_xlsx(request: HttpRequest) -> HttpResponse:
    """`/desk/activities/register.xlsx`: the filtered list of its month, with `span=year` of its year. No names."""
    filters, year = Filters.of(request.GET), request.GET.get("span") == "year"
    rows = figures.register(actor_on(request), filters, whole_year=year)
    head = (
        _("日期"), _("时间"), _("活动"), _("形式"), _("地点"), _("单位"), _("主题"), _("状态"), _("报名"), _("出勤"),
        _("受众人次"), *(label.text(shown.tongue()) for label in AUDIENCES.values()), _("成效"),
    )  # fmt: skip
    table = [head, *(_register_line(row) for row in rows)]
    name = f"{filters.month:%Y}" if year else f"{filters.month:%Y-%m}"
    response = HttpResponse(as_xlsx([(_("活动台账"), table)], f"{_('活动台账')} {name}"), content_type=SHEET)
    response["Content-Disposition"] = f'attachment; filename="activities-{name}.xlsx"'
    response["Cache-Control"] = "no-store, private"
    return response


def _register_line(row: dict[str, Any]) -> tuple[Any, ...]:
    tongue = shown.tongue()
    kinds = json.loads(row["kinds"] or "{}")
    held = (row["format_en"] if tongue.startswith("en") else "") or row["format"] or ""
    return (
        timezone.localdate(row["starts_at"]), shown.hours(row["starts_at"], row["ends_at"]), row["title"], held,
        shown.place_words(row["place_name"], row["spot"]), row["unit"], "、".join(row["topics"] or ()),
        shown.chip_of(row["state"])[0], row["taken"], row["present"], row["heads"],
        *(kinds.get(kind) for kind in AUDIENCES), mask_text(row["results"]),
    )  # fmt: skip


def format_name(row: Any) -> str:
    """A format in the language of the page."""
    return (row.name_en if shown.tongue().startswith("en") else "") or row.name


def _weeks(month: date, rows: list[dict[str, Any]], counted: Mapping[date, int] | None) -> list[list[dict[str, Any]]]:
    """The month as weeks from Monday: each day with how many activities it has.

    `counted` where the list goes on over more pages; a day then leads to its activities if they are on this page.
    """
    held: dict[date, int] = {}
    for row in rows:
        day = timezone.localdate(row["starts_at"])
        held[day] = held.get(day, 0) + (row["state"] != "cancelled")
    here = set(held)
    held = held if counted is None else dict(counted)
    today = timezone.localdate()
    return [
        [
            {"day": day, "count": held.get(day, 0), "inside": day.month == month.month, "today": day == today,
             "linked": day in here}
            for day in week
        ]
        for week in calendar.Calendar().monthdatescalendar(month.year, month.month)
    ]  # fmt: skip


@staff_page(VIEW)
@require_safe
def activity(request: HttpRequest, activity_id: int) -> HttpResponse:
    """`/desk/activities/<number>/`: one activity: facts, posts, who signed up, what came of it (≤ 10 statements)."""
    return _page(request, activity_id, None)


def _page(request: HttpRequest, activity_id: int, problem: typed.Problem | None) -> HttpResponse:
    actor, now = actor_on(request), timezone.now()
    found = selectors.one(actor, activity_id)
    row, path = found.row, str(found.row.place.path)
    people = selectors.people_of(row.pk, clear=leads(actor, row))
    for person in people:
        person["came_word"] = shown.HOWS[person["came_how"]].text(shown.tongue()) if person["came_how"] else ""
    context = {
        "row": row, "roles": found.roles, "when": shown.when(row.starts_at, row.ends_at), "people": people,
        "place": place_snapshot().full_name(row.place_id, "street"),
        "chip": shown.chip_of(shown.state_now(row.state, row.ends_at, now)),
        "rule": in_words(row.series.rule) if row.series else None, "problem": problem, "key": uuid.uuid4(),
        "heads": shown.heads_words(found.heads), "outcomes": shown.outcome_words(found.outcomes),
        "head_total": sum(persons for _kind, persons in found.heads), "typed": request.POST,
        "present": sum(1 for person in people if person["present"]),
        "seated": sum(1 for person in people if person["signed"] == "in"),
        "waiting": sum(1 for person in people if person["signed"] == "waiting"),
        "photos": selectors.photos_of(row.pk), "risk": shown.RISK_LABELS[row.risk].text(shown.tongue()),
        "may_plan": actor.may(PLAN, place_path=path), "may_lead": leads(actor, row), "now": now,
        "live": row.state in ("draft", "published"), "format": format_name(row.format) if row.format else "",
        "public": row.published_at is not None, "theme": theme_named(row.theme, shown.tongue()),
    }  # fmt: skip
    status = problem.status if problem else 200
    return render(request, "activities/desk_activity.html", context, status=status)


@staff_page(VIEW)
@require_POST
def act(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Publish, call off, end the series: one step of the page, with its reason where one is needed."""
    actor, sent = actor_on(request), request.POST
    try:
        match sent.get("act", ""):
            case "publish":
                planning.publish(actor, activity_id)
                messages.success(request, _("已发布，可以报名了。"))
            case "publish_series":
                series.publish_series(actor, _series(actor, activity_id))
                messages.success(request, _("整个系列已发布。"))
            case "cancel":
                planning.cancel(actor, activity_id, typed.said(sent, "reason"))
                messages.success(request, _("已取消，报名的人都会收到消息。"))
            case "end_series":
                row = selectors.one(actor, activity_id).row
                after = row.occurs_on or timezone.localdate()
                series.end_series(actor, _series(actor, activity_id), after, typed.said(sent, "reason"))
                messages.success(request, _("系列到此为止，以后的已取消。"))
            case _:
                raise Http404
    except StepRefused as refusal:
        return _page(request, activity_id, typed.problem_of(refusal))
    return redirect("activities:desk_activity", activity_id)


def _series(actor: Actor, activity_id: int) -> int:
    row: Activity = selectors.one(actor, activity_id).row
    if row.series_id is None:
        raise ObjectHidden(PLAN)
    return row.series_id


@staff_page(LEAD)
@require_safe
def people_xlsx(request: HttpRequest, activity_id: int) -> HttpResponse:
    """The list of an activity as XLSX, for who leads it: names, masked phones, posts, in and out. It is noted."""
    actor = actor_on(request)
    found = selectors.one(actor, activity_id)
    if not leads(actor, found.row):
        raise ObjectHidden(LEAD)
    tongue = shown.tongue()
    head: tuple[str, ...] = (
        _("序号"),
        _("姓名"),
        _("手机号"),
        _("岗位"),
        _("报名"),
        _("同来的未成年人"),
        _("签到"),
        _("签退"),
        _("怎样签到"),
        _("确认"),
    )
    trained = found.row.training_months is not None
    head = (*head, _("培训有效至")) if trained else head
    states = {"in": _("有名额"), "waiting": _("候补"), "": _("现场参加")}
    rows = [
        (
            number, person["name"], person["phone"], person["role"], states[person["signed"]], person["minors"],
            *_times(person, tongue), _("是") if person["confirmed_at"] else "",
            *(_good_until(found.row, person) if trained else ()),
        )
        for number, person in enumerate(selectors.people_of(activity_id, clear=True), start=1)
    ]  # fmt: skip
    record("activity.exported", actor_id=actor.person_id, subject=f"activity:{activity_id}", rows=len(rows))
    title = f"{found.row.title} {shown.when(found.row.starts_at, found.row.ends_at)}"
    response = HttpResponse(as_xlsx([(_("名单"), [head, *rows])], title), content_type=SHEET)
    response["Content-Disposition"] = f'attachment; filename="activity-{activity_id}.xlsx"'
    response["Cache-Control"] = "no-store, private"
    return response


def _good_until(row: Activity, person: dict[str, Any]) -> tuple[Any]:
    """Until when a training is good for somebody; nothing for who did not attend."""
    if not person["confirmed_at"] or person["only_minors"]:
        return ("",)
    return (valid_until(timezone.localdate(row.starts_at), row.training_months or 0) or _("长期"),)


def _times(person: dict[str, Any], language: str) -> tuple[str, str, str]:
    if not person["present"]:
        return "", "", ""
    return _time(person["came_at"]), _time(person["left_at"]), shown.HOWS[person["came_how"]].text(language)


def _time(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
