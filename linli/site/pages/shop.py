"""The page of shop keepers: what neighbours found at the own shop, the shops to check and to check again, the door."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from linli.inspections import agreement_selectors, mutual_selectors
from linli.inspections.mutual_rechecks import record_recheck, say_mended
from linli.inspections.mutual_services import record_mutual_check, tell_checked_shop
from linli.inspections.mutual_telling import OWN_SHOP, PREFIX
from linli.inspections.promises import DUTIES
from linli.kernel.labels import Label
from linli.people.access import Actor, require_somewhere
from linli.people.gates import actor_on, signed_in
from linli.site.pages.common import page, private
from linli.work import inbox
from linli.work.engine import StepRefused

NEWS_SHOWN = 6


@signed_in
@require_http_methods(["GET", "POST"])
def shop(request: HttpRequest) -> HttpResponse:
    """`/shop/`: for the people of a shop, who are no staff. They see their own result before anybody else does."""
    actor = actor_on(request)
    require_somewhere(actor, OWN_SHOP)
    problem, status, asked = "", 200, 0
    if request.method == "POST":
        asked = _number(request, "check")
        try:
            _act(request, actor, asked)
        except StepRefused as refusal:
            problem, status = refusal.label.text(get_language() or "zh-hans"), refusal.status
        else:
            return redirect("site:shop")
    shops = mutual_selectors.own_shops(actor)
    own = {row["id"] for row in shops}
    rows = _with_rechecks(mutual_selectors.own_checks(sorted(own)), mutual_selectors.own_rechecks(sorted(own)))
    persons = [actor.person_id] if actor.person_id is not None else []
    context = {
        "shops": [row | {"agreement": _agreement(row["id"])} for row in shops],
        "to_check": [row for row in rows if row["checker_id"] in own and row["done_at"] is None],
        "found": [row for row in rows if row["checked_id"] in own and row["done_at"] is not None],
        "checked": [row for row in rows if row["checker_id"] in own and row["done_at"] is not None],
        "to_recheck": [row["again"] for row in rows if row["checker_id"] in own and row["again"]],
        "news": inbox.of_kind(persons, PREFIX, get_language() or "zh-hans", limit=NEWS_SHOWN),
        "problem": problem, "asked": asked, "typed": request.POST, "name": actor.name,
    }  # fmt: skip
    return private(page(request, "shop.html", context, status=status))


def _with_rechecks(rows: list[dict[str, Any]], rechecks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Checks with their re-checks, the latest first; `again` is the one to be done, `upto` the last that was done."""
    today = timezone.localdate()
    for row in rows:
        turns = [one | {"late": one["due_on"] < today} for one in rechecks if one["id"] == row["id"]]
        done = [one for one in turns if one["done_at"] is not None]
        row |= {
            "again": next((one for one in turns if one["done_at"] is None), None), "turns": done,
            "upto": max((one["turn"] for one in done), default=0),
            "untold": row["told_at"] is None or any(one["told_at"] is None for one in done),
        }  # fmt: skip
    return rows


def _number(request: HttpRequest, name: str) -> int:
    """A number that was sent with the form, 0 for anything else."""
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _act(request: HttpRequest, actor: Actor, check_id: int) -> None:
    what = request.POST.get("what")
    if what == "seen":
        tell_checked_shop(actor, check_id, turn=_number(request, "turn"))
        messages.success(request, _("谢谢，已记下您看到了结果。"))
        return
    if what == "mended":
        say_mended(actor, check_id)
        messages.success(request, _("已记下，请来看的邻居会收到消息。"))
        return
    good, words = request.POST.get("good", ""), request.POST.get("words", "")
    if good not in ("yes", "no"):
        raise StepRefused("no_result", Label("请选择结果。", "Choose a result."), status=422, field="good")
    if what == "recheck":
        record_recheck(actor, check_id, _number(request, "turn"), good == "yes", words)
    else:
        record_mutual_check(actor, check_id, good == "yes", words)
    messages.success(request, _("已记录。结果先给被查的商户看。"))


def _agreement(site_id: int) -> dict[str, Any] | None:
    """The agreement in force of a shop, with its duties as they were seen last."""
    today = timezone.localdate()
    for row in agreement_selectors.agreements_of(site_id):
        if row["signed_on"] <= today and (row["until"] is None or row["until"] > today):
            tongue = get_language() or "zh-hans"
            duties = agreement_selectors.duties(row["id"])
            return row | {"duties": [duty | {"word": DUTIES[duty["duty"]].text(tongue)} for duty in duties]}
    return None
