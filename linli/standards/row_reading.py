"""Reading a row of an office's table: texts into rules, methods, kinds of sites, units; what is not known is asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from linli.exchange.fields import Unanswered
from linli.exchange.kinds import Choice, Question, Row, Run
from linli.exchange.values.places import names as names_in
from linli.people.models import Organisation
from linli.places.kinds import SITE_KINDS
from linli.standards import cells, selectors, wording
from linli.standards.errors import StandardsProblem
from linli.standards.models import Node, NodeUnit
from linli.standards.pairing import likeness, without_points
from linli.standards.rules import ZERO
from linli.standards.values import TITLE_MAX, cleaned

NO_UNIT, NO_CATEGORY = "0", "-"
UNITS_OFFERED = 80
LIKELY_UNIT = 0.6
"""How alike the name of a unit and what a table calls it are, at least, for the unit to be suggested."""


@dataclass(slots=True)
class PlannedCriterion:
    """A row as it will be written. `weight` is what its own cell says; `shared` points stand for several rows
    together, those with the same `shared_by`. `assumed`: it names no rule, so that of most criteria is taken."""

    item: str
    content: str
    values: dict[str, Any]
    units: dict[str, list[int]]
    weight: Decimal | None = None
    shared: Decimal | None = None
    shared_by: tuple[str, ...] = ()
    lineage: UUID | None = None
    assumed: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """The names from the top down."""
        return tuple(part for part in (self.item, self.content, str(self.values["title"])) if part)


class RowReader:
    """Reads rows one after the other; questions go to the run, so that each is asked once for the whole file."""

    def __init__(self, run: Run, home: str = "") -> None:
        """`home` is the name of the district (即墨区), which units of it leave out of theirs (区环卫中心)."""
        self.run = run
        self.home = home
        self.units = selectors.unit_names()
        self.categories = wording.category_names()
        self.headed: dict[tuple[str, ...], Decimal] = {}
        """Points that headings name, by the names from the top down."""
        self._offered: tuple[Choice, ...] = ()

    def read(self, row: Row) -> PlannedCriterion:
        """The criterion of a row. Raises Unanswered where it waits, StandardsProblem for what cannot be."""
        values = row.values
        # Everything a row leaves open is asked at once, so that nobody has to come back for the next question.
        waiting = len(row.doubts)
        method, rule = self._or_later(self._method, row), self._or_later(self._rule, row)
        category = self._or_later(self._category, row)
        kinds = self._asked(row, "site_kinds", self._site_kind)
        evidence_text = cells.given(values, "evidence")
        required = cells.evidence(evidence_text)
        guidance = cells.given(values, "guidance")
        if evidence_text and not required:
            guidance = "\n".join(part for part in (guidance, _("佐证：%(text)s") % {"text": evidence_text}) if part)
        units = {
            part: [int(unit) for unit in self._asked(row, part, self._unit) if unit != NO_UNIT]
            for part in (NodeUnit.LEAD, NodeUnit.SUPPORTING)
        }
        if len(row.doubts) > waiting or not row.open:
            raise Unanswered
        given = {
            "title": cells.given(values, "title"), "code": cells.given(values, "code"), "guidance": guidance,
            "weight": ZERO, "method": method or (Node.FIELD if kinds else Node.MATERIAL),
            "rule": rule or cells.of_kind("proportion"), "evidence": required, "site_kinds": kinds,
            "category": category if category not in (None, NO_CATEGORY) else "",
        }  # fmt: skip
        found = self._placed(row, cleaned(Node.CRITERION, given), units)
        found.assumed = not rule
        return found

    def _placed(self, row: Row, columns: dict[str, Any], units: dict[str, list[int]]) -> PlannedCriterion:
        """The criterion below its item and content, with its own points or those that it shares."""
        item, item_points = without_points(cells.given(row.values, "item"))
        content, content_points = without_points(cells.given(row.values, "content"))
        # Below a heading of the first level alone, the innermost heading is that heading itself.
        content, content_points = ("", "") if content == item else (content, content_points)
        if len(item) > TITLE_MAX or len(content) > TITLE_MAX:
            raise StandardsProblem(
                "too_long", _("测评项目或内容最多 %(most)d 字。") % {"most": TITLE_MAX}, field="item"
            )
        for path, points in (((item,), item_points), ((item, content), content_points)):
            if points:
                self.headed[path] = Decimal(points)
        found = PlannedCriterion(item, content, columns, units)
        weight, together = row.values.get("weight"), row.values.get("content_weight")
        if weight is not None and "weight" in row.spans:
            found.shared, found.shared_by = weight, (row.sheet, row.spans["weight"])
        elif weight is not None:
            found.weight = weight
        elif together is not None:
            found.shared, found.shared_by = together, (item, content)
        elif content_points or item_points:
            found.shared = Decimal(content_points or item_points)
            found.shared_by = (item, content) if content_points else (item,)
        return found

    def _or_later(self, read: Callable[[Row], Any], row: Row) -> Any:
        try:
            return read(row)
        except Unanswered:
            return None

    def _method(self, row: Row) -> str:
        text = cells.given(row.values, "method")
        return cells.method(text) or (self._choice(row, "method", text, wording.METHODS) if text else "")

    def _rule(self, row: Row) -> dict[str, Any] | None:
        text, points = cells.given(row.values, "rule"), row.values.get("points")
        if not text:
            return cells.of_kind("deduction", points) if points is not None else None
        return cells.rule(text, points) or cells.of_kind(self._choice(row, "rule", text, wording.RULES), points)

    def _category(self, row: Row) -> str:
        """The code of a category that is written as a code or as a name; asked where the catalogue has neither."""
        text = cells.given(row.values, "category")
        if not text or text in self.categories:
            return text
        named = [code for code, name in self.categories.items() if name == text]
        if len(named) == 1:
            return named[0]
        signs = set(text)
        nearest = sorted(self.categories.items(), key=lambda entry: (-len(signs & set(entry[1])), entry[0]))
        choices = (*(Choice(*entry) for entry in nearest[:UNITS_OFFERED]), Choice(NO_CATEGORY, _("（不填类别）")))
        sentence = _("没有找到问题类别“%(text)s”。是哪一类？") % {"text": text[:60]}
        return self._answer(Question("standard_category", text[:120], sentence, choices), row)

    def _choice(self, row: Row, topic: str, text: str, labels: dict[str, Any]) -> str:
        choices = tuple(Choice(slug, wording.word(labels, slug)) for slug in labels)
        sentence = _("“%(text)s”指哪一种%(what)s？") % {
            "text": text[:60],
            "what": wording.word(wording.FIELD_LABELS, topic),
        }
        return self._answer(Question(f"standard_{topic}", text[:120], sentence, choices), row)

    def _answer(self, question: Question, row: Row) -> str:
        answer = self.run.ask(question, row)
        if answer is None or not row.open:
            raise Unanswered
        return answer.value

    def _asked(self, row: Row, name: str, one: Callable[[Row, str], str]) -> list[str]:
        """What every name in a cell means; those that have to be asked about are left out."""
        found: list[str] = []
        for text in names_in(row.values.get(name) or ""):
            with suppress(Unanswered):
                found.append(one(row, text))
        return list(dict.fromkeys(found))

    def _site_kind(self, row: Row, text: str) -> str:
        slug = cells.site_kind(text)
        if slug:
            return slug
        choices = tuple(Choice(key, label.text(wording.language())) for key, label in SITE_KINDS.items())
        sentence = _("不认识点位类型“%(text)s”。它是哪一种？") % {"text": text[:60]}
        return self._answer(Question("site_kind", text[:120], sentence, choices), row)

    def _unit(self, row: Row, text: str) -> str:
        whole = self.home[:-1] + text if self.home and text[:1] == self.home[-1:] else text
        found = self.units.get(text) or self.units.get(whole, set())
        if len(found) == 1:
            return str(next(iter(found)))
        sentence = _("没有找到单位“%(text)s”。是哪一个？") % {"text": text[:60]}
        nearest = self._nearest(whole)
        likely = nearest[0].value if nearest and likeness(nearest[0].label, whole) >= LIKELY_UNIT else ""
        choices = (*nearest, Choice(NO_UNIT, _("（不填单位）")))
        return self._answer(Question("standard_unit", text[:120], sentence, choices, suggestion=likely), row)

    def _nearest(self, text: str) -> list[Choice]:
        """Units to choose from: those whose names are most like the text first."""
        if not self._offered:
            rows = Organisation.objects.filter(active=True).exclude(kind__in=("shop", "community_committee"))
            self._offered = tuple(Choice(str(row.pk), row.name) for row in rows.order_by("path__depth", "id"))
        signs = set(text)
        return sorted(
            self._offered, key=lambda choice: (-likeness(choice.label, text), -len(signs & set(choice.label)))
        )[:UNITS_OFFERED]
