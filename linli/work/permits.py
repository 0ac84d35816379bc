"""On what ground an actor may take a step of a workflow: one function, asked by engine, buttons and matrix alike."""

from __future__ import annotations

from collections.abc import Collection

from linli.kernel.workflow import Party, Transition
from linli.people.access import Actor
from linli.work.book import Acting, Book, Record
from linli.work.engine import Permit
from linli.work.kinds import kind

RULE = Acting(None, "rule")


def permit_for(actor: Actor, *, by_rule: Collection[str] = ()) -> Permit:
    """The permit of an actor. Steps named in `by_rule` are taken by a rule of the catalogue, not by a person."""

    def permit(transition: Transition, book: Book, _: Record | None) -> Acting | None:
        if transition.code in by_rule:
            return RULE
        path = book.item["place_path"] or None
        match transition.party:
            case Party.SYSTEM:
                return Acting(None, "system") if actor.channel == "system" else None
            case Party.REPORTER:
                return _as_reporter(actor, transition, book, path)
            case Party.LEG:
                return _on_leg(actor, transition, book)
            case Party.ANYONE:
                return _anyone(actor, transition, path)
            case Party.PLACE:
                return _over_place(actor, transition.permission, path)

    return permit


def _over_place(actor: Actor, permission: str, path: str | None) -> Acting | None:
    if actor.channel == "system" and actor.may(permission):
        return Acting(None, "system")
    grant = actor.grant_for(permission, place_path=path)
    if grant is None:
        return None
    return Acting(actor.person_id, grant.role, frozenset(actor.organisation_ids), grant.organisation_id)


def _anyone(actor: Actor, transition: Transition, path: str | None) -> Acting | None:
    if not actor.may_somewhere(transition.permission):
        return None
    grant = actor.grant_for(transition.permission, place_path=path) or actor.grant_for(transition.permission)
    if grant is None and not transition.creates and transition.permission != "request.recall":
        return None
    if grant is None and transition.creates and transition.permission != "request.report":
        return None
    role = grant.role if grant else min(actor.roles)
    return Acting(actor.person_id, role, frozenset(actor.organisation_ids), actor.organisation_id)


def _as_reporter(actor: Actor, transition: Transition, book: Book, path: str | None) -> Acting | None:
    item = book.item
    if kind(item["kind"]).is_reporter(actor, item["id"], item["reporter_id"]):
        if actor.may_somewhere(transition.permission):
            return Acting(actor.person_id, "reporter")
        return None
    return _over_place(actor, transition.permission, path) if actor.is_staff else None


def _on_leg(actor: Actor, transition: Transition, book: Book) -> Acting | None:
    if not actor.may_somewhere(transition.permission):
        return None
    units = frozenset(actor.scopes(transition.permission).organisation_ids)
    if actor.may(transition.permission, place_path=book.item["place_path"] or None):
        # whose scope is a place (community, street) acts there for the units they belong to
        units |= frozenset(actor.organisation_ids)
    acting = Acting(actor.person_id, "", units)
    leg = book.own_leg(acting)
    if leg is None:
        return None
    grant = actor.grant_for(transition.permission, organisation_ids=[leg["organisation_id"]])
    role = grant.role if grant else min(actor.roles)
    return Acting(actor.person_id, role, units, leg["organisation_id"])
