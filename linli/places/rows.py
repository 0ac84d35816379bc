"""One row of an import on its way into the register."""

from __future__ import annotations

from dataclasses import dataclass, field

import shapely
from shapely.geometry.base import BaseGeometry

from linli.exchange.kinds import Row
from linli.places.models import Place

SAME_SHAPE = 1e-3


@dataclass(slots=True)
class PlannedRow:
    """A checked row: what it says, where it hangs, and the place it is if that is known already."""

    row: Row
    kind: str
    name: str
    code: str
    code_scheme: str
    layer: str
    site_kind: str
    household_count: int | None
    aliases: tuple[str, ...]
    members: tuple[str, ...]
    raw_point: tuple[float, float] | None
    raw_geometry: BaseGeometry | None
    parent_words: dict[str, str]
    stated_crs: str = ""
    point_in_one_cell: bool = False
    geometry: BaseGeometry | None = None
    point: tuple[float, float] | None = None
    parent_id: int | None = None
    parent_path: str = ""
    parent_row: PlannedRow | None = None
    parent_kind: str | None = None
    parent_name: str = ""
    existing_id: int | None = None
    new_id: int | None = None
    new_path: str = ""
    changes: set[str] = field(default_factory=set)

    @property
    def line(self) -> int:
        """The line of the file."""
        return self.row.line

    @property
    def sheet(self) -> str:
        """The sheet of the file."""
        return self.row.sheet

    @property
    def place_id(self) -> int:
        """The id of the place, known or new."""
        key = self.existing_id if self.existing_id is not None else self.new_id
        if key is None:
            raise LookupError(self.name)
        return key

    @property
    def parent_key(self) -> str:
        """A key of the parent, whether it is in the register or in the same file."""
        return f"row {self.parent_row.row.position}" if self.parent_row is not None else str(self.parent_id)

    def raw_shape(self) -> BaseGeometry | None:
        """The geometry as it stands in the file."""
        if self.raw_geometry is not None:
            return self.raw_geometry
        return shapely.points(*self.raw_point) if self.raw_point is not None else None

    def differences(self, place: Place, shape: BaseGeometry | None, names: set[str], members: set[str]) -> set[str]:
        """What this row would change of a known place with these aliases and listed members."""
        found = set()
        if self.name not in (place.name, *names):
            found.add("name")
        if self.household_count is not None and self.household_count != place.household_count:
            found.add("household_count")
        if self.site_kind and self.site_kind != place.site_kind:
            found.add("site_kind")
        if self.geometry is not None and (shape is None or _differ(self.geometry, shape)):
            found.add("geometry")
        if self.point is not None and self.point != (place.lon, place.lat):
            found.add("point")
        if not set(self.aliases) <= names:
            found.add("aliases")
        if self.members and set(self.members) != members:
            found.add("members")
        return found


def _differ(one: BaseGeometry, other: BaseGeometry) -> bool:
    if one.area <= 0 or other.area <= 0:
        return not bool(shapely.equals_exact(shapely.normalize(one), shapely.normalize(other), tolerance=1e-6))
    return bool(shapely.symmetric_difference(one, other).area > SAME_SHAPE * max(one.area, other.area))
