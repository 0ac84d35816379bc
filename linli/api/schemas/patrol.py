"""What the patrol's phone sends and gets."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from linli.api.schemas.common import Named
from linli.api.schemas.sent import Id, StrictIn

_Text = AfterValidator(lambda text: text.replace("\0", ""))
"""Without the NUL that no database takes: a record is not lost for it."""
_Words = Annotated[str, StringConstraints(max_length=2000), _Text]
_Number = Annotated[float, Field(allow_inf_nan=False)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PatrolFileIn(_Sent):
    """A file of the batch: its length, so that half a file is never taken for a whole one."""

    kind: Literal["photo", "audio"]
    bytes: Annotated[int, Field(ge=1, le=64 * 1024 * 1024)]
    taken_at: Annotated[str, StringConstraints(max_length=40)] = ""
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None


class PatrolCoReceiverIn(_Sent):
    """Who received it for a co-handling unit: by name, or with a signature, which is a file of the same batch."""

    organisation_id: Id
    name: Annotated[str, StringConstraints(max_length=60), _Text] = ""
    signature: UUID | None = None


class PatrolFindingIn(_Sent):
    """The problem behind a failing record."""

    client_key: UUID
    category_id: Id | None = None
    advice: Annotated[str, StringConstraints(max_length=1000), _Text] = ""
    handling: Literal["hand_over", "fix_on_spot", "report"]
    lead_organisation_id: Id | None = None
    co_organisation_ids: list[Id] = Field([], max_length=10)
    receiver_name: Annotated[str, StringConstraints(max_length=60), _Text] = ""
    signature: UUID | None = None
    after_photos: list[UUID] = Field([], max_length=9)
    co_receivers: list[PatrolCoReceiverIn] = Field([], max_length=10)

    def signatures(self) -> list[UUID]:
        """The files of all signatures."""
        return [number for number in (self.signature, *(one.signature for one in self.co_receivers)) if number]


class PatrolObservationIn(_Sent):
    """One criterion looked at, at one site. `photos` names files of the same batch, sound among them."""

    client_key: UUID
    round_id: Id
    site_id: Id
    criterion_id: Id
    replaces: UUID | None = None
    result: Literal["pass", "fail", "not_applicable"]
    value: _Number | None = None
    words: _Words = ""
    observed_at: AwareDatetime
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=1e7)] | None = None
    photos: list[UUID] = Field([], max_length=9)
    finding: PatrolFindingIn | None = None

    def file_numbers(self) -> list[UUID]:
        """All files that it names."""
        finding = self.finding
        return [*self.photos, *((*finding.after_photos, *finding.signatures()) if finding else ())]


class PatrolUnreachedIn(_Sent):
    """That a site could not be looked at, and why."""

    client_key: UUID
    round_id: Id
    site_id: Id
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), _Text]
    observed_at: AwareDatetime


class PatrolProblemIn(_Sent):
    """A problem somewhere else than at a site of a round: in the grid of the position, else in the area `place_id`."""

    client_key: UUID
    place_id: Id
    words: _Words = ""
    observed_at: AwareDatetime
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=1e7)] | None = None
    photos: list[UUID] = Field([], max_length=9)
    finding: PatrolFindingIn

    def file_numbers(self) -> list[UUID]:
        """All files that it names."""
        return [*self.photos, *self.finding.after_photos, *self.finding.signatures()]


class PatrolBatchIn(_Sent):
    """The part `batch`: who made the records on which device, the records, notes of the files by their ids."""

    key: UUID | None = None
    device: Annotated[str, StringConstraints(max_length=64), _Text] = ""
    person: Id | None = None
    sent_at: AwareDatetime | None = None
    observations: list[Any] = Field(max_length=200)
    unreached: list[Any] = Field([], max_length=200)
    problems: list[Any] = Field([], max_length=200)
    files: dict[UUID, PatrolFileIn] = Field({}, max_length=99)


class PatrolChoiceIn(StrictIn):
    """What somebody decided about a conflict."""

    choice: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class PatrolSessionOut(BaseModel):
    """Who is signed in; `csrf` goes into the header X-CSRFToken of changes by this browser."""

    person: Named
    csrf: str
    now: datetime


class PatrolChoiceOut(BaseModel):
    """One way to settle a conflict."""

    code: str
    label: str


class PatrolConflictOut(BaseModel):
    """A record that is kept until somebody decides."""

    id: int
    client_key: str
    code: str
    label: str
    site_name: str
    criterion_title: str
    observed_at: datetime
    choices: list[PatrolChoiceOut]


class PatrolOutcomeOut(BaseModel):
    """What became of one record. `number` is that of the item it raised."""

    client_key: str
    outcome: Literal["stored", "repeated", "conflict", "refused"]
    code: str
    label: str
    number: str
    conflict: PatrolConflictOut | None


class PatrolSyncOut(BaseModel):
    """The outcomes of a batch, by key, and when the server received it."""

    received_at: datetime
    outcomes: list[PatrolOutcomeOut]


class PatrolDecidedOut(BaseModel):
    """What became of a conflict."""

    outcome: str
    number: str


class PatrolRecheckOut(BaseModel):
    """A shop to be looked at again after a mutual check (复查): it is due, or said to be mended. Recorded at `url`."""

    url: str
    name: str
    checker: str
    due_on: date
    mended: bool


class PatrolDayOut(BaseModel):
    """All that a phone needs for a day without network (docs/patrol.md tells each part)."""

    day: str
    made_at: datetime
    csrf: str
    person: Named
    rounds: list[dict[str, Any]]
    sites: list[dict[str, Any]]
    criteria: list[dict[str, Any]]
    categories: list[dict[str, Any]]
    areas: list[Named]
    units: list[dict[str, Any]]
    ground: dict[str, Any]
    conflicts: list[dict[str, Any]]
    rechecks: list[PatrolRecheckOut]
