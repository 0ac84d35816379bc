"""The monthly bulletin (月报) of a place: a page on which every number opens its list, and the same as PDF."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from linli.activities import figures as activities
from linli.activities.access import VIEW as ACTIVITIES
from linli.desk.pages_board import board_place, list_url, percent
from linli.desk.shell import staff
from linli.desk.wording import language
from linli.inspections import finding_selectors as findings
from linli.inspections.reading import VIEW as INSPECTIONS
from linli.people.access import Actor
from linli.people.gates import actor_on
from linli.places.snapshot import PlaceRow, PlaceSnapshot
from linli.work import bulletin as work
from linli.work.bulletin import Bulletin
from linli.work.figures import FIGURES
from linli.work.kinds import kind
from linli.work.printing.sheets import PDF, chinese_date, sheet_pdf
from linli.work.terms import Catalogue

ALWAYS_SHOWN = frozenset({"district", "street", "community", "grid"})
"""Kinds of places that stand in the table even when nothing happened there."""


def _month(request: HttpRequest) -> date:
    """The month asked for (`month=2026-10`); the last whole one when none is named."""
    known = work.months()
    asked = request.GET.get("month", "")
    if not asked:
        return known[1]
    found = next((month for month in known if f"{month:%Y-%m}" == asked), None)
    if found is None:
        raise Http404
    return found


def _lines(found: Bulletin) -> list[dict[str, Any]]:
    """Each figure with its list and what it was the month before."""
    where = {"day": found.month.isoformat(), "place": found.place.id}
    return [
        {
            "label": FIGURES[code].label.text(language()), "number": found.figures[code], "before": found.before[code],
            "url": list_url(figure=code, **where),
        }
        for code in work.CODES
    ]  # fmt: skip


def _kinds(found: Bulletin) -> list[dict[str, Any]]:
    """Each kind of work with its share of the numbers above, this month and the month before, each with its list."""
    where = {"day": found.month.isoformat(), "place": found.place.id}
    return [
        {
            "label": kind(slug).label.text(language()),
            "numbers": [
                (FIGURES[code].label.text(language()), this[code], before[code],
                 list_url(figure=code, kind=slug, **where))
                for code in work.OF_KINDS
            ],
        }
        for slug, this, before in found.kinds
    ]  # fmt: skip


def _rates(found: Bulletin) -> list[tuple[str, str, str, str]]:
    """Name, this month, the month before, how it is reckoned."""
    rules = (
        (_("按时率"), _("按时办结 ÷ 有时限且没有剔除的办结。按答复提交的时间算。")),
        (_("满意率"), _("评价基本满意及以上 ÷ 已评价。未评价的不计。")),
    )
    both = zip(rules, found.rates(found.figures), found.rates(found.before), strict=True)
    return [(name, percent(now.share), percent(before.share), rule) for (name, rule), now, before in both]


def _parts(found: Bulletin) -> list[dict[str, Any]]:
    """The places below in their own order, each number with its list."""
    day = found.month.isoformat()
    return [
        {
            "name": row.name, "board": reverse("desk:bulletin", args=[row.id]),
            "numbers": [
                (counted[code], list_url(figure=code, day=day, place=row.id)) for code in work.OF_PARTS
            ],
        }
        for row, counted in found.parts
        if row.kind in ALWAYS_SHOWN or any(counted.values())
    ]  # fmt: skip


def _categories(found: Bulletin, terms: Catalogue) -> list[dict[str, Any]]:
    rows = []
    for category_id, received, closed in found.categories:
        category = terms.categories.get(category_id)
        where = {"category": category_id, "alone": 1, "place": found.place.id, "day": found.month.isoformat()}
        rows.append({
            "name": category.label(language()) if category else str(category_id), "received": received,
            "closed": closed, "received_url": list_url(figure="received_month", **where),
            "closed_url": list_url(figure="closed_month", **where),
        })  # fmt: skip
    return rows


def _others(actor: Actor, found: Bulletin) -> list[dict[str, Any]]:
    """What other rooms count of the same month and place, for who may read them there (≤ 2 statements)."""
    others: list[dict[str, Any]] = []
    path, wanted = found.place.path, activities.Filters(found.month, found.place.id)
    if actor.may(INSPECTIONS, place_path=path):
        asked = findings.FindingFilters(found.month, wanted.last, found.place.id)
        counted = findings.figures(actor, asked)
        address = reverse("desk:findings")
        others += [
            {"label": _("巡查发现问题"), "number": counted.found, "url": f"{address}?{asked.query()}"},
            {"label": _("其中当天销号"), "number": counted.same_day.numerator,
             "url": f"{address}?{asked.query(shown='same_day')}"},
        ]  # fmt: skip
    if actor.may(ACTIVITIES, place_path=path):
        sums, address = activities.totals(actor, wanted), reverse("activities:desk")
        held = f"{address}?{wanted.query(state='closed')}"
        others += [
            {"label": _("举办活动"), "number": sums["held"], "url": held},
            {"label": _("志愿者出勤（确认）"), "number": sums["present"], "url": held},
            {"label": _("受众人次"), "number": sums["heads"], "url": held},
        ]  # fmt: skip
    return others


def _context(actor: Actor, place: PlaceRow, places: PlaceSnapshot, terms: Catalogue, month: date) -> dict[str, Any]:
    found = work.bulletin(actor, place, places, month)
    return {
        "place": place, "name": places.full_name(place.id), "month": month, "lines": _lines(found),
        "rates": _rates(found), "kinds": _kinds(found),
        "kind_heads": [FIGURES[code].label.text(language()) for code in work.OF_KINDS],
        "parts": _parts(found), "categories": _categories(found, terms),
        "part_heads": [FIGURES[code].label.text(language()) for code in work.OF_PARTS],
        "others": _others(actor, found), "now": timezone.localtime(),
        "running": month == timezone.localdate().replace(day=1),
    }  # fmt: skip


@staff
@require_safe
def bulletin(request: HttpRequest, place_id: int) -> HttpResponse:
    """The bulletin on the screen, with the months that can be asked for (≤ 6 statements)."""
    place, places, terms = board_place(request, place_id)
    month = _month(request)
    context = _context(actor_on(request), place, places, terms, month)
    context["months"] = [(one, urlencode({"month": f"{one:%Y-%m}"}), one == month) for one in work.months()]
    return render(request, "desk/bulletin.html", context)


@staff
@require_safe
def bulletin_pdf(request: HttpRequest, place_id: int) -> HttpResponse:
    """The bulletin as a sheet to be signed and sent round; like all papers in Chinese."""
    place, places, terms = board_place(request, place_id)
    month = _month(request)
    with override("zh-hans"):
        context = _context(actor_on(request), place, places, terms, month)
        heading = f"{place.name}{month.year}年{month.month}月工作月报"
        made = chinese_date(context["now"])
        content = sheet_pdf(
            "desk/papers/bulletin.html", heading, {**context, "made": made, "synthetic": place.synthetic, "issuer": ""}
        )
    response = HttpResponse(content, content_type=PDF)
    response["Content-Disposition"] = content_disposition_header(True, f"{heading}.pdf") or ""
    return response
