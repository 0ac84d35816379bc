"""The engine: plans a chain of steps on a book, purely. Services load the book, call `plan`, flush once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linli.kernel.labels import Label
from linli.kernel.workflow import BACK, SAME, FieldKind, Party, Transition
from linli.work.book import Acting, Book, PlannedEvent, Record, Terms
from linli.work.effects import ASK_PERMISSIONS, OPERATIONS
from linli.work.effects_clocks import Step
from linli.work.guards import GUARDS, Situation

STEPS_MAX = 12


class StepRefused(Exception):
    """A step that may not be taken: `code` for programs, `label` for people, `status` for HTTP."""

    def __init__(self, code: str, label: Label, *, status: int = 409, field: str = "") -> None:
        super().__init__(label.en)
        self.code, self.label, self.status, self.field = code, label, status, field
        self.audit: Any = None


@dataclass(frozen=True, slots=True)
class Order:
    """One step asked for: the transition's code and cleaned values by field name."""

    transition: str
    data: dict[str, Any]


Permit = Callable[[Transition, Book, Record | None], Acting | None]


def plan(book: Book, orders: Iterable[Order], *, permit: Permit, terms: Terms, now: datetime) -> None:
    """Take the steps in memory, in order; raises StepRefused (nothing is written) when one may not be taken.

    `permit` answers on what ground the actor may take a transition (None refuses); it is asked for each step
    with the leg concerned, so a chain is only as allowed as its weakest step.
    """
    for taken, order in enumerate(orders):
        if taken >= STEPS_MAX:
            raise StepRefused("too_many_steps", Label("一次的步骤太多。", "Too many steps at once."))
        take(book, order, permit=permit, terms=terms, now=now)
    settle(book)


def take(book: Book, order: Order, *, permit: Permit, terms: Terms, now: datetime) -> None:
    """One step: state, permission, guards, effects, event."""
    transition = book.workflow.by_code.get(order.transition)
    if transition is None:
        raise StepRefused("unknown_transition", Label("没有这个操作。", "There is no such step."), status=422)
    from_state = book.item["state"]
    acting = entitled(book, transition, permit)
    leg = book.own_leg(acting) if transition.party is Party.LEG else None
    situation = Situation(book, acting, order.data, now, leg, terms)
    for name in transition.guards:
        guard = GUARDS[name]
        if not guard.holds(situation):
            raise StepRefused(name, guard.explanation)
    book.journal.clear()
    book.created.clear()
    step = Step(book, acting, order.data, now, leg, terms, from_state)
    for effect in transition.effects:
        OPERATIONS[effect.operation](step, effect.subject)
    if transition.target == BACK:
        _go_back(book, transition)
    elif transition.target != SAME:
        book.item["state"] = transition.target
    _update_awaits(book)
    book.planned.append(_event(book, transition, order, step, from_state))


def entitled(book: Book, transition: Transition, permit: Permit) -> Acting:
    """On what ground the actor may take a transition now. Raises StepRefused: another state (409), no right (403)."""
    if book.item["state"] not in transition.sources:
        raise StepRefused("wrong_state", _wrong_state(book, transition))
    acting = permit(transition, book, None)
    if acting is None:
        raise StepRefused("forbidden", Label("您没有权限这样做。", "You may not do this."), status=403)
    return acting


def _wrong_state(book: Book, transition: Transition) -> Label:
    state = book.workflow.state_by_code.get(book.item["state"])
    zh = state.label.zh if state else "新建"
    en = state.label.en if state else "new"
    return Label(
        f"现在是“{zh}”，不能“{transition.label.zh}”。",
        f"It is now “{en}”: “{transition.label.en}” cannot be done.",
    )


def _go_back(book: Book, transition: Transition) -> None:
    if transition.code == "recall":
        _undo_last(book)
        return
    origin = [event for event in book.past if event.transition == "merge"]
    book.item["state"] = origin[-1].from_state if origin else "received"


def _undo_last(book: Book) -> None:
    """Undo every event of the actor's last change (a chain of steps shares one moment)."""
    moment = book.past[-1].at
    records = {
        (record.table, str(record["id"])): record for record in [book.item, *book.legs, *book.clocks, *book.asks]
    }
    for event in reversed([entry for entry in book.past if entry.at == moment]):
        for table, identifier, name, old in reversed(event.undo or []):
            record = records[(table, identifier)]
            if name == "+":
                _cancel(record)
            else:
                record[name] = restore(name, old)


