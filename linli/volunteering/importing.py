"""The kinds of data that the room takes in: rosters of volunteers, and services with hours (`linli import … FILE`)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.activities.signups import own_ids
from linli.exchange import fields
from linli.exchange.kinds import CHANGED, NEW, UNCHANGED, Field, Kind, Ledger, Planner, Row, Run, register
from linli.exchange.undoing import watching
from linli.exchange.values import numbers, people, places
from linli.kernel.labels import Label
from linli.people import crypto, personal
from linli.people.access import Actor
from linli.people.errors import PeopleProblem
from linli.people.importers import PERMISSION, entitled
from linli.people.importing import COMMUNITY, STREET
from linli.people.models import Person
from linli.people.organisation_planner import Units
from linli.places.errors import PlaceProblem
from linli.places.matching import Directory, Unsettled
from linli.places.snapshot import PlaceRow, place_snapshot
from linli.volunteering import registering
from linli.volunteering.bulk import ServiceRow, record_services
from linli.volunteering.duty import Stay, on_duty
from linli.volunteering.hours import settle
from linli.volunteering.models import HoursEntry, Service, Volunteer
from linli.volunteering.rules import DAY, Rules, hours_text, is_late
from linli.volunteering.ruling import rules_at
from linli.volunteering.vocabulary import ROLES, SERVICE_STATES, SKILLS
from linli.work.engine import StepRefused
from linli.work.themes import THEMES

UNDONE, _AGAIN = "撤销导入", "重新导入"


def several(labels: Mapping[str, Label]) -> Any:
    """Codes of a list from the words in a cell; words that are none are left to the free text."""
    known = {word: slug for slug, label in labels.items() for word in (slug, label.zh, label.en.lower())}
    return lambda value, run: tuple(known[name] for name in places.names(value) if name in known)


class RowsPlanner(Planner):
    """What the planners of this room share: the community and the unit of a row."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.directory = Directory(place_snapshot(), run)
        self.units = Units(run)

    def place_of(self, row: Row) -> PlaceRow:
        """The community of a row, or the place that everything is under."""
        words = {"community": row.values.get("community", ""), "street": row.values.get("street", "")}
        place = self.directory.place_of(row, words) or self.directory.under
        if place is None:
            raise PlaceProblem("no_place", _("请写社区。"))
        row.area = place.name
        return place

    def unit_of(self, row: Row) -> int | None:
        """The unit of a row, if it names one."""
        name = row.values.get("organisation", "")
        return self.units.find(row, name).id if name else None

    def read(self, row: Row, work: Any) -> Any:
        """What `work` answers, or None with the row refused or in doubt."""
        try:
            return work(row)
        except (PeopleProblem, PlaceProblem) as problem:
            row.reject(str(problem), getattr(problem, "field", "") or "community")
        except Unsettled:
            pass
        return None


class VolunteersPlanner(RowsPlanner):
    """Volunteers by name and phone; a known one is updated."""

    def plan(self, rows: Sequence[Row]) -> None:
        """Place and unit of each; who has not consented is returned."""
        known = _known([row for row in rows if row.open])
        seen: dict[tuple[str, str], int] = {}
        for row in rows:
            if not row.open:
                continue
            if not row.values.get("consent"):
                row.reject(_("没有写明本人同意，不能登记。"), "consent")
                continue
            key = (row.values["name"], row.values["phone"])
            if key in seen:
                row.reject(_("与第 %(line)d 行重复。请删去一行。") % {"line": seen[key]}, "phone")
                continue
            seen[key] = row.line
            planned = self.read(row, self._wanted)
            if planned is not None and row.open:
                row.plan = planned
                row.outcome = _compared(planned, known.get(key))

    def _wanted(self, row: Row) -> registering.Wanted:
        values = row.values
        return registering.Wanted(
            place_id=self.place_of(row).id, name=values["name"], phone=values["phone"],
            organisation_id=self.unit_of(row), number=values.get("number", ""), skills=values.get("skills", ()),
            skills_text=values.get("skills_text", ""), roles=values.get("roles", ()), consents=True,
        )  # fmt: skip

    def write(self, rows: Sequence[Row], ledger: Ledger) -> None:
        """Register, through the service."""
        actor: Actor = entitled(self.run.actor, registering.REGISTER)
        for row in rows:
            planned: registering.Wanted = row.plan
            if row.outcome == CHANGED:
                person_id = registering.person_for(planned.name, planned.phone)
                with watching(Volunteer.objects.filter(person_id=person_id)) as effects:
                    registering.register(actor, planned)
                ledger.note(row, effects)
            else:
                made = registering.register(actor, planned)
                ledger.created(row, "volunteering.Volunteer", made.pk, {"place_id": made.place_id})


