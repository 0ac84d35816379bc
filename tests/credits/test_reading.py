"""Reading: balances now and at any past day, statements in plain words, a fixed number of statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from freezegun import freeze_time

from linli.credits import checkpoints, ledger, selectors, words
from tests.credits.conftest import award, in_days, person
from tests.support.world import World


def test_the_balance_at_every_past_day_is_the_replay(pool: int, member: int, redeemed: int) -> None:
    start, told = timezone.now(), {}
    for day in range(12):
        with freeze_time(start + timedelta(days=day)):
            for n in range(day % 4):
                ledger.post([award(pool, member, day + 1, key=f"{day}:{n}")], actor=None)
            if day % 3 == 2:
                ledger.post([award(member, redeemed, day, key=f"s{day}", kind="redemption")], actor=None)
            told[day] = (ledger.balance(member).points, ledger.balance(pool).points)
    for day, (points, given) in told.items():
        on = timezone.localdate(start) + timedelta(days=day)
        assert ledger.balance(member, on).points == points
        assert ledger.balance(pool, on).points == given
    assert ledger.balance(member, in_days(-1)).points == 0
    for account in (member + 99_999,):
        with pytest.raises(ledger.InvalidPosting):
            ledger.balance(account)
        with pytest.raises(ledger.InvalidPosting):
            ledger.balance(account, in_days(0))


def test_a_statement_in_plain_words(
    world: World, pool: int, member: int, redeemed: int, reserve: Callable[..., int]
) -> None:
    (one,) = ledger.post([award(pool, member, expires_on=in_days(40))], actor=None)
    ledger.post([award(pool, member, 5, key="b", reason="扶老", expires_on=in_days(9))], actor=None)
    ledger.post([award(member, redeemed, 3, key="s", kind="redemption", reason="redemption")], actor=None)
    ledger.reverse(one.transfer_id, key="r", reason="重复登记", actor=None)
    reserve("h", member, 1)
    seen = ledger.statement(member)
    assert [line.sentence for line in seen.lines] == [
        "更正：重复登记", "兑换：兑换商品或服务", "获得积分：扶老", "获得积分：清理楼道",
    ]  # fmt: skip
    assert [(line.amount, line.balance) for line in seen.lines] == [(-10, 2), (-3, 12), (5, 15), (10, 10)]
    assert [line.reversed for line in seen.lines] == [False, False, False, True]
    assert [(ending.expires_on, ending.points) for ending in seen.endings] == [(in_days(9), 1)]
    assert (seen.balance.points, seen.balance.available, seen.reserved[0].amount) == (2, 1, 1)
    english = ledger.statement(member, language="en")
    assert english.lines[1].sentence == "Exchanged: goods or services"


def test_rooms_say_what_their_sources_were(pool: int, member: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_sources", {})
    words.register("deed", lambda ids, language: {number: f"第 {number} 件好事" for number in ids})
    ledger.post([award(pool, member, source_id=8)], actor=None)
    assert ledger.statement(member).lines[0].sentence == "获得积分：第 8 件好事"


def test_a_statement_takes_the_same_statements_whatever_the_history(pool: int, query_counter: Any) -> None:
    counts = []
    for size in (1, 120):
        member = ledger.join(person().pk, actor=None)
        ledger.post([award(pool, member, key=f"{member}:{n}") for n in range(size)], actor=None)
        with query_counter(at_most=6) as counted:
            page = ledger.statement(member, limit=50)
        counts.append(len(counted))
        assert len(page.lines) == min(size, 50) and (page.before is None) == (size == 1)
    assert counts[0] == counts[1]
    found, before = [], None
    while True:
        page = ledger.statement(member, before=before, limit=50)
        found += [line.version for line in page.lines]
        if (before := page.before) is None:
            break
    assert found == list(range(120, 0, -1))


def test_a_checkpoint_changes_no_figure(world: World, pool: int, member: int, query_counter: Any) -> None:
    street = world.places["street"].pk
    posted = ledger.post([award(pool, member, key=f"a{n}") for n in range(6)], actor=None)
    ledger.reverse(posted[0].transfer_id, key="r", reason="", actor=None)
    before = (ledger.balance(pool), ledger.pool_figures([street]))
    assert checkpoints.make(at_least=1) >= 1 and checkpoints.make(at_least=1) == 0
    assert (ledger.balance(pool), ledger.pool_figures([street])) == before
    ledger.post([award(pool, member, key="later")], actor=None)
    assert ledger.balance(pool).points == before[0].points - 10
    with query_counter(at_most=4):
        figures = ledger.pool_figures([street, world.places["east"].pk])
    assert figures[street].issued == 60 and figures[world.places["east"].pk].issued == 0


def test_who_has_an_account(member: int) -> None:
    one = person()
    assert selectors.account_of(one.pk) is None and selectors.account_of(None) is None
    assert ledger.member_account(one.pk) == selectors.account_of(one.pk)


def test_the_balance_of_a_pool_at_a_past_day_reads_from_checkpoint_to_checkpoint(pool: int, member: int) -> None:
    start = timezone.now()
    for day in range(6):
        with freeze_time(start + timedelta(days=day)):
            ledger.post([award(pool, member, 10 + day, key=f"d{day}")], actor=None)
        if day % 2:
            with freeze_time(start + timedelta(days=day, minutes=1)):
                assert checkpoints.make(at_least=1) == 1
    told = [ledger.balance(pool, timezone.localdate(start) + timedelta(days=day)).points for day in range(-1, 6)]
    assert told == [0, -10, -21, -33, -46, -60, -75]
    assert ledger.balance(pool).points == -75
