"""The counter's page: scan or type the code, see goods, person (masked) and points, hand over, next.

With scripts the camera reads the code, what was confirmed is kept on the phone and sent until it has arrived
(frontend/src/counter). Without, it is a form with one field and a page with one button.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linli.people.access import Actor, ObjectHidden
from linli.people.gates import actor_on, needs
from linli.shop import rules, selectors, services
from linli.shop.models import Counter, Order
from linli.shop.pages import language, number_in, order_line, private
from linli.work.engine import StepRefused
from linli.work.problems import problem as problem_answer

CHOSEN = "shop_counter"


def _chosen(request: HttpRequest, counters: list[Counter]) -> Counter | None:
    """The counter at which this phone stands: the one chosen, or the only one there is."""
    known = {row.pk: row for row in counters}
    asked = number_in(request.GET.get("counter", ""))
    if asked in known:
        request.session[CHOSEN] = asked
    elif asked == 0:
        request.session.pop(CHOSEN, None)
    chosen = known.get(request.session.get(CHOSEN, 0))
    return chosen or (counters[0] if len(counters) == 1 else None)


def _shown(order: Order, here: Counter | None) -> dict[str, Any]:
    """An order as the counter sees it: goods, masked name, points, and why it may not be handed over."""
    elsewhere = here is not None and order.counter_id != here.pk
    return {
        **order_line(order), "name": selectors.masked_name(order), "elsewhere": elsewhere,
        "may": order.state == Order.RESERVED and not elsewhere,
        # The key belongs to the confirmation: shown again it is another one, sent again it is the same.
        "key": uuid.uuid4().hex,
    }  # fmt: skip


@never_cache
@needs(services.COUNTER)
@require_safe
def counter(request: HttpRequest) -> HttpResponse:
    """`/desk/counter/?code=…`: the whole page, or with `X-Part` the order alone. ≤ 7 statements."""
    actor = actor_on(request)
    counters = selectors.counters_for(actor)
    here = _chosen(request, counters)
    text = request.GET.get("code", "")
    code = rules.code_in(text)
    found = selectors.order_by_code(actor, code) if code else None
    context: dict[str, Any] = {
        "typed": text[:40], "code": code, "found": _shown(found, here) if found is not None else None,
        "unknown": bool(text) and found is None, "counters": counters, "here": here,
        "person": actor.person_id or 0,
    }  # fmt: skip
    if request.headers.get("X-Part"):
        return private(render(request, "shop/_counter_order.html", context))
    context["waiting"] = selectors.waiting_at([here.pk] if here else [row.pk for row in counters])
    return private(render(request, "shop/counter.html", context))


@never_cache
@needs(services.COUNTER)
@require_POST
def hand_over(request: HttpRequest) -> HttpResponse:
    """Hand over one order, with the key made when it was shown. JSON for the phone's queue, a page for a form."""
    actor = actor_on(request)
    order_id = number_in(request.POST.get("order", "")) or 0
    wants_json = "application/json" in request.headers.get("Accept", "")
    try:
        done = services.hand_over(actor, order_id, key=request.POST.get("key", ""))
    except ObjectHidden:
        if not wants_json:
            raise
        return problem_answer(404, "unknown_order", _("没有这个预约，或者不在您的兑换台。"))
    except StepRefused as refusal:
        words = refusal.label.text(language())
        if wants_json:
            return problem_answer(refusal.status, refusal.code, words)
        messages.error(request, words)
        return redirect(f"{reverse('shop:counter')}?code={rules.code_in(request.POST.get('code', ''))}")
    told = _told(done.order)
    if wants_json:
        return JsonResponse({"told": told, "repeated": done.repeated}, status=200 if done.repeated else 201)
    messages.success(request, told)
    return redirect("shop:counter")


def _told(order: Order) -> str:
    return _("已交付：%(good)s × %(n)d") % {"good": order.good.name, "n": order.quantity}


@never_cache
@needs(services.COUNTER)
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """What was handed over today at the actor's counters, and what waits there. ≤ 5 statements."""
    actor: Actor = actor_on(request)
    counters = selectors.counters_for(actor)
    here = _chosen(request, counters)
    numbers = [here.pk] if here else [row.pk for row in counters]
    context = {
        "rows": selectors.handed_today(numbers), "waiting": selectors.waiting_list(numbers), "here": here,
        "counters": counters,
    }  # fmt: skip
    return private(render(request, "shop/counter_today.html", context))
