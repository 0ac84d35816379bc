"""What the readers of promises share: the places in which an actor may read."""

from __future__ import annotations

from typing import Any

from linli.people.access import Actor

VIEW = "inspection.view"
PAGE = 50


def within(alias: str) -> str:
    """A condition on the place `alias`: it lies where the actor may read. Takes the values of `reach`."""
    return f"(%(everything)s OR {alias}.path <@ ANY(%(scopes)s::ltree[]))"


def reach(actor: Actor) -> dict[str, Any]:
    """The values that `within` takes."""
    scopes = actor.scopes(VIEW)
    return {"everything": scopes.everything, "scopes": list(scopes.place_paths)}
