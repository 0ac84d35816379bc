"""Re-checks (复查): planned by rule or by the lead, done by others than who mended it, told to the shop first."""

from __future__ import annotations

import random
import uuid
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.inspections import mutual_rechecks as rechecks
from linli.inspections import mutual_selectors as selectors
from linli.inspections import mutual_services as services
from linli.inspections.day_pack import day_pack
from linli.inspections.models import MutualCheck, MutualRecheck
from linli.inspections.mutual_telling import PREFIX, keepers
from linli.inspections.site_selectors import site_past
from linli.people.access import ObjectHidden, PermissionRefused
from linli.people.models import AuditRecord
from linli.places.models import Place
from linli.work.engine import StepRefused
from linli.work.inbox import of_kind
from linli.work.models import Notification
from tests.support.shops import give_keeper, keep_too, open_shops
from tests.support.world import World

FEW = settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


class Wanting:
    """A round among four shops, and a check of it that found something to mend."""

    def __init__(self, world: World, days: int = 7, *, recorded: bool = True) -> None:
        self.world, self.key, self.today = world, uuid.uuid4(), timezone.localdate()
        self.shops = open_shops(world)
        ids = [shop.pk for shop in self.shops]
        street = world.actor("street")
        services.begin_mutual_checks(street, ids, "十二月互查", self.today, key=self.key, recheck_days=days)
        self.check = MutualCheck.objects.filter(batch=self.key).order_by("pk")[0]
        if recorded:
            self.found()

    def found(self) -> None:
        """Staff write down what the neighbour found."""
        services.record_mutual_check(self.world.actor("community"), self.check.pk, False, "灭火器过期")

    def told(self) -> None:
        """The shop knows."""
        services.tell_checked_shop(self.world.actor("community"), self.check.pk)

    def shop(self, number: int) -> Place:
        """A shop by its id."""
        return next(shop for shop in self.shops if shop.pk == number)

    def keepers(self) -> None:
        """Both shops have an account."""
        give_keeper(self.world, self.shop(self.check.checker_id), "checker")
        give_keeper(self.world, self.shop(self.check.checked_id), "checked")

    def listed(self, name: str = "street") -> dict[str, Any]:
        """The line of the check on the page of the round."""
        rows = selectors.checks(self.world.actor(name), self.key)
        return next(row for row in rows if row["id"] == self.check.pk)


def heard(person: int | None) -> list[str]:
    """What somebody was told of mutual checks, by kind."""
    rows = Notification.objects.filter(person_id=person, kind__startswith=PREFIX)
    return sorted(rows.values_list("kind", flat=True))


@pytest.fixture
def wanting(world: World) -> Wanting:
    """Something is to be mended; the shop was not told yet."""
    return Wanting(world)


@pytest.mark.parametrize("days", [3, 7])
def test_a_result_that_asks_for_mending_plans_a_recheck_by_the_rule_of_the_round(world: World, days: int) -> None:
    wanting = Wanting(world, days)
    row = MutualRecheck.objects.get()
    assert (row.check_of_id, row.turn, row.due_on) == (wanting.check.pk, 1, wanting.today + timedelta(days=days))
    other = MutualCheck.objects.filter(batch=wanting.key, done_at=None)[0]
    services.record_mutual_check(world.actor("grid"), other.pk, True)
    assert MutualRecheck.objects.count() == 1, "what is well is not looked at again"


@pytest.mark.parametrize("days", [0, 61])
def test_a_round_takes_a_sensible_number_of_days(world: World, days: int) -> None:
    with pytest.raises(StepRefused) as refused:
        Wanting(world, days)
    assert refused.value.field == "recheck_days"


def test_staff_know_of_a_recheck_when_the_shop_knows_the_result(wanting: Wanting) -> None:
    world, check = wanting.world, wanting.check

    def seen(name: str) -> tuple[Any, ...]:
        actor = world.actor(name)
        [round_] = selectors.rounds(actor)
        past = site_past(check.checked_id)["mutual"]
        offered = selectors.members(actor, str(world.places["east"].path), ["shop"], "inspection.promise")
        return (
            wanting.listed(name)["again"], round_["again"],
            [row["turn"] for row in selectors.rechecks(actor, check.pk)], [row["again"] for row in past],
            sum(row["again_on"] is not None for row in offered),
            len(selectors.due_rechecks(actor, "inspection.promise", wanting.today + timedelta(days=7))),
        )  # fmt: skip

    assert seen("street") == ("", 0, [], [], 0, 0)
    assert seen("community")[2] == [1], "who wrote it down knows what comes of it"
    with pytest.raises(ObjectHidden):
        rechecks.set_recheck_day(world.actor("street"), check.pk, wanting.today)
    with pytest.raises(ObjectHidden):
        rechecks.record_recheck(world.actor("street"), check.pk, 1, True)
    wanting.told()
    assert seen("street") == ("due", 1, [1], [True], 1, 1)


