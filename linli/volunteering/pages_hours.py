"""Staff pages of hours: what waits, one activity on one screen, one service with its history, appeals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.activities.models import Activity
from linli.activities.selectors import leads_any, mixed_posts
from linli.activities.signups import own_ids
from linli.kernel.numbers import whole_number
from linli.people.access import Actor, ObjectHidden
from linli.people.gates import actor_on, signed_in, staff_page
from linli.places.home import frame
from linli.volunteering import (
    appeals,
    evidence,
    hours,
    hours_selectors,
    lines,
    pages_common,
    selectors,
    vocabulary,
)
from linli.volunteering.hours import CONFIRM, Pick, may_decide
from linli.volunteering.models import Service
from linli.volunteering.pages_common import minutes_from, tried, words_of
from linli.volunteering.rules import hours_text
from linli.volunteering.ruling import rules_at
from linli.work.engine import StepRefused
from linli.work.themes import THEMES

VIEW = selectors.VIEW


@never_cache
@signed_in
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """Activities with hours to be confirmed, and services entered by hand: of the actor's places, or led by them."""
    actor = actor_on(request)
    activities = [row | {"hours": hours_text(row["total"])} for row in hours_selectors.waiting_activities(actor)]
    if not (actor.may_somewhere(CONFIRM) or actor.may_somewhere(hours.LEAD) or activities or leads_any(actor)):
        raise ObjectHidden(CONFIRM)
    others = hours_selectors.waiting_others(actor)
    context = {
        "activities": activities, "others": len(others), "tab": "hours", **_frame(request, actor),
        "outdated": _outdated(actor),
    }  # fmt: skip
    return render(request, "volunteering/desk/waiting.html", context)


def _outdated(actor: Actor) -> list[dict[str, Any]]:
    """Confirmed hours whose check-in was corrected since, for staff who may correct them."""
    rows = hours_selectors.outdated(actor, timezone.now()) if actor.may_somewhere(CONFIRM) else []
    names = lines.masked_names(row.person_id for row, _now in rows) if rows else {}
    return [
        lines.service_line(row) | {"name": names[row.person_id].name or _("未留姓名"), "now": hours_text(now)}
        for row, now in rows
    ]


