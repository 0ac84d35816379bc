"""Public pages: what is on, one activity with its sign-up, its poster and calendars. Work without scripts."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.activities import calendars, posters, selectors, shown, signups, substitutes, typed
from linli.activities.reading import PAGE
from linli.activities.recurrence import in_words
from linli.activities.selectors import Shown
from linli.activities.signups import Asked
from linli.activities.typed import Problem
from linli.kernel.numbers import page_number, whole_number
from linli.people import gateways, personal
from linli.people.access import Actor
from linli.people.gates import actor_on
from linli.people.models import Person
from linli.places.home import frame
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.work.engine import StepRefused
from linli.work.printing.sheets import PDF

SPANS: dict[str, int] = {"today": 1, "week": 7, "all": 42}
PAST = "past"
FEED_DAYS = 90


def to_phone(request: HttpRequest, address: str = "") -> HttpResponse:
    """Residents sign in by phone and come back."""
    wanted = address or request.get_full_path()
    return redirect(f"{reverse('people:login_phone')}?{urlencode({'next': wanted})}")


def page(
    request: HttpRequest, template: str, context: dict[str, Any], places: PlaceSnapshot | None = None, status: int = 200
) -> HttpResponse:
    """A public page of this room (1 statement when the places are not at hand)."""
    return render(request, f"activities/{template}", frame(request, places) | context, status=status)


def private(response: HttpResponse) -> HttpResponse:
    """Keep a page about somebody's own matters out of caches and search engines."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


# --- What is on -------------------------------------------------------------------------------------------------------


def _area(request: HttpRequest, places: PlaceSnapshot, district: PlaceRow | None) -> PlaceRow | None:
    wanted = places.get(whole_number(request.GET.get("place")))
    return wanted if wanted is not None and wanted.kind in ("district", "street", "community", "grid") else district


def _areas(places: PlaceSnapshot, district: PlaceRow | None) -> list[tuple[int, str]]:
    """Streets and their communities, to choose from."""
    if district is None:
        return []
    found: list[tuple[int, str]] = []
    for street in places.children(district.id):
        if street.kind != "street":
            continue
        found.append((street.id, street.name))
        found += [(row.id, f"\u3000{row.name}") for row in places.children(street.id) if row.kind == "community"]
    return found


def _rows(path: str | None, span: str, now: datetime, number: int) -> list[dict[str, Any]]:
    """A page of what the tab shows (1 statement)."""
    if span == PAST:
        return selectors.public_past(path, now, page=number)
    last = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=SPANS[span])
    return selectors.public_list(path, now, last, page=number)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """`/activities/`: what is on today, this week, in the weeks to come, or was held, in a place (≤ 4 statements)."""
    places, now = place_snapshot(registry_versions()), timezone.now()
    shared = frame(request, places)
    area = _area(request, places, shared["district"])
    span = request.GET.get("span", "")
    span = span if span in SPANS or span == PAST else "all"
    number = page_number(request.GET.get("page"), 50)
    rows = _rows(area.path if area else None, span, now, number)
    kept = {"place": area.id} if area and area != shared["district"] else {}
    tabs = [
        (word, urlencode({"span": name, **kept}), name == span)
        for name, word in (("today", _("今天")), ("week", _("七天内")), ("all", _("全部")), (PAST, _("办过的")))
    ]
    actor = actor_on(request)
    context = shared | {
        "days": shown.lines(rows[:PAGE], now), "tabs": tabs, "span": span, "area": area,
        "chosen": kept.get("place"), "areas": _areas(places, shared["district"]), "page": number,
        "has_more": len(rows) > PAGE, "many": number > 1 or len(rows) > PAGE,
        "feed": f"{reverse('activities:feed')}?{urlencode({'place': area.id})}" if area else "",
        "leads": bool(actor.may_somewhere("activities.lead")),
        "offers": len(selectors.offers_to(signups.own_ids(actor))) if actor.is_signed_in else 0,
    }  # fmt: skip
    return render(request, "activities/index.html", context)


# --- One activity -----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def activity(request: HttpRequest, activity_id: int) -> HttpResponse:
    """`/activities/<number>/`: what, when, where; sign up, hand the place on, or say that one cannot come."""
    actor = actor_on(request)
    problem: Problem | None = None
    if request.method == "POST":
        if not actor.is_signed_in:
            return to_phone(request)
        try:
            _act(request, actor, activity_id)
        except StepRefused as refusal:
            if refusal.code == "already":  # from another tab, or by the way back: what was wanted is so
                messages.info(request, _("您已经报过名了。"))
                return redirect("activities:activity", activity_id)
            problem = typed.problem_of(refusal)
        else:
            return redirect("activities:activity", activity_id)
    found = selectors.public_one(activity_id)
    context = _one(request, actor, found) | {"problem": problem, "typed": request.POST}
    response = page(request, "activity.html", context, status=problem.status if problem else 200)
    return private(response) if actor.is_signed_in else response


