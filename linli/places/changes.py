"""The names of a place beside its own, and what was done to it: when, by whom, in words (地点变更记录)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from linli.kernel.labels import Label
from linli.places.models import PlaceChange, PlaceName

SHOWN = 20

WORDS: Mapping[str, Label] = {
    "created": Label("新建", "Added"),
    "renamed": Label("改名", "Renamed"),
    "recoded": Label("改代码", "Given another code"),
    "alias_added": Label("加上别名", "Other name added"),
    "alias_removed": Label("删去别名", "Other name removed"),
    "moved": Label("改了上级", "Moved below another place"),
    "boundary_set": Label("画了边界", "Boundary drawn"),
    "members_set": Label("改了楼栋和道路", "Buildings and roads changed"),
    "updated": Label("由导入改动", "Changed by an import"),
    "retired": Label("停用", "Taken out of use"),
}
"""What a change is called; one that is not named here is shown by its code, never hidden."""


@dataclass(frozen=True, slots=True)
class OtherNames:
    """What a place is also called, and what it was called before, with the day on which that ended."""

    aliases: tuple[str, ...]
    former: tuple[tuple[str, date], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the list: `detail` is the name or code in question, or from what to what."""

    at: datetime
    who: str
    what: str
    detail: str


def other_names(place_id: int) -> OtherNames:
    """Aliases by their letters, former official names from the latest on (one statement)."""
    rows = list(PlaceName.objects.filter(place_id=place_id).order_by("name"))
    ended = [(row.name, row.valid_to) for row in rows if row.kind != PlaceName.ALIAS and row.valid_to is not None]
    return OtherNames(
        tuple(row.name for row in rows if row.kind == PlaceName.ALIAS),
        tuple(sorted(ended, key=lambda entry: entry[1], reverse=True)),
    )


def changes_of(place_id: int, tongue: str, limit: int = SHOWN) -> list[Change]:
    """The latest changes of a place (one statement)."""
    return [
        Change(row.at, row.actor_label, WORDS[row.action].text(tongue) if row.action in WORDS else row.action,
               _detail(row.data))
        for row in PlaceChange.objects.filter(place_id=place_id).order_by("-id")[:limit]
    ]  # fmt: skip


def _detail(data: Mapping[str, Any]) -> str:
    if "old" in data and "new" in data:
        return f"{data['old'] or '—'} → {data['new'] or '—'}"
    return str(data.get("name", ""))
