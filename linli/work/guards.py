"""Conditions of steps: pure predicates, each with a sentence that says what to do when it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from linli.kernel.labels import Label
from linli.work.book import Acting, Book, Record, Terms

RECALL_SECONDS_MAX = 8
REOPEN_DAYS_MAX = 30


@dataclass(frozen=True, slots=True)
class Situation:
    """What a guard looks at: the item in memory, who acts, with which values, when."""

    book: Book
    acting: Acting
    data: dict[str, Any]
    now: datetime
    leg: Record | None
    terms: Terms


@dataclass(frozen=True, slots=True)
class Guard:
    """A named condition. `static` ones depend on the item alone, so buttons can be hidden by them."""

    name: str
    explanation: Label
    holds: Callable[[Situation], bool]
    static: bool = True


def _kind_direct(s: Situation) -> bool:
    return s.book.item["subkind"] in ("consultation", "praise") or s.data.get("repeat") is True


def _another_officer(s: Situation) -> bool:
    refusals = [e for e in s.book.past if e.transition in ("refuse", "not_so", "gone")]
    return not refusals or refusals[-1].actor_person_id != s.acting.person_id


def _lead_not_accused(s: Situation) -> bool:
    accused = s.book.facts.get("accused_organisation_id")
    return accused is None or s.data.get("lead") != accused


def _co_reported(s: Situation) -> bool:
    open_ones = [leg for leg in s.book.active_legs if leg["role"] in ("co", "local") and leg["state"] != "reported"]
    return not open_ones or bool(str(s.data.get("override") or "").strip())


def _interim_given(s: Situation) -> bool:
    due = s.book.item["handle_due"]
    if due is None or s.now <= due:
        return True
    return any(e.transition == "interim_answer" for e in s.book.past) or any(
        e.transition == "interim_answer" for e in s.book.planned
    )


def _not_handler(s: Situation) -> bool:
    if s.acting.person_id is None:
        return False
    handlers = {leg["person_id"] for leg in s.book.legs if leg["role"] != "check"}
    handling = (
        "sign", "sign_co", "reply", "report_back", "pass_down", "interim_answer", "fix_on_spot", "fix_to_verify", "submit",
    )  # fmt: skip
    handlers |= {e.actor_person_id for e in s.book.past if e.transition in handling}
    return s.acting.person_id not in handlers - {None}


def _of_another_unit(s: Situation) -> bool:
    units = {leg["organisation_id"] for leg in s.book.legs if leg["role"] != "check"} - {None}
    return s.acting.person_id is not None and not units & s.acting.organisation_ids


def _recent_own_step(s: Situation) -> bool:
    if not s.book.past:
        return False
    last = s.book.past[-1]
    return (
        last.sequence > 1
        and last.undo is not None
        and last.transition != "recall"
        and s.acting.person_id is not None
        and last.actor_person_id == s.acting.person_id
        and s.now - last.at <= timedelta(seconds=RECALL_SECONDS_MAX)
    )


def _return_in_time(s: Situation) -> bool:
    clock = next((c for c in s.book.clocks if s.leg is not None and c["leg_id"] == s.leg["id"]
                  and c["kind"] == "return"), None)  # fmt: skip
    return clock is None or clock["due_at"] is None or s.now <= clock["due_at"]


def _until_later(s: Situation) -> bool:
    until, due = s.data.get("until"), s.book.item["handle_due"]
    return isinstance(until, datetime) and until > s.now and (due is None or until > due)


def _reopen_window(s: Situation) -> bool:
    closed = s.book.item["closed_at"]
    return closed is not None and s.now - closed <= timedelta(days=REOPEN_DAYS_MAX)


def _leads(s: Situation) -> bool:
    return s.leg is not None and s.leg["role"] == "lead"


def _pending(kind: str) -> Callable[[Situation], bool]:
    return lambda s: s.book.pending(kind) is not None


def _none_pending(kind: str) -> Callable[[Situation], bool]:
    return lambda s: s.book.pending(kind) is None


_ASKS = {
    "appeal": Label("申诉", "appeal"),
    "return": Label("退单申请", "request to return"),
    "extension": Label("延期申请", "request for an extension"),
    "suspension": Label("挂账申请", "request for suspension"),
    "termination": Label("终止申请", "request for termination"),
    "exclusion": Label("剔除申请", "request for exclusion"),
}


def _guard(name: str, zh: str, en: str, holds: Callable[[Situation], bool], static: bool = True) -> Guard:
    return Guard(name, Label(zh, en), holds, static)


_NAMED = (
    _guard("may_be_answered_directly", "只有咨询、表扬和重复事项可以直接答复，其他请先受理。",
           "Only consultations, praise and repeats are answered directly; accept it first.", _kind_direct, False),
    _guard("another_officer", "申诉要由另一名受理员决定。", "Another officer has to decide the appeal.",
           _another_officer, False),
    _guard("lead_is_not_accused", "被举报的单位不能承办，请选择其他单位。",
           "The accused unit may not handle it; choose another one.", _lead_not_accused, False),
    _guard("lead_may_lead", "这是部门职责，社区不能作主办单位。",
           "This is a department's duty; a community cannot lead it.",
           lambda s: not isinstance(s.data.get("lead"), int) or s.terms.may_lead(s.data["lead"], s.book.item), False),
    _guard("own_leg_leads", "只有主办单位可以这样做。", "Only the lead unit may do this.", _leads),
    _guard("own_leg_supports", "只有协办或属地单位需要这样做。", "This is for co-handlers and local units.",
           lambda s: s.leg is not None and s.leg["role"] in ("co", "local", "sub")),
    _guard("own_leg_unsigned", "本单位已经签收。", "Your unit has signed already.",
           lambda s: s.leg is not None and s.leg["signed_at"] is None),
    _guard("own_leg_signed", "请先签收。", "Sign for it first.",
           lambda s: s.leg is not None and s.leg["signed_at"] is not None),
    _guard("unit_is_not_on_it", "这个单位已经在办。", "This unit is on it already.",
           lambda s: s.data.get("unit") not in {leg["organisation_id"] for leg in s.book.active_legs}, False),
    _guard("own_leg_unreported", "本单位已经反馈。", "Your unit has reported already.",
           lambda s: s.leg is not None and s.leg["reported_at"] is None),
    _guard("own_leg_may_return", "指定承办的单位不能再退单。", "A unit appointed finally may not return it.",
           lambda s: s.leg is not None and not s.leg["final"]),
    _guard("within_return_limit", "已超过退单时限，请继续办理。", "The limit for returning has passed.", _return_in_time),
    _guard("reporter_can_answer", "诉求人没有留下查看方式，无法提问。", "The reporter cannot be asked.",
           lambda s: bool(s.book.facts.get("reporter_can_answer", True))),
    _guard("co_handlers_reported_or_overridden", "协办单位还没有反馈，请等待或说明原因。",
           "Co-handlers have not reported; wait, or say why you go on.", _co_reported, False),
    _guard("interim_answered_when_overdue", "已超期，请先给诉求人一个阶段性答复。",
           "It is overdue: give the reporter an interim answer first.", _interim_given, False),
    _guard("nothing_else_pending", "还有申请没有批复，请等待决定。", "A request of yours is still pending.",
           lambda s: all(s.book.pending(kind) is None for kind in ("suspension", "termination"))),
    _guard("until_later_than_due", "延长到的时间要晚于现在的期限。", "Choose a time later than the present due date.",
           _until_later, False),
    _guard("not_endorsed", "已经审签。", "It is endorsed already.", lambda s: not s.book.item["endorsed"]),
    _guard("is_endorsed", "请等单位负责人审签。", "The unit's head has to endorse the reply first.",
           lambda s: bool(s.book.item["endorsed"])),
    _guard("site_check_needed", "这件不需要现场核查，请直接办结。", "Nothing to see on site: close it.",
           lambda s: bool(s.book.item["needs_site_check"])),
    _guard("no_site_check_needed", "这件需要现场核查。", "This one has to be verified on site.",
           lambda s: not s.book.item["needs_site_check"]),
    _guard("verifier_is_not_the_handler", "承办人不能核查自己办的事，请由其他人核查。",
           "Whoever handled it cannot verify it; someone else has to.", _not_handler, False),
    _guard("gaps_filled_or_explained", "还缺佐证，请补充照片，或说明为什么没有。",
           "Evidence is missing: add it, or say why there is none.",
           lambda s: not s.book.facts.get("gaps") or bool(s.data.get("photos") or s.data.get("words")), False),
    _guard("verifier_is_of_another_unit", "承办单位的人不能核查本单位办的事，请由其他单位核查。",
           "The unit that handled it cannot verify it; someone of another unit has to.", _of_another_unit, False),
    _guard("not_yet_rated", "已经评价过了。", "It has been rated already.",
           lambda s: s.book.item["rating"] is None and s.book.item["call_back_attempts"] < 3),
    _guard("has_lead_leg", "这件没有承办单位，请用“重办”。", "No unit handled it: reopen it instead.",
           lambda s: s.book.last_lead_leg is not None),
    _guard("has_no_lead_leg", "已有承办单位，请用“返工”。", "A unit has it: send it back for rework.",
           lambda s: s.book.last_lead_leg is None),
    _guard("first_handling", "这是第二次办理之后的评价。", "It has been handled twice.",
           lambda s: s.book.item["handling_round"] == 1),
    _guard("later_handling", "这是第一次办理。", "It was handled once.",
           lambda s: s.book.item["handling_round"] > 1),
    _guard("within_reopen_window", "办结已超过30天，请重新上报。", "Closed over 30 days ago: make a new report.",
           _reopen_window, False),
    _guard("own_last_step_recent", "只能在8秒内撤回自己的最后一步，而且别人还没有操作。",
           "Only your own last step, within 8 seconds, before anyone else acts.", _recent_own_step, False),
    _guard("other_item_is_live", "并入的事项不存在、已结束或就是它自己。",
           "The other item does not exist, has ended, or is this one.",
           lambda s: bool(s.book.facts.get("merge_target_is_live")), False),
)  # fmt: skip

_OF_ASKS = tuple(
    guard
    for kind, label in _ASKS.items()
    for guard in (
        _guard(f"{kind}_pending", f"没有待决定的{label.zh}。", f"There is no pending {label.en}.", _pending(kind)),
        _guard(f"no_pending_{kind}", f"已有一个{label.zh}在等待决定。", f"A {label.en} is pending already.",
               _none_pending(kind)),
    )
)  # fmt: skip

GUARDS: dict[str, Guard] = {entry.name: entry for entry in (*_NAMED, *_OF_ASKS)}


def add(*guards: Guard) -> None:
    """Make known the conditions that a room's own workflow names; called before the kind is registered."""
    GUARDS.update({entry.name: entry for entry in guards})
