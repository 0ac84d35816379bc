"""The planner of places: finds the parent and the place itself, settles positions, writes through the services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import shapely
from django.utils.translation import gettext as _

from linli.exchange.kinds import (
    CHANGED,
    NEW,
    UNCHANGED,
    Choice,
    Effect,
    Ledger,
    Planner,
    Question,
    Row,
    Run,
    Vanished,
)
from linli.exchange.leading_zeros import restore
from linli.exchange.undoing import watching
from linli.places import services
from linli.places.errors import PlaceProblem
from linli.places.geometry import STORED_CRS, as_area
from linli.places.kinds import GOVERNANCE, KINDS
from linli.places.matching import Directory, Unsettled
from linli.places.models import Boundary, GridMember, Place, PlaceChange, PlaceName
from linli.places.positions import boundaries_of, settle_positions
from linli.places.row_kinds import KIND_WORDS, kind_of, kind_of_heading, scheme_for
from linli.places.rows import PlannedRow
from linli.places.running_numbers import settle_numbers
from linli.places.sheet import Sheet, SheetRow
from linli.places.short_names import without_blanks
from linli.places.snapshot import place_snapshot, today

PARENT_WORDS = ("parent_code", "parent", "street", "community", "grid", "address")
COMPOUND = "小区"
LEVELS = ("grid", "community", "street")


class PlacesPlanner(Planner):
    """Places of any kind; `default_kind` is what a row is that does not say more."""

    def __init__(self, run: Run, default_kind: str = "") -> None:
        super().__init__(run)
        self.default_kind = str(run.options.get("default_kind") or default_kind)
        self.directory = Directory(place_snapshot(), run)
        self.planned: list[PlannedRow] = []
        self.crs, self.crs_stated = STORED_CRS, False
        self.warnings: list[tuple[int, str, str]] = []

    # --- planning ------------------------------------------------------------------------------------------------

    def plan(self, rows: Sequence[Row]) -> None:
        """Judge every row; rows may be each other's parents, in any order."""
        named = "name" in self.run.columns
        restore(rows, ("code", "parent_code"), self.directory.codes(), self.run)
        for row in rows:
            if not row.open:
                continue
            try:
                row.plan = self._planned(row, named)
                self.planned.append(row.plan)
            except PlaceProblem as problem:
                row.reject(problem.message, _field_of(problem.code))
            except Unsettled:
                continue
        self.planned.sort(key=lambda planned: KINDS[planned.kind].rank)
        self.directory.load_small(planned.kind for planned in self.planned)
        settle_numbers(self.planned, self.directory, self.run)
        self._link()
        self.crs, self.crs_stated = settle_positions(self.planned, self.directory, self.run)
        self._compare()
        self._overlaps()

    def _planned(self, row: Row, named: bool) -> PlannedRow:
        values = dict(row.values)
        if not named and "name" not in values:
            # A list of grids often titles the column of their names 网格; the deepest level given is the name.
            level = next((key for key in LEVELS if values.get(key)), "")
            values["name"] = values.pop(level, "")
            self._sure_of_level(row)
        name = without_blanks(services.clean_name(values.get("name", "")))
        code = values.get("code", "")
        word = kind_of_heading(self.run.headings.get("name", "")) if not self.default_kind else ""
        kind = values.get("kind") or kind_of(self.default_kind or KIND_WORDS.get(word, ""), code, name)
        if word == COMPOUND and kind == "site":
            values.setdefault("site_kind", "compound")
        geometry, point = values.get("geometry"), values.get("position") or _point(values)
        if geometry is not None and geometry.geom_type == "Point" and KINDS[kind].area:
            point, geometry = (geometry.x, geometry.y), None
        if geometry is not None and KINDS[kind].area and kind not in ("site", "building"):
            as_area(geometry)
        layer = values.get("layer", GOVERNANCE)
        return PlannedRow(
            row=row, kind=kind, name=name, code=code, code_scheme=scheme_for(kind, code, layer), layer=layer,
            site_kind=values.get("site_kind", ""), household_count=values.get("households"),
            aliases=values.get("aliases", ()), members=values.get("members", ()), raw_point=point,
            raw_geometry=geometry, stated_crs=values.get("crs", ""), point_in_one_cell="position" in values,
            parent_words={key: values[key] for key in PARENT_WORDS if values.get(key)},
        )  # fmt: skip

    def _sure_of_level(self, row: Row) -> None:
        """Without a column of names a row is about the community itself; where another column may be one of names, that
        is asked, for else the households of a compound became those of its community. Raises Unsettled."""
        if not self.run.unread:
            return
        sentence = _("表里没有“名称”一列，“%(column)s”没有读取。每一行说的就是所写的社区（街道、网格）本身吗？")
        question = Question(
            "rows_are_levels", self.run.unread[0], sentence % {"column": self.run.unread[0]},
            (Choice("yes", _("是")),), remember=False,
        )  # fmt: skip
        if self.run.ask(question, row) is None or not row.open:
            raise Unsettled

    def _link(self) -> None:
        """Find each row's parent and, if the place is known already, the place itself."""
        seen: dict[tuple[str, str], int] = {}
        for planned in self.planned:
            row = planned.row
            if not row.open:
                continue
            try:
                self.directory.find_parent(planned)
                self.directory.find_existing(planned)
                services.check_kind(planned.kind, planned.parent_kind, planned.layer)
                key = (planned.code_scheme, planned.code) if planned.code else (
                    f"{planned.parent_key}/{planned.kind}", planned.name
                )  # fmt: skip
                if key in seen and not row.done:
                    message = _("与第 %(line)d 行重复（%(key)s）。请删去一行。") % {"line": seen[key], "key": key[1]}
                    raise PlaceProblem("duplicate", message)
                seen[key] = planned.line
                self.directory.remember(planned)
            except PlaceProblem as problem:
                row.reject(problem.message, _field_of(problem.code))
            except Unsettled:
                continue
            row.area = self._area(planned)

    def _area(self, planned: PlannedRow) -> str:
        if planned.parent_row is not None:
            above = planned.parent_row
            return above.name if above.kind == "community" else above.row.area or above.name
        if planned.kind in ("street", "community"):
            return planned.parent_name
        found = self.directory.snapshot.ancestor_of_kind(planned.parent_id, "community")
        return found.name if found else planned.parent_name

    def _compare(self) -> None:
        """Say of known places whether the file would change them."""
        open_rows = [planned for planned in self.planned if planned.row.open]
        known = {planned.existing_id for planned in open_rows if planned.existing_id is not None}
        places = Place.objects.in_bulk(known)
        shapes = boundaries_of(known)
        names: dict[int, set[str]] = {}
        for key, name in PlaceName.objects.filter(place_id__in=known, kind=PlaceName.ALIAS).values_list(
            "place_id", "name"
        ):
            names.setdefault(key, set()).add(name)
        members: dict[int, set[str]] = {}
        for key, text in GridMember.objects.filter(grid_id__in=known).values_list("grid_id", "text"):
            members.setdefault(key, set()).add(text)
        for planned in open_rows:
            place_id = planned.existing_id
            if place_id is None:
                planned.row.outcome = NEW
                if planned.parent_row is not None and not planned.parent_row.row.open:
                    planned.row.reject(_("上级“%(name)s”没有通过核对，先改好那一行。") % {"name": planned.parent_name})
                continue
            planned.changes = planned.differences(
                places[place_id], shapes.get(place_id), names.get(place_id, set()), members.get(place_id, set())
            )
            planned.row.outcome = CHANGED if planned.changes else UNCHANGED

    def _overlaps(self) -> None:
        """Warn of grids that lie over one another."""
        grids = [planned for planned in self.planned if planned.kind == "grid" and planned.geometry is not None]
        tree = shapely.STRtree([planned.geometry for planned in grids])
        for n, planned in enumerate(grids):
            for m in tree.query(planned.geometry):
                other = grids[m]
                if m <= n or other.layer != planned.layer or planned.geometry is None or other.geometry is None:
                    continue
                common = shapely.intersection(planned.geometry, other.geometry).area
                if common > 0.02 * min(planned.geometry.area, other.geometry.area):
                    message = _("与第 %(line)d 行“%(name)s”重叠。") % {"line": other.line, "name": other.name}
                    self.warnings.append((planned.line, planned.sheet, message))
                    self.run.notice(_("第 %(line)d 行：") % {"line": planned.line} + message)

    def vanished(self, rows: Sequence[Row]) -> list[Vanished]:
        """Grids of the same communities and layers that the file no longer names."""
        named = {planned.existing_id for planned in self.planned}
        grids = [planned for planned in self.planned if planned.kind == "grid" and planned.parent_id is not None]
        if not any(planned.existing_id is not None for planned in grids):
            return []
        found = []
        for parent, layer in sorted({(planned.parent_id or 0, planned.layer) for planned in grids}):
            for known in self.directory.snapshot.children(parent, layer=layer):
                if known.kind == "grid" and known.id not in named:
                    found.append(Vanished(f"{known.name} {known.code}".strip(), self.directory.snapshot.name(parent)))
        return found

    # --- writing -------------------------------------------------------------------------------------------------

    def in_order(self, rows: Any) -> list[Row]:
        """Parents before their children."""
        return sorted(rows, key=lambda row: (KINDS[row.plan.kind].rank if row.plan else 99, row.position))

    @property
    def _begun(self) -> date | None:
        stated = self.run.options.get("valid_from")
        return date.fromisoformat(str(stated)) if stated else None

    def write(self, rows: Sequence[Row], ledger: Ledger) -> None:
        """Copy new places in, change known ones; one version of the register for the chunk."""
        with services.changing():
            new: list[PlannedRow] = [row.plan for row in rows if row.outcome == NEW]
            self._write_new(new, ledger)
            for row in rows:
                planned: PlannedRow = row.plan
                if planned.existing_id is not None and planned.changes:
                    self._update(planned, ledger)
            services.record(
                None, self.run.actor_label, "imported", file=self.run.file_name, created=len(new),
                updated=len(rows) - len(new), crs=self.crs,
                first_id=new[0].new_id if new else None, last_id=new[-1].new_id if new else None,
            )  # fmt: skip

    def _write_new(self, new: list[PlannedRow], ledger: Ledger) -> None:
        sheet = Sheet(valid_from=self._begun)
        at: dict[int, int] = {}
        for planned in new:
            above = planned.parent_row
            inside = at.get(id(above)) if above is not None else None
            if above is not None and inside is None:
                if above.existing_id is None and not above.new_path:
                    raise PlaceProblem(
                        "no_parent", _("上级“%(name)s”没有通过核对，先改好那一行。") % {"name": above.name}
                    )
                planned.parent_path = above.new_path
            at[id(planned)] = sheet.add(_sheet_row(planned, inside, self.crs))
        for planned, key in zip(new, sheet.write(), strict=True):
            planned.new_id = key
            above = planned.parent_row
            path = above.new_path if above is not None and above.new_path else planned.parent_path
            planned.new_path = f"{path}.{key}" if path else str(key)
            ledger.created(
                planned.row, "places.Place", key, {"name": planned.name, "code": planned.code, "active": True}
            )
        grids = [planned for planned in new if planned.members and planned.kind == "grid"]
        GridMember.objects.bulk_create(
            [GridMember(grid_id=planned.place_id, text=text) for planned in grids for text in planned.members],
            batch_size=2000,
        )

    def _update(self, planned: PlannedRow, ledger: Ledger) -> None:
        key = planned.place_id
        day, label = self._begun or today(), self.run.actor_label
        watched = (
            Place.objects.filter(pk=key), PlaceName.objects.filter(place_id=key),
            Boundary.objects.filter(place_id=key), GridMember.objects.filter(grid_id=key),
        )  # fmt: skip
        with watching(*watched) as effects:
            if "name" in planned.changes:
                services.rename_place(key, planned.name, actor_label=label, on=day)
            if "geometry" in planned.changes and planned.geometry is not None:
                services.replace_boundary(key, planned.geometry, actor_label=label, on=day, noted_crs=self.crs)
            plain: dict[str, Any] = {
                name: getattr(planned, name) for name in ("household_count", "site_kind") if name in planned.changes
            }
            if "point" in planned.changes and planned.point is not None:
                plain.update(lon=planned.point[0], lat=planned.point[1])
            if plain:
                Place.objects.filter(pk=key).update(**plain)
            for alias in planned.aliases:
                services.add_alias(key, alias, actor_label=label)
            if "members" in planned.changes:
                services.set_members(key, planned.members, actor_label=label)
            services.record(key, label, "updated", fields=sorted(planned.changes))
        ledger.note(planned.row, effects)

    # --- undoing -------------------------------------------------------------------------------------------------

    def obstacles(self, effects: Sequence[Effect]) -> list[str]:
        """Places made by the batch on which somebody has worked since."""
        made = {effect.key for effect in effects if effect.model == "places.Place" and effect.before is None}
        later = PlaceChange.objects.filter(place_id__in=made).order_by("id")[:30]
        names = dict(Place.objects.filter(pk__in=[change.place_id for change in later]).values_list("pk", "name"))
        return [
            _("“%(name)s”后来又改过（%(who)s）")
            % {"name": names.get(change.place_id or 0, ""), "who": change.actor_label}
            for change in later
        ]

    def undone(self, count: int) -> None:
        """A new version of the register, and a line in its list of changes."""
        services.record(None, self.run.actor_label, "import_undone", file=self.run.file_name, effects=count)
        services.bump_registry("places")


