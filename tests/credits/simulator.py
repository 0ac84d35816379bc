"""The ledger and its model side by side: everything is done to both, every answer and every figure is compared.

`Pair` does one action; `Simulation` draws actions from a seed (after TigerBeetle's VOPR). The clock is false and moves
only when the simulation says so; crashes cut the connection in the middle of a transaction, or after it, before the
answer arrived. Failing seeds are kept in `failing_seeds.txt` and tried for ever after.
"""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from linli.credits import ledger
from linli.credits.sql import fetch, numbers
from linli.people.models import Person
from linli.places.services import create_place
from tests.credits.acting import DAY, Answer, act, at, moment
from tests.credits.model import Book, Entry, Refused

KEPT_SEEDS = Path(__file__).with_name("failing_seeds.txt")
MEMBERS, STOCKS = ("m0", "m1", "m2"), ("stock0",)
SINKS = {"m": "redeemed", "s": "handed"}
SOURCES = {"m": ("pool", "adjust"), "s": ("supplied",)}

_ACCOUNTS = "SELECT id, balance, held, floor, version FROM credits_account WHERE id = ANY($1::bigint[])"
_SUMS = """
SELECT id, coalesce(sum(change), 0)::bigint, count(change),
  coalesce(sum(change) FILTER (WHERE after <> running), 0)::bigint
FROM (
  SELECT account AS id, change, after, sum(change) OVER (PARTITION BY account ORDER BY version) AS running
  FROM (
    SELECT credit_id AS account, amount AS change, credit_version AS version, credit_balance AS after
    FROM credits_transfer WHERE credit_id = ANY($1::bigint[]) AND credit_version IS NOT NULL
    UNION ALL
    SELECT credit_id, amount, NULL, NULL
    FROM credits_transfer WHERE credit_id = ANY($1::bigint[]) AND credit_version IS NULL
    UNION ALL
    SELECT debit_id, -amount, debit_version, debit_balance
    FROM credits_transfer WHERE debit_id = ANY($1::bigint[]) AND debit_version IS NOT NULL
    UNION ALL
    SELECT debit_id, -amount, NULL, NULL
    FROM credits_transfer WHERE debit_id = ANY($1::bigint[]) AND debit_version IS NULL
  ) sides
) replay GROUP BY id
"""
"""Kept and open sides apart, as the indexes are: a check costs what its own accounts have, not what the table has."""
_LOTS = """
SELECT l.account_id, t.key, l.amount, l.remaining, l.expires_on,
  l.amount - coalesce((SELECT sum(a.amount) FROM credits_allocation a WHERE a.lot_id = l.id), 0)::bigint
FROM credits_transfer t JOIN credits_lot l ON l.transfer_id = t.id
WHERE t.credit_id = ANY($1::bigint[]) AND t.credit_version IS NOT NULL ORDER BY l.id
"""
"""By the awards, which have an index; a lot on an account that its award does not name is found by `verify`."""


@contextmanager
def clock_at(day: date, second: int) -> Iterator[None]:
    """Inside the block it is this moment for the whole product."""
    true = timezone.now
    timezone.now = lambda: at(day, second)  # type: ignore[assignment]
    try:
        yield
    finally:
        timezone.now = true


class Cut(Exception):
    """The connection breaks off before the transaction was committed."""


