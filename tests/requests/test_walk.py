"""Every row of the workflow table is walked by the right person and refused to the wrong ones, who change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from linli.people.access import ObjectHidden
from linli.people.models import AccessRefusal
from linli.requests.workflow import REQUEST
from linli.work.engine import StepRefused
from linli.work.models import Ask, Clock, Event, Item, Leg
from tests.requests.rows import ROWS
from tests.requests.walk import WAYS, Row, Walker
from tests.support.world import World

OPENINGS = {"report", "report_on_behalf", "outside_order", "leader_note", "chat_message", "hand_over", "fix_on_spot"}
NOT_HERE = {"wrong_state"}


def arrive(world: World, row: Row) -> tuple[Walker, dict[str, Any]]:
    """Bring a request to where the row can be taken."""
    walker = Walker(world)
    data = dict(row.data)
    if row.transition in ("merge", "split"):
        other = Walker(world)
        other.begin(words="这里也有垃圾")
        walker.begin()
        walker.run(WAYS["signed"])
        if row.transition == "split":
            walker.take("dispatcher", "merge", other=other.item.number)
        else:
            data["other"] = other.item.number
        return walker, data
    walker.begin(**dict(row.opening))
    walker.run(WAYS[row.way])
    return walker, walker.resolve(data)


def picture(item_id: int) -> tuple[Any, ...]:
    """Everything stored of an item."""
    tables = (Item.objects.filter(pk=item_id), *(m.objects.filter(item_id=item_id) for m in (Leg, Clock, Ask, Event)))
    return tuple(sorted(map(repr, table.values_list())) for table in tables)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.transition}-{row.way}")
def test_the_right_person_takes_the_step(world: World, row: Row) -> None:
    walker, data = arrive(world, row)
    before = walker.item.history_length
    walker.take(row.by, row.transition, **data)
    assert walker.item.state == row.to
    assert Event.objects.filter(item_id=walker.item_id, sequence=before + 1, transition=row.transition).exists()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.transition}-{row.way}")
def test_the_wrong_persons_are_refused_and_change_nothing(world: World, row: Row) -> None:
    walker, data = arrive(world, row)
    before = picture(walker.item_id)
    for name in row.wrong:
        refused_before = AccessRefusal.objects.count()
        with pytest.raises((StepRefused, ObjectHidden)) as refused:
            walker.take(name, row.transition, **data)
        assert getattr(refused.value, "code", "") not in NOT_HERE, f"{name} was refused for another reason"
        assert AccessRefusal.objects.count() == refused_before + 1, f"{name} left no audit row"
    assert picture(walker.item_id) == before


def test_every_transition_has_a_row() -> None:
    assert {row.transition for row in ROWS} == set(REQUEST.by_code) - OPENINGS
