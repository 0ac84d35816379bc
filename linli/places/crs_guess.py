"""Guess the coordinate system of unlabelled points and polygons by how well they fit what is known already.

GCJ-02 lies some 500 m beside CGCS2000, BD-09 about a kilometre; both come without a label in practice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from linli.places.geometry import STORED_CRS, to_stored

CANDIDATES = (STORED_CRS, "GCJ-02", "BD-09")
# The best must beat the second by this much, or the file does not say and CGCS2000 is taken with a warning.
CLEAR_LEAD = 0.02
# Below this the geometry does not belong to the district at all, whatever the system.
WORTHLESS = 0.2
SAMPLE = 400


@dataclass(frozen=True, slots=True)
class CrsGuess:
    """The system taken, the fit (0 to 1) under each candidate, and whether the fit decided."""

    crs: str
    fits: dict[str, float]
    clear: bool

    @property
    def fit(self) -> float:
        """The fit under the system taken."""
        return self.fits.get(self.crs, 0.0)


def guess_crs(pairs: Sequence[tuple[BaseGeometry, BaseGeometry | None]], outline: BaseGeometry | None) -> CrsGuess:
    """`pairs`: each unlabelled geometry with the known boundary of its parent, if there is one.

    Fit is the mean of: share of each geometry inside its parent (or the outline), and, when areas fill most of
    the outline, how well both cover each other.
    """
    step = max(1, len(pairs) // SAMPLE)
    sample = list(pairs)[::step]
    fits = {crs: _fit(sample, pairs, outline, crs) for crs in CANDIDATES}
    ranked = sorted(CANDIDATES, key=lambda crs: -fits[crs])
    lead = fits[ranked[0]] - fits[ranked[1]]
    if lead < CLEAR_LEAD:
        return CrsGuess(STORED_CRS, fits, clear=False)
    return CrsGuess(ranked[0], fits, clear=True)


def _fit(
    sample: Sequence[tuple[BaseGeometry, BaseGeometry | None]],
    pairs: Sequence[tuple[BaseGeometry, BaseGeometry | None]],
    outline: BaseGeometry | None,
    crs: str,
) -> float:
    scores = []
    for geometry, parent in sample:
        frame = parent if parent is not None else outline
        if frame is not None:
            scores.append(_share_inside(to_stored(geometry, crs), frame))
    result = [float(np.mean(scores))] if scores else []
    areas = [geometry for geometry, _parent in pairs if geometry.area > 0]
    if outline is not None and len(areas) <= 4 * SAMPLE:
        whole = shapely.union_all([to_stored(geometry, crs) for geometry in areas]) if areas else None
        if whole is not None and whole.area > 0.5 * outline.area:
            common = shapely.intersection(whole, outline).area
            result.append(common / (whole.area + outline.area - common))
    return float(np.mean(result)) if result else 0.0


def _share_inside(geometry: BaseGeometry, frame: BaseGeometry) -> float:
    if geometry.area > 0:
        return float(shapely.intersection(geometry, frame).area / geometry.area)
    return 1.0 if shapely.intersects(frame, geometry) else 0.0
