"""Fixtures of the ledger's tests: the small world, a pool, a member, the accounts where points go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.credits import ledger
from linli.credits.ledger import Posting
from linli.people.models import Person
from tests.support.small_world import in_small_world, small_world_database, world
from tests.support.world import World

__all__ = ["in_small_world", "small_world_database", "world"]


def person() -> Person:
    """Somebody new."""
    return Person.objects.create(kind="resident", created_at=timezone.now())


def award(pool: int, member: int, amount: int = 10, *, key: str = "award:1", **more: Any) -> Posting:
    """Points for a deed."""
    values: dict[str, Any] = {
        "kind": "award", "reason": "清理楼道", "effective_on": date(2026, 3, 1), "source_type": "deed", "source_id": 1,
    }  # fmt: skip
    return Posting(key=key, debit=pool, credit=member, amount=amount, **(values | more))


def in_days(days: int) -> date:
    """So many days from today."""
    return timezone.localdate() + timedelta(days=days)


@pytest.fixture
def pool(world: World) -> int:
    """The pool of the street."""
    return ledger.pool(world.places["street"].pk)


@pytest.fixture
def member(world: World) -> int:
    """An account without points."""
    return ledger.join(person().pk, actor=None)


@pytest.fixture
def redeemed(world: World) -> int:
    """Where spent points go."""
    return ledger.open_account("redeemed", world.places["street"].pk)


@pytest.fixture
def reserve() -> Callable[..., int]:
    """`reserve(key, account, amount, days=1)` holds points."""

    def reserving(key: str, account: int, amount: int, days: float = 1) -> int:
        until = timezone.now() + timedelta(days=days)
        return ledger.hold(key, account, amount, until=until, source_type="order", source_id=1, actor=None)

    return reserving
