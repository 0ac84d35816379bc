"""GeoJSON: every feature is a row, its properties are the cells, its geometry a cell of its own."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from linli.exchange.errors import ExchangeProblem
from linli.exchange.limits import MAX_COLUMNS, MAX_ROWS
from linli.exchange.reading.book import Book, CellError, Sheet
from linli.exchange.reading.delimited import decoded

GEOMETRY = "geometry"


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def read_geojson(data: bytes) -> Book:
    """One sheet whose first line are the names of all properties."""
    try:
        content = json.loads(decoded(data)[0], parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ExchangeProblem("not_json", _("文件不是有效的 GeoJSON。请从制图软件重新导出。")) from None
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise ExchangeProblem("no_features", _("GeoJSON 须是 FeatureCollection，其中有 features 列表。"))
    if len(features) > MAX_ROWS:
        raise ExchangeProblem("too_many_rows", _("超过 20 万行。请分成几个文件导入。"))
    names: dict[str, int] = {}
    for feature in features:
        for name in _properties(feature):
            if len(names) < MAX_COLUMNS:
                names.setdefault(str(name), len(names))
    geometry = len(names)
    sheet = Sheet("", [[*names, GEOMETRY]], lines=[0])
    assert sheet.lines is not None
    for number, feature in enumerate(features, start=1):
        cells: list[Any] = [None] * (geometry + 1)
        for name, value in _properties(feature).items():
            place = names.get(str(name))
            if place is not None:
                cells[place] = value if not isinstance(value, dict) else json.dumps(value, ensure_ascii=False)
        if not isinstance(feature, dict) or not isinstance(feature.get("properties") or {}, dict):
            cells[geometry] = CellError("feature")
        else:
            cells[geometry] = feature.get("geometry") or None
        sheet.rows.append(cells)
        sheet.lines.append(number)
    return Book("geojson", [sheet], declared_crs=_crs(content))


def _properties(feature: Any) -> dict[str, Any]:
    found = feature.get("properties") if isinstance(feature, dict) else None
    return found if isinstance(found, dict) else {}


def _crs(content: dict[str, Any]) -> str:
    crs = content.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    return str(properties.get("name") or "") if isinstance(properties, dict) else ""
