"""What everybody may read of the pools: sums, what ends in which month, and each award without its owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from linli.credits.office import PoolLine, pool_lines
from linli.credits.selectors import PoolFigures, places_with_pools, pool_figures
from linli.credits.sql import fetch, numbers
from linli.people.access import covers
from linli.places.snapshot import PlaceRow, PlaceSnapshot

WIDTH = 600
"""Of the bar, in units of its drawing."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: where it begins, how wide it is, what it stands for."""

    slug: str
    points: int
    begin: int
    width: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A street with its figures and the parts of its bar, which together are what the pool gave."""

    name: str
    figures: PoolFigures
    parts: tuple[Part, ...]

    @property
    def free(self) -> int:
        """Points in members' hands that are not reserved."""
        return self.figures.outstanding - self.figures.reserved


def pools_in(district: PlaceRow | None, places: PlaceSnapshot) -> list[PlaceRow]:
    """The streets of a district, and other places there (itself too) that have a pool of their own (1 statement)."""
    if district is None:
        return []
    streets = [row for row in places.children(district.id) if row.kind == "street"]
    known = {row.id for row in streets}
    rows = [places.get(number) for number in sorted(places_with_pools() - known)]
    return streets + [row for row in rows if row is not None and covers(district.path, row.path)]


def figures(place_ids: list[int]) -> list[PoolFigures]:
    """Figures of the pools of streets, those that gave most first (3 statements)."""
    found = pool_figures(place_ids)
    return sorted(found.values(), key=lambda entry: (-entry.issued, entry.place_id))


def shown(name: str, entry: PoolFigures) -> Shown:
    """A street as the page shows it."""
    pieces = (("redeemed", entry.redeemed), ("outstanding", entry.outstanding), ("expired", entry.expired))
    whole = sum(points for _slug, points in pieces)
    parts, begin = [], 0
    for slug, points in pieces:
        width = round(WIDTH * points / whole) if whole else 0
        width = min(width, WIDTH - begin)
        if width:
            parts.append(Part(slug, points, begin, width))
        begin += width
    return Shown(name, entry, tuple(parts))


_ENDINGS = """
SELECT date_trunc('month', l.expires_on)::date, sum(l.remaining)::bigint
FROM credits_account i JOIN credits_lot l ON l.issuer_id = i.id AND l.remaining > 0
WHERE i.kind = 'pool' AND i.place_id = ANY($1::bigint[]) AND (l.expires_on IS NULL OR l.expires_on >= $2::date)
GROUP BY 1 ORDER BY 1 NULLS LAST
"""


def endings(place_ids: list[int]) -> list[tuple[date | None, int]]:
    """Points of these pools that nobody has reserved, by the month in which they end; None: never (1 statement).

    With what is reserved they are all that is in people's hands.
    """
    return [(row[0], int(row[1])) for row in fetch(_ENDINGS, [numbers(place_ids), timezone.localdate()])]


def given(street_id: int, *, before: int | None = None) -> tuple[list[PoolLine], int | None]:
    """Awards and corrections of a street's pool, the newest first; the page shows no account of them."""
    return pool_lines(street_id, before=before)