def _point(values: dict[str, Any]) -> tuple[float, float] | None:
    lon, lat = values.get("lon"), values.get("lat")
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        raise PlaceProblem(
            "bad_point",
            _("经度和纬度要填就都填：经度“%(lon)s”或纬度“%(lat)s”不是数字。") % {"lon": lon or "", "lat": lat or ""},
        )
    point = (float(lon), float(lat))
    if not (-180 <= point[0] <= 180 and -180 <= point[1] <= 180):
        raise PlaceProblem("out_of_range", _("经纬度超出范围：%(lon)s，%(lat)s。") % {"lon": lon, "lat": lat})
    return point


_FIELDS = {"no_kind": "kind", "bad_point": "lon", "out_of_range": "lon", "no_parent": "community",
           "grid_needs_community": "parent", "wrong_parent": "parent", "outside": "code"}  # fmt: skip


def _field_of(code: str) -> str:
    return _FIELDS.get(code, "name")


def _sheet_row(planned: PlannedRow, parent: int | None, crs: str) -> SheetRow:
    return SheetRow(
        planned.kind,
        planned.name,
        parent,
        under=planned.parent_path if parent is None else "",
        code=planned.code,
        code_scheme=planned.code_scheme,
        layer=planned.layer,
        site_kind=planned.site_kind,
        geometry=planned.geometry,
        point=planned.point,
        household_count=planned.household_count,
        aliases=planned.aliases,
        source_crs=crs,
    )