def test_the_two_shops_know_of_a_recheck_before_anybody(wanting: Wanting) -> None:
    check = wanting.check
    for site in (check.checker_id, check.checked_id):
        [row] = selectors.own_rechecks([site])
        assert (row["id"], row["turn"], row["before"]) == (check.pk, 1, "灭火器过期")
    others = {shop.pk for shop in wanting.shops} - {check.checker_id, check.checked_id}
    assert selectors.own_rechecks(sorted(others)) == []


def test_the_result_of_a_recheck_goes_to_the_shop_first_too(wanting: Wanting) -> None:
    world, check = wanting.world, wanting.check
    wanting.told()
    rechecks.record_recheck(world.actor("grid"), check.pk, 1, False, "还差一只")
    assert wanting.listed()["again"] == "found"
    [row] = selectors.rechecks(world.actor("street"), check.pk)
    assert (row["good"], row["words"]) == (None, ""), "that another turn is planned would say it as well"
    assert selectors.rechecks(world.actor("grid"), check.pk)[0]["words"] == "还差一只"
    assert selectors.own_rechecks([check.checked_id])[1]["words"] == "还差一只"
    services.tell_checked_shop(world.actor("street"), check.pk, turn=0)
    assert wanting.listed()["again"] == "found", "told is only what was shown"
    services.tell_checked_shop(world.actor("street"), check.pk, turn=1)
    assert [row["words"] for row in selectors.rechecks(world.actor("street"), check.pk)] == ["还差一只", ""]
    assert (wanting.listed()["again"], wanting.listed()["again_on"]) == ("due", wanting.today + timedelta(days=7))
    rechecks.record_recheck(world.actor("grid"), check.pk, 2, True)
    services.tell_checked_shop(world.actor("grid"), check.pk)
    assert wanting.listed()["again"] == "good"
    assert site_past(check.checked_id)["mutual"][0]["mended"] is True
    assert not MutualRecheck.objects.filter(done_at=None).exists()


def test_whoever_says_that_it_is_mended_does_not_recheck_it(wanting: Wanting) -> None:
    world, check = wanting.world, wanting.check
    wanting.told()
    for _ in range(2):
        row = rechecks.say_mended(world.actor("grid"), check.pk)
    assert AuditRecord.objects.filter(data__mended=1).count() == 1
    with pytest.raises(StepRefused) as refused:
        rechecks.record_recheck(world.actor("grid"), check.pk, 1, True)
    assert refused.value.code == "own_work"
    with transaction.atomic(), pytest.raises(IntegrityError, match="nobody_rechecks_own_work"):
        MutualRecheck.objects.filter(pk=row.pk).update(recorded_by=row.mended_by_id)
    rechecks.record_recheck(world.actor("street"), check.pk, 1, True)


def test_nobody_writes_down_a_result_of_their_own_shop(world: World) -> None:
    wanting = Wanting(world, recorded=False)
    check = wanting.check
    wanting.keepers()
    both = keep_too(world, "checker", wanting.shop(check.checked_id))
    with pytest.raises(StepRefused) as refused:
        services.record_mutual_check(both, check.pk, True)
    assert refused.value.code == "own_shop"
    wanting.found()
    with pytest.raises(StepRefused) as refused:
        rechecks.record_recheck(both, check.pk, 1, True)
    assert refused.value.code == "own_shop"
    with pytest.raises(ObjectHidden):
        rechecks.record_recheck(world.actor("checked"), check.pk, 1, True)
    assert MutualRecheck.objects.get().done_at is None


def test_shops_of_the_same_people_are_not_given_to_each_other(world: World) -> None:
    shops = open_shops(world, 5)
    give_keeper(world, shops[0])
    keep_too(world, "keeper", shops[1])
    pair = {shops[0].pk, shops[1].pk}
    for seed in range(20):
        ring = services.ring_of([shop.pk for shop in shops], uuid.UUID(int=seed))
        assert all({one, other} != pair for one, other in ring), ring


def test_the_lead_sets_another_day_and_both_shops_hear_of_it(wanting: Wanting) -> None:
    world, check = wanting.world, wanting.check
    wanting.keepers()
    wanting.told()
    street, day = world.actor("street"), wanting.today + timedelta(days=3)
    for _ in range(2):
        row = rechecks.set_recheck_day(street, check.pk, day)
    assert (row.due_on, row.moved_by_id) == (day, street.person_id)
    for site in (check.checker_id, check.checked_id):
        assert heard(keepers([site])[0]).count("mutual.moved") == 1
    for wrong in (wanting.today - timedelta(days=1), wanting.today + timedelta(days=91)):
        with pytest.raises(StepRefused) as refused:
            rechecks.set_recheck_day(street, check.pk, wrong)
        assert refused.value.field == "due_on"
    for name in ("checked", "checker", "supervisor", "grid_west", "resident"):
        with pytest.raises(PermissionRefused):
            rechecks.set_recheck_day(world.actor(name), check.pk, wanting.today)


