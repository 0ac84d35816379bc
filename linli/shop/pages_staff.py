"""Staff pages of the shop: overview, goods, counters, stock."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.people.access import Actor
from linli.people.gates import actor_on, staff_page
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.shop import forms, goods_services, rules
from linli.shop import staff_selectors as selectors
from linli.shop.forms import NONE, labelled
from linli.shop.goods_services import CounterWanted, GoodWanted
from linli.shop.models import Order, Stocktake
from linli.shop.pages import language
from linli.shop.stock_services import MANAGE
from linli.work.engine import StepRefused
from linli.work.refused import FileRefused
from linli.work.senders import owner_of
from linli.work.uploads import PHOTO, receive

SHOP_KINDS = ("district", "street")
COUNTER_KINDS = ("district", "street", "community", "grid")
PLACES_MAX = 400


def places_offered(actor: Actor, kinds: tuple[str, ...]) -> list[tuple[int, str]]:
    """Places of these kinds where the actor may manage the shop."""
    places = place_snapshot(registry_versions())
    rows = [row for kind in kinds for row in places.of_kind(kind) if actor.may(MANAGE, place_path=row.path)]
    return [(row.id, places.full_name(row.id, "street") or row.name) for row in rows[:PLACES_MAX]]


def partner_choices(actor: Actor) -> list[tuple[Any, str]]:
    """Partners that may be named."""
    return [NONE, *((row.pk, row.name) for row in selectors.partners(actor)[:PLACES_MAX])]


def taken_photo(request: HttpRequest, name: str) -> str:
    """The upload token of a file of the form; "" when none was chosen."""
    file = request.FILES.get(name)
    return str(receive(file, owner=owner_of(request), kind_hint=PHOTO).token) if file is not None else ""


def refuse_form(form: forms.PlainForm, problem: StepRefused | FileRefused, file_field: str = "") -> None:
    """Put a refusal at its field, or above the form."""
    if isinstance(problem, FileRefused):
        form.add_error(file_field or None, problem.message)
        return
    form.add_error(problem.field if problem.field in form.fields else None, problem.label.text(language()))


def form_page(
    request: HttpRequest, form: forms.PlainForm, title: str, *, active: str, status: int = 200, **more: Any
) -> HttpResponse:
    """A page that is one form."""
    context = {"form": form, "title": title, "active": active, **more}
    return render(request, "shop/staff_form.html", context, status=status)


def new_key() -> str:
    """The key of a new form."""
    return uuid.uuid4().hex


@staff_page(selectors.VIEW)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """`/desk/shop/`: what waits, what ran out, what was handed over by month. ≤ 9 statements."""
    actor = actor_on(request)
    counts = selectors.counted_orders(actor)
    waiting = [row for row in selectors.stocktakes(actor) if row.state == Stocktake.WAITING]
    context = {
        "active": "overview", "counts": counts, "gone": selectors.run_out(actor), "waiting": waiting,
        "months": selectors.months_redeemed(actor)[:6], "counters": counter_lines(actor),
        "may_manage": actor.may_somewhere(MANAGE), "may_counter": actor.may_somewhere("shop.counter"),
    }  # fmt: skip
    return render(request, "shop/staff_overview.html", context)


def counter_lines(actor: Actor) -> list[dict[str, Any]]:
    """Counters with their hours in words."""
    now = timezone.localtime()
    return [
        {"row": row, "hours": rules.hours_text(row.hours, language()), "open": rules.open_at(row.hours, now)}
        for row in selectors.counters(actor)
    ]


@staff_page(selectors.VIEW)
@require_safe
def goods(request: HttpRequest) -> HttpResponse:
    """All goods and services, with how much of each there is. ≤ 5 statements."""
    actor = actor_on(request)
    left = selectors.left_of_goods(actor)
    rows = [
        {"row": row, "left": left.get(row.pk, 0), "kind": rules.KINDS[row.kind].text(language())}
        for row in selectors.goods(actor).order_by("name", "pk")[: selectors.ROWS_MAX]
    ]
    context = {"active": "goods", "rows": rows, "may_manage": actor.may_somewhere(MANAGE)}
    return render(request, "shop/staff_goods.html", context)


def _good_choices(actor: Actor) -> dict[str, Any]:
    return {
        "kind": labelled(rules.KINDS, language()), "limit_period": labelled(rules.PERIODS, language()),
        "place": places_offered(actor, SHOP_KINDS), "partner": partner_choices(actor),
    }  # fmt: skip


@staff_page(MANAGE)
@require_http_methods(["GET", "POST"])
def good_new(request: HttpRequest) -> HttpResponse:
    """A new good or service."""
    return _edit_good(request, None)


@staff_page(selectors.VIEW)
@require_http_methods(["GET", "POST"])
def good(request: HttpRequest, good_id: int) -> HttpResponse:
    """One good: change it, suspend it, see its stock and what became of it."""
    return _edit_good(request, good_id)


def _edit_good(request: HttpRequest, good_id: int | None) -> HttpResponse:
    actor = actor_on(request)
    row = selectors.good(actor, good_id) if good_id is not None else None
    if row is not None and request.POST.get("what") in ("suspend", "resume"):
        return _suspend(request, actor, row.pk)
    initial = forms.GoodForm.initial_of(row) if row else {"limit_period": "month", "days_kept": 7}
    form = forms.GoodForm(request.POST or None, request.FILES or None, initial=initial, choices=_good_choices(actor))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            saved = goods_services.save_good(actor, GoodWanted(
                int(data["place"]), data["name"], data["unit"], data["price"], data["kind"], data["words"],
                data["limit_quantity"], data["limit_period"], data["days_kept"], form.number("partner"),
                taken_photo(request, "photo"),
            ), good_id)  # fmt: skip
        except (StepRefused, FileRefused) as problem:
            refuse_form(form, problem, "photo")
        else:
            messages.success(request, _("已保存。"))
            return redirect("shop:staff-good", good_id=saved.pk)
    status = 422 if request.method == "POST" else 200
    may = actor.may(MANAGE, place_path=str(row.place.path)) if row else True
    context = {
        "good": row, "may_manage": may, "suspend": forms.SuspendForm(),
        "stock": selectors.stock(actor, good_id=good_id) if row else [],
    }  # fmt: skip
    title = row.name if row else _("上架商品或服务")
    return form_page(request, form, title, active="goods", status=status, files=True, **context)


def _suspend(request: HttpRequest, actor: Actor, good_id: int) -> HttpResponse:
    try:
        if request.POST["what"] == "suspend":
            goods_services.suspend(actor, good_id, request.POST.get("reason", ""))
            messages.success(request, _("已暂停，居民不能再预约；已预约的照常领取。"))
        else:
            goods_services.resume(actor, good_id)
            messages.success(request, _("已恢复兑换。"))
    except StepRefused as problem:
        messages.error(request, problem.label.text(language()))
    return redirect("shop:staff-good", good_id=good_id)


@staff_page(selectors.VIEW)
@require_safe
def counters(request: HttpRequest) -> HttpResponse:
    """The counters with places and hours. ≤ 3 statements."""
    actor = actor_on(request)
    context = {"active": "counters", "lines": counter_lines(actor), "may_manage": actor.may_somewhere(MANAGE)}
    return render(request, "shop/staff_counters.html", context)


@staff_page(MANAGE)
@require_http_methods(["GET", "POST"])
def counter_new(request: HttpRequest) -> HttpResponse:
    """A new counter."""
    return _edit_counter(request, None)


@staff_page(selectors.VIEW)
@require_http_methods(["GET", "POST"])
def counter(request: HttpRequest, counter_id: int) -> HttpResponse:
    """One counter: place, hours, who works there, what lies there."""
    return _edit_counter(request, counter_id)


def _edit_counter(request: HttpRequest, counter_id: int | None) -> HttpResponse:
    actor = actor_on(request)
    row = selectors.counter(actor, counter_id) if counter_id is not None else None
    week = forms.weekday_choices(language())
    choices: dict[str, Any] = {
        "place": places_offered(actor, COUNTER_KINDS), "partner": partner_choices(actor), "days": week, "days2": week,
    }  # fmt: skip
    initial = forms.CounterForm.initial_of(row) if row else {"active": True}
    form = forms.CounterForm(request.POST or None, initial=initial, choices=choices)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        wanted = CounterWanted(
            int(data["place"]), data["name"], data["address"], form.hours, form.number("partner"), data["active"]
        )  # fmt: skip
        try:
            saved = goods_services.save_counter(actor, wanted, counter_id)
        except StepRefused as problem:
            refuse_form(form, problem)
        else:
            messages.success(request, _("已保存。"))
            return redirect("shop:staff-counter", counter_id=saved.pk)
    status = 422 if request.method == "POST" else 200
    context = {
        "counter": row, "may_manage": actor.may(MANAGE, place_path=str(row.place.path)) if row else True,
        "staff": selectors.staff_of(row, timezone.localdate()) if row else [],
        "stock": selectors.stock(actor, counter_id=counter_id) if row else [],
    }  # fmt: skip
    title = row.name if row else _("新设兑换台")
    return form_page(request, form, title, active="counters", status=status, **context)


@staff_page(selectors.VIEW)
@require_safe
def stock(request: HttpRequest) -> HttpResponse:
    """What lies at each counter: by the books, reserved, still to be had. ≤ 3 statements."""
    actor = actor_on(request)
    groups: dict[str, list[Any]] = {}
    for row in selectors.stock(actor):
        groups.setdefault(row.counter.name, []).append(row)
    context = {
        "active": "stock", "groups": list(groups.items()), "may_manage": actor.may_somewhere(MANAGE),
        "reserved": Order.RESERVED,
    }  # fmt: skip
    return render(request, "shop/staff_stock.html", context)