def _one(request: HttpRequest, actor: Actor, found: Shown) -> dict[str, Any]:
    """What the page shows (≤ 7 statements more for who is signed in)."""
    row, now = found.row, timezone.now()
    persons = signups.own_ids(actor) if actor.is_signed_in else []
    mine = selectors.my_signup(persons, row.pk) if persons else None
    there = selectors.my_attendance(persons, row.pk) if persons else None
    open_until = row.signup_until or row.starts_at
    free = sum(role["free"] for role in found.roles)
    return {
        "row": row, "roles": found.roles, "when": shown.when(row.starts_at, row.ends_at), "here": request.path,
        "place": place_snapshot().full_name(row.place_id, "street"), "mine": mine, "there": there,
        "rule": in_words(row.series.rule) if row.series else None,
        "removed": selectors.my_removal(persons, row.pk) if persons and mine is None and there is None else "",
        "may_join": row.state == "published" and now <= open_until and mine is None and there is None,
        "may_leave": row.state == "published" and now <= row.ends_at and there is None,
        "may_hand": row.state == "published" and now <= row.starts_at,
        "begun": row.starts_at - timedelta(hours=2) <= now <= row.ends_at and row.state == "published",
        "keeps": row.state == "published" and now <= row.ends_at, "me": actor.person_id,
        "until": row.ends_at + timedelta(days=1), "over": row.state == "closed" or row.ends_at < now, "full": free == 0,
        "key": uuid.uuid4(), "signed_in": actor.is_signed_in, "needs_name": bool(persons) and _nameless(actor),
        "heads": shown.heads_words(found.heads), "outcomes": shown.outcome_words(found.outcomes),
        "leads": actor.is_signed_in and _leads(actor, found), "risky": row.risk != "none",
        "link": calendars.address(row.pk), "format": _format(found), "tells": gateways.tells(),
    }  # fmt: skip


def _format(found: Shown) -> str:
    row = found.row.format
    if row is None:
        return ""
    return (row.name_en if shown.tongue().startswith("en") else "") or row.name


def _leads(actor: Actor, found: Shown) -> bool:
    return found.row.leader_id == actor.person_id or actor.may("activities.lead", place_path=str(found.row.place.path))


def _nameless(actor: Actor) -> bool:
    """Whether no name is known by which the leader could call (1 statement)."""
    return Person.objects.filter(pk=actor.person_id or 0, kind="resident", name_encrypted=None).exists()


def _act(request: HttpRequest, actor: Actor, activity_id: int) -> None:
    sent = request.POST
    signup = whole_number(sent.get("signup")) or 0
    match sent.get("act", ""):
        case "join":
            asked = Asked(
                whole_number(sent.get("role")) or 0, typed.whole(sent.get("minors", ""), "minors", 99),
                bool(sent.get("consent")), sent.get("who") == "alone",
                bool(sent.get("wants_news")) and gateways.tells(),
            )  # fmt: skip
            made = signups.sign_up(actor, asked, key=typed.key_of(request), name=typed.said(sent, "name"))
            messages.success(request, _("报名成功，有变动会在这里告诉您。") if made.state == "in" else _(
                "已排上候补，轮到您时会告诉您。"))  # fmt: skip
        case "leave":
            signups.withdraw(actor, signup)
            messages.success(request, _("已取消报名，谢谢您提前说一声。"))
        case "hand":
            substitutes.offer(
                actor, signup, name=typed.said(sent, "to_name"), phone=typed.said(sent, "to_phone"),
                key=typed.key_of(request),
            )  # fmt: skip
            messages.success(request, _("已转给对方。对方用手机号登录，在“我的活动”里接受；接受以前名额还是您的。"))
        case "take_back":
            substitutes.take_back(actor, whole_number(sent.get("handing")) or 0)
            messages.success(request, _("已收回，名额还是您的。"))
        case _:
            raise Http404


@require_safe
def poster(request: HttpRequest, activity_id: int) -> HttpResponse:
    """The poster as PDF."""
    response = HttpResponse(posters.poster(selectors.public_one(activity_id)), content_type=PDF)
    response["Content-Disposition"] = f'inline; filename="activity-{activity_id}.pdf"'
    response["Cache-Control"] = "public, max-age=300"
    return response


# --- Calendars --------------------------------------------------------------------------------------------------------


def _calendar(name: str, rows: list[dict[str, Any]], now: datetime, file: str) -> HttpResponse:
    response = HttpResponse(calendars.calendar(name, rows, now), content_type=calendars.TYPE)
    response["Content-Disposition"] = f'inline; filename="{file}.ics"'
    return response


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """`/activities/calendar.ics?place=…`: the activities of a place, to be subscribed to (3 statements)."""
    places, now = place_snapshot(registry_versions()), timezone.now()
    area = _area(request, places, frame(request, places)["district"])
    rows = selectors.public_feed(area.path if area else None, now, now + timedelta(days=FEED_DAYS))
    return _calendar(_("%(place)s的活动") % {"place": area.name if area else ""}, rows, now, "activities")


@require_safe
def single(request: HttpRequest, activity_id: int) -> HttpResponse:
    """One activity for one's calendar (2 statements)."""
    row, now = selectors.public_one(activity_id).row, timezone.now()
    entry = {
        "id": row.pk, "title": row.title, "starts_at": row.starts_at, "ends_at": row.ends_at, "state": row.state,
        "above": "", "place_name": row.place.name, "spot": row.spot,
    }  # fmt: skip
    return _calendar(row.title, [entry], now, f"activity-{activity_id}")


@require_safe
def own_feed(request: HttpRequest, token: str) -> HttpResponse:
    """`/activities/calendar/<secret>.ics`: what one signed up for; any other secret looks like no page."""
    person = calendars.person_of(token)
    if person is None:
        raise Http404
    now, persons = timezone.now(), personal.same_phone_ids(person)
    return private(_calendar(_("我的活动"), selectors.mine(persons, now - timedelta(days=30)), now, "mine"))
