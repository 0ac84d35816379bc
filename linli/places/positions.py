"""Positions of an import: which coordinate system, longitude and latitude the right way round, inside the district."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from linli.exchange.errors import ExchangeProblem
from linli.exchange.kinds import Choice, Question, Run
from linli.exchange.values.places import swapped
from linli.places.crs_guess import CANDIDATES, WORTHLESS, CrsGuess, guess_crs
from linli.places.errors import PlaceProblem
from linli.places.geometry import STORED_CRS, from_wkb, known_crs, to_stored
from linli.places.matching import Directory
from linli.places.models import Boundary
from linli.places.rows import PlannedRow

CRS_LABELS = {STORED_CRS: "CGCS2000 / WGS-84", "GCJ-02": "GCJ-02（高德、腾讯）", "BD-09": "BD-09（百度）"}
# A market may stand across the border; what lies farther away is a mistake.
NEAR_DEGREES = 0.02


def boundaries_of(place_ids: set[int]) -> dict[int, BaseGeometry]:
    """The boundaries of today of some places."""
    rows = Boundary.objects.filter(place_id__in=place_ids, valid_to__isnull=True)
    return {place_id: from_wkb(blob) for place_id, blob in rows.values_list("place_id", "geometry")}


def settle_positions(planned: Sequence[PlannedRow], directory: Directory, run: Run) -> tuple[str, bool]:
    """Bring points and geometries of the rows into EPSG:4490; (the system taken, whether the file states it)."""
    _right_way_round(planned, run)
    drawn = [row for row in planned if row.row.open and row.raw_shape() is not None]
    stated = _stated(drawn, run)
    if not drawn:
        return stated or STORED_CRS, bool(stated)
    outline = directory.outline()
    crs = stated or _asked(drawn, outline, run)
    for row in drawn if crs else ():
        try:
            _move(row, crs or STORED_CRS)
            far = row.point is not None and outline is not None and _distance(outline, row.point) > NEAR_DEGREES
            if far:
                row.row.reject(_("位置不在本区范围内。请检查坐标系（可注明，如 BD-09）和经纬度。"), "lon")
        except PlaceProblem as problem:
            row.row.reject(problem.message, "geometry" if row.raw_geometry is not None else "lon")
    return crs or STORED_CRS, bool(stated)


def _distance(outline: BaseGeometry, point: tuple[float, float]) -> float:
    return float(shapely.distance(outline, shapely.points(*point)))


def _move(row: PlannedRow, crs: str) -> None:
    if row.raw_geometry is not None:
        row.geometry = to_stored(row.raw_geometry, crs)
    if row.raw_point is not None:
        moved = to_stored(shapely.points(*row.raw_point), crs)
        row.point = (round(moved.x, 7), round(moved.y, 7))


def _right_way_round(planned: Sequence[PlannedRow], run: Run) -> None:
    """Latitude where longitude should stand: asked once, then exchanged."""
    for row in planned:
        if row.raw_point is None or not row.row.open or not swapped(*row.raw_point):
            continue
        if row.point_in_one_cell:
            row.raw_point = (row.raw_point[1], row.raw_point[0])
            continue
        sentence = _("经度和纬度写反了（经度应为 73–135，纬度应为 3–54）。要换过来吗？")
        question = Question("axes", "?", sentence, (Choice("swap", _("换过来")),), remember=False, suggestion="")
        answer = run.ask(question, row.row)
        if answer is not None and answer.value == "swap":
            row.raw_point = (row.raw_point[1], row.raw_point[0])


def _stated(drawn: Sequence[PlannedRow], run: Run) -> str:
    """The system that an option, the file or a column of it states."""
    said = str(run.options.get("crs") or "")
    if said:
        try:
            return known_crs(said)
        except PlaceProblem as problem:
            raise ExchangeProblem(problem.code, problem.message) from None
    stated: str = ""
    for row in drawn:
        if not row.stated_crs:
            continue
        try:
            own = known_crs(row.stated_crs)
        except PlaceProblem as problem:
            row.row.reject(problem.message, "crs")
            continue
        if stated and own != stated:
            row.row.reject(_("一份文件只能用一种坐标系。请分开导入。"), "crs")
        stated = stated or own
    return stated


def _asked(drawn: Sequence[PlannedRow], outline: BaseGeometry | None, run: Run) -> str | None:
    """The system that fits best, once somebody has agreed; None while nobody has."""
    frames = boundaries_of({row.parent_id for row in drawn if row.parent_id is not None})
    pairs: list[tuple[BaseGeometry, BaseGeometry | None]] = []
    for row in drawn:
        shape = row.raw_shape()
        if shape is not None and row.row.open and _on_earth(shape):
            pairs.append((shape, frames.get(row.parent_id) if row.parent_id is not None else None))
    guess = guess_crs(pairs, outline)
    if outline is not None and pairs and guess.fit < WORTHLESS:
        for row in drawn:
            row.row.reject(_("图形不在本区范围内。请检查坐标系（可注明，如 BD-09）和经纬度的先后。"), "lon")
        return None
    if not guess.clear:
        run.notice(_("看不出坐标系，按 CGCS2000（EPSG:4490）处理。如来自高德或百度地图，请注明。"))
    answer = None
    for row in drawn:
        answer = run.ask(_question(guess), row.row)
    return answer.value if answer is not None and answer.value else None


def _question(guess: CrsGuess) -> Question:
    best = sorted(CANDIDATES, key=lambda crs: -guess.fits.get(crs, 0.0))
    fits = "，".join(f"{CRS_LABELS[crs]} {guess.fits.get(crs, 0.0):.0%}" for crs in best)
    sentence = _("文件没有注明坐标系。与区界的吻合：%(fits)s。按哪一种？") % {"fits": fits}
    choices = tuple(Choice(crs, CRS_LABELS[crs]) for crs in CANDIDATES)
    return Question("crs", "?", sentence, choices, remember=False, suggestion=guess.crs)


def _on_earth(shape: BaseGeometry) -> bool:
    west, south, east, north = shape.bounds
    return bool(west >= -180 and east <= 180 and south >= -90 and north <= 90)
