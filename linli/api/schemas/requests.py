"""Requests as staff and residents see them: the desk's lines, one request with its parts, its history, its steps."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from linli.api.schemas.common import Named


class LegOut(BaseModel):
    """What one unit owes."""

    id: UUID
    role: str
    unit: Named | None
    state: str
    active: bool
    sent_at: datetime
    signed_at: datetime | None
    signed_by_limit: bool
    contacted_at: datetime | None
    reported_at: datetime | None
    ended_at: datetime | None


class ClockOut(BaseModel):
    """One promise with the rule as it was applied."""

    kind: str
    leg: UUID | None
    state: str
    started_at: datetime
    due_at: datetime | None
    warn_at: datetime | None
    stopped_at: datetime | None
    provisional: bool
    rule: dict[str, Any]
    pauses: list[list[str | None]]


class AskOut(BaseModel):
    """A decision that someone has asked for."""

    kind: str
    state: str
    asked_at: datetime
    decided_at: datetime | None
    data: dict[str, Any]


class PhotoOut(BaseModel):
    """One photo, recording or scan; `flags` are for the verifier."""

    id: int
    kind: str
    purpose: str
    visibility: str
    taken_at: datetime | None
    distance_metres: float | None
    flags: list[str]
    url: str


class ContactOut(BaseModel):
    """The reporter, as far as the caller may know."""

    anonymous: bool
    protected: bool
    wants_news: bool
    name: str = Field(description="Masked; in clear by POST /requests/{number}/contact")
    phone: str = Field(description="Masked; in clear by POST /requests/{number}/contact")
    may_reveal: bool = Field(description="Whether the caller may ask for both in clear")


class RevealedOut(BaseModel):
    """The reporter's name and phone in clear."""

    name: str
    phone: str


class ChildOut(BaseModel):
    """What hangs on the request: supervisions, and others merged into it."""

    number: str
    kind: str
    title: str
    state: str
    next_due: datetime | None


class RequestRowOut(BaseModel):
    """One line of the desk."""

    number: str
    kind: str
    subkind: str
    title: str
    state: str
    state_label: str
    meaning: str
    urgency: int
    due: datetime | None
    next_due: datetime | None
    due_provisional: bool
    received_at: datetime
    place: Named | None
    address: str
    category: Named | None
    unit: Named | None
    longitude: float | None
    latitude: float | None
    rework_count: int
    expected: str
    version: int


class RequestPageOut(BaseModel):
    """A page of the desk, most urgent first, and how many each tab holds."""

    items: list[RequestRowOut]
    page: int
    total: int
    total_is_exact: bool
    next: str | None
    tabs: dict[str, int]


class RequestOut(BaseModel):
    """A request as the caller may see it: residents see of their own what the follow link shows."""

    number: str
    kind: str
    subkind: str
    title: str
    words: str
    state: str
    state_label: str
    meaning: str
    urgency: int
    source: str
    received_at: datetime
    due: datetime | None
    next_due: datetime | None
    due_provisional: bool
    closed_at: datetime | None
    place: Named | None
    longitude: float | None
    latitude: float | None
    address: str
    category: Named | None
    unit: Named | None
    rating: int | None
    outcome: str
    rework_count: int
    handling_round: int
    version: int
    contact: ContactOut | None
    legs: list[LegOut]
    clocks: list[ClockOut]
    asks: list[AskOut]
    photos: list[PhotoOut]
    children: list[ChildOut]
    primary: str | None


class ActorOut(BaseModel):
    """Who took a step."""

    name: str
    role: str
    unit: str


class EventOut(BaseModel):
    """One event of the history; what the caller may not read is left out."""

    sequence: int
    at: datetime
    transition: str
    label: str
    plain: str | None
    by: ActorOut | None
    codes: dict[str, Any]
    texts: dict[str, str]
    erased: bool


class HistoryOut(BaseModel):
    """What happened, oldest first."""

    number: str
    version: int
    events: list[EventOut]


class StepOut(BaseModel):
    """A step that the caller may take now; `data_schema` is the JSON Schema of its `data`."""

    transition: str
    label: str
    primary: bool
    danger: bool
    blocked: str | None
    deadline: str | None
    basis: str
    data_schema: dict[str, Any]


class StepsOut(BaseModel):
    """Steps possible now, the expected ones first."""

    number: str
    state: str
    version: int
    steps: list[StepOut]
