"""What the ledger holds of persons, and what goes: taking part ends, what is left is given up, the entries stay.

An account names the row of its person and nothing else, and that row is emptied; so the entries tell of nobody and
still balance. Reasons hold codes or a few words without phones (they are masked before they are written).
"""

from __future__ import annotations

from collections.abc import Sequence

from linli.credits.membership import leave
from linli.credits.sql import fetch, numbers
from linli.kernel.labels import Label
from linli.people import erasing
from linli.people.access import Actor
from linli.people.erasing import Held, Subject

LABEL = Label("积分账户", "Account of points")

_ACCOUNTS = """
SELECT a.person_id, count(p.hold_id) FROM credits_account a LEFT JOIN credits_pendinghold p ON p.account_id = a.id
WHERE a.kind = 'member' AND a.person_id = ANY($1::bigint[])
  AND (a.closed_at IS NULL OR a.balance > a.held) GROUP BY a.person_id ORDER BY a.person_id
"""


def _accounts(persons: Sequence[int]) -> list[tuple[int, int]]:
    return [(row[0], row[1]) for row in fetch(_ACCOUNTS, [numbers(persons)])]


def count(subject: Subject) -> Held:
    """Accounts that are open or hold points; live are those with something to be collected (1 statement)."""
    found = _accounts(subject.same)
    return Held(len(found), sum(1 for _person, held in found if held))


def erase(subject: Subject, actor: Actor, reason: str) -> int:
    """The person leaves the scheme and gives up what is left; how many accounts."""
    found = _accounts(subject.same)
    for person, _held in found:
        leave(person, actor=actor, give_up=True)
    return len(found)


def install() -> None:
    """Register with the erasure of persons."""
    erasing.register("credits", count, erase, label=LABEL)
