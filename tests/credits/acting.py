"""What tests, other processes and benchmarks do to the ledger, by name and with plain values: act → answer.

An answer is a list: what it came to (`done`, `repeated`, or the code of the refusal), then an id where there is one.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.utils import timezone

from linli.credits import ledger, reserving
from linli.credits.errors import LedgerProblem
from linli.credits.ledger import Posting
from linli.credits.models import Lot

Answer = list[Any]
DAY = date(2026, 3, 1)
BUSY_TRIES = 20


def at(day: date, second: int = 0) -> datetime:
    """A moment of a day where the district is: noon, and so many seconds."""
    return timezone.make_aware(datetime(day.year, day.month, day.day, 12)) + timedelta(seconds=second)


def posting(key: str, debit: int, credit: int, amount: int, **more: Any) -> Posting:
    """One transfer; days as ISO text."""
    days = {name: date.fromisoformat(more[name]) for name in ("effective_on", "expires_on") if more.get(name)}
    values: dict[str, Any] = {
        "kind": "award",
        "reason": "rule",
        "source_type": "tests",
        "source_id": 1,
        "effective_on": DAY,
    }
    return Posting(key=key, debit=debit, credit=credit, amount=amount, **(values | more | days))


def post(**words: Any) -> Answer:
    """One transfer."""
    (done,) = ledger.post([posting(**words)], actor=None)
    return ["repeated" if done.repeated else "done", done.transfer_id]


def post_all(postings: list[dict[str, Any]]) -> Answer:
    """Several transfers, all or none."""
    done = ledger.post([posting(**words) for words in postings], actor=None)
    return ["repeated" if all(one.repeated for one in done) else "done", *(one.transfer_id for one in done)]


def spend(key: str, account: int, sink: int, amount: int = 1) -> Answer:
    """A redemption without a hold."""
    return post(key=key, debit=account, credit=sink, amount=amount, kind="redemption", reason="order")


def hold(key: str, account: int, amount: int, until: str = "2026-12-31T00:00:00+00:00") -> Answer:
    """Reserve."""
    return [
        "done",
        ledger.hold(
            key, account, amount, until=datetime.fromisoformat(until), source_type="tests", source_id=1, actor=None
        ),
    ]


def reserve(key: str, person: int, points: int, stock: int, pieces: int, until: str) -> Answer:
    """Reserve points and pieces for each other, as a shop does; both holds."""
    return ["done", *reserving.hold_together(
        reserving.look(person), key, points, stock, pieces, until=datetime.fromisoformat(until), source_type="tests",
        source_id=1, actor=None,
    )]  # fmt: skip


def collect(hold: int, key: str, sink: int) -> Answer:
    """Turn a hold into a redemption."""
    done = ledger.collect(hold, key=key, credit_account=sink, actor=None)
    return ["repeated" if done.repeated else "done", done.transfer_id]


def void(hold: int, key: str) -> Answer:
    """Give a hold back."""
    ledger.void(hold, key=key, reason="cancelled", actor=None)
    return ["done"]


def reverse(transfer: int, key: str) -> Answer:
    """Undo a transfer."""
    done = ledger.reverse(transfer, key=key, reason="error", actor=None)
    return ["repeated" if done.repeated else "done", done.transfer_id]


def expire(on: str, limit: int = 1_000_000, pause: float = 0.0) -> Answer:
    """What the job does on a day; `pause` seconds after each lot, so that a test can stop it midway."""
    day = date.fromisoformat(on)
    done, clock = 0, timezone.now
    timezone.now = lambda: at(day)  # type: ignore[assignment]
    try:
        if not pause:
            return ["done", ledger.expire(day, limit)]
        # What another worker has in its hands is left to it, so one empty look does not mean that nothing is left.
        while done < limit and Lot.objects.filter(remaining__gt=0, expires_on__lt=day).exists():
            done += ledger.expire(day, 1)
            time.sleep(pause)
        return ["done", done]
    finally:
        timezone.now = clock


def lay(members: int, points: int) -> Answer:
    """A street with members; its accounts."""
    from tests.credits import laying

    return ["done", vars(laying.lay(members, points=points))]


def verify() -> Answer:
    """`done` when the ledger is whole, else the first faults."""
    from linli.credits.verifying import verify as look

    faults = look().faults
    return ["done"] if not faults else ["faults", str(faults[:5])]


def award_for(pool: int, members: list[int], seconds: float, name: str) -> Answer:
    """Award to random members for so long; how many were done and how many refused, and the seconds it took."""
    chance, done, refused, begun = random.Random(name), 0, 0, time.perf_counter()
    while time.perf_counter() < begun + seconds:
        answer = act("post", key=f"{name}:{done + refused}", debit=pool, credit=chance.choice(members), amount=5)
        done += answer[0] == "done"
        refused += answer[0] != "done"
    return ["done", done, refused, time.perf_counter() - begun]


def reserve_for(supplies: list[int], person: int, seconds: float, name: str, most: int = 1_000_000) -> Answer:
    """Reserve in the shop for so long, or so many times; how many were done and refused, and the seconds it took."""
    from linli.shop.services import reserve
    from linli.work.engine import StepRefused
    from tests.shop.scene import resident

    actor, chance = resident(person), random.Random(f"{name}:{person}")
    done, refused, begun = 0, 0, time.perf_counter()
    while time.perf_counter() < begun + seconds and done + refused < most:
        try:
            reserve(actor, chance.choice(supplies), 1, key=f"{name}:{person}:{done + refused}")
            done += 1
        except (StepRefused, LedgerProblem):
            refused += 1
    return ["done", done, refused, time.perf_counter() - begun]


def unguarded_spend(key: str, account: int, sink: int, pause: float = 0.05) -> Answer:
    """The control: read the balance, think, then write what was reckoned; no lock, and no guard in the row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT balance, version FROM credits_account WHERE id = %s", [account])
        balance, _ = cursor.fetchone()
        if balance < 1:
            return ["insufficient"]
        time.sleep(pause)
        cursor.execute(
            "UPDATE credits_account SET balance = balance - 1, version = version + 1 WHERE id = %s", [account]
        )
        cursor.execute(
            "INSERT INTO credits_transfer (key, request_hash, kind, debit_id, credit_id, amount, reason, source_type,"
            " source_id, effective_on, created_at, debit_hash)"
            " VALUES (%s, '', 'redemption', %s, %s, 1, 'order', 'tests', 1, now(), now(), '') RETURNING id",
            [key, account, sink],
        )
        return ["done", cursor.fetchone()[0]]


ACTS: dict[str, Callable[..., Answer]] = {
    act.__name__: act
    for act in (
        post, post_all, spend, hold, reserve, collect, void, reverse, expire, lay, verify, award_for, reserve_for,
        unguarded_spend,
    )
}  # fmt: skip


def act(name: str, /, **words: Any) -> Answer:
    """Do it; a refusal of the ledger, or a database that is gone, is an answer too.

    Where others held the accounts for three seconds (a machine that has much else to do), it is sent again, as told.
    """
    for _ in range(BUSY_TRIES):
        answer = _once(name, words)
        if answer != ["busy"]:
            break
    return answer


def _once(name: str, words: dict[str, Any]) -> Answer:
    try:
        return ACTS[name](**words)
    except LedgerProblem as problem:
        return [problem.code]
    except IntegrityError as error:
        return ["constraint", str(error)[:80]]
    except (OperationalError, InterfaceError) as error:
        connection.close()
        time.sleep(0.02)
        return ["broken", str(error)[:80]]


def moment(value: datetime) -> str:
    """A moment as acts take it."""
    return value.astimezone(UTC).isoformat()
