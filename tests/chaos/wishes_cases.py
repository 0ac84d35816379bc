"""One call of every writing service of wishes that changes more than one row, on the small world."""

from __future__ import annotations

from linli.wishes import services, setup
from tests.chaos.casing import Act, within
from tests.support.wishing import brought_to, wanted
from tests.support.world import World


def _make(world: World) -> Act:
    setup.setup()
    wish = wanted(world)
    return lambda: services.make(world.actor("anonymous"), wish, key="one", device="test")


def _claim(world: World) -> Act:
    item = brought_to(world, "on_wall")
    return lambda: services.step(world.actor("resident"), item.pk, "claim", {"offer": "我会修"}, key="one")


def _confirm(world: World) -> Act:
    """By the link; the deed of the claimer is told with it."""
    item = brought_to(world, "fulfilled")
    return lambda: services.step_with_link(
        world.actor("anonymous"), item.pk, "a" * 22, "confirm", {"thanks": "谢谢"}, key="one"
    )


def _claim_chain(world: World) -> Act:
    item = brought_to(world, "on_wall")
    return lambda: services.steps(world.actor("resident"), item.pk, [("claim", {})], key="one")


def _confirm_chain(world: World) -> Act:
    item = brought_to(world, "fulfilled")
    return lambda: services.steps_with_link(world.actor("anonymous"), item.pk, "a" * 22, [("confirm", {})], key="one")


CASES = within("wishes.services", {
    "make": _make, "step": _claim, "step_with_link": _confirm, "steps": _claim_chain,
    "steps_with_link": _confirm_chain,
})  # fmt: skip
