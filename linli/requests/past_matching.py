"""Which place, category and unit does a row of another system's file mean? What is not certain is asked, once.

Used where nothing may be made anew: a name that nobody bears is a question, not a new register.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from linli.exchange.kinds import Choice, Question, Row, Run
from linli.exchange.words import heading_key
from linli.people.errors import PeopleProblem
from linli.people.organisation_planner import Units
from linli.places.errors import PlaceProblem
from linli.places.matching import Directory, Unsettled
from linli.places.snapshot import PlaceRow, place_snapshot
from linli.work.models import Category

CHOICES_SHOWN = 12
ALL_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Meant:
    """What a row means: where, of which category, and whose it is (None: no unit is named)."""

    place: PlaceRow
    category: Category
    unit_id: int | None = None


class Matching:
    """Looks the words of rows up in the registers below one place."""

    def __init__(self, run: Run, ground: int) -> None:
        self.run = run
        self.places = place_snapshot()
        self.ground = self.places.get(ground)
        self.directory = Directory(self.places, replace(run, under=ground))
        self.units = Units(replace(run, under=ground))
        self.categories = list(Category.objects.filter(valid_to=None).select_related("parent").order_by("path", "id"))
        above = {row.parent_id for row in self.categories}
        self.leaves = [row for row in self.categories if row.pk not in above]
        self.by_name: dict[str, list[Category]] = {}
        for row in self.categories:
            for name in dict.fromkeys((heading_key(row.name), heading_key(row.plain_name or row.name))):
                self.by_name.setdefault(name, []).append(row)
        self.likes: dict[str, list[Category]] = {}

    def meant(self, row: Row) -> Meant | None:
        """What the row means; None when it is refused, left out, or waits for an answer."""
        place = self._settled(row, "place", self._place)
        category = self._settled(row, "category", self._category) if row.open else None
        unit = self._settled(row, "unit", self._unit) if row.open and row.values.get("unit") else None
        if not row.open or place is None or category is None:
            return None
        return Meant(place, category, unit)

    def _settled(self, row: Row, field: str, look_up: Any) -> Any:
        try:
            return look_up(row)
        except (PeopleProblem, PlaceProblem) as problem:
            row.reject(str(problem), field)
        except Unsettled:
            pass
        return None

    def _place(self, row: Row) -> PlaceRow | None:
        words = {"grid": row.values.get("grid", ""), "parent": row.values.get("place", ""),
                 "street": row.values.get("street", "")}  # fmt: skip
        return self.directory.place_of(row, words) or self.ground

    def _unit(self, row: Row) -> int:
        return self.units.find(row, row.values["unit"]).id

    def _category(self, row: Row) -> Category:
        name, above = row.values.get("category", ""), row.values.get("parent_category", "")
        found = self.by_name.get(heading_key(name), [])
        below = [entry for entry in found if entry.parent is not None and entry.parent.name == above]
        found = below or found
        if len(found) == 1:
            return found[0]
        offered = found or self._like(name) or self.leaves[:ALL_SHOWN]
        if not offered:
            raise PeopleProblem("no_category", _("没有“%(name)s”这个类别。请先导入类别。") % {"name": name[:60]})
        sentence = _("有几个类别叫“%(name)s”。是哪一个？") if found else _("没有“%(name)s”这个类别。是下面的哪一个？")
        near = [entry for entry in offered if _inside(name, entry)] if not found else []
        question = Question(
            "request_category", name[:120], sentence % {"name": name[:60]},
            tuple(Choice(str(entry.pk), _full(entry)) for entry in offered), context=above[:60],
            suggestion=str(near[0].pk) if len(near) == 1 else "",
        )  # fmt: skip
        answer = self.run.ask(question, row)
        chosen = [entry for entry in offered if answer is not None and str(entry.pk) == answer.value]
        if not chosen:
            raise Unsettled
        return chosen[0]

    def _like(self, name: str) -> list[Category]:
        """Categories whose name or keywords share signs with the name, those with most first."""
        if name not in self.likes:
            weighed = [(_alike(name, entry), -number, entry) for number, entry in enumerate(self.leaves)]
            weighed.sort(key=lambda one: one[:2], reverse=True)
            self.likes[name] = [entry for share, _number, entry in weighed[:CHOICES_SHOWN] if share > 0]
        return self.likes[name]


def _words(entry: Category) -> list[str]:
    return [word for word in (entry.name, entry.plain_name, *entry.keywords) if word]


def _inside(name: str, entry: Category) -> bool:
    return any(len(word) > 1 and (word in name or name in word) for word in _words(entry))


def _alike(name: str, entry: Category) -> float:
    pairs = {name[at : at + 2] for at in range(len(name) - 1)}
    shared = max(len(pairs & {word[at : at + 2] for at in range(len(word) - 1)}) for word in _words(entry))
    return shared + (0.5 if _inside(name, entry) else 0.0)


def _full(entry: Category) -> str:
    return f"{entry.parent.name} / {entry.name}" if entry.parent is not None else entry.name


def words_of(values: Mapping[str, Any]) -> str:
    """The most exact name of a place in a row: of the community, else of the street."""
    return str(values.get("place") or values.get("street") or "")
