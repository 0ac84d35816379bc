"""The only writer of organisations, persons and appointments. Every act names its permission and leaves a record."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.people import accounts, audit, personal
from linli.people.access import Actor, require
from linli.people.errors import PeopleProblem
from linli.people.kinds import FUNCTIONS, ORGANISATION_KINDS
from linli.people.models import ApiToken, Appointment, Organisation, Person, PhoneCode, RecoveryCode, User
from linli.people.roles import APPOINTABLE, ROLES, Role
from linli.places.models import Place, RegistryVersion
from linli.places.pinyin import sort_key
from linli.places.services import bump_registry


def _changed() -> None:
    """Let every process read the organisations again."""
    bump_registry(RegistryVersion.ORGANISATIONS)


def _clean(name: str, longest: int, field: str = "name") -> str:
    text = " ".join(name.split())
    if not text:
        raise PeopleProblem("no_name", _("名称不能为空。"), field=field)
    if len(text) > longest:
        raise PeopleProblem("long_name", _("名称过长。"), field=field)
    return text


def _functions(slugs: Iterable[str]) -> list[str]:
    wanted = sorted(set(slugs))
    unknown = [slug for slug in wanted if slug not in FUNCTIONS]
    if unknown:
        raise PeopleProblem("unknown_function", _("不认识的职能：%s。") % "、".join(unknown), field="functions")
    return wanted


@transaction.atomic
def create_organisation(
    actor: Actor,
    *,
    name: str,
    kind: str,
    parent_id: int | None = None,
    short_name: str = "",
    place_id: int | None = None,
    functions: Iterable[str] = (),
    can_order: bool = False,
    contact: str = "",
) -> Organisation:
    """Add an organisation below `parent_id` (none: a root)."""
    require(actor, "people.edit")
    if kind not in ORGANISATION_KINDS:
        raise PeopleProblem("unknown_kind", _("不认识的单位类别。"), field="kind")
    text = _clean(name, 120)
    parent = None
    if parent_id is not None:
        parent = Organisation.objects.select_for_update().filter(pk=parent_id, active=True).first()
        if parent is None:
            raise PeopleProblem("no_such_parent", _("上级单位不存在或已停用。"), field="parent")
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('people_organisation', 'id'))")
        key = int(cursor.fetchone()[0])
    row = Organisation(
        id=key,
        parent=parent,
        path=f"{parent.path}.{key}" if parent else str(key),
        kind=kind,
        name=text,
        short_name=" ".join(short_name.split())[:40],
        pinyin=sort_key(text),
        place_id=place_id,
        functions=_functions(functions),
        can_order=can_order,
        contact=contact.strip()[:60],
    )
    row.save(force_insert=True)
    _changed()
    audit.record("organisation.made", actor_id=actor.person_id, subject=f"organisation:{key}")
    return row


@transaction.atomic
def change_organisation(actor: Actor, organisation_id: int, **changes: Any) -> Organisation:
    """Change name, short_name, kind, place_id, functions, can_order, contact or active of an organisation.

    One that still has active units below it, or appointments in force, cannot be made inactive.
    """
    require(actor, "people.edit")
    row = Organisation.objects.select_for_update().filter(pk=organisation_id).first()
    if row is None:
        raise PeopleProblem("no_such_organisation", _("没有这个单位。"), status=404)
    allowed = {"name", "short_name", "kind", "place_id", "functions", "can_order", "contact", "active"}
    if set(changes) - allowed:
        raise ValueError(f"cannot change {sorted(set(changes) - allowed)}")
    if "name" in changes:
        changes["name"] = _clean(changes["name"], 120)
        row.pinyin = sort_key(changes["name"])
    if "functions" in changes:
        changes["functions"] = _functions(changes["functions"])
    if changes.get("kind", row.kind) not in ORGANISATION_KINDS:
        raise PeopleProblem("unknown_kind", _("不认识的单位类别。"), field="kind")
    if changes.get("active") is False and row.active:
        _check_can_close(row)
    for field, value in changes.items():
        setattr(row, field, value)
    row.save()
    _changed()
    audit.record(
        "organisation.changed",
        actor_id=actor.person_id,
        subject=f"organisation:{row.pk}",
        fields=sorted(changes),
    )
    return row


def _check_can_close(row: Organisation) -> None:
    if Organisation.objects.filter(parent=row, active=True).exists():
        raise PeopleProblem("has_units", _("请先停用其下属单位。"), status=409)
    today = timezone.localdate()
    if in_force(today).filter(organisation=row).exists():
        raise PeopleProblem("has_staff", _("还有人员在此任职，请先免职或调任。"), status=409)


def in_force(day: date) -> Any:
    """The appointments in force on a day."""
    from django.db.models import Q

    return Appointment.objects.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)


@transaction.atomic
def create_staff(
    actor: Actor, *, name: str, phone: str = "", username: str = "", full_name: str = ""
) -> tuple[Person, str]:
    """A member of staff under a work name; with `username` also an account, whose first password is returned."""
    require(actor, "people.appoint")
    text = _clean(name, 60)
    uid = uuid.uuid4()
    person = Person(
        uid=uid,
        kind=Person.Kind.STAFF,
        display_name=text,
        pinyin=sort_key(text)[:200],
        created_at=timezone.now(),
        **personal.sealed(uid, name=full_name or text, phone=phone),
    )
    person.save(force_insert=True)
    audit.record("person.made", actor_id=actor.person_id, subject=f"person:{person.pk}")
    password = accounts.create_account(actor, person, username)[1] if username else ""
    return person, password


@transaction.atomic
def change_staff(actor: Actor, person_id: int, *, name: str, phone: str | None = None) -> Person:
    """Change the work name, and the phone when one is given."""
    require(actor, "people.appoint")
    person = _staff(person_id)
    person.display_name = _clean(name, 60)
    person.pinyin = sort_key(person.display_name)[:200]
    if phone is not None:
        old = {field: personal.opened(person, field) for field in ("name", "id_number", "address")}
        for column, value in personal.sealed(person.uid, phone=phone, **old).items():
            setattr(person, column, value)
    person.save()
    _changed()
    audit.record("person.changed", actor_id=actor.person_id, subject=f"person:{person.pk}")
    return person


def _staff(person_id: int) -> Person:
    person = Person.objects.select_for_update().filter(pk=person_id, kind=Person.Kind.STAFF, erased_at=None).first()
    if person is None:
        raise PeopleProblem("no_such_person", _("没有这个人员。"), status=404)
    return person


@transaction.atomic
def appoint(
    actor: Actor,
    person_id: int,
    role_slug: str,
    *,
    place_id: int | None = None,
    organisation_id: int | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Appointment:
    """Appoint a person to a role. Nobody appoints themselves; administrators' roles stay apart."""
    require(actor, "people.appoint")
    if role_slug not in APPOINTABLE:
        raise PeopleProblem("unknown_role", _("没有这个角色。"), field="role")
    if actor.person_id == person_id:
        raise PeopleProblem("not_oneself", _("不能给自己任职，请另一位安全管理员办理。"), status=409)
    role = ROLES[role_slug]
    person = _staff(person_id)
    first = valid_from or timezone.localdate()
    if person.left_on is not None:
        raise PeopleProblem("has_left", _("此人已离任。"), status=409)
    if valid_to is not None and valid_to <= first:
        raise PeopleProblem("bad_dates", _("结束日期须晚于开始日期。"), field="valid_to")
    _check_scope(role, place_id, organisation_id)
    _check_separation(person, role)
    row = Appointment.objects.create(
        person=person,
        role=role_slug,
        place_id=place_id,
        organisation_id=organisation_id,
        valid_from=first,
        valid_to=valid_to,
        appointed_by_id=actor.person_id,
        created_at=timezone.now(),
    )
    if role_slug == "system_administrator":
        User.objects.filter(person=person).update(is_staff=True)
    _changed()
    audit.record(
        "appointment.made", actor_id=actor.person_id, subject=f"person:{person_id}", role=role_slug, appointment=row.pk
    )
    return row


