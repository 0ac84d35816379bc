"""Accounts: users, their second factor, sessions, API tokens, one-time codes, throttle buckets."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class UserManager(BaseUserManager["User"]):
    """Looks users up by name; accounts are made by `people.accounts`, the only writer."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The user with this name, whatever the case in which it was typed."""
        return self.get(username=(username or "").strip().lower())


class User(AbstractBaseUser):
    """An account. What it may do is said by the appointments of its person, never by flags here.

    `is_staff` only lets a system administrator into `/admin/` (configuration). Names are lower case. Residents
    have an account without a password: they sign in by phone with a one-time code.
    """

    username = models.CharField(max_length=64, unique=True)
    person = models.OneToOneField("people.Person", models.PROTECT, null=True, related_name="user")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    language = models.CharField(max_length=8, default="zh-hans")
    must_change_password = models.BooleanField(default=False)
    password_changed_at = models.DateTimeField(null=True)
    second_factor_secret_encrypted = models.BinaryField(null=True)
    second_factor_last_counter = models.BigIntegerField(default=0)
    second_factor_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Django's own permission check, asked by `/admin/` only."""
        return self.is_active and self.is_staff

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        """As `has_perm`, for several at once."""
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        """As `has_perm`, for a whole application."""
        return self.is_active and self.is_staff

    @property
    def has_second_factor(self) -> bool:
        """Whether a second factor was enrolled."""
        return self.second_factor_secret_encrypted is not None


class RecoveryCode(models.Model):
    """A spare key for a lost second factor: stored as a keyed digest, good for one use."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recovery_code_once")]


class Session(AbstractBaseSession):
    """A signed-in browser. The key column holds a digest, so reading the table opens no session.

    Ends when idle too long or when too old (`expire_date` is the earlier of the two).
    """

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    address = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user"], name="session_user")]

    @classmethod
    def get_session_store_class(cls) -> Any:
        """The store that belongs to this table."""
        from linli.people.sessions import SessionStore

        return SessionStore


class ApiToken(models.Model):
    """A key for programs acting as one user. Only a digest is kept; the key itself is shown once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60)
    digest = models.BinaryField(unique=True)
    hint = models.CharField(max_length=8)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_on = models.DateField(null=True)
    revoked_at = models.DateTimeField(null=True)


class PhoneCode(models.Model):
    """A one-time code sent to a phone: digest only, a few minutes, a few tries."""

    phone_blind = models.BinaryField()
    digest = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.SmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["phone_blind", "-created_at"], name="phone_code_latest")]


class ThrottleBucket(models.Model):
    """How often something was tried in the running window. `key` is a digest: no address, no name."""

    key = models.BinaryField(primary_key=True)
    window_started_at = models.DateTimeField()
    count = models.IntegerField()
    expires_at = models.DateTimeField(db_index=True)
