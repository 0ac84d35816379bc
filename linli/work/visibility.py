"""Which items an actor may see: the WHERE clause that every list, map, search, export and object read passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from linli.kernel.workflow import Party
from linli.people.access import Actor, Scopes
from linli.work.kinds import kinds

VIEW = "work.view"

Clause = tuple[str, list[Any]]


def visible(actor: Actor, alias: str = "i") -> Clause:
    """SQL that is true for the items the actor may see; false for everybody whom nothing lets in, and for what was
    brought in by mistake and taken back.

    Staff see what lies in their places and what is or was their unit's or their own; an accused unit does not see
    the report on it; a reporter sees what is theirs.
    """
    scopes = actor.scopes(VIEW)
    there = f"{alias}.meaning <> 'void'"
    if scopes.everything:
        return there, []
    ways, values = _within(scopes, alias)
    if actor.is_staff and actor.person_id is not None and not scopes.empty:
        ways.append(f"EXISTS (SELECT 1 FROM work_leg vp WHERE vp.item_id = {alias}.id AND vp.person_id = %s)")
        values.append(actor.person_id)
    if actor.person_id is not None:
        ways.append(f"{alias}.reporter_id = %s")
        values.append(actor.person_id)
    linked = getattr(actor, "linked_item_id", None)
    if linked is not None:
        ways.append(f"{alias}.id = %s")
        values.append(linked)
    if not ways:
        return "FALSE", []
    clause = f"({' OR '.join(ways)}) AND {there}"
    if actor.is_staff and actor.organisation_ids:
        clause += (
            f" AND NOT ({alias}.protected_reporter AND EXISTS (SELECT 1 FROM requests_requestdetail vr"
            f" WHERE vr.item_id = {alias}.id AND vr.accused_organisation_id = ANY(%s)))"
        )
        values.append(list(actor.organisation_ids))
    return clause, values


def reached(actor: Actor, permission: str, alias: str = "i") -> Clause:
    """SQL that is true for the items over which the actor holds a permission, by place or by a unit that has a leg."""
    there = f"{alias}.meaning <> 'void'"
    scopes = actor.scopes(permission)
    if scopes.everything:
        return there, []
    ways, values = _within(scopes, alias)
    return (f"({' OR '.join(ways)}) AND {there}", values) if ways else ("FALSE", [])


def _within(scopes: Scopes, alias: str) -> tuple[list[str], list[Any]]:
    """The ways by which scopes reach an item: its place lies in theirs, or one of their units has or had a leg."""
    ways: list[str] = []
    values: list[Any] = []
    if scopes.place_paths:
        ways.append(f"{alias}.place_path <@ ANY(%s::ltree[])")
        values.append(list(scopes.place_paths))
    if scopes.organisation_ids:
        ways.append(
            f"EXISTS (SELECT 1 FROM work_leg vl WHERE vl.item_id = {alias}.id AND vl.organisation_id = ANY(%s))"
        )
        values.append(list(scopes.organisation_ids))
    return ways, values


def may_see_item(actor: Actor, item_id: int) -> bool:
    """Whether the actor may see this item (1 statement)."""
    clause, values = visible(actor)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM work_item i WHERE i.id = %s AND {clause}", [item_id, *values])
        return cursor.fetchone() is not None


def leg_permissions() -> frozenset[str]:
    """Permissions of steps that are taken on a leg, by the unit or person of that leg."""
    return frozenset(t.permission for k in kinds() for t in k.workflow.transitions if t.party is Party.LEG)


def expected_of(actor: Actor, permissions: Sequence[str], alias: str = "i") -> Clause:
    """SQL that is true for live items whose next step is expected of the actor, by place, unit, person or decision.

    Steps of a leg wait for its unit or person, not for everybody whose place it lies in.
    """
    on_legs = leg_permissions()
    ways: list[str] = []
    values: list[Any] = []
    for grant in actor.grants:
        codes = sorted(grant.permissions & set(permissions))
        if not codes or grant.own:
            continue
        over_place = sorted(set(codes) - on_legs)
        if grant.everything:
            ways.append(f"({alias}.awaits = ANY(%s) OR {alias}.asked = ANY(%s))")
            values += [over_place, over_place]
        elif grant.place_path is not None and over_place:
            ways.append(f"({alias}.place_path <@ %s::ltree AND ({alias}.awaits = ANY(%s) OR {alias}.asked = ANY(%s)))")
            values += [grant.place_path, over_place, over_place]
        # who answers for a place signs and replies for the unit they belong to
        units = sorted(grant.organisation_ids or (actor.organisation_ids if grant.place_path else ()))
        for_unit = sorted(set(codes) & on_legs)
        if units and for_unit:
            ways.append(
                f"({alias}.meaning = 'open' AND {alias}.id IN (SELECT el.item_id FROM work_leg el WHERE el.active"
                f" AND el.organisation_id = ANY(%s) AND el.awaits = ANY(%s)))"
            )
            ways.append(f"({alias}.responsible_organisation_id = ANY(%s) AND {alias}.awaits = ANY(%s))")
            values += [units, for_unit, units, for_unit]
    if actor.person_id is not None and actor.is_staff:
        ways.append(
            f"({alias}.meaning = 'open' AND {alias}.id IN (SELECT pl.item_id FROM work_leg pl WHERE pl.active"
            f" AND pl.person_id = %s AND pl.awaits <> ''))"
        )
        values.append(actor.person_id)
    return ("(" + " OR ".join(ways) + ")", values) if ways else ("FALSE", [])
