"""Pages of the leader (带队): the changing code, the list with big targets, walk-ins, heads, results, closing.

For staff of the area, leaders of volunteers, and whoever is named as leader: on the phone, in the rain.
"""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.activities import checkin, closing, offline_checkin, selectors, shown, signups, typed
from linli.activities.access import LEAD, leads
from linli.activities.checkin import Answer, Ticked
from linli.activities.closing import AUDIENCES, OUTCOMES
from linli.activities.models import Activity
from linli.activities.pages_public import page, private
from linli.activities.rotating_code import STEP_SECONDS
from linli.activities.selectors import Shown
from linli.activities.signups import Asked
from linli.activities.typed import Problem
from linli.activities.words import refuse
from linli.kernel.numbers import whole_number
from linli.people.access import Actor, ObjectHidden
from linli.people.gates import actor_on, signed_in
from linli.work import uploads
from linli.work.engine import StepRefused
from linli.work.printing.rendering import qr_svg
from linli.work.refused import FileRefused
from linli.work.senders import owner_of

BACK_DAYS, AHEAD_DAYS = 7, 14
TICKS_BYTES_MAX = 256 * 1024
KEPT = timedelta(days=1)
"""So long after the end a page with names lies on the phone for use without network."""


def _led(actor: Actor, activity_id: int) -> Shown:
    """The activity for who leads it; ObjectHidden (404) for others."""
    found = selectors.one(actor, activity_id)
    if not leads(actor, found.row):
        raise ObjectHidden(LEAD)
    return found


@never_cache
@signed_in
@require_safe
def leading(request: HttpRequest) -> HttpResponse:
    """`/activities/lead/`: what is over and not confirmed, and what I lead from last week to the next two."""
    actor, today, now = actor_on(request), timezone.localdate(), timezone.now()
    over = selectors.to_close(actor, now)
    known = {row["id"] for row in over}
    rows = selectors.to_lead(actor, today - timedelta(days=BACK_DAYS), today + timedelta(days=AHEAD_DAYS))
    context = {
        "over": [shown.line(row, now) for row in over],
        "days": shown.lines([row for row in rows if row["id"] not in known], now),
    }
    return private(page(request, "leading.html", context))


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def lead(request: HttpRequest, activity_id: int) -> HttpResponse:
    """`/activities/<number>/lead/`: the list to tick, and everything the leader says (≤ 10 statements)."""
    actor = actor_on(request)
    problem: Problem | None = None
    if request.method == "POST":
        _led(actor, activity_id)
        try:
            _act(request, actor, activity_id)
        except FileRefused as refusal:
            problem = Problem(refusal.message, "photos", refusal.status)
        except StepRefused as refusal:
            problem = typed.problem_of(refusal)
        else:
            return redirect(reverse("activities:lead", args=[activity_id]) + _part(request))
    context = _context(actor, _led(actor, activity_id)) | {"problem": problem, "typed": request.POST}
    return private(page(request, "lead.html", context, status=problem.status if problem else 200))


def _part(request: HttpRequest) -> str:
    part = request.POST.get("act", "")
    return "" if part in ("close", "results", "heads") else "#list"


def _context(actor: Actor, found: Shown) -> dict[str, Any]:
    row, now = found.row, timezone.now()
    people = selectors.people_of(row.pk, clear=True)
    for person in people:
        person["came_word"] = shown.HOWS[person["came_how"]].text(shown.tongue()) if person["came_how"] else ""
        person["key"] = uuid.uuid4()
    seated = [person for person in people if person["signed"] != "waiting"]
    heads, outcomes = dict(found.heads), dict(found.outcomes)
    return {
        "row": row, "roles": found.roles, "when": shown.when(row.starts_at, row.ends_at), "people": seated,
        "where": shown.place_words(row.place.name, row.spot), "key": uuid.uuid4(),
        "waiting": [person for person in people if person["signed"] == "waiting"],
        "present": sum(1 for person in seated if person["present"]),
        "sure": sum(1 for person in seated if person["present"] and not person["to_check"]),
        "open": row.state == "published" and row.starts_at - checkin.BEFORE <= now <= row.ends_at + checkin.AFTER,
        "to_check": [person for person in seated if person["present"] and person["to_check"]], "me": actor.person_id,
        "soon": row.state == "published" and now < row.starts_at - checkin.BEFORE,
        "opens": row.starts_at - checkin.BEFORE, "until": row.ends_at + KEPT,
        "kept": row.state == "published" and now < row.ends_at + KEPT,
        "begun": now >= row.starts_at, "closed": row.state == "closed",
        "audiences": [(kind, label.text(shown.tongue()), heads.get(kind, "")) for kind, label in AUDIENCES.items()],
        "kinds": [(kind, label.text(shown.tongue()), outcomes.get(kind, "")) for kind, label in OUTCOMES.items()],
        "photos": selectors.photos_of(row.pk), "staff": actor.is_staff,
    }  # fmt: skip


