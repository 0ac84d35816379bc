"""The packaged list of divisions: seven real districts with streets, communities and coarse outlines."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

FOLDER = Path(__file__).parent / "data" / "divisions"

# Province and prefecture-level city above each district (GB/T 2260).
ABOVE: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "370215": (("370000", "山东省"), ("370200", "青岛市")),
    "211302": (("210000", "辽宁省"), ("211300", "朝阳市")),
    "360823": (("360000", "江西省"), ("360800", "吉安市")),
    "610632": (("610000", "陕西省"), ("610600", "延安市")),
    "630104": (("630000", "青海省"), ("630100", "西宁市")),
    "140581": (("140000", "山西省"), ("140500", "晋城市")),
    "451103": (("450000", "广西壮族自治区"), ("451100", "贺州市")),
}

ENDINGS = (
    ("社区居民委员会", "社区"),
    ("社区居委会", "社区"),
    ("居民委员会", "社区"),
    ("居委会", "社区"),
    ("村村民委员会", "村"),
    ("村民委员会", "村"),
    ("村委会", "村"),
)


@dataclass(frozen=True, slots=True)
class Division:
    """One street or community: code, the name as people say it, the name as listed."""

    code: str
    name: str
    listed_name: str
    parent: str


@dataclass(frozen=True, slots=True)
class District:
    """One county-level division with everything below it and its outline in EPSG:4490."""

    code: str
    name: str
    streets: tuple[Division, ...]
    communities: dict[str, tuple[Division, ...]]
    outline: BaseGeometry


def plain_name(listed: str) -> str:
    """The name without the word for its committee: 墨河社区居民委员会 → 墨河社区, 永禄村委会 → 永禄村."""
    for ending, kept in ENDINGS:
        if listed.endswith(ending) and len(listed) > len(ending):
            return listed[: -len(ending)].removesuffix(kept) + kept
    return listed


def _read(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@cache
def packaged_districts() -> tuple[District, ...]:
    """All seven, in the order of their codes."""
    features = json.loads((FOLDER / "seven_districts.geojson").read_text(encoding="utf-8"))["features"]
    outlines = {
        feature["properties"]["gb"][3:]: shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
        for feature in features
    }
    streets: dict[str, list[Division]] = {}
    for row in _read("streets.csv"):
        item = Division(row["code"], row["name"], row["name"], row["district"])
        streets.setdefault(row["district"], []).append(item)
    communities: dict[str, list[Division]] = {}
    for row in _read("communities.csv"):
        item = Division(row["code"], plain_name(row["name"]), row["name"], row["street"])
        communities.setdefault(row["street"], []).append(item)
    return tuple(
        District(
            row["code"],
            row["name"],
            tuple(streets[row["code"]]),
            {street.code: tuple(communities[street.code]) for street in streets[row["code"]]},
            outlines[row["code"]],
        )
        for row in sorted(_read("districts.csv"), key=lambda line: line["code"])
    )


def packaged_district(code: str) -> District | None:
    """One packaged district by its six-digit code."""
    return next((district for district in packaged_districts() if district.code == code), None)


def aliases_of(division: Division) -> tuple[str, ...]:
    """The names under which a community is also found: as listed, and 尕斯巷 for the list's 尕寺巷."""
    names = [] if division.name == division.listed_name else [division.listed_name]
    if "尕寺巷" in division.name:
        names.append(division.name.replace("尕寺巷", "尕斯巷"))
    return tuple(names)
