"""Staff pages of double registration (双报到): joined units by quarter, one unit, what residents ask for."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.numbers import whole_number
from linli.people.access import Actor, ObjectHidden
from linli.people.gates import actor_on, staff_page
from linli.people.importers import PERMISSION as IMPORT
from linli.places.snapshot import PlaceRow
from linli.volunteering import (
    bulk,
    exporting,
    joined_selectors,
    joining,
    lines,
    pages_common,
    papers,
    proposing,
    quarters,
    vocabulary,
)
from linli.volunteering.joining import NewMember
from linli.volunteering.models import JoinedMember, JoinedUnit, Service
from linli.volunteering.pages import XLSX
from linli.volunteering.pages_common import file, minutes_from, tried, words_of
from linli.volunteering.refusing import refused
from linli.volunteering.registering import REGISTER
from linli.volunteering.rules import hours_text, quarter_days, quarter_of
from linli.volunteering.selectors import VIEW
from linli.work.engine import StepRefused
from linli.work.services import new_key
from linli.work.themes import THEMES

QUARTERS_OFFERED = 8


def quarter_asked(request: HttpRequest) -> tuple[int, int]:
    """The quarter from the address ("2026-3"); the present one otherwise."""
    year, _dash, quarter = request.GET.get("quarter", "").partition("-")
    if year.isdecimal() and quarter in ("1", "2", "3", "4") and 2000 <= int(year[:5]) <= 2200:
        return int(year), int(quarter)
    return quarter_of(timezone.localdate())


def quarters_offered() -> list[tuple[str, str]]:
    """The last quarters, the present one first."""
    year, quarter = quarter_of(timezone.localdate())
    found = []
    for _number in range(QUARTERS_OFFERED):
        found.append((f"{year}-{quarter}", quarter_name(year, quarter)))
        year, quarter = (year - 1, 4) if quarter == 1 else (year, quarter - 1)
    return found


def quarter_name(year: int, quarter: int) -> str:
    """2026年第3季度."""
    return _("%(year)d年第%(quarter)d季度") % {"year": year, "quarter": quarter}


@staff_page(VIEW)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Joined units of the actor's places with what each did in a quarter, and the sums."""
    actor = actor_on(request)
    year, quarter = quarter_asked(request)
    found = joined_selectors.units(actor, year, quarter)
    total = {
        name: sum(getattr(line.figures, name) for line in found)
        for name in ("members", "services", "minutes", "claimed", "solved")
    }
    context = {
        "lines": found, "total": total, "hours": hours_text(total["minutes"]), "quarter": f"{year}-{quarter}",
        "period": quarter_name(year, quarter), "quarters": quarters_offered(), "tab": "joined",
        "open_quarter": quarter_days(year, quarter)[1] >= timezone.localdate(),
        "may_register": actor.may_somewhere(REGISTER), "may_import": actor.may_somewhere(IMPORT),
    }  # fmt: skip
    return render(request, "volunteering/desk/joined.html", context)


@staff_page(VIEW)
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The quarter of all joined units as XLSX: counts only."""
    year, quarter = quarter_asked(request)
    found = joined_selectors.units(actor_on(request), year, quarter)
    data = exporting.feedback_xlsx(found, quarter_name(year, quarter))
    return file(data, f"joined-{year}-{quarter}.xlsx", XLSX)


@staff_page(REGISTER)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Join a unit to a community."""
    actor, data = actor_on(request), request.POST
    refusal: StepRefused | None = None
    if request.method == "POST":
        row, refusal = tried(
            lambda: joining.join_unit(
                actor, whole_number(data.get("organisation")) or 0, whole_number(data.get("place")) or 0,
                since=pages_common.day(data.get("since")), resources=data.get("resources", ""),
            )
        )  # fmt: skip
        if refusal is None:
            messages.success(request, _("已报到。"))
            return redirect("volunteering:joined_unit", row.pk)
    context = {
        "units": joined_selectors.offered_units(), "today": timezone.localdate(),
        "places": _communities(actor),
        "problem": words_of(refusal) if refusal else "", "typed": data if refusal else {},
    }  # fmt: skip
    return render(request, "volunteering/desk/joined_new.html", context, status=refusal.status if refusal else 200)


def _communities(actor: Actor) -> list[PlaceRow]:
    """Communities where the actor may register."""
    return [row for row in pages_common.offered(actor, REGISTER, pages_common.places()) if row.kind == "community"]


