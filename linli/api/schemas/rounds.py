"""Rounds (巡查): what is asked for, how far each has come, its sites and teams."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from linli.api.schemas.common import Named
from linli.api.schemas.sent import Id, StrictIn

_Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
_Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


def _printable(text: str) -> str:
    """A text without the NUL that no database takes."""
    if "\0" in text:
        raise ValueError("NUL")
    return text


_Text = AfterValidator(_printable)
_Day = Annotated[date, Field(strict=False)]
_Slug = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,30}$")]
RULE = (
    r"^$|^FREQ=(DAILY|WEEKLY|MONTHLY)(;(INTERVAL=[1-9]\d?|COUNT=[1-9]\d{0,2}|BYDAY=(MO|TU|WE|TH|FR|SA|SU)"
    r"(,(MO|TU|WE|TH|FR|SA|SU)){0,6}|BYMONTHDAY=([1-9]|1\d|2[0-8])(,([1-9]|1\d|2[0-8])){0,9})){0,4}$"
)
"""Rules of RFC 5545 that give a day again and again; others would give none, or thousands."""


class RoundTeamIn(StrictIn):
    """A team: where its day begins, its minutes, its members. On their phones the team's sites show."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), _Text]
    longitude: _Longitude
    latitude: _Latitude
    minutes_per_day: Annotated[int, Field(ge=1, le=1440)] = 240
    organisation: Id | None = None
    members: list[Id] = Field([], max_length=60)


class RoundIn(StrictIn):
    """A round. Sites are found below `place`: of these kinds, in these places; empty means any."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), _Text]
    place: Id
    since: _Day
    until: _Day
    kind: Literal["one_off", "weekly", "campaign", "special"] = "one_off"
    theme: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60), _Text] = ""
    version: Id | None = None
    criteria: list[Id] = Field([], max_length=600)
    places: list[Id] = Field([], max_length=200)
    site_kinds: list[_Slug] = Field([], max_length=60)
    teams: list[RoundTeamIn] = Field([], max_length=60)
    minutes_per_visit: Annotated[int, Field(ge=1, le=240)] = 10
    campaign: Id | None = None
    repeat: Annotated[str, StringConstraints(max_length=200, pattern=RULE)] = ""


class RoundProgress(BaseModel):
    """Sites by state. `covered` is done ÷ (all − closed) in percent, by records made at the sites; null for none."""

    due: int
    done: int
    unreachable: int
    closed: int
    covered: float | None


class RoundOut(BaseModel):
    """A round with how far it has come. `total` leaves out closed sites."""

    id: int
    title: str
    kind: str
    theme: str
    state: Literal["planned", "running", "ended"]
    place: Named
    since: date
    until: date
    total: int
    done: int
    planned_at: datetime | None
    synthetic: bool


class RoundTeamOut(BaseModel):
    """A team with how many of its sites are done: figures of teams, never of persons."""

    id: int
    name: str
    minutes_per_day: int
    active: bool
    total: int
    done: int


class RoundSiteOut(BaseModel):
    """A site of a round. `reason` says why it is not done; `failed` counts criteria that failed there."""

    id: int
    name: str
    kind: str
    longitude: float | None
    latitude: float | None
    state: Literal["due", "done", "unreachable", "closed"]
    reason: str
    team: str | None
    planned_on: date | None
    position: int | None
    done_at: datetime | None
    failed: int


class RoundFindings(BaseModel):
    """Findings of a round; `same_day` is the share closed on the day they were found (日清日结), in percent."""

    found: int
    open: int
    same_day: float | None


class RoundDetailOut(RoundOut):
    """A round with progress, findings, teams, and its sites: what is missing first."""

    minutes_per_visit: int
    metres: float | None
    progress: RoundProgress
    findings: RoundFindings
    teams: list[RoundTeamOut]
    sites: list[RoundSiteOut]


class RoundStateOut(BaseModel):
    """What a change came to. `planning`: a search for the ways has been asked for."""

    id: int
    state: Literal["planned", "running", "ended"]
    planning: bool
