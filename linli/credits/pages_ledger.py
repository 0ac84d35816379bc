"""The ledger on the desk: pools of the actor's streets, a member's account (masked), corrections, budgets, XLSX."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.credits import correcting, ledger, office, words
from linli.credits.correcting import CORRECT, CORRECTABLE, FUND, REASONS, VIEW
from linli.credits.models import Transfer
from linli.credits.office import MemberAccount, PoolLine
from linli.credits.selectors import sentence
from linli.exchange.sheets import SHEET, as_xlsx
from linli.kernel.numbers import whole_number
from linli.people import throttle
from linli.people.access import Actor, ObjectHidden, require
from linli.people.gates import actor_on, staff_page
from linli.people.models import Person
from linli.people.personal import contacts
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceSnapshot, place_snapshot
from linli.work.engine import StepRefused
from linli.work.services import new_key

EXPORT_MAX = 20_000
LOOKS = throttle.Limit("credits:look-up", 60, timedelta(hours=1))
"""Members are found by a whole phone number; trying numbers out ends soon."""


def _places() -> PlaceSnapshot:
    return place_snapshot(registry_versions())


def _words(refusal: StepRefused) -> str:
    return refusal.label.text(get_language() or "zh-hans")


@staff_page(VIEW)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """`/desk/points/ledger/`: the pools of the actor's streets, and finding a member's account (≤ 7 statements)."""
    actor, places = actor_on(request), _places()
    context = {
        "pools": office.figures(office.streets_of(actor, places)), "may_fund": actor.may_somewhere(FUND),
    }  # fmt: skip
    return render(request, "credits/desk_overview.html", context)


@staff_page(VIEW)
@sensitive_post_parameters()
@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """Find a member by phone or by the number of the account, and open the account. The phone stands in no address."""
    actor, places = actor_on(request), _places()
    verdict = throttle.hit(LOOKS, f"p{actor.person_id}")
    if not verdict.allowed:
        messages.error(request, _("查找太频繁，请稍后再试。"))
        return redirect("credits:ledger")
    sought = "".join(request.POST.get("member", "").split())[:24]
    found = office.account_by_phone(sought)
    if found is None and len(sought) < 10:
        found = whole_number(sought.lstrip("#"))
    if found is not None:
        try:
            office.account_for(actor, found, places)
        except ObjectHidden:
            found = None
    if found is None:
        messages.error(request, _("没有找到。请核对手机号或账户号；只能看本街道的账户。"))
        return redirect("credits:ledger")
    return redirect("credits:account", account_id=found)


@staff_page(VIEW)
@require_safe
def pool(request: HttpRequest, street_id: int) -> HttpResponse:
    """One street's pool: figures, budget, and each award with its account's number (≤ 9 statements)."""
    actor = actor_on(request)
    return _pool_page(request, actor, street_id)


def _pool_page(request: HttpRequest, actor: Actor, street_id: int, problem: StepRefused | None = None) -> HttpResponse:
    row = office.street_for(actor, street_id, _places())
    lines, before = office.pool_lines(row.id, before=whole_number(request.GET.get("before", "")))
    context: dict[str, Any] = {
        "street": row, "figures": office.figures([row])[0][1], "lines": lines, "before": before,
        "further": bool(request.GET.get("before")), "may_fund": actor.may(FUND, place_path=row.path),
        "key": new_key(), "problem": _words(problem) if problem else "", "typed": request.POST,
        "field": problem.field if problem else "",
    }  # fmt: skip
    return render(request, "credits/desk_pool.html", context, status=problem.status if problem else 200)


@staff_page(FUND)
@require_POST
def fund(request: HttpRequest, street_id: int) -> HttpResponse:
    """Give the pool a budget."""
    actor = actor_on(request)
    amount = whole_number(request.POST.get("amount", "").replace(",", "").strip()) or 0
    try:
        left = correcting.fund(actor, street_id, amount, key=request.POST.get("key", ""))
    except StepRefused as refusal:
        return _pool_page(request, actor, street_id, refusal)
    messages.success(request, _("已拨付，额度现有 %(n)s 分。") % {"n": f"{left:,}"})
    return redirect("credits:pool", street_id=street_id)


@staff_page(VIEW)
@require_safe
def export(request: HttpRequest, street_id: int) -> HttpResponse:
    """The latest awards of a pool as XLSX: day, kind, points, account number; no names, no phones."""
    actor = actor_on(request)
    row = office.street_for(actor, street_id, _places())
    lines, _more = office.pool_lines(row.id, limit=EXPORT_MAX)
    head = [_("日期"), _("事由"), _("积分"), _("账户"), _("有效期至"), _("更正")]
    title = _("%(name)s积分流水") % {"name": row.name}
    body = as_xlsx([(row.name, [head, *(_cells(line) for line in lines)])], title)
    response = HttpResponse(body, content_type=SHEET)
    response["Content-Disposition"] = f'attachment; filename="points-{row.id}-{timezone.localdate()}.xlsx"'
    return response


def _cells(line: PoolLine) -> list[Any]:
    return [
        line.effective_on, line.label, line.amount, line.account_id, line.expires_on,
        _("已更正") if line.reversed else "",
    ]  # fmt: skip


@staff_page(VIEW)
@require_safe
def account(request: HttpRequest, account_id: int) -> HttpResponse:
    """A member's account: name and phone masked, balance, statement; what may be corrected (≤ 12 statements)."""
    actor, places = actor_on(request), _places()
    member = office.account_for(actor, account_id, places)
    statement = ledger.statement(account_id, before=whole_number(request.GET.get("before", "")))
    pools = office.pools_of([row.transfer_id for row in statement.lines if row.kind in CORRECTABLE])
    rows = [
        (row, _may_correct(actor, places, pools.get(row.transfer_id)) and not row.reversed and row.amount > 0)
        for row in statement.lines
    ]
    context = {
        "member": member, "statement": statement, "rows": rows, "further": bool(request.GET.get("before")),
        "places": [row.name for number in member.places if (row := places.get(number)) is not None],
    }  # fmt: skip
    return render(request, "credits/desk_account.html", context)


