"""Staff pages of the shop: receipts, donations, stock-taking."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.people.access import Actor
from linli.people.gates import actor_on, staff_page
from linli.shop import forms, rules, stock_services
from linli.shop import staff_selectors as selectors
from linli.shop.forms import donation_choices, labelled, supply_choices
from linli.shop.models import Good, Supply
from linli.shop.pages import language, number_in, yuan
from linli.shop.pages_staff import SHOP_KINDS, form_page, new_key, places_offered, refuse_form
from linli.shop.stock_services import MANAGE, Given, Incoming
from linli.work.engine import StepRefused


def _page_in(request: HttpRequest) -> int:
    return max(1, min(number_in(request.GET.get("page", "")) or 1, 1000))


@staff_page(selectors.VIEW)
@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    """What came to the counters, the latest first. ≤ 4 statements."""
    actor, page = actor_on(request), _page_in(request)
    rows = selectors.receipts(actor, page=page, good_id=number_in(request.GET.get("good", "")))
    lines = [
        {"row": row, "kind": rules.RECEIPTS[row.kind].text(language()), "cost": yuan(row.cost_fen or 0)}
        for row in rows[: selectors.PAGE]
    ]
    more = len(rows) > selectors.PAGE
    context = {
        "active": "receipts", "lines": lines, "page": page, "has_more": more, "many": more or page > 1,
        "may_manage": actor.may_somewhere(MANAGE),
    }  # fmt: skip
    return render(request, "shop/staff_receipts.html", context)


@staff_page(MANAGE)
@require_http_methods(["GET", "POST"])
def receipt_new(request: HttpRequest) -> HttpResponse:
    """Book pieces into a counter, or open a slot of a service."""
    actor = actor_on(request)
    choices: dict[str, Any] = {
        "good": [(row.pk, row.name) for row in selectors.goods(actor).order_by("name")[: selectors.ROWS_MAX]],
        "counter": [(row.pk, row.name) for row in selectors.counters(actor).filter(active=True)],
        "kind": labelled(rules.RECEIPTS, language()), "donation": donation_choices(selectors.donations(actor)[:200]),
        "moved_from": supply_choices(selectors.stock(actor)),
    }  # fmt: skip
    initial = {
        "key": new_key(), "received_on": timezone.localdate().isoformat(), "good": request.GET.get("good", ""),
        "counter": request.GET.get("counter", ""), "kind": "bought",
    }  # fmt: skip
    form = forms.ReceiptForm(request.POST or None, initial=initial, choices=choices)
    if request.method == "POST" and form.is_valid():
        try:
            row = stock_services.take_in(actor, _incoming(form), key=form.cleaned_data["key"])
        except StepRefused as problem:
            refuse_form(form, problem)
        else:
            told = _("已入库：%(good)s %(n)d %(unit)s。")
            good = row.supply.good
            messages.success(request, told % {"good": good.name, "n": row.quantity, "unit": good.unit})
            return redirect("shop:staff-stock")
    status = 422 if request.method == "POST" else 200
    return form_page(request, form, _("入库"), active="receipts", status=status)


def _incoming(form: forms.ReceiptForm) -> Incoming:
    data = form.cleaned_data
    kind = data["kind"]
    return Incoming(
        int(data["good"]), int(data["counter"]), data["quantity"], kind, data["received_on"], data["slip"],
        form.number("donation") if kind == "donated" else None, form.number("moved_from") if kind == "moved" else None,
        form.fen, form.slot,
    )  # fmt: skip


@staff_page(selectors.VIEW)
@require_safe
def donations(request: HttpRequest) -> HttpResponse:
    """Donations with their slips and what was booked in of them. ≤ 3 statements."""
    actor = actor_on(request)
    rows = list(selectors.donations(actor)[: selectors.ROWS_MAX])
    context = {
        "active": "donations", "may_manage": actor.may_somewhere(MANAGE),
        "lines": [{"row": row, "yuan": yuan(row.amount_fen) if row.amount_fen else ""} for row in rows],
    }  # fmt: skip
    return render(request, "shop/staff_donations.html", context)


@staff_page(MANAGE)
@require_http_methods(["GET", "POST"])
def donation_new(request: HttpRequest) -> HttpResponse:
    """Enter a donation from its slip."""
    actor = actor_on(request)
    initial = {"key": new_key(), "received_on": timezone.localdate().isoformat()}
    choices: dict[str, Any] = {"place": places_offered(actor, SHOP_KINDS)}
    form = forms.DonationForm(request.POST or None, initial=initial, choices=choices)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        given = Given(
            int(data["place"]), data["kind"], data["donor"], data["what"], data["slip"], data["received_on"],
            data["organisation"], data["named"], form.fen,
        )  # fmt: skip
        try:
            stock_services.give(actor, given, key=data["key"])
        except StepRefused as problem:
            refuse_form(form, problem)
        else:
            messages.success(request, _("已登记，并已公示。"))
            return redirect("shop:staff-donations")
    status = 422 if request.method == "POST" else 200
    return form_page(request, form, _("登记捐赠"), active="donations", status=status)


def _stocktake_states() -> dict[str, str]:
    return {"waiting": _("等另一人复核"), "booked": _("已入账"), "refused": _("要重新盘点")}


@staff_page(selectors.VIEW)
@require_safe
def stocktakes(request: HttpRequest) -> HttpResponse:
    """Counts, those that wait for a second person first. ≤ 4 statements."""
    actor, words = actor_on(request), _stocktake_states()
    context = {
        "active": "stocktakes", "may_manage": actor.may_somewhere(MANAGE), "counters": list(selectors.counters(actor)),
        "lines": [{"row": row, "word": words[row.state]} for row in selectors.stocktakes(actor)],
    }  # fmt: skip
    return render(request, "shop/staff_stocktakes.html", context)


@staff_page(MANAGE)
@require_http_methods(["GET", "POST"])
def stocktake_new(request: HttpRequest, counter_id: int) -> HttpResponse:
    """Count a counter: one line for each good, prefilled with nothing, so that it is really counted."""
    actor = actor_on(request)
    counter = selectors.counter(actor, counter_id)
    rows = [row for row in selectors.stock(actor, counter_id=counter_id) if row.good.kind == Good.GOODS]
    problem: StepRefused | None = None
    if request.method == "POST":
        try:
            made = _count(request, actor, counter_id, rows)
        except StepRefused as refusal:
            problem = refusal
        else:
            messages.success(request, _stocktake_states()[made.state])
            return redirect("shop:staff-stocktake", stocktake_id=made.pk)
    sent = request.POST
    lines = [
        {"row": row, "count": sent.get(f"count_{row.pk}", ""), "reason": sent.get(f"reason_{row.pk}", ""),
         "wrong": problem is not None and problem.field in (f"count_{row.pk}", f"reason_{row.pk}")}
        for row in rows
    ]  # fmt: skip
    context = {
        "active": "stocktakes", "counter": counter, "lines": lines, "problem": problem,
        "key": request.POST.get("key") or new_key(), "reasons": labelled(rules.REASONS, language()),
    }  # fmt: skip
    return render(request, "shop/staff_count.html", context, status=problem.status if problem else 200)


def _count(request: HttpRequest, actor: Actor, counter_id: int, rows: list[Supply]) -> Any:
    counts: dict[int, tuple[int, str]] = {}
    for row in rows:
        found = number_in(request.POST.get(f"count_{row.pk}", "").strip())
        if found is None:
            raise stock_services.field_refused(
                f"count_{row.pk}", f"请填写{row.good.name}的数量。", f"Give the count of {row.good.name}."
            )
        counts[row.pk] = (found, request.POST.get(f"reason_{row.pk}", ""))
    return stock_services.count_stock(actor, counter_id, counts, key=request.POST.get("key", ""))


@staff_page(selectors.VIEW)
@require_http_methods(["GET", "POST"])
def stocktake(request: HttpRequest, stocktake_id: int) -> HttpResponse:
    """One count; the second person confirms its differences or sends it back."""
    actor = actor_on(request)
    row, lines = selectors.stocktake(actor, stocktake_id)
    problem: StepRefused | None = None
    if request.method == "POST":
        try:
            stock_services.decide_count(actor, stocktake_id, request.POST.get("agree") == "yes")
        except StepRefused as refusal:
            problem = refusal
        else:
            return redirect("shop:staff-stocktake", stocktake_id=stocktake_id)
    context = {
        "active": "stocktakes", "row": row, "word": _stocktake_states()[row.state], "problem": problem,
        "lines": [
            {"row": line, "difference": line.counted - line.booked,
             "reason": rules.REASONS[line.reason].text(language()) if line.reason in rules.REASONS else ""}
            for line in lines
        ],
        "may_decide": row.state == "waiting" and actor.may(MANAGE, place_path=str(row.counter.place.path)),
        "own": row.counted_by_id == actor.person_id,
    }  # fmt: skip
    return render(request, "shop/staff_stocktake.html", context, status=problem.status if problem else 200)


def month_in(text: str) -> date | None:
    """2026-11 → its first day; None for anything else."""
    try:
        return date.fromisoformat(f"{text[:7]}-01")
    except ValueError:
        return None
