"""What the readers of promises share: rows as dictionaries, and the places in which an actor may read."""

from __future__ import annotations

from typing import Any

from django.db import connection

from linli.people.access import Actor

VIEW = "inspection.view"
PAGE = 50


def fetch(statement: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of one statement, by the names of its columns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def within(alias: str) -> str:
    """A condition on the place `alias`: it lies where the actor may read. Takes the values of `reach`."""
    return f"(%(everything)s OR {alias}.path <@ ANY(%(scopes)s::ltree[]))"


def reach(actor: Actor) -> dict[str, Any]:
    """The values that `within` takes."""
    scopes = actor.scopes(VIEW)
    return {"everything": scopes.everything, "scopes": list(scopes.place_paths)}
