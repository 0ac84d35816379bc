"""A district, somebody who keeps standards there, and a small standard."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from linli.people.access import Actor
from linli.people.importers import importer_for
from linli.standards import node_services, selectors, services
from linli.standards.models import Node, Version
from tests.people.conftest import District, district

__all__ = ["district"]

FIELD = {"method": "field", "rule": {"kind": "proportion"}, "site_kinds": ["lane"], "weight": "40"}


@dataclass
class Desk:
    """Who edits, what is edited."""

    district: District
    director: Actor
    version: Version
    nodes: dict[str, Node] = field(default_factory=dict)

    def add(self, name: str, level: str, above: str | None = None, units: Any = None, **values: Any) -> Node:
        given = {"title": name, **(FIELD if level == "criterion" else {}), **values}
        parent = self.nodes[above].pk if above else None
        self.nodes[name] = node_services.add_node(
            self.director, self.version.pk, level=level, parent_id=parent, values=given, units=units
        )
        return self.nodes[name]

    def titles(self, version: Version | None = None) -> list[str]:
        return [node.title for node in selectors.nodes_of(version or self.version)]


@pytest.fixture
def desk(district: District) -> Desk:
    """A draft: environment (street) with two criteria, service (material) with one."""
    director = district.actor("office_director", place="district")
    version = services.create_standard(director, name="示例体系", place_id=district.places["district"].pk)
    made = Desk(district, director, version)
    bureau, office = district.units["bureau"].pk, district.units["office_b"].pk
    made.add("环境", "item", units={"lead": [bureau], "supporting": [office]})
    made.add("街巷", "content", "环境")
    made.add("路面整洁", "criterion", "街巷")
    made.add("路灯亮灯", "criterion", "街巷", rule={"kind": "deduction", "points": "0.5"}, weight="35")
    made.add("服务", "item")
    made.add(
        "制度健全", "criterion", "服务", method="material", site_kinds=[], weight="25",
        evidence=[{"kind": "document", "count": 1}], units={"lead": [office]},
    )  # fmt: skip
    return made


@pytest.fixture
def importer(district: District) -> Any:
    actor = district.actor("office_director", place="district")
    return importer_for(actor, district.places["district"].pk)
