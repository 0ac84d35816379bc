"""The register of places held in the process, keyed by its version, so that it is never stale.

A reader reads the version once per transaction (`selectors.registry_versions`, one statement) and asks for
the snapshot of that version. A version is never used twice, not even after a roll-back, so an object built
under it can be kept. An object built while another transaction changed the register is not kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from linli.kernel.gridindex import GridEntry, GridIndex
from linli.places.kinds import GOVERNANCE, LEFT_IN_DATABASE, LOCATED_KINDS
from linli.places.models import Boundary, Place, RegistryVersion
from linli.places.selectors import registry_versions

KEPT_VERSIONS = 3


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """What is asked of a place again and again."""

    id: int
    parent_id: int | None
    path: str
    kind: str
    site_kind: str
    name: str
    pinyin: str
    code: str
    code_scheme: str
    layer: str
    lon: float | None
    lat: float | None
    synthetic: bool
    active: bool

    @property
    def depth(self) -> int:
        """The number of places from the root down to this one, itself included."""
        return self.path.count(".") + 1


FIELDS = tuple(PlaceRow.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class LocatedPlace:
    """The answer to "where is this point?": the place, its path, and the version of its boundary."""

    place_id: int
    path: str
    grid_version: int
    kind: str = "grid"


def today() -> date:
    """The present day in the installation's time zone."""
    return datetime.now(ZoneInfo(settings.TIME_ZONE)).date()


class PlaceSnapshot:
    """All places down to the grid, and on demand the index that answers `locate`. Safe among threads."""

    def __init__(self, version: int, rows: Iterable[PlaceRow]) -> None:
        self.version = version
        self._rows: dict[int, PlaceRow] = {row.id: row for row in rows}
        self._children: dict[int | None, list[int]] = {}
        self._by_code: dict[str, list[PlaceRow]] = {}
        for row in self._rows.values():
            self._children.setdefault(row.parent_id, []).append(row.id)
            if row.code:
                self._by_code.setdefault(row.code, []).append(row)
        for ids in self._children.values():
            ids.sort(key=lambda key: self._sort_key(self._rows[key]))
        self._extra: dict[int, PlaceRow] = {}
        self._lock = threading.Lock()
        self._index: GridIndex | None = None
        self._versions: dict[int, list[tuple[date | None, date | None, int]]] = {}

    @staticmethod
    def _sort_key(row: PlaceRow) -> tuple[str, str, int]:
        return (row.code or "~", row.pinyin, row.id)

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, place_id: int | None) -> PlaceRow | None:
        """The place, or nothing. A building, site or road is read from the database once and then kept."""
        if place_id is None:
            return None
        row = self._rows.get(place_id) or self._extra.get(place_id)
        if row is None:
            self.preload([place_id])
            row = self._extra.get(place_id)
        return row

    def preload(self, place_ids: Iterable[int | None]) -> None:
        """Read buildings, sites and roads of a list in one statement, before it is shown row by row."""
        missing = [key for key in set(place_ids) if key and key not in self._rows and key not in self._extra]
        if missing:
            found = {row.id: row for row in _rows_of(Place.objects.filter(pk__in=missing))}
            with self._lock:
                self._extra.update(found)

    def name(self, place_id: int | None) -> str:
        """The place's name, empty when there is no such place."""
        row = self.get(place_id)
        return row.name if row else ""

    def ancestors(self, place_id: int | None) -> tuple[PlaceRow, ...]:
        """From the root down to the place itself."""
        row = self.get(place_id)
        if row is None:
            return ()
        chain = (self.get(int(label)) for label in row.path.split("."))
        return tuple(link for link in chain if link is not None)

    def ancestor_of_kind(self, place_id: int | None, kind: str) -> PlaceRow | None:
        """The place of that kind which holds `place_id` (or is it)."""
        for row in reversed(self.ancestors(place_id)):
            if row.kind == kind:
                return row
        return None

    def full_name(self, place_id: int | None, first_kind: str = "district") -> str:
        """The chain of names from `first_kind` down, as an address is written: 即墨区通济街道…"""
        chain = self.ancestors(place_id)
        start = next((n for n, row in enumerate(chain) if row.kind == first_kind), 0)
        text = ""
        for row in chain[start:]:
            text += _new_part(text, row.name)
        return text

    def children(self, place_id: int | None, *, layer: str | None = None) -> tuple[PlaceRow, ...]:
        """The places right below, in the order of their codes; `None` gives the roots."""
        rows = (self._rows[key] for key in self._children.get(place_id, ()))
        return tuple(row for row in rows if row.active and (layer is None or row.layer == layer))

    def descendants(self, place_id: int, kind: str | None = None, *, layer: str = GOVERNANCE) -> tuple[PlaceRow, ...]:
        """Everything below (down to grids), optionally of one kind, depth first."""
        found: list[PlaceRow] = []
        stack = [row.id for row in reversed(self.children(place_id))]
        while stack:
            row = self._rows[stack.pop()]
            if (kind is None or row.kind == kind) and (row.kind != "grid" or row.layer == layer):
                found.append(row)
            stack.extend(child.id for child in reversed(self.children(row.id)))
        return tuple(found)

    def of_kind(self, kind: str, *, layer: str = GOVERNANCE) -> tuple[PlaceRow, ...]:
        """Every active place of a kind."""
        return tuple(r for r in self._rows.values() if r.kind == kind and r.active and r.layer == layer)

    def find_by_code(self, code: str, scheme: str | None = None) -> PlaceRow | None:
        """The active place that bears the code today."""
        for row in self._by_code.get(code.strip(), ()):
            if row.active and (scheme is None or row.code_scheme == scheme):
                return row
        return None

    def locate(self, lon: float, lat: float, layer: str = GOVERNANCE, on: date | None = None) -> LocatedPlace | None:
        """The narrowest place (grid, else community, street …) whose boundary on `on` holds the point.

        Coordinates are EPSG:4490 degrees. `on` defaults to today.
        """
        index, day = self._geometry(), on or today()
        for kind in LOCATED_KINDS:
            place_id = index.locate(lon, lat, _layer_key(kind, layer), day)
            if place_id is not None:
                row = self._rows[place_id]
                return LocatedPlace(place_id, row.path, self.boundary_version(place_id, day), row.kind)
        return None

    def boundary_version(self, place_id: int, on: date | None = None) -> int:
        """The version of the place's boundary that holds on the day, 0 if it has none."""
        self._geometry()
        day = on or today()
        for begun, ended, version in self._versions.get(place_id, ()):
            if (begun is None or begun <= day) and (ended is None or day < ended):
                return version
        return 0

    def _geometry(self) -> GridIndex:
        if self._index is None:
            with self._lock:
                if self._index is None:
                    self._index = self._load_geometry()
        return self._index

    def _load_geometry(self) -> GridIndex:
        entries: list[GridEntry] = []
        rows = Boundary.objects.filter(place__kind__in=LOCATED_KINDS).values_list(
            "place_id", "geometry", "valid_from", "valid_to", "version"
        )
        for place_id, geometry, begun, ended, version in rows.iterator(chunk_size=5000):
            place = self._rows.get(place_id)
            if place is None:
                continue
            key = _layer_key(place.kind, place.layer)
            entries.append(GridEntry(place_id, key, bytes(geometry), begun, ended))
            self._versions.setdefault(place_id, []).append((begun, ended, version))
        return GridIndex(entries)