def _may_correct(actor: Actor, places: PlaceSnapshot, place_id: int | None) -> bool:
    row = places.get(place_id) if place_id is not None else None
    return row is not None and actor.may(CORRECT, place_path=row.path)


@staff_page(CORRECT)
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """Take back a wrong award: what it is, why it was wrong, and what its owner will read."""
    actor, problem = actor_on(request), None
    row = correcting.correctable(transfer_id)
    if row is None:
        raise ObjectHidden(CORRECT)
    require(actor, CORRECT, place_path=str(correcting.place_of(row).path), hidden=True)
    if request.method == "POST":
        try:
            done = correcting.correct(actor, transfer_id, request.POST.get("reason", ""))
        except StepRefused as refusal:
            problem = refusal
        else:
            messages.success(request, _("已冲正，已告知本人。") if done else _("这一笔之前已经冲正过。"))
            return redirect("credits:account", account_id=row.credit_id)
    return _correct_page(request, row, problem)


def _correct_page(request: HttpRequest, row: Transfer, problem: StepRefused | None) -> HttpResponse:
    person: int | None = Person.objects.filter(pk=row.credit.person_id or 0).values_list("pk", flat=True).first()
    member = MemberAccount(
        row.credit_id, person or 0, contacts([person or 0], clear=False).get(person or 0), True, ()
    )  # fmt: skip
    tongue = get_language() or "zh-hans"
    source = (row.source_type, row.source_id)
    told = sentence(row.kind, row.reason, words.of_sources([source], tongue).get(source), tongue)
    context = {
        "row": row, "told": told, "member": member,
        "reasons": [(code, label.text(tongue)) for code, label in REASONS.items()],
        "problem": _words(problem) if problem else "", "chosen": request.POST.get("reason", ""),
    }  # fmt: skip
    return render(request, "credits/desk_correct.html", context, status=problem.status if problem else 200)
