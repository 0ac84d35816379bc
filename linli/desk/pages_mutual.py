"""Mutual checks (互查) on the desk: a round begins when its ring was seen; results go to the shops first."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.desk import typed
from linli.desk.pages_agreements import kind_choices
from linli.desk.pages_responsibilities import UPWARD
from linli.desk.shell import staff
from linli.desk.wording import language
from linli.inspections import mutual_selectors as selectors
from linli.inspections import mutual_services as services
from linli.inspections.promises import PROMISE
from linli.inspections.reading import VIEW
from linli.inspections.sheets import mutual_slips
from linli.people.access import Actor, require, require_somewhere
from linli.people.gates import actor_on
from linli.places.kinds import SHOP_KINDS, SITE_KINDS
from linli.places.snapshot import PlaceRow
from linli.work.engine import StepRefused
from linli.work.printing.sheets import PDF

DAYS = 14
"""How long shops usually have for a round."""


def states() -> dict[str, tuple[str, str]]:
    """States of a check: word and colour."""
    return {
        selectors.WAITING: (_("还没查"), ""), selectors.TO_TELL: (_("待告知商户"), "amber"),
        selectors.TOLD: (_("已告知商户"), "accent"),
    }  # fmt: skip


@staff
@require_safe
def mutual_rounds(request: HttpRequest) -> HttpResponse:
    """Rounds of mutual checks with how far each has come. ≤ 3 statements."""
    actor = actor_on(request)
    require_somewhere(actor, VIEW)
    places, today = typed.places_now(), timezone.localdate()
    rows = selectors.rounds(actor)
    for row in rows:
        above = places.get(int(row["path"].rpartition(".")[2])) if row["path"] else None
        row |= {
            "place": above.name if above is not None else "", "to_tell": row["done"] - row["told"],
            "share": round(row["told"] * 100 / row["total"]),
            "late": row["due_on"] < today and row["done"] < row["total"],
        }  # fmt: skip
    context = {"rows": rows, "may_promise": actor.may_somewhere(PROMISE)}
    return render(request, "desk/mutual_rounds.html", context)


@staff
@require_safe
def mutual_round(request: HttpRequest, batch: UUID) -> HttpResponse:
    """One round: who checks whom, what is done, what is to be told; results only after the shop was told. ≤ 3."""
    actor, today = actor_on(request), timezone.localdate()
    rows = selectors.checks(actor, batch)
    names = states()
    for row in rows:
        row["word"] = names[row["state"]]
        row["may"] = actor.may(PROMISE, place_path=row["path"])
    show = request.GET.get("show", "")
    counted = {state: sum(row["state"] == state for row in rows) for state in names}
    context = {
        "first": rows[0], "batch": batch, "show": show if show in names else "", "late": rows[0]["due_on"] < today,
        "rows": [row for row in rows if show not in names or row["state"] == show], "total": len(rows),
        "tiles": [
            {"number": counted[state], "label": word, "url": f"?show={state}#list",
             "tone": "amber" if state == selectors.TO_TELL and counted[state] else ""}
            for state, (word, _colour) in names.items()
        ],
        "good": sum(row["good"] is True for row in rows), "mend": sum(row["good"] is False for row in rows),
    }  # fmt: skip
    return render(request, "desk/mutual_round.html", context)


@staff
@require_safe
def slips_pdf(request: HttpRequest, batch: UUID) -> HttpResponse:
    """The slips of a round: each for a shop to take to the one it checks."""
    return HttpResponse(mutual_slips(selectors.checks(actor_on(request), batch)), content_type=PDF)


@staff
@require_http_methods(["GET", "POST"])
def mutual_check(request: HttpRequest, check_id: int) -> HttpResponse:
    """One check: its result is written down once, then the shop is told, then the street reads it."""
    actor = actor_on(request)
    row = selectors.check(actor, check_id)
    problem = None
    if request.method == "POST":
        require(actor, PROMISE, place_path=row["path"])
        try:
            if request.POST.get("what") == "tell":
                services.tell_checked_shop(actor, check_id)
                messages.success(request, _("已记下：商户已经知道。"))
                return redirect("desk:mutual_round", batch=row["batch"])
            good = _verdict(request)
            services.record_mutual_check(actor, check_id, good, request.POST.get("words", ""))
        except StepRefused as refusal:
            problem = typed.problem_of(refusal)
        else:
            messages.success(request, _("已记录，请先告知商户。"))
            return redirect("desk:mutual_check", check_id=check_id)
    context = {
        "row": row, "word": states()[row["state"]], "problem": problem, "typed": request.POST,
        "may_promise": actor.may(PROMISE, place_path=row["path"]),
    }  # fmt: skip
    return render(request, "desk/mutual_check.html", context, status=problem.status if problem else 200)


def _verdict(request: HttpRequest) -> bool:
    found = request.POST.get("good", "")
    if found not in ("yes", "no"):
        raise typed.refused("good", "请选择结果。", "Choose a result.")
    return found == "yes"


@staff
@require_http_methods(["GET", "POST"])
def new_mutual_round(request: HttpRequest) -> HttpResponse:
    """Choose place and kinds, look at the ring, begin: the ring that was looked at, or none."""
    actor = actor_on(request)
    require_somewhere(actor, PROMISE)
    places, today, sent = typed.places_now(), timezone.localdate(), request.POST
    wanted = typed.number_in(sent.get("place", "") or request.GET.get("place", ""))
    place = typed.place_within(actor, PROMISE, wanted, places)
    kinds = [kind for kind in sent.getlist("kinds") if kind in SHOP_KINDS]
    problem, ring, key = None, None, typed.key_of(request)
    if sent.get("what") == "again":
        key = uuid.uuid4()
    if request.method == "POST":
        try:
            found = _ring(request, actor, place, kinds, key)
            ring = found
            if sent.get("what") == "begin":
                begun = _begin(request, actor, key)
                messages.success(request, _("互查开始，共 %(n)d 家商户。") % {"n": begun})
                return redirect("desk:mutual_round", batch=key)
        except StepRefused as refusal:
            problem = typed.problem_of(refusal)
    home = typed.place_within(actor, PROMISE, None, places)
    offered = [home, *(row for row in places.descendants(home.id) if row.kind in UPWARD)][:400]
    context = {
        "problem": problem, "typed": sent, "ring": ring, "key": key, "place": place, "kinds": kinds,
        "places": [(row.id, places.full_name(row.id, "street")) for row in offered],
        "kind_choices": [(slug, word, slug in (kinds or ("shop", "restaurant"))) for slug, word in kind_choices()],
        "title": sent.get("title") or _("%(month)d月商户安全互查") % {"month": today.month},
        "due_on": sent.get("due_on") or (today + timedelta(days=DAYS)).isoformat(), "today": today.isoformat(),
    }  # fmt: skip
    return render(request, "desk/mutual_new.html", context, status=problem.status if problem else 200)


def _ring(request: HttpRequest, actor: Actor, place: PlaceRow, kinds: list[str], key: UUID) -> list[dict[str, Any]]:
    """The shops that would check each other, in the order of the ring."""
    if not kinds:
        raise typed.refused("kinds", "请至少选一类商户。", "Choose at least one kind of shops.")
    if typed.day_in(request.POST.get("due_on", ""), "due_on") < timezone.localdate():
        raise typed.refused("due_on", "完成日期不能早于今天。", "The day lies in the past.")
    found = {row["id"]: row for row in selectors.members(actor, place.path, kinds, PROMISE)}
    left_out = {typed.number_in(number) for number in request.POST.getlist("without")}
    members = [number for number in found if number not in left_out]
    if len(members) > services.MEMBERS_MAX:
        raise typed.refused(
            "place", f"超过{services.MEMBERS_MAX}家，请选小一点的范围。",
            f"More than {services.MEMBERS_MAX}; choose a smaller place.",
        )  # fmt: skip
    if len(members) < 2:
        raise typed.refused("place", "这里不足两家商户，请换范围或类型。", "Fewer than two shops here.")
    tongue = language()
    lines = [
        {"checker_id": one, "checked_id": other, "checker": found[one]["name"], "checked": found[other]["name"],
         "above": found[one]["above"], "what": SITE_KINDS[found[one]["site_kind"]].text(tongue)}
        for one, other in services.ring_of(members, key)
    ]  # fmt: skip
    return selectors.in_ring(lines)


def _begin(request: HttpRequest, actor: Actor, key: UUID) -> int:
    """Begin with the ring that was shown: its pairs come back with the form."""
    shown = []
    for text in request.POST.getlist("pair"):
        one, _dash, other = text.partition("-")
        pair = typed.number_in(one), typed.number_in(other)
        if pair[0] is None or pair[1] is None:
            raise typed.refused("place", "请再看一遍名单。", "Look at the list again.")
        shown.append((pair[0], pair[1]))
    return services.begin_mutual_checks(
        actor, [one for one, _other in shown], request.POST.get("title", ""),
        typed.day_in(request.POST.get("due_on", ""), "due_on"), key=key, shown=shown,
    )  # fmt: skip
