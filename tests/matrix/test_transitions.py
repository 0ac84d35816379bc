"""State × transition × role, generated from the workflows: every cell refused or allowed as transitions.csv says."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from chaos.tally import is_full, tell
from linli.kernel.workflow import Workflow
from linli.people.access import Actor, system_actor
from linli.people.models import AccessRefusal
from linli.work import services
from linli.work.book import Acting, Book
from linli.work.engine import Order, StepRefused, take
from linli.work.kinds import kind, kinds
from linli.work.links import actor_with_link
from linli.work.loading import load_book
from linli.work.models import Event, Item
from linli.work.permits import permit_for
from linli.work.terms import catalogue
from tests.matrix.table import Table, settle
from tests.support.calling import Caller, key
from tests.support.world import STAFF, World

ACTORS = ("anonymous", "resident", "reporter", *(name for name, *_ in STAFF), "system")
# one of each role
ROLE_ACTORS = ("anonymous", "resident", "reporter", *{role: name for name, role, *_ in reversed(STAFF)}.values())
STORED = (("item", "id"), ("leg", "item_id"), ("clock", "item_id"), ("ask", "item_id"), ("evidence", "item_id"))


def actor(world: World, name: str, item_id: int) -> Actor:
    """Somebody of the world; the reporter holds the link."""
    if name == "system":
        return system_actor()
    if name == "reporter":
        return actor_with_link(world.actor("anonymous"), item_id)
    return world.actor(name)


def a_request(world: World) -> int:
    """A request in the first eastern grid, dispatched by rule to the sanitation centre."""
    made = Caller(world).report()
    assert made["state"] == "dispatched"
    return Item.objects.get(number=made["number"]).pk


def book_of(item_id: int) -> Book:
    """The request in memory."""
    book = load_book(item_id, lock=False)
    assert book is not None
    return book


def allowed(permit: Any, transition: Any, book: Book) -> bool:
    """Whether the permit gives a ground; for a step on a leg also a leg to stand on."""
    acting: Acting | None = permit(transition, book, None)
    return acting is not None


def measured_for(world: World, workflow: Workflow, item_id: int) -> Table:
    """Who may take each transition on this request, whatever its state."""
    book = book_of(item_id)
    permits = {name: permit_for(actor(world, name, item_id)) for name in ACTORS}
    return {
        (workflow.kind, transition.code): {
            name: "yes" if allowed(permit, transition, book) else "" for name, permit in permits.items()
        }
        for transition in workflow.transitions
    }


def test_every_transition_is_allowed_to_whom_the_table_names(world: World) -> None:
    item_id = a_request(world)
    table: Table = {}
    for entry in kinds():
        table |= measured_for(world, entry.workflow, item_id)
    assert all("yes" in row.values() for row in table.values()), "a transition that nobody may take"
    settle("transitions.csv", ("kind", "transition"), table)


@pytest.mark.parametrize("slug", ["request", "supervision"])
def test_every_cell_of_state_transition_role(world: World, slug: str) -> None:
    """A wrong state is refused to everybody, a wrong role in every state; refused, nothing in the book moves."""
    item_id, workflow = a_request(world), kind(slug).workflow
    table = measured_for(world, workflow, item_id)
    terms, now, cells = catalogue(), timezone.now(), 0
    book = Book(workflow, dict(book_of(item_id).item.values), is_new=False)
    book.legs.extend(book_of(item_id).legs)
    permits = {name: permit_for(actor(world, name, item_id)) for name in ACTORS}
    for state in ("", *workflow.state_by_code):
        book.item.values["state"] = state
        for transition in workflow.transitions:
            for name in ACTORS:
                cells += 1
                right_state = state in transition.sources
                right_role = table[(slug, transition.code)][name] == "yes"
                if right_state and right_role:
                    continue
                with pytest.raises(StepRefused) as refused:
                    take(book, Order(transition.code, {}), permit=permits[name], terms=terms, now=now)
                assert refused.value.code == ("forbidden" if right_state else "wrong_state")
                assert not book.planned
                assert not book.item.changed
    assert cells == (len(workflow.states) + 1) * len(workflow.transitions) * len(ACTORS)


def refused_cells(workflow: Workflow, table: Table) -> list[tuple[str, str, str]]:
    """(state, transition, actor), by state: what is refused.

    In `make chaos` every cell in which the state or the role is wrong; otherwise each transition to every wrong role in
    one of its states in turn, and in every wrong state to whoever is next. (The test above decides all, in memory.)
    """
    steps = [transition for transition in workflow.transitions if not transition.creates]
    wrong = {
        each.code: [name for name in ROLE_ACTORS if table[(workflow.kind, each.code)][name] != "yes"] for each in steps
    }
    if is_full():
        return [
            (state, each.code, name)
            for state in workflow.state_by_code
            for each in steps
            for name in (wrong[each.code] if state in each.sources else ROLE_ACTORS)
        ]
    turn, cells = itertools.cycle(ROLE_ACTORS), []
    for each in steps:
        right = itertools.cycle(sorted(each.sources & set(workflow.state_by_code)))
        cells += [(next(right), each.code, name) for name in wrong[each.code]]
        cells += [(state, each.code, next(turn)) for state in workflow.state_by_code if state not in each.sources]
    return sorted(cells)


def everything(item_id: int) -> tuple[Any, ...]:
    """All that a step may change: the item and what belongs to it, jobs, messages, known keys (1 statement)."""
    parts = [f"SELECT to_jsonb(t)::text FROM work_{name} t WHERE {column} = %(item)s" for name, column in STORED]
    counts = [
        f"SELECT count(*)::text FROM {table}" for table in ("procrastinate_jobs", "work_idempotencykey", "work_event")
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([*parts, *counts]), {"item": item_id})
        return tuple(sorted(cursor.fetchall()))


@pytest.mark.long
@pytest.mark.parametrize("slug", ["request", "supervision"])
def test_a_refused_step_changes_nothing_and_leaves_one_audit_row(world: World, slug: str) -> None:
    """Through the service and in the database, in the role APP: transitions × roles, and transitions × states."""
    item_id, workflow = a_request(world), kind(slug).workflow
    table = measured_for(world, workflow, item_id)
    actors = {name: actor(world, name, item_id) for name in ACTORS}
    cells = refused_cells(workflow, table)
    tell("cells", len(cells), wrong_answers=0, changed=0)
    assert {state for state, _, _ in cells} == set(workflow.state_by_code)
    assert {code for _, code, _ in cells} == {each.code for each in workflow.transitions if not each.creates}
    for state, of_state in itertools.groupby(cells, key=lambda cell: cell[0]):
        Item.objects.filter(pk=item_id).update(kind=slug, state=state)
        before, known = everything(item_id), AccessRefusal.objects.count()
        wanted: Counter[tuple[int | None, str]] = Counter()
        for _, code, name in of_state:
            with pytest.raises(StepRefused) as refused:
                services.advance(actors[name], item_id, [(code, {})], key=key())
            right_state = state in workflow.by_code[code].sources
            assert (refused.value.code, refused.value.status) == (
                ("forbidden", 403) if right_state else ("wrong_state", 409)
            ), (state, code, name)
            wanted[actors[name].person_id, workflow.by_code[code].permission] += 1
        assert everything(item_id) == before, f"a step that was refused in the state {state} changed something"
        rows = AccessRefusal.objects.order_by("-id")[: AccessRefusal.objects.count() - known]
        assert Counter((row.person_id, row.permission) for row in rows) == wanted


def test_refused_end_to_end_changes_nothing(world: World) -> None:
    """A sample over REST: one wrong person for every transition of the state, and one step of another state."""
    call = Caller(world)
    number = call.report()["number"]
    before, rows = Item.objects.values().get(number=number), AccessRefusal.objects.count()
    workflow = kind("request").workflow
    for transition in workflow.leaving("dispatched"):
        for who in ("grid_west", "resident", "auditor"):
            assert call.get(f"/requests/{number}", who).status == 404
            assert AccessRefusal.objects.count() == rows, "who only looked has tried nothing"
            assert call.step(number, who, transition.code).status == 404
            rows += 1
            assert AccessRefusal.objects.count() == rows, "an act on what is hidden leaves one audit row"
    for code in ("verify_pass", "approve_reply", "rate_satisfied", "grant_suspension"):
        assert call.step(number, "dispatcher", code).status in (403, 409, 422)
    assert Item.objects.values().get(number=number) == before
    assert Event.objects.filter(item__number=number).count() == before["history_length"]
