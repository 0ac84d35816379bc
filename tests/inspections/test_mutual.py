"""Mutual checks: whose result may be read when, and who may write it down. The shops are always the first to know."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from linli.inspections import mutual_selectors as selectors
from linli.inspections import mutual_services as services
from linli.inspections.models import MutualCheck
from linli.inspections.mutual_telling import PREFIX
from linli.inspections.site_selectors import site_past
from linli.people.access import ObjectHidden
from linli.people.models import AuditRecord
from linli.places.models import Place
from linli.work.engine import StepRefused
from linli.work.inbox import of_kind
from linli.work.models import Notification
from tests.support.shops import give_keeper, open_shops
from tests.support.world import World

STAFF = ("grid", "community", "street", "director", "supervisor", "dispatcher")


class Ring:
    """A round among four shops; `first` is a check of it."""

    def __init__(self, world: World) -> None:
        self.world, self.key = world, uuid.uuid4()
        self.shops = open_shops(world)
        due = timezone.localdate() + timedelta(days=7)
        ids = [shop.pk for shop in self.shops]
        services.begin_mutual_checks(world.actor("community"), ids, "十二月互查", due, key=self.key)
        self.first = MutualCheck.objects.filter(batch=self.key).order_by("pk")[0]

    def shop(self, number: int | None) -> Place:
        """A shop by its id."""
        return next(shop for shop in self.shops if shop.pk == number)


@pytest.fixture
def ring(world: World) -> Ring:
    """A round has begun."""
    return Ring(world)


def test_the_ring_that_was_looked_at_is_the_ring_that_begins(world: World) -> None:
    ids, key = [shop.pk for shop in open_shops(world)], uuid.uuid4()
    actor, due = world.actor("street"), timezone.localdate()
    shown = services.ring_of(ids, key)
    other = [(one, two) for two, one in shown]
    with pytest.raises(StepRefused) as refused:
        services.begin_mutual_checks(actor, ids, "互查", due, key=key, shown=other)
    assert refused.value.status == 409
    assert not MutualCheck.objects.exists()
    assert services.begin_mutual_checks(actor, ids, "互查", due, key=key, shown=shown) == 4
    assert set(MutualCheck.objects.values_list("checker_id", "checked_id")) == set(shown)


def test_only_shops_check_each_other(world: World) -> None:
    shops = open_shops(world, 2)
    lane = open_shops(world, 1, kind="lane")
    with pytest.raises(StepRefused):
        services.begin_mutual_checks(
            world.actor("street"), [shop.pk for shop in shops + lane], "互查", timezone.localdate(), key=uuid.uuid4()
        )


def test_rows_come_in_the_order_of_the_ring(ring: Ring) -> None:
    rows = selectors.checks(ring.world.actor("grid"), ring.key)
    assert [row["checked_id"] for row in rows[:-1]] == [row["checker_id"] for row in rows[1:]]
    assert rows[-1]["checked_id"] == rows[0]["checker_id"]


@pytest.mark.parametrize("name", STAFF)
def test_staff_read_a_result_only_when_its_shop_knows_it(ring: Ring, name: str) -> None:
    world = ring.world
    writer = "community" if name != "community" else "grid"
    services.record_mutual_check(world.actor(writer), ring.first.pk, False, "灭火器过期")

    def read() -> tuple[list[object], list[object]]:
        one = selectors.check(world.actor(name), ring.first.pk)
        listed = next(row for row in selectors.checks(world.actor(name), ring.key) if row["id"] == ring.first.pk)
        shown = [row["words"] for row in site_past(ring.first.checked_id)["mutual"]]
        return [one["state"], one["good"], one["words"], listed["state"], listed["good"], listed["words"]], shown

    assert read() == (["to_tell", None, "", "to_tell", None, ""], [])
    services.tell_checked_shop(world.actor(writer), ring.first.pk)
    assert read() == (["told", False, "灭火器过期", "told", False, "灭火器过期"], ["灭火器过期"])


def test_who_wrote_it_down_reads_it_again_to_tell_it_but_not_in_lists(ring: Ring) -> None:
    grid = ring.world.actor("grid")
    services.record_mutual_check(grid, ring.first.pk, False, "通道堆货")
    assert selectors.check(grid, ring.first.pk)["words"] == "通道堆货"
    assert {row["words"] for row in selectors.checks(grid, ring.key)} == {""}


def test_the_people_of_the_shops_write_and_read_first(ring: Ring) -> None:
    world, row = ring.world, ring.first
    give_keeper(world, ring.shop(row.checker_id), "checker")
    give_keeper(world, ring.shop(row.checked_id), "checked")
    services.record_mutual_check(world.actor("checker"), row.pk, False, "插线板老化")
    own = [shop["id"] for shop in selectors.own_shops(world.actor("checked"))]
    assert own == [row.checked_id]
    found = [check for check in selectors.own_checks(own) if check["checked_id"] == row.checked_id]
    assert [(check["good"], check["words"]) for check in found] == [(False, "插线板老化")]
    assert selectors.check(world.actor("street"), row.pk)["words"] == ""
    services.tell_checked_shop(world.actor("checked"), row.pk)
    assert selectors.check(world.actor("street"), row.pk)["words"] == "插线板老化"
    told = AuditRecord.objects.get(subject=f"mutual:{row.pk}", data__told=True)
    assert told.actor_id == world.actor("checked").person_id


def test_a_shop_acts_in_no_other_check_than_its_own(ring: Ring) -> None:
    world, row = ring.world, ring.first
    give_keeper(world, ring.shop(row.checked_id))
    keeper = world.actor("keeper")
    with pytest.raises(ObjectHidden):
        services.record_mutual_check(keeper, row.pk, True)
    services.record_mutual_check(world.actor("grid"), row.pk, True)
    for other in MutualCheck.objects.filter(batch=ring.key).exclude(pk=row.pk):
        with pytest.raises(ObjectHidden):
            services.tell_checked_shop(keeper, other.pk)
    with pytest.raises(ObjectHidden):
        selectors.check(keeper, row.pk)
    assert selectors.rounds(keeper) == []


def test_others_see_no_round_of_another_place(ring: Ring) -> None:
    for name in ("community_west", "grid_west", "handler", "captain", "resident", "admin"):
        actor = ring.world.actor(name)
        assert selectors.rounds(actor) == []
        with pytest.raises(ObjectHidden):
            selectors.checks(actor, ring.key)
        with pytest.raises(ObjectHidden):
            services.record_mutual_check(actor, ring.first.pk, True)


def test_the_same_result_again_changes_nothing_and_another_is_refused(ring: Ring) -> None:
    grid = ring.world.actor("grid")
    first = services.record_mutual_check(grid, ring.first.pk, False, "通道堆货")
    again = services.record_mutual_check(grid, ring.first.pk, False, "通道堆货")
    assert first.done_at == again.done_at
    with pytest.raises(StepRefused):
        services.record_mutual_check(grid, ring.first.pk, True)
    with pytest.raises(StepRefused, match="Write something"):
        services.record_mutual_check(grid, MutualCheck.objects.filter(batch=ring.key, done_at=None)[0].pk, False)


def test_a_shop_hears_that_a_round_begins_that_a_result_is_there_and_that_staff_say_it_was_told(world: World) -> None:
    shops, key = open_shops(world), uuid.uuid4()
    keeper = give_keeper(world, shops[0]).person_id
    give_keeper(world, shops[1], "neighbour")
    for _ in range(2):
        services.begin_mutual_checks(
            world.actor("street"), [shop.pk for shop in shops], "十二月互查", timezone.localdate(), key=key
        )
    row = MutualCheck.objects.get(batch=key, checked=shops[0])
    for _ in range(2):
        services.record_mutual_check(world.actor("grid"), row.pk, False, "灭火器过期")
    heard = [(line.sentence[:5], line.title, line.url) for line in of_kind([keeper], PREFIX, "zh-hans")]
    assert heard == [
        ("邻居来看过", "十二月互查", "/shop/#found-title"), ("互查开始了", "十二月互查", "/shop/#check-title"),
    ]  # fmt: skip
    for _ in range(2):
        services.tell_checked_shop(world.actor("grid"), row.pk)
    assert of_kind([keeper], PREFIX, "en")[0].sentence == "Noted by the community: you were told the result"
    assert Notification.objects.filter(person_id=keeper, kind__startswith=PREFIX).count() == 3


def test_whoever_says_so_at_the_own_shop_is_not_told_of_it(ring: Ring) -> None:
    keeper = give_keeper(ring.world, ring.shop(ring.first.checked_id)).person_id
    services.record_mutual_check(ring.world.actor("grid"), ring.first.pk, True)
    services.tell_checked_shop(ring.world.actor("keeper"), ring.first.pk)
    assert [line.sentence[:5] for line in of_kind([keeper], PREFIX, "zh-hans")] == ["邻居来看过"]
