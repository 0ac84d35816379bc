"""Dissuasion: what counts, what is corrected, by whom; the table is only ever added to."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.inspections.dissuasion import add_theme, correct, plan_round, record_dissuasion, switch_theme
from linli.inspections.dissuasion_selectors import DissuasionFilters, by_place, by_theme, records, total
from linli.inspections.models import Dissuasion, DissuasionTheme
from linli.inspections.setup import setup
from linli.people.access import ObjectHidden, PermissionRefused
from linli.work.engine import StepRefused
from tests.support.world import World

Filters = DissuasionFilters


@pytest.fixture
def dogs(world: World) -> int:
    """A theme that holds everywhere."""
    setup()
    return DissuasionTheme.objects.get(name="文明养犬").pk


def dissuade(world: World, theme: int, by: str = "grid", place: str = "east_grid1", **more: Any) -> Dissuasion:
    """Three persons, five leaflets."""
    values: dict[str, Any] = {"persons": 3, "leaflets": 5, "key": uuid.uuid4()} | more
    return record_dissuasion(world.actor(by), world.places[place].pk, theme, values.pop("persons"), **values)


def test_a_record_is_stored_once_and_names_nobody(world: World, dogs: int) -> None:
    key = uuid.uuid4()
    assert dissuade(world, dogs, key=key, words="广场北侧").pk == dissuade(world, dogs, key=key).pk
    assert [row["words"] for row in records(world.actor("community"), Filters())] == ["广场北侧"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"persons": 0, "leaflets": 0}, "nothing_done"),
        ({"persons": 10_001}, "bad_count"),
        ({"words": "住户13812345678"}, "personal_data"),
        ({"happened_at": "later"}, "future"),
        ({"theme": 0}, "no_theme"),
        ({"theme": "western"}, "no_theme"),
        ({"round_id": "ended"}, "outside_round"),
        ({"round_id": "other"}, "no_round"),
    ],
)
def test_what_cannot_be_right_is_refused(world: World, dogs: int, more: dict[str, Any], code: str) -> None:
    street, today = world.actor("street"), timezone.localdate()
    before = today - timedelta(days=9)
    western = add_theme(street, world.places["west"].pk, "乱晾晒").pk
    other = DissuasionTheme.objects.exclude(pk=dogs).filter(place=None)[0].pk

    def planned(theme: int, since: Any) -> int:
        return plan_round(street, world.places["street"].pk, theme, "劝导月", since, since, key=uuid.uuid4()).pk

    values: dict[Any, Any] = {
        "later": timezone.now() + timedelta(hours=1), "western": western, "ended": planned(dogs, before),
        "other": planned(other, today),
    }  # fmt: skip
    wanted = {name: values.get(value, value) for name, value in more.items()}
    with pytest.raises(StepRefused) as refused:
        dissuade(world, wanted.pop("theme", dogs), **wanted)
    assert refused.value.code == code
    assert not Dissuasion.objects.exists()


def test_a_correction_takes_the_place_of_one_record_once(world: World, dogs: int) -> None:
    community, grid, key = world.actor("community"), world.actor("grid"), uuid.uuid4()
    first = dissuade(world, dogs)
    second = correct(grid, first.pk, 4, 5, "数错了", key=key)
    assert correct(grid, first.pk, 4, 5, key=key).pk == second.pk
    with pytest.raises(StepRefused) as refused:
        correct(community, first.pk, 9, 9, key=uuid.uuid4())
    assert (refused.value.code, refused.value.status) == ("replaced", 409)
    assert total(community, Filters()) == {"records": 1, "persons": 4, "leaflets": 5}
    third = correct(community, second.pk, 0, 0, withdraw=True, key=uuid.uuid4())
    assert total(community, Filters()) == {"records": 0, "persons": 0, "leaflets": 0}
    with pytest.raises(StepRefused):
        correct(community, third.pk, 1, 1, key=uuid.uuid4())
    assert Dissuasion.objects.count() == 3


def test_others_neither_record_nor_correct_nor_read(world: World, dogs: int) -> None:
    row = dissuade(world, dogs)
    for name in ("grid2", "community_west", "handler", "property", "resident", "captain", "admin"):
        with pytest.raises(PermissionRefused):
            dissuade(world, dogs, by=name)
        with pytest.raises(ObjectHidden):
            correct(world.actor(name), row.pk, 1, 1, key=uuid.uuid4())
        assert records(world.actor(name), Filters()) == []
    with pytest.raises(ObjectHidden):
        switch_theme(world.actor("community"), dogs, active=False)


def test_the_database_refuses_to_change_a_record(world: World, dogs: int) -> None:
    row = dissuade(world, dogs)
    for change in (lambda rows: rows.update(persons=9), lambda rows: rows.delete()):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            change(Dissuasion.objects.filter(pk=row.pk))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_sums_by_theme_and_by_place_are_those_of_the_records(data: st.DataObject, world: World) -> None:
    with transaction.atomic():
        setup()
        themes = list(DissuasionTheme.objects.filter(place=None).values_list("pk", flat=True))[:2]
        made: list[Dissuasion] = []
        for number in range(data.draw(st.integers(1, 6))):
            place = data.draw(st.sampled_from(("east_grid1", "east_grid2", "east")))
            days = data.draw(st.sampled_from((0, 35, 70)))
            made.append(dissuade(
                world, data.draw(st.sampled_from(themes)), by="community", place=place, persons=number + 1,
                happened_at=timezone.now() - timedelta(days=days),
            ))  # fmt: skip
            if data.draw(st.booleans()):
                old = data.draw(st.sampled_from(made))
                if not Dissuasion.objects.filter(replaces=old).exists():
                    made.append(correct(world.actor("community"), old.pk, 7, 0, key=uuid.uuid4()))
        community = world.actor("community")
        counted = [row for row in made if not Dissuasion.objects.filter(replaces=row).exists()]
        whole = total(community, Filters())
        assert whole["persons"] == sum(row.persons for row in counted)
        _months, lines = by_theme(community, Filters())
        assert sum(sum(line["cells"].values()) for line in lines) == whole["persons"]
        for line in by_place(community, Filters(), "community"):
            part = Filters(place=line["place_id"], here=line["here"])
            assert total(community, part)["persons"] == line["persons"]
        assert sum(line["persons"] for line in by_place(community, Filters(), "community")) == whole["persons"]
        transaction.set_rollback(True)
