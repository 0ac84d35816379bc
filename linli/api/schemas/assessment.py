"""What REST says of assessments: read only."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from linli.api.schemas.common import Named


class AssessmentOut(BaseModel):
    """An assessment that concerns the caller."""

    id: int
    title: str
    place: Named
    standard: str
    version: int
    since: date
    until: date
    state: str
    synthetic: bool


class NodeScoreOut(BaseModel):
    """Points of a node. `possible` 0: nothing was seen yet, and it does not count."""

    id: int
    parent: int | None
    level: str
    code: str
    title: str
    possible: float
    won: float
    passed: int
    failed: int
    not_applicable: int


class ScoreOut(BaseModel):
    """The score of a place now, computed from the raw observations; `percent` null where nothing was seen."""

    place: Named
    percent: float | None
    possible: float
    won: float
    observations: int
    nodes: list[NodeScoreOut]


class LossOut(BaseModel):
    """A criterion and what it is expected to cost, in points out of 100."""

    id: int
    code: str
    title: str
    points: float


class ForecastOut(BaseModel):
    """What a blind visit would give: the mean of the simulated visits with its 90 % interval."""

    visits: int
    expected: float | None
    low: float | None
    high: float | None
    losses: list[LossOut]


class IndicatorTaskOut(BaseModel):
    """A task of a unit: its item can be read and moved as any other."""

    number: str
    node: int
    unit: Named
    part: str
    state: str
    due: datetime | None
    needed: int
    linked: int
    uploaded: int
    late: int
    gap: int
