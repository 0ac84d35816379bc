"""Name and phone of whoever reported: sealed, opened, emptied. The only place that knows their contexts.

Each cipher text is bound to its field and its item, so one that was moved to another row does not open.
"""

from __future__ import annotations

from typing import Any

from linli.people import crypto
from linli.people.masking import normalise_phone

PHONE_PURPOSE = "phone"
TAIL_PURPOSE = "phone-tail"
TAIL_DIGITS = 4
NAME_CONTEXT = "request.contact_name:{pk}"
PHONE_CONTEXT = "request.phone:{pk}"
COLUMNS = ("contact_name_encrypted", "phone_encrypted", "phone_blind", "phone_tail_blind")


def sealed(item_id: int, *, name: str, phone: str) -> tuple[bytes | None, ...]:
    """The values of COLUMNS for an item; `phone` is normalised already. An empty value leaves its columns empty."""
    return (
        crypto.encrypt(name, NAME_CONTEXT.format(pk=item_id)) if name else None,
        crypto.encrypt(phone, PHONE_CONTEXT.format(pk=item_id)) if phone else None,
        phone_blind(phone) if phone else None,
        tail_blind(phone[-TAIL_DIGITS:]) if phone else None,
    )


def phone_blind(phone: str) -> bytes:
    """The blind index by which all requests with a phone are found."""
    return crypto.blind(normalise_phone(phone), PHONE_PURPOSE)


def tail_blind(tail: str) -> bytes:
    """The blind index of the last four digits."""
    return crypto.blind(tail, TAIL_PURPOSE)


def blinds_of(detail: Any, blind: crypto.Blind) -> dict[str, bytes | None]:
    """The blind index of a stored request's reporter, by this function."""
    phone = opened_phone(detail.pk, detail.phone_encrypted)
    return {
        "phone_blind": blind(phone, PHONE_PURPOSE) if phone else None,
        "phone_tail_blind": blind(phone[-TAIL_DIGITS:], TAIL_PURPOSE) if phone else None,
    }


def opened_name(item_id: int, data: Any) -> str:
    """The name of a request's reporter; empty when none was left."""
    return crypto.decrypt(data, NAME_CONTEXT.format(pk=item_id)) if data else ""


def opened_phone(item_id: int, data: Any) -> str:
    """The phone of a request's reporter; empty when none was left."""
    return crypto.decrypt(data, PHONE_CONTEXT.format(pk=item_id)) if data else ""


EMPTY: dict[str, None] = dict.fromkeys(COLUMNS)
"""What erasing leaves of them."""
