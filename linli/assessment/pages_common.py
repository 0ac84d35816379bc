"""What the pages of this room share: which assessment, which place, who looks; numbers and their lists in words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from linli.assessment import selectors
from linli.assessment.models import Assessment
from linli.people.access import Actor, ObjectHidden, covers
from linli.people.gates import actor_on
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.standards.models import Node
from linli.work.terms import Catalogue, catalogue


def language() -> str:
    """The language of the page."""
    return get_language() or "zh-hans"


@dataclass(slots=True)
class Frame:
    """Everything a page of one assessment begins with."""

    actor: Actor
    row: Assessment
    tree: selectors.Tree
    places: PlaceSnapshot
    terms: Catalogue
    place: PlaceRow
    whole: bool

    def url(self, name: str, *args: Any, **query: Any) -> str:
        """An address of this assessment, at the place that is looked at."""
        if not self.whole:
            query.setdefault("place", self.place.id)
        words = urlencode({key: value for key, value in query.items() if value not in (None, "")})
        return reverse(f"assessment:{name}", args=[self.row.pk, *args]) + (f"?{words}" if words else "")

    @property
    def context(self) -> dict[str, Any]:
        """What every template gets."""
        may = {
            name: self.actor.may(f"assessment.{name}", place_path=str(self.row.place.path))
            for name in ("open", "plan", "review", "pack")
        }
        return {
            "frame": self, "row": self.row, "place": self.place, "may": may, "now": timezone.now(),
            "board_url": self.url("board"), "over_place": covers_whole(self.actor, self.row),
            "crumbs": [entry for entry in self.places.ancestors(self.place.id)
                       if covers(str(self.row.place.path), entry.path)],
        }  # fmt: skip


def covers_whole(actor: Actor, row: Assessment) -> bool:
    """Whether the actor sees a place of the assessment, and not only tasks of a unit."""
    return selectors.widest_path(actor, row) is not None


def frame(request: HttpRequest, assessment_id: int, *, over_place: bool = True) -> Frame:
    """The frame of a page; with `over_place` only for those who see a place of it. 404 for missing and forbidden."""
    actor = actor_on(request)
    row = selectors.assessment_for(actor, assessment_id)
    widest = selectors.widest_path(actor, row)
    if widest is None and over_place:
        raise ObjectHidden(selectors.VIEW)
    versions = registry_versions()
    places = place_snapshot(versions)
    place = _place(request, row, widest, places)
    return Frame(actor, row, selectors.tree(row), places, catalogue(versions), place, place.path == str(row.place.path))


def _place(request: HttpRequest, row: Assessment, widest: str | None, places: PlaceSnapshot) -> PlaceRow:
    wanted = request.GET.get("place", "")
    outermost = widest or str(row.place.path)
    place = places.get(int(outermost.rsplit(".", 1)[-1]))
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 16:
        place = places.get(int(wanted))
        if place is not None and not covers(outermost, place.path):
            place = None
    if place is None:
        raise ObjectHidden(selectors.VIEW)
    return place


def tasks_at(found: Frame, tasks: Sequence[selectors.Task]) -> list[selectors.Task]:
    """The tasks of the place that is looked at: all of them for the whole."""
    path = found.place.path
    return [task for task in tasks if found.whole or task.place_path == path or task.place_path.startswith(path + ".")]


def paged(request: HttpRequest, rows: Sequence[Any], size: int) -> dict[str, Any]:
    """One page of a list for `ui/pagination.html`: every row that a number counts can be reached."""
    text = request.GET.get("page", "")
    page = min(max(1, int(text)), 10**6) if text.isascii() and text.isdigit() and len(text) < 8 else 1
    begin = (page - 1) * size
    return {
        "lines": rows[begin : begin + size], "page": page, "total": len(rows), "has_more": len(rows) > begin + size,
        "many": page > 1 or len(rows) > size,
    }  # fmt: skip


def score_words(value: float | None) -> str:
    """A score out of 100 as it is shown."""
    return "—" if value is None else f"{value:.1f}"


def tone(value: float | None, target: float) -> str:
    """Red well below the target, amber below it."""
    if value is None or value >= target:
        return ""
    return "red" if value < target - 10 else "amber"


def label_of(node: Node) -> str:
    """Code and title."""
    return f"{node.code} {node.title}".strip()


def chart(
    kind: str,
    names: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    urls: Sequence[str] = (),
    *,
    digits: int = 1,
) -> str:
    """What board.ts draws, as JSON that may stand inside a script element; values rounded to so many digits."""
    data: dict[str, Any] = {
        "kind": kind,
        "names": list(names),
        "series": [
            {"name": name, "values": [None if value is None else round(value, digits) for value in values]}
            for name, values in series.items()
        ],
    }
    if urls:
        data["urls"] = list(urls)
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c").replace("&", "\\u0026")
