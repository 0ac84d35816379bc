"""Staff pages: duty roster by week, duty log; audit of refusals and of acts on accounts."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.numbers import whole_number
from linli.people import duty, selectors
from linli.people.access import require
from linli.people.audit import ACTIONS
from linli.people.errors import PeopleProblem
from linli.people.forms import LogForm, ShiftForm
from linli.people.gates import actor_on, needs
from linli.people.models import Organisation
from linli.people.pages_organisations import in_english
from linli.people.pages_signin import show_problem
from linli.people.permission_labels import PERMISSION_LABELS

# More units than these are found by name instead of listed.
UNITS_LISTED = 12


def _monday(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = timezone.localdate()
    if not 2000 <= day.year <= 2100:
        day = timezone.localdate()
    return day - timedelta(days=day.weekday())


def _unit(request: HttpRequest, units: list[Organisation]) -> Organisation | None:
    wanted = request.GET.get("organisation", "")
    words = request.GET.get("unit", "").strip()
    if words:
        exact = [row for row in units if words in (row.name, row.short_name)]
        like = exact or [
            row for row in selectors.find_organisations(words, 20) if duty.may_roster(actor_on(request), row)
        ]
        whole = [row for row in like if words in (row.name, row.short_name)] or like
        return whole[0] if len(whole) == 1 else None
    if not wanted:
        return units[0] if units else None
    for row in units:
        if str(row.pk) == wanted:
            return row
    number = whole_number(wanted)
    found = selectors.organisation(number) if number is not None else None
    if found is None or not duty.may_roster(actor_on(request), found):
        raise Http404
    return found


@needs("people.view")
@require_http_methods(["GET", "POST"])
def roster(request: HttpRequest) -> HttpResponse:
    """The roster of a unit by week; posting adds a shift."""
    actor = actor_on(request)
    units = selectors.roster_units(actor)
    unit = _unit(request, units)
    monday = _monday(request.GET.get("week", ""))
    may_edit = unit is not None and duty.may_roster(actor, unit)
    form, status = ShiftForm(request.POST or None), 200
    if request.method == "POST" and unit is not None and form.is_valid():
        data = form.cleaned_data
        try:
            who = selectors.find_staff(data["person"], actor)
            duty.add_shift(actor, unit.pk, who.pk, data["starts_at"], data["ends_at"], note=data["note"])
        except PeopleProblem as problem:
            status = show_problem(form, problem)
        else:
            messages.success(request, _("已排班。"))
            return redirect(_roster_address(unit.pk, monday))
    elif request.method == "POST":
        status = 422
    wanted = request.GET.get("unit", "").strip()[:120]
    context = {
        "units": units,
        "unit": unit,
        "wanted_unit": wanted or (unit.name if unit else ""),
        "many_units": len(units) > UNITS_LISTED or bool(actor.scopes("people.roster").place_paths),
        "unit_problem": _("没有找到这个单位，请从下面选一个。") if wanted and unit is None else "",
        "week": selectors.roster_week(unit.pk, monday) if unit else [],
        "log": selectors.duty_log(unit.pk) if unit else [],
        "now_on_duty": selectors.on_duty(unit.pk) if unit else [],
        "monday": monday,
        "before": monday - timedelta(days=7),
        "after": monday + timedelta(days=7),
        "today": timezone.localdate(),
        "form": form,
        "log_form": LogForm(),
        "may_edit": may_edit,
    }
    return render(request, "people/roster.html", context, status=status)


def _roster_address(organisation_id: int, monday: date) -> str:
    return f"{reverse('people:roster')}?organisation={organisation_id}&week={monday.isoformat()}"


@needs("people.roster")
@require_POST
def cancel_shift(request: HttpRequest, shift_id: int) -> HttpResponse:
    """Take a shift off the roster."""
    try:
        duty.cancel_shift(actor_on(request), shift_id)
        messages.success(request, _("班次已取消。"))
    except PeopleProblem as problem:
        messages.error(request, problem.text)
    unit, week = whole_number(request.POST.get("organisation")), _monday(request.POST.get("week", ""))
    return redirect(reverse("people:roster") if unit is None else _roster_address(unit, week))


@needs("people.view")
@require_POST
def write_log(request: HttpRequest, organisation_id: int) -> HttpResponse:
    """Add a line to the duty log."""
    try:
        duty.write_log(actor_on(request), organisation_id, request.POST.get("text", ""))
        messages.success(request, _("已记入值班日志。"))
    except PeopleProblem as problem:
        messages.error(request, problem.text)
    return redirect(_roster_address(organisation_id, _monday("")))


def _before(request: HttpRequest) -> int | None:
    return whole_number(request.GET.get("before"))


@needs("audit.view")
@require_safe
def refusals(request: HttpRequest) -> HttpResponse:
    """What was refused, newest first."""
    require(actor_on(request), "audit.view")
    english = in_english()
    rows = [
        (row, PERMISSION_LABELS[row.permission].text("en" if english else "zh"))
        if row.permission in PERMISSION_LABELS
        else (row, row.permission)
        for row in selectors.refusals(before=_before(request))
    ]
    more = rows[-1][0].pk if len(rows) == selectors.PAGE else None
    return render(request, "people/refusals.html", {"rows": rows, "more": more})


@needs("audit.view")
@require_safe
def audit_records(request: HttpRequest) -> HttpResponse:
    """Acts on accounts and people, newest first."""
    require(actor_on(request), "audit.view")
    english = in_english()
    rows = [
        (row, ACTIONS[row.action].text("en" if english else "zh") if row.action in ACTIONS else row.action)
        for row in selectors.audit_records(before=_before(request), subject=request.GET.get("subject", ""))
    ]
    more = rows[-1][0].pk if len(rows) == selectors.PAGE else None
    return render(request, "people/audit.html", {"rows": rows, "more": more})
