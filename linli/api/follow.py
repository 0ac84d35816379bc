"""What the unguessable link of a request opens: following it, and the reporter's own steps."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from ninja.params import functions as param

from linli.api import schemas
from linli.api.callers import caller
from linli.api.problems import Problem, language
from linli.api.requests import IfMatch, Key, outcome_out, wanted_version, with_present_state
from linli.kernel.labels import Label
from linli.people.access import ObjectHidden
from linli.people.addresses import throttle_address
from linli.requests import selectors, services, tracking
from linli.requests.plain import filled
from linli.requests.selectors import FollowView
from linli.work.engine import StepRefused

router = Router(tags=["follow"])
tracking_router = Router(tags=["follow"])
HANDLED = Label("正在办理", "Being handled")
TOO_MANY = Label("查询次数过多，请稍后再试，或使用提交时给您的链接。", "Too many tries; try later, or use the link.")

Token = Annotated[str, param.Path(pattern=r"^[A-Za-z0-9_-]{16,64}$", description="The token of the follow link")]


@router.get("/{token}", response=schemas.FollowOut, summary="Follow a request by its link")
def follow(request: HttpRequest, token: Token, response: HttpResponse) -> dict[str, Any]:
    """One name, one date, what happened in plain words, and what the reporter can do now."""
    view = selectors.follow_by_token(token)
    if view is None:
        raise Http404
    response["Cache-Control"] = "private, no-store"
    response["ETag"] = f'"{view.version}"'
    return _follow_out(view, token, language())


@tracking_router.post("", response=schemas.TrackedOut, summary="Follow a request by its number and the phone's tail")
def track(request: HttpRequest, body: schemas.TrackIn, response: HttpResponse) -> dict[str, Any]:
    """For whoever has lost the link. A wrong number and a wrong tail look alike (404), and tries are counted (429).

    The answer is that of the link, with a `token` that stands in for it under /follow/{token} for half an hour.
    """
    looked = tracking.find(body.number, body.phone_tail, throttle_address(request))
    if not looked.verdict.allowed:
        wait = {"Retry-After": str(looked.verdict.retry_after_seconds)}
        raise Problem(429, "too_many", TOO_MANY, headers=wait)
    view = selectors.follow_by_item(looked.item_id) if looked.item_id is not None else None
    if view is None:
        raise Http404
    token, expires_at = tracking.new_pass(view.item_id)
    response["Cache-Control"] = "private, no-store"
    return {**_follow_out(view, token, language()), "token": token, "token_expires_at": expires_at}


def _follow_out(view: FollowView, token: str, words: str) -> dict[str, Any]:
    def url(evidence_id: int) -> str:
        return f"/media/{evidence_id}/1280/?t={token}"

    def said(label: Label, unit: str) -> str:
        return filled(label.text(words), unit=unit, due=due).strip() or HANDLED.text(words)

    due = f"{timezone.localtime(view.due_at):%Y-%m-%d %H:%M} " if view.due_at else ""
    return {
        "number": view.number,
        "kind": view.kind,
        "title": view.title,
        "words": view.words,
        "state": view.state,
        "sentence": said(view.plain, view.unit_name),
        "unit": view.unit_name,
        "due": view.due_at,
        "due_provisional": view.provisional,
        "received_at": view.received_at,
        "closed_at": view.closed_at,
        "question": view.question,
        "rating": view.rating,
        "merged_into": view.merged_into_number,
        "photos": [url(photo["id"]) for photo in view.photos],
        "timeline": [
            {
                "at": entry.at,
                "sentence": said(entry.label, entry.unit_name),
                "texts": entry.texts,
                "photos": [url(number) for number in entry.photos],
            }
            for entry in view.timeline
        ],
        "may": view.may,
        "version": view.version,
    }


@router.post("/{token}/steps", response={200: schemas.OutcomeOut}, summary="The reporter's own steps")
def take_own_steps(
    request: HttpRequest, token: Token, body: schemas.StepsIn, key: Key, if_match: IfMatch = ""
) -> dict[str, Any]:
    """Answer a question, rate, withdraw, appeal, ask to reopen."""
    actor = caller(request)
    version = wanted_version(if_match, body.expected_version)
    item_id = selectors.item_id_by_token(token)
    if item_id is None:
        raise ObjectHidden("work.view")
    steps = [(step.transition, step.data) for step in body.steps]
    try:
        done = services.advance_with_link(actor, item_id, token, steps, key=key, expected_version=version)
    except StepRefused as refused:
        raise with_present_state(refused, item_id) from refused
    return outcome_out(done)
