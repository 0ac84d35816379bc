"""Expiry under a clock of our own, by four workers at once of which one is killed midway (L7)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import Count, Sum

from chaos.tally import tell, tries
from linli.credits import ledger
from linli.credits.models import Lot, Transfer
from linli.credits.verifying import verify
from tests.credits.acting import act
from tests.credits.crowd import crowd, here
from tests.credits.laying import Street, lay
from tests.credits.simulator import clock_at

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
WORKERS = 4
LAST = date(2026, 6, 30)
"""The last day of the lots that are over; on the day after they end."""
AFTER = LAST + timedelta(days=1)
EACH = 10
"""Points in each lot."""


def awards(street: Street, count: int) -> None:
    """For each member in turn a lot that ends, and one that lives a day longer."""
    given = [
        {
            "key": f"{kind}:{number}", "debit": street.pool, "credit": street.members[number % len(street.members)],
            "amount": EACH, "expires_on": last.isoformat(),
        }
        for number in range(count)
        for kind, last in (("ends", LAST), ("lives", AFTER))
    ]  # fmt: skip
    for first in range(0, len(given), 10_000):
        assert act("post_all", postings=given[first : first + 10_000])[0] == "done"


def test_each_lot_ends_once_though_a_worker_is_killed(transactional_db: Any) -> None:
    lots = tries("ledger_expiry")
    street = lay(max(8, lots // 2))
    awards(street, lots)
    with clock_at(LAST, 0):
        assert ledger.expire() == 0, "on their last day they are good"
    plans = [[["expire", {"on": AFTER.isoformat(), "pause": 0.002}]]] * WORKERS
    with crowd(here(), plans) as running:
        running.go()
        while (ended := Transfer.objects.filter(kind="expiry").count()) < lots // 20:
            assert running.process.poll() is None
        running.kill(0)
        answers = running.finish()
    assert ended < lots and answers[0] == [], "it was killed midway"
    with clock_at(AFTER, 0):
        left = ledger.expire()
        assert ledger.expire() == 0
    judge(street, lots)
    tell("ledger_expiry", lots, ended_twice=0, not_ended=0, left_by_the_dead=left, most_workers=WORKERS)


def judge(street: Street, lots: int) -> None:
    """Each lot that is over has one transfer of all its points; the others have none."""
    ended = Transfer.objects.filter(kind="expiry")
    assert ended.count() == lots and ended.aggregate(points=Sum("amount"))["points"] == lots * EACH
    assert not Lot.objects.filter(expires_on=LAST).exclude(remaining=0).exists()
    assert Lot.objects.filter(expires_on=AFTER, remaining=EACH).count() == lots
    assert not ended.values("source_id").annotate(times=Count("id")).filter(times__gt=1).exists()
    member = street.members[0]
    with clock_at(AFTER, 1):
        good = ledger.balance(member).available
        assert act("spend", key="too much", account=member, sink=street.redeemed, amount=good + 1) == ["insufficient"]
        assert act("spend", key="all", account=member, sink=street.redeemed, amount=good)[0] == "done"
    report = verify()
    assert report.whole, report.faults


def test_no_point_is_spent_after_its_day_also_when_nobody_swept(transactional_db: Any) -> None:
    street = lay(1)
    awards(street, 1)
    (member,) = street.members
    for day, good in ((LAST, 2 * EACH), (AFTER, EACH), (AFTER + timedelta(days=1), 0)):
        with clock_at(day, 0):
            assert ledger.balance(member).available == good
            assert act("spend", key=f"{day}", account=member, sink=street.redeemed, amount=good + 1) == ["insufficient"]
            assert act("hold", key=f"{day}", account=member, amount=good + 1) == ["insufficient"]
    with clock_at(LAST, 1):
        assert act("spend", key="one", account=member, sink=street.redeemed, amount=1)[0] == "done"
    assert list(Lot.objects.order_by("expires_on").values_list("remaining", flat=True)) == [EACH - 1, EACH]


def test_control_workers_that_look_before_they_write_take_points_twice(transactional_db: Any) -> None:
    """No lock while they look, no lot named when they write: points that are good are taken."""
    street = lay(1)
    awards(street, 1)
    more = {"debit": street.pool, "credit": street.members[0], "amount": EACH, "expires_on": AFTER.isoformat()}
    act("post", key="lives too", **more)
    sink = ledger.open_account("expired", street.place)
    found = [list(Lot.objects.filter(remaining__gt=0, expires_on__lt=AFTER)) for _ in range(WORKERS // 2)]
    with clock_at(AFTER, 0):
        for worker, lots in enumerate(found):
            for lot in lots:
                words = {"debit": lot.account_id, "credit": sink, "amount": lot.remaining, "kind": "renounced"}
                assert act("post", key=f"careless:{worker}:{lot.pk}", **words)[0] == "done"
        assert ledger.balance(street.members[0]).available == 0, "of 20 good points nothing is left"
