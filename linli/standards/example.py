"""The example standard that ships, read from `data/example.toml`: a tree with units found by what they do."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linli.people.models import Organisation
from linli.places.models import Place
from linli.standards import rules
from linli.standards.models import Node, NodeUnit
from linli.standards.node_services import NewNode

FILE = Path(__file__).with_name("data") / "example.toml"


@dataclass(frozen=True, slots=True)
class Example:
    """What the file holds."""

    name: str
    note: str
    entries: tuple[NewNode, ...]


def read(units: Mapping[str, Sequence[int]]) -> Example:
    """The example with the units of a district; `units` are ids by function, unknown functions are left out."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    entries: list[NewNode] = []
    for number, item in enumerate(data["item"], 1):
        above = len(entries)
        entries.append(NewNode(Node.ITEM, {"title": item["title"], "code": str(number)}, None, _units(item, units)))
        for part, content in enumerate(item["content"], 1):
            inside, code = len(entries), f"{number}.{part}"
            values = {"title": content["title"], "code": code}
            entries.append(NewNode(Node.CONTENT, values, above, _units(content, units)))
            entries += [
                NewNode(Node.CRITERION, _criterion(row, f"{code}.{line}", item.get("method", Node.FIELD)), inside)
                for line, row in enumerate(content["criteria"], 1)
            ]
    return Example(data["name"], data["note"], tuple(entries))


def units_by_function(place: Place) -> dict[str, list[int]]:
    """The units of a district by function: departments, and all street offices under `street`."""
    found: dict[str, list[int]] = {}
    rows = Organisation.objects.filter(active=True, place__path__descendant_of=place.path).order_by("path__depth", "id")
    for key, kind, functions, place_id in rows.values_list("pk", "kind", "functions", "place_id"):
        if kind != "street_office" and place_id != place.pk:
            continue
        for function in functions:
            if function == "street" or function not in found:
                found.setdefault(function, []).append(key)
    return found


def _units(data: Mapping[str, Any], units: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    if data.get("lead"):
        found[NodeUnit.LEAD] = list(units.get(data["lead"], ()))[:1]
    if data.get("supporting"):
        keys = [key for function in data["supporting"] for key in units.get(function, ())]
        found[NodeUnit.SUPPORTING] = list(dict.fromkeys(keys))
    return found


def _criterion(row: Sequence[Any], code: str, method: str) -> dict[str, Any]:
    title, weight, rule, kinds, evidence, *category = row
    return {
        "title": title, "code": code, "weight": str(weight), "method": method, "site_kinds": kinds.split(),
        "rule": _rule(rule), "evidence": [_requirement(text) for text in evidence.split(";") if text.strip()],
        "category": category[0] if category else "",
    }  # fmt: skip


def _rule(text: str) -> dict[str, Any]:
    kind, _space, points = text.partition(" ")
    if kind in rules.BASES:
        return {"kind": rules.DEDUCTION, "points": points, "basis": kind}
    return {"kind": kind}


def _requirement(text: str) -> dict[str, Any]:
    names = ("kind", "count", "days", "caption")
    return dict(zip(names, text.split(), strict=False))
