"""Signing in by phone: residents, and helpers whose role needs no second factor (building captains, shop keepers, …).

A code of six digits, 5 minutes, 5 tries, kept as a keyed digest.
"""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.people import audit, crypto, throttle
from linli.people.addresses import shortened_address, throttle_address
from linli.people.errors import PeopleProblem, TooManyTries
from linli.people.gateways import GatewayError, gateway
from linli.people.masking import normalise_phone
from linli.people.models import Person, PhoneCode, User
from linli.people.personal import PHONE, find_or_create_resident
from linli.people.roles import APPOINTABLE, ROLES
from linli.people.services import in_force

BY_PHONE = tuple(slug for slug in APPOINTABLE if not ROLES[slug].second_factor)
LIFETIME = timedelta(minutes=5)
TRIES = 5
_MOBILE = re.compile(r"1[3-9]\d{9}")


def clean_mobile(text: str) -> str:
    """The eleven digits of a mobile number; `PeopleProblem` when it is none."""
    digits = normalise_phone(text)
    if not _MOBILE.fullmatch(digits):
        raise PeopleProblem("not_a_mobile", _("请填写 11 位手机号。"), field="phone")
    return digits


def _digest(phone: str, code: str) -> bytes:
    return crypto.blind(f"{phone}|{code}", "people.phone_code")


def send_code(request: HttpRequest, phone_text: str) -> str | None:
    """Send a code; the same answer whether the phone is known or not. What it returns is shown on the page.

    One a minute and five an hour per phone, twenty an hour per client. Raises `PeopleProblem`, `TooManyTries`.
    """
    phone = clean_mobile(phone_text)
    known_by = crypto.blind(phone, PHONE)
    subject = known_by.hex()
    verdict = throttle.hit_all(
        [
            (throttle.PHONE_CODE_PAUSE, subject),
            (throttle.PHONE_CODE_PHONE, subject),
            (throttle.PHONE_CODE_ADDRESS, throttle_address(request)),
        ]
    )
    if not verdict.allowed:
        raise TooManyTries(_("验证码发送过于频繁，请稍后再试。"), verdict.retry_after_seconds)
    code = f"{secrets.randbelow(1_000_000):06d}"
    now = timezone.now()
    with transaction.atomic():
        PhoneCode.objects.filter(phone_blind=known_by, used_at=None).update(used_at=now)
        PhoneCode.objects.create(
            phone_blind=known_by, digest=_digest(phone, code), created_at=now, expires_at=now + LIFETIME
        )
    try:
        return gateway().send(phone, code, int(LIFETIME.total_seconds() // 60))
    except GatewayError as error:
        raise PeopleProblem("not_sent", _("验证码没有发出，请稍后再试，或不登录直接上报。"), status=503) from error


def check_code(request: HttpRequest, phone_text: str, code: str) -> list[User]:
    """The accounts of the phone when the code is right (made now if it is the first time); mostly one."""
    phone = clean_mobile(phone_text)
    verdict = throttle.hit(throttle.PHONE_CHECK_ADDRESS, throttle_address(request))
    if not verdict.allowed:
        raise TooManyTries(_("尝试次数过多，请稍后再试。"), verdict.retry_after_seconds)
    known_by = crypto.blind(phone, PHONE)
    if not _use_code(known_by, _digest(phone, "".join(c for c in code if c.isdecimal()))):
        audit.record("sign_in.phone", actor_id=None, passed=False, address=shortened_address(request))
        raise PeopleProblem("wrong_code", _("验证码不对或已过期，请重新获取。"), status=401, field="code")
    return accounts_of_phone(phone)


def note_sign_in(request: HttpRequest, user: User) -> None:
    """Note in the audit that somebody came in by phone."""
    audit.record(
        "sign_in.phone", actor_id=user.person_id, subject=f"user:{user.pk}", address=shortened_address(request)
    )


def _use_code(known_by: bytes, digest: bytes) -> bool:
    """Count a try on the latest code and use it up when it fits. Counting comes first and is never rolled back."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_phonecode SET tries = tries + 1 WHERE id = ("
            " SELECT id FROM people_phonecode WHERE phone_blind = %s ORDER BY created_at DESC, id DESC LIMIT 1"
            ") AND used_at IS NULL AND expires_at > %s AND tries < %s RETURNING id, digest",
            [known_by, now, TRIES],
        )
        row = cursor.fetchone()
    if row is None or not hmac.compare_digest(bytes(row[1]), digest):
        return False
    return PhoneCode.objects.filter(pk=row[0], used_at=None).update(used_at=now) == 1


@transaction.atomic
def accounts_of_phone(phone: str) -> list[User]:
    """Whom this phone lets in, at least one: those whose role needs no second factor (building captains, …), and the
    resident; a captain who came by import, and a resident who is new, get their account now."""
    known_by = crypto.blind(phone, PHONE)
    helping = in_force(timezone.localdate()).filter(person_id=OuterRef("pk"), role__in=BY_PHONE)
    people = Person.objects.filter(phone_blind=known_by, kind=Person.Kind.STAFF, erased_at=None, left_on=None)
    for person in people.filter(Exists(helping), user=None):
        _open(person, "phone")
    found = list(
        User.objects.select_related("person")
        .filter(person__phone_blind=known_by, is_active=True, person__erased_at=None, person__left_on=None)
        .order_by("person__kind", "pk")
    )
    helpers = set(people.filter(Exists(helping)).values_list("pk", flat=True))
    residents = [user for user in found if user.person and user.person.kind == Person.Kind.RESIDENT]
    let_in = [user for user in found if user.person_id in helpers] + residents[:1]
    return let_in or found[:1] or [_resident(phone)]


def account_of_phone(phone: str) -> User:
    """The one account of a phone, a resident's where there are several."""
    return accounts_of_phone(phone)[-1]


def _resident(phone: str) -> User:
    person_id = find_or_create_resident(name="", phone=phone)
    user = User.objects.filter(person_id=person_id).first()
    return user or _open(Person.objects.get(pk=person_id), "resident")


def _open(person: Person, word: str) -> User:
    """An account without a password."""
    user = User(username=f"{word}-{person.uid.hex}", person=person, created_at=timezone.now())
    user.set_unusable_password()
    user.save(force_insert=True)
    audit.record("account.made", actor_id=person.pk, subject=f"user:{user.pk}")
    return user


def purge() -> int:
    """Remove codes that ended more than a day ago; how many."""
    return PhoneCode.objects.filter(expires_at__lt=timezone.now() - timedelta(days=1)).delete()[0]
