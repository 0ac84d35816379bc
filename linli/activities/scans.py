"""What one's own phone proves of the leader's code: that it was scanned in time, and digits that were typed.

What was scanned is signed by the server with the moment and, in the page of who is signed in, with the person. It says
of itself when it was scanned, so it may be sent hours later from a place without network, and is of no use to others.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.core import signing

from linli.activities.checkin import scanned, secret_for
from linli.activities.rotating_code import DIGITS, STEPS_TAKEN, step_at, step_of_digits
from linli.activities.words import refuse
from linli.people import throttle
from linli.people.access import Actor
from linli.people.throttle import Limit
from linli.work import moments
from linli.work.engine import StepRefused

COOKIE, COOKIE_SALT, PROOF_SALT = "linli_scanned", "linli.activities.scanned", "linli.activities.proof"
AGE = timedelta(minutes=10)
"""Who scans a code and has to sign in first has so long for it; the code itself is too old after a minute."""
TRIES = Limit("activity-digits:person", 8, timedelta(minutes=10))
TRIES_ALL = Limit("activity-digits:activity", 1000, timedelta(minutes=10))
"""Many accounts together guess no better: 1,000 tries in ten minutes hit with a chance of 0.2 %."""

Scan = tuple[int, datetime]
"""The time step of the code, and when it was scanned by the server's clock."""


def ticket(activity_id: int, code: str) -> str | None:
    """What the browser keeps of a scanned code, until somebody is signed in; None for a code that does not hold."""
    step = scanned(activity_id, code)
    if step is None:
        return None
    return signing.dumps([activity_id, step, int(moments.now().timestamp())], salt=COOKIE_SALT)


def scan_of(activity_id: int, kept: str) -> Scan | None:
    """What a browser's ticket proves for this activity; None for one that is too old or none."""
    found = _opened(kept, COOKIE_SALT, 3, max_age=AGE)
    return _scan(found[1:]) if found and found[0] == activity_id else None


def proof(activity_id: int, person_id: int, scan: Scan) -> str:
    """The same bound to the person who is signed in: what the page sends, now or later."""
    return signing.dumps([activity_id, person_id, scan[0], int(scan[1].timestamp())], salt=PROOF_SALT)


def proved(activity_id: int, person_id: int, sent: str) -> Scan | None:
    """What a proof says; None for another activity's or another person's, or any other text."""
    found = _opened(sent, PROOF_SALT, 4)
    return _scan(found[2:]) if found and found[:2] == [activity_id, person_id] else None


def _opened(text: str, salt: str, parts: int, max_age: timedelta | None = None) -> list[int]:
    try:
        found = signing.loads(text, salt=salt, max_age=max_age)
    except (signing.BadSignature, ValueError):
        return []
    good = isinstance(found, list) and len(found) == parts and all(isinstance(one, int) for one in found)
    return found if good else []


def _scan(parts: list[int]) -> Scan:
    return parts[0], datetime.fromtimestamp(parts[1], UTC)


def count_try(actor: Actor, activity_id: int) -> None:
    """Count that digits are tried, right or wrong. Raises StepRefused (429). Call it outside of a transaction."""
    tries = [(TRIES, f"{activity_id}:{actor.person_id}"), (TRIES_ALL, str(activity_id))]
    if not throttle.hit_all(tries).allowed:
        raise refuse(
            "too_many_tries", "digits", "试得太多了，请过十分钟再试，或请负责人点名。",
            "Too many tries: wait ten minutes, or ask the leader.", status=429,
        )  # fmt: skip


def typed_step(activity_id: int, digits: str, around: datetime, slack: timedelta = timedelta(0)) -> int:
    """The step of typed digits that held at a moment, give or take. Raises StepRefused (422) for any other digits."""
    said = "".join(sign for sign in digits if not sign.isspace())
    found = None
    if len(said) == DIGITS and said.isascii() and said.isdigit():
        first, last = step_at(around - slack) - STEPS_TAKEN + 1, step_at(around + slack)
        found = step_of_digits(secret_for(activity_id), said, range(last, first - 1, -1))
    if found is None:
        raise bad_digits()
    return found


def bad_digits() -> StepRefused:
    """The refusal of digits that do not hold."""
    return refuse(
        "bad_digits", "digits", "数字不对或已经过时，请看负责人手机上现在的数字。",
        "Wrong or too old: type the digits that the leader's phone shows now.",
    )  # fmt: skip
