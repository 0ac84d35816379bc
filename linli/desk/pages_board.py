"""The board of a place: every number opens exactly the list it counts; units and places, never persons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.desk.pages_new import home_place
from linli.desk.sheets import SHEET, as_csv, as_xlsx
from linli.desk.shell import staff
from linli.desk.wording import language
from linli.people.access import Actor, ObjectHidden, refuse, require_somewhere
from linli.people.gates import actor_on
from linli.places.geojson import MapRequest, collection
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.work.board import Board, board
from linli.work.figures import FIGURES
from linli.work.terms import Catalogue, catalogue

PARTS_SHOWN = 30
TABLES = ("figures", "parts", "trend", "categories")
WHOLE = "board"


def list_url(**filters: Any) -> str:
    """The address of the list behind a number."""
    return f"{reverse('desk:home')}?{urlencode(filters)}"


def _may_board(actor: Actor, place: PlaceRow) -> bool:
    """Whether the actor has a board of this place: one in the own places, or of any where it is of the own units."""
    scopes = actor.scopes("work.board")
    return bool(scopes.organisation_ids) or actor.may("work.board", place_path=place.path)


def board_place(request: HttpRequest, place_id: int) -> tuple[PlaceRow, PlaceSnapshot, Catalogue]:
    """The place whose board the actor may see; hidden otherwise, whether it exists or not."""
    actor = actor_on(request)
    require_somewhere(actor, "work.board")
    versions = registry_versions()
    places = place_snapshot(versions)
    place = places.get(place_id)
    if place is None:
        raise ObjectHidden("work.board")
    if not _may_board(actor, place):
        refuse(actor, "work.board", place_path=place.path, hidden=True)
    return place, places, catalogue(versions)


@staff
@require_safe
def board_home(request: HttpRequest) -> HttpResponse:
    """The board of the widest place that is the actor's."""
    actor = actor_on(request)
    require_somewhere(actor, "work.board")
    place_id = home_place(actor, place_snapshot(registry_versions()))
    if place_id is None:
        raise Http404
    wall = "?wall=1" if request.GET.get("wall") == "1" else ""
    return redirect(reverse("desk:board", args=[place_id]) + wall)


def tiles(found: Board) -> list[dict[str, Any]]:
    """The tiles, each with the list it counts."""
    tones = {"overdue": "red", "today": "amber"}
    return [
        {
            "code": code, "number": number, "label": FIGURES[code].label.text(language()),
            "url": list_url(figure=code, place=found.place.id), "tone": tones.get(code, "") if number else "",
        }
        for code, number in found.tiles.items()
    ]  # fmt: skip


def rates(found: Board) -> list[dict[str, Any]]:
    """The rates with numerator, denominator and what was left out, each with its list."""
    place = found.place.id

    def part(code: str) -> dict[str, Any]:
        label = FIGURES[code].label.text(language())
        return {"number": found.rates[code], "label": label, "url": list_url(figure=code, place=place)}

    on_time, solved = found.on_time.share, found.solved.share
    return [
        {
            "label": _("近30天按时率"), "share": on_time, "percent": percent(on_time), "numerator": part("on_time_30"),
            "denominator": part("counted_30"), "others": [part("late_30"), part("excluded_30"), part("unpromised_30")],
            "rule": _("按时办结 ÷ 有时限且没有剔除的办结。按答复提交的时间算。"),
        },
        {
            "label": _("近30天满意率"), "share": solved, "percent": percent(solved), "numerator": part("satisfied_30"),
            "denominator": part("rated_30"), "others": [], "rule": _("评价基本满意及以上 ÷ 已评价。未评价的不计。"),
        },
    ]  # fmt: skip


def table_names() -> dict[str, str]:
    """What each table of a board is called, on the page and as a sheet."""
    return {
        "figures": _("指标"), "parts": _("各网格未办结"), "trend": _("近30天登记和办结"),
        "categories": _("在办最多的类别"),
    }  # fmt: skip


def percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"


def parts_of(found: Board) -> list[dict[str, Any]]:
    """The rows of the map and its table: grids of a street, else the places right below."""
    return found.grids or found.parts


def classes(parts: Sequence[dict[str, Any]]) -> list[tuple[int, str]]:
    """The five classes of the map with their range: nothing, then equal shares of the places that have anything.

    The map draws by the same rule (`classBounds` in frontend/src/lib/layers.ts).
    """
    some = sorted(part["open"] for part in parts if part["open"])
    if not some:
        return []
    bounds = [1]
    for number, part in ((1, 0.25), (2, 0.5), (3, 0.75)):
        share = some[min(len(some) - 1, int(len(some) * part))]
        bounds.append(max(share + number, bounds[-1] + 1))
    spans = [(1, "0")]
    for number, low in enumerate(bounds):
        if low > some[-1]:
            break
        high = bounds[number + 1] - 1 if number + 1 < len(bounds) else some[-1]
        spans.append((number + 2, str(low) if low >= high else f"{low}–{high}"))
    return spans


@staff
@require_safe
def board_page(request: HttpRequest, place_id: int) -> HttpResponse:
    """Open, overdue, due today, closed; rates; per grid on a map; thirty days."""
    place, places, terms = board_place(request, place_id)
    actor = actor_on(request)
    found = board(actor, place, places)
    parts = parts_of(found)
    shown = sorted(parts, key=lambda part: (-part["overdue"], -part["open"]))
    context = {
        "place": place,
        "wall": request.GET.get("wall") == "1",
        "name": places.full_name(place.id),
        "crumbs": [up for up in places.ancestors(place.id) if _may_board(actor, up)],
        "tiles": tiles(found),
        "rates": rates(found),
        "parts": [_part_row(part) for part in shown[:PARTS_SHOWN]],
        "parts_rest": [_part_row(part) for part in shown[PARTS_SHOWN:]],
        "below": [part["place"] for part in found.parts if part["place"].kind != "grid"],
        "classes": classes(parts),
        "trend": [_trend_row(day, place.id) for day in reversed(found.trend)],
        "chart": trend_chart(found),
        "categories": [_category_row(row, terms, place.id) for row in found.categories],
        "may_export": actor.may_somewhere("work.export"),
        "now": timezone.now(),
    }
    return render(request, "desk/board.html", context)


