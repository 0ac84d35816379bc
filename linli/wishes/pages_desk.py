"""Pages of staff: the list by state, taking a wish down, and a look at who wishes, which is recorded."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.exchange.sheets import SHEET
from linli.people.audit import record
from linli.people.gates import actor_on, staff_page
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.wishes import pages_common, selectors, services, sheets
from linli.wishes.pages_common import language, line, page_of
from linli.wishes.pages_common import sent as text_of
from linli.wishes.pages_public import form_page, typed_of, wanted_of
from linli.wishes.vocabulary import CHANNELS, SORTS
from linli.wishes.workflow import WISH
from linli.work.engine import StepRefused
from linli.work.services import new_key

REGISTER = "wish.register"


@staff_page(REGISTER)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """`/desk/wishes/`: wishes by state; what waits for staff comes first (4 statements)."""
    tab = _tab(request)
    places = place_snapshot(registry_versions())
    found = selectors.listed(actor_on(request), tab, page_of(request))
    ended = _("没有实现")
    tabs = [
        (name, ended if name == "ended" else WISH.state(name).label.text(language()), found.counts[name], name == tab)
        for name in selectors.TABS
    ]
    lines = [line(row, places) for row in found.rows]
    context = {"tabs": tabs, "tab": tab, "listed": found, "lines": lines, "ended": tab == "ended"}
    return render(request, "wishes/desk_index.html", context)


@staff_page(REGISTER)
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """`/desk/wishes/export.xlsx?tab=…`: the tab as a table, in public words, nobody named. It is noted."""
    actor, tab = actor_on(request), _tab(request)
    rows = selectors.seen(actor, tab, sheets.ROWS_MAX)
    data = sheets.wishes_xlsx(rows, place_snapshot(registry_versions()))
    record("wish.exported", actor_id=actor.person_id, subject=f"wishes:{tab}", rows=len(rows))
    response = HttpResponse(data, content_type=SHEET)
    response["Content-Disposition"] = f'attachment; filename="wishes-{tab}.xlsx"'
    response["Cache-Control"] = "no-store, private"
    return response


def _tab(request: HttpRequest) -> str:
    tab = request.GET.get("tab", "")
    return tab if tab in selectors.TABS else "recorded"


def _fresh() -> dict[str, Any]:
    return {"sort": next(iter(SORTS)), "channel": CHANNELS[0], "wants_news": True}


@staff_page(REGISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """`/desk/wishes/new/`: take down a wish by phone, at the desk or on a visit."""
    actor = actor_on(request)
    words = {"walk_in": _("窗口"), "phone": _("电话"), "patrol": _("上门")}
    more = {"channels": [(code, words[code]) for code in CHANNELS], "spots": pages_common.spots(actor, REGISTER)}
    if request.method != "POST":
        return form_page(request, "desk_new.html", _fresh(), None, more)
    channel = text_of(request, "channel", 12)
    wanted = wanted_of(request, channel if channel in CHANNELS else CHANNELS[0])
    try:
        made = services.make(actor, wanted, key=text_of(request, "key", 96) or new_key())
    except StepRefused as refusal:
        return form_page(request, "desk_new.html", typed_of(wanted), refusal, more)
    return redirect(f"/desk/items/{made.number}/")


@staff_page(REGISTER)
@require_POST
def wisher(request: HttpRequest, number: str) -> HttpResponse:
    """Who wishes and who claimed it, in clear; each look is recorded."""
    row = selectors.by_number(number)
    if row is None:
        raise Http404
    found = services.see_wisher(actor_on(request), row.id)
    claimer = selectors.claimer_contact(row.id, clear=True)
    it = line(row, place_snapshot(registry_versions()))
    context = {"it": it, "row": row, "wisher": found, "claimer": claimer}
    return render(request, "wishes/desk_wisher.html", context)
