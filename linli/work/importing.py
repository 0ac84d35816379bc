"""The kind of data that the engine takes in: the dispatch catalogue — categories, who answers, within which time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from linli.exchange import fields
from linli.exchange.errors import CellProblem
from linli.exchange.kinds import CHANGED, NEW, UNCHANGED, Field, Kind, Ledger, Planner, Row, Run, Vanished, register
from linli.exchange.undoing import watching
from linli.exchange.values import numbers, places
from linli.exchange.values.dates import chinese_digits
from linli.exchange.words import plain
from linli.kernel.labels import Label
from linli.people.errors import PeopleProblem
from linli.people.importers import PERMISSION, entitled
from linli.people.importing import STREET
from linli.people.kinds import FUNCTIONS
from linli.people.organisation_planner import Units
from linli.places.errors import PlaceProblem
from linli.places.matching import Directory, Unsettled
from linli.places.models import RegistryVersion
from linli.places.services import bump_registry
from linli.places.snapshot import place_snapshot
from linli.work import catalogue
from linli.work.engine import StepRefused
from linli.work.importing_codes import Codes
from linli.work.models import Category, DeadlineRule, DispatchRule

URGENCY = {
    "0": Label("不急", "Low"),
    "1": Label("一般", "Normal"),
    "2": Label("较急", "High"),
    "3": Label("紧急", "Urgent"),
}
_UNITS = (("工作小时", "working_hour"), ("工作时", "working_hour"), ("小时", "natural_hour"), ("h", "natural_hour"), ("工作日", "working_day"),
          ("个工作日", "working_day"), ("自然日", "natural_day"), ("日历日", "natural_day"), ("天", "natural_day"), ("日", "natural_day"))  # fmt: skip


def limit(value: Any, run: Run) -> tuple[str, int]:
    """A time limit: 5个工作日, 24小时内, 不超过十五日, 7天; a bare number counts working days."""
    text = "".join(plain(value).split())
    bare = re.sub(r"^(?:不超过|不得超过|最长|最多|≤|<=|限)|(?:以内|之内|内)$", "", text)
    found = re.fullmatch(r"(\d{1,4})(?:\.0)?个?(.*)", chinese_digits(bare.replace("两", "二")))
    if found is None or int(found[1]) == 0:
        raise CellProblem(_("“%(text)s”不是时限。请写成“5个工作日”或“4小时”的样子。") % {"text": text[:30]})
    unit = next((slug for word, slug in _UNITS if found[2].strip("个") == word), "working_day" if not found[2] else "")
    if not unit:
        raise CellProblem(_("“%(text)s”不是时限。请写成“5个工作日”或“4小时”的样子。") % {"text": text[:30]})
    return unit, int(found[1])


def _in(place_id: int | None) -> Q:
    return Q(place=None) if place_id is None else Q(place_id=place_id)


def _code(value: Any, run: Run) -> str:
    found = numbers.code(value)
    if re.fullmatch(r"[0-9A-Za-z._-]{1,32}", found) is None:
        raise CellProblem(_("代码只用字母、数字、点和横线。"))
    return found


def _code_or_name(value: Any, run: Run) -> str:
    """The category above by its code, or by its name."""
    text = plain(value)
    return _code(value, run) if text.isascii() else str(_name(value, run))


_name = fields.name(80)
CATEGORIES = Kind(
    "categories", Label("类别和派单目录", "Categories and dispatch catalogue"), PERMISSION,
    (
        Field("code", Label("代码", "Code"), _code, ("类别代码", "编码", "类别编码", "事项编码", "小类代码", "编号")),
        Field("name", Label("名称", "Name"), fields.name(80), ("类别", "类别名称", "小类", "小类名称", "事项", "事项名称", "问题类型", "诉求类别"), required=True),
        Field("name_en", Label("英文名称", "Name in English"), fields.text(120), ("英文", "英文名")),
        Field("parent", Label("上级类别", "Category above"), _code_or_name, ("上级代码", "大类代码", "上级", "上级编码", "父级代码", "大类", "大类名称", "一级类别"), fill_down=True),
        Field("keywords", Label("关键词", "Keywords"), fields.of(places.names), ("关键字", "别名", "俗称")),
        Field("urgency", Label("缓急", "Urgency"), fields.choice_of(URGENCY, "urgency", {"普通": "1", "急": "2", "特急": "3", "低": "0"}), ("紧急程度", "优先级")),
        Field("function", Label("职能", "Function"), fields.choice_of(FUNCTIONS, "function"), ("主管职能", "职能部门类别")),
        Field("unit", Label("责任单位", "Lead unit"), fields.text(), ("主办单位", "承办单位", "处置单位", "责任部门", "主责部门", "牵头单位")),
        Field("co_units", Label("协办单位", "Co-handlers"), fields.of(places.names), ("配合单位", "协同单位", "配合部门")),
        STREET,
        Field("limit", Label("处置时限", "Limit"), limit, ("办理时限", "时限", "办结时限", "处理时限", "期限")),
        Field("filing_condition", Label("立案条件", "Filing condition"), fields.text(2000, lines=True), ("立案标准",)),
        Field("closing_condition", Label("结案条件", "Closing condition"), fields.text(2000, lines=True), ("结案标准",)),
        Field("basis", Label("依据", "Basis"), fields.text(200), ("法律依据", "文件依据", "政策依据")),
        Field("needs_site_check", Label("需现场核查", "Needs a check on site"), fields.of(numbers.yes_or_no), ("现场核查", "是否核查")),
    ),
    lambda run: CataloguePlanner(run), order=5, duty=Label("类别、责任单位、时限、立案结案条件", "Categories, units that answer, limits, conditions"),
    refusals=(StepRefused, PeopleProblem, PlaceProblem),
)  # fmt: skip
COLUMNS = ("name", "name_en", "keywords", "function", "filing_condition", "closing_condition", "needs_site_check")


@dataclass(slots=True)
class PlannedCategory:
    """A row as it will be written: the category, its limit and its units."""

    values: dict[str, Any]
    existing: Category | None
    parent_code: str
    place_id: int | None
    lead: int | None
    helpers: list[int] = field(default_factory=list)
    limit: tuple[str, int] | None = None
    basis: str = ""


class CataloguePlanner(Planner):
    """Categories by code; several rows of one code say who answers in which street."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.units = Units(run)
        self.directory = Directory(place_snapshot(), run)
        valid = Category.objects.filter(valid_to=None).order_by("id")
        self.by_code: dict[str, Category] = {}
        for row in valid:
            self.by_code.setdefault(row.code, row)
        self.codes = Codes(run, self.by_code)

    def plan(self, rows: Sequence[Row]) -> None:
        """Find the category and its units; compare with what is valid."""
        self.codes.settle(rows)
        in_file = {row.values["code"] for row in rows if row.open} | set(self.codes.made)
        seen: dict[tuple[str, int | None], int] = {}
        for row in rows:
            if not row.open:
                continue
            try:
                planned = self._planned(row, in_file)
            except (PeopleProblem, PlaceProblem) as problem:
                row.reject(str(problem), "unit" if isinstance(problem, PeopleProblem) else "street")
                continue
            except Unsettled:
                continue
            if not row.open:
                continue
            key = (row.values["code"], planned.place_id)
            if key in seen:
                row.reject(
                    _("与第 %(line)d 行重复（%(key)s）。请删去一行。") % {"line": seen[key], "key": key[0]}, "code"
                )
                continue
            seen[key] = row.line
            row.plan, row.area = planned, row.values.get("street", "")
            if planned.existing is None:
                row.outcome = NEW
            else:
                row.outcome = CHANGED if self._differs(planned, planned.existing) else UNCHANGED

    def _planned(self, row: Row, in_file: set[str]) -> PlannedCategory:
        values = row.values
        parent = values.get("parent", "")
        if parent and parent not in self.by_code and parent not in in_file:
            row.reject(_("没有代码为 %(code)s 的上级类别。") % {"code": parent}, "parent")
        if parent == values["code"]:
            row.reject(_("上级不能是自己。"), "parent")
        wanted = {name: values[name] for name in COLUMNS if name in values}
        if "keywords" in wanted:
            wanted["keywords"] = list(wanted["keywords"])
        if "urgency" in values:
            wanted["urgency"] = int(values["urgency"])
        place = self.directory.place_of(row, {"street": values.get("street", "")})
        lead = self.units.find(row, values["unit"]).id if values.get("unit") else None
        helpers = [self.units.find(row, name).id for name in values.get("co_units", ())]
        return PlannedCategory(
            wanted, self.by_code.get(values["code"]), parent, place.id if place else None, lead, helpers,
            values.get("limit"), values.get("basis", ""),
        )  # fmt: skip

    def _differs(self, planned: PlannedCategory, stored: Category) -> bool:
        if any(getattr(stored, name) != value for name, value in planned.values.items()):
            return True
        rules = DispatchRule.objects.filter(_in(planned.place_id), category=stored, active=True)
        if planned.lead is not None and planned.lead not in rules.filter(role="lead").values_list(
            "organisation_id", flat=True
        ):
            return True
        if not set(planned.helpers) <= set(rules.filter(role="co").values_list("organisation_id", flat=True)):
            return True
        if planned.limit is None:
            return False
        limits = DeadlineRule.objects.filter(
            _in(planned.place_id), category=stored, clock="handle", subkind="", urgency=None, active=True
        )
        return planned.limit not in limits.values_list("unit", "value")

    def in_order(self, rows: Iterable[Row]) -> list[Row]:
        """Parents before what lies below them."""
        listed = list(rows)
        parents = {row.values.get("code", ""): row.values.get("parent", "") for row in listed}

        def depth(code: str) -> int:
            steps = 0
            while parents.get(code) and steps < 30:
                steps, code = steps + 1, parents[code]
            return steps

        return sorted(listed, key=lambda row: (depth(row.values.get("code", "")), row.position))

    def write(self, rows: Sequence[Row], ledger: Ledger) -> None:
        """Through the services of the catalogue."""
        actor = entitled(self.run.actor, "catalogue.edit")
        for row in rows:
            planned: PlannedCategory = row.plan
            code = row.values["code"]
            watched = (
                Category.objects.filter(code__in=(code, planned.parent_code)), DispatchRule.objects.filter(category__code=code),
                DeadlineRule.objects.filter(category__code=code),
            )  # fmt: skip
            with watching(*watched) as effects:
                stored = Category.objects.filter(code=code, valid_to=None).order_by("id").first()
                if stored is None:
                    above = self._above(actor, planned.parent_code)
                    if planned.parent_code and above is None:
                        raise PeopleProblem(
                            "no_parent", _("没有代码为 %(code)s 的上级类别。") % {"code": planned.parent_code}
                        )
                    stored = catalogue.add_category(actor, above.pk if above else None, code, planned.values)
                else:
                    catalogue.change_category(actor, stored.pk, planned.values)
                self._rules(actor, planned, stored.pk)
            ledger.note(row, effects)

    def _above(self, actor: Any, code: str) -> Category | None:
        """The category above; one that somebody has agreed to make is made with the first row below it."""
        found = Category.objects.filter(code=code, valid_to=None).order_by("id").first()
        if found is None and code in self.codes.made:
            return catalogue.add_category(actor, None, code, {"name": self.codes.made[code]})
        return found

    def _rules(self, actor: Any, planned: PlannedCategory, category_id: int) -> None:
        held = DispatchRule.objects.filter(_in(planned.place_id), category_id=category_id, active=True)
        if planned.lead is not None and not held.filter(role="lead", organisation_id=planned.lead).exists():
            catalogue.set_dispatch(
                actor, category_id=category_id, place_id=planned.place_id, organisation_id=planned.lead,
                basis=planned.basis,
            )  # fmt: skip
        for helper in planned.helpers:
            if not held.filter(role="co", organisation_id=helper).exists():
                catalogue.set_dispatch(
                    actor, category_id=category_id, place_id=planned.place_id, role="co", organisation_id=helper,
                    basis=planned.basis,
                )  # fmt: skip
        if planned.limit is not None:
            unit, value = planned.limit
            same = DeadlineRule.objects.filter(
                _in(planned.place_id), category_id=category_id, clock="handle", subkind="", urgency=None, active=True,
                unit=unit, value=value,
            )  # fmt: skip
            if not same.exists():
                catalogue.set_deadline(
                    actor, clock="handle", unit=unit, value=value, category_id=category_id, place_id=planned.place_id,
                    legal_basis=planned.basis,
                )  # fmt: skip

    def vanished(self, rows: Sequence[Row]) -> list[Vanished]:
        """The district's own categories that the file does not name."""
        named = {row.values.get("code") for row in rows}
        return [
            Vanished(f"{row.code} {row.name}")
            for row in self.by_code.values()
            if not row.is_seed and row.code not in named
        ]

    def undone(self, count: int) -> None:
        """All processes read the catalogue again."""
        bump_registry(RegistryVersion.CATALOGUE)


def install() -> None:
    """Register the kind."""
    register(CATEGORIES)