class Pair:
    """A few fresh accounts in the database, and the same in the model."""

    def __init__(self, name: str) -> None:
        self.book, self.second = Book(), 0
        self.book.today = DAY
        self.transfers: dict[str, int] = {}
        self.holds: dict[str, int] = {}
        self.told: list[str] = []
        with clock_at(DAY, 0):
            place = create_place(actor_label="tests", kind="site", name=f"模拟 {name}").pk
            self.people = {m: Person.objects.create(kind="resident", created_at=timezone.now()).pk for m in MEMBERS}
            self.ids = {m: ledger.join(person, actor=None) for m, person in self.people.items()}
            self.ids |= {s: ledger.stock_account(f"tests {place}", number) for number, s in enumerate(STOCKS)}
            self.ids |= {kind: ledger.open_account(kind, place) for kind in ("pool", "redeemed", "expired", "adjust")}
            for kind in ("supplied", "handed"):
                self.ids[kind] = ledger.open_account(kind, place, unit="pieces")
        self.names = {number: account for account, number in self.ids.items()}
        assert len(self.names) == len(self.ids)

    # --- one action on both ---------------------------------------------------------------------------------------

    def both(self, expected: Callable[[], Any], name: str, **words: Any) -> Answer:
        """Do it to the model and to the ledger. AssertionError when they do not answer alike."""
        try:
            wanted = expected()
        except Refused as refused:
            wanted = str(refused)
        self.second += 1
        with clock_at(self.book.today, self.second):
            answer = act(name, **words)
        self.told.append(f"{self.book.today} {name} {self._readable(dict(words))}: {wanted}")
        assert answer[0] == wanted, f"{self.told[-1]}, but the ledger answers {answer}"
        return answer

    def _readable(self, words: dict[str, Any]) -> str:
        transfers = {number: key for key, number in self.transfers.items()}
        holds = {number: key for key, number in self.holds.items()}
        by_name = {
            "transfer": transfers,
            "hold": holds,
            **dict.fromkeys(("debit", "credit", "sink", "account"), self.names),
        }
        parts = words.pop("postings", None)
        if parts is not None:
            return " + ".join(self._readable(dict(part)) for part in parts)
        return " ".join(f"{word}={by_name.get(word, {}).get(value, value)}" for word, value in words.items())

    def _remember(self, known: dict[str, int], key: str, answer: Answer) -> None:
        if answer[0] in ("done", "repeated"):
            assert known.setdefault(key, answer[1]) == answer[1], f"{key} is another one than the first time"

    def _asked(self, entry: Entry) -> dict[str, Any]:
        return {
            "key": entry.key, "debit": self.ids[entry.debit], "credit": self.ids[entry.credit], "amount": entry.amount,
            "kind": entry.kind, "expires_on": entry.last_day and entry.last_day.isoformat(),
        }  # fmt: skip

    def transfer(self, entry: Entry) -> None:
        """Award, supply or spend."""
        answer = self.both(lambda: self.book.transfer(entry), "post", **self._asked(entry))
        self._remember(self.transfers, entry.key, answer)

    def batch(self, entries: list[Entry]) -> None:
        """Several at once, all or none."""

        def expected() -> str:
            draft = copy.deepcopy(self.book)
            told = [draft.transfer(entry) for entry in entries]
            self.book = draft
            return "repeated" if set(told) == {"repeated"} else "done"

        answer = self.both(expected, "post_all", postings=[self._asked(entry) for entry in entries])
        for entry, number in zip(entries, answer[1:], strict=False):
            assert self.transfers.setdefault(entry.key, number) == number

    def hold(self, key: str, account: str, amount: int, days: int) -> None:
        """Reserve for so many days."""
        until = at(self.book.today + timedelta(days=days), 43_000)
        answer = self.both(
            lambda: self.book.hold(key, account, amount, until.timestamp()), "hold", key=key,
            account=self.ids[account], amount=amount, until=moment(until),
        )  # fmt: skip
        self._remember(self.holds, key, answer)

    def reserve(self, key: str, member: str, points: int, pieces: int, days: int) -> None:
        """Reserve points and pieces for each other, both or neither."""
        until, stock = at(self.book.today + timedelta(days=days), 43_000), STOCKS[0]
        keys = (f"{key}:points", f"{key}:pieces")

        def expected() -> str:
            draft = copy.deepcopy(self.book)
            for name, account, amount in zip(keys, (member, stock), (points, pieces), strict=True):
                draft.hold(name, account, amount, until.timestamp())
            self.book = draft
            return "done"

        answer = self.both(
            expected, "reserve", key=key, person=self.people[member], points=points, stock=self.ids[stock],
            pieces=pieces, until=moment(until),
        )  # fmt: skip
        if answer[0] == "done":
            self.holds |= dict(zip(keys, answer[1:], strict=True))

    def collect(self, hold: str, key: str) -> None:
        """Collect what was reserved."""
        sink = SINKS[self.book.reserves[hold].account[0]]
        answer = self.both(
            lambda: self.book.finish(hold, key, "collected", sink), "collect", hold=self.holds[hold], key=key,
            sink=self.ids[sink],
        )  # fmt: skip
        self._remember(self.transfers, key, answer)

    def void(self, hold: str, key: str) -> None:
        """Give back what was reserved."""
        self.both(lambda: self.book.finish(hold, key, "voided"), "void", hold=self.holds[hold], key=key)

    def reverse(self, wanted: str, key: str) -> None:
        """Undo a transfer."""
        answer = self.both(
            lambda: self.book.reverse(key, wanted), "reverse", transfer=self.transfers[wanted], key=key
        )  # fmt: skip
        self._remember(self.transfers, key, answer)

    def sweep(self) -> None:
        """The nightly jobs: what is over ends, here and on accounts of other simulations in the same database."""
        self.second += 1
        with clock_at(self.book.today, self.second):
            lapsed = ledger.lapse()
        names = {number: key for key, number in self.holds.items()}
        over = self.book.lapse(at(self.book.today, self.second).timestamp())
        assert sorted(names[number] for number in lapsed if number in names) == sorted(over)
        expected = self.book.expire()
        with clock_at(self.book.today, self.second):
            assert ledger.expire() >= expected
        self.told.append(f"{self.book.today} sweep: {len(over)} holds, {expected} lots")

    def leave(self, member: str) -> None:
        """A member takes part no more, or again."""
        self.second += 1
        with clock_at(self.book.today, self.second):
            if member in self.book.left:
                ledger.join(self.people[member], actor=None)
            else:
                ledger.leave(self.people[member], actor=None)
        self.book.left ^= {member}
        self.told.append(f"{self.book.today} {member} leaves or comes back")

    def pass_days(self, days: int) -> None:
        """Time goes by."""
        self.book.today += timedelta(days=days)
        self.second = 0

    def crash(self, entry: Entry) -> None:
        """The connection breaks in the middle of the transaction: nothing has happened."""
        try:
            with transaction.atomic(), clock_at(self.book.today, self.second + 1):
                act("post", **self._asked(entry))
                raise Cut
        except Cut:
            if not connection.in_atomic_block:  # a test that is rolled back as a whole has but one connection
                connection.close()
        self.told.append(f"{self.book.today} crash in the middle of {entry.key}")

    # --- what must hold after every action ------------------------------------------------------------------------

    def check(self) -> None:
        """L1, L2, L8 and L9, from the tables themselves and against the model."""
        ids = numbers(self.ids.values())
        accounts = {self.names[row[0]]: row[1:] for row in fetch(_ACCOUNTS, [ids])}
        sums = {self.names[row[0]]: row[1:] for row in fetch(_SUMS, [ids])}
        lots = [(self.names[row[0]], *row[1:]) for row in fetch(_LOTS, [ids])]
        assert sum(points for points, _, _ in sums.values()) == 0, "L1: the books do not balance"
        for name, (balance, held, floor, version) in accounts.items():
            replayed, entries, wrong = sums.get(name, (0, 0, 0))
            assert replayed == self.book.balance(name), f"L9: {name} is {replayed}, not {self.book.balance(name)}"
            if name in (*MEMBERS, *STOCKS):
                assert (balance, version, wrong) == (replayed, entries, 0), f"L8, L9: {name} is not its own history"
                assert held == self.book.held(name), f"L9: {held} held on {name}, not {self.book.held(name)}"
                assert balance - held >= floor == 0, f"L2: {name} passed its floor"
            if name in MEMBERS:
                assert balance == held + sum(lot[3] for lot in lots if lot[0] == name), f"L9: lots of {name}"
        assert all(lot[3] == lot[5] for lot in lots), "L9: a lot is not what its allocations leave"
        assert Counter((a, key, left, day) for a, key, _, left, day, _ in lots if left) == Counter(
            (lot.account, lot.award, lot.left, lot.last_day) for lot in self.book.lots if lot.left
        ), "L7, L9: other lots than the model's"

    def look_back(self, name: str, day: date) -> None:
        """L8: the balance at a past day, and today's figures, as the ledger tells them to people."""
        with clock_at(self.book.today, self.second):
            told, now = ledger.balance(self.ids[name], day), ledger.balance(self.ids[name])
        assert told.points == self.book.balance(name, day), f"L8: {name} on {day}"
        assert now.points == self.book.balance(name)
        if name in (*MEMBERS, *STOCKS):
            assert (now.held, now.available) == (self.book.held(name), self.book.available(name)), f"L9: {name} now"


