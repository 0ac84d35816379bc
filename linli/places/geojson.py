"""The map of any subtree as GeoJSON: areas, roads, buildings, landmarks; names only, no personal data.

Areas of one kind are simplified together as a coverage, so that neighbours still touch at every zoom.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import cos, radians
from typing import Any

import numpy as np
import shapely
from django.db.models import Q
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from linli.places.errors import PlaceProblem
from linli.places.geometry import METRES_PER_DEGREE
from linli.places.kinds import GOVERNANCE, KINDS
from linli.places.models import Boundary
from linli.places.snapshot import PlaceSnapshot, today

# Ground metres of one pixel of a 256-pixel tile at zoom 0 on the equator (web mercator).
METRES_PER_PIXEL = 156_543.034
BUILDINGS_FROM_ZOOM = 14
DEFAULT_ZOOM = 14
MAX_FEATURES = 6000
KEPT_MAPS = 24
DIGITS = 6

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "country": ("province",),
    "province": ("city", "district"),
    "city": ("district",),
    "district": ("street", "community"),
    "street": ("community", "grid", "road", "landmark"),
    "community": ("grid", "road", "landmark", "site", "building"),
    "grid": ("grid", "landmark", "site", "building"),
}


@dataclass(frozen=True, slots=True)
class MapRequest:
    """What a map shows: a subtree, the kinds drawn in it, at what zoom, in which layer, on which day."""

    place_id: int
    kinds: tuple[str, ...] = ()
    zoom: int = DEFAULT_ZOOM
    layer: str = GOVERNANCE
    on: date | None = None

    def etag(self, version: int) -> str:
        """A strong tag: it changes with the register and with what is asked, and with the day."""
        asked = (version, self.place_id, self.kinds, self.zoom, self.layer, (self.on or today()).isoformat())
        return '"' + hashlib.sha256(repr(asked).encode()).hexdigest()[:32] + '"'


def shown_kinds(kind: str, zoom: int) -> tuple[str, ...]:
    """The kinds drawn by default for a place of that kind: what lies below it, buildings only near enough."""
    kinds = _CHOICES.get(kind, (kind,))
    if zoom < BUILDINGS_FROM_ZOOM:
        kinds = tuple(slug for slug in kinds if slug not in ("building", "site"))
    return kinds


@dataclass(slots=True)
class _Drawn:
    """A map that has been read: its features, the box around them, and its text once somebody asked for it."""

    features: list[dict[str, Any]]
    box: list[float]
    text: str = ""


_lock = threading.Lock()
_kept: OrderedDict[str, _Drawn] = OrderedDict()


def collection(snapshot: PlaceSnapshot, request: MapRequest, counts: Mapping[int, int] | None = None) -> dict[str, Any]:
    """A GeoJSON FeatureCollection; `counts` (by place id) fills the property `count` for a coloured map."""
    drawn = _drawn(snapshot, request)
    features = drawn.features
    if counts is not None:
        features = [
            {**item, "properties": {**item["properties"], "count": counts.get(item["id"], 0)}} for item in features
        ]
    row = snapshot.get(request.place_id)
    return {
        "type": "FeatureCollection",
        "features": features,
        "bbox": drawn.box,
        "place": {"id": request.place_id, "name": row.name if row else "", "kind": row.kind if row else ""},
        "version": snapshot.version,
    }


def collection_text(snapshot: PlaceSnapshot, request: MapRequest) -> str:
    """The collection as compact JSON."""
    drawn = _drawn(snapshot, request)
    if not drawn.text:
        drawn.text = json.dumps(collection(snapshot, request), ensure_ascii=False, separators=(",", ":"))
    return drawn.text


def _drawn(snapshot: PlaceSnapshot, request: MapRequest) -> _Drawn:
    key = request.etag(snapshot.version)
    known = _kept.get(key)
    if known is not None:
        return known
    features = _read(snapshot, request)
    drawn = _Drawn(features, _box_of(features))
    with _lock:
        _kept[key] = drawn
        while len(_kept) > KEPT_MAPS:
            _kept.popitem(last=False)
    return drawn


def _read(snapshot: PlaceSnapshot, request: MapRequest) -> list[dict[str, Any]]:
    row = snapshot.get(request.place_id)
    if row is None:
        raise LookupError(request.place_id)
    kinds = request.kinds or shown_kinds(row.kind, request.zoom)
    day = request.on or today()
    boundaries = (
        Boundary.objects.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=day),
            Q(valid_to__isnull=True) | Q(valid_to__gt=day),
            Q(place__kind__in=[kind for kind in kinds if kind != "grid"])
            | (Q(place__kind="grid", place__layer=request.layer) if "grid" in kinds else Q(pk__in=[])),
            place__path__descendant_of=row.path,
        )
        .order_by("place__kind", "place_id")
        .values_list(
            "place_id", "place__kind", "place__site_kind", "place__name", "place__code", "place__parent_id",
            "place__synthetic", "synthetic", "place__household_count", "geometry", "version",
        )
    )  # fmt: skip
    rows = list(boundaries[: MAX_FEATURES + 1])
    if len(rows) > MAX_FEATURES:
        raise PlaceProblem(
            "too_many_features", _("图形超过 %(count)d 个。请看更小的范围，或少选几类。") % {"count": MAX_FEATURES}
        )
    shapes: NDArray[np.object_] = shapely.from_wkb(np.array([bytes(item[9]) for item in rows], dtype=object))
    drawn = _simplified([item[1] for item in rows], shapes, request.zoom)
    found = [_feature(item, shape, original) for item, shape, original in zip(rows, drawn, shapes, strict=True)]
    found.sort(key=lambda item: KINDS[item["properties"]["kind"]].rank)
    return found


def _simplified(kinds: Sequence[str], shapes: NDArray[np.object_], zoom: int) -> NDArray[np.object_]:
    if not len(shapes):
        return shapes
    latitude = float(shapely.bounds(shapes[0])[1])
    metres = METRES_PER_PIXEL * cos(radians(latitude)) / 2 ** max(0, min(zoom, 22))
    tolerance = metres / METRES_PER_DEGREE
    result = shapes.copy()
    for kind in set(kinds):
        chosen = np.array([n for n, own in enumerate(kinds) if own == kind])
        if kind == "landmark":
            continue
        part = shapes[chosen]
        whole = len(part) > 1 and KINDS[kind].area and kind not in ("building", "site")
        if whole and shapely.coverage_is_valid(part):
            result[chosen] = shapely.coverage_simplify(part, tolerance)
        else:
            result[chosen] = shapely.simplify(part, tolerance, preserve_topology=True)
    empty = shapely.is_empty(result)
    result[empty] = shapes[empty]
    return result


def _feature(item: Sequence[Any], shape: Any, original: Any) -> dict[str, Any]:
    point = shapely.point_on_surface(original)
    return {
        "type": "Feature",
        "id": item[0],
        "geometry": _rounded(shapely.geometry.mapping(shape)),
        "properties": {
            "id": item[0],
            "kind": item[1],
            "site_kind": item[2],
            "name": item[3],
            "code": item[4],
            "parent": item[5],
            "synthetic": bool(item[6] or item[7]),
            "households": item[8],
            "version": item[10],
            "label": [round(point.x, DIGITS), round(point.y, DIGITS)],
        },
    }


def _rounded(geometry: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": geometry["type"], "coordinates": _round(geometry["coordinates"])}


def _round(value: Any) -> Any:
    if isinstance(value, float | int):
        return round(float(value), DIGITS)
    return [_round(part) for part in value]


def _box_of(features: Iterable[Mapping[str, Any]]) -> list[float]:
    labels = [item["properties"]["label"] for item in features]
    shapes = [shapely.geometry.shape(item["geometry"]) for item in features]
    if not labels:
        return []
    return [round(float(edge), DIGITS) for edge in shapely.total_bounds(np.array(shapes, dtype=object))]
