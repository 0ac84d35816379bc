"""Finding places by what people type: a name, an alias, pinyin, initials, a code, an address with a compound."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from linli.places.snapshot import FIELDS, LocatedPlace, PlaceRow

MAX_RESULTS = 100
# pg_trgm's own default is 0.3; names here are short, so one wrong character of four must still be found.
SIMILAR_ENOUGH = 0.25


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A place that fits the words, and the name by which it was found (an alias may not be its name)."""

    row: PlaceRow
    found_by: str


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place that an address or the name of a building or road points to."""

    place: LocatedPlace
    matched: str


def like_pattern(text: str) -> str:
    """The text with the wildcards of LIKE taken as plain characters."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


_SEARCH = """
WITH alias AS MATERIALIZED (
  SELECT DISTINCT ON (n.place_id) n.place_id, n.name FROM places_placename n
  WHERE n.name LIKE %(inside)s AND (n.kind <> 'official' OR n.valid_to IS NOT NULL)
  ORDER BY n.place_id, n.name <> %(text)s, length(n.name)
)
SELECT {columns}, coalesce(alias.name, p.name),
  CASE WHEN p.name = %(text)s THEN 0 WHEN p.code = %(text)s THEN 1 WHEN alias.name = %(text)s THEN 2
       WHEN p.name LIKE %(prefix)s THEN 3 WHEN p.name LIKE %(inside)s THEN 4 WHEN alias.name IS NOT NULL THEN 5
       WHEN p.code LIKE %(prefix)s THEN 6 WHEN p.pinyin_initials = %(latin)s THEN 7
       WHEN replace(p.pinyin, ' ', '') LIKE %(latin_prefix)s THEN 8 ELSE 9 END AS rank
FROM places_place p
LEFT JOIN alias ON alias.place_id = p.id AND p.name NOT LIKE %(inside)s
WHERE p.active
  AND (%(kinds)s::text[] IS NULL OR p.kind = ANY(%(kinds)s::text[]))
  AND (%(under)s::text IS NULL OR p.path <@ %(under)s::ltree)
  AND (p.name LIKE %(inside)s OR p.code LIKE %(prefix)s OR alias.name IS NOT NULL
       OR (%(latin)s <> '' AND (p.pinyin_initials LIKE %(latin_prefix)s
           OR replace(p.pinyin, ' ', '') LIKE %(latin_inside)s))
       OR (%(similar)s AND similarity(p.name, %(text)s) >= %(enough)s))
ORDER BY rank, CASE WHEN %(similar)s THEN -similarity(p.name, %(text)s) ELSE 0 END,
  length(p.name), nlevel(p.path), p.pinyin, p.id
LIMIT %(limit)s
"""


def search_places(
    text: str, *, kinds: list[str] | None = None, under: str | None = None, limit: int = 20
) -> list[FoundPlace]:
    """Places that fit the words, best first; `under` is the path of a subtree.

    One statement; a second one, by likeness, only when nothing fits to the letter.
    """
    words = "".join(text.split())
    if not words:
        return []
    found = _search(words, kinds, under, limit, similar=False)
    if not found and len(words) > 1:
        found = _search(words, kinds, under, limit, similar=True)
    return found


def _search(words: str, kinds: list[str] | None, under: str | None, limit: int, *, similar: bool) -> list[FoundPlace]:
    plain = like_pattern(words)
    latin = words.lower() if words.isascii() and any(sign.isalpha() for sign in words) else ""
    latin_plain = like_pattern(latin)
    columns = ", ".join(f"p.{name}" for name in FIELDS)
    with connection.cursor() as cursor:
        cursor.execute(
            _SEARCH.format(columns=columns),
            {
                "text": words, "prefix": f"{plain}%", "inside": f"%{plain}%",
                "latin": latin, "latin_prefix": f"{latin_plain}%", "latin_inside": f"%{latin_plain}%",
                "kinds": kinds, "under": under, "similar": similar, "enough": SIMILAR_ENOUGH,
                "limit": max(1, min(limit, MAX_RESULTS)),
            },
        )  # fmt: skip
        rows = cursor.fetchall()
    width = len(FIELDS)
    return [FoundPlace(PlaceRow(*row[:width]), row[width]) for row in rows]


# One scan of each table without a join of trees: the plan does not depend on fresh statistics.
_NAMED = """
SELECT b.path::text, b.name FROM places_place b
WHERE b.active AND b.kind IN ('building', 'site', 'landmark', 'road')
  AND (position(b.name IN %(text)s) > 0 OR b.name LIKE %(inside)s)
UNION ALL
SELECT m.grid_id::text, coalesce(p.name, m.text)
FROM places_gridmember m LEFT JOIN places_place p ON p.id = m.place_id
WHERE position(coalesce(p.name, m.text) IN %(text)s) > 0 OR coalesce(p.name, m.text) LIKE %(inside)s
"""

_GRIDS = """
SELECT g.id, g.path::text, coalesce(max(b.version), 0)
FROM places_place g LEFT JOIN places_boundary b ON b.place_id = g.id AND b.valid_to IS NULL
WHERE g.id = ANY(%(ids)s) AND g.kind = 'grid' AND g.active AND g.layer = %(layer)s
  AND (%(under)s::text IS NULL OR g.path <@ %(under)s::ltree)
GROUP BY g.id, g.path
"""


def locate_by_name(
    text: str, *, under: str | None = None, layer: str = "governance", limit: int = 10
) -> list[NamedPlace]:
    """The grids an address points to, by the buildings, compounds and roads it names; best first.

    Works for grids that have only a list of buildings or roads. A name found whole in the text counts before a
    text found inside a name, a longer name before a shorter one; only the best of them are returned, so several
    answers mean that the text alone does not decide.
    """
    words = "".join(text.split())
    if len(words) < 2:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, {"text": words, "inside": f"%{like_pattern(words)}%"})
        named: list[tuple[str, str]] = cursor.fetchall()
        ids = sorted({int(label) for path, _name in named for label in path.split(".")})
        cursor.execute(_GRIDS, {"ids": ids, "layer": layer, "under": under})
        grids = {str(key): LocatedPlace(key, path, version) for key, path, version in cursor.fetchall()}
    found: dict[int, NamedPlace] = {}
    best = (False, 0)
    for path, name in sorted(named, key=lambda pair: (pair[1] not in words, -len(pair[1]), pair[0])):
        grid = next((grids[label] for label in path.split(".") if label in grids), None)
        if grid is None:
            continue
        rank = (name in words, len(name))
        best = best if found else rank
        # Once a name is found whole, shorter or partial ones say nothing more.
        if best[0] and rank != best:
            break
        found.setdefault(grid.place_id, NamedPlace(grid, name))
    return list(found.values())[:limit]
