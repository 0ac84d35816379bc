"""One call of every writing service of standards on the small world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from linli.standards import node_services, services
from linli.standards.models import Node, Version
from tests.support.small_standard import CRITERION, enter
from tests.support.world import World

Act = Callable[[], Any]
Case = Callable[[World], Act]


def _entered(world: World) -> tuple[Version, Version]:
    return enter(world.actor("director"), world.places["district"], world.units["sanitation"].pk)


def _first(version: Version) -> Node:
    return Node.objects.get(version=version, code="1.1")


def _create(world: World) -> Act:
    actor, place = world.actor("director"), world.places["district"].pk
    return lambda: services.create_standard(actor, name="另一个体系", place_id=place)


def _draft_from(world: World) -> Act:
    published, draft = _entered(world)
    services.delete_draft(world.actor("director"), draft.pk)
    return lambda: services.draft_from(world.actor("director"), published.pk)


def _empty_draft(world: World) -> Act:
    published, draft = _entered(world)
    services.delete_draft(world.actor("director"), draft.pk)
    return lambda: services.empty_draft(world.actor("director"), published.standard_id)


def _add(world: World) -> Act:
    draft = _entered(world)[1]
    top, units = Node.objects.get(version=draft, code="1").pk, {"lead": [world.units["water"].pk]}
    values = {**CRITERION, "title": "门前整洁", "code": "1.4"}
    return lambda: node_services.add_node(
        world.actor("director"), draft.pk, level="criterion", parent_id=top, values=values, units=units
    )


def _add_tree(world: World) -> Act:
    draft = _entered(world)[1]
    entries = [
        node_services.NewNode("item", {"title": "秩序", "code": "2"}, units={"lead": [world.units["water"].pk]}),
        node_services.NewNode("criterion", {**CRITERION, "title": "停放有序", "code": "2.1"}, above=0),
    ]
    return lambda: node_services.add_tree(world.actor("director"), draft.pk, entries)


def _change(world: World) -> Act:
    node, units = _first(_entered(world)[1]), {"lead": [world.units["water"].pk]}
    values = {**CRITERION, "title": "路面很整洁", "code": "1.1"}
    return lambda: node_services.change_node(world.actor("director"), node.pk, values=values, units=units)


def _move(world: World) -> Act:
    node = _first(_entered(world)[1])
    return lambda: node_services.move_node(world.actor("director"), node.pk, steps=1)


def _delete(world: World) -> Act:
    node = Node.objects.get(version=_entered(world)[1], code="1")
    return lambda: node_services.delete_node(world.actor("director"), node.pk)


def _delete_draft(world: World) -> Act:
    draft = _entered(world)[1]
    return lambda: services.delete_draft(world.actor("director"), draft.pk)


def _publish(world: World) -> Act:
    published, draft = _entered(world)
    # The one before begins earlier, so that this one ends it.
    Version.objects.filter(pk=published.pk).update(valid_from="2026-01-01")
    return lambda: services.publish(world.actor("director"), draft.pk)


def _retire(world: World) -> Act:
    published = _entered(world)[0]
    return lambda: services.retire(world.actor("director"), published.pk)


CASES: dict[str, Case] = {
    "standards.services.create_standard": _create,
    "standards.services.draft_from": _draft_from,
    "standards.services.empty_draft": _empty_draft,
    "standards.node_services.add_node": _add,
    "standards.node_services.add_tree": _add_tree,
    "standards.node_services.change_node": _change,
    "standards.node_services.move_node": _move,
    "standards.node_services.delete_node": _delete,
    "standards.services.delete_draft": _delete_draft,
    "standards.services.publish": _publish,
    "standards.services.retire": _retire,
}