def _check_scope(role: Role, place_id: int | None, organisation_id: int | None) -> None:
    if role.scope == "place" and place_id is None:
        raise PeopleProblem("needs_place", _("这个角色须指定地点。"), field="place")
    if role.scope == "organisation" and organisation_id is None:
        raise PeopleProblem("needs_organisation", _("这个角色须指定单位。"), field="organisation")
    if place_id is not None and not Place.objects.filter(pk=place_id, active=True).exists():
        raise PeopleProblem("no_such_place", _("没有这个地点。"), field="place")
    if organisation_id is not None and not Organisation.objects.filter(pk=organisation_id, active=True).exists():
        raise PeopleProblem("no_such_organisation", _("没有这个单位。"), field="organisation")


def _check_separation(person: Person, role: Role) -> None:
    if not role.excludes:
        return
    held = Appointment.objects.filter(person=person, role__in=role.excludes)
    today = timezone.localdate()
    if any(row.valid_to is None or row.valid_to > today for row in held):
        raise PeopleProblem(
            "separate_duties", _("系统、安全、审计管理员三者分立，一人只能担任其一。"), status=409, field="role"
        )


@transaction.atomic
def end_appointment(actor: Actor, appointment_id: int, *, on: date | None = None) -> Appointment:
    """End an appointment on a day (default: at once), with everything delegated from it."""
    require(actor, "people.appoint")
    row = Appointment.objects.select_for_update().filter(pk=appointment_id).first()
    day = on or timezone.localdate()
    if row is None:
        raise PeopleProblem("no_such_appointment", _("没有这项任职。"), status=404)
    if row.valid_to is not None and row.valid_to <= day:
        raise PeopleProblem("already_ended", _("这项任职已经结束。"), status=409)
    _end([row], day)
    _changed()
    audit.record("appointment.ended", actor_id=actor.person_id, subject=f"person:{row.person_id}", appointment=row.pk)
    return row


