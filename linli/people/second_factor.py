"""The second factor: time-based one-time codes (RFC 6238), accepted once each, and recovery codes."""

from __future__ import annotations

import hmac
import secrets

import pyotp
import segno
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.people import audit, crypto, throttle
from linli.people.errors import PeopleProblem, TooManyTries
from linli.people.models import RecoveryCode, User

PERIOD = 30
WINDOW = (-1, 0, 1)
RECOVERY_CODES = 10
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def _context(user_id: int) -> str:
    return f"people.user.second_factor:{user_id}"


def new_secret() -> str:
    """A fresh secret (base 32, 160 bits), not stored yet."""
    return pyotp.random_base32()


def provisioning_uri(user: User, secret: str) -> str:
    """What an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name="Linli")


def qr_data_uri(uri: str) -> str:
    """The QR code as an SVG data address for an <img>."""
    return segno.make(uri, error="m").svg_data_uri(scale=5, border=4, light="#fff", dark="#000")


def now_counter() -> int:
    """The number of the current 30 seconds."""
    return int(timezone.now().timestamp()) // PERIOD


def code_at(secret: str, counter: int) -> str:
    """The six digits of one period."""
    return pyotp.HOTP(secret).at(counter)


def matching_counter(secret: str, code: str, after: int) -> int | None:
    """The period (one before to one after now, later than `after`) to which the code belongs."""
    digits = "".join(character for character in code if character.isdecimal() and character.isascii())
    now = now_counter()
    for step in WINDOW:
        if now + step > after and hmac.compare_digest(code_at(secret, now + step), digits):
            return now + step
    return None


def secret_of(user: User) -> str | None:
    """The stored secret in clear; None when there is none."""
    sealed = user.second_factor_secret_encrypted
    return None if sealed is None else crypto.decrypt(sealed, _context(user.pk))


def unused_code(user: User) -> str:
    """A code that would be accepted now (shown on the demo's page only); the last one when all were used."""
    secret = secret_of(user)
    if secret is None:
        return ""
    return code_at(secret, min(max(now_counter(), user.second_factor_last_counter + 1), now_counter() + 1))


def check(user: User, code: str, *, address: str = "") -> bool:
    """Whether the code (or a recovery code) is right; then it is used up. At most 5 tries in 15 minutes.

    Only reached after the right password, so the count cannot be driven up by a stranger. Raises `TooManyTries`.
    """
    verdict = throttle.hit(throttle.SECOND_FACTOR, str(user.pk))
    if not verdict.allowed:
        audit.record(
            "sign_in.second_factor",
            actor_id=None,
            subject=f"user:{user.pk}",
            passed=False,
            address=address,
            throttled=True,
        )
        raise TooManyTries(_("尝试次数过多，请稍后再试。"), verdict.retry_after_seconds)
    passed = _use_code(user, code) or _use_recovery_code(user, code)
    if passed:
        throttle.clear(throttle.SECOND_FACTOR, str(user.pk))
    audit.record(
        "sign_in.second_factor",
        actor_id=user.person_id if passed else None,
        subject=f"user:{user.pk}",
        passed=passed,
        address=address,
    )
    return passed


def _use_code(user: User, code: str) -> bool:
    secret = secret_of(user)
    counter = None if secret is None else matching_counter(secret, code, user.second_factor_last_counter)
    if counter is None:
        return False
    # Conditional: of two requests with the same code, one finds the counter already raised.
    return (
        User.objects.filter(pk=user.pk, second_factor_last_counter__lt=counter).update(
            second_factor_last_counter=counter
        )
        == 1
    )


def _recovery_digest(user_id: int, code: str) -> bytes:
    bare = "".join(character for character in code.upper() if character in _ALPHABET)
    return crypto.recovery(bare, f"people.recovery:{user_id}")


def _use_recovery_code(user: User, code: str) -> bool:
    used = RecoveryCode.objects.filter(user_id=user.pk, digest=_recovery_digest(user.pk, code), used_at=None).update(
        used_at=timezone.now()
    )
    return used == 1


@transaction.atomic
def enrol(user: User, secret: str, code: str | None) -> list[str]:
    """Store the secret once a code proves that the app has it; the recovery codes, to be shown once.

    `code` None is for the demo and the command line, where no app is there to prove it.
    """
    counter = 0
    if code is not None:
        found = matching_counter(secret, code, 0)
        if found is None:
            raise PeopleProblem("wrong_code", _("验证码不对，请检查手机时间后重试。"), field="code")
        counter = found
    user.second_factor_secret_encrypted = crypto.encrypt(secret, _context(user.pk))
    user.second_factor_last_counter = counter
    user.second_factor_since = timezone.now()
    user.save(update_fields=["second_factor_secret_encrypted", "second_factor_last_counter", "second_factor_since"])
    audit.record("second_factor.enrolled", actor_id=user.person_id, subject=f"user:{user.pk}")
    return make_recovery_codes(user)


@transaction.atomic
def make_recovery_codes(user: User) -> list[str]:
    """Ten new recovery codes in place of all old ones; only digests are stored."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = [_recovery_code() for _index in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_recovery_digest(user.pk, code)) for code in codes)
    audit.record("recovery_codes.made", actor_id=user.person_id, subject=f"user:{user.pk}")
    return codes


def _recovery_code() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _index in range(4)) for _group in range(3))
    return "-".join(groups)


def reseal(user: User) -> bool:
    """Write the secret again under the current key where it lies under another; True when it did."""
    sealed, secret = user.second_factor_secret_encrypted, secret_of(user)
    if sealed is None or secret is None or crypto.key_id(sealed) == crypto.keyring().current:
        return False
    user.second_factor_secret_encrypted = crypto.encrypt(secret, _context(user.pk))
    user.save(update_fields=["second_factor_secret_encrypted"])
    return True
