"""Names as offices shorten them (第1网格, 西 湖 社 区), and the community that only the title names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from linli.exchange.values.dates import chinese_digits
from linli.places.snapshot import PlaceRow

_HAN = "\u3400-\u9fff"
_BETWEEN = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")
_ENDINGS = ("网格", "片区", "号")
TITLED = ("community", "street")


def without_blanks(name: str) -> str:
    """西 湖　社区 → 西湖社区; blanks beside letters and digits stay."""
    return _BETWEEN.sub("", name)


def grid_key(name: str, community: str) -> str:
    """What tells a grid from the others of its community, however it is written: 第一网格, 西湖社区01网格 → 1."""
    text = "".join(name.split())
    for before in (community, community.removesuffix("社区"), community.removesuffix("村")):
        # Often the street stands before it: 北城街道城西社区第1网格.
        above, named, rest = text.partition(before)
        if len(before) > 1 and named and rest and (not above or above.endswith(("街道", "镇", "乡"))):
            text = rest.removeprefix("社区")
            break
    for ending in _ENDINGS:
        text = text.removesuffix(ending) or text
    text = chinese_digits(text.removeprefix("第").removeprefix("网格") or text)
    return str(int(text)) if text.isdecimal() else text


def grid_meant(name: str, community: PlaceRow, grids: Iterable[PlaceRow]) -> PlaceRow | None:
    """The one grid of the community that the short name fits; None where none or several do."""
    wanted = grid_key(name, community.name)
    found = [grid for grid in grids if grid_key(grid.name, community.name) == wanted]
    return found[0] if len(found) == 1 else None


def titled_place(titles: str, by_name: Mapping[str, list[PlaceRow]]) -> PlaceRow | None:
    """The one community that stands above the tables; if there is none, the one street."""
    text = "".join(titles.split())
    named = longest_in(text, by_name)
    for kind in TITLED:
        found = {place.id: place for name in named for place in by_name[name] if place.kind == kind}
        if found:
            return next(iter(found.values())) if len(found) == 1 else None
    return None


def longest_in(text: str, names: Iterable[str]) -> list[str]:
    """The names that stand in a text; 山前村 does not where it stands only within 马山前村."""
    named = [name for name in names if len(name) > 2 and name in text]
    return [name for name in named if not any(name != other and name in other for other in named)]
