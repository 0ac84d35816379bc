"""Wishes by REST: the wall, making one, following and confirming it, claiming and fulfilling, the list of staff."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router
from ninja.params import functions as param
from pydantic import BaseModel, Field

from linli.api import schemas
from linli.api.callers import SignedIn, caller, limit_reports
from linli.api.problems import Problem, language
from linli.api.requests import API, DEVICE, IfMatch, Key, wanted_version, with_present_state
from linli.api.shown import place_named, state_label
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require_somewhere
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceSnapshot, place_snapshot
from linli.wishes import selectors, services
from linli.wishes.pages_common import sentence, sort_word
from linli.wishes.selectors import WishRow
from linli.wishes.vocabulary import KIND
from linli.work.engine import StepRefused
from linli.work.visibility import may_see_item

router = Router(tags=["wishes"])

WishNumber = Annotated[str, param.Path(pattern=r"^[0-9]{1,32}$", description="The number of the wish")]
WishToken = Annotated[str, param.Path(pattern=r"^[A-Za-z0-9_-]{16,64}$", description="The token of the wisher's link")]
REGISTER = "wish.register"
_STAFF_ONLY = Label("只有工作人员可以代为登记。", "Only staff take down wishes of others.")
_NOT_STAFF = Label("请写明心愿是怎样收到的。", "Say how the wish came in.")


class WallFilters(BaseModel):
    """What the wall is narrowed to."""

    shown: Literal["on_wall", "came_true"] = Field("on_wall", description="Waiting for somebody, or came true lately")
    place: Annotated[int | None, Field(ge=1, le=schemas.BIGGEST)] = None
    sort: schemas.WishSort | Literal[""] = ""
    page: Annotated[int, Field(ge=1, le=500)] = 1


@router.get("", response=schemas.WishPageOut, summary="The wall: wishes that wait, or came true lately")
def list_wishes(request: HttpRequest, filters: Query[WallFilters]) -> dict[str, Any]:
    """For everybody, in reviewed words; the one that is taken down first stands on top."""
    places = place_snapshot(registry_versions())
    area = places.get(filters.place)
    if filters.place is not None and area is None:
        raise Http404
    path = area.path if area is not None else None
    if filters.shown == "came_true":
        rows, more = selectors.came_true(path), False
    else:
        rows = selectors.wall(path, filters.sort, page=filters.page)
        more = len(rows) > selectors.PAGE
    following = filters.model_dump(exclude_defaults=True) | {"page": filters.page + 1}
    return {
        "items": [_wish(caller(request), row, places) for row in rows[: selectors.PAGE]],
        "page": filters.page,
        "next": f"{API}/wishes?{urlencode(following)}" if more else None,
    }


@router.post("", response={201: schemas.WishMadeOut}, summary="Make a wish")
def create_wish(request: HttpRequest, body: schemas.WishIn, key: Key, response: HttpResponse) -> dict[str, Any]:
    """Nobody needs an account; staff who take one down say how it came in. The link is told once."""
    actor = caller(request)
    if body.channel and not actor.is_staff:
        raise Problem(422, "staff_only", _STAFF_ONLY, field="channel")
    if actor.is_staff and not body.channel:
        raise Problem(422, "no_channel", _NOT_STAFF, field="channel")
    limit_reports(request, actor)
    wanted = services.Wanted(
        body.sort, body.words, body.place, body.name, body.phone, body.address, body.channel or "api",
        wants_news=body.wants_news,
    )  # fmt: skip
    made = services.make(actor, wanted, key=key, device=DEVICE)
    path = reverse("wishes:follow", args=[made.token])
    response["Location"] = f"{API}/wishes/{made.number}" if actor.is_staff else f"{API}/wishes/followed/{made.token}"
    response["Cache-Control"] = "no-store"
    if made.repeated:
        response["Idempotency-Replayed"] = "true"
    return {
        "number": made.number,
        "tracking_token": made.token,
        "tracking_url": str(settings.LINLI_PUBLIC_URL).rstrip("/") + path,
    }


@router.get("/mine", response=schemas.OwnWishesOut, auth=SignedIn(), summary="What I claimed and what I wished for")
def list_own_wishes(request: HttpRequest) -> dict[str, Any]:
    """At most 50 of each, what is still owed first."""
    actor = caller(request)
    places = place_snapshot(registry_versions())
    wished = selectors.wished_by(actor)
    return {
        "claimed": [_wish(actor, row, places) for row in selectors.claimed_by(actor.person_id or 0)],
        "wished": [_wish(actor, row, places, wisher=True) for row in wished],
    }


class HandledFilters(BaseModel):
    """A tab of the list of staff."""

    tab: Literal["recorded", "on_wall", "claimed", "matched", "fulfilled", "closed", "ended"] = "recorded"
    page: Annotated[int, Field(ge=1, le=500)] = 1


@router.get("/handled", response=schemas.HandledWishesOut, auth=SignedIn(), summary="Wishes by state, for staff")
def list_handled_wishes(request: HttpRequest, filters: Query[HandledFilters]) -> dict[str, Any]:
    """Those in the caller's places, in reviewed words; who wishes is asked for one by one."""
    actor = caller(request)
    require_somewhere(actor, REGISTER)
    places = place_snapshot(registry_versions())
    found = selectors.listed(actor, filters.tab, filters.page)
    following = urlencode({"tab": filters.tab, "page": filters.page + 1})
    return {
        "items": [_wish(actor, row, places) for row in found.rows], "page": filters.page, "total": found.total,
        "next": f"{API}/wishes/handled?{following}" if found.has_more else None, "tabs": dict(found.counts),
    }  # fmt: skip


