"""The desk: tabs, filters, rows, side panel, steps on many at once, search, map."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from linli.awards.selectors import waiting_for
from linli.desk import bulk
from linli.desk.choices import filter_choices
from linli.desk.first_steps import beginning
from linli.desk.lines import bulk_steps, mark, present
from linli.desk.pages_changes import mark as mark_of_now
from linli.desk.pages_new import home_place
from linli.desk.shell import put_toast, staff, taken_toast
from linli.desk.wording import SOURCES, URGENCY, language, state_choices, word
from linli.inspections.conflict_selectors import waiting
from linli.people.gates import actor_on, safe_next
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceSnapshot, place_snapshot
from linli.requests.selectors import items_by_phone
from linli.requests.workflow import REQUEST
from linli.shop.staff_selectors import stocktakes_for
from linli.volunteering.waits import waits_for
from linli.work.desk import DeskFilters, DeskPage, DeskRow, desk
from linli.work.kinds import kinds
from linli.work.services import new_key
from linli.work.terms import Catalogue, catalogue

TAB_ORDER = ("today", "overdue", "week", "mine", "asked", "all", "waiting", "closed")
MAP_ROWS_MAX = 500


def tab_names() -> dict[str, str]:
    """The tabs in their order."""
    mine = (_("今天到期"), _("已超期"), _("7天内"), _("待我办"), _("待我批"))
    return dict(zip(TAB_ORDER, (*mine, _("全部在办"), _("等待中"), _("近30天办结")), strict=True))


def tab_hints() -> dict[str, str]:
    """What a tab counts, in words: the first five are what waits for oneself, the others what one may see."""
    return {
        "today": _("等您办的，今天到期的和已超期的"), "overdue": _("等您办的"),
        "week": _("等您办的，7 天内到期的和已超期的"), "mine": _("等您办的，不论何时到期"), "asked": _("等您批的"),
        "all": _("您能看到的，不论等谁办"),
    }  # fmt: skip


def query_of(filters: DeskFilters, **changes: Any) -> str:
    """The query string of filters with changes; what filters nothing is left out."""
    changed = replace(filters, **changes)
    if changed.category is None:
        changed = replace(changed, alone="")
    empty = DeskFilters()
    pairs = [
        (name, getattr(changed, name))
        for name in DeskFilters.__dataclass_fields__
        if name not in ("tab", "also") and getattr(changed, name) != getattr(empty, name)
    ]
    return urlencode([("tab", changed.tab), *pairs])


def filters_of(request: HttpRequest) -> DeskFilters:
    """The filters of the address; without a tab the desk opens on what is due today."""
    filters = DeskFilters.from_query(request.GET)
    asks_for_more = filters.figure or filters.q
    return filters if request.GET.get("tab") or asks_for_more else replace(filters, tab="today")


def list_context(request: HttpRequest, filters: DeskFilters, page: DeskPage | None = None) -> dict[str, Any]:
    """What every list of items needs (3 statements and one for places that are not in the snapshot)."""
    actor, begun = actor_on(request), mark_of_now()
    versions = registry_versions()
    terms, places = catalogue(versions), place_snapshot(versions)
    page = page or desk(actor, filters)
    lines = present(page.rows, actor, terms, places, page.now)
    selected = set(request.GET.getlist("selected"))
    return {
        "page": page,
        "terms": terms,
        "mark": begun,
        "lines": lines,
        "filters": filters,
        "figure": filters.counted.label.text(language()) if filters.counted else "",
        "tabs": [
            {"code": code, "name": name, "count": page.tabs.get(code), "query": query_of(filters, tab=code, figure="",
             day="", page=1), "current": code == filters.tab and not filters.figure}
            for code, name in tab_names().items()
        ],
        "tab_hint": "" if filters.figure else tab_hints().get(filters.tab, ""),
        "chips": chips(filters, terms, places),
        "query": query_of(filters),
        "more_query": query_of(filters, page=filters.page + 1) if page.has_more else "",
        "less_query": query_of(filters, page=filters.page - 1) if filters.page > 1 else "",
        "bulk": [(code, REQUEST.transition(code).label.text(language())) for code in bulk_steps(lines)],
        "choices": filter_choices(actor, filters, terms, places),
        "selected": selected,
        "key": new_key(),
        "here": request.get_full_path(),
        "toast": taken_toast(request),
        "waiting_count": page.tabs.get("mine"),
    }  # fmt: skip


def _category_chip(filters: DeskFilters, name: str) -> str:
    return _("%(category)s（不含下级）") % {"category": name} if filters.alone == "1" else name


def _day(filters: DeskFilters) -> str:
    """The day that is asked for, or its month where that is what the figure counts."""
    if filters.on is None:
        return ""
    monthly = filters.counted is not None and filters.counted.monthly
    return f"{filters.on:%Y-%m}" if monthly else filters.on.isoformat()


def chips(filters: DeskFilters, terms: Catalogue, places: PlaceSnapshot) -> list[dict[str, str]]:
    """The filters that are set, each with the address that takes it away."""
    category = terms.categories.get(filters.category or 0)
    names = {
        "figure": filters.counted.label.text(language()) if filters.counted else "",
        "day": _day(filters),
        "kind": next((one.label.text(language()) for one in kinds() if one.slug == filters.kind), filters.kind),
        "state": dict(state_choices()).get(filters.state, filters.state),
        "category": _category_chip(filters, category.label(language())) if category else "",
        "place": places.name(filters.place),
        "unit": terms.organisation_name(filters.unit),
        "urgency": URGENCY[filters.urgency].text(language()) if filters.urgency in URGENCY else "",
        "source": word(SOURCES, filters.source) if filters.source else "",
        "q": filters.q,
    }
    empty = DeskFilters()
    return [
        {"name": name, "text": text, "without": query_of(filters, **{name: getattr(empty, name), "page": 1})}
        for name, text in names.items()
        if text
    ]


@staff
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, most urgent first."""
    filters = filters_of(request)
    page = None
    if not request.GET.get("tab") and not filters.figure and not filters.q:
        page = desk(actor_on(request), filters)
        if not page.total and page.tabs.get("mine"):
            filters, page = replace(filters, tab="mine"), None
    actor = actor_on(request)
    context = list_context(request, filters, page)
    if request.headers.get("HX-Target") == "desk-list":
        return render(request, "desk/_list.html", context)
    context["sees_items"] = actor.may_somewhere("work.view")
    if not context["chips"] and not any(context["page"].tabs.values()):
        context["beginning"] = beginning(actor)
    cards = {
        "cards": waiting(actor, context["terms"]), "points": waiting_for(actor), "counts": stocktakes_for(actor),
        "volunteers": waits_for(actor),
    }  # fmt: skip
    return render(request, "desk/home.html", {**context, **cards})


