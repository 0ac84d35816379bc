"""Mutual checks (互查) on the desk: a round begins when its ring was seen; results go to the shops first; re-checks."""

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
from linli.inspections import mutual_rechecks as rechecks
from linli.inspections import mutual_selectors as selectors
from linli.inspections import mutual_services as services
from linli.inspections.mutual import RECHECK_DAYS, RECHECK_DAYS_MAX, recheck_on
from linli.inspections.promises import PROMISE
from linli.inspections.reading import VIEW
from linli.inspections.sheets import mutual_slips
from linli.kernel.numbers import whole_number
from linli.people.access import Actor, require, require_somewhere
from linli.people.gates import actor_on
from linli.places.kinds import SHOP_KINDS, SITE_KINDS
from linli.places.snapshot import PlaceRow
from linli.work.engine import StepRefused
from linli.work.printing.sheets import PDF

DAYS = 14
"""How long shops usually have for a round."""
AGAIN = "again"
"""Which checks of a round are shown: those to be looked at again."""


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
            "place": above.name if above is not None else "",
            "to_tell": row["done"] - row["told"] + row["again_to_tell"],
            "share": round(row["told"] * 100 / row["total"]),
            "again_late": row["again_on"] is not None and row["again_on"] < today,
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
        # A re-check whose result the shop does not know yet is to be told like the check itself.
        row["state"] = selectors.TO_TELL if row["again"] == selectors.FOUND else row["state"]
        row["word"] = names[row["state"]]
        row["again_late"] = row["again"] == selectors.DUE and row["again_on"] < today
    shown = {state: [row for row in rows if row["state"] == state] for state in names}
    shown[AGAIN] = [row for row in rows if row["again"] == selectors.DUE]
    show = request.GET.get("show", "")
    words = {state: word for state, (word, _colour) in names.items()} | {AGAIN: _("待复查")}
    late = any(row["again_late"] for row in rows)
    tones = {selectors.TO_TELL: "amber", AGAIN: "red" if late else "amber"}
    context = {
        "first": rows[0], "batch": batch, "show": show if show in shown else "", "late": rows[0]["due_on"] < today,
        "rows": shown.get(show, rows), "total": len(rows),
        "tiles": [
            {"number": len(shown[state]), "label": word, "url": f"?show={state}#list",
             "tone": tones.get(state, "") if shown[state] else ""}
            for state, word in words.items()
        ],
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
    """One check: its result is written down once, the shop is told, the street reads it; then it is looked at again."""
    actor = actor_on(request)
    row = selectors.check(actor, check_id)
    problem, what = None, request.POST.get("what", "")
    if request.method == "POST":
        require(actor, PROMISE, place_path=row["path"])
        try:
            messages.success(request, _act(request, actor, check_id, what))
        except StepRefused as refusal:
            problem = typed.problem_of(refusal)
        else:
            to_round = what == "tell"
            return redirect("desk:mutual_round", row["batch"]) if to_round else redirect("desk:mutual_check", check_id)
    context = {
        "row": row, "problem": problem, "typed": request.POST, "what": what,
        "may_promise": actor.may(PROMISE, place_path=row["path"]), **_again(actor, row),
    }  # fmt: skip
    context["word"] = states()[selectors.TO_TELL if context["to_tell"] else row["state"]]
    return render(request, "desk/mutual_check.html", context, status=problem.status if problem else 200)


def _act(request: HttpRequest, actor: Actor, check_id: int, what: str) -> str:
    """Carry out what was asked of a check; the words for it."""
    sent = request.POST
    if what == "tell":
        services.tell_checked_shop(actor, check_id, turn=whole_number(sent.get("turn", "")))
        return _("已记下：商户已经知道。")
    if what == "day":
        rechecks.set_recheck_day(actor, check_id, typed.day_in(sent.get("due_on", ""), "due_on"))
        return _("复查日期已改，两家商户会收到消息。")
    if what == "mended":
        rechecks.say_mended(actor, check_id)
        return _("已记下：商户说改好了。请换一个人去复查。")
    good, words = _verdict(request), sent.get("words", "")
    if what == "recheck":
        rechecks.record_recheck(actor, check_id, whole_number(sent.get("turn", "")) or 0, good, words)
    else:
        services.record_mutual_check(actor, check_id, good, words)
    return _("已记录，请先告知商户。")


def _again(actor: Actor, row: dict[str, Any]) -> dict[str, Any]:
    """The re-checks of a check: all of them, the one to be done, and up to which the shop is to be told (1)."""
    today, found = timezone.localdate(), selectors.rechecks(actor, row["id"])
    waiting = next((one for one in found if one["done_at"] is None), None)
    untold = [one["turn"] for one in found if one["done_at"] is not None and one["told_at"] is None]
    unplanned = not found and row["good"] is False
    return {
        "turns": found, "waiting": waiting, "today": today, "late": waiting is not None and waiting["due_on"] < today,
        "to_tell": row["done_at"] is not None and (row["told_at"] is None or bool(untold)),
        "upto": max(untold, default=0),
        "day_shown": waiting["due_on"] if waiting else recheck_on(today, row["recheck_days"]),
        "may_set_day": waiting is not None or unplanned, "last_day": today + rechecks.AHEAD_MAX,
    }  # fmt: skip


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
    wanted = whole_number(sent.get("place", "") or request.GET.get("place", ""))
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
        "recheck_days": sent.get("recheck_days") or RECHECK_DAYS, "recheck_days_max": RECHECK_DAYS_MAX,
        "again": sum(line["again_on"] is not None for line in ring or ()),
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
    left_out = {whole_number(number) for number in request.POST.getlist("without")}
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
         "again_on": found[other]["again_on"],
         "above": found[one]["above"], "what": SITE_KINDS[found[one]["site_kind"]].text(tongue)}
        for one, other in services.ring_of(members, key)
    ]  # fmt: skip
    return selectors.in_ring(lines)


def _begin(request: HttpRequest, actor: Actor, key: UUID) -> int:
    """Begin with the ring that was shown: its pairs come back with the form."""
    shown = []
    for text in request.POST.getlist("pair"):
        one, _dash, other = text.partition("-")
        pair = whole_number(one), whole_number(other)
        if pair[0] is None or pair[1] is None:
            raise typed.refused("place", "请再看一遍名单。", "Look at the list again.")
        shown.append((pair[0], pair[1]))
    return services.begin_mutual_checks(
        actor, [one for one, _other in shown], request.POST.get("title", ""),
        typed.day_in(request.POST.get("due_on", ""), "due_on"), key=key, shown=shown,
        recheck_days=whole_number(request.POST.get("recheck_days", str(RECHECK_DAYS))) or 0,
    )  # fmt: skip