def _known(rows: Sequence[Row]) -> dict[tuple[str, str], Volunteer]:
    """Registered volunteers by name and phone (1 statement)."""
    blinds = {crypto.blind(row.values["phone"], personal.PHONE): row.values["phone"] for row in rows}
    names = {crypto.blind(row.values["name"], personal.NAME): row.values["name"] for row in rows}
    found = Volunteer.objects.select_related("person").filter(person__phone_blind__in=list(blinds), left_on=None)
    known = {}
    for row in found:
        name = names.get(bytes(row.person.name_blind or b""))
        if name is not None:
            known[name, blinds[bytes(row.person.phone_blind or b"")]] = row
    return known


def _compared(planned: registering.Wanted, row: Volunteer | None) -> str:
    if row is None:
        return NEW
    same = (row.place_id, row.organisation_id, set(row.skills), set(row.roles), row.skills_text) == (
        planned.place_id, planned.organisation_id, set(planned.skills), set(planned.roles), planned.skills_text,
    )  # fmt: skip
    return UNCHANGED if same and (not planned.number or registering.number_of(row) == planned.number) else CHANGED


@dataclass(slots=True)
class _Found:
    """A service of a row with what is still to be looked up together."""

    row: Row
    service: ServiceRow
    path: str


def _stored(keys: Sequence[str]) -> dict[str, tuple[Service, list[HoursEntry]]]:
    """Services that were taken in before, with what was decided on each, the last first (2 statements)."""
    rows = Service.objects.filter(key__in=list(keys)).prefetch_related(
        Prefetch("entries", HoursEntry.objects.order_by("-version"))
    )
    return {row.key: (row, list(row.entries.all())) for row in rows}


def _what(one: ServiceRow | Service) -> tuple[int, date, str]:
    """Who did what on which day, blanks apart."""
    return one.person_id, one.happened_on, "".join(one.content.split())


def _recorded(found: Sequence[_Found]) -> set[tuple[int, date, str]]:
    """What check-ins or somebody's hand have recorded of these persons and days, so that nothing counts twice."""
    rows = Service.objects.filter(
        person_id__in={one.service.person_id for one in found},
        happened_on__in={one.service.happened_on for one in found}, origin__in=(Service.CHECKIN, Service.MANUAL),
    ).exclude(state=Service.REJECTED)  # fmt: skip
    return {_what(row) for row in rows.only("person_id", "happened_on", "content")}


def _settled(one: _Found, before: tuple[Service, list[HoursEntry]] | None) -> None:
    """Say what a row does: a new service, one whose import was undone, the same again, or one it may not change."""
    one.row.plan = one.service
    if before is None:
        one.row.outcome = NEW
        return
    stored, entries = before
    if stored.state == Service.REJECTED and entries[0].reason.startswith(UNDONE):
        one.row.outcome = CHANGED
    elif any(entry.minutes == one.service.minutes for entry in entries):
        one.row.outcome = UNCHANGED
    else:
        said = {"hours": hours_text(stored.minutes)}
        one.row.reject(_("已经登记过，是 %(hours)s 小时。要改请在这次服务的页面更正。") % said, "hours")


