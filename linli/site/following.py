"""Following a request: what the reporter sees, and the steps that are theirs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.places.snapshot import PlaceSnapshot
from linli.requests.selectors import FollowView
from linli.requests.workflow_fields import RATING
from linli.site.words import day, sentence, text, when
from linli.work import services as work
from linli.work.engine import StepRefused
from linli.work.links import actor_with_link

TEXT_LENGTH_MAX = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline."""

    at: datetime
    when: str
    text: str
    said: list[str]
    photos: list[dict[str, str]]


@dataclass(slots=True)
class Followed:
    """The follow page's content in plain words: one name, one date, what happened, what can be done now."""

    view: FollowView
    sentence: str
    unit: str
    due: str
    overdue: bool
    received: str
    place: str
    photos: list[dict[str, str]]
    lines: list[Line]
    key: str

    @property
    def may(self) -> dict[str, bool]:
        """What the reporter may do now."""
        return self.view.may

    @property
    def is_live(self) -> bool:
        """Whether work is still owed."""
        return self.view.meaning in ("open", "waiting")

    @property
    def stage(self) -> int:
        """How far it is: 1 received, 2 with a unit, 3 answered, 4 closed."""
        if self.view.meaning == "done":
            return 4
        if self.view.state in ("replied", "handled"):
            return 3
        return 2 if self.view.unit_name else 1


def followed(view: FollowView, places: PlaceSnapshot, now: datetime, media: str) -> Followed:
    """Make the page's content of a view; `media` is the pattern of a file's address, with `{id}` and `{size}`."""
    urls = {photo["id"]: _photo(photo["id"], photo.get("kind", "photo"), media) for photo in view.photos}
    lines = [
        Line(
            entry.at, when(entry.at, now), sentence(entry.label, unit=entry.unit_name, due=view.due_at, now=now),
            [said for said in entry.texts if said], [urls[number] for number in entry.photos if number in urls],
        )
        for entry in view.timeline
    ]  # fmt: skip
    place = places.full_name(view.place_id, "street") if view.place_id else ""
    live = view.meaning in ("open", "waiting")
    return Followed(
        view=view,
        sentence=sentence(view.plain, unit=view.unit_name, due=view.due_at, now=now),
        unit=view.unit_name,
        due=when(view.due_at, now) if live else "",
        overdue=live and view.due_at is not None and view.due_at < now,
        received=day(view.received_at, now),
        place=" ".join(part for part in (place, view.address) if part),
        photos=[urls[photo["id"]] for photo in view.photos if photo["purpose"] == "report"],
        lines=lines[::-1],
        key=uuid.uuid4().hex,
    )


def _photo(number: int, kind: str, media: str) -> dict[str, str]:
    sizes = {"small": "320", "large": "1280", "whole": "full"}
    return {"kind": kind} | {name: media.format(id=number, size=size) for name, size in sizes.items()}


RATINGS: tuple[tuple[str, Label], ...] = RATING.choices


def steps_of(request: HttpRequest) -> tuple[str, Sequence[tuple[str, Mapping[str, Any]]]]:
    """What a form of the follow page asks for: the key and the step. Raises StepRefused for what is incomplete."""
    sent = request.POST
    key = sent.get("key", "")
    said = sent.get("text", "").strip()[:TEXT_LENGTH_MAX]
    step = sent.get("step", "")
    if step == "rate":
        return key, _rating(sent.get("rating", ""), said)
    if step in ("reopen", "appeal"):
        if not said:
            raise _missing(Label("请写明原因，几个字也可以。", "Please say why; a few words are enough."))
        return key, [(step, {"reason": said})]
    if step == "answer_question":
        if not said:
            raise _missing(Label("请写下您的回答。", "Please write your answer."))
        return key, [(step, {"answer": said})]
    if step == "withdraw":
        return key, [(step, {"note": said} if said else {})]
    raise StepRefused("unknown_transition", Label("没有这个操作。", "There is no such step."), status=422)


def _missing(label: Label) -> StepRefused:
    return StepRefused("nothing_said", label, status=422, field="text")


def _rating(rating: str, said: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
    if rating == "no":
        if not said:
            raise StepRefused(
                "nothing_said",
                Label("请写明哪里没有解决，几个字也可以。", "Please say what is not solved; a few words are enough."),
                status=422, field="reason",
            )  # fmt: skip
        return [("rate_not_satisfied", {"reason": said})]
    if rating not in {value for value, _label in RATINGS}:
        raise StepRefused("no_rating", Label("请选择一项评价。", "Please choose a rating."), status=422, field="rating")
    return [("rate_satisfied", {"rating": rating, **({"note": said} if said else {})})]


def take(
    actor: Actor, item_id: int, steps: Sequence[tuple[str, Mapping[str, Any]]], key: str, device: str
) -> work.Outcome:
    """Take the reporter's steps; a second dissatisfaction is another transition (it calls a joint meeting)."""
    holder = actor_with_link(actor, item_id)
    try:
        return work.advance(holder, item_id, steps, key=key, device=device)
    except StepRefused as refusal:
        if refusal.code != "first_handling":
            raise
        again = [("rate_not_satisfied_again", data) for _code, data in steps]
        return work.advance(holder, item_id, again, key=key, device=device)


def told(refusal: StepRefused) -> str:
    """The refusal as a sentence."""
    return text(refusal.label) or _("没有办成，请稍后再试。")
