"""The ground of a campaign's places: areas as they are, roads as what lies beside them (重点路段). Each site once.

A site lies in an area before it lies at a road, at a road that is acted on before one that is compared, and at the
nearest of several. So no record counts at two places because a road runs through a grid or roads cross.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import shapely

from linli.campaigns.contributors import Roads
from linli.campaigns.models import CampaignPlace
from linli.places.models import Place
from linli.places.roadside import lines_of, sites_beside

ROAD = "road"


@dataclass(frozen=True, slots=True)
class Ground:
    """Paths of places by the campaign's place they belong to, and the roads among these with their lines."""

    paths: tuple[tuple[int, str], ...]
    roads: Roads = field(default_factory=Roads)

    def of(self, numbers: set[int]) -> Ground:
        """The part that belongs to some places; what lies at the others still lies at no road of these."""
        paths = tuple((number, path) for number, path in self.paths if number in numbers)
        others = tuple(path for number, path in self.paths if number not in numbers)
        asked = any(number in numbers for part in self.roads.lines for number in part)
        return Ground(paths, Roads(self.roads.lines, (*self.roads.areas, *others)) if asked else Roads())


def below(path: str, areas: tuple[str, ...]) -> bool:
    """Whether a place lies in one of some areas."""
    return any(f"{path}.".startswith(f"{area}.") for area in areas)


def ground(places: Mapping[int, CampaignPlace], above: str) -> Ground:
    """The ground of a campaign's places by their ids (2 statements where there are roads, else none)."""
    roads = [entry for entry in places.values() if entry.place.kind == ROAD]
    paths = [(number, str(entry.place.path)) for number, entry in places.items()]
    if not roads:
        return Ground(tuple(paths))
    areas = tuple(path for number, path in paths if places[number].place.kind != ROAD)
    lines = lines_of([entry.place_id for entry in roads])
    taken: set[int] = set()
    parts: list[dict[int, shapely.Geometry]] = []
    for part in (CampaignPlace.ACTED, CampaignPlace.COMPARED):
        own = {entry.place_id: lines[entry.place_id] for entry in roads if entry.part == part}
        parts.append(own)
        for site in sites_beside(own, above, ()):
            if site.site_id not in taken and not below(site.path, areas):
                taken.add(site.site_id)
                paths.append((site.road_id, site.path))
    return Ground(tuple(paths), Roads(tuple(parts), areas))


@dataclass(frozen=True, slots=True)
class Clash:
    """Why places cannot belong to one campaign together: by code, with their names."""

    code: str
    one: str
    other: str = ""


def clash(acted: Collection[int], compared: Collection[int], above: str) -> Clash | None:
    """What is wrong with these places together, if anything (1 statement, 3 where there are roads).

    `nested`: an area within another one, so that records would count twice. `undrawn`: a road without a line.
    `shared`: a road whose sites lie in an area of the other part, so that it would be compared with itself.
    """
    rows = list(Place.objects.filter(pk__in=[*acted, *compared]).order_by("path"))
    areas = [row for row in rows if row.kind != ROAD]
    for upper, lower in pairwise(areas):
        if below(str(lower.path), (str(upper.path),)):
            return Clash("nested", lower.name, upper.name)
    roads = {row.pk: row for row in rows if row.kind == ROAD}
    lines = lines_of(roads)
    for number, line in lines.items():
        if line.is_empty:
            return Clash("undrawn", roads[number].name)
    for numbers, others in ((acted, compared), (compared, acted)):
        own = {number: line for number, line in lines.items() if number in numbers}
        across = [row for row in areas if row.pk in others]
        for site in sites_beside(own, above, ()) if across else ():
            for row in across:
                if below(site.path, (str(row.path),)):
                    return Clash("shared", roads[site.road_id].name, row.name)
    return None
