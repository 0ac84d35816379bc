"""Name and phone of a reporter open in their own row only, after a migration and after a change of key too."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.apps import apps

from linli.people import crypto, keys
from linli.requests import contact, selectors
from linli.requests.models import RequestDetail
from tests.requests.walk import Walker
from tests.support.world import World

NAME, PHONE = "钱小芳", "13805327788"
migration = importlib.import_module("linli.requests.migrations.0002_contact_bound_to_its_row")


@pytest.fixture
def own_keys(settings: Any, tmp_path: Any) -> None:
    settings.LINLI_KEYS = str(tmp_path / "keys.json")
    crypto.ensure_keys()


def reported(world: World, **more: str) -> RequestDetail:
    walker = Walker(world)
    walker.begin(**{"contact_name": NAME, "phone": PHONE, **more})
    return RequestDetail.objects.get(pk=walker.item_id)


def clear(world: World, row: RequestDetail) -> tuple[str, str]:
    path = str(row.item.place_path)
    seen = selectors.contact_of(world.actor("director"), row.pk, path, [])
    return seen["clear_name"], seen["clear_phone"]


def test_a_cipher_text_moved_to_another_request_does_not_open(world: World) -> None:
    one, other = reported(world), reported(world, contact_name="孙某", phone="13900000001")
    assert clear(world, one) == (NAME, PHONE)
    for column in ("phone_encrypted", "contact_name_encrypted"):
        RequestDetail.objects.filter(pk=other.pk).update(**{column: getattr(one, column)})
        with pytest.raises(crypto.CryptoError):
            clear(world, other)
        RequestDetail.objects.filter(pk=other.pk).update(**{column: getattr(other, column)})


def test_a_name_does_not_open_as_a_phone(world: World) -> None:
    row = reported(world)
    RequestDetail.objects.filter(pk=row.pk).update(phone_encrypted=row.contact_name_encrypted)
    with pytest.raises(crypto.CryptoError):
        clear(world, row)


def test_the_migration_binds_what_was_stored_before_and_can_be_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration, "BATCH", 2)
    rows = [reported(world, phone=f"1380000000{n}") for n in range(5)] + [reported(world, contact_name="", phone="")]
    for row in rows[:5]:
        RequestDetail.objects.filter(pk=row.pk).update(
            contact_name_encrypted=crypto.encrypt(NAME, "request.contact_name"),
            phone_encrypted=crypto.encrypt(f"1390000000{row.pk % 10}", "request.phone"),
        )
    migration.bind(apps, None)
    for row in rows[:5]:
        assert clear(world, row) == (NAME, f"1390000000{row.pk % 10}")
    assert clear(world, rows[5]) == ("", "")
    migration.loosen(apps, None)
    row = RequestDetail.objects.get(pk=rows[0].pk)
    assert crypto.decrypt(row.contact_name_encrypted, "request.contact_name") == NAME


def test_a_change_of_the_key_keeps_them_bound(own_keys: None, world: World) -> None:
    one, other = reported(world), reported(world, contact_name="孙某", phone="13900000001")
    keys.rotate()
    assert clear(world, one) == (NAME, PHONE) and clear(world, other) == ("孙某", "13900000001")
    one.refresh_from_db()
    assert crypto.key_id(one.phone_encrypted) == crypto.keyring().current
    with pytest.raises(crypto.CryptoError):
        contact.opened_phone(other.pk, one.phone_encrypted)


def test_a_reporter_is_found_again_under_another_blind_key(own_keys: None, world: World, nobody_else: None) -> None:
    row = reported(world)
    before = bytes(row.phone_blind or b"")
    keys.rotate_blind()
    row.refresh_from_db()
    assert bytes(row.phone_blind or b"") == contact.phone_blind(PHONE) != before
    assert bytes(row.phone_tail_blind or b"") == contact.tail_blind(PHONE[-4:])
