"""Having one's data erased: what is asked, what is decided, what it came to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from linli.api.schemas.sent import StrictIn


class OwnErasureIn(StrictIn):
    """The person's own wish."""

    take_back: bool = Field(False, description="No longer wanted")


class ErasureIn(StrictIn):
    """A wish that staff take down."""

    phone: Annotated[str, StringConstraints(min_length=7, max_length=30)]
    reason: Literal["asked_by_person", "kept_long_enough", "recorded_wrongly", "ordered"]


class ErasureDecisionIn(StrictIn):
    """What somebody else decides."""

    decision: Literal["confirm", "refuse"]
    refusal: Literal["", "law_keeps", "not_the_person", "needed_for_a_case"] = ""
    also: list[Annotated[str, StringConstraints(max_length=120)]] = Field(
        default_factory=list, max_length=50, description="Records that bear the name only and are the person's, by ref"
    )


class ErasureDoubtOut(BaseModel):
    """A record that bears the person's name but no phone: whoever confirms says whether it is theirs."""

    ref: str
    where: str
    words: str = Field(description="What it says, numbers masked")
    likely: bool


class ErasureOut(BaseModel):
    """A wish to be erased: codes and times, nobody's name."""

    id: int
    state: Literal["pending", "done", "refused", "taken_back"]
    state_label: str
    reason: str
    asked_at: datetime
    asked_by_oneself: bool
    decided_at: datetime | None
    refusal: str
    refusal_label: str
    counts: dict[str, int]


class OwnErasureOut(BaseModel):
    """How much a person left here, how much of it is being worked on, and the last wish."""

    total: int
    live: int
    wish: ErasureOut | None
