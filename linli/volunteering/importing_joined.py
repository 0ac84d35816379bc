"""Double registration (双报到) from spreadsheets: joined units, and the persons whom they send (`linli import … FILE`).

A unit is known again by its name and community, a person by name and phone and community; who is no longer named
stays joined. Names and phones of members are sealed like everybody's and stand in no export.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from linli.exchange import fields
from linli.exchange.kinds import CHANGED, NEW, UNCHANGED, Field, Kind, Ledger, Row, register
from linli.exchange.undoing import watching
from linli.kernel.labels import Label
from linli.people import crypto, personal
from linli.people.errors import PeopleProblem
from linli.people.importers import PERMISSION, entitled
from linli.people.importing import COMMUNITY, STREET
from linli.places.errors import PlaceProblem
from linli.volunteering import joining
from linli.volunteering.importing import NAME, PHONE, RowsPlanner, several
from linli.volunteering.joining import NewMember
from linli.volunteering.models import JoinedMember, JoinedUnit
from linli.volunteering.registering import REGISTER
from linli.volunteering.vocabulary import ROLES
from linli.work.engine import StepRefused

PLACES = ("community", "village")


@dataclass(slots=True)
class _Unit:
    """A joined unit of a row."""

    organisation_id: int
    place_id: int
    since: date | None
    resources: str


@dataclass(slots=True)
class _Seen:
    """Rows of the file by what makes them the same."""

    lines: dict[Any, int] = field(default_factory=dict)

    def twice(self, row: Row, key: Any) -> bool:
        """Whether an earlier row says the same; this one is then refused."""
        first = self.lines.setdefault(key, row.line)
        if first != row.line:
            row.reject(_("与第 %(line)d 行重复。请删去一行。") % {"line": first})
        return first != row.line


class _JoinedPlanner(RowsPlanner):
    """What both kinds check alike."""

    def community_of(self, row: Row) -> int | None:
        """The community to which a row joins, and the day; None with the row refused."""
        place = self.place_of(row)
        if place.kind not in PLACES:
            row.reject(_("请写到哪个社区报到。"), "community")
        since = row.values.get("since")
        if since is not None and since > self.run.today:
            row.reject(_("日期不能晚于今天。"), "since")
        return place.id if row.open else None


class UnitsPlanner(_JoinedPlanner):
    """Units joined to a community; what they offer is updated."""

    def plan(self, rows: Sequence[Row]) -> None:
        """Unit and community of each (1 statement beside the snapshots)."""
        found: list[tuple[Row, _Unit]] = []
        seen = _Seen()
        for row in rows:
            unit = self.read(row, self._unit) if row.open else None
            if unit is not None and row.open and not seen.twice(row, (unit.organisation_id, unit.place_id)):
                found.append((row, unit))
        known = {
            (one.organisation_id, one.place_id): one
            for one in _open_units().filter(organisation_id__in={unit.organisation_id for _row, unit in found})
        }
        for row, unit in found:
            before = known.get((unit.organisation_id, unit.place_id))
            row.plan = unit
            if before is None:
                row.outcome = NEW
            else:
                same = not unit.resources or unit.resources == before.resources
                row.outcome = UNCHANGED if same else CHANGED

    def _unit(self, row: Row) -> _Unit | None:
        place_id, organisation_id = self.community_of(row), self.unit_of(row)
        if place_id is None or organisation_id is None:
            return None
        return _Unit(organisation_id, place_id, row.values.get("since"), row.values.get("resources") or "")

    def write(self, rows: Sequence[Row], ledger: Ledger) -> None:
        """Join the units, through the service."""
        actor = entitled(self.run.actor, REGISTER)
        for row in rows:
            unit: _Unit = row.plan
            # A row of its own that was made meanwhile is changed, not made again.
            stored = _open_units().filter(organisation_id=unit.organisation_id, place_id=unit.place_id)
            with watching(stored) as effects:
                joining.join_unit(
                    actor, unit.organisation_id, unit.place_id, since=unit.since, resources=unit.resources
                )
            ledger.note(row, effects)


def _open_units() -> QuerySet[JoinedUnit]:
    return JoinedUnit.objects.filter(until=None)


class MembersPlanner(_JoinedPlanner):
    """Persons joined to the community where they live; unit, grid and what they are ready for are updated."""

    def plan(self, rows: Sequence[Row]) -> None:
        """Person, unit and community of each (1 statement beside the snapshots)."""
        known = _known([row for row in rows if row.open])
        seen = _Seen()
        for row in rows:
            wanted = self.read(row, self._wanted) if row.open else None
            if wanted is None or not row.open:
                continue
            key = (wanted.name, wanted.phone, wanted.place_id)
            if not seen.twice(row, key):
                row.plan, row.outcome = wanted, _compared(wanted, known.get(key))

    def _wanted(self, row: Row) -> NewMember | None:
        values = row.values
        place_id, organisation_id = self.community_of(row), self.unit_of(row)
        if place_id is None:
            return None
        return NewMember(
            values["name"], values["phone"], place_id, organisation_id, values.get("posts", ()), values.get("since"),
            self._grid(row, place_id),
        )  # fmt: skip

    def _grid(self, row: Row, place_id: int) -> int | None:
        """The one grid of the community that bears the name or ends with it (第2网格); else the row is refused."""
        words = row.values.get("grid", "")
        if not words:
            return None
        grids = [one for one in self.directory.snapshot.children(place_id) if one.kind == "grid"]
        found = [one for one in grids if one.name == words] or [one for one in grids if one.name.endswith(words)]
        if len(found) != 1:
            row.reject(_("这个社区没有这个网格，请写全名。"), "grid")
            return None
        return found[0].id

    def write(self, rows: Sequence[Row], ledger: Ledger) -> None:
        """Join the persons, through the service."""
        actor = entitled(self.run.actor, REGISTER)
        for row in rows:
            wanted: NewMember = row.plan
            if row.outcome == NEW:
                made = joining.join_member(actor, wanted)
                ledger.created(row, "volunteering.JoinedMember", made.pk, {"place_id": made.place_id})
                continue
            person_id = joining.person_of(wanted)
            with watching(JoinedMember.objects.filter(person_id=person_id, place_id=wanted.place_id)) as effects:
                joining.join_member(actor, wanted)
            ledger.note(row, effects)


def _known(rows: Sequence[Row]) -> dict[tuple[str, str, int], JoinedMember]:
    """Joined members by name, phone and community (1 statement)."""
    phones = {crypto.blind(row.values["phone"], personal.PHONE): row.values["phone"] for row in rows}
    names = {crypto.blind(row.values["name"], personal.NAME): row.values["name"] for row in rows}
    found: dict[tuple[str, str, int], JoinedMember] = {}
    members = JoinedMember.objects.filter(until=None, person__phone_blind__in=list(phones)).select_related("person")
    for one in members:
        name = names.get(bytes(one.person.name_blind or b""))
        if name is not None:
            found[name, phones[bytes(one.person.phone_blind or b"")], one.place_id] = one
    return found


def _compared(wanted: NewMember, before: JoinedMember | None) -> str:
    if before is None:
        return NEW
    unit = wanted.organisation_id in (None, before.organisation_id) and wanted.grid_id in (None, before.grid_id)
    return UNCHANGED if unit and (not wanted.posts or set(wanted.posts) == set(before.posts)) else CHANGED


_UNIT_WORDS = ("单位名称", "报到单位", "工作单位", "所属单位", "共建单位", "联点单位", "所在单位")
_UNIT = {
    needed: Field(
        "organisation", Label("单位", "Organisation"), fields.text(), _UNIT_WORDS, required=needed, fill_down=True
    )
    for needed in (True, False)
}
SINCE = Field("since", Label("报到日期", "Joined on"), fields.day, ("日期", "报到时间", "登记日期"), fill_down=True)
_REFUSALS: tuple[type[Exception], ...] = (StepRefused, PeopleProblem, PlaceProblem)

JOINED_UNITS = Kind(
    "joined-units", Label("双报到：单位", "Joined units"), PERMISSION,
    (
        _UNIT[True], STREET, COMMUNITY, SINCE,
        Field("resources", Label("能提供什么", "Offers"), fields.text(200),
              ("资源清单", "资源", "共建资源", "服务项目", "提供资源")),
    ),
    UnitsPlanner, order=11, duty=Label("单位到所在社区报到", "Units that joined a community"),
    sheet_field="community", refusals=_REFUSALS,
)  # fmt: skip
JOINED_MEMBERS = Kind(
    "joined-members", Label("双报到：人员", "Joined members"), PERMISSION,
    (
        NAME, PHONE, _UNIT[False], STREET, COMMUNITY, SINCE,
        Field("grid", Label("网格", "Grid"), fields.text(80), ("所在网格", "入格网格", "网格名称")),
        Field("posts", Label("岗位", "Ready for"), several(ROLES), ("认领岗位", "服务岗位", "角色", "志愿岗位")),
    ),
    MembersPlanner, order=12,
    duty=Label("在职人员到居住社区报到；姓名、手机加密，不公开不导出", "Joined where they live; never exported"),
    chunk_rows=200, sheet_field="community", refusals=_REFUSALS,
)  # fmt: skip


def install() -> None:
    """Register the kinds."""
    register(JOINED_UNITS)
    register(JOINED_MEMBERS)
