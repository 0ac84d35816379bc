"""What a reporter gets back, and what the follow link shows."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field


class ReportOut(BaseModel):
    """A number, one name, one date, a link."""

    number: str
    state: str
    state_label: str
    version: int
    unit: str
    due: datetime | None
    tracking_token: str
    tracking_url: str


class UploadOut(BaseModel):
    """A file that was received and cleaned; unclaimed ones are removed after a day."""

    token: UUID
    kind: Literal["photo", "audio", "document"]
    pages: int | None = Field(None, description="Of a document")
    caption: str = Field("", description="What a document is called: the name of its file, without its ending")
    width: int | None
    height: int | None
    seconds: float | None
    taken_at: datetime | None
    located: bool
    thumb: str | None


class OutcomeOut(BaseModel):
    """What a chain of steps came to."""

    number: str
    state: str
    state_label: str
    version: int


class FollowEventOut(BaseModel):
    """One line in plain words."""

    at: datetime
    sentence: str
    texts: list[str]
    photos: list[str]


class FollowOut(BaseModel):
    """What the follow link shows: one name, one date, what happened, what can be done."""

    number: str
    kind: str
    title: str
    words: str
    state: str
    sentence: str
    unit: str
    due: datetime | None
    due_provisional: bool
    received_at: datetime
    closed_at: datetime | None
    question: str
    rating: int | None
    merged_into: str
    photos: list[str]
    timeline: list[FollowEventOut]
    may: dict[str, bool]
    version: int


class TrackedOut(FollowOut):
    """As the follow link, found by number and phone tail; `token` stands in for the link for a while."""

    token: str
    token_expires_at: datetime
