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
from linli.inspections.models import MutualCheck
from linli.inspections.mutual import pairs
from linli.inspections.mutual_telling import FOUND, OWN_SHOP, TOLD, tell_begun, tell_result
from linli.inspections.promises import PROMISE, clean_words, place_over
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.people.models import Organisation
from linli.places.kinds import SHOP_KINDS
from linli.work import moments
from linli.work.engine import StepRefused

MEMBERS_MAX = 200


def ring_of(site_ids: Iterable[int], key: UUID) -> list[tuple[int, int]]:
    """Who would check whom: (checker, checked), the same for the same shops and key (1 statement)."""
    members = sorted(set(site_ids))
    before = MutualCheck.objects.filter(checker_id__in=members).values_list("checker_id", "checked_id")
    return pairs(members, before, seed=key.int & 0xFFFF)


@transaction.atomic
def begin_mutual_checks(
    actor: Actor,
    site_ids: Sequence[int],
    title: str,
    due_on: date,
    *,
    key: UUID,
    shown: Sequence[tuple[int, int]] | None = None,
) -> int:
    """Give each shop another one to check: a ring, nobody itself; how many. The same key again changes nothing.

    `shown` is the ring that was looked at before: StepRefused (409) when it would be another one by now.
    """
    members = sorted(set(site_ids))
    for site_id in members:
        if place_over(actor, site_id).site_kind not in SHOP_KINDS:
            raise refuse("no_shop", "sites", "互查只在商户之间进行。", "Only shops check each other.")
    if len(members) < 2:
        raise refuse("too_few", "sites", "至少选两家。", "Choose two or more.")
    if len(members) > MEMBERS_MAX:
        raise refuse("too_many", "sites", f"一轮最多{MEMBERS_MAX}家。", f"At most {MEMBERS_MAX} in one round.")
    known = MutualCheck.objects.filter(batch=key).count()
    if known:
        return known
    ring = ring_of(members, key)
    if shown is not None and sorted(shown) != ring:
        raise StepRefused("changed", Label("名单有变化，请再看一遍。", "The list has changed; look again."), status=409)
    title = clean_words(title, "title", 120, needed=True)
    MutualCheck.objects.bulk_create(
        MutualCheck(batch=key, title=title, checker_id=one, checked_id=other, due_on=due_on) for one, other in ring
    )
    record("inspection.promise", actor_id=actor.person_id, subject=f"mutual_round:{key}", shops=len(ring))
    tell_begun(members, key)
    return len(ring)


def _check(actor: Actor, check_id: int, own: str) -> MutualCheck:
    """A check that staff of the place may act on, or the people of the shop that is its `own` (checker, checked)."""
    rows = MutualCheck.objects.select_for_update(of=("self",)).select_related("checked", "checker")
    row = rows.filter(pk=check_id).first()
    if row is None:
        raise ObjectHidden(PROMISE)
    if not _is_of(actor, row.checker_id if own == "checker" else row.checked_id):
        require(actor, PROMISE, place_path=str(row.checked.path), hidden=True)
    return row


def _is_of(actor: Actor, site_id: int) -> bool:
    """Whether the actor is one of a shop's own people (at most 1 statement)."""
    units = actor.scopes(OWN_SHOP).organisation_ids
    return bool(units) and Organisation.objects.filter(pk__in=units, place_id=site_id, active=True).exists()


@transaction.atomic
def record_mutual_check(actor: Actor, check_id: int, good: bool, words: str = "") -> MutualCheck:
    """Write down what one shop found at another; done once: StepRefused (409) for another result.

    The same again by the same person changes nothing. Where something is to be mended, words say what.
    """
    row = _check(actor, check_id, "checker")
    said = clean_words(words, "words", 500, needed=not good)
    if row.done_at is not None:
        if (row.good, row.words, row.recorded_by_id) == (good, said, actor.person_id):
            return row
        raise StepRefused("done", Label("这次互查已经记录。", "It is recorded already."), status=409)
    row.good, row.words, row.done_at, row.recorded_by_id = good, said, moments.now(), actor.person_id
    row.save(update_fields=["good", "words", "done_at", "recorded_by"])
    record("inspection.promise", actor_id=actor.person_id, subject=f"mutual:{row.pk}", recorded=True)
    tell_result(row, FOUND)
    return row


@transaction.atomic
def tell_checked_shop(actor: Actor, check_id: int) -> MutualCheck:
    """The shop knows its result: only then the street and the site's page show it (E7: the shops first).

    Said by whoever told it, or by the shop's own people; who it was stands in the audit. What staff say is shown to
    the shop, so that nobody can say so in vain.
    """
    row = _check(actor, check_id, "checked")
    if row.done_at is None:
        raise StepRefused("not_done", Label("还没有互查结果。", "There is no result yet."), status=409)
    if row.told_at is None:
        row.told_at = row.released_at = moments.now()
        row.save(update_fields=["told_at", "released_at"])
        record("inspection.promise", actor_id=actor.person_id, subject=f"mutual:{row.pk}", told=True)
        if not _is_of(actor, row.checked_id):
            tell_result(row, TOLD)
    return row
