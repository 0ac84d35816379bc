"""Expiry: exact to the day, once, by a transfer to the place whose pool gave the points; told ahead once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from freezegun import freeze_time

from linli.credits import announcing, ledger
from linli.credits.models import Account, Transfer
from linli.work import inbox
from linli.work.models import Notification
from tests.credits.conftest import award, in_days, person
from tests.support.world import World


def test_a_lot_is_good_until_the_end_of_its_last_day(world: World, pool: int, member: int) -> None:
    ledger.post([award(pool, member, expires_on=in_days(0)), award(pool, member, 3, key="b")], actor=None)
    assert ledger.expire() == 0 and ledger.balance(member).available == 13
    with freeze_time(timezone.now() + timedelta(days=1)):
        assert ledger.balance(member).available == 3, "not spendable any more, though the job has not run"
        assert ledger.expire() == 1 and ledger.expire() == 0
    row = Transfer.objects.get(kind="expiry", debit_id=member)
    assert (row.amount, row.effective_on) == (10, in_days(1))
    assert row.credit_id == ledger.open_account("expired", world.places["street"].pk)
    assert ledger.balance(member).points == 3


def test_expired_points_go_to_the_place_that_gave_them(world: World, pool: int, member: int) -> None:
    east = ledger.pool(world.places["east"].pk)
    ledger.post(
        [award(pool, member, expires_on=in_days(-1)), award(east, member, 7, key="b", expires_on=in_days(-2))],
        actor=None,
    )
    assert ledger.expire() == 2
    for place, points in (("street", 10), ("east", 7)):
        assert ledger.balance(ledger.open_account("expired", world.places[place].pk)).points == points


def test_points_do_not_expire_before_their_day(pool: int, member: int) -> None:
    with pytest.raises(ledger.InvalidPosting):
        ledger.expire(in_days(1))
    ledger.post([award(pool, member, expires_on=in_days(-1))], actor=None)
    assert ledger.expire(in_days(-1)) == 0, "its last day was not before that day"
    assert ledger.expire(in_days(0)) == 1


def test_a_limit_leaves_the_rest_to_the_next_run(world: World, pool: int) -> None:
    accounts = [ledger.join(person().pk, actor=None) for _ in range(5)]
    ledger.post([award(pool, a, key=str(a), expires_on=in_days(-1)) for a in accounts], actor=None)
    assert ledger.expire(limit=2) == 2 and ledger.expire() == 3


def test_members_are_told_ahead_once(world: World, pool: int, member: int) -> None:
    other = ledger.join(person().pk, actor=None)
    given = [
        award(pool, member, 4, key="a", expires_on=in_days(10)),
        award(pool, member, 3, key="b", expires_on=in_days(10)),
        award(pool, member, key="c", expires_on=in_days(90)), award(pool, other, key="d", expires_on=in_days(-1)),
        award(pool, other, key="e"),
    ]  # fmt: skip
    ledger.post(given, actor=None)
    assert announcing.announce() == 1 and announcing.announce() == 0
    (line,) = Notification.objects.all()
    assert line.person_id == Account.objects.get(pk=member).person_id
    assert line.data == {"points": 7, "expires_on": in_days(10).isoformat()}
    (message,) = inbox.of_kind([line.person_id], "credits.", "zh-hans")
    assert "7 分" in message.title and message.sentence == "您有积分即将到期" and message.url == "/points/"
    with freeze_time(timezone.now() + timedelta(days=70)):
        assert announcing.announce() == 1, "another day is told anew"
