"""What steps do besides moving the state: effects on the item itself, and the table of all. Pure: they change the book
in memory, nothing else. Those on clocks and on legs stand in modules of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from linli.work import effects_clocks as clocks
from linli.work import effects_legs as legs
from linli.work.book import ChildOrder
from linli.work.effects_clocks import Step

ASK_PERMISSIONS = {
    "appeal": "decide_appeal",
    "return": "decide_return",
    "extension": "decide_extension",
    "suspension": "decide_suspension",
    "termination": "decide_termination",
    "exclusion": "decide_exclusion",
}
ASK_CODES = ("until", "review_on", "proposed_unit")


def _iso(moment: Any) -> Any:
    return moment.isoformat() if isinstance(moment, datetime) else moment


def _stamp(step: Step, field: str) -> None:
    step.item[field] = step.now


def _unstamp(step: Step, field: str) -> None:
    step.item[field] = None


def _count(step: Step, field: str) -> None:
    step.item[field] = step.item[field] + 1


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
    clocks.start_clock(step, "review", due_at=review_on)


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


def _open_supervision(step: Step, _: str) -> None:
    step.book.children.append(ChildOrder("supervision", step.data["reply_due"], str(step.data["supervision"])))


def _open_supervised_leg(step: Step, _: str) -> None:
    """The unit supervised owes a reply by the date named; it need not sign."""
    if step.data.get("lead"):
        leg = legs.open_leg(step, "lead", step.data["lead"])
        leg["awaits"], leg["state"] = "request.reply", "handling"
    clocks.start_clock(step, "reply", due_at=step.data["reply_due"])


def _owe(step: Step, permission: str) -> None:
    """A unit owes something by a date of its own, and need not sign: the step that settles it needs `permission`.

    Opens the lead leg of `lead` with its clock until `due`; where there is one already, it owes again.
    """
    leg = step.book.last_lead_leg
    if leg is None:
        leg = legs.open_leg(step, "lead", step.data["lead"])
        clocks.start_clock(step, "handle", due_at=step.data["due"])
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
    "start": clocks.start_clock,
    "stop": clocks.stop_kind,
    "hold": clocks.hold_kind,
    "release": clocks.release_kind,
    "finish": clocks.finish,
    "restart": clocks.restart,
    "resume": clocks.resume,
    "stamp": _stamp,
    "unstamp": _unstamp,
    "count": _count,
    "open_legs": legs.open_legs,
    "open_check_leg": legs.open_check_leg,
    "open_subleg": legs.open_subleg,
    "open_co_leg": legs.open_co_leg,
    "end_check_leg": legs.end_role("check"),
    "end_lead": legs.end_role("lead"),
    "end_legs": legs.end_legs,
    "sign_leg": legs.sign_leg,
    "sign_lead": legs.sign_lead,
    "sign_lead_by_limit": lambda step, _: legs.sign_lead(step, "limit"),
    "sign_named": legs.sign_named,
    "finalise_lead": legs.finalise_lead,
    "stop_leg": legs.stop_leg,
    "hold_leg": legs.hold_leg,
    "release_legs": legs.release_legs,
    "report_leg": lambda step, _: legs.report(step, step.leg),
    "report_lead": lambda step, _: legs.report(step, step.book.last_lead_leg),
    "contact_leg": legs.contact_leg,
    "reopen_lead_leg": legs.reopen_lead_leg,
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
    "hold_all": clocks.hold_all,
    "release_all": clocks.release_all,
    "owe": _owe,
    "open_supervision": _open_supervision,
    "open_supervised_leg": _open_supervised_leg,
    "reassign_person": _reassign_person,
    "undo": _nothing,
}


def add(**operations: Callable[[Step, str], None]) -> None:
    """Make known the effects that a room's own workflow names; called before the kind is registered."""
    OPERATIONS.update(operations)
