"""Door-front agreements: renewed, ended, read with what was seen last; and who answers where, with the gaps."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from django.utils import timezone

from linli.inspections import agreement_selectors, promises
from linli.inspections import responsibility_selectors as answering
from linli.inspections.agreement_selectors import Wanted
from linli.inspections.models import Agreement
from linli.people.access import ObjectHidden
from linli.places.models import Place
from linli.work import moments
from linli.work.engine import StepRefused
from tests.inspections.conftest import Patrol
from tests.support.shops import open_shops
from tests.support.world import World

ALL = list(promises.DUTIES)


def _sign(world: World, shop: Place, day: date) -> Agreement:
    return promises.sign_agreement(world.actor("grid"), shop.pk, ALL, signer="王女士", signed_on=day, key=uuid.uuid4())


def _check(world: World, row: Agreement, broken: str = "", days_ago: int = 0) -> None:
    kept = {duty: duty != broken for duty in ALL}
    with moments.replaying(timezone.now() - timedelta(days=days_ago, minutes=1)):
        promises.check_agreement(world.actor("grid"), row.pk, kept, "堆货" if broken else "", key=uuid.uuid4())


def test_a_new_agreement_ends_the_one_before_and_both_stay_readable(world: World) -> None:
    today, shop = timezone.localdate(), open_shops(world, 1)[0]
    old = _sign(world, shop, today - timedelta(days=300))
    _check(world, old, "order", days_ago=200)
    new = _sign(world, shop, today)
    old.refresh_from_db()
    assert (old.until, new.until) == (today, None)
    with pytest.raises(StepRefused):
        _sign(world, shop, today)
    with pytest.raises(StepRefused, match="lies in the future"):
        _sign(world, shop, today + timedelta(days=1))
    with pytest.raises(StepRefused, match="has ended"):
        _check(world, old)
    _check(world, new)
    found = agreement_selectors.checks(shop.pk)
    assert [(row["agreement_id"], row["failing"]) for row in found] == [(new.pk, None), (old.pk, ["order"])]
    assert [row["id"] for row in agreement_selectors.agreements_of(shop.pk)] == [new.pk, old.pk]


def test_an_agreement_ends_and_the_shop_is_without(world: World) -> None:
    today, shop = timezone.localdate(), open_shops(world, 1)[0]
    row = _sign(world, shop, today - timedelta(days=30))
    wanted = Wanted(str(world.places["street"].path), "with")
    listed = agreement_selectors.shops(world.actor("street"), wanted, today, today)
    assert [entry["id"] for entry in listed] == [shop.pk]
    with pytest.raises(ObjectHidden):
        promises.end_agreement(world.actor("grid_west"), row.pk, today)
    promises.end_agreement(world.actor("grid"), row.pk, today)
    assert agreement_selectors.shops(world.actor("street"), wanted, today, today) == []


def test_every_number_counts_its_list(world: World) -> None:
    today = timezone.localdate()
    east, west = open_shops(world, 5), open_shops(world, 2, grid="west_grid1", kind="restaurant")
    open_shops(world, 1, kind="lane")
    rows = [_sign(world, shop, today - timedelta(days=90)) for shop in east[:3]]
    _check(world, rows[0], "clean", days_ago=2)
    _check(world, rows[1], "clean", days_ago=40)
    _check(world, rows[1], days_ago=1)
    _check(world, rows[2], days_ago=60)
    actor, since = world.actor("street"), today - timedelta(days=30)
    path = str(world.places["street"].path)
    depth = path.count(".") + 2
    parts = {part.place_id: part for part in agreement_selectors.parts(actor, Wanted(path), depth, today, since)}
    one = parts[world.places["east"].pk]
    assert (one.total, one.signed, one.failing, one.unchecked) == (5, 3, 1, 1)
    assert (parts[world.places["west"].pk].total, parts[world.places["west"].pk].signed) == (len(west), 0)
    for show, number in (("", 7), ("with", 3), ("without", 4), ("failing", 1), ("unchecked", 1)):
        assert len(agreement_selectors.shops(actor, Wanted(path, show), today, since)) == number, show
    own = agreement_selectors.shops(world.actor("grid_west"), Wanted(path), today, since)
    assert {row["id"] for row in own} == {shop.pk for shop in west}


def test_a_duty_fails_since_the_first_time_after_it_was_kept_last(world: World) -> None:
    shop = open_shops(world, 1)[0]
    row = _sign(world, shop, timezone.localdate() - timedelta(days=90))
    for days, broken in ((80, "order"), (60, ""), (30, "order"), (2, "order")):
        _check(world, row, broken, days_ago=days)
    duty = next(entry for entry in agreement_selectors.duties(row.pk) if entry["duty"] == "order")
    assert duty["kept"] is False
    assert timezone.localdate(duty["failing_since"]) == timezone.localdate() - timedelta(days=30)


def test_gaps_are_places_for_which_nobody_answers(world: World) -> None:
    today = timezone.localdate()
    street, path = world.actor("street"), str(world.places["street"].path)
    open_shops(world, 2, kind="lane")
    open_shops(world, 1, grid="west_grid1", kind="compound")
    everything = {"grid": (4, 4), "lane": (2, 2), "compound": (1, 1)}
    assert answering.gap_counts(street, path, today) == everything

    def give(place: str, since: date = today) -> int:
        unit = world.units["housing"].pk
        return promises.give_responsibility(
            street, world.places[place].pk, organisation_id=unit, since=since, key=uuid.uuid4()
        ).pk

    give("street")
    assert answering.gap_counts(street, path, today) == everything, "a whole street is too wide"
    give("west", today + timedelta(days=1))
    assert answering.gap_counts(street, path, today) == everything, "not yet"
    given = give("east_grid1")
    assert answering.gap_counts(street, path, today) == everything | {"grid": (3, 4), "lane": (0, 2)}
    assert [row["name"] for row in answering.gaps(street, path, "compound", today)] == ["商铺1"]
    tomorrow = today + timedelta(days=1)
    assert answering.gap_counts(street, path, tomorrow)["compound"] == (0, 1)
    promises.end_responsibility(street, given, tomorrow)
    assert answering.gap_counts(street, path, tomorrow)["lane"] == (2, 2)
    assert answering.gap_counts(world.actor("grid_west"), path, today) == {
        "grid": (1, 1), "lane": (0, 0), "compound": (1, 1),
    }  # fmt: skip


def test_figures_of_a_responsibility_are_those_of_its_lists(patrol: Patrol) -> None:
    world, today = patrol.world, timezone.localdate()
    row = promises.give_responsibility(
        world.actor("community"), world.places["east"].pk, organisation_id=world.units["east"].pk,
        person_id=world.actor("street").person_id, since=today - timedelta(days=9), key=uuid.uuid4(),
    )  # fmt: skip
    patrol.send(patrol.tick(0), patrol.tick(1, result="fail", finding=patrol.problem()))
    found = answering.responsibility(world.actor("street"), row.pk, today)
    assert (found["sites"], found["seen"], found["open"]) == (4, 2, 1)
    path = found["path"]
    sites = answering.sites_below(path, today)
    assert [site["seen"] for site in sites].count(True) == found["seen"]
    assert len(answering.findings_below(path)) == found["open"]
    assert found["last_seen"] == max(site["seen_at"] for site in sites if site["seen_at"])
    with pytest.raises(ObjectHidden):
        answering.responsibility(world.actor("community_west"), row.pk, today)
    for words, number in (("东山", 1), ("史磊", 1), ("西湖", 0)):
        wanted = answering.Wanted(words=words)
        assert answering.responsibilities(world.actor("street"), wanted, today)[1] == number, words
