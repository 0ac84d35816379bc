"""Encryption at rest, the blind index, rotation, erasure."""

from __future__ import annotations

import json
import stat
import uuid

import psycopg
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.people import crypto, keys, personal, second_factor, services
from linli.people.models import Person


@pytest.fixture
def own_keys(settings, tmp_path):
    settings.LINLI_KEYS = str(tmp_path / "keys.json")
    assert crypto.ensure_keys() and not crypto.ensure_keys()
    return tmp_path / "keys.json"


@given(st.text(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_round_trip_and_no_two_alike(text):
    first, second = crypto.encrypt(text, "a:1"), crypto.encrypt(text, "a:1")
    assert first != second
    assert crypto.decrypt(first, "a:1") == crypto.decrypt(memoryview(second), "a:1") == text
    assert len(text) < 3 or text.encode() not in first


def test_another_context_or_a_changed_byte_does_not_open():
    sealed = crypto.encrypt("13812345678", "person:1")
    with pytest.raises(crypto.CryptoError):
        crypto.decrypt(sealed, "person:2")
    for index in range(len(sealed)):
        changed = bytearray(sealed)
        changed[index] ^= 1
        with pytest.raises(crypto.CryptoError):
            crypto.decrypt(bytes(changed), "person:1")
    with pytest.raises(crypto.CryptoError):
        crypto.decrypt(b"", "person:1")


def test_the_key_file_is_owner_only_and_damage_is_told(own_keys):
    assert stat.S_IMODE(own_keys.stat().st_mode) == 0o600
    own_keys.write_text("{}", encoding="utf-8")
    with pytest.raises(crypto.CryptoError, match="damaged"):
        crypto.encrypt("x", "y")
    own_keys.unlink()
    with pytest.raises(crypto.CryptoError, match="no key file"):
        crypto.encrypt("x", "y")


def test_blind_index_is_keyed_and_bound_to_its_purpose(own_keys):
    known = crypto.blind("13812345678", personal.PHONE)
    assert len(known) == 32 and known == crypto.blind("13812345678", personal.PHONE)
    assert known != crypto.blind("13812345678", personal.NAME)
    assert crypto.blind("b:c", "a") != crypto.blind("c", "a:b")
    value = json.loads(own_keys.read_text(encoding="utf-8"))
    assert value["blind"]["key"] not in [entry["key"] for entry in value["encryption"].values()]
    crypto.add_key()
    assert crypto.blind("13812345678", personal.PHONE) == known


def test_rotation(own_keys, db):
    person_id = personal.find_or_create_resident(name="王小明", phone="138 1234 5678", address="阳光小区3号楼")
    before = crypto.keyring().current
    assert keys.rotate() == 1
    person = Person.objects.get(pk=person_id)
    assert crypto.key_id(person.phone_encrypted) == crypto.keyring().current != before
    assert personal.opened(person, "phone") == "13812345678" and personal.opened(person, "name") == "王小明"
    assert before in crypto.keyring().encryption, "a transaction that was open may still write under it"
    keys.rotate()
    assert before not in crypto.keyring().encryption
    assert personal.find_or_create_resident(name="", phone="13812345678") == person_id


def test_residents_are_found_again_in_one_statement(db, query_counter):
    with query_counter(at_most=1):
        first = personal.find_or_create_resident(name="王小明", phone="+86 138-1234-5678")
    assert personal.find_or_create_resident(name="王小明", phone="13812345678") == first
    other = personal.find_or_create_resident(name="李梅", phone="13812345678")
    assert other != first and personal.same_phone_ids(first) == [first, other]
    unnamed = personal.find_or_create_resident(name="", phone="")
    assert personal.find_or_create_resident(name="", phone="") != unnamed
    row = Person.objects.get(pk=first)
    assert row.display_name == "" and row.pinyin == ""
    stored = b"".join(bytes(value) for value in row.__dict__.values() if isinstance(value, bytes | memoryview))
    assert b"13812345678" not in stored and "王小明".encode() not in stored
    assert bytes(row.phone_tail_blind) == crypto.blind("5678", personal.PHONE_TAIL)


def test_contacts_are_masked_unless_clear(db):
    person_id = personal.find_or_create_resident(
        name="欧阳小明", phone="13812345678", address="通济街道阳光小区3号楼2单元501室"
    )
    masked = personal.contacts([person_id], clear=False)[person_id]
    assert (masked.name, masked.phone, masked.address) == ("欧阳**", "138****5678", "通济街道阳光小区**")
    clear = personal.contacts([person_id], clear=True)[person_id]
    assert (clear.name, clear.phone) == ("欧阳小明", "13812345678")


def test_a_cipher_text_moved_to_another_row_does_not_open(db):
    first = Person.objects.get(pk=personal.find_or_create_resident(name="甲", phone="13800000001"))
    second = Person.objects.get(pk=personal.find_or_create_resident(name="乙", phone="13800000002"))
    second.phone_encrypted = first.phone_encrypted
    with pytest.raises(crypto.CryptoError):
        personal.opened(second, "phone")


def test_emptying_keeps_the_row_and_nothing_else(db):
    person_id = personal.find_or_create_resident(name="王小明", phone="13812345678", address="某处")
    services.empty_person(person_id, by=None)
    row = Person.objects.get(pk=person_id)
    assert row.erased_at is not None and not personal.opened(row, "phone") and row.name_blind is None
    assert personal.find_or_create_resident(name="", phone="13812345678") != person_id
    row.display_name = "还在"
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_sealed_columns_of_a_stranger_are_refused():
    with pytest.raises(ValueError, match="not a sealed field"):
        personal.opened(Person(uid=uuid.uuid4()), "pinyin")


def test_rotation_keeps_the_keys_of_columns_that_nobody_registered(own_keys, db, monkeypatch):
    person = Person.objects.get(pk=personal.find_or_create_resident(name="甲", phone="13800000001"))
    before = crypto.keyring().current
    monkeypatch.setattr(personal, "reseal", lambda row: False)
    keys.rotate()
    keys.rotate()
    assert before in crypto.keyring().encryption
    assert personal.opened(person, "phone") == "13800000001"


def test_rotation_writes_registered_columns_again(own_keys, db, monkeypatch):
    monkeypatch.setattr(keys, "_columns", {})
    keys.register("people.Person", "address_encrypted", "somewhere:{pk}")
    person = Person.objects.get(pk=personal.find_or_create_resident(name="甲", phone=""))
    Person.objects.filter(pk=person.pk).update(address_encrypted=crypto.encrypt("某处", f"somewhere:{person.pk}"))
    monkeypatch.setattr(personal, "reseal", lambda row: False)
    keys.rotate()
    person.refresh_from_db()
    assert crypto.key_id(person.address_encrypted) == crypto.keyring().current
    assert crypto.decrypt(person.address_encrypted, f"somewhere:{person.pk}") == "某处"


def test_a_column_whose_context_does_not_name_its_row_is_refused():
    with pytest.raises(ValueError, match="bound to its row"):
        keys.register("people.Person", "address_encrypted", "somewhere")


def test_every_encrypted_column_of_the_other_rooms_is_registered():
    from django.apps import apps

    own = {"people.Person", "people.User"}
    wanted = {
        (model._meta.label, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.name.endswith("_encrypted") and model._meta.label not in own
    }
    assert wanted <= set(keys._columns)


def test_the_blind_index_gets_another_key(own_keys, nobody_else):
    person_id = personal.find_or_create_resident(name="王小明", phone="138 1234 5678")
    code = second_factor._recovery_digest(7, "ABCD-EFGH")
    for _turn in range(2):
        before = crypto.blind("13812345678", personal.PHONE)
        assert keys.rotate_blind() == Person.objects.exclude(phone_blind=None, name_blind=None).count()
        assert crypto.blind("13812345678", personal.PHONE) != before
        assert personal.find_or_create_resident(name="王小明", phone="13812345678") == person_id
        assert bytes(Person.objects.get(pk=person_id).phone_tail_blind) == crypto.blind("5678", personal.PHONE_TAIL)
        assert second_factor._recovery_digest(7, "ABCD-EFGH") == code
    assert set(crypto.keyring().fingerprints()) == {crypto.keyring().current, "blind"}


def test_changing_the_blind_key_can_be_stopped_and_goes_on(own_keys, nobody_else, monkeypatch):
    first = personal.find_or_create_resident(name="甲", phone="13800000001")
    second = personal.find_or_create_resident(name="乙", phone="13800000002")

    def stop(_text):
        raise KeyboardInterrupt

    monkeypatch.setattr(keys, "BATCH", Person.objects.filter(pk__lte=first).count())
    with pytest.raises(KeyboardInterrupt):
        keys.rotate_blind(stop)
    with pytest.raises(crypto.CryptoError, match="--blind-index"):
        personal.find_or_create_resident(name="乙", phone="13800000002")
    assert personal.opened(Person.objects.get(pk=second), "phone") == "13800000002"
    keys.rotate_blind()
    assert personal.find_or_create_resident(name="甲", phone="13800000001") == first
    assert personal.find_or_create_resident(name="乙", phone="13800000002") == second


def test_the_blind_key_stays_while_somebody_works(own_keys, settings, db):
    known = crypto.keyring().blind_key
    settings.LINLI_APP_ROLE = connection.settings_dict["USER"]
    words = {name: value for name, value in connection.get_connection_params().items()
             if name in ("host", "port", "dbname", "user", "password")}  # fmt: skip
    with psycopg.connect(**words), pytest.raises(CommandError, match="stop Linli first"):
        call_command("rotate_keys", "--blind-index")
    assert crypto.keyring().blind_key == known and crypto.keyring().next_blind_key is None


def test_every_blind_index_is_made_anew():
    """A column that nobody registered would be lost with the key. Codes sent by phone are forgotten instead."""
    named = {
        model._meta.label for model in apps.get_models() for column in model._meta.concrete_fields
        if column.name.endswith("_blind")
    }  # fmt: skip
    assert named == {*keys._blinds, "people.PhoneCode"}