def _unit(request: HttpRequest, row: JoinedUnit, refusal: StepRefused | None = None, part: str = "") -> HttpResponse:
    actor = actor_on(request)
    year, quarter = quarter_asked(request)
    members = joined_selectors.members_of(row)
    may_register = actor.may(REGISTER, place_path=str(row.place.path))
    names = lines.masked_names(one.person_id for one in members) if may_register else {}
    feedback = joined_selectors.feedback_of(row)
    confirmed = next((one for one in feedback if (one.year, one.quarter) == (year, quarter)), None)
    now = quarters.figures_of(row, year, quarter)
    line = joined_selectors.UnitLine.of(row, now, confirmed)
    context = {
        "row": row, "figures": line.figures, "now": now, "changed": line.changed, "confirmed": confirmed,
        "quarter": f"{year}-{quarter}", "period": quarter_name(year, quarter), "quarters": quarters_offered(),
        "over": quarter_days(year, quarter)[1] < timezone.localdate(),
        "count": joined_selectors.member_count(row), "part": part,
        "members": [(one, names[one.person_id].name, vocabulary.all_said(vocabulary.ROLES, one.posts))
                    for one in members] if may_register else [],
        "feedback": [(one, quarter_name(one.year, one.quarter), hours_text(one.figures.get("minutes", 0)))
                     for one in feedback],
        "may_register": may_register, "roles": vocabulary.choices(vocabulary.ROLES), "key": new_key(),
        "themes": vocabulary.choices(THEMES),
        "problem": words_of(refusal) if refusal else "", "typed": request.POST if refusal else {},
        "today": timezone.localdate(),
        "services": [lines.service_line(one) for one in joined_selectors.services_of(row, year, quarter)],
    }  # fmt: skip
    return render(request, "volunteering/desk/joined_unit.html", context, status=refusal.status if refusal else 200)


@staff_page(VIEW)
@require_safe
def unit(request: HttpRequest, joined_id: int) -> HttpResponse:
    """One joined unit: the quarter from records, its members, its confirmed feedback."""
    return _unit(request, joined_selectors.unit_for(actor_on(request), joined_id))


@staff_page(REGISTER)
@require_POST
def change(request: HttpRequest, joined_id: int, part: str) -> HttpResponse:
    """Add a member, take down a member's service, confirm a quarter, or end a joining."""
    row = joined_selectors.unit_for(actor_on(request), joined_id)
    if part not in ("member", "service", "feedback", "end", "end-member"):
        raise Http404
    _done, refusal = tried(lambda: _changed(request, row, part))
    if refusal is not None:
        return _unit(request, row, refusal, part)
    messages.success(request, _("已保存。"))
    year, quarter = quarter_asked(request)
    return redirect(f"/desk/volunteers/joined/{row.pk}/?quarter={year}-{quarter}")


def _changed(request: HttpRequest, row: JoinedUnit, part: str) -> Any:
    actor, data = actor_on(request), request.POST
    if part == "member":
        wanted = NewMember(
            data.get("name", ""), data.get("phone", ""), row.place_id, row.organisation_id, tuple(data.getlist("posts"))
        )
        return joining.join_member(actor, wanted)
    if part == "service":
        return _member_service(request, row)
    if part == "feedback":
        year, quarter = quarter_asked(request)
        return joining.confirm_feedback(actor, row.pk, year, quarter, remark=data.get("remark", ""))
    if part == "end-member":
        return joining.end_member(actor, _member(row, data.get("member")).pk)
    return joining.end_unit(actor, row.pk)


def _member(row: JoinedUnit, text: str | None) -> Any:
    found = joined_selectors.member_of(row, whole_number(text) or 0)
    if found is None:
        raise refused("unknown_member", "请选择报到的人。", "Choose a joined member.", "member")
    return found


def _member_service(request: HttpRequest, row: JoinedUnit) -> Any:
    return service_of(request, _member(row, request.POST.get("member")))


def service_of(request: HttpRequest, member: JoinedMember) -> Service:
    """A service of a joined member as it was typed."""
    data = request.POST
    on = pages_common.needed_day(data.get("happened_on"), "happened_on")
    entered = proposing.Entered(
        member.person_id, member.place_id, on, minutes_from(data.get("hours", "")), data.get("content", ""),
        data.get("evidence", ""), organisation_id=member.organisation_id, member_id=member.pk,
        starts_at=pages_common.moment(on, data.get("starts_at")), theme=data.get("theme", ""),
    )  # fmt: skip
    return proposing.enter(actor_on(request), entered, key=data.get("key") or new_key())