@router.get("/followed/{wish_token}", response=schemas.FollowedWishOut, summary="Follow a wish by its link")
def follow_wish(request: HttpRequest, wish_token: WishToken, response: HttpResponse) -> dict[str, Any]:
    """What it means now in a sentence, what the claimer wrote, and what the wisher may do."""
    row = _by_token(wish_token)
    response["Cache-Control"] = "private, no-store"
    response["ETag"] = f'"{row.version}"'
    return _wish(caller(request), row, place_snapshot(registry_versions()), wisher=True) | {
        "sentence": sentence(row),
        "claimer_words": selectors.last_words(row.id) if row.state in ("fulfilled", "closed") else "",
        "reason": selectors.refusal_reason(row.id) if row.state == "refused" else "",
    }


@router.post("/followed/{wish_token}/steps", response=schemas.OutcomeOut, summary="The wisher's own steps")
def take_wisher_steps(
    request: HttpRequest, wish_token: WishToken, body: schemas.StepsIn, key: Key, if_match: IfMatch = ""
) -> dict[str, Any]:
    """Confirm, say what was not done, open it again, withdraw."""
    row, version = _by_token(wish_token), wanted_version(if_match, body.expected_version)
    steps = [(step.transition, step.data) for step in body.steps]
    try:
        done = services.steps_with_link(caller(request), row.id, wish_token, steps, key=key, version=version)
    except StepRefused as refused:
        raise with_present_state(refused, row.id) from refused
    return _outcome(done)


@router.get("/{wish_number}", response=schemas.WishOut, summary="One wish")
def read_wish(request: HttpRequest, wish_number: WishNumber, response: HttpResponse) -> dict[str, Any]:
    """What everybody may read, the caller claimed or wished for, or staff have before them. ETag is its version."""
    actor = caller(request)
    row, wisher = _readable(actor, wish_number)
    response["ETag"] = f'"{row.version}"'
    response["Cache-Control"] = "private, no-cache"
    return _wish(actor, row, place_snapshot(registry_versions()), wisher=wisher)


@router.post("/{wish_number}/steps", response=schemas.OutcomeOut, auth=SignedIn(), summary="Take steps with a wish")
def take_wish_steps(
    request: HttpRequest, wish_number: WishNumber, body: schemas.StepsIn, key: Key, if_match: IfMatch = ""
) -> dict[str, Any]:
    """Claim, give back, fulfil; staff review, agree, release (GET /workflows/wish). Of two who claim one gets 409."""
    actor = caller(request)
    row, _wisher = _readable(actor, wish_number)
    version = wanted_version(if_match, body.expected_version)
    steps = [(step.transition, step.data) for step in body.steps]
    try:
        done = services.steps(actor, row.id, steps, key=key, version=version)
    except StepRefused as refused:
        raise with_present_state(refused, row.id) from refused
    return _outcome(done)


@router.post("/{wish_number}/wisher", response=schemas.WisherOut, auth=SignedIn(), summary="Who wishes, in clear")
def reveal_wisher(request: HttpRequest, wish_number: WishNumber, response: HttpResponse) -> dict[str, Any]:
    """For staff who may, and for the claimer from the agreement until the time ends. Each look is recorded."""
    row = selectors.by_number(wish_number)
    if row is None:
        raise Http404
    found = services.see_wisher(caller(request), row.id)
    response["Cache-Control"] = "no-store"
    return {"words": found.words, "name": found.name, "phone": found.phone, "address": found.address}


def _by_token(token: str) -> WishRow:
    item_id = selectors.item_id_by_token(token)
    row = selectors.by_id(item_id) if item_id is not None else None
    if row is None:
        raise Http404
    return row


def _readable(actor: Actor, number: str) -> tuple[WishRow, bool]:
    """The wish and whether the caller is its wisher; 404 for whoever may not read it."""
    row = selectors.by_number(number)
    if row is None:
        raise Http404
    claimed = row.is_claimed_by(actor)
    wisher = not claimed and selectors.is_wisher(actor, row)
    if not (claimed or wisher or selectors.is_public(row) or (actor.is_staff and may_see_item(actor, row.id))):
        raise ObjectHidden(REGISTER)
    return row, wisher


def _wish(actor: Actor, row: WishRow, places: PlaceSnapshot, *, wisher: bool | None = None) -> dict[str, Any]:
    wished = row.is_wished_by(actor) if wisher is None else wisher
    claimed = row.is_claimed_by(actor)
    return {
        "number": row.number, "sort": row.sort, "sort_label": sort_word(row.sort), "title": row.title,
        "words": row.words, "state": row.state, "state_label": state_label(KIND, row.state, language()),
        "meaning": row.meaning, "place": place_named(places, row.place_id), "due": row.due,
        "received_at": row.received_at, "closed_at": row.closed_at, "version": row.version,
        "mine": "claimed" if claimed else "wished" if wished else "", "synthetic": row.synthetic,
        "may": list(selectors.steps_of(row, actor, wisher=wished)),
    }  # fmt: skip


def _outcome(done: Any) -> dict[str, Any]:
    label = state_label(KIND, done.state, language())
    return {"number": done.number, "state": done.state, "state_label": label, "version": done.version}
