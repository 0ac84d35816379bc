"""A problem that somebody comes by where no round looks: one item each, in the grid where it is, never lost."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.inspections.batch import Batch, NewProblem, ObservationOutcome
from linli.inspections.day_pack import day_pack
from linli.inspections.models import Finding, Round
from linli.inspections.services import record_batch
from linli.work.engine import StepRefused
from linli.work.models import Item
from tests.inspections.conftest import Patrol
from tests.support.world import SOUTH, STEP, WEST

INSIDE = {"longitude": WEST + STEP + 0.001, "latitude": SOUTH + 0.001, "accuracy_m": 12.0}
"""A position in the grid worker's own grid."""


def met(patrol: Patrol, *, place: str = "east_grid1", finding: dict[str, Any] | None = None, **more: Any) -> NewProblem:
    """A problem with keys of its own."""
    values: dict[str, Any] = {
        "client_key": uuid.uuid4(), "place_id": patrol.world.places[place].pk, "observed_at": timezone.now(),
        "finding": patrol.problem(**(finding or {})), "words": "绿化带里有垃圾\n很多",
    }  # fmt: skip
    return NewProblem(**(values | more))


def send(patrol: Patrol, *problems: NewProblem, by: str = "grid") -> list[ObservationOutcome]:
    """Send them in one batch; what became of them."""
    return list(record_batch(patrol.world.actor(by), Batch("phone", (), (), problems), "key").outcomes)


def test_it_opens_one_item_however_often_it_comes(patrol: Patrol) -> None:
    problem = met(patrol)
    first, again = send(patrol, problem)[0], send(patrol, problem)[0]
    assert (first.outcome, again.outcome, again.number) == ("stored", "repeated", first.number)
    row = Finding.objects.select_related("item").get()
    assert (row.item.title, row.item.kind, row.round_id, row.observation_id, row.criterion_id) == (
        "东山社区第1网格：绿化带里有垃圾", "finding", None, None, None,
    )  # fmt: skip
    assert row.item.responsible_organisation_id is not None, "dispatched by rule, or handed over"


def test_it_lies_where_it_was_seen_as_far_as_that_is_known(patrol: Patrol) -> None:
    grid = patrol.world.places["east_grid1"]
    located = send(patrol, met(patrol, place="east", **INSIDE), by="community")[0]
    unsure = send(patrol, met(patrol, place="east", **(INSIDE | {"accuracy_m": 900.0})), by="community")[0]
    nowhere = send(patrol, met(patrol, place="east"), by="community")[0]
    places = [Item.objects.get(number=one.number).place_id for one in (located, unsure, nowhere)]
    assert places == [grid.pk, patrol.world.places["east"].pk, patrol.world.places["east"].pk]
    assert Item.objects.get(number=unsure.number).longitude == INSIDE["longitude"], "the position is kept all the same"


def test_a_position_outside_of_ones_area_does_not_lose_it(patrol: Patrol) -> None:
    far = met(patrol, longitude=WEST + 0.001, latitude=SOUTH + 0.001, accuracy_m=5.0)
    stored = send(patrol, far)[0]
    assert stored.outcome == "stored"
    assert Item.objects.get(number=stored.number).place_id == patrol.world.places["east_grid1"].pk


def test_a_unit_that_is_gone_leaves_it_to_the_dispatcher(patrol: Patrol) -> None:
    gone = {"handling": "hand_over", "lead_organisation_id": 10**9, "receiver_name": "张师傅"}
    stored = send(patrol, met(patrol, finding=gone))[0]
    assert stored.outcome == "stored"
    assert Finding.objects.get().handling == "report"


def test_who_may_not_record_there_is_refused_and_nothing_else_is(patrol: Patrol) -> None:
    bad, good = met(patrol, place="west_grid1"), met(patrol)
    unknown = met(patrol, place_id=10**9)
    assert [(one.outcome, one.code) for one in send(patrol, bad, good, unknown)] == [
        ("refused", "not_yours"), ("stored", ""), ("refused", "unknown_place"),
    ]  # fmt: skip


def test_what_says_nothing_is_no_record(patrol: Patrol) -> None:
    for wrong in ({"words": " "}, {"finding": {"handling": "fix_on_spot"}}):
        with pytest.raises(StepRefused):
            send(patrol, met(patrol, **wrong))
    assert not Finding.objects.exists()


def test_it_counts_for_the_day_on_which_it_was_found(patrol: Patrol) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    send(patrol, met(patrol, observed_at=yesterday))
    send(patrol, met(patrol, observed_at=timezone.now() + timedelta(days=3)))
    days = set(Finding.objects.values_list("found_on", flat=True))
    assert days == {timezone.localdate(yesterday), timezone.localdate()}, "a clock that is ahead found it today"


def test_a_phone_knows_its_areas_on_a_day_without_a_round(patrol: Patrol, query_counter: Any) -> None:
    Round.objects.update(state=Round.ENDED)
    actor = patrol.world.actor("grid")
    day_pack(actor)
    with query_counter(at_most=12):
        pack = day_pack(actor)
    assert pack["sites"] == []
    assert [area["name"] for area in pack["areas"]] == ["东山社区第1网格"]
    area = pack["areas"][0]["id"]
    assert any(area in unit["place_ids"] for unit in pack["units"]), "who answers there is known too"
    wide = day_pack(patrol.world.actor("community"))["areas"]
    assert [one["name"] for one in wide] == ["东山社区第1网格", "东山社区第2网格"]
