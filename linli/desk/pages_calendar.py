"""The calendar of workdays: what each year rests on, the days that are not by the weekday, publication, single days."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from linli.desk.shell import staff
from linli.desk.wording import language
from linli.kernel.calendar import DAY_LABELS, HOLIDAY_LABELS, DayKind
from linli.kernel.numbers import whole_number
from linli.people.access import require_somewhere
from linli.people.gates import actor_on
from linli.places import calendar_services as services
from linli.places.errors import PlaceProblem
from linli.places.holiday_notice import read_days
from linli.places.models import CalendarDay

VIEW, EDIT = "catalogue.view", "catalogue.edit"
YEARS_SHOWN_BACK = 1


def _year(request: HttpRequest) -> int:
    year = whole_number(request.POST.get("year") or request.GET.get("year"))
    return year if year is not None and 2000 <= year <= 2100 else timezone.localdate().year


@staff
@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest) -> HttpResponse:
    """One year; posting publishes it or sets one day. The deadlines of what is open are counted again by a job."""
    actor = actor_on(request)
    require_somewhere(actor, VIEW)
    year, problem, status = _year(request), "", 200
    if request.method == "POST":
        require_somewhere(actor, EDIT)
        try:
            said = _take(request, year, f"person:{actor.person_id}")
        except PlaceProblem as error:
            problem, status = error.message, 422
        else:
            messages.success(request, said)
            return redirect(f"{reverse('desk:calendar')}?year={year}")
    return render(request, "desk/calendar.html", _context(request, year) | {
        "problem": problem, "may_edit": actor.may_somewhere(EDIT),
    }, status=status)  # fmt: skip


def _take(request: HttpRequest, year: int, label: str) -> str:
    sent = request.POST
    if sent.get("what") == "day":
        try:
            day = date.fromisoformat(sent.get("date", ""))
        except ValueError as error:
            raise PlaceProblem("no_date", _("请填写日期。")) from error
        services.set_calendar_day(
            day, sent.get("kind", ""), actor_label=label, name=sent.get("name", ""), source=sent.get("source", "")
        )
        return _("已保存。在办事项的时限马上重新计算。")
    days = services.publish_year(
        year, read_days(year, sent.get("holidays", "")), read_days(year, sent.get("makeup", "")),
        source=sent.get("source", ""), actor_label=label,
    )  # fmt: skip
    return _("已公布，改动 %(n)d 天。在办事项的时限马上重新计算。") % {"n": days}


def _context(request: HttpRequest, year: int) -> dict[str, Any]:
    rows = list(CalendarDay.objects.filter(date__year=year).order_by("date"))
    tongue = language()
    by_weekday = {True: DayKind.REST, False: DayKind.WORKDAY}
    shown = [
        {
            "day": row,
            "kind": DAY_LABELS[DayKind(row.kind)].text(tongue),
            "name": HOLIDAY_LABELS[row.name].text(tongue) if row.name in HOLIDAY_LABELS else row.name,
            "worked": DayKind(row.kind).is_worked,
        }
        for row in rows
        if row.kind != by_weekday[row.date.weekday() >= 5] or (row.edited and row.name)
    ]
    now = timezone.localdate().year
    last = CalendarDay.objects.order_by("-date").values_list("date__year", flat=True).first() or now
    return {
        "year": year,
        "years": range(now - YEARS_SHOWN_BACK, max(last, now + 1) + 1),
        "days": shown,
        "known": bool(rows),
        "provisional": not rows or any(row.provisional for row in rows),
        "kinds": [(kind.value, label.text(tongue)) for kind, label in DAY_LABELS.items()],
        "typed": request.POST,
    }
