"""Pages of what belongs to a campaign by hand: under which campaigns an item is put, and what a campaign was given."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.campaigns import selectors, tying
from linli.campaigns.pages import RECORDS_SHOWN
from linli.people.access import ObjectHidden, require
from linli.people.gates import actor_on, staff_page
from linli.people.masking import mask_text
from linli.work.engine import StepRefused
from linli.work.kinds import kind
from linli.work.models import Item
from linli.work.selectors import item_id_for
from linli.work.services import new_key


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


@staff_page(tying.EDIT)
@require_http_methods(["GET", "POST"])
def item(request: HttpRequest, number: str) -> HttpResponse:
    """Put an item under a campaign, or take it out, with the reason; its history says both."""
    actor = actor_on(request)
    found = Item.objects.select_related("place").get(pk=item_id_for(actor, number[:32]))
    require(actor, tying.EDIT, place_path=str(found.place_path or "") or None)
    if found.kind not in tying.KINDS:
        raise ObjectHidden(tying.EDIT)
    sent, refusal = request.POST, None
    if request.method == "POST":
        act = tying.untie if sent.get("what") == "untie" else tying.tie
        try:
            act(
                actor,
                _number(sent.get("campaign", "")),
                found.pk,
                sent.get("reason", ""),
                key=sent.get("key") or new_key(),
            )
        except StepRefused as problem:
            refusal = problem
        else:
            messages.success(request, _("已移出这个行动。") if act is tying.untie else _("已归入这个行动。"))
            return redirect("desk:item", found.number)
    ties = selectors.ties_of(actor, found.pk)
    taken = {tie.campaign_id for tie in ties}
    context = {
        "item": found, "title": mask_text(found.title), "place": found.place.name if found.place else "",
        "ties": ties, "refusal": refusal, "typed": sent, "key": new_key(), "now_under": taken,
        "offered": [row for row in selectors.offered(actor, str(found.place_path)) if row.pk not in taken],
        "reason_max": tying.REASON_LENGTH_MAX,
    }  # fmt: skip
    return render(request, "campaigns/item.html", context, status=refusal.status if refusal else 200)


@staff_page("campaigns.view")
@require_safe
def items(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """What was put under a campaign by hand: all of it, or what is done."""
    actor, words = actor_on(request), get_language() or "zh-hans"
    row = selectors.campaign_for(actor, campaign_id)
    every, done = selectors.tied(actor, row), request.GET.get("state") == "done"
    found = [tie for tie in every if tie.meaning == "done"] if done else every
    page = min(max(1, _number(request.GET.get("page", ""))), 10**6)
    entries: list[dict[str, Any]] = [
        {"tie": tie, "state": kind(tie.kind).workflow.state(tie.state).label.text(words),
         "kind": kind(tie.kind).label.text(words)}
        for tie in found[(page - 1) * RECORDS_SHOWN : page * RECORDS_SHOWN]
    ]  # fmt: skip
    address = reverse("campaigns:items", args=[row.pk])
    tabs = [
        (address, _("全部"), len(every), not done),
        (f"{address}?state=done", _("已办结"), sum(tie.meaning == "done" for tie in every), done),
    ]
    context = {
        "row": row, "entries": entries, "tabs": tabs, "page": page, "total": len(found),
        "has_more": len(found) > page * RECORDS_SHOWN, "many": page > 1 or len(found) > RECORDS_SHOWN,
    }  # fmt: skip
    return render(request, "campaigns/items.html", context)
