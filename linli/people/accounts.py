"""The only writer of accounts: made and closed by the security administrator, kept by their owners."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.people import audit, sessions
from linli.people.access import Actor, refuse, require
from linli.people.errors import PeopleProblem
from linli.people.loading import token_digest
from linli.people.models import ApiToken, Person, RecoveryCode, User

TOKEN_PREFIX = "lnl_"  # noqa: S105
TOKEN_DAYS = 365
TOKENS_PER_USER = 20
PASSWORD_LONGEST = 128
PASSWORD_SHORTEST = 10
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,40}")


def first_password() -> str:
    """A first password that can be read aloud: four groups of four letters and digits (≈ 77 bits)."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _index in range(4)) for _group in range(4))


class LongEnough(password_validation.MinimumLengthValidator):
    """Django's own, with its sentence: in Django 5.2 the Chinese catalogue knows it under words no longer used."""

    def __init__(self, min_length: int = PASSWORD_SHORTEST) -> None:
        super().__init__(min_length)

    def get_error_message(self) -> str:
        """What to do, in the language of the page."""
        return _("密码太短，至少要 %(count)d 个字符。") % {"count": self.min_length}


def check_new_password(user: User, password: str) -> None:
    """Refuse a password that is too short, too common or too like the name."""
    if len(password) > PASSWORD_LONGEST:
        raise PeopleProblem("long_password", _("密码不能超过 128 个字符。"), field="new_password")
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise PeopleProblem("weak_password", " ".join(error.messages), field="new_password") from error


def checked_username(typed: str) -> str:
    """The user name as it is kept: lower case, without blanks around. Refuses what cannot be typed anywhere."""
    name = typed.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise PeopleProblem("bad_username", _("用户名为 2 至 41 个小写字母、数字、点或横线。"), field="username")
    return name


@transaction.atomic
def create_account(actor: Actor, person: Person, username: str, *, password: str | None = None) -> tuple[User, str]:
    """An account for a member of staff; the first password is to be changed at the first sign-in.

    Who signed in by phone before has one without a password: it gets the name and a password.
    """
    require(actor, "people.appoint")
    name = checked_username(username)
    user = User.objects.select_for_update().filter(person=person).first()
    if user is not None and (user.has_usable_password() or not user.is_active):
        raise PeopleProblem("has_account", _("此人已有账号。"), status=409)
    if User.objects.filter(username=name).exclude(person=person).exists():
        raise PeopleProblem("username_taken", _("这个用户名已被使用。"), field="username", status=409)
    secret = password or first_password()
    user = user or User(person=person, created_at=timezone.now())
    user.username, user.must_change_password = name, True
    user.set_password(secret)
    user.save()
    audit.record("account.made", actor_id=actor.person_id, subject=f"user:{user.pk}")
    return user, secret


def free_usernames(people: Iterable[Person]) -> dict[int, str]:
    """A user name that is free for each person, made of the pinyin of the work name (1 statement)."""
    wanted = {person.pk: re.sub(r"[^a-z0-9]", "", person.pinyin)[:32] or "staff" for person in people}
    if not wanted:
        return {}
    pattern = f"^({'|'.join(sorted(set(wanted.values())))})[0-9]*$"
    taken = set(User.objects.filter(username__regex=pattern).values_list("username", flat=True))
    found: dict[int, str] = {}
    for key, base in wanted.items():
        name, number = base, 2
        while name in taken or not _USERNAME.fullmatch(name):
            name, number = f"{base}{number}", number + 1
        taken.add(name)
        found[key] = name
    return found


