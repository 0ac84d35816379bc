"""What the room prepares for a new district: the key file, its units, and the first administrator."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from linli.people import accounts, audit, personal
from linli.people.crypto import ensure_keys
from linli.people.models import Appointment, Organisation, Person, User
from linli.people.units import district_units, enter_units
from linli.places.models import Place, RegistryVersion
from linli.places.pinyin import sort_key
from linli.places.services import bump_registry


def setup(district: Any) -> str:
    """Prepare the room; safe to run again. `district` is what `linli init` was told (None: the demo, keys only).

    The first account is a security administrator: it makes the other accounts, first of all the system
    administrator's. Nobody holds both roles. Returns what the operator has to know about the account.
    """
    ensure_keys()
    if district is None:
        return ""
    with transaction.atomic():
        _enter_units(getattr(district, "code", ""))
        return _first_administrator(district.username, district.password, getattr(district, "language", "zh-hans"))


def _enter_units(code: str) -> None:
    """The usual units of the district: the one with the code, or the only one that a file of places brought."""
    districts = Place.objects.filter(kind="district", active=True)
    found = list((districts.filter(code=code) if code else districts)[:2])
    if len(found) != 1 or Organisation.objects.exists():
        return
    enter_units(district_units(found[0], stations=False))
    bump_registry(RegistryVersion.ORGANISATIONS)


def _first_administrator(username: str, password: str, language: str) -> str:
    name = accounts.checked_username(username)
    if User.objects.filter(username=name).exists():
        return (
            f"账号 {name} 已存在，密码没有改动；换一个用户名再运行，可另建一名安全管理员 / "
            f"the account {name} exists, its password is unchanged; run again with another user name for a further "
            "security administrator"
        )
    uid, now = uuid.uuid4(), timezone.now()
    person = Person.objects.create(
        uid=uid,
        kind=Person.Kind.STAFF,
        display_name=username.strip(),
        pinyin=sort_key(username.strip()),
        created_at=now,
        **personal.sealed(uid, name=username),
    )
    user = User(username=name, person=person, created_at=now, language=language)
    user.set_password(password)
    user.save(force_insert=True)
    Appointment.objects.create(
        person=person, role="security_administrator", valid_from=timezone.localdate(), created_at=now
    )
    audit.record("account.made", actor_id=None, subject=f"user:{user.pk}", first=True)
    return f"已建立安全管理员账号 {name}，在 /login/ 登录 / made the security administrator {name}, sign in at /login/"
