"""The inbox: told once, in the reader's language, own lines only, one statement for the count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from linli.work import inbox
from linli.work.models import Event, Item, Notification
from tests.requests.walk import WAYS, Walker
from tests.support.world import World


@pytest.fixture
def walker(world: World) -> Walker:
    """A signed request."""
    made = Walker(world)
    made.begin(words="楼下垃圾没人清理")
    made.run(WAYS["signed"])
    return made


def test_the_same_event_is_told_once(world: World, walker: Walker) -> None:
    event = Event.objects.filter(item_id=walker.item_id).latest("sequence")
    people = [world.actor("grid").person_id, world.actor("head").person_id, world.actor("grid").person_id]
    told = [inbox.notify(people, "sign", item_id=walker.item_id, event_id=event.pk) for _ in range(2)]  # type: ignore[arg-type]
    assert told == [2, 0] and Notification.objects.count() == 2
    assert inbox.notify([], "sign") == 0


def test_the_count_is_one_statement_and_stops_at_a_hundred(world: World, walker: Walker, query_counter: Any) -> None:
    person = world.actor("grid").person_id
    assert person is not None
    for _ in range(3):
        inbox.notify([person], "warned.handle", item_id=walker.item_id)
    with query_counter(at_most=1):
        assert inbox.unread_count(person) == 3
    for _ in range(120):
        inbox.notify([person], "warned.handle")
    assert inbox.unread_count(person) == 100
    assert [inbox.InboxPage([], count, None).unread_shown for count in (3, 99, 100)] == ["3", "99", "99+"]
    with query_counter(at_most=0):
        assert inbox.unread_count(None) == 0


def test_lines_speak_the_readers_language(world: World, walker: Walker) -> None:
    actor = world.actor("grid")
    assert actor.person_id is not None
    for what in ("sign", "breached.handle", "warned.sign", "something.unknown"):
        inbox.notify([actor.person_id], what, item_id=walker.item_id)
    chinese = [line.sentence for line in inbox.page(actor).messages]
    english = [line.sentence for line in inbox.page(replace(actor, language="en")).messages]
    assert chinese == ["有新进展", "快到期：签收", "已超期：办理", "签收"]
    assert english == ["There is news", "Due soon: signing for it", "Overdue: handling", "Sign for it"]
    assert [line.urgent for line in inbox.page(actor).messages] == [False, False, True, False]


def test_what_may_not_be_seen_any_more_loses_its_title(world: World, walker: Walker) -> None:
    stranger = world.actor("grid_west")
    assert stranger.person_id is not None
    inbox.notify([stranger.person_id], "sign", item_id=walker.item_id)
    line = inbox.page(stranger).messages[0]
    assert (line.title, line.number) == ("", "") and Item.objects.get(pk=walker.item_id).title


def test_everybody_reads_and_marks_only_their_own(world: World, walker: Walker) -> None:
    grid, head = world.actor("grid"), world.actor("head")
    assert grid.person_id is not None and head.person_id is not None
    inbox.notify([grid.person_id, head.person_id], "sign", item_id=walker.item_id)
    theirs = Notification.objects.get(person_id=head.person_id)
    assert inbox.mark_read(grid, ids=[theirs.pk]) == 0 and inbox.mark_read(world.actor("anonymous")) == 0
    assert inbox.mark_read(grid) == 1
    assert (inbox.unread_count(grid.person_id), inbox.unread_count(head.person_id)) == (0, 1)
    assert inbox.page(grid, only_unread=True).messages == [] and inbox.page(world.actor("anonymous")).messages == []


def test_long_inboxes_go_on_at_the_cost_of_short_ones(world: World, walker: Walker, query_counter: Any) -> None:
    actor = world.actor("grid")
    assert actor.person_id is not None
    for _ in range(inbox.PAGE_ROWS + 5):
        inbox.notify([actor.person_id], "sign", item_id=walker.item_id)
    with query_counter(at_most=2):
        first = inbox.page(actor)
    second = inbox.page(actor, before=first.before)
    assert (len(first.messages), len(second.messages), second.before) == (inbox.PAGE_ROWS, 5, None)


def test_telling_is_one_statement_however_many_are_told(world: World, walker: Walker, query_counter: Any) -> None:
    people = [actor.person_id for actor in map(world.actor, ("grid", "head", "handler", "duty")) if actor.person_id]
    with query_counter(at_most=1):
        assert inbox.notify(people, "sign", item_id=walker.item_id) == 4


def test_a_dispatch_tells_the_unit_once_and_nobody_else(world: World) -> None:
    from linli.work.telling import tell

    item = Walker(world).begin(words="楼下垃圾没人清理")
    told = [tell(item.pk, 1, item.history_length) for _ in range(2)]
    assert told == [3, 0]
    for name, count in (("head", 1), ("handler", 1), ("handler2", 1), ("enforcer", 0), ("grid_west", 0)):
        assert inbox.unread_count(world.actor(name).person_id) == count
