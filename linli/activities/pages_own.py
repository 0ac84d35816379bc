"""Pages of whoever is signed in: what I signed up for, offers of a place, my calendar, check-in on the spot."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from linli.activities import calendars, checkin, scans, selectors, shown, signups, substitutes, typed
from linli.activities.access import LEAD
from linli.activities.pages_public import page, private, to_phone
from linli.activities.scans import Scan
from linli.activities.telling import PREFIX
from linli.activities.training import valid_until
from linli.activities.typed import Problem
from linli.activities.words import refuse
from linli.kernel.numbers import whole_number
from linli.people.access import Actor
from linli.people.gates import actor_on
from linli.work import inbox, moments
from linli.work.engine import StepRefused

PAST_SHOWN = 30
KEPT = timedelta(days=1)
"""So long after the end the page lies on the phone for use without network."""


@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """`/activities/mine/`: what is to come, what waits for my answer, what was (≤ 9 statements)."""
    actor = actor_on(request)
    if not actor.is_signed_in:
        return private(page(request, "mine.html", {"signed_in": False}))
    problem: Problem | None = None
    if request.method == "POST":
        try:
            secret = _act(request, actor)
        except StepRefused as refusal:
            problem = typed.problem_of(refusal)
        else:
            if not secret:
                return redirect("activities:mine")
            address = request.build_absolute_uri(reverse("activities:own_feed", args=[secret]))
            return private(page(request, "mine.html", _mine(actor) | {"address": address}))
    status = problem.status if problem else 200
    return private(page(request, "mine.html", _mine(actor) | {"problem": problem}, status=status))


def _mine(actor: Actor) -> dict[str, Any]:
    now, persons = timezone.now(), signups.own_ids(actor)
    offers = [
        {
            "id": offer.pk, "row": offer.signup.activity, "role": offer.signup.role.name,
            "when": shown.when(offer.signup.activity.starts_at, offer.signup.activity.ends_at),
            "where": shown.place_words(offer.signup.activity.place.name, offer.signup.activity.spot),
        }
        for offer in selectors.offers_to(persons)
    ]  # fmt: skip
    return {
        "signed_in": True, "offers": offers, "rows": [shown.line(row, now) for row in selectors.mine(persons, now)],
        "past": [shown.line(row, now) | _trained(row) for row in selectors.my_past(persons, now, limit=PAST_SHOWN)],
        "news": inbox.of_kind(persons, PREFIX, shown.tongue(), limit=6), "has_key": calendars.has_key(actor),
        "leads": actor.may_somewhere(LEAD) or selectors.leads_any(actor),
    }  # fmt: skip


def _trained(row: dict[str, Any]) -> dict[str, Any]:
    """Until when a training that was attended is good; `trained` alone where it is for good."""
    if row["training_months"] is None or not row["confirmed_at"]:
        return {}
    until = valid_until(timezone.localdate(row["starts_at"]), row["training_months"])
    return {"trained": True, "valid_until": until, "expired": until is not None and until < timezone.localdate()}


def _act(request: HttpRequest, actor: Actor) -> str:
    sent = request.POST
    match sent.get("act", ""):
        case "accept" | "decline" as act:
            substitutes.answer(actor, whole_number(sent.get("offer")) or 0, accept=act == "accept")
            messages.success(request, _("名额是您的了，到时见。") if act == "accept" else _("已告诉对方您来不了。"))
        case "calendar":
            return calendars.new_key(actor)
        case "no_calendar":
            calendars.drop_key(actor)
            messages.success(request, _("原来的订阅地址已停用。"))
        case _:
            raise Http404
    return ""


# --- Check-in ---------------------------------------------------------------------------------------------------------


def _ticket(request: HttpRequest, activity_id: int) -> Scan | None:
    """The code that this browser scanned a short time ago for this activity."""
    return scans.scan_of(activity_id, request.COOKIES.get(scans.COOKIE, ""))


@require_http_methods(["GET", "HEAD", "POST"])
def here(request: HttpRequest, activity_id: int) -> HttpResponse:
    """`/activities/<number>/here/`: where the code on the leader's phone leads; one tap checks in, another out.

    What was scanned is kept in this browser alone (a signed cookie), so it cannot be sent on to somebody else.
    """
    code = request.GET.get("c", "")
    if code and request.method != "POST":
        return _scanned(request, activity_id, code)
    actor = actor_on(request)
    if not actor.is_signed_in:
        return to_phone(request, reverse("activities:here", args=[activity_id]))
    problem: Problem | None = None
    if request.method == "POST":
        try:
            _check(request, actor, activity_id)
        except StepRefused as refusal:
            problem = typed.problem_of(refusal)
        else:
            response = redirect("activities:here", activity_id)
            response.delete_cookie(scans.COOKIE)
            return private(response)
    found = selectors.public_one(activity_id)
    # The page that the phone keeps is opened much later: what was scanned just now has no place in it.
    scan = None if request.headers.get("X-Kept") else _ticket(request, activity_id)
    there = selectors.my_attendance(signups.own_ids(actor), activity_id)
    context = {
        "row": found.row, "when": shown.when(found.row.starts_at, found.row.ends_at), "there": there,
        "where": shown.place_words(found.row.place.name, found.row.spot), "problem": problem, "key": uuid.uuid4(),
        "ticket": scan is not None, "stale": bool(request.GET.get("stale")),
        "proof": scans.proof(activity_id, actor.person_id or 0, scan) if scan else "",
        "me": actor.person_id, "until": found.row.ends_at + KEPT,
        "has_point": found.row.place.lon is not None,
    }  # fmt: skip
    return private(page(request, "here.html", context, status=problem.status if problem else 200))


def _scanned(request: HttpRequest, activity_id: int, code: str) -> HttpResponse:
    kept = scans.ticket(activity_id, code)
    address = reverse("activities:here", args=[activity_id])
    if kept is None:
        return private(redirect(f"{address}?stale=1"))
    response = redirect(address)
    response.set_cookie(
        scans.COOKIE, kept, max_age=int(scans.AGE.total_seconds()), secure=request.is_secure(), httponly=True,
        samesite="Lax",
    )  # fmt: skip
    return private(response)


def _check(request: HttpRequest, actor: Actor, activity_id: int) -> None:
    sent, out = request.POST, request.POST.get("act") == "out"
    key = typed.key_of(request)
    scan = _ticket(request, activity_id)
    if sent.get("digits"):
        scans.count_try(actor, activity_id)
        step = scans.typed_step(activity_id, sent["digits"], moments.now())
        checkin.check_in_by_digits(actor, activity_id, step, out=out, key=key)
    elif sent.get("lon") and sent.get("lat"):
        checkin.check_in_by_position(
            actor, activity_id, _degree(sent.get("lon", "")), _degree(sent.get("lat", "")), out=out, key=key
        )
    elif scan is not None:
        checkin.check_in_by_code(actor, activity_id, scan[0], out=out, key=key)
    else:
        raise refuse("no_code", "", "请扫负责人手机上的签到码。", "Scan the code on the leader's phone.", status=409)
    messages.success(request, _("已签退，辛苦了。") if out else _("已签到。走的时候再扫一次签退。"))


def _degree(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
