"""The ledger against its model, from seeds (L1, L2, L7, L8, L9, L12); and that the simulation finds a broken ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chaos.tally import is_full, so_far, tell, time_is_up, tries
from linli.credits import book, holding, posting, rules
from linli.credits.verifying import verify
from tests.credits.model import Entry
from tests.credits.simulator import KEPT_SEEDS, MEMBERS, Pair, Simulation, kept_seeds
from tests.support.databases import TestServer
from tests.support.sampling import examples

STEPS = 100
FIRST_SEED = 20_261_129
PARTS = 16 if is_full() else 1
"""The full number is dealt out in parts, each with seeds and accounts of its own, so that all processors take some."""
SEEDS_OF_A_PART = 1_000_000


TIDY_AFTER = 200


def tidy(server: TestServer) -> None:
    """Forget what is over and count anew, as a server in service does by itself, and that of the tests does not."""
    with server.connect(server.admin, connection.settings_dict["NAME"]) as admin:
        admin.execute("VACUUM (ANALYZE)")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", range(PARTS))
def test_the_ledger_does_what_its_model_says(part: int, database_server: TestServer) -> None:
    made, wanted, first = 0, -(-tries("ledger_simulation") // PARTS), FIRST_SEED + part * SEEDS_OF_A_PART
    seed = first
    while made < wanted and not time_is_up():
        so_far("ledger_simulation", made, part)
        steps = min(STEPS, wanted - made)
        try:
            Simulation(seed).run(steps)
        except AssertionError:
            if is_full():
                with KEPT_SEEDS.open("a", encoding="utf-8") as file:
                    file.write(f"{seed} {steps}\n")
            raise
        made, seed = made + steps, seed + 1
        if (seed - first) % TIDY_AFTER == 0:
            tidy(database_server)
    report = verify()
    assert report.whole, report.faults
    tell("ledger_simulation", made, seeds=seed - first, differences=0, most_last_seed=seed - 1)


def test_seeds_that_failed_once_pass(db: None) -> None:
    found = kept_seeds()
    assert found, "those that found the first faults are kept"
    for seed, steps in found:
        Simulation(seed).run(steps)


def test_the_same_seed_is_the_same_run(db: None) -> None:
    one, two = Simulation(7), Simulation(7)
    first = [line.replace(f"sim:{one.pair.ids['pool']}:", "") for line in one.run(60)]
    again = [line.replace(f"sim:{two.pair.ids['pool']}:", "") for line in two.run(60)]
    assert first == again and len(first) > 40


# --- Controls: ledgers that are broken in one place ---------------------------------------------------------------


def last_to_expire_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def pick(lots: Any, amount: int, today: date, *, first: int | None = None) -> Any:
        turned = sorted(lots, key=lambda lot: lot.expires_on or date.max, reverse=True)
        picked, missing = [], amount
        for lot in turned:
            part = min(lot.remaining, missing) if rules.is_good(lot.expires_on, today) else 0
            if part:
                picked.append((lot, part))
                missing -= part
        return picked

    monkeypatch.setattr(rules, "pick", pick)


def a_day_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "is_good", lambda last, today: last is None or last + timedelta(days=1) >= today)


def no_days_of_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "grace_until", lambda today: today)


def keys_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "request_hash", lambda asked: b"x" * 32)
    monkeypatch.setattr(book, "request_hash", lambda asked: b"x" * 32)


def holds_take_nothing_from_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    def take(self: Any, account: Any, amount: int, hold_id: int) -> None:
        account.held += amount
        account.changed = True

    monkeypatch.setattr(book.Book, "take_for_hold", take)


def what_comes_back_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding.Book, "give_back", lambda self, parts, **more: False)


BROKEN: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    last_to_expire_first, a_day_too_long, no_days_of_grace, keys_are_not_looked_at, holds_take_nothing_from_lots,
    what_comes_back_is_forgotten,
)  # fmt: skip


def test_control_a_broken_ledger_is_found(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for broken in BROKEN:
        with monkeypatch.context() as patch:
            broken(patch)
            with pytest.raises(AssertionError, match=r"seed \d+, step \d+"):
                for seed in range(1, 9):
                    Simulation(seed).run(STEPS)
                pytest.fail(f"nobody noticed: {broken.__name__}")


# --- The same pair, driven by Hypothesis, which shortens what fails ------------------------------------------------

AMOUNTS, DAYS, WHO = st.integers(1, 20), st.integers(0, 40), st.sampled_from(MEMBERS)


class Machine(RuleBasedStateMachine):
    """Awards, spending, holds and days in any order."""

    pairs = 0

    @initialize()
    def begin(self) -> None:
        Machine.pairs += 1
        self.pair, self.made = Pair(f"machine {Machine.pairs}"), 0

    def key(self) -> str:
        self.made += 1
        return f"machine:{self.pair.ids['pool']}:{self.made}"

    @rule(member=WHO, amount=AMOUNTS, days=st.none() | DAYS)
    def grant(self, member: str, amount: int, days: int | None) -> None:
        last = None if days is None else self.pair.book.today + timedelta(days=days)
        self.pair.transfer(Entry(self.key(), "award", "pool", member, amount, last_day=last))

    @rule(member=WHO, amount=AMOUNTS)
    def spend(self, member: str, amount: int) -> None:
        self.pair.transfer(Entry(self.key(), "redemption", member, "redeemed", amount))

    @rule(member=WHO, amount=AMOUNTS, days=DAYS)
    def hold(self, member: str, amount: int, days: int) -> None:
        self.pair.hold(self.key(), member, amount, days)

    @rule(amount=AMOUNTS)
    def supply(self, amount: int) -> None:
        self.pair.transfer(Entry(self.key(), "supply", "supplied", "stock0", amount))

    @rule(member=WHO, points=AMOUNTS, pieces=st.integers(1, 5), days=DAYS)
    def reserve(self, member: str, points: int, pieces: int, days: int) -> None:
        self.pair.reserve(self.key(), member, points, pieces, days)

    @precondition(lambda self: self.pair.book.reserves)
    @rule(place=st.integers(0, 1000), collected=st.booleans())
    def end(self, place: int, collected: bool) -> None:
        holds = list(self.pair.book.reserves)
        hold = holds[place % len(holds)]
        self.pair.collect(hold, self.key()) if collected else self.pair.void(hold, self.key())

    @precondition(lambda self: self.pair.transfers)
    @rule(place=st.integers(0, 1000))
    def reverse(self, place: int) -> None:
        transfers = list(self.pair.transfers)
        self.pair.reverse(transfers[place % len(transfers)], self.key())

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        self.pair.pass_days(days)
        self.pair.sweep()

    @invariant()
    def alike(self) -> None:
        if hasattr(self, "pair"):
            self.pair.check()


@pytest.mark.django_db(transaction=True)
def test_the_machine_of_properties() -> None:
    many = max(1, tries("ledger_simulation") // 100) if is_full() else examples(40)
    many = 1 if time_is_up() else many
    checked = settings(
        max_examples=min(many, 2000), stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Machine, settings=checked)
