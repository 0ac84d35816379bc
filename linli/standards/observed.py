"""Where observations are had from: rooms that look at sites register a provider, rooms that score read here.

A provider answers with columns (numpy arrays of equal length, one row per observation that counts) and can say of any
observation what led to it, down to its photos. Rows are raw: no score is stored in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from linli.standards.rules import GRAIN

EPOCH = date(1970, 1, 1)
TYPES: dict[str, type[np.generic]] = {
    "criterion": np.int64, "site": np.int64, "day": np.int32, "result": np.int8, "value": np.float32,
    "observation": np.int64, "version_of": np.int64,
}  # fmt: skip


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


@dataclass(frozen=True, slots=True)
class Columns:
    """Observations as arrays of equal length.

    `criterion` is the id of the node looked at, `site` that of the place, `day` the local day as days since
    1970-01-01, `result` 1 pass, 0 fail, 2 not applicable; `value` the points taken off (deduction rules) or the share
    given (graded rules), else 0, in thousandths at the finest; `observation` the id for the trail; `version_of` the
    id of the version to which the criterion belongs.
    """

    criterion: npt.NDArray[Any]
    site: npt.NDArray[Any]
    day: npt.NDArray[Any]
    result: npt.NDArray[Any]
    value: npt.NDArray[Any]
    observation: npt.NDArray[Any]
    version_of: npt.NDArray[Any]

    def __post_init__(self) -> None:
        lengths = {len(getattr(self, name)) for name in TYPES}
        if len(lengths) != 1:
            raise ValueError(f"columns of unequal length: {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.criterion)

    def where(self, mask: npt.NDArray[Any]) -> Columns:
        """The rows for which the mask is true (or the rows at these positions)."""
        return Columns(*(getattr(self, name)[mask] for name in TYPES))

    def exact_values(self) -> npt.NDArray[np.float64]:
        """The values as doubles without the noise of the narrow type, for sums that come out equal every time."""
        return np.asarray(np.round(self.value.astype(np.float64), GRAIN), dtype=np.float64)


def columns_of(
    criterion: Any, site: Any, day: Any, result: Any, value: Any, observation: Any, version_of: Any = 0
) -> Columns:
    """Columns from any sequences, in the types they are kept in; `version_of` may be one number for all rows."""
    count = len(criterion)
    whose = version_of if hasattr(version_of, "__len__") else np.full(count, version_of)
    given = (criterion, site, day, result, value, observation, whose)
    return Columns(*(np.asarray(part, dtype=kind) for part, kind in zip(given, TYPES.values(), strict=True)))


def no_columns() -> Columns:
    """No observation."""
    return columns_of([], [], [], [], [], [])


def joined(parts: Sequence[Columns]) -> Columns:
    """The rows of all parts, in order."""
    full = [part for part in parts if len(part)]
    if len(full) <= 1:
        return full[0] if full else no_columns()
    return Columns(*(np.concatenate([getattr(part, name) for part in full]) for name in TYPES))


@dataclass(frozen=True, slots=True)
class TrailLine:
    """What stands behind one observation: in words, when, where to look, its photos, and whether it came late.

    `thumb_urls` are the same photos small, in the same order, where they can be had.
    """

    observation: int
    label: str
    at: datetime
    url: str = ""
    photo_urls: tuple[str, ...] = ()
    late: bool = False
    thumb_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Growth:
    """What came since a cursor: rows to add, observations that no longer count, and the cursor to ask with next.

    `anew`: the provider cannot tell what is new; the columns are all there is, and replace what was kept.
    """

    columns: Columns
    withdrawn: tuple[int, ...] = ()
    cursor: Any = None
    anew: bool = False


class Provider(Protocol):
    """A room that has observations. Their ids must not be those of another provider's."""

    def columns(self, version_id: int, place_path: str | None, since: date | None, until: date | None) -> Columns:
        """Observations of the version's criteria at sites below the path (None: everywhere), days both included."""

    def trail(self, observations: Sequence[int]) -> list[TrailLine]:
        """What stands behind these observations; those that are not its own are passed over."""


_providers: dict[str, Provider] = {}


def register(name: str, provider: Provider) -> None:
    """Make a provider known; a room calls it when it starts."""
    _providers[name] = provider


def providers() -> tuple[str, ...]:
    """The names of those who have registered."""
    return tuple(sorted(_providers))


def columns(
    version_id: int, place_path: str | None = None, since: date | None = None, until: date | None = None
) -> Columns:
    """All observations of a version's criteria at sites below the path, from `since` to `until` (both included)."""
    parts = [_providers[name].columns(version_id, place_path, since, until) for name in providers()]
    return joined(parts)


def growth(version_id: int, cursor: dict[str, Any] | None = None) -> Growth:
    """What came since the cursor of the last call (None: everything), without limits of place and day.

    Providers that can tell have a method `growth(version_id, cursor) -> Growth`; of the others everything is read
    anew, and then everything of all providers, so that what is kept can simply be replaced.
    """
    able = {name: getattr(_providers[name], "growth", None) for name in providers()}
    anew = cursor is None or set(cursor) != set(able) or None in able.values()
    parts = [
        ask(version_id, None if anew else (cursor or {})[name]) if ask else Growth(_all(name, version_id), anew=True)
        for name, ask in able.items()
    ]
    if not anew and any(part.anew for part in parts):
        return growth(version_id)
    return Growth(
        joined([part.columns for part in parts]),
        tuple(number for part in parts for number in part.withdrawn),
        {name: part.cursor for name, part in zip(able, parts, strict=True)},
        anew,
    )


def _all(name: str, version_id: int) -> Columns:
    return _providers[name].columns(version_id, None, None, None)


def trail(observations: Sequence[int]) -> list[TrailLine]:
    """What stands behind these observations, in the order asked; unknown ones are left out."""
    found = {line.observation: line for name in providers() for line in _providers[name].trail(observations)}
    return [found[number] for number in observations if number in found]
