"""Wishes: as everybody reads them, as their wisher follows them, and what is sent to make one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from linli.api.schemas.common import Named
from linli.api.schemas.sent import Id, StrictIn
from linli.wishes.services import ADDRESS_LENGTH_MAX, NAME_LENGTH_MAX, WORDS_LENGTH_MAX

WishSort = Literal["wish_help", "wish_goods", "wish_company", "wish_skill", "wish_other"]


class WishIn(StrictIn):
    """A wish. What is sent is encrypted and never public; what stands on the wall is written by whoever reviews it."""

    sort: WishSort
    words: Annotated[str, StringConstraints(min_length=1, max_length=WORDS_LENGTH_MAX)]
    place: Id = Field(description="A community or a grid")
    name: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH_MAX)]
    phone: Annotated[str, StringConstraints(min_length=1, max_length=30)]
    address: Annotated[str, StringConstraints(max_length=ADDRESS_LENGTH_MAX)] = Field(
        "", description="For the claimer alone, once staff agreed"
    )
    channel: Literal["", "walk_in", "phone", "patrol"] = Field("", description="Staff only: how it came in")
    wants_news: bool = Field(False, description="A text message when a claim is agreed to and when it is fulfilled")


class WishMadeOut(BaseModel):
    """A number and the link by which the wisher follows it."""

    number: str
    tracking_token: str
    tracking_url: str


class WishOut(BaseModel):
    """A wish in its reviewed words: no wisher, no claimer. Before the review the title names the kind alone."""

    number: str
    sort: str
    sort_label: str
    title: str
    words: str
    state: str
    state_label: str
    meaning: str
    place: Named | None
    due: datetime | None
    received_at: datetime
    closed_at: datetime | None
    version: int
    mine: Literal["", "claimed", "wished"] = Field(description="What it is to the caller")
    may: list[str] = Field(description="Steps open to the caller as resident; staff ask GET /requests/{number}/steps")
    synthetic: bool


class WishPageOut(BaseModel):
    """A page of wishes."""

    items: list[WishOut]
    page: int
    next: str | None


class HandledWishesOut(WishPageOut):
    """A page of the list of staff and how many stand in each state."""

    total: int
    tabs: dict[str, int]


class OwnWishesOut(BaseModel):
    """What the caller claimed and what they wished for."""

    claimed: list[WishOut]
    wished: list[WishOut]


class FollowedWishOut(WishOut):
    """A wish as its wisher follows it: what it means now, what the claimer wrote, why it was not taken up."""

    sentence: str
    claimer_words: str
    reason: str


class WisherOut(BaseModel):
    """Who wishes, in clear. `words` are the wisher's own and for staff alone."""

    words: str
    name: str
    phone: str
    address: str
