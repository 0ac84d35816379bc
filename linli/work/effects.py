"""What steps do besides moving the state. Pure: they change the book in memory, nothing else.

Clock states: running, paused, stopped (kept), void (recalled). The citizen clock is touched only by the
reporter's question, a granted suspension and the end: never by disputes between units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linli.work.book import Acting, Book, ChildOrder, Record, Terms

ASK_PERMISSIONS = {
    "appeal": "decide_appeal",
    "return": "decide_return",
    "extension": "decide_extension",
    "suspension": "decide_suspension",
    "termination": "decide_termination",
    "exclusion": "decide_exclusion",
}
ASK_CODES = ("until", "review_on", "proposed_unit")


@dataclass(slots=True)
class Step:
    """The step being taken, as effects see it."""

    book: Book
    acting: Acting
    data: dict[str, Any]
    now: datetime
    leg: Record | None
    terms: Terms
    from_state: str

    @property
    def item(self) -> Record:
        """The item."""
        return self.book.item


def _iso(moment: Any) -> Any:
    return moment.isoformat() if isinstance(moment, datetime) else moment


def start_clock(step: Step, kind: str, leg: Record | None = None, due_at: datetime | None = None) -> None:
    """Start a clock where a rule (or the caller) gives it a limit; without a limit there is none to show."""
    due = step.terms.due(kind, step.item, step.now, [])
    if due is None and due_at is None:
        return
    step.book.add(
        "clock",
        {
            "leg_id": leg["id"] if leg is not None else None,
            "kind": kind,
            "state": "running",
            "started_at": step.now,
            "due_at": due_at or (due.at if due else None),
            "warn_at": due.warn_at if due and due_at is None else None,
            "stopped_at": None,
            "pauses": [],
            "rule": due.rule if due and due_at is None else {"unit": "fixed"},
            "provisional": due.provisional if due and due_at is None else False,
            "warned_at": None,
            "breached_at": None,
        },
    )


def _stop(clock: Record, now: datetime) -> None:
    if clock["state"] == "paused":
        clock["pauses"] = [*clock["pauses"][:-1], [clock["pauses"][-1][0], now.isoformat()]]
    clock["state"] = "stopped"
    clock["stopped_at"] = now


def _hold(clock: Record, now: datetime) -> None:
    if clock["state"] == "running":
        clock["state"] = "paused"
        clock["pauses"] = [*clock["pauses"], [now.isoformat(), None]]


def _release(step: Step, clock: Record, since: datetime | None = None) -> None:
    if clock["state"] == "paused":
        clock["pauses"] = [*clock["pauses"][:-1], [clock["pauses"][-1][0], step.now.isoformat()]]
    elif since is not None:
        clock["pauses"] = [*clock["pauses"], [since.isoformat(), step.now.isoformat()]]
    clock["state"] = "running"
    clock["stopped_at"] = None
    due = step.terms.due(clock["kind"], step.item, clock["started_at"], clock["pauses"])
    if due is not None and clock["rule"].get("unit") != "fixed":
        clock["due_at"], clock["warn_at"], clock["provisional"] = due.at, due.warn_at, due.provisional


def _stop_kind(step: Step, kind: str) -> None:
    clock = step.book.clock(kind)
    if clock is not None:
        _stop(clock, step.now)


def _hold_kind(step: Step, kind: str) -> None:
    clock = step.book.clock(kind)
    if clock is not None:
        _hold(clock, step.now)


def _release_kind(step: Step, kind: str) -> None:
    clock = step.book.clock(kind)
    if clock is not None:
        _release(step, clock)


def _finish(step: Step, _: str) -> None:
    for clock in step.book.clocks:
        if clock["state"] in ("running", "paused"):
            _stop(clock, step.now)


def _restart(step: Step, kind: str) -> None:
    _stop_kind(step, kind)
    start_clock(step, kind)


def _resume(step: Step, kind: str) -> None:
    """Go on with the clock that the reply stopped; the time under review does not count."""
    stopped = [c for c in step.book.clocks if c["kind"] == kind and c["leg_id"] is None and c["state"] == "stopped"]
    if stopped:
        _release(step, stopped[-1], since=stopped[-1]["stopped_at"])


def _stamp(step: Step, field: str) -> None:
    step.item[field] = step.now


def _unstamp(step: Step, field: str) -> None:
    step.item[field] = None


def _count(step: Step, field: str) -> None:
    step.item[field] = step.item[field] + 1


def open_leg(
    step: Step,
    role: str,
    organisation_id: int | None,
    person_id: int | None = None,
    parent: Record | None = None,
) -> Record:
    """Open the leg of one unit with its own sign, contact and (for supporters) handling clock."""
    leg = step.book.add(
        "leg",
        {
            "role": role,
            "organisation_id": organisation_id,
            "person_id": person_id,
            "parent_id": parent["id"] if parent is not None else None,
            "state": "sent",
            "active": True,
            "awaits": "request.check" if role == "check" else "request.sign",
            "final": False,
            "sent_at": step.now,
            "signed_at": None,
            "signed_by_limit": False,
            "contacted_at": None,
            "reported_at": None,
            "ended_at": None,
        },
    )
    if role != "check":
        start_clock(step, "sign", leg)
    if role == "lead":
        start_clock(step, "contact", leg)
        start_clock(step, "return", leg)
        step.item["responsible_organisation_id"] = organisation_id
        step.item["responsible_person_id"] = person_id
    elif role in ("co", "local", "sub"):
        handle = step.book.clock("handle")
        start_clock(step, "handle", leg, due_at=handle["due_at"] if handle is not None else None)
    return leg


def _open_legs(step: Step, _: str) -> None:
    open_leg(step, "lead", step.data["lead"], step.data.get("lead_person"))
    for organisation_id in step.data.get("co_handlers") or ():
        if organisation_id != step.data["lead"]:
            open_leg(step, "co", organisation_id)
    local = step.data.get("local")
    if local and local != step.data["lead"]:
        open_leg(step, "local", local)


def _open_check_leg(step: Step, _: str) -> None:
    open_leg(step, "check", None, step.data.get("worker"))


def _open_subleg(step: Step, _: str) -> None:
    assert step.leg is not None
    open_leg(step, "sub", step.data["unit"], parent=step.leg)


def _open_co_leg(step: Step, _: str) -> None:
    open_leg(step, "co", step.data["unit"])


def _end_leg(step: Step, leg: Record) -> None:
    for clock in step.book.leg_clocks(leg["id"]):
        _stop(clock, step.now)
    leg["active"], leg["state"], leg["ended_at"], leg["awaits"] = False, "ended", step.now, ""


def _end_legs(step: Step, _: str) -> None:
    for leg in step.book.active_legs:
        _end_leg(step, leg)


def _end_role(role: str) -> Callable[[Step, str], None]:
    def end(step: Step, _: str) -> None:
        for leg in [entry for entry in step.book.active_legs if entry["role"] == role]:
            _end_leg(step, leg)

    return end


def _mark_signed(step: Step, leg: Record, *, by_limit: bool = False) -> None:
    if leg["signed_at"] is None:
        leg["signed_at"], leg["signed_by_limit"] = step.now, by_limit
        step.item["signed_at"] = step.item["signed_at"] or step.now
    for clock in step.book.leg_clocks(leg["id"], "sign"):
        _stop(clock, step.now)
    leg["state"], leg["awaits"] = "handling", "request.reply"
    if leg["person_id"] is None and step.acting.person_id is not None and not by_limit and step.leg is leg:
        leg["person_id"] = step.acting.person_id
        if leg["role"] == "lead":
            step.item["responsible_person_id"] = step.acting.person_id


def _sign_leg(step: Step, _: str) -> None:
    assert step.leg is not None
    _mark_signed(step, step.leg)


def _sign_lead(step: Step, by_limit: str) -> None:
    if step.book.lead_leg is not None:
        _mark_signed(step, step.book.lead_leg, by_limit=by_limit == "limit")


def _sign_named(step: Step, _: str) -> None:
    """Sign the leg of the co-handling unit that the step names: its receiver stood there."""
    for leg in step.book.active_legs:
        if leg["role"] == "co" and leg["organisation_id"] == step.data["unit"]:
            _mark_signed(step, leg)


def _finalise_lead(step: Step, _: str) -> None:
    if step.book.lead_leg is not None:
        step.book.lead_leg["final"] = True


def _stop_leg(step: Step, kind: str) -> None:
    assert step.leg is not None
    for clock in step.book.leg_clocks(step.leg["id"], kind):
        _stop(clock, step.now)


def _hold_leg(step: Step, kind: str) -> None:
    assert step.leg is not None
    for clock in step.book.leg_clocks(step.leg["id"], kind):
        _hold(clock, step.now)
    step.leg["awaits"] = ""


def _release_legs(step: Step, _: str) -> None:
    for leg in step.book.active_legs:
        for clock in step.book.leg_clocks(leg["id"]):
            _release(step, clock)
        if leg["state"] in ("sent", "handling"):
            leg["awaits"] = "request.sign" if leg["signed_at"] is None else "request.reply"


def _report(step: Step, leg: Record | None) -> None:
    if leg is not None:
        leg["state"], leg["awaits"], leg["reported_at"] = "reported", "", step.now


def _contact_leg(step: Step, _: str) -> None:
    if step.data.get("result") != "reached" or step.leg is None:
        return
    step.leg["contacted_at"] = step.leg["contacted_at"] or step.now
    step.item["contacted_at"] = step.item["contacted_at"] or step.now
    _stop_leg(step, "contact")


def _reopen_lead_leg(step: Step, _: str) -> None:
    leg = step.book.last_lead_leg
    if leg is not None:
        leg["active"], leg["state"], leg["awaits"] = True, "handling", "request.reply"
        leg["reported_at"] = leg["ended_at"] = None


def _ask(step: Step, kind: str) -> None:
    codes = {name: _iso(step.data[name]) for name in ASK_CODES if step.data.get(name) is not None}
    step.book.add(
        "ask",
        {
            "leg_id": step.leg["id"] if step.leg is not None else None,
            "kind": kind,
            "state": "pending",
            "asked_by_id": step.acting.person_id,
            "asked_at": step.now,
            "data": codes,
            "decided_by_id": None,
            "decided_at": None,
        },
    )


def _decide(state: str) -> Callable[[Step, str], None]:
    def decide(step: Step, kind: str) -> None:
        ask = step.book.pending(kind)
        assert ask is not None, "a guard holds this"
        ask["state"], ask["decided_by_id"], ask["decided_at"] = state, step.acting.person_id, step.now
        step.book.facts[f"decided_{kind}"] = ask["data"]

    return decide


def _extend(step: Step, kind: str) -> None:
    until = datetime.fromisoformat(step.book.facts["decided_extension"]["until"])
    for clock in step.book.clocks:
        if (
            clock["state"] == "running"
            and clock["kind"] in (kind, "citizen")
            and (clock["due_at"] is None or clock["due_at"] < until)
        ):
            clock["due_at"], clock["warn_at"] = until, None
            clock["rule"] = {**clock["rule"], "extended_until": until.isoformat()}


def _start_review(step: Step, _: str) -> None:
    decided = step.book.facts.get("decided_suspension") or {}
    review_on = step.data.get("review_on") or datetime.fromisoformat(decided["review_on"])
    start_clock(step, "review", due_at=review_on)


def _outcome(step: Step, value: str) -> None:
    step.item["outcome"] = value or str(step.data.get("outcome") or "")


def _endorse(step: Step, _: str) -> None:
    step.item["endorsed"] = True


def _clear_endorsement(step: Step, _: str) -> None:
    step.item["endorsed"] = False


def _clear_rating(step: Step, _: str) -> None:
    step.item["rating"], step.item["call_back_attempts"], step.item["called_back_at"] = None, 0, None


def _rate(step: Step, _: str) -> None:
    step.item["rating"] = int(step.data.get("rating") or 4)


def _call_back(step: Step, _: str) -> None:
    if step.data.get("result") == "satisfied":
        _rate(step, "")
        step.item["called_back_at"] = step.now
        return
    step.item["call_back_attempts"] += 1
    if step.item["call_back_attempts"] >= 3:
        step.item["called_back_at"] = step.now


def _joint_meeting(step: Step, when: str) -> None:
    if when != "repeated" or step.item["handling_round"] > 2:
        step.item["joint_meeting"] = True


def _exclude(step: Step, _: str) -> None:
    step.item["excluded_from_rates"] = True


def _merge(step: Step, _: str) -> None:
    step.item["merged_into_id"] = step.book.facts["merge_target_id"]


def _unmerge(step: Step, _: str) -> None:
    step.item["merged_into_id"] = None


def _hold_all(step: Step, _: str) -> None:
    for clock in step.book.clocks:
        _hold(clock, step.now)


def _release_all(step: Step, _: str) -> None:
    for clock in [entry for entry in step.book.clocks if entry["state"] == "paused"]:
        _release(step, clock)


def _open_supervision(step: Step, _: str) -> None:
    step.book.children.append(ChildOrder("supervision", step.data["reply_due"], str(step.data["supervision"])))


def _open_supervised_leg(step: Step, _: str) -> None:
    """The unit supervised owes a reply by the date named; it need not sign."""
    if step.data.get("lead"):
        leg = open_leg(step, "lead", step.data["lead"])
        leg["awaits"], leg["state"] = "request.reply", "handling"
    start_clock(step, "reply", due_at=step.data["reply_due"])


def _owe(step: Step, permission: str) -> None:
    """A unit owes something by a date of its own, and need not sign: the step that settles it needs `permission`.

    Opens the lead leg of `lead` with its clock until `due`; where there is one already, it owes again.
    """
    leg = step.book.last_lead_leg
    if leg is None:
        leg = open_leg(step, "lead", step.data["lead"])
        start_clock(step, "handle", due_at=step.data["due"])
    leg["active"], leg["state"], leg["awaits"] = True, "handling", permission
    leg["reported_at"] = leg["ended_at"] = None


def _reassign_person(step: Step, _: str) -> None:
    """Everything the giver holds on this item goes to the receiver."""
    giver, receiver = step.data["giver"], step.data["receiver"]
    for leg in step.book.active_legs:
        if leg["person_id"] == giver:
            leg["person_id"] = receiver
    if step.item["responsible_person_id"] == giver:
        step.item["responsible_person_id"] = receiver


def _nothing(step: Step, _: str) -> None:
    """`undo` is done by the engine, which alone sees the events."""


OPERATIONS: dict[str, Callable[[Step, str], None]] = {
    "start": start_clock,
    "stop": _stop_kind,
    "hold": _hold_kind,
    "release": _release_kind,
    "finish": _finish,
    "restart": _restart,
    "resume": _resume,
    "stamp": _stamp,
    "unstamp": _unstamp,
    "count": _count,
    "open_legs": _open_legs,
    "open_check_leg": _open_check_leg,
    "open_subleg": _open_subleg,
    "open_co_leg": _open_co_leg,
    "end_check_leg": _end_role("check"),
    "end_lead": _end_role("lead"),
    "end_legs": _end_legs,
    "sign_leg": _sign_leg,
    "sign_lead": _sign_lead,
    "sign_lead_by_limit": lambda step, _: _sign_lead(step, "limit"),
    "sign_named": _sign_named,
    "finalise_lead": _finalise_lead,
    "stop_leg": _stop_leg,
    "hold_leg": _hold_leg,
    "release_legs": _release_legs,
    "report_leg": lambda step, _: _report(step, step.leg),
    "report_lead": lambda step, _: _report(step, step.book.last_lead_leg),
    "contact_leg": _contact_leg,
    "reopen_lead_leg": _reopen_lead_leg,
    "ask": _ask,
    "grant": _decide("granted"),
    "deny": _decide("refused"),
    "extend": _extend,
    "start_review": _start_review,
    "outcome": _outcome,
    "endorse": _endorse,
    "clear_endorsement": _clear_endorsement,
    "clear_rating": _clear_rating,
    "rate": _rate,
    "call_back": _call_back,
    "joint_meeting": _joint_meeting,
    "joint_meeting_when_repeated": lambda step, _: _joint_meeting(step, "repeated"),
    "exclude": _exclude,
    "merge": _merge,
    "unmerge": _unmerge,
    "hold_all": _hold_all,
    "release_all": _release_all,
    "owe": _owe,
    "open_supervision": _open_supervision,
    "open_supervised_leg": _open_supervised_leg,
    "reassign_person": _reassign_person,
    "undo": _nothing,
}


def add(**operations: Callable[[Step, str], None]) -> None:
    """Make known the effects that a room's own workflow names; called before the kind is registered."""
    OPERATIONS.update(operations)
