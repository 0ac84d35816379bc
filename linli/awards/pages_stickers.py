"""Little red flowers on the desk: sheets with their numbers, printing, handing out, and what was taken; no ranking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.awards import sticker_selectors as selectors
from linli.awards import sticker_services as services
from linli.awards.models import StickerMove, StickerSheet
from linli.awards.sticker_points import committed
from linli.awards.sticker_rules import STATES, runs
from linli.awards.sticker_selectors import PAGE, StickerFilters
from linli.awards.sticker_services import COUNT_MAX, PERMISSION, POINTS_MAX, THEME_MAX, Wanted
from linli.kernel.labels import Label
from linli.kernel.numbers import whole_number
from linli.people.access import Actor
from linli.people.errors import PeopleProblem
from linli.people.gates import actor_on, staff_page
from linli.people.selectors import find_staff
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, place_snapshot
from linli.work.engine import StepRefused
from linli.work.services import new_key

PLACES_OFFERED, DAYS = 200, 30
MOVES: dict[str, Label] = {
    "printed": Label("打印", "Printed"), "taken": Label("领取", "Taken"), "returned": Label("交回", "Brought back"),
    "lost": Label("遗失作废", "Lost, made void"), "damaged": Label("损坏作废", "Damaged, made void"),
    "ended": Label("整版结束", "Sheet ended"),
}  # fmt: skip


def _tongue() -> str:
    return get_language() or "zh-hans"


def _state(row: Mapping[str, Any]) -> tuple[str, str]:
    """A sheet's state: word and colour."""
    today = timezone.localdate()
    if row["ended_at"] is not None:
        return _("已结束"), ""
    if row["valid_until"] < today:
        return _("已过期"), ""
    if row["printed_at"] is None:
        return _("待打印"), "amber"
    return (_("未开始"), "blue") if row["valid_from"] > today else (_("使用中"), "accent")


@staff_page(PERMISSION)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """`/desk/points/flowers/`: sheets, and by theme what was given out and taken (≤ 6 statements)."""
    actor = actor_on(request)
    filters = StickerFilters.of({"page": request.GET.get("page", "")})
    rows = selectors.sheets(actor, page=filters.page)
    shown = [row | {"state": _state(row)} for row in rows[:PAGE]]
    months, themes = selectors.by_theme(actor)
    for line in themes:
        line["links"] = {name: StickerFilters(theme=line["theme"], state=name).query() for name in STATES}
        line["all_link"] = StickerFilters(theme=line["theme"]).query()
        taken = StickerFilters(theme=line["theme"], state="redeemed")
        line["months"] = [
            (month, line["cells"].get(month, 0), taken.query(month=month)) for month in months
        ]  # fmt: skip
    total = selectors.totals(actor)
    context = {
        "rows": shown, "page": filters.page, "has_more": len(rows) > PAGE, "months": months, "themes": themes,
        "tiles": [
            (total[name], STATES[name].text(_tongue()), StickerFilters(state=name).query())
            for name in ("drawer", "out", "kept", "redeemed", "void")
        ],
        "points": total["points"], "any": bool(total["all"]),
    }  # fmt: skip
    return render(request, "awards/desk_flowers.html", context)


@staff_page(PERMISSION)
@require_safe
def stickers(request: HttpRequest) -> HttpResponse:
    """The list behind a number: single stickers by sheet, theme, state or month; no names of who took them."""
    actor, filters = actor_on(request), StickerFilters.of(request.GET)
    rows, total = selectors.stickers(actor, filters), selectors.totals(actor, filters)["all"]
    for row in rows:
        row["word"] = STATES[row["state"]].text(_tongue())
        row["when"] = row["redeemed_at"] or row["claimed_at"] or row["voided_at"]
    context = {
        "rows": rows, "filters": filters, "total": total, "page": filters.page, "has_more": total > filters.page * PAGE,
        "states": [
            (filters.query(state=name, page=1), label.text(_tongue()), name == filters.state)
            for name, label in (("", Label("全部", "All")), *STATES.items())
        ],
    }  # fmt: skip
    return render(request, "awards/desk_stickers.html", context)


# --- making a sheet -------------------------------------------------------------------------------------------------


def _places(actor: Actor) -> list[PlaceRow]:
    places = place_snapshot(registry_versions())
    found: list[PlaceRow] = []
    roots = [places.get(int(path.rpartition(".")[2])) for path in actor.scopes(PERMISSION).place_paths]
    for root in roots:
        if root is None:
            continue
        below = [row for row in places.descendants(root.id) if row.kind in ("street", "community")]
        found += [row for row in (root, *below) if row.kind in services.PLACES]
    return found[:PLACES_OFFERED]


def _whole(text: str) -> int:
    return whole_number(text, digits=15) or 0


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise services.refused("bad_day", "请填写日期。", "Enter the date.", field) from error


@staff_page(PERMISSION)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new sheet: theme, place, how many, until when; points by the street's rule where it has one."""
    actor, refusal = actor_on(request), None
    if request.method == "POST":
        try:
            row = services.make_sheet(actor, _wanted(request), key=request.POST.get("key") or new_key())
        except StepRefused as error:
            refusal = error
        else:
            messages.success(request, _("小红花已建好，请打印。"))
            return redirect("awards:sheet", sheet_id=row.pk)
    return _new_page(request, actor, refusal)


def _wanted(request: HttpRequest) -> Wanted:
    sent = request.POST
    rule = _whole(sent.get("rule", "")) or None
    return Wanted(
        _whole(sent.get("place", "")), sent.get("theme", "").replace("\x00", ""), _whole(sent.get("count", "")),
        _day(sent.get("valid_from", ""), "valid_from"), _day(sent.get("valid_until", ""), "valid_until"),
        1 if rule else _whole(sent.get("points", "")), rule,
    )  # fmt: skip


