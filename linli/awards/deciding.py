"""What people decide about awards: the second person, a reversal with its reason, what to do when points are spent."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from linli.awards import awarding, telling
from linli.awards.models import Award
from linli.awards.models.awards import DECLINED, GRANTED, REVERSED, TO_SETTLE, WAITING
from linli.awards.rulebook import members
from linli.credits.errors import Insufficient, LedgerProblem
from linli.kernel.labels import Label
from linli.people import personal
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.work.engine import StepRefused

CONFIRM, CORRECT, VIEW = "awards.confirm", "credits.correct", "awards.view"
REASON_MAX = 200
CORRECTION = "correction"
"""What the ledger keeps of a reversal; its reason in words stands with the award."""


def refused(code: str, zh: str, en: str, field: str = "", status: int = 422) -> StepRefused:
    """A refusal with the field it belongs to."""
    return StepRefused(code, Label(zh, en), status=status, field=field)


def said(text: str, longest: int = REASON_MAX, *, field: str = "reason") -> str:
    """A reason as it is kept; refused when there is none or it is too long."""
    words = text.replace("\x00", "").strip()
    if not words:
        raise refused("no_reason", "请写明原因。", "Say why.", field)
    if len(words) > longest:
        raise refused("too_long", f"不超过{longest}字。", f"At most {longest} characters.", field)
    return words


def locked(actor: Actor, award_id: int, permission: str) -> Award:
    """An award under lock, for somebody who may; missing and forbidden look alike.

    Its person's account is locked first, as by whoever hears of deeds, so that the two do not wait in a circle.
    """
    seen = Award.objects.select_related("place").filter(pk=award_id).first()
    if seen is None:
        raise ObjectHidden(permission)
    require(actor, permission, place_path=str(seen.place.path), hidden=True)
    members([seen.person_id], lock=True)
    rows = Award.objects.select_for_update(of=("self",)).select_related("rule", "place", "deed")
    return rows.get(pk=award_id)


def _check_other(actor: Actor, award: Award) -> None:
    """Neither the person nor the proposer; where a second person is asked for, not whoever confirmed the record.

    One's own are also points of another entry with one's own phone (1 statement).
    """
    concerned = {award.person_id, award.proposed_by_id}
    if award.deed is not None and award.why.get("waits") == "second":
        concerned.add(award.deed.facts.get("by"))
    if actor.person_id is None or concerned.intersection(personal.same_phone_ids(actor.person_id)):
        raise refused(
            "not_oneself", "须由本人、提交人和确认记录的人以外的另一人审定。",
            "Somebody else than the person, the proposer and who confirmed the record has to confirm it.", status=409,
        )  # fmt: skip


@transaction.atomic
def confirm(actor: Actor, award_id: int) -> Award:
    """Confirm an award that waits: its points are paid now. Again it is the same. Raises StepRefused."""
    award = locked(actor, award_id, CONFIRM)
    if award.state == GRANTED and award.decided_by_id == actor.person_id:
        return award
    _check_waiting(award)
    _check_other(actor, award)
    award.decided_by_id, award.decided_at = actor.person_id, timezone.now()
    award.save(update_fields=["decided_by", "decided_at"])
    try:
        awarding.pay(award, actor=actor)
    except LedgerProblem as problem:
        raise ledger_refused(problem) from problem
    if award.state == GRANTED:
        telling.tell(telling.CONFIRMED, [award.person_id], {"award": award.pk, "points": award.points})
    record("points.award", actor_id=actor.person_id, subject=f"award:{award.pk}", what="confirmed", points=award.points)
    return award


def _check_waiting(award: Award) -> None:
    if award.state != WAITING:
        raise refused("decided", "这一笔已经处理过了。", "This award has been decided.", status=409)


def ledger_refused(problem: LedgerProblem) -> StepRefused:
    """A refusal of the ledger, as pages show it."""
    if isinstance(problem, Insufficient):
        return refused(
            "no_budget", "街道积分池的额度不够，请先拨付额度。", "The street's pool has not enough; fund it first.",
            status=409,
        )  # fmt: skip
    return StepRefused(problem.code, problem.label, status=problem.status)


@transaction.atomic
def decline(actor: Actor, award_id: int, reason: str) -> Award:
    """Do not confirm an award that waits, with the reason, which its person reads and may appeal."""
    award = locked(actor, award_id, CONFIRM)
    words = said(reason)
    if award.state == DECLINED and award.decided_by_id == actor.person_id:
        return award
    _check_waiting(award)
    _check_other(actor, award)
    award.state, award.reason = DECLINED, words
    award.decided_by_id, award.decided_at = actor.person_id, timezone.now()
    award.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    telling.tell(telling.DECLINED, [award.person_id], {"award": award.pk, "points": award.points})
    record("points.award", actor_id=actor.person_id, subject=f"award:{award.pk}", what="declined")
    return award


@transaction.atomic
def reverse(actor: Actor, award_id: int, reason: str) -> Award:
    """Reverse a wrong award, with the reason (冲正), and tell its person, who may appeal it.

    Refused (409) when its points are spent: no debt is ever made.
    """
    award = locked(actor, award_id, CORRECT)
    words = said(reason)
    if award.state == REVERSED:
        return award
    if award.state not in (GRANTED, TO_SETTLE):
        raise refused("not_granted", "这一笔没有入账，不用冲正。", "Nothing was paid by this award.", status=409)
    if actor.person_id is None or award.person_id in personal.same_phone_ids(actor.person_id):
        raise refused("not_oneself", "不能处理自己的积分。", "Not one's own points.", status=409)
    if not awarding.took_back(award, CORRECTION, actor):
        raise refused(
            "spent", "这笔积分已经兑换掉了，不能冲正，也不会让人欠分。可以选“保留”。",
            "These points are spent: they are not taken back and nobody owes any. Choose to leave them.", status=409,
        )  # fmt: skip
    awarding.mark_reversed(award, words, actor)
    record("points.award", actor_id=actor.person_id, subject=f"award:{award.pk}", what="reversed", points=award.points)
    return award


@transaction.atomic
def leave_be(actor: Actor, award_id: int, reason: str) -> Award:
    """The deed was withdrawn but its points are spent: leave them, with the reason. Never a penalty, never a debt."""
    award = locked(actor, award_id, CORRECT)
    words = said(reason)
    if award.state == GRANTED and award.reason == words:
        return award
    if award.state != TO_SETTLE:
        raise refused("decided", "这一笔已经处理过了。", "This award has been decided.", status=409)
    # Marked, so that the deed, told once more as withdrawn, does not take back what was left.
    award.state, award.reason, award.why = GRANTED, words, award.why | {awarding.KEPT: 1}
    award.save(update_fields=["state", "reason", "why"])
    record("points.award", actor_id=actor.person_id, subject=f"award:{award.pk}", what="left", points=award.points)
    return award
