"""Changing the encryption key: everything is written again under a new one, then the older ones are forgotten.

Rooms that keep cipher texts in tables of their own say so once:

    keys.register("requests.Request", "phone_encrypted", "request.phone:{pk}")

where `{pk}` stands for the row's key, so that a cipher text opens in its own row only.

A column called `…_encrypted` that nobody registered is not written again; the keys it uses are kept.

The blind index has a key of its own. Changing that one (`rotate_blind`) needs everybody away, for a text that is looked
up under one key is not found under the other; rooms with such columns say how they are made anew:

    keys.register_blind("requests.RequestDetail", lambda row, blind: {"phone_blind": blind(phone_of(row), "phone")})
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from linli.exchange import storage
from linli.people import audit, crypto, personal, second_factor
from linli.people.models import Person, PhoneCode, User

BATCH = 500


@dataclass(frozen=True)
class Column:
    """A column with cipher texts; in `context`, `{pk}` is the key of the row."""

    model: str
    name: str
    context: str

    def context_of(self, row: models.Model) -> str:
        """The context of the cipher text in one row."""
        return self.context.format(pk=row.pk)


_columns: dict[tuple[str, str], Column] = {}


def register(model: str, name: str, context: str) -> None:
    """Say that a column (`app.Model`, name) holds cipher texts; ValueError for a context that does not name the row."""
    if "{pk}" not in context:
        raise ValueError(f"the context of {model}.{name} has to be bound to its row by {{pk}}")
    _columns[model, name] = Column(model, name, context)


def rotate(say: Callable[[str], object] | None = None) -> int:
    """Add a key, write every cipher text again in batches, forget unused keys; how many rows were written.

    Safe to interrupt and run again: old keys stay in the file until nothing uses them. The blind index is not
    touched; its key is a different one (`rotate_blind`).
    """
    tell = say or (lambda _text: None)
    crypto.add_key()
    written = _persons(tell)
    with transaction.atomic():
        for user in User.objects.select_for_update().filter(second_factor_secret_encrypted__isnull=False):
            written += second_factor.reseal(user)
    for column in _columns.values():
        written += _reseal(column, tell)
    tell(f"imports {storage.reseal()}")
    audit.record("keys.rotated", actor_id=None, rows=written)
    crypto.forget_keys(keys_in_use() | {crypto.key_id(head) for head in storage.heads()})
    return written


Blinds = Callable[[Any, crypto.Blind], dict[str, bytes | None]]
_blinds: dict[str, Blinds] = {"people.Person": personal.blinds_of}


class StillInUse(Exception):
    """Linli is running: the key of the blind index can be changed only while nobody works."""


def register_blind(model: str, columns: Blinds) -> None:
    """Say how the `…_blind` columns of a row are made; `columns` gets the row and the function that blinds."""
    _blinds[model] = columns


def rotate_blind(say: Callable[[str], object] | None = None) -> int:
    """Give the blind index a new key and make every entry anew; how many rows were written.

    Raises StillInUse while other connections of the application are open. Interrupted, it leaves a key file with which
    nothing can be looked up (a CryptoError says so); run again it goes on. Codes sent by phone that were not used yet
    are forgotten; recovery codes go on.
    """
    tell = say or (lambda _text: None)
    _refuse_others()
    ring = crypto.begin_blind()
    PhoneCode.objects.all().delete()
    written = sum(_turn(model, columns, ring.blind, tell) for model, columns in _blinds.items())
    audit.record("keys.rotated", actor_id=None, rows=written, what="blind")
    crypto.end_blind()
    return written


def _refuse_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = %s"
            " AND pid <> pg_backend_pid()",
            [settings.LINLI_APP_ROLE],
        )
        others = int(cursor.fetchone()[0])
    if others:
        raise StillInUse(f"{others} other connections are open; stop Linli first")


def _turn(label: str, columns: Blinds, blind: crypto.Blind, tell: Callable[[str], object]) -> int:
    model: type[models.Model] = apps.get_model(label)
    written, last = 0, 0
    while True:
        with transaction.atomic():
            rows = list(model._default_manager.select_for_update().filter(pk__gt=last).order_by("pk")[:BATCH])
            if not rows:
                return written
            changed = []
            for row in rows:
                fresh = columns(row, blind)
                stored = {name: getattr(row, name) for name in fresh}
                if {name: value and bytes(value) for name, value in stored.items()} != fresh:
                    for name, value in fresh.items():
                        setattr(row, name, value)
                    changed.append(row)
            if changed:
                model._default_manager.bulk_update(changed, list(fresh), batch_size=BATCH)
            written += len(changed)
            last = rows[-1].pk
        tell(f"{label} {last}: {written}")


def _persons(tell: Callable[[str], object]) -> int:
    written = last = 0
    while True:
        with transaction.atomic():
            rows = list(Person.objects.select_for_update().filter(pk__gt=last).order_by("pk")[:BATCH])
            if not rows:
                return written
            written += sum(personal.reseal(row) for row in rows)
            last = rows[-1].pk
        tell(f"people.Person {last}: {written}")


def _reseal(column: Column, tell: Callable[[str], object]) -> int:
    model: type[models.Model] = apps.get_model(column.model)
    written, last = 0, 0
    current = crypto.keyring().current
    while True:
        with transaction.atomic():
            rows = list(
                model._default_manager.select_for_update()
                .filter(pk__gt=last, **{f"{column.name}__isnull": False})
                .order_by("pk")[:BATCH]
            )
            if not rows:
                return written
            for row in rows:
                data = getattr(row, column.name)
                if crypto.key_id(data) != current:
                    context = column.context_of(row)
                    clear = crypto.decrypt(data, context)
                    model._default_manager.filter(pk=row.pk).update(**{column.name: crypto.encrypt(clear, context)})
                    written += 1
            last = rows[-1].pk
        tell(f"{column.model}.{column.name} {last}: {written}")


def keys_in_use() -> set[str]:
    """The names of the keys under which anything lies, in all tables of all rooms."""
    names: set[str] = set()
    for model in apps.get_models():
        columns = [field.name for field in model._meta.concrete_fields if field.name.endswith("_encrypted")]
        for column in columns:
            found = model._default_manager.filter(**{f"{column}__isnull": False})
            for value in found.values_list(column, flat=True).iterator(chunk_size=2000):
                names.add(crypto.key_id(value))
    return names
