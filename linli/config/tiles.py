"""Which coordinates the tiles of a base map are drawn in."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from linli.kernel.coordinates import CoordinateSystem

PLAIN = CoordinateSystem.WGS84.value
# Web mercator is how tiles are cut, not a datum: for the map the two are the same.
_KNOWN = {
    "": PLAIN, "EPSG:4326": PLAIN, "EPSG:4490": PLAIN, "EPSG:3857": PLAIN, "WGS-84": PLAIN, "WGS84": PLAIN,
    "CGCS2000": PLAIN, "GCJ-02": CoordinateSystem.GCJ02.value, "GCJ02": CoordinateSystem.GCJ02.value,
}  # fmt: skip


def tile_system(name: str) -> str:
    """The coordinate system of LINLI_TILE_CRS: "EPSG:4326" (nothing is shifted) or "GCJ-02" (the browser shifts).

    Raises ImproperlyConfigured for one that the map cannot meet, so that no marker ever stands hundreds of metres off.
    """
    found = _KNOWN.get(name.strip().upper())
    if found is None:
        raise ImproperlyConfigured(
            f"LINLI_TILE_CRS={name!r}: choose EPSG:4326 (also CGCS2000, EPSG:4490, EPSG:3857) or GCJ-02. Tiles "
            "in BD-09 are cut by a scheme of their own and cannot be used."
        )
    return found