@transaction.atomic
def open_accounts(actor: Actor, people: Sequence[Person]) -> list[tuple[Person, str, str]]:
    """An account for each of these members of staff: the person, the user name, the first password.

    Who has got one in the meantime, from somebody else at the same work, is left out.
    """
    require(actor, "people.appoint")
    keys = [person.pk for person in people]
    locked = set(Person.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk", flat=True))
    known = User.objects.filter(person_id__in=locked)
    served = {user.person_id for user in known if user.has_usable_password() or not user.is_active}
    open_for = [person for person in people if person.pk in locked - served]
    names = free_usernames(open_for)
    return [(person, *_made(actor, person, names[person.pk])) for person in open_for]


def _made(actor: Actor, person: Person, username: str) -> tuple[str, str]:
    user, secret = create_account(actor, person, username)
    return user.username, secret


@transaction.atomic
def reset_password(actor: Actor, user: User) -> str:
    """A new first password; every session ends. The second factor stays.

    Who had none, because they only ever signed in by phone, gets a user name that can be typed along with it.
    """
    require(actor, "people.appoint")
    if user.person is not None and not user.has_usable_password():
        user.username = free_usernames([user.person])[user.person.pk]
    secret = first_password()
    user.set_password(secret)
    user.must_change_password = True
    user.password_changed_at = timezone.now()
    user.save(update_fields=["username", "password", "must_change_password", "password_changed_at"])
    sessions.end_sessions(user.pk)
    audit.record("password.reset", actor_id=actor.person_id, subject=f"user:{user.pk}")
    return secret


@transaction.atomic
def remove_second_factor(actor: Actor, user: User) -> None:
    """For a lost phone: the owner enrols anew at the next sign-in. Every session and token ends."""
    require(actor, "people.appoint")
    _forbid_self(actor, user)
    user.second_factor_secret_encrypted = None
    user.second_factor_since = None
    user.save(update_fields=["second_factor_secret_encrypted", "second_factor_since"])
    RecoveryCode.objects.filter(user=user).delete()
    _end_access(user)
    audit.record("second_factor.removed", actor_id=actor.person_id, subject=f"user:{user.pk}")


@transaction.atomic
def close_account(actor: Actor, user: User) -> None:
    """Close an account at once: sessions and tokens end."""
    require(actor, "people.appoint")
    _forbid_self(actor, user)
    close(user, by=actor.person_id)


@transaction.atomic
def reopen_account(actor: Actor, user: User) -> str:
    """Open a closed account again, with a new first password, for somebody who has not left."""
    require(actor, "people.appoint")
    _forbid_self(actor, user)
    if user.is_active:
        raise PeopleProblem("account_open", _("账号正在使用，不用重新启用。"), status=409)
    person = user.person
    if person is None or person.left_on is not None or person.erased_at is not None:
        raise PeopleProblem("has_left", _("此人已离任，账号不能重新启用。"), status=409)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record("account.reopened", actor_id=actor.person_id, subject=f"user:{user.pk}")
    return reset_password(actor, user)


def close(user: User, *, by: int | None) -> None:
    """Close an account (called by services that have checked the permission, within their transaction)."""
    user.is_active = False
    user.save(update_fields=["is_active"])
    _end_access(user)
    audit.record("account.closed", actor_id=by, subject=f"user:{user.pk}")


def _forbid_self(actor: Actor, user: User) -> None:
    if actor.user_id == user.pk:
        raise PeopleProblem("not_oneself", _("不能对自己的账号做此操作，请另一位管理员办理。"), status=409)


def _end_access(user: User) -> None:
    sessions.end_sessions(user.pk)
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def change_password(user: User, old: str, new: str, *, keep_session: str | None) -> None:
    """The owner changes the password; all other sessions end."""
    if not user.check_password(old):
        raise PeopleProblem("wrong_password", _("当前密码不正确。"), field="old_password")
    if old == new:
        raise PeopleProblem("same_password", _("新密码须与当前密码不同。"), field="new_password")
    check_new_password(user, new)
    user.set_password(new)
    user.must_change_password = False
    user.password_changed_at = timezone.now()
    user.save(update_fields=["password", "must_change_password", "password_changed_at"])
    sessions.end_sessions(user.pk, except_key=keep_session)
    audit.record("password.changed", actor_id=user.person_id, subject=f"user:{user.pk}")


@transaction.atomic
def end_other_sessions(user_id: int, person_id: int | None, *, keep_session: str | None) -> int:
    """End all sessions of the user but this one; how many were ended."""
    ended = sessions.end_sessions(user_id, except_key=keep_session)
    audit.record("sessions.ended", actor_id=person_id, subject=f"user:{user_id}", count=ended)
    return ended


@transaction.atomic
def make_token(actor: Actor, name: str, *, days: int = TOKEN_DAYS) -> tuple[ApiToken, str]:
    """A new API token for the actor; the raw token is returned this once."""
    if not actor.may_somewhere("tokens.own") or actor.user_id is None or actor.token_id is not None:
        refuse(actor, "tokens.own")
    assert actor.user_id is not None
    if not 1 <= days <= TOKEN_DAYS:
        raise PeopleProblem("bad_days", _("有效期为 1 至 365 天。"), field="days")
    if ApiToken.objects.filter(user_id=actor.user_id or 0, revoked_at=None).count() >= TOKENS_PER_USER:
        raise PeopleProblem("too_many_tokens", _("令牌过多，请先停用不用的。"), status=409)
    raw = TOKEN_PREFIX + secrets.token_urlsafe(32)
    now = timezone.now()
    token = ApiToken.objects.create(
        user_id=actor.user_id,
        name=name.strip()[:60] or _("未命名"),
        digest=token_digest(raw),
        hint=raw[-4:],
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    audit.record("token.made", actor_id=actor.person_id, subject=f"token:{token.pk}")
    return token, raw


@transaction.atomic
def revoke_token(actor: Actor, token_id: int) -> None:
    """Stop one of the actor's own tokens."""
    changed = ApiToken.objects.filter(pk=token_id, user_id=actor.user_id or 0, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    if not changed:
        raise PeopleProblem("no_such_token", _("没有这个令牌。"), status=404)
    audit.record("token.revoked", actor_id=actor.person_id, subject=f"token:{token_id}")
