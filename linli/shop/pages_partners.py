"""Staff pages of the shop: partners, settlements, reports and the lists of orders behind their figures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.people.gates import actor_on, staff_page
from linli.shop import forms, goods_services, paper_services, rules, services, sheets
from linli.shop import staff_selectors as selectors
from linli.shop.forms import labelled
from linli.shop.goods_services import PartnerWanted
from linli.shop.models import Order, Settlement
from linli.shop.pages import language, number_in, order_line, private
from linli.shop.pages_books import month_in
from linli.shop.pages_staff import SHOP_KINDS, form_page, places_offered, refuse_form, taken_photo
from linli.shop.selectors import masked_name
from linli.shop.stock_services import MANAGE
from linli.work import storage
from linli.work.engine import StepRefused
from linli.work.refused import FileRefused

ORDERS_PAGE = 50


@staff_page(selectors.VIEW)
@require_safe
def partners(request: HttpRequest) -> HttpResponse:
    """Merchants and givers of services. ≤ 3 statements."""
    actor = actor_on(request)
    rows = [
        {"row": row, "kind": rules.PARTNERS[row.kind].text(language())}
        for row in selectors.partners(actor)[: selectors.ROWS_MAX]
    ]
    context = {"active": "partners", "lines": rows, "may_manage": actor.may_somewhere(MANAGE)}
    return render(request, "shop/staff_partners.html", context)


@staff_page(MANAGE)
@require_http_methods(["GET", "POST"])
def partner_new(request: HttpRequest) -> HttpResponse:
    """A new partner."""
    return _edit_partner(request, None)


@staff_page(selectors.VIEW)
@require_http_methods(["GET", "POST"])
def partner(request: HttpRequest, partner_id: int) -> HttpResponse:
    """One partner: what was handed over each month, settled or not."""
    return _edit_partner(request, partner_id)


def _edit_partner(request: HttpRequest, partner_id: int | None) -> HttpResponse:
    actor = actor_on(request)
    row = selectors.partner(actor, partner_id) if partner_id is not None else None
    choices: dict[str, Any] = {
        "kind": labelled(rules.PARTNERS, language()), "place": places_offered(actor, SHOP_KINDS)
    }  # fmt: skip
    initial = forms.PartnerForm.initial_of(row) if row else {"since": timezone.localdate().isoformat()}
    form = forms.PartnerForm(request.POST or None, initial=initial, choices=choices)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        wanted = PartnerWanted(
            int(data["place"]), data["kind"], data["name"], data["since"], data["until"], data["agreement_number"]
        )  # fmt: skip
        try:
            saved = goods_services.save_partner(actor, wanted, partner_id)
        except StepRefused as problem:
            refuse_form(form, problem)
        else:
            messages.success(request, _("已保存。"))
            return redirect("shop:staff-partner", partner_id=saved.pk)
    status = 422 if request.method == "POST" else 200
    months: list[dict[str, Any]] = []
    if row is not None:
        known = {entry.month: entry for entry in Settlement.objects.filter(partner=row)}
        today = timezone.localdate()
        months = [
            entry | {"settlement": known.get(entry["month"]), "over": rules.month_after(entry["month"]) <= today}
            for entry in selectors.months_of(row)
        ]
    context = {
        "partner": row, "months": months,
        "may_manage": actor.may(MANAGE, place_path=str(row.place.path)) if row else True,
    }  # fmt: skip
    title = row.name if row else _("新增合作商户")
    return form_page(request, form, title, active="partners", status=status, **context)


@staff_page(MANAGE)
@require_POST
def settle(request: HttpRequest, partner_id: int) -> HttpResponse:
    """Freeze what a partner handed over in a month."""
    month = month_in(request.POST.get("month", ""))
    if month is None:
        raise Http404
    try:
        made = paper_services.settle(actor_on(request), partner_id, month)
    except StepRefused as problem:
        messages.error(request, problem.label.text(language()))
        return redirect("shop:staff-partner", partner_id=partner_id)
    return redirect("shop:staff-settlement", settlement_id=made.pk)


@staff_page(selectors.VIEW)
@require_http_methods(["GET", "POST"])
def settlement(request: HttpRequest, settlement_id: int) -> HttpResponse:
    """One settlement, as PDF and XLSX too; the signed paper comes back here."""
    actor = actor_on(request)
    row, lines = selectors.settlement(actor, settlement_id)
    may = actor.may(MANAGE, place_path=str(row.partner.place.path))
    form = forms.SignedForm(
        request.POST or None, request.FILES or None, initial={"signed_on": timezone.localdate().isoformat()}
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            token = taken_photo(request, "scan")
            paper_services.take_signed(actor, settlement_id, token, form.cleaned_data["signed_on"])
        except (StepRefused, FileRefused) as problem:
            refuse_form(form, problem, "scan")
        else:
            messages.success(request, _("已保存签字件。"))
            return redirect("shop:staff-settlement", settlement_id=settlement_id)
    context = {"active": "partners", "row": row, "lines": lines, "form": form, "may_manage": may}
    status = 422 if request.method == "POST" else 200
    return render(request, "shop/staff_settlement.html", context, status=status)


@staff_page(selectors.VIEW)
@require_safe
def settlement_file(request: HttpRequest, settlement_id: int, kind: str) -> HttpResponse:
    """The settlement as a file: pdf, xlsx, or the signed scan."""
    row, lines = selectors.settlement(actor_on(request), settlement_id)
    name = f"settlement-{row.pk}-{row.month:%Y-%m}"
    if kind == "pdf":
        response = HttpResponse(sheets.settlement_pdf(row, lines), content_type=sheets.PDF)
    elif kind == "xlsx":
        response = HttpResponse(sheets.settlement_xlsx(row, lines), content_type=sheets.XLSX)
    elif kind == "scan" and row.scan is not None and row.scan.removed_at is None:
        response = HttpResponse(storage.read(row.scan.sha256, row.scan.media_type), content_type=row.scan.media_type)
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    else:
        raise Http404
    suffix = "jpg" if kind == "scan" else kind
    disposition = "inline" if kind == "scan" else "attachment"
    response["Content-Disposition"] = f'{disposition}; filename="{name}.{suffix}"'
    response["X-Content-Type-Options"] = "nosniff"
    return private(response)


@staff_page(selectors.VIEW)
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """What was handed over in a month by good and counter; `?as=xlsx` as a table. ≤ 5 statements."""
    actor = actor_on(request)
    month = month_in(request.GET.get("month", "")) or timezone.localdate().replace(day=1)
    rows = selectors.redeemed(actor, month)
    if request.GET.get("as") == "xlsx":
        response = HttpResponse(sheets.report_xlsx(month, rows), content_type=sheets.XLSX)
        response["Content-Disposition"] = f'attachment; filename="shop-{month:%Y-%m}.xlsx"'
        return private(response)
    base = f"{reverse('shop:staff-orders')}?state=collected&month={month:%Y-%m}"
    context = {
        "active": "reports", "month": month, "before": (month - timedelta(days=1)).replace(day=1),
        "after": rules.month_after(month) if rules.month_after(month) <= timezone.localdate() else None,
        "lines": [{**row, "url": f"{base}&good={row['good_id']}&counter={row['counter_id']}"} for row in rows],
        **selectors.redeemed_sums(actor, month), "url": base,
    }  # fmt: skip
    return render(request, "shop/staff_reports.html", context)


@staff_page(selectors.VIEW)
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """The orders behind a figure, names masked, in order of time only. ≤ 6 statements."""
    actor, asked = actor_on(request), request.GET
    state = asked.get("state", "")
    rows = selectors.orders(
        actor, state=state if state in rules.STATES else "", good_id=number_in(asked.get("good", "")),
        counter_id=number_in(asked.get("counter", "")), month=month_in(asked.get("month", "")),
    )  # fmt: skip
    page = max(1, min(number_in(asked.get("page", "")) or 1, 1000))
    start = (page - 1) * ORDERS_PAGE
    found = list(rows[start : start + ORDERS_PAGE + 1])
    shown = found[:ORDERS_PAGE]
    context = {
        "active": "reports", "states": labelled(rules.STATES, language()), "state": state, "page": page,
        "has_more": len(found) > ORDERS_PAGE, "many": len(found) > ORDERS_PAGE or page > 1, "total": rows.count(),
        "lines": [
            {"row": row, "word": rules.STATES[row.state].text(language()), "name": masked_name(row)} for row in shown
        ],
        "query": {name: asked.get(name, "") for name in ("good", "counter", "month") if asked.get(name)},
    }  # fmt: skip
    return private(render(request, "shop/staff_orders.html", context))


@staff_page(selectors.VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order, name masked: how it ended, or call it off when the shop cannot deliver. ≤ 5 statements to look."""
    actor = actor_on(request)
    row = selectors.order(actor, order_id)
    problem: StepRefused | None = None
    if request.method == "POST":
        try:
            services.call_off(actor, row.pk, request.POST.get("reason", ""))
        except StepRefused as refusal:
            problem, row = refusal, selectors.order(actor, order_id)
        else:
            messages.success(request, _("已取消，积分已退回，已告知本人。"))
            return redirect("shop:staff-order", order_id=row.pk)
    context = {
        **order_line(row), "active": "reports", "name": masked_name(row), "problem": problem,
        "reasons": labelled(rules.CALLED_OFF, language()), "chosen": request.POST.get("reason", ""),
        "may_call_off": row.state == Order.RESERVED and actor.may(MANAGE, place_path=str(row.counter.place.path)),
    }  # fmt: skip
    return private(render(request, "shop/staff_order.html", context, status=problem.status if problem else 200))
