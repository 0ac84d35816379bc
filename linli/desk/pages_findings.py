"""Findings of all rounds on the desk: found and cleared the same day (日清日结), by period and place."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.desk import typed
from linli.desk.choices import place_options
from linli.desk.shell import staff
from linli.inspections import finding_selectors as selectors
from linli.inspections.finding_selectors import FindingFilters
from linli.inspections.reading import PAGE, VIEW
from linli.inspections.selectors import Figures
from linli.people.access import require_somewhere
from linli.people.gates import actor_on
from linli.people.masking import mask_text
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.work.kinds import kind
from linli.work.terms import catalogue


def tabs(figures: Figures) -> list[tuple[str, str, int]]:
    """The lists behind the numbers of findings: code, name, how many."""
    same = figures.same_day
    return [
        ("", _("全部"), figures.found), ("open", _("未办结"), figures.open),
        ("same_day", _("当天销号"), same.numerator),
        ("later", _("没有当天销号"), same.denominator - same.numerator), ("left_out", _("剔除和误报"), same.excluded),
    ]  # fmt: skip


def periods(today: date) -> list[tuple[str, date, date]]:
    """What is asked for most: this week and the last, this month and the last."""
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    last = first - timedelta(days=1)
    return [
        (_("本周"), monday, today), (_("上周"), monday - timedelta(days=7), monday - timedelta(days=1)),
        (_("本月"), first, today), (_("上月"), last.replace(day=1), last),
    ]  # fmt: skip


@staff
@require_safe
def findings(request: HttpRequest) -> HttpResponse:
    """The figures of a period and place, the same by the places below, and the list behind each (≤ 5 statements)."""
    actor = actor_on(request)
    require_somewhere(actor, VIEW)
    filters, versions = FindingFilters.of(request.GET), registry_versions()
    terms, places = catalogue(versions), place_snapshot(versions)
    top = typed.place_within(actor, VIEW, filters.place, places)
    figures = selectors.figures(actor, filters)
    rows, workflow = selectors.findings(actor, filters), kind("finding").workflow
    for row in rows:
        row["label"], row["title"] = workflow.state(row["state"]).label, mask_text(row["title"])
    lists = tabs(figures)
    total = next(n for code, _name, n in lists if code == filters.shown)
    context = {
        "filters": filters, "figures": figures, "rows": rows, "total": total, "top": top,
        "tabs": [(filters.query(shown=code, page=1), name, n, code == filters.shown) for code, name, n in lists],
        "links": {code or "all": filters.query(shown=code, page=1) for code, _name, _n in lists},
        "parts": [
            (row, filters.query(place=row["place_id"], shown="", page=1),
             filters.query(place=row["place_id"], shown="same_day", page=1),
             filters.query(place=row["place_id"], shown="open", page=1))
            for row in selectors.by_place(actor, filters, top.kind)
        ],
        "periods": [
            (filters.query(since=since, until=until, page=1), name, (since, until) == (filters.since, filters.until))
            for name, since, until in periods(timezone.localdate())
        ],
        "places": place_options(actor, terms, places, filters.place),
        "page": filters.page, "has_more": total > filters.page * PAGE,
    }  # fmt: skip
    return render(request, "desk/findings.html", context)
