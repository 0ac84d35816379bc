"""Planning and writing an imported standard: every row is a criterion, the whole file becomes one draft.

Items and contents come from their own columns (merged cells are carried down by the importer), or from headings
between the rows. Where the table is a new edition of a standard that is known, criteria that are found again keep
their lineage (`pairing`), so that the draft can be compared with the version before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.utils.translation import gettext as _

from linli.exchange.fields import Unanswered
from linli.exchange.kinds import NEW, Choice, Effect, Ledger, Planner, Question, Row, Run, Vanished
from linli.people.importers import entitled
from linli.places.models import Place
from linli.standards import carry_over, cells, drafts, node_services, pairing, selectors, services, wording
from linli.standards.errors import StandardsProblem
from linli.standards.models import Node, Standard, Version
from linli.standards.node_services import NewNode
from linli.standards.pairing import Entry, likeness
from linli.standards.row_reading import PlannedCriterion, RowReader
from linli.standards.rules import plain

_SPACE = UUID("8f0b3f2e-55c0-4a3c-9c62-1d6b0f1d7a10")
NEW_STANDARD, SAME, ANOTHER = "new", "same", "another"
SHARES, POINTS = "shares", "points"
SAME_NAME = 0.6
"""How alike the names of two editions are, at least, for the known one to be suggested."""


@dataclass(slots=True)
class Known:
    """The version that holds already: its criteria, the nodes above them by their names from the top down, units."""

    version: Version | None = None
    entries: list[Entry] = field(default_factory=list)
    criteria: list[Node] = field(default_factory=list)
    above: dict[tuple[str, ...], Node] = field(default_factory=dict)
    units: dict[int, dict[str, list[int]]] = field(default_factory=dict)


class StandardPlanner(Planner):
    """Rows of one file → one draft of one standard."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.place = self._place()
        self.reader = RowReader(run, self.place.name if self.place else "")
        self.standard: Standard | None = None
        self.known = Known()
        self.above: dict[tuple[str, ...], Node] = {}
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
        fresh = [row for row in rows if row.open]
        told = self._edition(fresh)
        obstacle = self._obstacle() if told else ""
        seen: dict[tuple[str, ...], int] = {}
        for row in fresh:
            if obstacle and not row.done:
                row.reject(obstacle)
                continue
            try:
                row.plan = self.reader.read(row)
            except Unanswered:
                continue
            except StandardsProblem as problem:
                row.reject(problem.message, _field_of(problem.field))
                continue
            row.area = row.plan.item
            if row.plan.path in seen:
                row.reject(_("与第 %(line)d 行重复。请删去一行。") % {"line": seen[row.plan.path]}, "title")
                continue
            seen[row.plan.path] = row.line
            if row.open:
                row.outcome = NEW
        planned = [row for row in fresh if row.outcome == NEW]
        if told and self.known.version is not None:
            self._pair(planned)
        self._weigh(planned)
        if any(row.plan.assumed for row in planned):
            self.run.notice(_("有的行没写计分规则，按“比例”计。"))

    def _edition(self, rows: Sequence[Row]) -> bool:
        """Which standard the table is an edition of; False while nobody has said."""
        if self.place is None:
            return True
        here = list(Standard.objects.filter(place=self.place).order_by("synthetic", "id"))
        self.standard = next((row for row in here if row.name == self.name), None)
        if self.standard is not None or not here or self.run.options.get("standard"):
            return True
        alike = {str(row.pk): likeness(_without_year(row.name), _without_year(self.name)) for row in here}
        best = max(alike, key=lambda key: alike[key])
        choices = (
            *(Choice(str(row.pk), _("“%(name)s”的新一版") % {"name": row.name}) for row in here),
            Choice(NEW_STANDARD, _("新的测评体系“%(name)s”") % {"name": self.name}),
        )
        sentence = _("这份表是已有体系的新一版，还是新的测评体系？新一版可以与上一版对比。")
        suggestion = best if alike[best] >= SAME_NAME else NEW_STANDARD
        question = Question(
            "standard_edition", self.name, sentence, choices, may_skip=False, remember=False, suggestion=suggestion
        )
        answers = [self.run.ask(question, row) for row in rows]
        if not answers or answers[0] is None:
            return False
        self.standard = next((row for row in here if str(row.pk) == answers[0].value), None)
        return True

    def _obstacle(self) -> str:
        if self.place is None:
            return _("还没有本区的地点，请先导入地点。")
        if self.standard is None:
            self.run.notice(_("将新建测评体系“%(name)s”的草稿。") % {"name": self.name})
            return ""
        name, versions = self.standard.name, Version.objects.filter(standard=self.standard).exclude(key=self._key)
        if versions.filter(state=Version.DRAFT).exists():
            return _("“%(name)s”已有一份草稿，先发布或删除它再导入。") % {"name": name}
        last = versions.order_by("-number").first()
        if last is not None:
            self._learn(last)
            self.run.notice(
                _("“%(name)s”已有第 %(number)d 版，这份表将成为新的草稿。") % {"name": name, "number": last.number}
            )
        return ""

    def _learn(self, version: Version) -> None:
        self.known = Known(version)
        titles: dict[int, tuple[str, ...]] = {}
        for node in selectors.nodes_of(version):
            path = (*titles.get(node.parent_id or 0, ()), node.title)
            titles[node.pk] = path
            if node.level == Node.CRITERION:
                self.known.entries.append(Entry(path[0], path[1] if len(path) > 2 else "", node.title, node.code))
                self.known.criteria.append(node)
            else:
                self.known.above[path] = node
        for unit in selectors.units_of(version):
            self.known.units.setdefault(unit.node_id, {}).setdefault(unit.part, []).append(unit.organisation_id)

    def _weigh(self, rows: Sequence[Row]) -> None:
        """Points into the plans: shared ones evenly, shares of a whole as points out of a hundred if that is meant."""
        plans: list[PlannedCriterion] = [row.plan for row in rows]
        groups: dict[tuple[str, ...], list[PlannedCriterion]] = {}
        for entry in plans:
            if entry.shared is not None:
                groups.setdefault(entry.shared_by, []).append(entry)
        for together in groups.values():
            parts = cells.split_evenly(together[0].shared or Decimal(0), len(together))
            for entry, weight in zip(together, parts, strict=True):
                entry.weight = weight
        if groups:
            self.run.notice(_("几条合写一个分值的，平均分给各条。"))
        self._compare_with_headings(plans)
        scale = self._scale(rows)
        for row in rows:
            weight = (row.plan.weight or Decimal(0)) * scale
            if weight != weight.quantize(Decimal("0.001")):
                row.reject(_("分值最多三位小数。"), "weight")
            row.plan.values["weight"] = weight.quantize(Decimal("0.001"))

    def _compare_with_headings(self, plans: Sequence[PlannedCriterion]) -> None:
        """Tell where a heading names other points than those below it add up to."""
        for path, points in self.reader.headed.items():
            below = [plan.weight or Decimal(0) for plan in plans if (plan.item, plan.content)[: len(path)] == path]
            total = sum(below, Decimal(0))
            if below and total != points:
                self.run.notice(
                    _("“%(title)s”写 %(said)s 分，下面合计 %(total)s 分。")
                    % {"title": path[-1], "said": plain(points), "total": plain(total)}
                )

    def _scale(self, rows: Sequence[Row]) -> Decimal:
        """100 where the points are meant as shares of one (a column of percentages is kept so); asked, not guessed."""
        weights = [row.plan.weight for row in rows if row.plan.weight is not None]
        total = sum(weights, Decimal(0))
        if len(weights) < 3 or max(weights) >= 1 or not Decimal("0.9") <= total <= Decimal("1.02"):
            return Decimal(1)
        choices = (Choice(SHARES, _("百分比：5% 记 5 分")), Choice(POINTS, _("就是分数")))
        sentence = _("分值合计约为 1，是百分比还是分数？")
        question = Question(
            "standard_weights", "?", sentence, choices, may_skip=False, remember=False, suggestion=SHARES
        )
        answers = [self.run.ask(question, row) for row in rows]
        return Decimal(1) if answers[0] is not None and answers[0].value == POINTS else Decimal(100)

    # --- the version before ----------------------------------------------------------------------------------------

    def _pair(self, rows: Sequence[Row]) -> None:
        """Lineages for what is found again; where it is only likely, somebody says whether it is the same."""
        plans: list[PlannedCriterion] = [row.plan for row in rows]
        new = [Entry(plan.item, plan.content, plan.values["title"], plan.values["code"]) for plan in plans]
        found = pairing.pair(self.known.entries, new)
        agreed = dict(found.sure)
        for place, other in sorted(found.likely.items()):
            if self._is_same(rows[place], self.known.entries[other]):
                agreed[place] = other
        carried: set[str] = set()
        for place, other in agreed.items():
            before = self.known.criteria[other]
            plans[place].lineage = before.lineage
            carried |= carry_over.carry(plans[place], before, self.known.units.get(before.pk, {}), self.run.columns)
        if carried:
            names = wording.join(
                wording.word(wording.FIELD_LABELS, name) for name in wording.FIELD_LABELS if name in carried
            )
            self.run.notice(_("表里没有写的沿用上一版：%(names)s。") % {"names": names})
        self.named = {self.known.criteria[other].lineage for other in agreed.values()}
        self._pair_above(new, agreed)

    def _is_same(self, row: Row, before: Entry) -> bool:
        title = str(row.plan.values["title"])
        sentence = _("“%(new)s”是不是上一版“%(old)s”改的？是，原来的记录和佐证接着用；不是，就是新增一条。") % {
            "new": title[:80], "old": before.title[:80],
        }  # fmt: skip
        choices = (Choice(SAME, _("是，改了写法")), Choice(ANOTHER, _("不是，是新的一条")))
        question = Question(
            "standard_same", title[:250], sentence, choices, context=before.title[:180], may_skip=False,
            remember=False, suggestion=SAME,
        )  # fmt: skip
        answer = self.run.ask(question, row)
        return answer is not None and answer.value == SAME

    def _pair_above(self, new: Sequence[Entry], agreed: dict[int, int]) -> None:
        """Items and contents keep their lineage by name, or where most of what is below came from one of before."""
        old_paths = {_bare(path): path for path in self.known.above}
        parents: dict[int, tuple[list[Any], list[Any]]] = {
            depth: ([_above(entry, depth) for entry in self.known.entries], [_above(entry, depth) for entry in new])
            for depth in (1, 2)
        }
        for depth in (1, 2):
            before, after = parents[depth]
            known: dict[Any, Any] = {}
            for path in after:
                old = old_paths.get(_bare(path)) if path and path not in known else None
                if old is not None and old not in known.values():
                    known[path] = old
            pairs = {place: other for place, other in agreed.items() if before[other] and after[place]}
            heirs: dict[Any, Any] = pairing.heirs(before, after, pairs, known)
            self.above |= {path: self.known.above[old] for path, old in heirs.items()}

    def vanished(self, rows: Sequence[Row]) -> list[Vanished]:
        """Criteria of the version before that the file no longer names."""
        known = zip(self.known.criteria, self.known.entries, strict=True)
        return [Vanished(entry.title, entry.item) for node, entry in known if node.lineage not in self.named]

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
        if self.standard is None:
            return services.create_standard(actor, name=self.name, place_id=place.pk, key=self._key)
        return services.empty_draft(actor, self.standard.pk, key=self._key, note=self.run.file_name)

    def _entries(self, rows: Sequence[Row]) -> list[NewNode]:
        """The tree of these rows, items and contents in the order in which they first appear."""
        grouped: dict[str, dict[str, list[PlannedCriterion]]] = {}
        for row in rows:
            grouped.setdefault(row.plan.item, {}).setdefault(row.plan.content, []).append(row.plan)
        entries: list[NewNode] = []
        for item, contents in grouped.items():
            at_item = len(entries)
            entries.append(self._above((item,), Node.ITEM, None))
            for content, plans in contents.items():
                above = at_item
                if content:
                    above = len(entries)
                    entries.append(self._above((item, content), Node.CONTENT, at_item))
                entries += [NewNode(Node.CRITERION, plan.values, above, plan.units, plan.lineage) for plan in plans]
        return entries

    def _above(self, path: tuple[str, ...], level: str, at: int | None) -> NewNode:
        """An item or a content, with what it was in the version before."""
        before = self.above.get(path)
        units = self.known.units.get(before.pk, {}) if before is not None else {}
        values, kept = carry_over.above(path[-1], before, units, self.run.columns)
        return NewNode(level, values, at, kept, before.lineage if before is not None else None)

    def _add(self, actor: Any, draft: Version, places: dict[tuple[str, ...], int], plan: PlannedCriterion) -> None:
        """One row into a draft that has others already (rows that are tried one by one)."""
        above: int | None = None
        for depth in range(2 if plan.content else 1):
            path = (plan.item, plan.content)[: depth + 1]
            if path not in places:
                new = self._above(path, Node.CONTENT if depth else Node.ITEM, None)
                node = node_services.add_node(
                    actor, draft.pk, level=new.level, parent_id=above, values=new.values, units=new.units,
                    lineage=new.lineage,
                )  # fmt: skip
                places[path] = node.pk
            above = places[path]
        node_services.add_node(
            actor, draft.pk, level=Node.CRITERION, parent_id=above, values=plan.values, units=plan.units,
            lineage=plan.lineage,
        )  # fmt: skip

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


def _without_year(name: str) -> str:
    return "".join(sign for sign in pairing.bare(name) if not sign.isdigit()).replace("年", "")


def _bare(path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pairing.bare(title) for title in path)


def _above(entry: Entry, depth: int) -> tuple[str, ...] | None:
    """The path of the item (1) or the content (2) above a criterion; None where there is no content."""
    if depth == 1:
        return (entry.item,)
    return (entry.item, entry.content) if entry.content else None


def _titles(node: Node) -> tuple[str, ...]:
    return (node.parent.title, node.title) if node.parent else (node.title,)


_FIELDS = {"points": "points", "basis": "rule", "grades": "rule", "organisation": "lead"}


def _field_of(name: str) -> str:
    return _FIELDS.get(name, name)
