"""Who acts, and whether they may: the one gate that every read and write of Linli passes.

Refused by default. An `Actor` holds *grants*: a set of permissions and the scope in which they hold, one for each
appointment in force. Three questions can be asked:

- `actor.may(permission, place_path=…, organisation_ids=…)`: on this object? True when a grant with the permission
  covers the place path, or one of the organisations. Asked without a scope it is True only for grants that hold
  everywhere (administrators, the system) and for `own` grants (what residents and the anonymous may do with what
  is theirs: the caller must have established that first). `own` grants never answer a question about a place or
  an organisation.
- `actor.may_somewhere(permission)`: in any scope at all? For buttons, pages, and acts that create something.
- `actor.scopes(permission)`: where? For selectors: the place subtrees and organisations to read from.

An actor is loaded with one SQL statement (`people.loading`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.core.exceptions import PermissionDenied
from django.http import Http404

from linli.people import refusals
from linli.people.roles import ROLES, SYSTEM_PERMISSIONS

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
Channel = Literal["staff", "resident", "anonymous", "system"]


class PermissionRefused(PermissionDenied):
    """The actor may not do this. One `AccessRefusal` row is written for it."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class ObjectHidden(PermissionRefused, Http404):
    """As `PermissionRefused`, where even the existence of the object is not told: missing and forbidden look alike."""


def covers(outer: str, inner: str) -> bool:
    """Whether the ltree path `inner` is `outer` or lies below it."""
    return bool(outer) and (inner == outer or inner.startswith(outer + "."))


@dataclass(frozen=True, slots=True)
class Grant:
    """Permissions and where they hold: below a place, for organisations, everywhere, or for what is one's own.

    `organisation_id` is the unit of the appointment, `organisation_ids` also those below it where the role says so.
    """

    permissions: frozenset[str]
    place_path: str | None = None
    organisation_id: int | None = None
    role: str = ""
    organisation_ids: frozenset[int] = frozenset()
    everything: bool = False
    own: bool = False
    delegated: bool = False

    def reaches(self, place_path: str | None, organisation_ids: Iterable[int]) -> bool:
        """Whether the scope covers the place or one of the organisations."""
        if self.everything:
            return True
        if self.place_path is not None and place_path is not None and covers(self.place_path, place_path):
            return True
        return any(wanted in self.organisation_ids for wanted in organisation_ids)


@dataclass(frozen=True, slots=True)
class Scopes:
    """Where a permission holds, for the WHERE clause of a selector. Empty means: show nothing."""

    place_paths: tuple[str, ...] = ()
    organisation_ids: tuple[int, ...] = ()
    everything: bool = False

    @property
    def empty(self) -> bool:
        """Whether the permission holds nowhere."""
        return not (self.everything or self.place_paths or self.organisation_ids)


