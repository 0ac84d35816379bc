"""Effects on legs, the parts that units and people have in an item: open, sign, report, end. Pure as the clocks are."""

from __future__ import annotations

from collections.abc import Callable

from linli.work.book import Record
from linli.work.effects_clocks import Step, hold, release, start_clock, stop


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


def open_legs(step: Step, _: str) -> None:
    """Open the legs that a dispatch names: lead, co-handlers, the community."""
    open_leg(step, "lead", step.data["lead"], step.data.get("lead_person"))
    for organisation_id in step.data.get("co_handlers") or ():
        if organisation_id != step.data["lead"]:
            open_leg(step, "co", organisation_id)
    local = step.data.get("local")
    if local and local != step.data["lead"]:
        open_leg(step, "local", local)


def open_check_leg(step: Step, _: str) -> None:
    """Open the leg of whoever is to look on site."""
    open_leg(step, "check", None, step.data.get("worker"))


def open_subleg(step: Step, _: str) -> None:
    """Open a leg below the actor's own."""
    assert step.leg is not None
    open_leg(step, "sub", step.data["unit"], parent=step.leg)


def open_co_leg(step: Step, _: str) -> None:
    """Open the leg of one more co-handling unit."""
    open_leg(step, "co", step.data["unit"])


def end_leg(step: Step, leg: Record) -> None:
    """End a leg with its clocks."""
    for clock in step.book.leg_clocks(leg["id"]):
        stop(clock, step.now)
    leg["active"], leg["state"], leg["ended_at"], leg["awaits"] = False, "ended", step.now, ""


def end_legs(step: Step, _: str) -> None:
    """End all legs."""
    for leg in step.book.active_legs:
        end_leg(step, leg)


def end_role(role: str) -> Callable[[Step, str], None]:
    """The effect that ends the legs of a role."""

    def end(step: Step, _: str) -> None:
        for leg in [entry for entry in step.book.active_legs if entry["role"] == role]:
            end_leg(step, leg)

    return end


def mark_signed(step: Step, leg: Record, *, by_limit: bool = False) -> None:
    """Note that a leg was signed, and by whom it is handled from now on."""
    if leg["signed_at"] is None:
        leg["signed_at"], leg["signed_by_limit"] = step.now, by_limit
        step.item["signed_at"] = step.item["signed_at"] or step.now
    for clock in step.book.leg_clocks(leg["id"], "sign"):
        stop(clock, step.now)
    leg["state"], leg["awaits"] = "handling", "request.reply"
    if leg["person_id"] is None and step.acting.person_id is not None and not by_limit and step.leg is leg:
        leg["person_id"] = step.acting.person_id
        if leg["role"] == "lead":
            step.item["responsible_person_id"] = step.acting.person_id


def sign_leg(step: Step, _: str) -> None:
    """Sign the actor's leg."""
    assert step.leg is not None
    mark_signed(step, step.leg)


def sign_lead(step: Step, by_limit: str) -> None:
    """Sign the lead's leg, by the unit or by the limit."""
    if step.book.lead_leg is not None:
        mark_signed(step, step.book.lead_leg, by_limit=by_limit == "limit")


def sign_named(step: Step, _: str) -> None:
    """Sign the leg of the co-handling unit that the step names: its receiver stood there."""
    for leg in step.book.active_legs:
        if leg["role"] == "co" and leg["organisation_id"] == step.data["unit"]:
            mark_signed(step, leg)


def finalise_lead(step: Step, _: str) -> None:
    """The lead may not send it back any more."""
    if step.book.lead_leg is not None:
        step.book.lead_leg["final"] = True


def stop_leg(step: Step, kind: str) -> None:
    """Stop the leg's clock of a kind."""
    assert step.leg is not None
    for clock in step.book.leg_clocks(step.leg["id"], kind):
        stop(clock, step.now)


def hold_leg(step: Step, kind: str) -> None:
    """Pause the leg's clock of a kind; nothing is awaited of it."""
    assert step.leg is not None
    for clock in step.book.leg_clocks(step.leg["id"], kind):
        hold(clock, step.now)
    step.leg["awaits"] = ""


def release_legs(step: Step, _: str) -> None:
    """Let the clocks of all legs run again; each owes what it owed."""
    for leg in step.book.active_legs:
        for clock in step.book.leg_clocks(leg["id"]):
            release(step, clock)
        if leg["state"] in ("sent", "handling"):
            leg["awaits"] = "request.sign" if leg["signed_at"] is None else "request.reply"


def report(step: Step, leg: Record | None) -> None:
    """Note that a leg has reported."""
    if leg is not None:
        leg["state"], leg["awaits"], leg["reported_at"] = "reported", "", step.now


def contact_leg(step: Step, _: str) -> None:
    """Note that the reporter was reached; an attempt alone changes nothing."""
    if step.data.get("result") != "reached" or step.leg is None:
        return
    step.leg["contacted_at"] = step.leg["contacted_at"] or step.now
    step.item["contacted_at"] = step.item["contacted_at"] or step.now
    stop_leg(step, "contact")


def reopen_lead_leg(step: Step, _: str) -> None:
    """Have the lead handle it again."""
    leg = step.book.last_lead_leg
    if leg is not None:
        leg["active"], leg["state"], leg["awaits"] = True, "handling", "request.reply"
        leg["reported_at"] = leg["ended_at"] = None
