"""The code that changes while it is shown (动态签到码): who scans it was there a moment ago. Pure.

A code is the number of its time step and a keyed digest of activity and step, so it can be neither made nor used for
another activity, and one that was photographed and sent on is too old after a minute. That a person uses a step only
once is kept by the database (`Mark.step`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

STEP_SECONDS = 30
STEPS_TAKEN = 2
"""The present step and the one before: what was shown when the camera was raised still counts."""
_DIGEST_BYTES = 10
_TEXT_MAX = 40


def step_at(moment: datetime) -> int:
    """The number of the time step in which a moment lies."""
    return int(moment.timestamp()) // STEP_SECONDS


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