def _act(request: HttpRequest, actor: Actor, activity_id: int) -> None:
    sent = request.POST
    person = whole_number(sent.get("person")) or 0
    match sent.get("act", ""):
        case "in" | "out" as act:
            key = typed.key_of(request)
            (answer,) = checkin.tick(actor, activity_id, [Ticked(person, act == "out", timezone.now(), key)])
            if answer.state == "refused":
                raise refuse(answer.code, "", answer.text, answer.text, status=409)
        case "vouch":
            offline_checkin.vouch(actor, activity_id, [whole_number(one) or 0 for one in sent.getlist("person")])
            messages.success(request, _("已核对。"))
        case "strike":
            checkin.strike(actor, activity_id, person, typed.said(sent, "reason"))
        case "walk_in":
            checkin.walk_in(
                actor, activity_id, name=typed.said(sent, "name"), phone=typed.said(sent, "phone"),
                key=typed.key_of(request),
            )  # fmt: skip
            messages.success(request, _("已记为现场参加。"))
        case "sign_up":
            signups.sign_up_other(
                actor, Asked(whole_number(sent.get("role")) or 0), name=typed.said(sent, "name"),
                phone=typed.said(sent, "phone"), key=typed.key_of(request),
            )  # fmt: skip
            messages.success(request, _("已代为报名。"))
        case "remove":
            signups.withdraw(actor, whole_number(sent.get("signup")) or 0, typed.said(sent, "reason"))
        case "heads":
            heads = {kind: typed.whole(sent.get(f"heads_{kind}", ""), "heads") for kind in AUDIENCES}
            closing.count_heads(actor, activity_id, heads)
            messages.success(request, _("已保存人数。"))
        case "results":
            _results(request, actor, activity_id)
        case "correct" | "absent" as act:
            there = act == "correct"
            closing.correct(
                actor, activity_id, person, reason=typed.said(sent, "reason"),
                came_at=typed.moment(sent.get("came_at", ""), "came_at") if there else None,
                left_at=typed.moment(sent.get("left_at", ""), "left_at") if there else None,
            )  # fmt: skip
            messages.success(request, _("已更正。"))
        case "close":
            closing.close(actor, activity_id)
            messages.success(request, _("已确认出勤。"))
        case _:
            raise Http404


def _results(request: HttpRequest, actor: Actor, activity_id: int) -> None:
    sent = request.POST
    outcomes = {kind: typed.whole(sent.get(f"outcome_{kind}", ""), "outcomes") for kind in OUTCOMES}
    photos = [*sent.getlist("photos"), *_received(request)]
    closing.record_results(actor, activity_id, results=typed.said(sent, "results"), outcomes=outcomes, photos=photos)
    messages.success(request, _("已保存成效。"))


def _received(request: HttpRequest) -> list[str]:
    """Photos that came with the form, where there are no scripts; their tokens."""
    files = request.FILES.getlist("photos_files")[: closing.PHOTOS_MAX]
    return [
        str(uploads.receive(file, owner=owner_of(request), kind_hint=uploads.PHOTO).token)
        for file in files
        if isinstance(file, UploadedFile) and file.size
    ]


# --- The changing code ------------------------------------------------------------------------------------------------


@never_cache
@signed_in
@require_safe
def code(request: HttpRequest, activity_id: int) -> HttpResponse:
    """`/activities/<number>/lead/code/`: the code to hold up, and digits; it renews itself, with scripts or without.

    With scripts the phone makes the codes itself (`code_key`), so the page serves without a network too.
    """
    actor = actor_on(request)
    row = _led(actor, activity_id).row
    address = request.build_absolute_uri(reverse("activities:here", args=[activity_id]))
    context = {
        "row": row, "address": address, "qr": qr_svg(f"{address}?c={checkin.code_now(activity_id)}"),
        "digits": checkin.digits_now(activity_id), "there": _there(activity_id), "step": STEP_SECONDS,
        "left": STEP_SECONDS - int(timezone.now().timestamp()) % STEP_SECONDS, "me": actor.person_id,
        "until": row.ends_at + checkin.AFTER, "kept": _serves(row),
    }  # fmt: skip
    return private(page(request, "code.html", context))


