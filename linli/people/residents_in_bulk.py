"""Many residents at once: found again by phone and name, or made, with a few statements for each thousand."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from linli.people import crypto, personal
from linli.people.masking import normalise_phone
from linli.people.models import Person

BATCH = 1000


@transaction.atomic
def residents(rows: Sequence[tuple[str, str]]) -> list[int]:
    """The ids of the residents with these (name, phone), in their order, each needed; made where there are none.

    As `personal.find_or_create_resident`, 2 statements for each thousand.
    """
    found: list[int] = []
    for begin in range(0, len(rows), BATCH):
        found += _part(rows[begin : begin + BATCH])
    return found


def _part(rows: Sequence[tuple[str, str]]) -> list[int]:
    blinds = [
        (crypto.blind(normalise_phone(phone), personal.PHONE), crypto.blind(name.strip(), personal.NAME))
        for name, phone in rows
    ]
    stored = Person.objects.filter(
        phone_blind__in=[phone for phone, _name in blinds], kind=Person.Kind.RESIDENT, erased_at=None
    )
    known: dict[tuple[bytes, bytes], int] = {}
    for key, phone_blind, name_blind in stored.order_by("-id").values_list("id", "phone_blind", "name_blind"):
        if phone_blind is not None and name_blind is not None:
            known[bytes(phone_blind), bytes(name_blind)] = key
    now = timezone.now()
    fresh: dict[tuple[bytes, bytes], Person] = {}
    for blind, (name, phone) in zip(blinds, rows, strict=True):
        if blind not in known and blind not in fresh:
            uid = uuid.uuid4()
            fresh[blind] = Person(
                uid=uid, kind=Person.Kind.RESIDENT, created_at=now, **personal.sealed(uid, name=name, phone=phone)
            )
    for blind, row in zip(fresh, Person.objects.bulk_create(fresh.values()), strict=True):
        known[blind] = row.pk
    return [known[blind] for blind in blinds]
