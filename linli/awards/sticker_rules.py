"""Little red flowers, the pure part: codes, and what a sticker is to whoever scans it."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from linli.kernel.labels import Label

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""32 letters and digits without i, l, o, u, so that a printed code can be read aloud and typed."""

CODE_LENGTH = 16
"""Of 32 signs each: 80 random bits, so one guess in 10^18 hits one of a million stickers."""

CLAIM_DAYS = 60
"""For so many days after the last day of a sheet a flower that a phone keeps can still be put into an account."""

_MEANT = str.maketrans("oil", "011")

STATES: dict[str, Label] = {
    "drawer": Label("在库", "In the drawer"),
    "out": Label("已领出", "With staff"),
    "kept": Label("存在手机里", "Kept on a phone"),
    "redeemed": Label("已进账户", "In an account"),
    "void": Label("已作废", "Void"),
}
"""Where a sticker is, for the office; the order is its way."""


def new_code() -> str:
    """A code for one sticker."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def clean_code(text: str) -> str:
    """A code as it was printed, from what was scanned or typed: no spaces or dashes, o read as 0, i and l as 1."""
    signs = "".join(sign for sign in text.lower() if sign not in " -–—\t\u3000")
    return signs.translate(_MEANT)


def grouped(code: str) -> str:
    """A code as it is printed: four groups of four."""
    return " ".join(code[begin : begin + 4] for begin in range(0, len(code), 4))


def digest(secret: str) -> bytes:
    """What is stored of a code or of a phone's secret. Both are random, so a plain digest does."""
    return hashlib.sha256(secret.encode()).digest()


def claims_until(valid_until: date) -> date:
    """The last day on which a kept flower can be put into an account."""
    return valid_until + timedelta(days=CLAIM_DAYS)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a sticker stands: what decides whether it can be taken, and by whom."""

    valid_from: date
    valid_until: date
    claims_until: date
    held: bool
    void: bool
    claim: bytes | None
    person_id: int | None


def seen_as(row: Standing, today: date, *, person_id: int | None, claim: bytes | None) -> str:
    """What a sticker is to whoever scans it.

    `ready` (can be taken), `own` (in their account), `kept` (on this very phone, still good), `lapsed` (kept too long),
    `taken` (by somebody), `void`, `drawer` (not given out), `early`, `over`.
    """
    if row.person_id is not None:
        return "own" if row.person_id == person_id else "taken"
    if row.claim is not None:
        if claim is None or row.claim != claim:
            return "taken"
        return "kept" if today <= row.claims_until else "lapsed"
    if row.void:
        return "void"
    if today > row.valid_until:
        return "over"
    if today < row.valid_from:
        return "early"
    return "ready" if row.held else "drawer"


def runs(numbers: list[int]) -> str:
    """Numbers as people write them: 3、5–8."""
    parts: list[str] = []
    begin = before = 0
    for number in [*sorted(numbers), -1]:
        if before and number != before + 1:
            parts.append(str(begin) if begin == before else f"{begin}–{before}")
            begin = number
        elif not before:
            begin = number
        before = number
    return "、".join(parts)
