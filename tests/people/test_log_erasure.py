"""The duty log and the right to erasure: lines stay, phone and confirmed names go."""

from __future__ import annotations

from typing import Any

import pytest

from linli.people import duty, erasing, log_erasure
from linli.people.erasing import Subject
from linli.people.models import DutyLogEntry
from tests.support.small_world import in_small_world, small_world_database
from tests.support.world import World

__all__ = ["in_small_world", "small_world_database"]

SUBJECT = Subject(1, (1,), "13805327788", "赵铁柱")
TEXTS = ("赵铁柱 138-0532-7788 来电，已登记", "赵铁柱来过，留了口信", "一切正常")


@pytest.fixture
def world(in_small_world: World, db: Any) -> World:
    """A district with staff in every role."""
    return in_small_world


def written(world: World) -> list[int]:
    """Three lines of the office's log."""
    for text in TEXTS:
        duty.write_log(world.actor("director"), world.units["office"].pk, text)
    return list(DutyLogEntry.objects.order_by("pk").values_list("pk", flat=True))


def test_phone_and_name_go_from_the_line_that_bears_the_phone(world: World) -> None:
    ids = written(world)
    assert log_erasure.count(SUBJECT).total == 1
    assert log_erasure.erase(SUBJECT, world.actor("director"), erasing.ASKED) == 1
    texts = [DutyLogEntry.objects.get(pk=number).text for number in ids]
    assert texts == ["（已删除） （已删除） 来电，已登记", *TEXTS[1:]]
    assert log_erasure.count(SUBJECT).total == 0


def test_a_name_alone_is_a_doubt_that_who_decides_confirms(world: World) -> None:
    ids = written(world)
    found = log_erasure.doubts(SUBJECT, world.actor("director"))
    assert [doubt.words for doubt in found] == [TEXTS[1]]
    assert log_erasure.doubts(SUBJECT, world.actor("grid")) == [], "only who may erase is asked"
    assert log_erasure.erase_doubts([found[0].ref], world.actor("director"), erasing.ASKED) == 1
    assert DutyLogEntry.objects.get(pk=ids[1]).text == "（已删除）来过，留了口信"
    assert "duty_log" in {part.name for part in erasing.parts()}