def test_a_result_from_before_there_were_rechecks_is_given_one_by_hand(wanting: Wanting) -> None:
    wanting.told()
    MutualRecheck.objects.all().delete()
    row = rechecks.set_recheck_day(wanting.world.actor("street"), wanting.check.pk, wanting.today)
    assert (row.turn, row.due_on, row.moved_by_id) == (1, wanting.today, wanting.world.actor("street").person_id)
    other = MutualCheck.objects.filter(batch=wanting.key, done_at=None)[0]
    services.record_mutual_check(wanting.world.actor("street"), other.pk, True)
    for act in (lambda: rechecks.set_recheck_day(wanting.world.actor("street"), other.pk, wanting.today),
                lambda: rechecks.say_mended(wanting.world.actor("street"), other.pk)):  # fmt: skip
        with pytest.raises(StepRefused) as refused:
            act()
        assert refused.value.code == "nothing"


def test_the_shops_hear_what_concerns_them(wanting: Wanting) -> None:
    world, check = wanting.world, wanting.check
    wanting.keepers()
    again = MutualCheck.objects.get(batch=wanting.key, checker=check.checked_id)
    services.record_mutual_check(world.actor("grid"), again.pk, False, "通道堆货")
    rechecks.say_mended(world.actor("checked"), check.pk)
    rechecks.record_recheck(world.actor("checker"), check.pk, 1, True)

    assert heard(world.actor("checker").person_id) == ["mutual.mended"]
    assert heard(world.actor("checked").person_id) == ["mutual.again", "mutual.rechecked"]
    assert len(of_kind(keepers([check.checked_id]), PREFIX, "en")) == 2


def test_the_same_recheck_again_changes_nothing_and_another_is_refused(wanting: Wanting) -> None:
    grid, check = wanting.world.actor("grid"), wanting.check
    wanting.told()
    first = rechecks.record_recheck(grid, check.pk, 1, False, "还差一只")
    assert rechecks.record_recheck(grid, check.pk, 1, False, "还差一只").done_at == first.done_at
    assert MutualRecheck.objects.count() == 2
    for values in ((1, True, ""), (2, False, ""), (3, True, "")):
        with pytest.raises(StepRefused):
            rechecks.record_recheck(grid, check.pk, *values)


def test_the_phone_of_the_day_names_what_is_due_or_ready(wanting: Wanting) -> None:
    world, check = wanting.world, wanting.check
    wanting.told()
    assert day_pack(world.actor("grid"))["rechecks"] == []
    rechecks.say_mended(world.actor("street"), check.pk)
    [line] = day_pack(world.actor("grid"))["rechecks"]
    assert line == {
        "url": f"/desk/mutual/checks/{check.pk}/", "name": wanting.shop(check.checked_id).name,
        "checker": wanting.shop(check.checker_id).name, "mended": True,
        "due_on": (wanting.today + timedelta(days=7)).isoformat(),
    }  # fmt: skip
    assert day_pack(world.actor("grid_west"))["rechecks"] == []


@FEW
@given(st.integers(0, 10**6))
def test_in_no_world_does_anybody_check_themselves(world: World, seed: int) -> None:
    """People of several shops, staff who keep one, and all of them try everything at every check, in any order."""
    chance = random.Random(seed)
    with transaction.atomic():
        shops = open_shops(world, chance.randrange(2, 5))
        names = [f"keeper{number}" for number in range(len(shops))]
        for name in [*names, "grid"]:
            world.actors.pop(name, None)
        for name, shop in zip(names, shops, strict=True):
            give_keeper(world, shop, name)
        for name in (chance.choice(names), "grid"):
            keep_too(world, name, chance.choice(shops))
        key, ids = uuid.uuid4(), [shop.pk for shop in shops]
        services.begin_mutual_checks(world.actor("street"), ids, "互查", timezone.localdate(), key=key)
        rows = list(MutualCheck.objects.filter(batch=key))
        assert all(row.checker_id != row.checked_id for row in rows)
        tries = [(row.pk, name) for row in rows for name in [*names, "grid", "community"]]
        for act in ("record", "mended", "recheck", "mended", "recheck"):
            for check, name in chance.sample(tries, len(tries)):
                _try(world, chance, act, check, name)
            for row in rows:
                services.tell_checked_shop(world.actor("street"), row.pk)
        for row in MutualCheck.objects.filter(batch=key):
            own = set(keepers([row.checked_id]))
            assert row.done_at is not None and row.recorded_by_id not in own
            for again in row.rechecks.order_by("turn"):
                assert again.recorded_by_id not in own
                assert again.recorded_by_id is None or again.recorded_by_id != again.mended_by_id
        transaction.set_rollback(True)


def _try(world: World, chance: random.Random, act: str, check: int, name: str) -> None:
    """What somebody may not do is refused; what is not theirs is not there."""
    actor, good = world.actor(name), chance.random() < 0.3
    with suppress(StepRefused, PermissionRefused), transaction.atomic():
        if act == "record":
            services.record_mutual_check(actor, check, good, "要改")
        elif act == "mended":
            rechecks.say_mended(actor, check)
        else:
            turn = MutualRecheck.objects.filter(check_of=check).order_by("-turn").values_list("turn", flat=True).first()
            rechecks.record_recheck(actor, check, turn or 1, good, "还要改")
