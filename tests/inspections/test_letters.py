"""Letters to property managers: by whom, in whose name, answered once; the paper and its way back."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.inspections.conflict_selectors import waiting
from linli.inspections.letter_selectors import LetterFilters, letters, managers_of, may_see
from linli.inspections.letters import print_letter, record_reply, urge
from linli.inspections.models import UrgingLetter
from linli.people.access import ObjectHidden, PermissionRefused
from linli.work import scans
from linli.work.engine import StepRefused
from linli.work.models import Event, EventText, Evidence, Item
from linli.work.printing import pdf_of
from linli.work.selectors import item_view
from linli.work.terms import catalogue
from linli.work.verify import verify
from tests.inspections.conftest import Patrol
from tests.support.world import World
from tests.work.test_scans import photographed, read


def write(world: World, by: str = "community", **more: Any) -> UrgingLetter:
    """A letter to the manager of the eastern community."""
    values: dict[str, Any] = {
        "words": "请清理楼道", "reply_due": timezone.localdate(), "organisation_id": world.units["property"].pk,
        "key": uuid.uuid4(),
    }  # fmt: skip
    return urge(world.actor(by), world.places["east"].pk, **(values | more))


def test_a_letter_gets_one_reply_from_the_manager_or_the_sender(patrol: Patrol) -> None:
    world, key = patrol.world, uuid.uuid4()
    row = write(world, key=key)
    assert write(world, key=key).pk == row.pk
    assert row.issuer_id == world.units["east"].pk
    with pytest.raises(ObjectHidden):
        record_reply(world.actor("handler"), row.pk, "已清理")
    assert record_reply(world.actor("property"), row.pk, "已清理").reply == "已清理"
    with pytest.raises(StepRefused):
        record_reply(world.actor("property"), row.pk, "又一次")
    assert record_reply(world.actor("community"), write(world).pk, "电话答复：本周清完").replied_at is not None


@pytest.mark.parametrize(
    ("more", "code", "status"),
    [
        ({"reply_due": "yesterday"}, "past", 422),
        ({"organisation_id": "sanitation"}, "no_manager", 422),
        ({"words": "  "}, "nothing_said", 422),
        ({"form": "order", "basis": "某条例"}, "no_authority", 403),
        ({"form": "decree"}, "unknown_form", 422),
        ({"issuer_id": "street"}, "no_issuer", 422),
    ],
)
def test_what_may_not_be_sent_is_refused(patrol: Patrol, more: dict[str, Any], code: str, status: int) -> None:
    world = patrol.world
    values = {
        "yesterday": timezone.localdate() - timedelta(days=1), "sanitation": world.units["sanitation"].pk,
        "street": world.units["street"].pk,
    }  # fmt: skip
    with pytest.raises(StepRefused) as refused:
        write(world, **{name: values.get(value, value) for name, value in more.items()})
    assert (refused.value.code, refused.value.status) == (code, status)
    assert not UrgingLetter.objects.exists()


def test_others_neither_write_nor_read(patrol: Patrol) -> None:
    world = patrol.world
    row = write(world)
    for name in ("grid", "community_west", "handler", "property", "resident", "captain", "admin"):
        with pytest.raises(PermissionRefused):
            write(world, by=name)
    readers = {name for name in world.users if may_see(world.actor(name), row.pk)}
    assert readers == {"community", "street", "director", "supervisor", "dispatcher", "property"}
    assert {name for name in world.users if letters(world.actor(name), LetterFilters())} == readers


def test_the_manager_is_found_by_service_area(patrol: Patrol) -> None:
    world, terms = patrol.world, catalogue()
    manager = world.units["property"].pk
    assert managers_of(str(world.places["east_grid1"].path), terms) == [manager]
    assert managers_of(str(world.places["street"].path), terms) == [manager], "below, where none is around"
    assert managers_of(str(world.places["west_grid1"].path), terms) == []
    assert managers_of(str(world.places["west_grid1"].path), terms, first=world.units["water"].pk) == []


def test_the_paper_is_made_once_and_its_signed_copy_comes_back_to_the_letter(patrol: Patrol) -> None:
    world = patrol.world
    row = write(world)
    paper = print_letter(world.actor("community"), row)
    assert print_letter(world.actor("street"), row).pk == paper.pk
    assert paper.number.startswith("东山社区居委会督促〔")
    page = read(photographed(pdf_of(paper)))[0]
    assert page.token is not None
    for name in ("community_west", "handler"):
        with pytest.raises(ObjectHidden):
            scans.bring_back(world.actor(name), page.token, [page.photo], key="k", owner="p1")
    for _ in range(2):
        back = scans.bring_back(world.actor("property"), page.token, [page.photo], key="k", owner="p1")
    kept = Evidence.objects.get(holder="letter", holder_id=row.pk)
    assert (back.scan_id, kept.purpose, back.returned_at is not None) == (kept.pk, "scan", True)
    assert scans.belongs(back) == (paper.number, f"/desk/letters/{row.pk}/")


def test_the_item_tells_in_its_history_that_a_letter_went_out_and_was_answered(patrol: Patrol) -> None:
    world = patrol.world
    number = patrol.send(patrol.tick(result="fail", finding=patrol.problem())).outcomes[0].number
    item = Item.objects.get(number=number)
    before, key = item.history_length, uuid.uuid4()
    for _ in range(2):
        row = write(world, item_id=item.pk, key=key)
    record_reply(world.actor("property"), row.pk, "已清理，明天复查")
    item.refresh_from_db()
    assert item.history_length == before + 2
    sent, answered = item.events.order_by("sequence")[before:]
    unit = world.units["property"].pk
    assert sent.codes == {"letter_sent": row.pk, "unit": unit, "reply_due": row.reply_due.isoformat()}
    assert (sent.actor_person_id, sent.actor_organisation_id) == (row.sent_by_id, row.issuer_id)
    assert answered.codes == {"letter_answered": row.pk, "unit": unit}
    assert answered.actor_organisation_id == unit
    assert not EventText.objects.filter(event__in=(sent.pk, answered.pk)).exists()
    view = item_view(world.actor("community"), item.number)
    assert [entry.label.zh for entry in view.timeline[-2:]] == ["发出督促函", "物业答复"]
    assert "recall" not in {transition.code for transition, _ in view.steps}
    assert verify().whole


def test_the_desk_tells_the_senders_side_what_was_left_unanswered(patrol: Patrol) -> None:
    world, row = patrol.world, write(patrol.world)
    senders = ("community", "street", "community_west", "grid", "property")

    def unanswered() -> list[int]:
        return [waiting(world.actor(name), catalogue()).unanswered for name in senders]

    assert unanswered() == [0] * 5, "the day of the reply is not over"
    UrgingLetter.objects.filter(pk=row.pk).update(reply_due=timezone.localdate() - timedelta(days=1))
    assert unanswered() == [1, 1, 0, 0, 0]
    overdue = letters(world.actor("community"), LetterFilters(state="overdue"))
    assert [one["id"] for one in overdue] == [row.pk], "the number is its list"
    record_reply(world.actor("property"), row.pk, "已清理")
    assert unanswered() == [0] * 5


def test_a_letter_about_a_place_moves_no_item(patrol: Patrol) -> None:
    row = write(patrol.world)
    record_reply(patrol.world.actor("property"), row.pk, "好的")
    assert not Event.objects.exists()
