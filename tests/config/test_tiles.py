"""The coordinate system of a base map is known, or the start is refused."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from linli.config.tiles import tile_system


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("", "EPSG:4326"), ("EPSG:3857", "EPSG:4326"), ("cgcs2000", "EPSG:4326"), ("EPSG:4490", "EPSG:4326"),
        ("GCJ-02", "GCJ-02"), (" gcj02 ", "GCJ-02"),
    ],
)  # fmt: skip
def test_known_systems(said: str, meant: str) -> None:
    assert tile_system(said) == meant


@pytest.mark.parametrize("said", ["BD-09", "EPSG:2437", "amap"])
def test_others_are_refused_with_what_to_do(said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="GCJ-02"):
        tile_system(said)
