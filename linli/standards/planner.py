"""Planning and writing an imported standard: every row is a criterion, the whole file becomes one draft.

Items and contents come from their own columns (merged cells are carried down by the importer). Where the standard is
known already, criteria that are found again (same code, or same names) keep their lineage, so that the draft can be
compared with the version before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.utils.translation import gettext as _

from linli.exchange.fields import Unanswered
from linli.exchange.kinds import NEW, Choice, Effect, Ledger, Planner, Question, Row, Run, Vanished
from linli.exchange.values.places import names as names_in
from linli.people.importers import entitled
from linli.people.models import Organisation
from linli.places.kinds import SITE_KINDS
from linli.places.models import Place
from linli.standards import cells, drafts, node_services, selectors, services, wording
from linli.standards.errors import StandardsProblem
from linli.standards.models import Node, NodeUnit, Standard, Version
from linli.standards.node_services import NewNode
from linli.standards.values import TITLE_MAX, cleaned

NO_UNIT, NO_CATEGORY = "0", "-"
UNITS_OFFERED = 80
_SPACE = UUID("8f0b3f2e-55c0-4a3c-9c62-1d6b0f1d7a10")


@dataclass(slots=True)
class PlannedCriterion:
    """A row as it will be written."""

    item: str
    content: str
    values: dict[str, Any]
    units: dict[str, list[int]]
    shared_weight: Decimal | None = None


@dataclass(slots=True)
class Known:
    """The version that holds already: lineages by code and by the names from the top down."""

    version: Version | None = None
    by_code: dict[str, UUID] = field(default_factory=dict)
    by_path: dict[tuple[str, ...], UUID] = field(default_factory=dict)
    criteria: dict[UUID, tuple[str, str]] = field(default_factory=dict)


class StandardPlanner(Planner):
    """Rows of one file → one draft of one standard."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.place = self._place()
        self.units = selectors.unit_names()
        self.categories = wording.category_names()
        self.offered: tuple[Choice, ...] = ()
        self.known = Known()
        self.named: set[UUID] = set()

    def _place(self) -> Place | None:
        if self.run.under is not None:
            return Place.objects.filter(pk=self.run.under).first()
        return Place.objects.filter(kind="district", active=True).order_by("id").first()

    @property
    def name(self) -> str:
        """What the standard is called: as the option says, else as the file is called."""
        stated = str(self.run.options.get("standard") or "").strip()
        return (stated or self.run.file_name.rsplit(".", 1)[0].strip() or _("测评体系"))[: services.NAME_MAX]

    # --- planning ------------------------------------------------------------------------------------------------

    def plan(self, rows: Sequence[Row]) -> None:
        """Judge every row: texts into rules and requirements, doubts about words, doubles refused."""
        obstacle = self._obstacle()
        seen: dict[tuple[str, ...], int] = {}
        for row in rows:
            if not row.open:
                continue
            if obstacle and not row.done:
                row.reject(obstacle)
                continue
            try:
                row.plan = self._planned(row)
            except Unanswered:
                continue
            except StandardsProblem as problem:
                row.reject(problem.message, _field_of(problem.field))
                continue
            path = _path(row.plan)
            row.area = row.plan.item
            if path in seen:
                row.reject(_("与第 %(line)d 行重复。请删去一行。") % {"line": seen[path]}, "title")
                continue
            seen[path] = row.line
            if row.open:
                row.outcome = NEW
        plans = [row.plan for row in rows if row.plan is not None]
        self._share_weights(plans)
        self.named = {lineage for entry in plans if (lineage := self._lineage(entry)) is not None}

    def _obstacle(self) -> str:
        if self.place is None:
            return _("还没有本区的地点，请先导入地点。")
        standard = Standard.objects.filter(place=self.place, name=self.name).first()
        if standard is None:
            self.run.notice(_("将新建测评体系“%(name)s”的草稿。") % {"name": self.name})
            return ""
        draft = Version.objects.filter(standard=standard, state=Version.DRAFT).exclude(key=self._key).first()
        if draft is not None:
            return _("“%(name)s”已有一份草稿，先发布或删除它再导入。") % {"name": self.name}
        last = Version.objects.filter(standard=standard).exclude(key=self._key).order_by("-number").first()
        if last is not None:
            self._learn(last)
            self.run.notice(
                _("“%(name)s”已有第 %(number)d 版，这份表将成为新的草稿。") % {"name": self.name, "number": last.number}
            )
        return ""

    def _learn(self, version: Version) -> None:
        """Lineages of the version before; a code that two criteria share leads nowhere."""
        self.known = Known(version)
        titles: dict[int, tuple[str, ...]] = {}
        twice: set[str] = set()
        for node in selectors.nodes_of(version):
            path = (*titles.get(node.parent_id or 0, ()), node.title)
            titles[node.pk] = path
            self.known.by_path[path] = node.lineage
            if node.level == Node.CRITERION:
                self.known.criteria[node.lineage] = (node.title, path[0])
                if node.code:
                    twice |= {node.code} & self.known.by_code.keys()
                    self.known.by_code[node.code] = node.lineage
        for code in twice:
            del self.known.by_code[code]

    def _planned(self, row: Row) -> PlannedCriterion:
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
            "weight": values.get("weight"), "method": method or (Node.FIELD if kinds else Node.MATERIAL),
            "rule": rule or cells.of_kind("proportion"), "evidence": required, "site_kinds": kinds,
            "category": category if category not in (None, NO_CATEGORY) else "",
        }  # fmt: skip
        if not rule:
            self.run.notice(_("有的行没写计分规则，按“比例”计。"))
        item, content = cells.given(values, "item"), cells.given(values, "content")
        if len(item) > TITLE_MAX or len(content) > TITLE_MAX:
            raise StandardsProblem(
                "too_long", _("测评项目或内容最多 %(most)d 字。") % {"most": TITLE_MAX}, field="item"
            )
        shared = None if values.get("weight") is not None else values.get("content_weight")
        return PlannedCriterion(item, content, cleaned(Node.CRITERION, given), units, shared_weight=shared)

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
        found = self.units.get(text, set())
        if len(found) == 1:
            return str(next(iter(found)))
        sentence = _("没有找到单位“%(text)s”。是哪一个？") % {"text": text[:60]}
        return self._answer(Question("standard_unit", text[:120], sentence, self._choices(text)), row)

    def _choices(self, text: str) -> tuple[Choice, ...]:
        """Units to choose from: those whose names share most with the text first, and none."""
        if not self.offered:
            rows = Organisation.objects.filter(active=True).exclude(kind__in=("shop", "community_committee"))
            self.offered = tuple(Choice(str(row.pk), row.name) for row in rows.order_by("path__depth", "id"))
        signs = set(text)
        nearest = sorted(self.offered, key=lambda choice: -len(signs & set(choice.label)))[:UNITS_OFFERED]
        return (*nearest, Choice(NO_UNIT, _("（不填单位）")))

    def _share_weights(self, plans: Iterable[PlannedCriterion]) -> None:
        """Points that stand at a content only are shared evenly among its criteria."""
        groups: dict[tuple[str, str], list[PlannedCriterion]] = {}
        for entry in plans:
            if entry.shared_weight is not None:
                groups.setdefault((entry.item, entry.content), []).append(entry)
        for rows in groups.values():
            total = rows[0].shared_weight or Decimal(0)
            for entry, weight in zip(rows, cells.split_evenly(total, len(rows)), strict=True):
                entry.values["weight"] = weight
        if groups:
            self.run.notice(_("只写了内容分值的，平均分给下面的标准。"))

    def vanished(self, rows: Sequence[Row]) -> list[Vanished]:
        """Criteria of the version before that the file no longer names."""
        return [
            Vanished(title, item) for lineage, (title, item) in self.known.criteria.items() if lineage not in self.named
        ]

    def _lineage(self, entry: PlannedCriterion) -> UUID | None:
        return self.known.by_code.get(entry.values["code"]) or self.known.by_path.get(_path(entry))

    # --- writing -------------------------------------------------------------------------------------------------

    @property
    def _key(self) -> UUID:
        """The key of the draft of this batch: writing again finds it."""
        return uuid5(_SPACE, f"import:{self.run.batch_id}")

    def write(self, rows: Sequence[Row], ledger: Ledger) -> None:
        """The draft, if it is not there yet, and the rows below their items and contents."""
        actor = entitled(self.run.actor, drafts.EDIT)
        draft = Version.objects.filter(key=self._key).first()
        if draft is None:
            draft = self._begun(actor)
            ledger.created(rows[0], "standards.Version", draft.pk)
        places = {
            _titles(node): node.pk for node in Node.objects.filter(version=draft).select_related("parent__parent")
            if node.level != Node.CRITERION
        }  # fmt: skip
        if not places:
            node_services.add_tree(actor, draft.pk, self._entries(rows))
            return
        for row in rows:
            self._add(actor, draft, places, row.plan)

    def _begun(self, actor: Any) -> Version:
        place = self.place
        if place is None:
            raise StandardsProblem("unknown_place", _("没有这个地点。"))
        standard = Standard.objects.filter(place=place, name=self.name).first()
        if standard is None:
            return services.create_standard(actor, name=self.name, place_id=place.pk, key=self._key)
        return services.empty_draft(actor, standard.pk, key=self._key, note=self.run.file_name)

    def _entries(self, rows: Sequence[Row]) -> list[NewNode]:
        """The tree of these rows, items and contents in the order in which they first appear."""
        grouped: dict[str, dict[str, list[PlannedCriterion]]] = {}
        for row in rows:
            grouped.setdefault(row.plan.item, {}).setdefault(row.plan.content, []).append(row.plan)
        entries: list[NewNode] = []
        for item, contents in grouped.items():
            at_item = len(entries)
            entries.append(NewNode(Node.ITEM, {"title": item}, lineage=self.known.by_path.get((item,))))
            for content, plans in contents.items():
                above = at_item
                if content:
                    above = len(entries)
                    lineage = self.known.by_path.get((item, content))
                    entries.append(NewNode(Node.CONTENT, {"title": content}, at_item, lineage=lineage))
                entries += [
                    NewNode(Node.CRITERION, plan.values, above, plan.units, self._lineage(plan)) for plan in plans
                ]
        return entries

    def _add(self, actor: Any, draft: Version, places: dict[tuple[str, ...], int], plan: PlannedCriterion) -> None:
        """One row into a draft that has others already (rows that are tried one by one)."""
        above: int | None = None
        for depth, title in enumerate(part for part in (plan.item, plan.content) if part):
            path = (plan.item, plan.content)[: depth + 1]
            if path not in places:
                level = Node.CONTENT if depth else Node.ITEM
                node = node_services.add_node(actor, draft.pk, level=level, parent_id=above, values={"title": title})
                places[path] = node.pk
            above = places[path]
        node_services.add_node(
            actor, draft.pk, level=Node.CRITERION, parent_id=above, values=plan.values, units=plan.units
        )

    # --- undoing -------------------------------------------------------------------------------------------------

    def undo(self, effects: Sequence[Effect]) -> list[str] | None:
        """The draft goes as a whole, unless it was published or somebody has edited it since."""
        for effect in effects:
            version = Version.objects.select_related("standard").filter(pk=effect.key).first()
            if version is None:
                continue
            if version.state != Version.DRAFT:
                return [
                    _("“%(name)s”第 %(number)d 版已经发布。")
                    % {"name": version.standard.name, "number": version.number}
                ]
            if version.revision > 1:
                return [_("“%(name)s”的草稿后来又改过，请在标准页删除它。") % {"name": version.standard.name}]
            services.delete_draft(entitled(self.run.actor, drafts.EDIT), version.pk)
        return []


def _path(entry: PlannedCriterion) -> tuple[str, ...]:
    return tuple(part for part in (entry.item, entry.content, entry.values["title"]) if part)


def _titles(node: Node) -> tuple[str, ...]:
    return (node.parent.title, node.title) if node.parent else (node.title,)


_FIELDS = {"points": "points", "basis": "rule", "grades": "rule", "organisation": "lead"}


def _field_of(name: str) -> str:
    return _FIELDS.get(name, name)
