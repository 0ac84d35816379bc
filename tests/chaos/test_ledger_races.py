"""Many processes at once on the ledger: no floor is passed, one key has one effect, one reversal, no oversold stock.

Each try is made by fifty processes, each with a connection of its own; the controls take the guards away and must fail.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg
import pytest

from chaos.tally import tell, tries
from linli.credits import ledger
from linli.credits.models import Hold, Transfer
from linli.credits.verifying import verify
from tests.credits.acting import act
from tests.credits.crowd import at_once, here
from tests.credits.laying import Street, lay

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
AT_ONCE, FEW = 50, 12
ACTS, ROUNDS_IN_A_ROW = 5, 10


def outcomes(answers: list[list[Any]], place: int = 0) -> Counter[str]:
    """What the acts in one place of all plans came to."""
    return Counter(answer[place][0] for answer in answers)


def spending(street: Street, number: int) -> list[Any]:
    return ["spend", {"key": f"spend:{street.place}:{number}", "account": street.members[0], "sink": street.redeemed}]


def test_races(transactional_db: Any) -> None:
    """Every process spends the point, sends the key, reverses the award, takes the piece and ends the hold."""
    rounds, left = tries("ledger_races"), tries("ledger_races")
    while left:
        made = [Round() for _ in range(min(left, ROUNDS_IN_A_ROW))]
        left -= len(made)
        answers = at_once(here(), [[act for one in made for act in one.acts(number)] for number in range(AT_ONCE)])
        for place, one in enumerate(made):
            one.judge([told[place * ACTS : (place + 1) * ACTS] for told in answers])
    report = verify()
    assert report.whole, report.faults
    tell("ledger_races", rounds, passed_floors=0, effects_beyond_one=0, reversed_twice=0, oversold=0, ended_twice=0)


class Round:
    """Fresh accounts, what each process does to them, and what must come of it."""

    def __init__(self) -> None:
        self.street, self.other = lay(2, points=1, pieces=1), lay(1, pieces=1)
        self.award = Transfer.objects.get(key=f"lay:{self.street.place}:{self.street.members[1]}").pk
        self.same = {
            "key": f"same:{self.street.place}", "debit": self.other.pool, "credit": self.other.members[0], "amount": 3,
        }  # fmt: skip
        self.held = int(act("hold", key=f"one:{self.street.place}", account=self.other.stock, amount=1)[1])

    def acts(self, number: int) -> list[list[Any]]:
        """In the order in which `judge` looks at them; half of the processes collect the hold, half void it."""
        name, end = f"{self.street.place}:{number}", {"hold": self.held, "key": f"end:{self.street.place}:{number}"}
        return [
            spending(self.street, number),
            ["post", self.same],
            ["reverse", {"transfer": self.award, "key": f"back:{name}"}],
            ["hold", {"key": f"held:{name}", "account": self.street.stock, "amount": 1}],
            ["collect", {**end, "sink": self.other.handed}] if number % 2 else ["void", end],
        ]

    def judge(self, answers: list[list[Any]]) -> None:
        assert outcomes(answers, 0) == {"done": 1, "insufficient": AT_ONCE - 1}
        assert outcomes(answers, 1) == {"done": 1, "repeated": AT_ONCE - 1}
        assert len({answer[1][1] for answer in answers}) == 1, "the same answer for all"
        assert outcomes(answers, 2) == {"done": 1, "already_reversed": AT_ONCE - 1}
        assert outcomes(answers, 3) == {"done": 1, "insufficient": AT_ONCE - 1}
        assert outcomes(answers, 4) == {"done": 1, "already_resolved": AT_ONCE - 1}
        assert [ledger.balance(one).points for one in (*self.street.members, *self.other.members)] == [0, 0, 3]
        stock = ledger.balance(self.street.stock)
        assert (stock.points, stock.held, stock.available) == (1, 1, 0)
        collected = any(answer[4][0] == "done" and len(answer[4]) > 1 for answer in answers)
        stock = ledger.balance(self.other.stock)
        assert (stock.points, stock.held) == ((0, 0) if collected else (1, 0))
        assert Transfer.objects.filter(key=self.same["key"]).count() == 1
        assert Hold.objects.filter(key__startswith=f"held:{self.street.place}:").count() == 1
        assert act("post", **{**self.same, "amount": 4}) == ["key_reused"]


def test_a_budget_is_given_out_to_the_last_point_and_not_beyond(transactional_db: Any) -> None:
    street = lay(6)
    act("post", key="funded", debit=ledger.open_account("fund"), credit=street.pool, amount=40, kind="fund")
    ledger.fund_tranches(street.pool, 40, key="budget", actor=None)
    answers = at_once(here(), [
        [
            ["post", {"key": f"award:{number}:{n}", "debit": street.pool, "credit": street.members[n], "amount": 1}]
            for n in range(6)
        ]
        for number in range(FEW)
    ])  # fmt: skip
    told = Counter(answer[0] for answered in answers for answer in answered)
    assert told == {"done": 40, "insufficient": FEW * 6 - 40}
    assert sum(ledger.balance(member).points for member in street.members) == 40
    assert verify().whole


def test_control_without_a_guard_the_one_point_is_spent_many_times(
    transactional_db: Any, owner_connection: psycopg.Connection
) -> None:
    """Read, think, write: and no check in the row."""
    owner_connection.execute("ALTER TABLE credits_account DROP CONSTRAINT account_above_floor")
    street = lay(1, points=1)
    answers = at_once(here(), [
        [["unguarded_spend", {"key": f"k{number}", "account": street.members[0], "sink": street.redeemed}]]
        for number in range(FEW)
    ])  # fmt: skip
    sold = outcomes(answers)["done"]
    assert sold > 1
    assert ledger.balance(street.members[0]).points == 1 - sold
    codes = {fault.code for fault in verify().faults}
    assert {"floor", "drift"} <= codes


def test_without_the_lock_the_row_itself_refuses(transactional_db: Any) -> None:
    """The guard behind the lock: the same careless writer against the check in the row."""
    street = lay(1, points=1)
    answers = at_once(here(), [
        [["unguarded_spend", {"key": f"k{number}", "account": street.members[0], "sink": street.redeemed}]]
        for number in range(FEW)
    ])  # fmt: skip
    assert outcomes(answers)["done"] == 1
    assert ledger.balance(street.members[0]).points == 0