def _new_part(text: str, name: str) -> str:
    # A grid or building repeats what stands above it in its name, from the street on: the address says it once, also
    # where it begins further down.
    if text and text in name:
        return name[name.index(text) + len(text) :]
    for length in range(min(len(text), len(name)), 1, -1):
        if text.endswith(name[:length]):
            return name[length:]
    return name


def _layer_key(kind: str, layer: str) -> str:
    # Only grids come in two layers; the divisions above them are the same for both.
    return f"grid:{layer}" if kind == "grid" else kind


def _rows_of(places: object) -> Iterable[PlaceRow]:
    return (PlaceRow(*values) for values in places.values_list(*FIELDS))  # type: ignore[attr-defined]


_lock = threading.Lock()
_snapshots: OrderedDict[int, PlaceSnapshot] = OrderedDict()


def place_snapshot(version: int | Mapping[str, int] | None = None) -> PlaceSnapshot:
    """The snapshot of a version (a number, or what `registry_versions` answered; nothing: read it now)."""
    if version is None:
        version = registry_versions()
    if not isinstance(version, int):
        version = version.get(RegistryVersion.PLACES, 0)
    known = _snapshots.get(version)
    if known is not None:
        return known
    return _load(version)


def _load(version: int) -> PlaceSnapshot:
    rows = list(_rows_of(Place.objects.exclude(kind__in=LEFT_IN_DATABASE)))
    fresh = PlaceSnapshot(version, rows)
    if registry_versions().get(RegistryVersion.PLACES, 0) == version:
        with _lock:
            _snapshots[version] = fresh
            while len(_snapshots) > KEPT_VERSIONS:
                _snapshots.popitem(last=False)
    return fresh
