"""Gaoping's year: the same for the same seed, no record made to fit, and its figures follow its records."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from linli.insight import demo, demo_year
from linli.insight.demo_year import Size, Year
from linli.insight.figures import FIGURES
from linli.insight.measuring import joined
from linli.insight.published import YEAR
from linli.insight.reproducing import reproduce, whole
from linli.volunteering import hours
from linli.volunteering.models import Service
from linli.volunteering.quarters import Figures, joined_figures
from tests.insight.cases import CODE
from tests.support.world import World

SMALL = Size(units=7, units_later=2, members=60, members_later=6, solved=9, unsolved=10, others=4)


def expected(year: Year) -> Figures:
    """The five figures, counted in the plan by another way than the database's."""
    first, last = YEAR
    units = {unit.name for unit in year.units if unit.since <= last}
    members = {member.number for member in year.members if member.since <= last}
    counted = {
        row.key: row for row in year.services
        if row.member is not None and row.state == "confirmed" and first <= row.day <= last
    }  # fmt: skip
    solved = {
        row.key for row in year.concerns
        if row.kind == "concern" and row.state == "confirmed" and row.solved and first <= row.solved <= last
    }  # fmt: skip
    minutes = sum(row.minutes for row in counted.values())
    return Figures(len(units), len(members), len(counted), minutes, len(solved))


def write(world: World, year: Year) -> Figures:
    communities = [world.places["east"].pk, world.places["west"].pk]
    demo.write_year(year, world.places["district"].pk, communities)
    return joined_figures(str(world.places["district"].path), *YEAR)


def test_the_year_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert demo_year.make(5, size=SMALL) == demo_year.make(5, size=SMALL)
    assert demo_year.make(5, size=SMALL) != demo_year.make(5, size=SMALL, seed=1)


@pytest.mark.parametrize("seed", range(1, 5))
def test_sums_fall_where_they_were_published_for_other_seeds_too(seed: int) -> None:
    found = expected(demo_year.make(338, seed=seed))
    assert (found.units, found.members, found.concerns) == (164, 6204, 385)
    assert 15_500 <= found.services < 16_500
    assert 57_500 * 60 <= found.minutes < 58_500 * 60


def test_a_small_year_is_counted_as_it_was_planned(world: World) -> None:
    year = demo_year.make(2, size=SMALL)
    kinds = {row.state for row in year.services} | {row.state for row in year.concerns}
    assert {"confirmed", "rejected", "open", "claimed", "solved"} <= kinds
    assert len(year.services) > len({row.key for row in year.services}), "some are sent twice"
    assert write(world, year) == expected(year) == write(world, year)


def withheld(year: Year, chance: random.Random) -> Year:
    """The year without some of its services, concerns and last members (with their services)."""
    gone = len(year.members) - chance.randrange(1, 9)
    keep = chance.random()
    lost = {row.key for row in year.services if chance.random() > keep}
    return replace(
        year, members=year.members[:gone],
        services=tuple(
            row for row in year.services if row.key not in lost and (row.member is None or row.member < gone)
        ),
        concerns=tuple(row for row in year.concerns if chance.random() < keep),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_what_is_missing_lowers_the_figures_by_what_it_is_worth(world: World, seed: int) -> None:
    year = demo_year.make(2, size=SMALL, seed=seed)
    part = withheld(year, random.Random(seed))
    assert write(world, part) == expected(part)
    assert write(world, year) == expected(year)


def test_the_whole_year_holds_and_follows_its_records(world: World) -> None:
    """The published year in the small world: without 41 services and 5 concerns, whole, and with 3 rejected."""
    year, few, chance = demo_year.make(2), 300, random.Random(7)
    of_few = [row for row in year.services if row.member is not None and row.member < few]
    counted = {row.key for row in of_few if row.state == "confirmed" and row.day <= YEAR[1]}
    lost = set(chance.sample(sorted(counted), 41))
    solved = [row.key for row in year.concerns if row.kind == "concern" and row.state == "confirmed"]
    lost_concerns = set(chance.sample(solved, 5))
    part = replace(
        year,
        services=tuple(row for row in year.services if row.key not in lost),
        concerns=tuple(row for row in year.concerns if row.key not in lost_concerns),
    )
    before, planned = write(world, part), expected(year)
    assert before == expected(part)
    assert before.services == planned.services - 41
    # What is missing comes now; what is sent with it once more changes nothing.
    after = write(world, replace(year, members=year.members[:few], services=tuple(of_few)))
    assert after == planned
    assert (after.units, after.members, after.concerns) == (164, 6204, 385)
    figures = [
        replace(row, measure=joined(CODE, row.id.removeprefix("F4."), *YEAR))
        for row in FIGURES if row.id.startswith("F4.")
    ]  # fmt: skip
    assert len(figures) == 5 and whole(reproduce(figures))

    actor = world.actor("community")
    in_east = Service.objects.filter(
        member__isnull=False, state="confirmed", place=world.places["east"], happened_on__lte=YEAR[1]
    )
    rejected = list(in_east.order_by("id")[:3])
    for row in rejected:
        hours.reject(actor, row.pk, version=row.version, reason="没有到场")
    now = joined_figures(str(world.places["district"].path), *YEAR)
    assert now.services == after.services - 3
    assert now.minutes == after.minutes - sum(row.minutes for row in rejected)
    assert (now.units, now.members, now.concerns) == (after.units, after.members, after.concerns)
