"""The code that changes while it is shown (动态签到码): who scans it was there a moment ago. Pure.

A code is the number of its time step and a keyed digest of activity and step, so it can be neither made nor used for
another activity, and one that was photographed and sent on is too old after a minute. That a person uses a step only
once is kept by the database (`Mark.step`).

Each activity has a secret of its own, made from the server's. The leader's phone holds that of its activity while it
lasts and makes the codes without a network; it opens no other activity, and nothing outside the check-in's hours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime

STEP_SECONDS = 30
STEPS_TAKEN = 2
"""The present step and the one before: what was shown when the camera was raised still counts."""
DIGITS = 6
"""So many are typed where the camera fails: one guess in half a million hits one of the steps that hold."""
_DIGEST_BYTES = 10
_TEXT_MAX = 40


def step_at(moment: datetime) -> int:
    """The number of the time step in which a moment lies."""
    return int(moment.timestamp()) // STEP_SECONDS


def secret_of(master: bytes, activity_id: int) -> bytes:
    """The secret of one activity (32 bytes); nothing of the server's can be found from it."""
    return hmac.new(master, f"activity:{activity_id}".encode(), hashlib.sha256).digest()


def digits_for(secret: bytes, step: int) -> str:
    """The short code of a step, to be typed; it is of no use to find the long one."""
    made = hmac.new(secret, f"digits:{step}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(made[:6]) % 10**DIGITS:0{DIGITS}d}"


def step_of_digits(secret: bytes, digits: str, steps: Iterable[int]) -> int | None:
    """The step among these whose short code this is; None for any other text."""
    found = None
    for step in steps:
        # No step is looked at less long than another.
        if hmac.compare_digest(digits_for(secret, step).encode(), digits[:_TEXT_MAX].encode()):
            found = step
    return found


def code_for(secret: bytes, activity_id: int, step: int) -> str:
    """The code of a step: `<step>-<digest>`, letters and digits only."""
    made = hmac.new(secret, f"{activity_id}:{step}".encode(), hashlib.sha256).digest()[:_DIGEST_BYTES]
    return f"{step}-{base64.b32encode(made).decode().lower()}"


def step_of(secret: bytes, activity_id: int, code: str, moment: datetime) -> int | None:
    """The step of a code that holds at this moment for this activity; None for any other text."""
    step = step_in(secret, activity_id, code)
    return step if step is not None and holds(step, moment) else None


def holds(step: int, moment: datetime) -> bool:
    """Whether the code of a step holds at a moment: the present one and the one before do."""
    return 0 <= step_at(moment) - step < STEPS_TAKEN


def step_in(secret: bytes, activity_id: int, code: str) -> int | None:
    """The step of a code that was made for this activity, whenever; None for any other text."""
    number, mark, _rest = code[:_TEXT_MAX].partition("-")
    if not mark or not (number.isascii() and number.isdigit()):
        return None
    step = int(number)
    return step if hmac.compare_digest(code_for(secret, activity_id, step).encode(), code.encode()) else None


def end_of(step: int) -> datetime:
    """When the time step ends."""
    return datetime.fromtimestamp((step + 1) * STEP_SECONDS, UTC)