def _part_row(part: dict[str, Any]) -> dict[str, Any]:
    row: PlaceRow = part["place"]
    return {
        "place": row, "open": part["open"], "overdue": part["overdue"], "board": reverse("desk:board", args=[row.id]),
        "open_url": list_url(figure="open", place=row.id), "overdue_url": list_url(figure="overdue", place=row.id),
    }  # fmt: skip


def _trend_row(day: dict[str, Any], place_id: int) -> dict[str, Any]:
    on = day["day"].isoformat()
    return {
        **day,
        "received_url": list_url(figure="received_on", day=on, place=place_id),
        "closed_url": list_url(figure="closed_on", day=on, place=place_id),
    }


def _category_row(row: dict[str, Any], terms: Catalogue, place_id: int) -> dict[str, Any]:
    category = terms.categories.get(row["category_id"])
    # What stands in a category counts there alone, so its list leaves out those below.
    where = {"category": row["category_id"], "alone": 1, "place": place_id}
    return {
        "name": category.label(language()) if category else str(row["category_id"]),
        "open": row["open"], "overdue": row["overdue"],
        "open_url": list_url(figure="open", **where), "overdue_url": list_url(figure="overdue", **where),
    }  # fmt: skip


def trend_chart(found: Board) -> str:
    """What board.ts draws: received and closed by day, zero-based, labelled."""
    chart = {
        "kind": "line",
        "names": [day["day"].strftime("%m-%d") for day in found.trend],
        "series": [
            {"name": _("登记"), "values": [day["received"] for day in found.trend]},
            {"name": _("办结"), "values": [day["closed"] for day in found.trend]},
        ],
    }
    # The text stands inside a script element: nothing in it may look like markup.
    return json.dumps(chart, ensure_ascii=False).replace("<", "\\u003c").replace("&", "\\u0026")


@staff
@require_safe
def parts_json(request: HttpRequest, place_id: int) -> HttpResponse:
    """The shapes of the places below with their open counts, for the map's five classes."""
    place, places, _terms = board_place(request, place_id)
    parts = {part["place"].id: part for part in parts_of(board(actor_on(request), place, places))}
    kinds = (*sorted({part["place"].kind for part in parts.values()}), "road") if parts else ("grid", "road")
    counts = {number: part["open"] for number, part in parts.items()}
    drawn = collection(places, MapRequest(place.id, kinds), counts)
    features = []
    for feature in drawn["features"]:
        part = parts.get(feature["id"])
        more = {"overdue": part["overdue"], "url": list_url(figure="open", place=feature["id"])} if part else {}
        features.append({**feature, "properties": {**feature["properties"], **more}})
    text = json.dumps({**drawn, "features": features}, ensure_ascii=False)
    return HttpResponse(text, content_type="application/geo+json; charset=utf-8")


@staff
@require_safe
def download(request: HttpRequest, place_id: int, table: str, form: str) -> HttpResponse:
    """A table of the board as XLSX or CSV, or all of them as one XLSX (`board.xlsx`), for who may export."""
    actor = actor_on(request)
    require_somewhere(actor, "work.export")
    if table not in (*TABLES, WHOLE) or form not in ("xlsx", "csv") or (table == WHOLE and form != "xlsx"):
        raise Http404
    place, places, terms = board_place(request, place_id)
    found = board(actor, place, places)
    chosen = TABLES if table == WHOLE else (table,)
    tables = [(table_names()[name], table_of(found, terms, name)) for name in chosen]
    content = as_xlsx(tables, places.full_name(place.id)) if form == "xlsx" else as_csv(tables[0][1])
    response = HttpResponse(content, content_type=SHEET if form == "xlsx" else "text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="board-{place.code or place.id}-{table}.{form}"'
    return response


def table_of(found: Board, terms: Catalogue, table: str) -> list[list[Any]]:
    """A table of the board with its header row: the numbers that the page shows."""
    if table == "figures":
        return [[_("指标"), _("数值"), _("分子"), _("分母"), _("口径")], *_figure_rows(found)]
    if table == "parts":
        head = [_("代码"), _("名称"), _("未办结"), _("已超期")]
        return [head, *[[p["place"].code, p["place"].name, p["open"], p["overdue"]] for p in parts_of(found)]]
    if table == "trend":
        return [[_("日期"), _("登记"), _("办结")], *[[d["day"], d["received"], d["closed"]] for d in found.trend]]
    rows = [_category_row(row, terms, found.place.id) for row in found.categories]
    return [[_("类别"), _("未办结"), _("已超期")], *[[row["name"], row["open"], row["overdue"]] for row in rows]]


def _figure_rows(found: Board) -> list[list[Any]]:
    rows: list[list[Any]] = [[tile["label"], tile["number"], None, None, None] for tile in tiles(found)]
    for rate in rates(found):
        above, below = rate["numerator"], rate["denominator"]
        rows.append([rate["label"], rate["share"], above["number"], below["number"], rate["rule"]])
        rows += [[part["label"], part["number"], None, None, None] for part in (above, below, *rate["others"])]
    return rows
