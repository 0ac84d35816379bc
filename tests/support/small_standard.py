"""A small standard in force with a draft made from it, for tests of addresses and of rooms above standards."""

from __future__ import annotations

from linli.people.access import Actor
from linli.places.models import Place
from linli.standards import node_services, services
from linli.standards.models import Version
from linli.standards.node_services import NewNode

CRITERION = {"method": "field", "rule": {"kind": "proportion"}, "site_kinds": ["lane", "compound"], "weight": "40"}


def enter(actor: Actor, place: Place, lead: int | None = None) -> tuple[Version, Version]:
    """Published version and draft: an item with two field criteria and one of material; `lead` answers for all."""
    version = services.create_standard(actor, name="小体系", place_id=place.pk)
    entries = [
        NewNode("item", {"title": "环境", "code": "1"}, units={"lead": [lead]} if lead else {}),
        NewNode("criterion", {**CRITERION, "title": "路面整洁", "code": "1.1"}, above=0),
        NewNode("criterion", {**CRITERION, "title": "楼道畅通", "code": "1.2"}, above=0),
        NewNode(
            "criterion",
            {"title": "有方案", "code": "1.3", "method": "material", "rule": {"kind": "pass_fail"}, "weight": "20"},
            above=0,
        ),
    ]
    node_services.add_tree(actor, version.pk, entries)
    published = services.publish(actor, version.pk)
    return published, services.draft_from(actor, published.pk)