def _end(rows: Iterable[Appointment], day: date) -> None:
    ended = []
    for row in rows:
        row.valid_to = max(day, row.valid_from)
        row.save(update_fields=["valid_to"])
        ended.append(row.pk)
        if row.role == "system_administrator":
            User.objects.filter(person_id=row.person_id).update(is_staff=False)
    for row in Appointment.objects.filter(delegated_from__in=ended, valid_to__gt=day):
        row.valid_to = max(day, row.valid_from)
        row.save(update_fields=["valid_to"])


def end_all(person: Person, day: date, *, by: int | None) -> int:
    """End every appointment of a leaving person and close the account (within the caller's transaction)."""
    rows = [row for row in Appointment.objects.filter(person=person) if row.valid_to is None or row.valid_to > day]
    _end(rows, day)
    person.left_on = day
    person.save(update_fields=["left_on"])
    user = User.objects.filter(person=person, is_active=True).first()
    if user is not None:
        accounts.close(user, by=by)
    _changed()
    audit.record("person.left", actor_id=by, subject=f"person:{person.pk}", appointments=[row.pk for row in rows])
    return len(rows)


def empty_person(person_id: int, *, by: int | None) -> None:
    """Empty every personal field and what let the person in, within the caller's transaction (`people.erasing`).

    The row stays, so that history keeps its shape.
    """
    person = Person.objects.select_for_update().get(pk=person_id)
    if person.phone_blind is not None:
        PhoneCode.objects.filter(phone_blind=person.phone_blind).delete()
    for column, value in personal.EMPTY.items():
        setattr(person, column, value)
    person.erased_at = timezone.now()
    person.save()
    user = User.objects.filter(person=person).first()
    if user is not None:
        accounts.close(user, by=by)
        ApiToken.objects.filter(user=user).update(name="")
        RecoveryCode.objects.filter(user=user).delete()
        user.username = f"erased-{person.uid.hex}"
        user.second_factor_secret_encrypted = None
        user.set_unusable_password()
        user.save()
    _changed()
    audit.record("person.erased", actor_id=by, subject=f"person:{person_id}")
