"""When someone leaves, what they hold goes to the successor, and the history says so."""

from __future__ import annotations

from linli.people import handover_parts
from linli.work.handover import count_held, transfer
from linli.work.models import Event, Item, Leg
from tests.requests.walk import WAYS, Walker
from tests.support.world import World


def test_open_items_go_to_the_successor_and_closed_ones_stay(world: World) -> None:
    live, done = Walker(world), Walker(world)
    live.begin()
    live.run(WAYS["signed"])
    done.begin()
    done.run(WAYS["closed"])
    giver, receiver = world.users["handler"].person_id, world.users["handler2"].person_id
    assert giver and receiver
    assert (count_held(giver), count_held(receiver)) == (1, 0)
    assert transfer(giver, receiver, world.actor("security")) == [live.item.number]
    assert (count_held(giver), count_held(receiver)) == (0, 1)
    assert Leg.objects.get(item_id=live.item_id, role="lead").person_id == receiver
    assert Item.objects.get(pk=done.item_id).responsible_person_id == giver
    assert Event.objects.get(item_id=live.item_id, transition="hand_over_person").codes == {
        "giver": giver, "receiver": receiver,
    }  # fmt: skip


def test_the_room_takes_part_in_the_hand_over() -> None:
    assert "items" in {part.name for part in handover_parts.registered()}