def _cancel(record: Record) -> None:
    if record.table == "leg":
        record["active"], record["state"], record["awaits"] = False, "cancelled", ""
    else:
        record["state"] = "void"


def restore(name: str, value: Any) -> Any:
    """A value of an undo list (JSON) as the record holds it."""
    if value is None or not isinstance(value, str):
        return value
    if name.endswith("_at") or name.endswith("_due"):
        return datetime.fromisoformat(value)
    return uuid.UUID(value) if name in ("leg_id",) else value


def _event(book: Book, transition: Transition, order: Order, step: Step, from_state: str) -> PlannedEvent:
    event = PlannedEvent(
        transition=transition.code,
        from_state=from_state,
        to_state=book.item["state"],
        at=step.now,
        leg_id=step.leg["id"] if step.leg is not None else None,
        acting=step.acting,
    )
    for field in transition.fields:
        value = order.data.get(field.name)
        if value in (None, "", [], ()):
            continue
        if field.kind is FieldKind.TEXT:
            event.texts[field.name] = str(value)
        elif field.kind in (FieldKind.EVIDENCE, FieldKind.SIGNATURE):
            event.evidence[field.name] = [value] if isinstance(value, str) else list(value)
        else:
            event.codes[field.name] = value.isoformat() if isinstance(value, datetime) else value
    undo = [[table, identifier, name, _plain(old)] for table, identifier, name, old in book.journal]
    event.undo = [*undo, *[[table, identifier, "+", None] for table, identifier in book.created]]
    return event


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _update_awaits(book: Book) -> None:
    """Name the permission of the next expected step: the item waits on the desks of those who hold it."""
    item = book.item
    state = book.workflow.state(item["state"])
    item["meaning"] = state.meaning.value
    expected = ""
    for code in state.awaits:
        transition = book.workflow.transition(code)
        probe = Situation(book, Acting(None, ""), {}, item["received_at"], book.lead_leg, _NO_TERMS)
        if all(GUARDS[name].holds(probe) for name in transition.guards if GUARDS[name].static):
            expected = transition.permission
            break
    item["awaits"] = expected
    pending = next((ask for ask in book.asks if ask["state"] == "pending"), None)
    item["asked"] = f"request.{ASK_PERMISSIONS[pending['kind']]}" if pending is not None else ""


class _NoTerms:
    def due(self, clock: str, item: Record, start: datetime, pauses: list[list[str | None]]) -> None:
        return None

    def may_lead(self, organisation_id: int, item: Record) -> bool:
        return True

    def organisation_parent(self, organisation_id: int) -> int | None:
        return None


_NO_TERMS = _NoTerms()


def settle(book: Book) -> None:
    """Recompute what the item shows of its clocks: `next_due` and the promise `handle_due`."""
    running = [clock for clock in book.clocks if clock["state"] == "running" and clock["due_at"] is not None]
    live = book.workflow.state(book.item["state"]).meaning.is_live
    dues = [clock["due_at"] for clock in running if clock["kind"] != "return"]
    book.item["next_due"] = min(dues) if dues and live else None
    promise = book.clock("handle") or book.clock("citizen")
    if promise is not None and promise["due_at"] is not None:
        book.item["handle_due"] = promise["due_at"]
        book.item["due_provisional"] = promise["provisional"]


def possible(book: Book, *, permit: Permit, terms: Terms, now: datetime) -> list[tuple[Transition, Label | None]]:
    """Steps the actor may take now, expected ones first; each with why it has to wait, or None.

    Steps whose static guards fail are left out: they are not this actor's, or not in this situation.
    """
    found: list[tuple[Transition, Label | None]] = []
    for transition in book.workflow.leaving(book.item["state"]):
        acting = permit(transition, book, None)
        if acting is None or transition.party is Party.SYSTEM:
            continue
        leg = book.own_leg(acting) if transition.party is Party.LEG else None
        situation = Situation(book, acting, {}, now, leg, terms)
        guards = [GUARDS[name] for name in transition.guards]
        if not all(guard.holds(situation) for guard in guards if guard.static):
            continue
        if transition.code == "recall" and not GUARDS["own_last_step_recent"].holds(situation):
            continue
        dynamic = ("verifier_is_not_the_handler", "verifier_is_of_another_unit", "another_officer",
                   "may_be_answered_directly")  # fmt: skip
        blocked = [g.explanation for g in guards if g.name in dynamic and not g.holds(situation)]
        found.append((transition, blocked[0] if blocked else None))
    return found
