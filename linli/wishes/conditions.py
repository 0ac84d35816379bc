"""Conditions and effects that the workflow of a wish names. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from linli.kernel.labels import Label
from linli.wishes.public_words import names_somebody, tells_hardship
from linli.wishes.vocabulary import FULFIL_DAYS
from linli.work import effects, guards
from linli.work.book import Book, Record
from linli.work.effects_clocks import Step, start_clock
from linli.work.effects_legs import open_leg
from linli.work.guards import Guard, Situation

TITLE_LENGTH_MAX = 40
NOTED = "record_fulfilled"


def claimer_of(book: Book) -> Record | None:
    """The leg of whoever has the wish, or had it last; none while nobody claimed it."""
    return book.last_lead_leg


def _of_another(s: Situation) -> bool:
    person = s.acting.person_id
    return person is not None and person not in s.book.facts.get("wisher_ids", ())


def _claimer_is_another(s: Situation) -> bool:
    leg = claimer_of(s.book)
    if leg is None:
        return True
    same_person = leg["person_id"] is not None and leg["person_id"] == s.acting.person_id
    return not same_person and leg["organisation_id"] not in s.acting.organisation_ids


def _recorder_is_another(s: Situation) -> bool:
    """Who noted the fulfilment for the claimer does not confirm it, too."""
    noted = [event for event in s.book.past if event.transition in (NOTED, "fulfil")]
    last = noted[-1] if noted else None
    return last is None or last.transition != NOTED or last.actor_person_id != s.acting.person_id


def _public(data: dict[str, Any]) -> str:
    return f"{data.get('public_title') or ''}\n{data.get('public_words') or ''}"


def _guards() -> tuple[Guard, ...]:
    return (
        Guard("wish_is_of_another", Label("请用自己的账号登录；自己的心愿不能自己认领。",
              "Sign in as yourself; nobody claims a wish of their own."), _of_another),
        Guard("wish_claimer_is_another", Label("认领人不能同意、确认自己认领的心愿，请由其他人来做。",
              "Whoever claimed it cannot agree or confirm; someone else has to."), _claimer_is_another),
        Guard("wish_recorder_is_another", Label("代记兑现的人不能代为确认，请由同事问过心愿人后确认。",
              "Whoever noted the fulfilment cannot confirm it; a colleague asks the wisher."), _recorder_is_another),
        Guard("wish_wisher_was_asked", Label("请选择怎样问过心愿人。", "Say how the wisher was asked."),
              lambda s: s.acting.role == "reporter" or bool(s.data.get("asked")), False),
        Guard("wish_words_name_nobody", Label(
              "公开的话里有姓名、电话、证件号或门牌，请去掉；标题最多40字。",
              "The public words hold a name, number or door: leave it out. A title has at most 40 characters."),
              lambda s: len(str(s.data.get("public_title") or "")) <= TITLE_LENGTH_MAX
              and not names_somebody(_public(s.data), str(s.book.facts.get("wisher_name", ""))), False),
        Guard("wish_words_tell_no_hardship", Label(
              "公开的话里提到了疾病、残疾、困难或独居，请改写成要做的事。",
              "The public words tell of illness, disability, poverty or living alone: say only what is to be done."),
              lambda s: not tells_hardship(_public(s.data)), False),
    )  # fmt: skip


def _words(step: Step, _: str) -> None:
    step.item["title"], step.item["summary"] = step.data["public_title"], step.data["public_words"]


def _claim(step: Step, _: str) -> None:
    leg = open_leg(step, "lead", None, step.acting.person_id)
    leg["state"], leg["awaits"] = "handling", ""


def _claim_unit(step: Step, _: str) -> None:
    open_leg(step, "lead", step.data["lead"])["state"] = "handling"


def _owes(step: Step, leg: Record) -> None:
    """The claimer owes the wish."""
    leg["active"], leg["state"], leg["awaits"] = True, "handling", "wish.fulfil"
    leg["reported_at"] = leg["ended_at"] = None


def _agreed(step: Step, _: str) -> None:
    leg = step.book.lead_leg
    assert leg is not None, "a claimed wish has a claimer"
    _owes(step, leg)


def _again(step: Step, _: str) -> None:
    leg = step.book.last_lead_leg
    assert leg is not None, "a fulfilled wish has a claimer"
    _owes(step, leg)
    step.item["responsible_organisation_id"], step.item["responsible_person_id"] = (
        leg["organisation_id"],
        leg["person_id"],
    )


def _window(step: Step, _: str) -> None:
    """The time to fulfil it runs for a month where no rule gives it one: nobody sees a contact for ever, or never."""
    if step.book.clock("fulfil") is None:
        start_clock(step, "fulfil", due_at=step.now + timedelta(days=FULFIL_DAYS))


def _free(step: Step, _: str) -> None:
    """Nobody has it any more: legs and clocks of the claim end."""
    for name in ("end_legs", "finish"):
        effects.OPERATIONS[name](step, "")
    step.item["responsible_organisation_id"] = step.item["responsible_person_id"] = None


def install() -> None:
    """Make them known to the engine."""
    guards.add(*_guards())
    effects.add(
        wish_words=_words, wish_claim=_claim, wish_claim_unit=_claim_unit, wish_agreed=_agreed, wish_again=_again,
        wish_free=_free, wish_window=_window,
    )  # fmt: skip
