"""What goes in: bodies refuse fields they do not know."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from linli.requests.reporting import ADDRESS_LENGTH_MAX, NAME_LENGTH_MAX, UPLOADS_MAX, WORDS_LENGTH_MAX
from linli.work.engine import STEPS_MAX

BIGGEST = 2**53 - 1
Id = Annotated[int, Field(ge=1, le=BIGGEST)]
Kind = Literal["help", "complaint", "report", "consultation", "suggestion", "praise"]
Opening = Literal[
    "report", "report_on_behalf", "outside_order", "leader_note", "chat_message", "hand_over", "fix_on_spot"
]
Channel = Literal["api", "web", "phone", "walk_in", "outside", "leader_note", "chat", "patrol"]
Crs = Literal["EPSG:4490", "EPSG:4326", "GCJ-02", "BD-09"]
_Words = Annotated[str, StringConstraints(max_length=WORDS_LENGTH_MAX)]


class StrictIn(BaseModel):
    """A body that refuses fields it does not know, and values of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ReportIn(StrictIn):
    """A report. `kind` and words or a photo are enough; a position or a place finds the grid."""

    kind: Kind
    words: _Words = ""
    title: Annotated[str, StringConstraints(max_length=100)] = ""
    longitude: float | None = Field(None, ge=-180, le=180, description="Degrees, in `crs`")
    latitude: float | None = Field(None, ge=-90, le=90, description="Degrees, in `crs`")
    crs: Crs = Field("EPSG:4326", description="What the two coordinates are given in")
    place: Id | None = Field(None, description="A place by id, when there is no position")
    address: Annotated[str, StringConstraints(max_length=ADDRESS_LENGTH_MAX)] = ""
    category: Id | None = Field(None, description="Left out: the best suggestion for the words")
    photos: list[Annotated[UUID, Field(strict=False)]] = Field(
        default=[], max_length=UPLOADS_MAX, description="Tokens that POST /uploads gave"
    )
    contact_name: Annotated[str, StringConstraints(max_length=NAME_LENGTH_MAX)] = ""
    phone: Annotated[str, StringConstraints(max_length=30)] = ""
    anonymous: bool = Field(False, description="Nothing is kept that tells who reported")
    wants_news: bool = False
    accused_organisation: Id | None = Field(None, description="Of a report on someone: the unit accused")
    transition: Opening = Field("report", description="Staff record on behalf of others, import, or act on the spot")
    data: dict[str, Any] = Field(default={}, description="The fields of that transition (GET /workflows/request)")
    channel: Channel | None = Field(None, description="Staff only: how it came in")
    source_system: Annotated[str, StringConstraints(max_length=64)] = ""
    source_number: Annotated[str, StringConstraints(max_length=64)] = ""
    outside_due: Annotated[datetime, Field(strict=False)] | None = None


class StepIn(StrictIn):
    """One step: the code of a transition and its fields."""

    transition: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    data: dict[str, Any] = {}


class StepsIn(StrictIn):
    """A chain of steps, taken together or not at all."""

    steps: list[StepIn] = Field(min_length=1, max_length=STEPS_MAX)
    expected_version: int | None = Field(None, ge=1, le=BIGGEST, description="Or send it as If-Match")


class TrackIn(StrictIn):
    """What somebody knows who has lost the link: the number, and the phone that was left with the report."""

    number: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,32}$")]
    phone_tail: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] = Field(
        description="The last four digits of the phone"
    )


class UploadIn(BaseModel):
    """What the sender says of a file. Used only where the file itself says nothing."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["", "photo", "audio", "document"] = ""
    taken_at: Annotated[str, StringConstraints(max_length=40)] = Field(
        "", description="ISO 8601, or milliseconds since 1970"
    )
    lon: Annotated[str, StringConstraints(max_length=30)] = Field("", description="Degrees, WGS-84")
    lat: Annotated[str, StringConstraints(max_length=30)] = Field("", description="Degrees, WGS-84")