@staff
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Items by words, number or the reporter's phone, open and closed, newest first."""
    filters = replace(DeskFilters.from_query(request.GET), figure="any", tab="all")
    words = filters.q.strip()
    context: dict[str, Any] = {"words": words, "searched": bool(words)}
    if words:
        filters = replace(filters, also=items_by_phone(actor_on(request), words))
        context |= list_context(request, filters)
        context["lines"] = mark(context["lines"], words, context["page"].texts)
    return render(request, "desk/search.html", context)


def _selection(request: HttpRequest) -> list[str]:
    return list(dict.fromkeys(request.POST.getlist("selected")))


@staff
@require_POST
def many(request: HttpRequest) -> HttpResponse:
    """A step on what is selected; the toast offers to take it back for 8 seconds."""
    actor, code = actor_on(request), request.POST.get("step", "")[:48]
    selected = _selection(request)
    back = safe_next(request, reverse("desk:home"))
    if not selected:
        messages.warning(request, _("没有选中事项。"))
        return redirect(back)
    data: dict[str, Any] = {}
    if code == "dispatch_to":
        if not request.POST.get("lead"):
            messages.warning(request, _("请先选择派给哪个单位。"))
            return redirect(back)
        code, data = "dispatch", {"lead": request.POST["lead"]}
    result = bulk.take(actor, selected, code, data, key=request.POST.get("key") or new_key(), terms=catalogue())
    label = REQUEST.by_code[code].label.text(language()) if code in REQUEST.by_code else _("办理")
    return _answer(request, back, result, _("%(label)s：%(n)s 件完成。") % {"label": label, "n": len(result.done)})


@staff
@require_POST
def recall_many(request: HttpRequest) -> HttpResponse:
    """Take back what was just done."""
    numbers = request.POST.getlist("number")
    result = bulk.recall(actor_on(request), numbers, key=request.POST.get("key") or new_key())
    back = safe_next(request, reverse("desk:home"))
    text = _("已撤回 %(n)s 件。") % {"n": len(result.done)} if result.done else _("没有撤回。")
    return _answer(request, back, result, text)


def _answer(request: HttpRequest, back: str, result: bulk.BulkResult, text: str) -> HttpResponse:
    """Back to the list it came from, with what was done, what was not and why; the failed stay selected."""
    failed = [(entry.number, entry.title, entry.reason) for entry in result.failed]
    put_toast(request, text, failed=failed, recall=result.done if result.code != "recall" else [])
    path, _mark, query = back.partition("?")
    pairs = [pair for pair in query.split("&") if pair and not pair.startswith("selected=")]
    pairs += [urlencode({"selected": entry.number}) for entry in result.failed]
    return redirect(f"{path}?{'&'.join(pairs)}" if pairs else path)


@staff
@require_safe
def map_page(request: HttpRequest) -> HttpResponse:
    """The list as a map, with the list beside it."""
    filters = filters_of(request)
    page = desk(actor_on(request), filters, limit=MAP_ROWS_MAX)
    context = list_context(request, filters, page)
    drawn = features(context["lines"])
    places = place_snapshot(registry_versions())
    wanted = filters.place or home_place(actor_on(request), places)
    context |= {"features": drawn, "scope": places.get(wanted)}
    context["without_point"] = len(context["lines"]) - len(drawn["features"])
    return render(request, "desk/map.html", context)


@staff
@require_safe
def map_data(request: HttpRequest) -> HttpResponse:
    """The points of the list as GeoJSON."""
    filters = filters_of(request)
    context = list_context(request, filters, desk(actor_on(request), filters, limit=MAP_ROWS_MAX))
    return JsonResponse(features(context["lines"]), content_type="application/geo+json")


def features(lines: list[Any]) -> dict[str, Any]:
    """A feature for each item with a point: number, title, state, how near its deadline is."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [line.row.longitude, line.row.latitude]},
                "properties": {
                    "number": line.row.number, "title": line.title, "state": line.state, "tone": line.feeling.tone,
                    "due": line.feeling.text, "url": line.url, "category": line.category,
                },
            }
            for line in lines
            if has_point(line.row)
        ],
    }  # fmt: skip


def has_point(row: DeskRow) -> bool:
    """Whether the item can be drawn."""
    return row.longitude is not None and row.latitude is not None
