"""What little red flowers move in the ledger: each sticker's points, and the budget that sheets still need.

A sticker is paid by the street's pool under the natural key `sticker:{id}`. Where the pool has a budget, a new sheet is
refused when the budget does not cover it beside what other sheets may still need.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import F, Q, Sum
from django.utils import timezone

from linli.awards.models import Sticker
from linli.awards.rulebook import members, tally_of
from linli.awards.rules import ALL, last_day
from linli.credits import ledger
from linli.credits.funding import budget_left
from linli.credits.models import Account
from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.work.engine import StepRefused

STICKER, AWARD = "sticker", "award"
NO_BUDGET = Label(
    "本街道积分池的额度不够印这一版。请减少枚数或分值，或请街道拨付额度。",
    "The street's pool cannot pay this sheet. Take fewer stickers or points, or ask for a larger budget.",
)


def takeable(today: date) -> Q:
    """Stickers that may still be paid: untaken ones of valid sheets, and kept ones while they can be put in."""
    untaken = Q(voided_at=None, claimed_at=None, sheet__valid_until__gte=today)
    return Q(redeemed_at=None) & (untaken | Q(claimed_at__isnull=False, sheet__claims_until__gte=today))


def committed(street_id: int) -> int:
    """Points that the sheets of a street may still need (1 statement)."""
    rows = Sticker.objects.filter(takeable(timezone.localdate()), sheet__street_id=street_id)
    return int(rows.aggregate(sum=Sum(F("sheet__points")))["sum"] or 0)


def ask_budget(street_id: int, points: int) -> None:
    """See that the street's pool can pay so many points more; StepRefused (409) otherwise.

    The pool's row is locked, so that two sheets made at once do not count on the same budget; awards do not wait.
    """
    pool_id = ledger.pool(street_id)
    Account.objects.select_for_update(no_key=True).get(pk=pool_id)
    left = budget_left(pool_id)
    if left is not None and left < committed(street_id) + points:
        raise StepRefused("no_budget", NO_BUDGET, status=409, field="count")


def fitting(rows: Sequence[Sticker], person_id: int) -> list[Sticker]:
    """Those of these stickers for which the limits of their rules leave room today (≤ 2 statements).

    A flower counts whole or not at all, and the first of a day always fits, whatever the limit: a limit holds back what
    is too much and never makes a flower worthless. Under the lock of the person's account, so that two phones do not
    count on the same room.
    """
    if all(row.sheet.rule is None for row in rows):
        return list(rows)
    members([person_id], lock=True)
    today = timezone.localdate()
    tally, found = tally_of([person_id], [today]), []
    for row in rows:
        rule, street, points = row.sheet.rule, row.sheet.street_id, row.sheet.points
        if rule is None:
            found.append(row)
            continue
        limits = ((rule.code, rule.day_cap, rule.month_cap), (ALL, rule.rule_set.day_cap, rule.rule_set.month_cap))
        if all(
            rest is None or rest >= points or rest == cap
            for code, *caps in limits
            for cap, rest in zip(caps, tally.left(person_id, street, code, today, (caps[0], caps[1])), strict=True)
        ):
            tally.add(person_id, street, rule.code, today, points)
            found.append(row)
    return found


def pay(rows: Sequence[Sticker], person_id: int, actor: Actor) -> None:
    """Credit the points of these stickers to a person's account, each once for ever. Raises LedgerProblem."""
    if not rows:
        return
    today, account = timezone.localdate(), ledger.member_account(person_id)
    postings = [
        ledger.Posting(
            f"{STICKER}:{row.pk}", AWARD, ledger.pool(row.sheet.street_id), account, row.sheet.points, STICKER, today,
            STICKER, row.pk, last_day(today, row.sheet.validity_months),
        )
        for row in rows
    ]  # fmt: skip
    ledger.post(postings, actor=actor)
