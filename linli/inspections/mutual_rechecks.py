"""Writers of re-checks (复查): what a mutual check found wanting is looked at again before the next round.

A re-check is planned with the result that asks for it, on the day that the round's rule gives; whoever leads may set
another day. The shop says that it is mended; somebody else than who said so looks again. Still not well: another turn.
The shop is told first here too (E7): staff act on a re-check only when the result before it was told, or is their own.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from linli.inspections.batch import refuse
from linli.inspections.models import MutualCheck, MutualRecheck
from linli.inspections.mutual import recheck_on
from linli.inspections.mutual_access import locked_check, not_own
from linli.inspections.mutual_telling import AGAIN, MENDED, MOVED, RECHECKED, tell_shops
from linli.inspections.promises import PROMISE, clean_words
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden
from linli.people.audit import record
from linli.work import moments
from linli.work.engine import StepRefused

AHEAD_MAX = timedelta(days=90)
"""So far ahead a re-check may be put."""
MENDER = Label("说已改好的人不能自己复查，请换一个人。", "Whoever said it was mended does not re-check it.")
NONE = Label("没有要复查的。", "There is nothing to re-check.")


def plan_recheck(actor: Actor, row: MutualCheck, turn: int, due_on: date) -> MutualRecheck:
    """The next look at a shop that is to mend something; the checking shop hears of it. In the caller's transaction."""
    planned = MutualRecheck.objects.create(check_of=row, turn=turn, due_on=due_on)
    tell_shops([row.checker_id], AGAIN, row, besides=actor.person_id)
    return planned


def due_by_rule(row: MutualCheck) -> date:
    """The day by the rule of the round, from now on."""
    return recheck_on(timezone.localdate(moments.now()), row.recheck_days)


@transaction.atomic
def set_recheck_day(actor: Actor, check_id: int, due_on: date) -> MutualRecheck:
    """Put the open re-check on another day, or plan the first one of an old result; the same day changes nothing.

    Staff of the place only. ObjectHidden (404), StepRefused (422 for the day, 409 without anything to re-check).
    """
    row, turns = _staff(actor, check_id)
    today = timezone.localdate(moments.now())
    if not today <= due_on <= today + AHEAD_MAX:
        raise refuse("bad_day", "due_on", "复查日期从今天起，90天以内。", "From today on, within 90 days.")
    open_one = _open(turns)
    told = [row.checker_id, row.checked_id]
    if open_one is None:
        if turns or row.good is not False:
            raise StepRefused("nothing", NONE, status=409)
        open_one, told = plan_recheck(actor, row, 1, due_on), [row.checked_id]
    elif open_one.due_on == due_on:
        return open_one
    open_one.due_on, open_one.moved_by_id = due_on, actor.person_id
    open_one.save(update_fields=["due_on", "moved_by"])
    record("inspection.promise", actor_id=actor.person_id, subject=f"mutual:{row.pk}", recheck_on=due_on.isoformat())
    tell_shops(told, MOVED, row, besides=actor.person_id)
    return open_one


@transaction.atomic
def say_mended(actor: Actor, check_id: int) -> MutualRecheck:
    """It is mended, say the shop's people, or staff for them; the checking shop hears of it. Again changes nothing."""
    row, own = locked_check(actor, check_id, "checked")
    turns = _turns(row)
    if not own:
        _readable(actor, row, turns)
    found = _open(turns)
    if found is None:
        raise StepRefused("nothing", NONE, status=409)
    if found.mended_at is None:
        found.mended_at, found.mended_by_id = moments.now(), actor.person_id
        found.save(update_fields=["mended_at", "mended_by"])
        record("inspection.promise", actor_id=actor.person_id, subject=f"mutual:{row.pk}", mended=found.turn)
        tell_shops([row.checker_id], MENDED, row, besides=actor.person_id)
    return found


@transaction.atomic
def record_recheck(actor: Actor, check_id: int, turn: int, good: bool, words: str = "") -> MutualRecheck:
    """Write down what the second look (the third …) found; where it is still not well, another one is planned.

    Done once: the same again by the same person changes nothing, another result is refused (409). Never by somebody
    of the shop itself, nor by who said that it was mended (409).
    """
    row, own = locked_check(actor, check_id, "checker")
    turns = _turns(row)
    if not own:
        _readable(actor, row, turns[:turn])
    found = next((one for one in turns if one.turn == turn), None)
    if found is None:
        raise StepRefused("nothing", NONE, status=409)
    said = clean_words(words, "words", 500, needed=not good)
    if found.done_at is not None:
        if (found.good, found.words, found.recorded_by_id) == (good, said, actor.person_id):
            return found
        raise StepRefused("done", Label("这次复查已经记录。", "It is recorded already."), status=409)
    not_own(actor, row)
    if found.mended_by_id is not None and found.mended_by_id == actor.person_id:
        raise StepRefused("own_work", MENDER, status=409)
    found.good, found.words, found.done_at, found.recorded_by_id = good, said, moments.now(), actor.person_id
    found.save(update_fields=["good", "words", "done_at", "recorded_by"])
    record("inspection.promise", actor_id=actor.person_id, subject=f"mutual:{row.pk}", rechecked=turn)
    tell_shops([row.checked_id], RECHECKED, row)
    if not good:
        plan_recheck(actor, row, turn + 1, due_by_rule(row))
    return found


def _turns(row: MutualCheck) -> list[MutualRecheck]:
    return list(MutualRecheck.objects.filter(check_of=row).order_by("turn"))


def _open(turns: list[MutualRecheck]) -> MutualRecheck | None:
    return next((one for one in turns if one.done_at is None), None)


def _staff(actor: Actor, check_id: int) -> tuple[MutualCheck, list[MutualRecheck]]:
    """For acts that are no shop's own; its people are refused as if there were nothing."""
    row, own = locked_check(actor, check_id, "checked")
    if own:
        raise ObjectHidden(PROMISE)
    turns = _turns(row)
    _readable(actor, row, turns)
    return row, turns


def _readable(actor: Actor, row: MutualCheck, turns: list[MutualRecheck]) -> None:
    """Staff know of a re-check when the result that asked for it was told, or when they wrote it down themselves."""
    before = turns[-2] if len(turns) > 1 else row
    if before.released_at is None and (before.done_at is None or before.recorded_by_id != actor.person_id):
        raise ObjectHidden(PROMISE)
