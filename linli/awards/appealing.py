"""Appeals (申诉): within the days that the rules give, answered by somebody who had no part in the award."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from linli.awards import telling
from linli.awards.awarding import pay
from linli.awards.deciding import CONFIRM, ledger_refused, refused, said
from linli.awards.models import Appeal, Award
from linli.awards.models.awards import DECLINED, GRANTED, NONE, REVERSED, WAITING
from linli.awards.nominating import TAKE_PART
from linli.awards.rule_services import POINTS_MAX
from linli.awards.rulebook import members, tally_of
from linli.awards.rules import ALL
from linli.credits.errors import LedgerProblem
from linli.people.access import Actor, ObjectHidden, refuse, require
from linli.people.audit import record

TEXT_MAX = 500
ANSWER_DAYS = 15
"""So many days staff have to answer (a setting of none: standards.md §6 asks for a set time)."""
APPEAL_DAYS = 15
"""Where no rule applies."""


def appeal_until(award: Award) -> date:
    """The last day on which an award may be appealed: counted from when it was decided, or was taken back later."""
    decided = timezone.localdate(award.reversed_at or award.decided_at or award.made_at)
    days = award.rule.rule_set.appeal_days if award.rule is not None else APPEAL_DAYS
    return decided + timedelta(days=days)


def speaks_of(award: Award, row: Appeal) -> bool:
    """Whether an appeal speaks of the award as it is: none that was withdrawn, nor one from before it was reversed."""
    return row.state != Appeal.WITHDRAWN and (award.reversed_at is None or row.made_at >= award.reversed_at)


@transaction.atomic
def appeal(actor: Actor, award_id: int, text: str) -> Appeal:
    """Disagree with what one's own deed came to. Sent again while it is open, it is the same appeal."""
    require(actor, TAKE_PART)
    award = Award.objects.select_for_update(of=("self",)).select_related("rule__rule_set").filter(pk=award_id).first()
    if award is None:
        raise ObjectHidden(TAKE_PART)
    if actor.person_id is None or award.person_id != actor.person_id:
        refuse(actor, TAKE_PART, hidden=True)
    known = award.appeals.filter(state=Appeal.OPEN).first()
    if known is not None:
        return known
    if any(speaks_of(award, row) for row in award.appeals.all()):
        raise refused("again", "这一笔已经申诉并答复过。", "This was appealed and answered before.", status=409)
    if award.state == WAITING:
        raise refused("waiting", "这一笔还在审定，请先等结果。", "It still waits to be confirmed.", status=409)
    today = timezone.localdate()
    if today > appeal_until(award):
        raise refused("late", "已过申诉期。", "The time for appeals is over.", status=409)
    row = Appeal.objects.create(
        award=award, person_id=award.person_id, text=said(text, TEXT_MAX, field="text"), made_at=timezone.now(),
        due_on=today + timedelta(days=ANSWER_DAYS),
    )  # fmt: skip
    record("points.appeal", actor_id=actor.person_id, subject=f"appeal:{row.pk}", what="made")
    return row


@transaction.atomic
def withdraw(actor: Actor, appeal_id: int) -> Appeal:
    """Take one's own appeal back; again changes nothing."""
    row = Appeal.objects.select_for_update().filter(pk=appeal_id).first()
    if row is None:
        raise ObjectHidden(TAKE_PART)
    if row.person_id != actor.person_id:
        refuse(actor, TAKE_PART, hidden=True)
    if row.state == Appeal.OPEN:
        row.state = Appeal.WITHDRAWN
        row.save(update_fields=["state"])
    return row


@transaction.atomic
def decide(actor: Actor, appeal_id: int, answer: str, *, points: int = 0) -> Appeal:
    """Answer an appeal: uphold it with the points that are given now, or not (0). Somebody else than who decided."""
    row = (
        Appeal.objects.select_for_update(of=("self",)).select_related("award__rule__rule_set", "award__place")
        .filter(pk=appeal_id).first()
    )  # fmt: skip
    if row is None:
        raise ObjectHidden(CONFIRM)
    award = row.award
    require(actor, CONFIRM, place_path=str(award.place.path), hidden=True)
    if row.state != Appeal.OPEN:
        if row.decided_by_id == actor.person_id and (row.state == Appeal.GRANTED) == (points > 0):
            return row
        raise refused("decided", "这条申诉已经答复过了。", "This appeal was answered before.", status=409)
    concerned = (row.person_id, award.decided_by_id, award.proposed_by_id, award.reversed_by_id)
    if actor.person_id is None or actor.person_id in concerned:
        raise refused(
            "not_oneself", "须由原审定人以外的另一人答复。", "Somebody who had no part in it answers.", status=409
        )
    words = said(answer, TEXT_MAX, field="answer")
    if not 0 <= points <= POINTS_MAX:
        raise refused("bad_number", f"请填0到{POINTS_MAX}的整数。", f"From 0 to {POINTS_MAX}.", "points")
    row.state = Appeal.GRANTED if points else Appeal.DENIED
    row.answer, row.decided_by_id, row.decided_at = words, actor.person_id, timezone.now()
    if points:
        row.granted = _granted(actor, row, points)
    row.save(update_fields=["state", "answer", "decided_by", "decided_at", "granted"])
    record("points.appeal", actor_id=actor.person_id, subject=f"appeal:{row.pk}", what=row.state, points=points)
    telling.tell(telling.APPEAL, [row.person_id], {"award": award.pk})
    return row


def room_left(award: Award) -> int | None:
    """What the caps of the rule and of its version leave on the day of an award; None where there are none."""
    assert award.rule is not None
    members([award.person_id], lock=True)
    tally = tally_of([award.person_id], [award.happened_on])
    head, rule, key = award.rule.rule_set, award.rule, (award.person_id, award.place_id)
    left = [
        *tally.left(*key, rule.code, award.happened_on, (rule.day_cap, rule.month_cap)),
        *tally.left(*key, ALL, award.happened_on, (head.day_cap, head.month_cap)),
    ]
    return min((rest for rest in left if rest is not None), default=None)


def _granted(actor: Actor, row: Appeal, points: int) -> Award:
    """The points that an upheld appeal gives. They stand beside what is there, never above the rule's own amount."""
    award = row.award
    full = int(award.why.get("full") or 0)
    kept = 0 if award.state in (NONE, DECLINED, REVERSED) else award.points
    before = Award.objects.filter(state=GRANTED, pk__in=award.appeals.exclude(granted=None).values("granted"))
    kept += sum(before.values_list("points", flat=True))
    if award.rule is not None and full and points + kept > full:
        raise refused(
            "too_many",
            f"按规则最多{full}分，已计{kept}分。",
            f"At most {full} by the rule; {kept} are given.",
            "points",
        )
    if award.rule is not None:
        left = room_left(award)
        if left is not None and points > left:
            raise refused("cap", f"当天或当月的上限只剩{left}分。", f"The caps leave {left} points.", "points")
    made = Award.objects.create(
        key=f"appeal:{row.pk}", person_id=award.person_id, place_id=award.place_id, rule=award.rule,
        rule_code=award.rule_code, source=award.source, happened_on=award.happened_on, quantity=award.quantity,
        points=points, state=WAITING, why={"code": "appeal", "points": points}, decided_by_id=actor.person_id,
        made_at=timezone.now(), decided_at=timezone.now(),
    )  # fmt: skip
    try:
        if not pay(made, actor=actor):
            raise refused("not_joined", "本人已退出积分，不能入账。", "The person takes part no more.", status=409)
    except LedgerProblem as problem:
        raise ledger_refused(problem) from problem
    return made
