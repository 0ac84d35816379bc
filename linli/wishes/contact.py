"""The wisher's words, name, phone and address: sealed, opened, emptied. The only place that knows their contexts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from linli.people import crypto
from linli.people.masking import mask_address, mask_name, mask_phone
from linli.wishes.models import Wish

PHONE_PURPOSE = "wish.phone"
FIELDS = ("words", "name", "phone", "address")
CONTEXTS = {name: f"wish.{name}:{{pk}}" for name in FIELDS}
COLUMNS = (*(f"{name}_encrypted" for name in FIELDS), "phone_blind")
EMPTY: dict[str, None] = dict.fromkeys(COLUMNS)
"""What erasing leaves of them."""


@dataclass(frozen=True, slots=True)
class Wisher:
    """Who wishes, in their own words."""

    words: str
    name: str
    phone: str
    address: str

    @property
    def masked(self) -> Wisher:
        """As it is shown before somebody looks: no words, the rest in part."""
        return Wisher(
            "", mask_name(self.name), mask_phone(self.phone) if self.phone else "", mask_address(self.address)
        )


def sealed(item_id: int, wisher: Wisher) -> tuple[bytes | None, ...]:
    """The values of COLUMNS for an item; an empty value leaves its columns empty."""
    values = [getattr(wisher, name) for name in FIELDS]
    closed = [
        crypto.encrypt(value, CONTEXTS[name].format(pk=item_id)) if value else None
        for name, value in zip(FIELDS, values, strict=True)
    ]
    return (*closed, phone_blind(wisher.phone) if wisher.phone else None)


def opened(row: Wish) -> Wisher:
    """What is sealed in a row."""
    return Wisher(*(_open(row, name) for name in FIELDS))


def _open(row: Wish, name: str) -> str:
    data = getattr(row, f"{name}_encrypted")
    return crypto.decrypt(data, CONTEXTS[name].format(pk=row.pk)) if data else ""


def phone_blind(phone: str) -> bytes:
    """The blind index by which all wishes with a phone are found."""
    return crypto.blind(phone, PHONE_PURPOSE)


def blinds_of(row: Any, blind: crypto.Blind) -> dict[str, bytes | None]:
    """The blind index of a stored wish, by this function."""
    phone = _open(row, "phone")
    return {"phone_blind": blind(phone, PHONE_PURPOSE) if phone else None}
