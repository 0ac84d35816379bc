"""Personal fields of persons: sealed, found again, opened, erased. The only place that knows their contexts."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.people import crypto
from linli.people.masking import normalise_id_number, normalise_phone, shown
from linli.people.models import Person

PHONE, PHONE_TAIL, NAME, ID_NUMBER = "person.phone", "person.phone_tail", "person.name", "person.id_number"
TAIL_DIGITS = 4

_SEALED = ("name", "phone", "id_number", "address")


def _context(field: str, uid: uuid.UUID) -> str:
    return f"people.person.{field}:{uid.hex}"


def sealed(
    uid: uuid.UUID, *, name: str = "", phone: str = "", id_number: str = "", address: str = ""
) -> dict[str, Any]:
    """The columns of a person for these values; an empty value leaves its columns empty."""
    columns: dict[str, Any] = {}
    name, address = name.strip(), address.strip()
    phone, id_number = normalise_phone(phone), normalise_id_number(id_number)
    for field, value in (("name", name), ("phone", phone), ("id_number", id_number), ("address", address)):
        columns[f"{field}_encrypted"] = crypto.encrypt(value, _context(field, uid)) if value else None
    return columns | _blinds(name, phone, id_number, crypto.blind)


def _blinds(name: str, phone: str, id_number: str, blind: crypto.Blind) -> dict[str, bytes | None]:
    return {
        "name_blind": blind(name, NAME) if name else None,
        "phone_blind": blind(phone, PHONE) if phone else None,
        "phone_tail_blind": blind(phone[-TAIL_DIGITS:], PHONE_TAIL) if phone else None,
        "id_number_blind": blind(id_number, ID_NUMBER) if id_number else None,
    }


def blinds_of(person: Person, blind: crypto.Blind) -> dict[str, bytes | None]:
    """The blind index of a stored person, by this function."""
    return _blinds(opened(person, "name"), opened(person, "phone"), opened(person, "id_number"), blind)


def opened(person: Person, field: str) -> str:
    """The clear value of `name`, `phone`, `id_number` or `address`; empty when there is none."""
    if field not in _SEALED:
        raise ValueError(f"{field!r} is not a sealed field")
    data = getattr(person, f"{field}_encrypted")
    return "" if data is None else crypto.decrypt(data, _context(field, person.uid))


@dataclass(frozen=True)
class Contact:
    """How to reach somebody, masked or clear."""

    name: str
    phone: str
    address: str
    masked: bool


def contact(person: Person, *, clear: bool) -> Contact:
    """Name, phone and address of a person as the reader may see them."""
    name = opened(person, "name") or person.display_name
    return Contact(
        name=name if person.kind == Person.Kind.STAFF else shown("name", name, clear),
        phone=shown("phone", opened(person, "phone"), clear),
        address=shown("address", opened(person, "address"), clear),
        masked=not clear,
    )


def contacts(person_ids: Iterable[int], *, clear: bool) -> dict[int, Contact]:
    """As `contact` for many, in one statement."""
    rows = Person.objects.filter(pk__in=set(person_ids))
    return {row.pk: contact(row, clear=clear) for row in rows}


_FIND_OR_CREATE = """
WITH found AS (
  SELECT id FROM people_person
  WHERE phone_blind = %(phone_blind)s AND kind = 'resident' AND erased_at IS NULL
    AND (name_blind IS NOT DISTINCT FROM %(name_blind)s OR %(name_blind)s IS NULL)
  ORDER BY id LIMIT 1
), made AS (
  INSERT INTO people_person (uid, kind, display_name, pinyin, name_encrypted, name_blind, phone_encrypted,
    phone_blind, phone_tail_blind, id_number_encrypted, id_number_blind, address_encrypted, created_at)
  SELECT %(uid)s, 'resident', '', '', %(name_encrypted)s, %(name_blind)s, %(phone_encrypted)s,
    %(phone_blind)s, %(phone_tail_blind)s, NULL, NULL, %(address_encrypted)s, %(now)s
  WHERE NOT EXISTS (SELECT 1 FROM found) RETURNING id
)
SELECT id FROM found UNION ALL SELECT id FROM made
"""


def find_or_create_resident(*, name: str, phone: str, address: str = "") -> int:
    """The id of the resident with this phone (and name, when one is given), made when there is none. One statement.

    Two people may share a phone, so another name makes another person; what all of them reported is found by
    `same_phone_ids` once the phone has been proved. Without a phone a new person is made every time.
    """
    uid = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            _FIND_OR_CREATE,
            {"uid": uid, "now": timezone.now(), **sealed(uid, name=name, phone=phone, address=address)},
        )
        return int(cursor.fetchone()[0])


def give_name(person_id: int, name: str) -> bool:
    """Keep the name of a resident of whom none is known; True when it was kept. A name that is known stays."""
    rows = Person.objects.select_for_update(no_key=True)
    row = rows.filter(pk=person_id, kind=Person.Kind.RESIDENT, erased_at=None).first()
    if row is None or row.name_encrypted is not None or not name.strip():
        return False
    row.name_encrypted = crypto.encrypt(name.strip(), _context("name", row.uid))
    row.name_blind = crypto.blind(name.strip(), NAME)
    row.save(update_fields=["name_encrypted", "name_blind"])
    return True


def same_phone_ids(person_id: int) -> list[int]:
    """The ids of all residents who gave the phone of this person; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id FROM people_person p JOIN people_person o"
            " ON o.id = p.id OR (o.phone_blind = p.phone_blind AND o.erased_at IS NULL)"
            " WHERE p.id = %s ORDER BY o.id",
            [person_id],
        )
        return [row[0] for row in cursor.fetchall()]


EMPTY: dict[str, Any] = {
    "display_name": "",
    "pinyin": "",
    **{f"{field}_encrypted": None for field in _SEALED},
    "name_blind": None,
    "phone_blind": None,
    "phone_tail_blind": None,
    "id_number_blind": None,
}
"""What erasing leaves of the personal columns."""


def reseal(person: Person) -> bool:
    """Write the sealed fields again under the current key where they lie under another; True when any did."""
    current = crypto.keyring().current
    changed = []
    for field in _SEALED:
        column = f"{field}_encrypted"
        data = getattr(person, column)
        if data is not None and crypto.key_id(data) != current:
            setattr(person, column, crypto.encrypt(opened(person, field), _context(field, person.uid)))
            changed.append(column)
    if changed:
        person.save(update_fields=changed)
    return bool(changed)