def _frame(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """Leaders who are no staff see their activities in the residents' frame: the desk is not theirs."""
    return {"base": "base_desk.html"} if actor.is_staff else {"base": "base_public.html", **frame(request)}


def _picks(request: HttpRequest, rows: Sequence[Service]) -> list[Pick]:
    """The rows that were ticked, with hours and reason as typed; refused when hours are no number."""
    ticked, known = set(request.POST.getlist("pick")), {str(row.pk): row for row in rows}
    return [
        Pick(
            int(key), whole_number(request.POST.get(f"version-{key}")) or 0,
            minutes_from(request.POST.get(f"hours-{key}", ""), f"hours-{key}"), request.POST.get(f"reason-{key}", ""),
            request.POST.get("theme"),
        )
        for key in known
        if key in ticked
    ]  # fmt: skip


def _screen(
    request: HttpRequest, actor: Actor, rows: Sequence[Service], context: dict[str, Any],
    problem: str = "", left: dict[int, str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    names, own = lines.masked_names(row.person_id for row in rows), own_ids(actor)
    beside = {} if context["activity"] else hours_selectors.same_day(rows)
    shown = []
    for row in rows:
        line = lines.service_line(row) | {"name": names[row.person_id].name or _("未留姓名")}
        kept = request.POST.get(f"hours-{row.pk}") if left or problem else None
        line |= {
            "typed_hours": kept if kept is not None else hours_text(row.minutes),
            "typed_reason": request.POST.get(f"reason-{row.pk}", "") if left or problem else "",
            "open": row.state == Service.PROPOSED, "own": row.person_id in own,
            "beside": [lines.service_line(one) for one in beside.get((row.person_id, row.happened_on), ())],
            "why": vocabulary.said(pages_common.CODES, left[row.pk]) if left and row.pk in left else "",
        }  # fmt: skip
        shown.append(line)
    waiting_rows = sum(1 for row in rows if row.state == Service.PROPOSED and row.person_id not in own)
    more = {
        "lines": shown, "problem": problem, "waiting": waiting_rows, "tab": "hours",
        "themes": vocabulary.choices(THEMES), "theme": request.POST.get("theme", rows[0].theme if rows else ""),
    }  # fmt: skip
    shown_in = _frame(request, actor) | {"staff": actor.is_staff}
    return render(request, "volunteering/desk/confirm.html", context | more | shown_in, status=status)


def _confirmed(
    request: HttpRequest, actor: Actor, rows: Sequence[Service], context: dict[str, Any], again: str
) -> HttpResponse:
    def work() -> hours.Decided:
        picks = _picks(request, rows)
        return hours.confirm(actor, picks) if picks else hours.Decided()

    decided, refusal = tried(work)
    if refusal is not None:
        return _screen(request, actor, rows, context, words_of(refusal), status=refusal.status)
    if decided.confirmed:
        text = ngettext("确认了 %(n)d 人的时长。", "确认了 %(n)d 人的时长。", decided.confirmed)
        messages.success(request, text % {"n": decided.confirmed})
    if decided.rejected:
        text = ngettext("%(n)d 人的时长不予认定。", "%(n)d 人的时长不予认定。", decided.rejected)
        messages.success(request, text % {"n": decided.rejected})
    if decided.left:
        fresh = list(Service.objects.filter(pk__in=[row.pk for row in rows]).select_related("place", "activity"))
        order = {row.pk: number for number, row in enumerate(rows)}
        fresh.sort(key=lambda row: order[row.pk])
        return _screen(request, actor, fresh, context, _("有几条没有确认，请看每条的原因。"), decided.left, 409)
    return redirect(again)


@never_cache
@signed_in
@require_http_methods(["GET", "POST"])
def activity(request: HttpRequest, activity_id: int) -> HttpResponse:
    """All hours of one activity on one screen: ticked as proposed, changed with a reason, confirmed together."""
    actor = actor_on(request)
    found = Activity.objects.select_related("place", "leader").filter(pk=activity_id).first()
    if found is None or not may_decide(actor, str(found.place.path), found):
        raise ObjectHidden(CONFIRM)
    rows = hours_selectors.of_activity(found.pk)
    context = {
        "activity": found, "title": found.title, "rules": rules_at(str(found.place.path), found.starts_at.date()),
        "mixed": mixed_posts(found.pk), "uncounted": hours_selectors.uncounted(found.pk),
    }  # fmt: skip
    if request.method == "POST":
        return _confirmed(request, actor, rows, context, request.path)
    return _screen(request, actor, rows, context)


@staff_page(CONFIRM)
@require_http_methods(["GET", "POST"])
def others(request: HttpRequest) -> HttpResponse:
    """Services entered by hand or imported, the oldest first, confirmed together."""
    actor = actor_on(request)
    rows = hours_selectors.waiting_others(actor)
    context = {"activity": None, "title": _("手工登记和导入的服务"), "rules": None}
    if request.method == "POST":
        return _confirmed(request, actor, rows, context, request.path)
    return _screen(request, actor, rows, context)


@staff_page(VIEW)
@require_http_methods(["GET", "POST"])
def service(request: HttpRequest, service_id: int) -> HttpResponse:
    """One service with every decision; correct it, or do not recognise it, with a reason."""
    actor = actor_on(request)
    row = selectors.service_for(actor, service_id)
    refusal: StepRefused | None = None
    if request.method == "POST":
        _done, refusal = tried(lambda: _decide(request, actor, row))
        if refusal is None:
            messages.success(request, _("已保存，记录里留有这次更正。"))
            return redirect("volunteering:desk_service", row.pk)
        row.refresh_from_db(fields=["version", "state", "minutes"])
    entries = selectors.history(row)
    volunteer = getattr(row.person, "volunteer", None)
    context = {
        "line": lines.service_line(row), "entries": [lines.entry_line(one) for one in entries],
        "name": lines.masked_names([row.person_id])[row.person_id].name or _("未留姓名"),
        "reckoned": next((one.reckoned for one in entries if one.reckoned), None), "volunteer": volunteer,
        "may_decide": may_decide(actor, str(row.place.path), row.activity) and row.person_id not in own_ids(actor),
        "problem": words_of(refusal) if refusal else "", "typed": request.POST if refusal else {},
        "themes": vocabulary.choices(THEMES), "theme": request.POST.get("theme", row.theme),
        "checked_in": evidence.check_in_of(actor, row),
    }  # fmt: skip
    return render(request, "volunteering/desk/service.html", context, status=refusal.status if refusal else 200)


def _decide(request: HttpRequest, actor: Actor, row: Service) -> Service:
    data = request.POST
    version, reason = whole_number(data.get("version")) or 0, data.get("reason", "")
    if data.get("act") == "reject":
        return hours.reject(actor, row.pk, version=version, reason=reason)
    minutes = minutes_from(data.get("hours", ""))
    return hours.correct(actor, row.pk, version=version, minutes=minutes, reason=reason, theme=data.get("theme"))


@staff_page(CONFIRM)
@require_safe
def appeals_list(request: HttpRequest) -> HttpResponse:
    """Open appeals, the oldest first, each with what is needed to decide."""
    return _appeals(request)


def _appeals(request: HttpRequest, refusal: StepRefused | None = None, which: int = 0) -> HttpResponse:
    actor = actor_on(request)
    rows = hours_selectors.open_appeals(actor)
    names = lines.masked_names(row.person_id for row in rows)
    shown = [
        {
            "row": row, "name": names[row.person_id].name, "line": lines.service_line(row.service),
            "wanted": hours_text(row.wanted), "problem": words_of(refusal) if refusal and row.pk == which else "",
        }
        for row in rows
    ]  # fmt: skip
    context = {"appeals": shown, "typed": request.POST, "tab": "appeals"}
    return render(request, "volunteering/desk/appeals.html", context, status=refusal.status if refusal else 200)


@staff_page(CONFIRM)
@require_POST
def appeal(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """Decide an appeal."""
    data = request.POST
    upheld = data.get("act") == "uphold"
    _done, refusal = tried(
        lambda: appeals.decide(
            actor_on(request), appeal_id, upheld=upheld, answer=data.get("answer", ""),
            minutes=minutes_from(data.get("hours", "")) if upheld else 0,
        )
    )  # fmt: skip
    if refusal is not None:
        return _appeals(request, refusal, appeal_id)
    messages.success(request, _("已答复。"))
    return redirect("volunteering:appeals")