class HoursPlanner(RowsPlanner):
    """Services with hours of registered volunteers, known again by person, day, place and content."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.rules: dict[str, Rules] = {}

    def plan(self, rows: Sequence[Row]) -> None:
        """Who, where, how long; late ones are marked, paid duty and doubles are returned."""
        people_known = _persons([row for row in rows if row.open])
        found: list[_Found] = []
        for row in rows:
            one = self.read(row, lambda row: self._service(row, people_known)) if row.open else None
            if one is not None and row.open:
                found.append(one)
        known, elsewhere = _stored([one.service.key for one in found]), _recorded(found)
        own = set(own_ids(self.run.actor)) if isinstance(self.run.actor, Actor) else set()
        paid = on_duty([Stay(one.service.person_id, one.service.happened_on) for one in found])
        seen: dict[str, int] = {}
        for one in found:
            key = one.service.key
            if key in seen:
                one.row.reject(_("与第 %(line)d 行重复。请删去一行。") % {"line": seen[key]})
            elif Stay(one.service.person_id, one.service.happened_on) in paid:
                one.row.reject(_("工作人员工作时间不计志愿时长。"), "happened_on")
            elif one.service.state == Service.CONFIRMED and one.service.person_id in own:
                one.row.reject(_("自己的时长不能导入成已确认。状态请留空，由别人确认。"), "state")
            elif key not in known and _what(one.service) in elsewhere:
                one.row.reject(_("这一天的这项服务已经由签到或手工登记。"), "content")
            else:
                _settled(one, known.get(key))
            seen.setdefault(key, one.row.line)

    def _rules(self, path: str) -> Rules:
        """The rules that hold today in a place, read once."""
        if path not in self.rules:
            self.rules[path] = rules_at(path, self.run.today)
        return self.rules[path]

    def _service(self, row: Row, known: Mapping[tuple[str, str], int]) -> _Found | None:
        values, place = row.values, self.place_of(row)
        person_id = known.get((values["name"], values["phone"]))
        if person_id is None:
            row.reject(_("没有登记这个志愿者（或姓名与手机不符）。请先登记。"), "phone")
            return None
        day: date = values["happened_on"]
        minutes = round(values["hours"] * 60)
        if day > self.run.today or not 0 < minutes <= DAY:
            row.reject(_("日期或时长不对：日期不晚于今天，时长不超过24小时。"), "happened_on")
            return None
        words = f"{person_id}|{day}|{place.id}|{values['content']}"
        service = ServiceRow(
            f"import:{hashlib.sha256(words.encode()).hexdigest()[:40]}", person_id, place.id, day, minutes,
            values["content"], organisation_id=self.unit_of(row), evidence=values["evidence"],
            state=values.get("state") or Service.PROPOSED, theme=values.get("theme") or "",
            late=is_late(day, self.run.today, self._rules(place.path)),
        )  # fmt: skip
        return _Found(row, service, place.path)

    def write(self, rows: Sequence[Row], ledger: Ledger) -> None:
        """Write the services; those that are not confirmed elsewhere wait for it here."""
        entitled(self.run.actor, "volunteering.confirm")
        by = getattr(self.run.actor, "person_id", None)
        record_services([row.plan for row in rows], by=by)
        self._bring_back({row.plan.key: row.plan for row in rows if row.outcome == CHANGED}, by)
        keys = Service.objects.filter(key__in=[row.plan.key for row in rows]).values_list("key", "pk")
        made = dict(keys)
        for row in rows:
            ledger.created(row, "volunteering.Service", made[row.plan.key], {"minutes": row.plan.minutes})

    def _bring_back(self, wanted: Mapping[str, ServiceRow], by: int | None) -> None:
        """Services whose import was undone come in again, with the hours of now: another entry, and no deed."""
        rows = Service.objects.select_for_update().filter(key__in=list(wanted), state=Service.REJECTED)
        for row in rows.order_by("pk"):
            plan = wanted[row.key]
            act = HoursEntry.CONFIRMED if plan.state == Service.CONFIRMED else HoursEntry.PROPOSED
            row.theme = plan.theme
            settle(row, act, plan.minutes, plan.state, _AGAIN, by, deed=False)

    def undo(self, effects: Any) -> list[str] | None:
        """Entries are never deleted: services that were taken in stay, not recognised, with the reason."""
        by = getattr(self.run.actor, "person_id", None)
        keys = [int(effect.key) for effect in effects if effect.model == "volunteering.Service"]
        for row in Service.objects.select_for_update().filter(pk__in=keys).order_by("pk"):
            if row.state != Service.REJECTED:
                reason = f"{UNDONE} {timezone.localdate().isoformat()}"
                settle(row, HoursEntry.REJECTED, row.minutes, Service.REJECTED, reason, by)
        return []


def _persons(rows: Sequence[Row]) -> dict[tuple[str, str], int]:
    """Persons of registered volunteers by name and phone (1 statement)."""
    phones = {crypto.blind(row.values["phone"], personal.PHONE): row.values["phone"] for row in rows}
    names = {crypto.blind(row.values["name"], personal.NAME): row.values["name"] for row in rows}
    found = Person.objects.filter(phone_blind__in=list(phones), erased_at=None, volunteer__isnull=False)
    return {
        (names[bytes(row.name_blind)], phones[bytes(row.phone_blind or b"")]): row.pk
        for row in found
        if row.name_blind is not None and bytes(row.name_blind) in names
    }


NAME = Field(
    "name",
    Label("姓名", "Name"),
    fields.person_name(40),
    ("志愿者", "志愿者姓名", "队员", "人员姓名"),
    required=True,
    personal=True,
)
PHONE = Field(
    "phone",
    Label("手机", "Phone"),
    fields.of(people.phone),
    ("电话", "手机号", "手机号码", "联系电话", "联系方式"),
    required=True,
    personal=True,
    looks=people.looks_like_phone,
)
UNIT = Field(
    "organisation",
    Label("单位", "Organisation"),
    fields.text(),
    ("所属单位", "工作单位", "所属组织", "志愿团体", "团体"),
    fill_down=True,
)

VOLUNTEERS = Kind(
    "volunteers", Label("志愿者名册", "Volunteers"), PERMISSION,
    (
        NAME, PHONE, STREET, COMMUNITY, UNIT,
        Field("number", Label("志愿者编号", "Volunteer number"), fields.of(numbers.code), ("全国志愿者编号", "编号", "注册编号"), personal=True),
        Field("roles", Label("角色", "Roles"), several(ROLES), ("岗位", "服务角色", "愿意做什么", "服务类别")),
        Field("skills", Label("特长", "Skills"), several(SKILLS), ("技能", "专业特长")),
        Field("skills_text", Label("其他特长", "Other skills"), fields.text(120), ("特长说明",)),
        Field("consent", Label("本人同意", "Consent"), fields.of(numbers.yes_or_no), ("是否同意", "书面同意", "同意", "知情同意"), fill_down=True, required=True),
    ),
    VolunteersPlanner, order=9,
    duty=Label("志愿者名册，要有本人同意一栏", "Rosters of volunteers, with a column of consent"),
    chunk_rows=200, sheet_field="community", refusals=(StepRefused, PeopleProblem, PlaceProblem),
)  # fmt: skip
HOURS = Kind(
    "hours", Label("志愿服务时长", "Hours of service"), PERMISSION,
    (
        NAME, PHONE, STREET, COMMUNITY, UNIT,
        Field("happened_on", Label("日期", "Day"), fields.day, ("服务日期", "时间", "活动日期", "服务时间"), required=True, fill_down=True),
        Field("hours", Label("时长（小时）", "Hours"), fields.of(numbers.decimal), ("时长", "小时", "服务时长", "小时数", "志愿时长"), required=True),
        Field("content", Label("服务内容", "Content"), fields.text(200), ("内容", "活动", "活动名称", "项目", "服务项目"), required=True, fill_down=True),
        Field("evidence", Label("依据", "Evidence"), fields.text(200), ("证明材料", "签到表", "凭证", "备注"), required=True, fill_down=True),
        Field("theme", Label("类别", "Kind of good deed"), fields.choice_of(THEMES, "deed_theme"), ("善行类别", "服务类型", "积分类别"), fill_down=True),
        Field("state", Label("状态", "State"), fields.choice_of({key: SERVICE_STATES[key] for key in ("proposed", "confirmed")}, "service_state", {"已审核": "confirmed", "未审核": "proposed"}), ("审核状态",)),
    ),
    HoursPlanner, order=10,
    duty=Label("没有签到的服务；超期登记的标为补录", "Services without check-in; entries after the time are marked as late"),
    chunk_rows=500, sheet_field="community", refusals=(StepRefused, PeopleProblem, PlaceProblem),
)  # fmt: skip


def install() -> None:
    """Register the kinds."""
    register(VOLUNTEERS)
    register(HOURS)
