"""Deeds: told once, however often they are told; withdrawn, never changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from linli.config.statement_count import count_statements
from linli.work import deeds
from linli.work.jobs import tell_of_deeds
from linli.work.models import Deed
from tests.support.world import World


def done(world: World, number: int, **more: Any) -> deeds.Done:
    """A deed of the grid worker."""
    person = world.users["grid"].person_id
    place = first_place()
    values: dict[str, Any] = {"quantity": 90, "facts": {"shift": number}} | more
    return deeds.Done(
        f"hours:{number}:{person}", deeds.HOURS, person, place, date(2026, 5, 1), ("shift", number), **values
    )


def first_place() -> int:
    """Any place of the world."""
    from linli.places.models import Place

    return int(Place.objects.order_by("id").values_list("id", flat=True)[0])


def test_a_deed_that_is_told_twice_is_one(world: World) -> None:
    """The natural key decides; the second telling writes and tells nothing."""
    first = deeds.record([done(world, 1), done(world, 2)])
    again = deeds.record([done(world, 2), done(world, 3)])
    assert len(first) == 2
    assert len(again) == 1
    assert Deed.objects.count() == 3


def test_listeners_hear_of_new_and_of_withdrawn_deeds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job hands the ids on."""
    heard: list[list[int]] = []
    monkeypatch.setattr(deeds, "_listeners", [lambda ids: heard.append(list(ids))])
    ids = deeds.record([done(world, 1)])
    tell_of_deeds(ids=ids)
    assert deeds.withdraw([done(world, 1).key]) == ids
    assert deeds.withdraw([done(world, 1).key]) == [], "withdrawn once"
    assert heard == [ids]
    assert Deed.objects.get().withdrawn_at is not None


def test_statements_do_not_grow_with_the_deeds(world: World) -> None:
    """A hundred deeds take as many statements as one."""
    told = [done(world, number) for number in range(1, 102)]
    with count_statements() as one:
        deeds.record(told[:1])
    with count_statements() as many:
        deeds.record(told[1:])
    assert len(many) == len(one)