class Simulation:
    """Actions drawn from a seed. `run` raises AssertionError naming seed and step when anything is not alike."""

    def __init__(self, seed: int) -> None:
        self.seed, self.chance = seed, random.Random(seed)
        self.pair = Pair(str(seed))
        self.made = 0

    def run(self, steps: int) -> list[str]:
        """So many actions; what was done."""
        for number in range(steps):
            try:
                self.step()
                self.pair.check()
            except AssertionError as error:
                last = "\n".join(self.pair.told[-12:])
                raise AssertionError(f"seed {self.seed}, step {number}: {error}\n{last}") from error
        return self.pair.told

    def step(self) -> None:
        """One action, drawn by weight."""
        actions: list[tuple[Callable[[], None], int]] = [
            (self.grant, 24), (self.spend, 14), (self.hold, 12), (self.collect, 8), (self.void, 7), (self.reverse, 9),
            (self.expire, 6), (self.supply, 5), (self.again, 8), (self.other_payload, 5), (self.batch, 5),
            (self.crash, 4), (self.days, 9), (self.penalty, 1), (self.leave, 2), (self.look_back, 6),
        ]  # fmt: skip
        (action,) = self.chance.choices([one for one, _ in actions], [weight for _, weight in actions])
        action()

    def key(self) -> str:
        """A fresh key."""
        self.made += 1
        return f"sim:{self.pair.ids['pool']}:{self.made}"

    def _last_day(self) -> date | None:
        days = self.chance.choice([None, 0, 1, 5, 5, 20, 60])
        return None if days is None else self.pair.book.today + timedelta(days=days)

    def _award(self) -> Entry:
        source = self.chance.choice(SOURCES["m"])
        member, amount = self.chance.choice(MEMBERS), self.chance.randint(1, 20)
        return Entry(self.key(), "award", source, member, amount, last_day=self._last_day())

    def _spending(self) -> Entry:
        account = self.chance.choice((*MEMBERS, *STOCKS))
        kind = "redemption" if account in MEMBERS else "handed"
        return Entry(self.key(), kind, account, SINKS[account[0]], self.chance.randint(1, 15))

    def grant(self) -> None:
        self.pair.transfer(self._award())

    def spend(self) -> None:
        self.pair.transfer(self._spending())

    def supply(self) -> None:
        stock = self.chance.choice(STOCKS)
        self.pair.transfer(Entry(self.key(), "supply", "supplied", stock, self.chance.randint(1, 9)))

    def penalty(self) -> None:
        """Taking points away as a penalty: no such thing."""
        member = self.chance.choice(MEMBERS)
        self.pair.transfer(Entry(self.key(), "penalty", member, "adjust", 1))

    def batch(self) -> None:
        entries = [self.chance.choice([self._award, self._award, self._spending])() for _ in range(4)]
        self.pair.batch([*entries, self.chance.choice(entries)])

    def hold(self) -> None:
        account = self.chance.choice((*MEMBERS, *STOCKS))
        self.pair.hold(self.key(), account, self.chance.randint(1, 12), self.chance.randint(0, 10))

    def _some_hold(self) -> str | None:
        reserves = self.pair.book.reserves
        open_ones = [key for key, one in reserves.items() if not one.end]
        pool = open_ones if open_ones and self.chance.random() < 0.8 else list(reserves)
        return self.chance.choice(pool) if pool else None

    def _some_end(self) -> str:
        """A fresh key, seldom one that is known."""
        known = [key for key in self.pair.book.ends if not key.startswith("lapse:")]
        return self.chance.choice(known) if known and self.chance.random() < 0.1 else self.key()

    def collect(self) -> None:
        if hold := self._some_hold():
            self.pair.collect(hold, self._some_end())

    def void(self) -> None:
        if hold := self._some_hold():
            self.pair.void(hold, self._some_end())

    def reverse(self) -> None:
        if self.pair.transfers:
            self.pair.reverse(self.chance.choice(list(self.pair.transfers)), self.key())

    def again(self) -> None:
        """A transfer or hold is sent again, as when its answer was lost."""
        entries = [entry for key, entry in self.pair.book.entries.items() if key in self.pair.transfers]
        reserves = list(self.pair.book.reserves.values())
        if reserves and self.chance.random() < 0.3:
            one = self.chance.choice(reserves)
            self.pair.hold(one.key, one.account, one.amount, 3)
        elif entries:
            entry = self.chance.choice(entries)
            if entry.reverses is not None:
                self.pair.reverse(entry.reverses, entry.key)
            elif entry.key in self.pair.book.ends:
                self.pair.collect(self.pair.book.ends[entry.key][0], entry.key)
            else:
                self.pair.transfer(entry)

    def other_payload(self) -> None:
        """A known key with another content."""
        keys = list(self.pair.transfers)
        if keys:
            other = self.chance.choice([self._award, self._spending])()
            values = {**vars(other), "key": self.chance.choice(keys), "amount": other.amount + 100}
            self.pair.transfer(Entry(**values))

    def crash(self) -> None:
        entry = self.chance.choice([self._award, self._spending])()
        self.pair.crash(entry)
        if self.chance.random() < 0.7:
            self.pair.transfer(entry)

    def days(self) -> None:
        self.pair.pass_days(self.chance.choice([1, 1, 2, 7, 31]))

    def expire(self) -> None:
        self.pair.sweep()

    def leave(self) -> None:
        self.pair.leave(self.chance.choice(MEMBERS))

    def look_back(self) -> None:
        past = (self.pair.book.today - DAY).days
        day = DAY + timedelta(days=self.chance.randint(0, past))
        self.pair.look_back(self.chance.choice(list(self.pair.ids)), day)


def kept_seeds() -> list[tuple[int, int]]:
    """Seeds that failed once: (seed, steps)."""
    lines = KEPT_SEEDS.read_text(encoding="utf-8").splitlines()
    found = [line.partition("#")[0].split() for line in lines]
    return [(int(words[0]), int(words[1])) for words in found if words]
