"""A sheet of places to be written at once: rows are collected in memory, then copied into the database.

Used where thousands of places come at a time (demo, first set-up, import). Rows are checked before they come here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import shapely
from django.db import connection
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from linli.places.geometry import STORED_CRS
from linli.places.kinds import GOVERNANCE
from linli.places.pinyin import initials, sort_key


@dataclass(slots=True)
class SheetRow:
    """One place to be written; `parent` is the index of a row of the same sheet."""

    kind: str
    name: str
    parent: int | None = None
    under: str = ""
    code: str = ""
    code_scheme: str = ""
    layer: str = GOVERNANCE
    site_kind: str = ""
    geometry: BaseGeometry | None = None
    point: tuple[float, float] | None = None
    household_count: int | None = None
    aliases: Sequence[str] = ()
    synthetic: bool = False
    boundary_synthetic: bool = False
    source_crs: str = STORED_CRS


@dataclass(slots=True)
class Sheet:
    """Rows in an order in which every parent stands before its children."""

    rows: list[SheetRow] = field(default_factory=list)
    valid_from: date | None = None

    def add(self, row: SheetRow) -> int:
        """Append a row and return its index."""
        self.rows.append(row)
        return len(self.rows) - 1

    def write(self) -> list[int]:
        """Copy everything into the database (inside the caller's transaction); returns the new ids in order."""
        ids = _new_ids(len(self.rows))
        paths: list[str] = []
        for key, row in zip(ids, self.rows, strict=True):
            above = paths[row.parent] if row.parent is not None else row.under
            paths.append(f"{above}.{key}" if above else str(key))
        self._copy_places(ids, paths)
        self._copy_names_and_codes(ids)
        self._copy_boundaries(ids)
        return ids

    def _copy_places(self, ids: list[int], paths: list[str]) -> None:
        now = datetime.now(UTC)
        points = self._points()

        def values() -> Iterable[Sequence[Any]]:
            for key, path, row, point in zip(ids, paths, self.rows, points, strict=True):
                if row.parent is not None:
                    parent: int | None = ids[row.parent]
                else:
                    parent = int(row.under.rsplit(".", 1)[-1]) if row.under else None
                yield (
                    key, parent, path, row.kind, row.site_kind, row.name, sort_key(row.name),
                    initials(row.name), row.code, row.code_scheme, row.layer,
                    point[0] if point else None, point[1] if point else None,
                    row.household_count, row.synthetic, True, now,
                )  # fmt: skip

        columns = (
            "id, parent_id, path, kind, site_kind, name, pinyin, pinyin_initials, code, code_scheme, layer,"
            " lon, lat, household_count, synthetic, active, created_at"
        )
        _copy("places_place", columns, values())

    def _copy_names_and_codes(self, ids: list[int]) -> None:
        names: list[Sequence[Any]] = []
        codes: list[Sequence[Any]] = []
        for key, row in zip(ids, self.rows, strict=True):
            names.append((key, row.name, "official", self.valid_from))
            names.extend((key, alias, "alias", None) for alias in row.aliases)
            if row.code:
                codes.append((key, row.code_scheme, row.code, self.valid_from))
        _copy("places_placename", "place_id, name, kind, valid_from", names)
        _copy("places_placecode", "place_id, scheme, code, valid_from", codes)

    def _copy_boundaries(self, ids: list[int]) -> None:
        drawn = [n for n, row in enumerate(self.rows) if row.geometry is not None]
        shapes = np.array([self.rows[n].geometry for n in drawn], dtype=object)
        blobs = shapely.to_wkb(shapes, output_dimension=2, byte_order=1)
        bounds = shapely.bounds(shapes)
        _copy(
            "places_boundary",
            "place_id, geometry, min_lon, min_lat, max_lon, max_lat, source_crs, valid_from, version, synthetic",
            (
                (
                    ids[n], bytes(blob), *(float(edge) for edge in box), self.rows[n].source_crs,
                    self.valid_from, 1, self.rows[n].boundary_synthetic or self.rows[n].synthetic,
                )
                for n, blob, box in zip(drawn, blobs, bounds, strict=True)
            ),
        )  # fmt: skip

    def _points(self) -> list[tuple[float, float] | None]:
        points = [row.point for row in self.rows]
        drawn = [n for n, row in enumerate(self.rows) if row.point is None and row.geometry is not None]
        if drawn:
            shapes: NDArray[np.object_] = np.array([self.rows[n].geometry for n in drawn], dtype=object)
            found = shapely.get_coordinates(shapely.point_on_surface(shapes))
            for n, (lon, lat) in zip(drawn, found, strict=True):
                points[n] = (round(float(lon), 7), round(float(lat), 7))
        return points


def _new_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('places_place', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [int(row[0]) for row in cursor.fetchall()]


def _copy(table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