def _there(activity_id: int) -> str:
    there = sum(1 for person in selectors.people_of(activity_id, clear=False) if person["present"])
    return ngettext("已到 %(n)d 人", "已到 %(n)d 人", there) % {"n": there}


def _serves(row: Activity) -> bool:
    """Whether the phone gets what the codes are made from: from the day before until the list is closed."""
    return row.state == Activity.PUBLISHED and row.starts_at - KEPT <= timezone.now() <= row.ends_at + checkin.AFTER


@never_cache
@signed_in
@require_safe
def code_key(request: HttpRequest, activity_id: int) -> HttpResponse:
    """`/activities/<number>/lead/code/key.json`: from what this activity's codes are made, for the leader's phone.

    `{"key": base64, "now": milliseconds, "there": words}`; 404 outside of the activity's time. The phone keeps the key
    so that scripts cannot read it out, and drops it after the activity and at sign-out.
    """
    row = _led(actor_on(request), activity_id).row
    if not _serves(row):
        raise ObjectHidden(LEAD)
    key = base64.b64encode(checkin.secret_for(activity_id)).decode()
    now = int(timezone.now().timestamp() * 1000)
    return private(JsonResponse({"key": key, "now": now, "there": _there(activity_id)}))


# --- Ticks that were made without network -----------------------------------------------------------------------------


@never_cache
@signed_in
@require_POST
def ticks(request: HttpRequest, activity_id: int) -> HttpResponse:
    """`POST /activities/<number>/lead/ticks/`: ticks and walk-ins of the phone, answered one by one.

    `{"sent_at": …, "ticks": [{key, person, out, at}], "walk_ins": [{key, name, phone, at}]}`; times are the phone's.
    """
    actor = actor_on(request)
    _led(actor, activity_id)
    try:
        wanted, came = _ticks(request.body[: TICKS_BYTES_MAX + 1], actor.person_id)
    except (ValueError, KeyError, TypeError, AttributeError):
        return JsonResponse({"title": "malformed", "status": 400}, status=400)
    try:
        # Walk-ins first: somebody who came without a sign-up is on the list before they leave.
        answers = [_walked_in(actor, activity_id, one) for one in came]
        answers += checkin.tick(actor, activity_id, wanted)
    except StepRefused as refusal:
        return JsonResponse({"title": refusal.code, "status": refusal.status}, status=refusal.status)
    told = [{"key": str(one.key), "state": one.state, "code": one.code, "text": one.text} for one in answers]
    return JsonResponse({"ticks": told})


@dataclass(frozen=True, slots=True)
class _Came:
    key: uuid.UUID
    at: datetime
    name: str
    phone: str


def _ticks(body: bytes, person_id: int | None) -> tuple[list[Ticked], list[_Came]]:
    if len(body) > TICKS_BYTES_MAX:
        raise ValueError("too long")
    sent, ticked, came = json.loads(body), [], []
    if "person" in sent and sent["person"] != person_id:
        raise ObjectHidden(LEAD)
    for row in sent.get("ticks", []):
        person = row["person"]
        if not isinstance(person, int) or not 0 < person < 2**63:
            raise ValueError("not a tick")
        key, at = typed.stamped(row, sent)
        ticked.append(Ticked(person, bool(row["out"]), at, key))
    for row in sent.get("walk_ins", []):
        key, at = typed.stamped(row, sent)
        came.append(_Came(key, at, typed.said(row, "name"), typed.said(row, "phone")))
    if len(came) > checkin.MARKS_MAX:
        raise ValueError("too many")
    return ticked, came


def _walked_in(actor: Actor, activity_id: int, one: _Came) -> Answer:
    try:
        checkin.walk_in(actor, activity_id, name=one.name, phone=one.phone, key=one.key, at=one.at)
    except StepRefused as refusal:
        return Answer(one.key, "refused", refusal.code, refusal.label.text(actor.language))
    return Answer(one.key, "stored")
