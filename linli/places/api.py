"""Places over REST: the tree, one place, where a point lies, search, GeoJSON. Public: no personal data here."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from ninja import Router, Schema
from ninja.params import functions as param

from linli.kernel import coordinates
from linli.places.geojson import MapRequest
from linli.places.geometry import STORED_CRS
from linli.places.kinds import KINDS, LAYERS, kind_text
from linli.places.pages import map_response
from linli.places.search import locate_by_name, search_places
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot

router = Router(tags=["places"])

POINT_SYSTEMS = ("EPSG:4490", "EPSG:4326", "GCJ-02", "BD-09")


class PlaceOut(Schema):
    """A place as the interface shows it."""

    id: int
    parent: int | None
    path: str
    kind: str
    kind_label: str
    site_kind: str
    name: str
    full_name: str
    code: str
    code_scheme: str
    layer: str
    lon: float | None
    lat: float | None
    synthetic: bool


class PlaceDetailOut(PlaceOut):
    """A place with the chain above it."""

    ancestors: list[PlaceOut]


class LocatedOut(Schema):
    """Where a point lies: the narrowest place known, and the chain above it."""

    place: PlaceOut
    boundary_version: int
    ancestors: list[PlaceOut]


class NamedOut(Schema):
    """A grid that an address points to, and the name in it that decided."""

    place: PlaceOut
    matched: str


class FoundOut(Schema):
    """A place found by words, and the name it was found by."""

    place: PlaceOut
    found_by: str


class KindOut(Schema):
    """A kind of place with its label in the language asked for."""

    slug: str
    label: str
    rank: int
    area: bool


def place_out(snapshot: PlaceSnapshot, row: PlaceRow) -> PlaceOut:
    """One place for the interface."""
    return PlaceOut(
        id=row.id,
        parent=row.parent_id,
        path=row.path,
        kind=row.kind,
        kind_label=kind_text(row.kind, get_language() or "zh-hans"),
        site_kind=row.site_kind,
        name=row.name,
        full_name=snapshot.full_name(row.id),
        code=row.code,
        code_scheme=row.code_scheme,
        layer=row.layer,
        lon=row.lon,
        lat=row.lat,
        synthetic=row.synthetic,
    )


def _place(snapshot: PlaceSnapshot, place_id: int) -> PlaceRow:
    row = snapshot.get(place_id)
    if row is None:
        raise Http404
    return row


@router.get("/kinds", response=list[KindOut], summary="Kinds of places")
def kinds(request: HttpRequest) -> list[KindOut]:
    """All kinds, from wide to narrow."""
    language = get_language() or "zh-hans"
    return [
        KindOut(slug=kind.slug, label=kind.label.text(language), rank=kind.rank, area=kind.area)
        for kind in KINDS.values()
    ]


@router.get("/tree", response=list[PlaceOut], summary="Children of a place, or the roots")
def tree(request: HttpRequest, parent: int | None = None, layer: str | None = None) -> list[PlaceOut]:
    """The places right below `parent` down to the grid, in the order of their codes."""
    snapshot = place_snapshot()
    if parent is not None:
        _place(snapshot, parent)
    return [place_out(snapshot, row) for row in snapshot.children(parent, layer=layer)]


@router.get("/locate", response=LocatedOut, summary="The place that holds a point")
def locate(
    request: HttpRequest,
    lon: Annotated[float, param.Query(ge=-180, le=180)],
    lat: Annotated[float, param.Query(ge=-90, le=90)],
    crs: Annotated[str, param.Query(description="EPSG:4490, EPSG:4326, GCJ-02 or BD-09")] = STORED_CRS,
    layer: str = "governance",
    on: date | None = None,
) -> LocatedOut:
    """The grid (else community, street …) of a point, today or on a day. 404 outside every boundary."""
    if crs not in POINT_SYSTEMS or layer not in LAYERS:
        raise Http404
    if crs != STORED_CRS:
        lon, lat = coordinates.convert(lon, lat, crs, STORED_CRS)
    snapshot = place_snapshot()
    found = snapshot.locate(lon, lat, layer, on)
    if found is None:
        raise Http404
    chain = [place_out(snapshot, row) for row in snapshot.ancestors(found.place_id)]
    return LocatedOut(place=chain[-1], boundary_version=found.grid_version, ancestors=chain)


@router.get("/locate-by-name", response=list[NamedOut], summary="The grid of an address, building or road")
def by_name(request: HttpRequest, q: Annotated[str, param.Query(min_length=2, max_length=200)]) -> list[NamedOut]:
    """For grids known only by a list of buildings or roads; several answers mean the text does not decide."""
    snapshot = place_snapshot()
    return [
        NamedOut(place=place_out(snapshot, _place(snapshot, found.place.place_id)), matched=found.matched)
        for found in locate_by_name(q)
    ]


@router.get("/search", response=list[FoundOut], summary="Search by name, alias, pinyin or code")
def search(
    request: HttpRequest,
    q: Annotated[str, param.Query(min_length=1, max_length=100)],
    kind: str | None = None,
    under: int | None = None,
    limit: Annotated[int, param.Query(ge=1, le=100)] = 20,
) -> list[FoundOut]:
    """Places that fit the words, best first; `under` narrows to a subtree."""
    snapshot = place_snapshot()
    path = _place(snapshot, under).path if under is not None else None
    found = search_places(q, kinds=[kind] if kind else None, under=path, limit=limit)
    return [FoundOut(place=place_out(snapshot, hit.row), found_by=hit.found_by) for hit in found]


@router.get("/{int:place_id}", response=PlaceDetailOut, summary="One place")
def place(request: HttpRequest, place_id: int) -> PlaceDetailOut:
    """One place with the chain above it."""
    snapshot = place_snapshot()
    row = _place(snapshot, place_id)
    above = [place_out(snapshot, link) for link in snapshot.ancestors(place_id)[:-1]]
    return PlaceDetailOut(**place_out(snapshot, row).dict(), ancestors=above)


@router.get("/{int:place_id}/geojson", summary="The map of a subtree as GeoJSON")
def geojson(
    request: HttpRequest,
    place_id: int,
    show: Annotated[str, param.Query(description="kinds to draw, comma separated; empty: what lies below")] = "",
    zoom: Annotated[int, param.Query(ge=0, le=22)] = 14,
    layer: str = "governance",
    on: date | None = None,
) -> HttpResponse:
    """Boundaries, roads, buildings and landmarks, simplified for the zoom; answers 304 to a known ETag."""
    chosen = tuple(slug for slug in show.split(",") if slug)
    return map_response(request, MapRequest(place_id, chosen, zoom, layer, on))
