"""Writers of mutual checks (互查): a round begins, a shop's result is written down, the shop is told, the street sees.

Results go to the shops first (E7). A shop's own people may write down what they found at the shop they were given,
and say that they have seen what was found at their own; staff do both where no shop has an account.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.db import transaction

from linli.inspections.batch import refuse
from linli.inspections.models import MutualCheck, MutualRecheck
from linli.inspections.mutual import RECHECK_DAYS, RECHECK_DAYS_MAX, pairs
from linli.inspections.mutual_access import locked_check, not_own
from linli.inspections.mutual_rechecks import due_by_rule, plan_recheck
from linli.inspections.mutual_telling import FOUND, TOLD, kept_together, tell_begun, tell_result
from linli.inspections.promises import clean_words, place_over
from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.people.audit import record
from linli.places.kinds import SHOP_KINDS
from linli.work import moments
from linli.work.engine import StepRefused

MEMBERS_MAX = 200


def ring_of(site_ids: Iterable[int], key: UUID) -> list[tuple[int, int]]:
    """Who would check whom: (checker, checked), the same for the same shops, their people and key (2 statements)."""
    members = sorted(set(site_ids))
    before = MutualCheck.objects.filter(checker_id__in=members).values_list("checker_id", "checked_id")
    return pairs(members, before, apart=kept_together(members), seed=key.int & 0xFFFF)


@transaction.atomic
def begin_mutual_checks(
    actor: Actor,
    site_ids: Sequence[int],
    title: str,
    due_on: date,
    *,
    key: UUID,
    shown: Sequence[tuple[int, int]] | None = None,
    recheck_days: int = RECHECK_DAYS,
) -> int:
    """Give each shop another one to check: a ring, nobody itself; how many. The same key again changes nothing.

    `shown` is the ring that was looked at before: StepRefused (409) when it would be another one by now. In
    `recheck_days` after a result that asks for mending the shop is looked at again.
    """
    members = sorted(set(site_ids))
    for site_id in members:
        if place_over(actor, site_id).site_kind not in SHOP_KINDS:
            raise refuse("no_shop", "sites", "互查只在商户之间进行。", "Only shops check each other.")
    if len(members) < 2:
        raise refuse("too_few", "sites", "至少选两家。", "Choose two or more.")
    if len(members) > MEMBERS_MAX:
        raise refuse("too_many", "sites", f"一轮最多{MEMBERS_MAX}家。", f"At most {MEMBERS_MAX} in one round.")
    if not 1 <= recheck_days <= RECHECK_DAYS_MAX:
        label = f"复查的天数应为1到{RECHECK_DAYS_MAX}天。"
        raise refuse("bad_days", "recheck_days", label, f"Re-check within 1 to {RECHECK_DAYS_MAX} days.")
    known = MutualCheck.objects.filter(batch=key).count()
    if known:
        return known
    ring = ring_of(members, key)
    if shown is not None and sorted(shown) != ring:
        raise StepRefused("changed", Label("名单有变化，请再看一遍。", "The list has changed; look again."), status=409)
    title = clean_words(title, "title", 120, needed=True)
    MutualCheck.objects.bulk_create(
        MutualCheck(
            batch=key, title=title, checker_id=one, checked_id=other, due_on=due_on, recheck_days=recheck_days
        )
        for one, other in ring
    )  # fmt: skip
    record("inspection.promise", actor_id=actor.person_id, subject=f"mutual_round:{key}", shops=len(ring))
    tell_begun(members, key)
    return len(ring)


@transaction.atomic
def record_mutual_check(actor: Actor, check_id: int, good: bool, words: str = "") -> MutualCheck:
    """Write down what one shop found at another; done once: StepRefused (409) for another result.

    The same again by the same person changes nothing. Where something is to be mended, words say what, and the shop
    is to be looked at again. Nobody writes down a result of their own shop (409).
    """
    row, _own = locked_check(actor, check_id, "checker")
    said = clean_words(words, "words", 500, needed=not good)
    if row.done_at is not None:
        if (row.good, row.words, row.recorded_by_id) == (good, said, actor.person_id):
            return row
        raise StepRefused("done", Label("这次互查已经记录。", "It is recorded already."), status=409)
    not_own(actor, row)
    row.good, row.words, row.done_at, row.recorded_by_id = good, said, moments.now(), actor.person_id
    row.save(update_fields=["good", "words", "done_at", "recorded_by"])
    record("inspection.promise", actor_id=actor.person_id, subject=f"mutual:{row.pk}", recorded=True)
    tell_result(row, FOUND)
    if not good:
        plan_recheck(actor, row, 1, due_by_rule(row))
    return row


@transaction.atomic
def tell_checked_shop(actor: Actor, check_id: int, *, turn: int | None = None) -> MutualCheck:
    """The shop knows what was found at it: only then the street and the site's page show it (E7: the shops first).

    All that was found up to the re-check `turn` that was shown (0: the check alone), or up to now. Said by whoever
    told it, or by the shop's own people; who it was stands in the audit. What staff say is shown to the shop, so that
    nobody can say so in vain.
    """
    row, own = locked_check(actor, check_id, "checked")
    if row.done_at is None:
        raise StepRefused("not_done", Label("还没有互查结果。", "There is no result yet."), status=409)
    untold: list[MutualCheck | MutualRecheck] = [row] if row.told_at is None else []
    rechecks = MutualRecheck.objects.filter(check_of=row, done_at__isnull=False, told_at=None).order_by("turn")
    untold += [one for one in rechecks if turn is None or one.turn <= turn]
    for one in untold:
        one.told_at = one.released_at = moments.now()
        one.save(update_fields=["told_at", "released_at"])
    if untold:
        record("inspection.promise", actor_id=actor.person_id, subject=f"mutual:{row.pk}", told=True)
        if not own:
            tell_result(row, TOLD)
    return row
