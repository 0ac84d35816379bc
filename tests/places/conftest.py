"""A small district of squares: easy to reckon with by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
import shapely
from django.db import transaction
from pytest_django import DjangoDbBlocker

from linli.places import demo, services
from linli.places.models import Place

WEST, SOUTH, SIDE = 120.40, 36.40, 0.04
BEGUN = date(2024, 1, 1)


def square(column: int, row: int, width: float = 1, height: float = 1) -> shapely.Polygon:
    """A square of the district's 4 × 4 board; column and row count from the south-west, `width` in fields."""
    step = SIDE / 4
    return shapely.box(
        WEST + column * step,
        SOUTH + row * step,
        WEST + (column + width) * step,
        SOUTH + (row + height) * step,
    )


def middle(column: int, row: int) -> tuple[float, float]:
    """The middle of a field of the board."""
    point = square(column, row).centroid
    return (point.x, point.y)


@dataclass
class SmallDistrict:
    """One district, one street, two communities of two grids each (the western one drawn, the eastern too)."""

    district: Place
    street: Place
    west: Place
    east: Place
    grids: list[Place]


@pytest.fixture
def small(db: None) -> SmallDistrict:
    """The small district, written by the services."""

    def make(kind: str, name: str, code: str, scheme: str, parent: Place | None, shape: shapely.Polygon) -> Place:
        return services.create_place(
            actor_label="test",
            kind=kind,
            name=name,
            code=code,
            code_scheme=scheme,
            parent_id=parent.pk if parent else None,
            geometry=shape,
            valid_from=BEGUN,
        )

    district = make("district", "试验区", "990001", "gb2260", None, square(0, 0, 4, 4))
    street = make("street", "中山街道", "990001001", "gb10114", district, square(0, 0, 4, 4))
    west = make("community", "西湖社区", "990001001001", "statistics", street, square(0, 0, 2, 4))
    east = make("community", "东湖社区", "990001001002", "statistics", street, square(2, 0, 2, 4))
    grids = []
    for community, column in ((west, 0), (east, 2)):
        for number, row in ((1, 2), (2, 0)):
            name, code = f"{community.name}第{number}网格", f"{community.code}{number:03d}"
            grids.append(make("grid", name, code, "grid", community, square(column, row, 2, 2)))
    return SmallDistrict(district, street, west, east, grids)


@pytest.fixture(scope="module")
def loaded_demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    """The whole demo, loaded once for a module inside a transaction that is rolled back; its number of places."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield demo.load()
        transaction.set_rollback(True)
