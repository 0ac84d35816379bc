"""The planner of organisations: by name below their parent, with the area they answer for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from django.utils.translation import gettext as _

from linli.exchange.fields import language
from linli.exchange.kinds import CHANGED, NEW, UNCHANGED, Choice, Ledger, Planner, Question, Row, Run, Vanished
from linli.exchange.undoing import image, watching
from linli.exchange.values.places import names as split_names
from linli.people import services
from linli.people.access import covers
from linli.people.errors import PeopleProblem
from linli.people.importers import entitled
from linli.people.kinds import ORGANISATION_KINDS
from linli.people.models import Organisation
from linli.people.snapshot import OrganisationRow, organisation_snapshot
from linli.places.errors import PlaceProblem
from linli.places.matching import Directory, Unsettled, core
from linli.places.models import Place, RegistryVersion
from linli.places.services import bump_registry
from linli.places.snapshot import PlaceRow, place_snapshot

CHOICES_SHOWN = 8
KEPT = ("name", "short_name", "kind", "parent_id", "place_id", "functions", "can_order", "contact", "active")
"""What of a made unit must be as the file said when the batch is undone."""
_BY_ENDING = (
    ("街道办事处", "street_office"), ("街道办", "street_office"), ("人民政府", "street_office"),
    ("居委会", "community_committee"),
    ("居民委员会", "community_committee"), ("村委会", "community_committee"), ("村民委员会", "community_committee"),
    ("业委会", "owners_committee"), ("业主委员会", "owners_committee"), ("派出所", "police"), ("执法局", "enforcement"),
    ("执法中队", "enforcement"), ("局", "department"), ("委员会", "department"), ("办公室", "department"),
)  # fmt: skip


def guessed_kind(name: str) -> str:
    """The kind that the name of a unit tells; empty when it tells none."""
    if "物业" in name:
        return "property_manager"
    return next((slug for ending, slug in _BY_ENDING if name.endswith(ending)), "")


class Units:
    """Looks organisations up by name; asks where several or none fit. Those of another district do not count."""

    def __init__(self, run: Run) -> None:
        self.run = run
        ground = place_snapshot().get(run.under)
        path = ground.path if ground is not None else ""
        self.by_name: dict[str, list[OrganisationRow]] = {}
        self.all: list[OrganisationRow] = []
        self.likes: dict[str, list[OrganisationRow]] = {}
        self.cores: dict[int, str] = {}
        snapshot = organisation_snapshot()
        stack: list[OrganisationRow] = list(snapshot.children(None))
        while stack:
            unit = stack.pop()
            stack.extend(snapshot.children(unit.id))
            if path and unit.place_path and not (covers(path, unit.place_path) or covers(unit.place_path, path)):
                continue
            self.all.append(unit)
            for name in {unit.name, unit.short_name} - {""}:
                self.by_name.setdefault(name, []).append(unit)

    def find(self, row: Row, name: str) -> OrganisationRow:
        """The unit a name means. Raises PeopleProblem, Unsettled."""
        found = self.by_name.get(name) or self.by_name.get("".join(name.split()), [])
        if len(found) == 1:
            return found[0]
        offered = found or self.like(name)
        if not offered:
            raise PeopleProblem("no_such_organisation", _("找不到单位“%(name)s”。请先导入单位。") % {"name": name[:60]})
        sentence = _("有几个“%(name)s”。是哪一个？") if found else _("找不到单位“%(name)s”。是下面的哪一个？")
        same = [unit for unit in offered if core(unit.name) == core(name)]
        question = Question(
            "organisation", name[:120], sentence % {"name": name[:60]},
            tuple(Choice(str(unit.id), unit.name) for unit in offered[:CHOICES_SHOWN]),
            suggestion=str(same[0].id) if len(same) == 1 and not found else "",
        )  # fmt: skip
        answer = self.run.ask(question, row)
        chosen = [unit for unit in offered if answer is not None and str(unit.id) == answer.value]
        if not chosen:
            raise Unsettled
        return chosen[0]

    def like(self, name: str) -> list[OrganisationRow]:
        """Units that a name may mean: one name inside the other, or the same but for the words of its kind."""
        if name not in self.likes:
            wanted = core(name)
            close = [
                unit for unit in self.all
                if self._core(unit) == wanted or name in unit.name or (unit.short_name and unit.short_name in name)
                or (len(wanted) > 2 and wanted in unit.name)
            ]  # fmt: skip
            close.sort(key=lambda unit: (self._core(unit) != wanted, abs(len(unit.name) - len(name)), unit.id))
            self.likes[name] = close[:CHOICES_SHOWN]
        return self.likes[name]

    def _core(self, unit: OrganisationRow) -> str:
        if unit.id not in self.cores:
            self.cores[unit.id] = core(unit.name)
        return self.cores[unit.id]


@dataclass(slots=True)
class PlannedUnit:
    """A row as it will be written."""

    values: dict[str, Any]
    existing_id: int | None
    parent_id: int | None
    parent: Row | None = None
    new_id: int | None = None


class _Stored(dict[int, Organisation]):
    """The units that rows name, read at once; one that was chosen by an answer is read when it is asked for."""

    def __missing__(self, key: int) -> Organisation:
        self[key] = Organisation.objects.get(pk=key)
        return self[key]


class OrganisationsPlanner(Planner):
    """Organisations; rows may name each other as parents."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.units = Units(run)
        self.places = place_snapshot()
        self.directory = Directory(self.places, run)
        self.stored = _Stored()
        self.compounds: dict[str, PlaceRow] | None = None

    def plan(self, rows: Sequence[Row]) -> None:
        """Find the unit, its parent and its area; compare."""
        in_file = {row.values["name"]: row for row in rows if row.open and "name" in row.values}
        named = [unit.id for name in in_file for unit in self.units.by_name.get(name, ())]
        self.stored = _Stored(Organisation.objects.in_bulk(named))
        seen: dict[tuple[str, str], int] = {}
        for row in rows:
            if not row.open:
                continue
            key = (row.values["name"], row.values.get("parent", ""))
            if key in seen:
                row.reject(
                    _("与第 %(line)d 行重复（%(key)s）。请删去一行。") % {"line": seen[key], "key": key[0]}, "name"
                )
                continue
            seen[key] = row.line
            try:
                self._plan(row, in_file)
            except (PeopleProblem, PlaceProblem) as problem:
                row.reject(str(problem), "parent" if isinstance(problem, PeopleProblem) else "place")
            except Unsettled:
                continue
        for row in rows:
            if row.plan is not None and row.open and row.plan.parent is not None and not row.plan.parent.open:
                row.reject(_("上级“%(name)s”没有通过核对，先改好那一行。") % {"name": row.values["parent"]}, "parent")

    def _plan(self, row: Row, in_file: dict[str, Row]) -> None:
        values = row.values
        known = self.units.by_name.get(values["name"], [])
        parent_id, parent_row = None, None
        above = values.get("parent", "")
        if above and above != values["name"]:
            parent_row = in_file.get(above) if above not in self.units.by_name else None
            parent_id = None if parent_row is not None else self.units.find(row, above).id
        if parent_id is not None and len(known) > 1:
            known = [unit for unit in known if unit.parent_id == parent_id] or known
        place = self._ground(row)
        if len(known) > 1 and place is not None:
            known = [unit for unit in known if unit.place_id == place.id] or known
        if len(known) > 1:
            known = [self.units.find(row, values["name"])]
        unit = known[0] if known else None
        kind = (
            values.get("kind") or (unit.kind if unit else "") or guessed_kind(values["name"]) or self._asked_kind(row)
        )
        wanted: dict[str, Any] = {"name": unit.name if unit else values["name"], "kind": kind}
        for name in ("short_name", "can_order", "contact"):
            if name in values:
                wanted[name] = values[name]
        if "functions" in values:
            wanted["functions"] = sorted(values["functions"])
        if place is not None:
            wanted["place_id"] = place.id
            row.area = self.places.name(place.id)
        row.plan = PlannedUnit(wanted, unit.id if unit else None, parent_id, parent_row)
        if unit is None:
            row.outcome = NEW
            return
        stored = self.stored[unit.id]
        row.plan.values = {name: value for name, value in wanted.items() if getattr(stored, name) != value}
        row.outcome = CHANGED if row.plan.values else UNCHANGED

    def _ground(self, row: Row) -> PlaceRow | None:
        """The area that a unit answers for: a place of any level, or what its compounds (服务小区) have in common."""
        values = row.values
        around = {"community": values.get("community", ""), "street": values.get("street", "")}
        names = split_names(values.get("place", ""))
        compounds = [self._compounds().get(name) for name in names]
        if len(names) < 2 and None in compounds:
            return self.directory.place_of(row, {"parent": values.get("place", ""), **around})
        found = [
            place if place is not None else self.directory.place_of(row, {"parent": name})
            for name, place in zip(names, compounds, strict=True)
        ]
        if not found:
            return self.directory.place_of(row, around)
        trails = [place.path.split(".") for place in found if place is not None]
        shared = [steps[0] for steps in takewhile(lambda steps: len(set(steps)) == 1, zip(*trails, strict=False))]
        return self.places.get(int(shared[-1])) if shared else None

    def _compounds(self) -> dict[str, PlaceRow]:
        """The residential compounds below the place of the import whose names only one bears (1 statement, once)."""
        if self.compounds is None:
            below = Place.objects.filter(kind="site", site_kind="compound", active=True)
            if self.directory.under is not None:
                below = below.filter(path__descendant_of=self.directory.under.path)
            listed = list(below.values_list("pk", "name"))
            times = Counter(name for _key, name in listed)
            self.places.preload(key for key, _name in listed)
            rows = [self.places.get(key) for key, name in listed if times[name] == 1]
            self.compounds = {row.name: row for row in rows if row is not None}
        return self.compounds

    def _asked_kind(self, row: Row) -> str:
        choices = tuple(Choice(slug, label.text(language())) for slug, label in ORGANISATION_KINDS.items())
        name = row.values["name"]
        question = Question("organisation_kind_of", name, _("“%(name)s”是哪一类单位？") % {"name": name[:60]}, choices)
        answer = self.run.ask(question, row)
        if answer is None or not answer.value:
            raise Unsettled
        return answer.value

    def in_order(self, rows: Iterable[Row]) -> list[Row]:
        """Parents before the units below them."""

        def depth(row: Row) -> int:
            steps, above = 0, row.plan.parent if row.plan else None
            while above is not None and above.plan is not None and steps < 50:
                steps, above = steps + 1, above.plan.parent
            return steps

        return sorted(rows, key=lambda row: (depth(row), row.position))

    def write(self, rows: Sequence[Row], ledger: Ledger) -> None:
        """Through the services of the room."""
        actor = entitled(self.run.actor, "people.edit")
        for row in rows:
            planned: PlannedUnit = row.plan
            if planned.existing_id is not None:
                with watching(Organisation.objects.filter(pk=planned.existing_id)) as effects:
                    services.change_organisation(actor, planned.existing_id, **planned.values)
                ledger.note(row, effects)
                continue
            parent_id = planned.parent_id
            if planned.parent is not None:
                parent_id = planned.parent.plan.existing_id or planned.parent.plan.new_id
                if parent_id is None:
                    raise PeopleProblem("no_such_parent", _("上级单位不存在或已停用。"), field="parent")
            made = services.create_organisation(actor, parent_id=parent_id, **planned.values)
            planned.new_id = made.pk
            ledger.created(row, "people.Organisation", made.pk, image(made, KEPT))

    def vanished(self, rows: Sequence[Row]) -> list[Vanished]:
        """Units of the kinds and parents that the file speaks of."""
        plans = [row.plan for row in rows if row.plan is not None]
        named = {planned.existing_id for planned in plans}
        known = {unit.id: unit for unit in self.units.all}
        groups = {(known[key].kind, known[key].parent_id) for key in named if key in known}
        return [
            Vanished(unit.name, self.places.name(unit.place_id))
            for unit in self.units.all if (unit.kind, unit.parent_id) in groups and unit.id not in named
        ]  # fmt: skip

    def undone(self, count: int) -> None:
        """Let every process read the organisations again."""
        bump_registry(RegistryVersion.ORGANISATIONS)
