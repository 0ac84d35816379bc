"""Kinds of work: each room registers its own; the engine knows no other.

A kind brings its workflow and hooks. Adding a capability touches no other room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from linli.kernel.labels import Label
from linli.kernel.workflow import Workflow, check
from linli.work.effects import OPERATIONS
from linli.work.guards import GUARDS

if TYPE_CHECKING:
    from linli.people.access import Actor
    from linli.people.erasing import Subject
    from linli.work.book import Book


def _no_facts(book: Book) -> dict[str, Any]:
    return {}


def _nothing_follows(book: Book) -> None:
    return None


def _nobody_else(item_id: int, events: Sequence[tuple[UUID, str]]) -> None:
    return None


def _not_reporter(actor: Actor, item_id: int, reporter_id: int | None) -> bool:
    return reporter_id is not None and actor.person_id == reporter_id


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of item: its workflow, what its guards need to know, how its reporter is recognised.

    `with_link` answers with the actor and what a follow link proves; `erase` empties the personal fields and texts
    of the kind's own table, in the caller's transaction; `of_person` finds items that a person left without signing in;
    `turned` is called, in the step's transaction, when the item became done or is done no more; `told` by the job that
    tells people of events, with (id, transition) of those that were not recalled: for who hears in another way than by
    the inbox. It may be called again with the same events.
    """

    slug: str
    label: Label
    workflow: Workflow
    facts: Callable[[Book], dict[str, Any]] = _no_facts
    is_reporter: Callable[[Actor, int, int | None], bool] = _not_reporter
    public_page: Callable[[int], str | None] = lambda item_id: None
    with_link: Callable[[Actor, str], Actor | None] = lambda actor, token: None
    erase: Callable[[int, datetime], None] = lambda item_id, now: None
    of_person: Callable[[Subject], Iterable[int]] = lambda subject: ()
    turned: Callable[[Book], None] = _nothing_follows
    told: Callable[[int, Sequence[tuple[UUID, str]]], None] = _nobody_else


_KINDS: dict[str, Kind] = {}


class WorkflowRejected(Exception):
    """The checker found faults; the kind is not installed."""


def register(kind: Kind) -> None:
    """Install a kind after its workflow passed the checker; raises WorkflowRejected with all faults."""
    problems = check(kind.workflow, guards=GUARDS, operations=OPERATIONS)
    if problems:
        raise WorkflowRejected("; ".join(problem.message for problem in problems))
    _KINDS[kind.slug] = kind


def kind(slug: str) -> Kind:
    """The registered kind; KeyError when no room registered it."""
    return _KINDS[slug]


def kinds() -> tuple[Kind, ...]:
    """All registered kinds, in the order of registration."""
    return tuple(_KINDS.values())