@staff_page(VIEW)
@require_safe
def feedback_pdf(request: HttpRequest, joined_id: int, year: int, quarter: int) -> HttpResponse:
    """The confirmed feedback of a quarter as PDF."""
    row = joined_selectors.unit_for(actor_on(request), joined_id)
    found = quarters.confirmed_of([row.pk], year, quarter).get(row.pk)
    if found is None:
        raise ObjectHidden(VIEW)
    return file(papers.feedback_pdf(found), f"feedback-{row.pk}-{year}-{quarter}.pdf", "application/pdf", inline=True)


@staff_page(VIEW)
@require_http_methods(["GET", "POST"])
def concerns(request: HttpRequest) -> HttpResponse:
    """What residents ask for: taken down, claimed, solved, confirmed."""
    return _concerns(request)


def _concerns(request: HttpRequest, refusal: StepRefused | None = None, which: int = 0) -> HttpResponse:
    actor, data = actor_on(request), request.POST
    if request.method == "POST" and not which:
        _made, refusal = tried(
            lambda: joining.raise_concern(
                actor, whole_number(data.get("place")) or 0, title=data.get("title", ""),
                kind=data.get("kind", "concern"), key=data.get("key") or new_key(),
            )
        )  # fmt: skip
        if refusal is None:
            messages.success(request, _("已登记，等待认领。"))
            return redirect("volunteering:concerns")
    state = request.GET.get("state", "")
    rows = joined_selectors.concerns(actor, state if state in vocabulary.CONCERN_STATES else "")
    units = _units_at({row.place_id for row in rows if row.state == "open"})
    context = {
        "rows": [
            {
                "row": row, "kind": vocabulary.said(vocabulary.CONCERN_KINDS, row.kind),
                "state": vocabulary.said(vocabulary.CONCERN_STATES, row.state), "tone": lines.TONES.get(row.state, ""),
                "units": units.get(row.place_id, []), "may": actor.may(REGISTER, place_path=str(row.place.path)),
                "problem": words_of(refusal) if refusal and row.pk == which else "",
            }
            for row in rows
        ],
        "places": _communities(actor),
        "kinds": vocabulary.choices(vocabulary.CONCERN_KINDS), "key": new_key(), "state": state,
        "states": vocabulary.choices(vocabulary.CONCERN_STATES), "tab": "concerns",
        "problem": words_of(refusal) if refusal and not which else "", "typed": data if refusal else {},
    }  # fmt: skip
    return render(request, "volunteering/desk/concerns.html", context, status=refusal.status if refusal else 200)


def _units_at(place_ids: set[int]) -> dict[int, list[JoinedUnit]]:
    """Joined units by community (1 statement)."""
    rows = JoinedUnit.objects.filter(place_id__in=place_ids, until=None).select_related("organisation")
    found: dict[int, list[JoinedUnit]] = {}
    for row in rows.order_by("organisation__pinyin", "pk")[: bulk.BATCH]:
        found.setdefault(row.place_id, []).append(row)
    return found


@staff_page(REGISTER)
@require_POST
def concern(request: HttpRequest, concern_id: int) -> HttpResponse:
    """The next step of one: claimed by a unit, solved, confirmed, or not solved."""
    actor, data = actor_on(request), request.POST
    row = joined_selectors.concern_for(actor, concern_id)
    act = data.get("act", "")

    def work() -> Any:
        if act == "claim":
            return joining.claim(actor, row.pk, organisation_id=whole_number(data.get("organisation")))
        if act == "solve":
            return joining.solve(actor, row.pk, result=data.get("result", ""))
        if act == "confirm":
            return joining.confirm_concern(actor, row.pk)
        if act == "reject":
            return joining.reject_concern(actor, row.pk, result=data.get("result", ""))
        raise refused("bad_choice", "请选择怎样办理。", "Choose what to do.")

    _done, refusal = tried(work)
    if refusal is not None:
        return _concerns(request, refusal, row.pk)
    messages.success(request, _("已办理。"))
    return redirect("volunteering:concerns")