@dataclass(frozen=True)
class Actor:
    """Who acts. `organisation_id` is the unit to which the person belongs (of the first appointment with one).

    `strong` says that the sign-in had a second factor (or was a token made after one); without it the grants of
    roles that need one are withheld (`withheld`).
    """

    person_id: int | None = None
    user_id: int | None = None
    roles: frozenset[str] = frozenset()
    grants: tuple[Grant, ...] = ()
    channel: Channel = "anonymous"
    language: str = "zh-hans"
    appointment_ids: tuple[int, ...] = ()
    name: str = ""
    username: str = ""
    organisation_id: int | None = None
    organisation_ids: tuple[int, ...] = ()
    strong: bool = False
    withheld: bool = False
    must_change_password: bool = False
    token_id: int | None = None
    _by_permission: dict[str, list[Grant]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for grant in self.grants:
            for permission in grant.permissions:
                self._by_permission.setdefault(permission, []).append(grant)

    @property
    def is_staff(self) -> bool:
        """Whether the actor holds an appointment of staff."""
        return self.channel == "staff"

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody is known (neither anonymous nor the system)."""
        return self.user_id is not None

    def may(
        self, permission: str, *, place_path: str | None = None, organisation_ids: Iterable[int | None] = ()
    ) -> bool:
        """Whether the actor may do this, there (see the module's text)."""
        grants = self._by_permission.get(permission)
        if not grants:
            return False
        wanted = [number for number in organisation_ids if number is not None]
        if place_path is None and not wanted:
            return any(grant.everything or grant.own for grant in grants)
        return any(grant.reaches(place_path, wanted) for grant in grants)

    def may_somewhere(self, permission: str) -> bool:
        """Whether any grant holds the permission, wherever."""
        return permission in self._by_permission

    def scopes(self, permission: str) -> Scopes:
        """Where the permission holds; nested place paths are reduced to the outermost."""
        grants = self._by_permission.get(permission, ())
        if any(grant.everything for grant in grants):
            return Scopes(everything=True)
        paths = sorted({grant.place_path for grant in grants if grant.place_path is not None}, key=len)
        outermost: list[str] = []
        for path in paths:
            if not any(covers(outer, path) for outer in outermost):
                outermost.append(path)
        organisations = {number for grant in grants for number in grant.organisation_ids}
        return Scopes(tuple(sorted(outermost)), tuple(sorted(organisations)))

    def grant_for(
        self, permission: str, *, place_path: str | None = None, organisation_ids: Iterable[int | None] = ()
    ) -> Grant | None:
        """The grant on which the actor may act there: its role goes into the history."""
        wanted = [number for number in organisation_ids if number is not None]
        for grant in self._by_permission.get(permission, ()):
            unscoped = place_path is None and not wanted and (grant.everything or grant.own)
            if unscoped or grant.reaches(place_path, wanted):
                return grant
        return None


def anonymous(language: str = "zh-hans") -> Actor:
    """Nobody known: may report, and act on what an unguessable link shows to be theirs."""
    role = ROLES["anonymous"]
    return Actor(
        roles=frozenset({role.slug}),
        grants=(Grant(role.permissions, role=role.slug, own=True),),
        channel="anonymous",
        language=language,
    )


def system_actor() -> Actor:
    """Timers and rules."""
    return Actor(
        roles=frozenset({"system"}),
        grants=(Grant(SYSTEM_PERMISSIONS, role="system", everything=True),),
        channel="system",
    )


def require(
    actor: Actor,
    permission: str,
    *,
    place_path: str | None = None,
    organisation_ids: Sequence[int | None] = (),
    hidden: bool = False,
) -> None:
    """Refuse unless the actor may: raises `PermissionRefused` (403), or with `hidden` `ObjectHidden` (404)."""
    if not actor.may(permission, place_path=place_path, organisation_ids=organisation_ids):
        refuse(actor, permission, place_path=place_path, organisation_ids=organisation_ids, hidden=hidden)


def note_hidden(actor: Actor, error: ObjectHidden, method: str) -> None:
    """A request that would have written, about what is hidden from the actor, is a refused act: one audit row.

    Reading it is none: a number that was mistyped says nothing. Whoever noted the refusal before has said more of it.
    """
    if method not in SAFE_METHODS:
        refusals.note_once(refusals.Refusal(actor.person_id, actor.channel, error.permission))


def require_somewhere(actor: Actor, permission: str) -> None:
    """Refuse unless the actor holds the permission in some scope (pages, creation)."""
    if not actor.may_somewhere(permission):
        refuse(actor, permission)


def refuse(
    actor: Actor,
    permission: str,
    *,
    place_path: str | None = None,
    organisation_ids: Sequence[int | None] = (),
    hidden: bool = False,
) -> None:
    """Note the refusal (one audit row, also when the transaction is rolled back) and raise."""
    refusals.note(
        refusals.Refusal(
            person_id=actor.person_id,
            channel=actor.channel,
            permission=permission,
            place_path=place_path or "",
            organisation_ids=tuple(number for number in organisation_ids if number is not None),
        )
    )
    raise (ObjectHidden if hidden else PermissionRefused)(permission)