def _new_page(request: HttpRequest, actor: Actor, refusal: StepRefused | None) -> HttpResponse:
    today, typed = timezone.localdate(), request.POST
    places, snapshot = _places(actor), place_snapshot(registry_versions())
    chosen = _whole(typed.get("place", "")) or (places[0].id if len(places) == 1 else 0)
    streets = {row.id: row for place in places if (row := snapshot.ancestor_of_kind(place.id, "street")) is not None}
    rules = [
        (rule.pk, f"{streets[street].name}：{rule.title}" if len(streets) > 1 else rule.title, rule.points)
        for street in streets for rule in services.sticker_rules_of(street, today)
    ] if len(streets) <= 20 else []  # fmt: skip
    context = {
        "places": places, "chosen": chosen, "rules": rules, "typed": typed, "key": new_key(),
        "problem": refusal.label.text(_tongue()) if refusal else "", "field": refusal.field if refusal else "",
        "since": typed.get("valid_from") or today.isoformat(),
        "until": typed.get("valid_until") or (today + timedelta(days=DAYS)).isoformat(),
        "count_max": COUNT_MAX, "points_max": POINTS_MAX, "theme_max": THEME_MAX,
    }  # fmt: skip
    return render(request, "awards/desk_flower_new.html", context, status=refusal.status if refusal else 200)


# --- one sheet ------------------------------------------------------------------------------------------------------


@staff_page(PERMISSION)
@require_safe
def sheet(request: HttpRequest, sheet_id: int) -> HttpResponse:
    """One sheet: where its stickers are, who carries which numbers, the book of what came and went."""
    actor = actor_on(request)
    return _sheet_page(request, actor, selectors.sheet_for(actor, sheet_id))


def _sheet_page(
    request: HttpRequest, actor: Actor, row: StickerSheet, problem: StepRefused | PeopleProblem | None = None
) -> HttpResponse:
    filters, today = StickerFilters(sheet=row.pk), timezone.localdate()
    total, free = selectors.totals(actor, filters), selectors.next_free(row)
    spent, budget = total["redeemed"] * row.points, row.count * row.points
    waiting = total["kept"] * row.points if today <= row.claims_until else 0
    live = (total["drawer"] + total["out"]) * row.points if today <= row.valid_until else 0
    context: dict[str, Any] = {
        "sheet": row, "state": _state(vars(row)), "free": free, "typed": request.POST,
        "tiles": [(total[name], STATES[name].text(_tongue()), filters.query(state=name)) for name in STATES],
        "budget": {"all": budget, "spent": spent, "open": waiting + live, "back": budget - spent - waiting - live},
        "street_committed": committed(row.street_id), "in_drawer": total["drawer"],
        "carried": [entry | {"numbers": runs(entry["numbers"])} for entry in selectors.carried(row)],
        "moves": [(move, MOVES[move.kind].text(_tongue())) for move in selectors.moves(row)],
        "usable": row.ended_at is None and row.valid_until >= today,
        "problem": _words(problem), "field": problem.field if problem else "",
    }  # fmt: skip
    return render(request, "awards/desk_flower.html", context, status=problem.status if problem else 200)


def _words(problem: StepRefused | PeopleProblem | None) -> str:
    if problem is None:
        return ""
    return problem.text if isinstance(problem, PeopleProblem) else problem.label.text(_tongue())


@staff_page(PERMISSION)
@require_POST
def print_it(request: HttpRequest, sheet_id: int) -> HttpResponse:
    """The PDF of what is in the drawer, with codes drawn now; an older printing of these is worth nothing then."""
    actor = actor_on(request)
    try:
        pdf = services.print_sheet(actor, sheet_id, _whole(request.POST.get("printings", "")))
    except StepRefused as refusal:
        return _sheet_page(request, actor, selectors.sheet_for(actor, sheet_id), refusal)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="flowers-{sheet_id}.pdf"'
    response["Cache-Control"] = "no-store, private"
    return response


@staff_page(PERMISSION)
@require_POST
def move(request: HttpRequest, sheet_id: int) -> HttpResponse:
    """Write down what happened to a run of numbers: taken, brought back, lost or damaged; or that the sheet ends."""
    actor = actor_on(request)
    row = selectors.sheet_for(actor, sheet_id)
    try:
        done = _moved(request, actor, row)
    except (StepRefused, PeopleProblem) as problem:
        return _sheet_page(request, actor, row, problem)
    messages.success(request, done)
    return redirect("awards:sheet", sheet_id=sheet_id)


def _moved(request: HttpRequest, actor: Actor, row: StickerSheet) -> str:
    sent, kind = request.POST, request.POST.get("kind", "")
    if kind == StickerMove.Kind.ENDED:
        services.end_sheet(actor, row.pk)
        return _("这一版已结束，没送出的额度已退回。")
    first = _whole(sent.get("first", ""))
    last = _whole(sent.get("last", "")) or first
    if kind == StickerMove.Kind.TAKEN:
        holder = find_staff(sent.get("holder", ""), actor)
        count = services.hand_out(actor, row.pk, holder.pk, first, last)
        words = ngettext("%(name)s领取 %(n)d 枚。", "%(name)s领取 %(n)d 枚。", count)
        return words % {"name": holder.display_name, "n": count}
    if kind == StickerMove.Kind.RETURNED:
        count = services.bring_back(actor, row.pk, first, last)
        return ngettext("交回 %(n)d 枚。", "交回 %(n)d 枚。", count) % {"n": count}
    count = services.make_void(actor, row.pk, first, last, kind)
    return ngettext("作废 %(n)d 枚。", "作废 %(n)d 枚。", count) % {"n": count}
