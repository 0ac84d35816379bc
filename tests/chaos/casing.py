"""What the cases of faults have in common: what a case is, and a request to begin with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from linli.requests.reporting import Report
from tests.requests.walk import WAYS, Walker
from tests.support.world import INSIDE, World

Act = Callable[[], Any]
"""One call of a writing service; it is made again and again, each time from the same state."""
Case = Callable[[World], Act]
"""Brings the small world into the state in which the service can be called."""


def within(module: str, cases: Mapping[str, Case]) -> dict[str, Case]:
    """Cases by the full names of their services, which stand in this room or module."""
    return {f"{module}.{name}": case for name, case in cases.items()}


def named(words: str) -> frozenset[str]:
    """Names in a text."""
    return frozenset(words.split())


def signed(world: World) -> Walker:
    """A request with a reporter's name and phone that its unit has signed for."""
    walker = Walker(world)
    walker.begin(words="楼下垃圾没人清理", contact_name="赵铁柱", phone="13805327788")
    walker.run(WAYS["signed"])
    return walker


def a_report(world: World, **more: Any) -> Report:
    """A complaint in the eastern community."""
    longitude, latitude = INSIDE["east"]
    return Report("complaint", "楼下垃圾没人清理", longitude=longitude, latitude=latitude, **more)
