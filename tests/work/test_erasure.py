"""Erasing leaves tombstones: no text, no name, no picture remains, and the chain still verifies."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from django.db import connection

from linli.people.access import ObjectHidden
from linli.requests.models import RequestDetail
from linli.work import erasure, storage, uploads
from linli.work.engine import StepRefused
from linli.work.models import Event, EventText, Evidence, Item, Upload
from linli.work.sealing import seal
from linli.work.verify import verify
from tests.requests.walk import WAYS, Walker
from tests.support.world import World
from tests.work.conftest import encoded, picture

NAME, PHONE = "赵铁柱", "13805327788"


def walked(world: World) -> Walker:
    photo = uploads.receive(BytesIO(encoded(picture())), owner="d1")
    walker = Walker(world)
    walker.begin(
        words=f"我是{NAME}，楼下垃圾没人清理", contact_name=NAME, phone=PHONE, address="3号楼2单元501",
        uploads=(str(photo.token),),
    )  # fmt: skip
    walker.run([*WAYS["signed"], ("grid", "comment", {"advice": f"{NAME}说的属实"})])
    return walker


def everything_stored(item_id: int) -> str:
    """All rows that speak of an item, as text."""
    found = []
    with connection.cursor() as cursor:
        for table, column in (
            ("work_item", "id"), ("work_event", "item_id"), ("work_ask", "item_id"), ("work_clock", "item_id"),
            ("work_leg", "item_id"), ("work_evidence", "item_id"), ("requests_requestdetail", "item_id"),
            ("work_notification", "item_id"),
        ):  # fmt: skip
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t WHERE {column} = %s", [item_id])
            found += [row[0] for row in cursor.fetchall()]
        cursor.execute(
            "SELECT row_to_json(t)::text FROM work_eventtext t JOIN work_event e ON e.id = t.event_id"
            " WHERE e.item_id = %s",
            [item_id],
        )
        found += [row[0] for row in cursor.fetchall()]
    return json.dumps(found, ensure_ascii=False)


def test_nothing_personal_is_left_and_the_chain_verifies(world: World) -> None:
    walker = walked(world)
    seal()
    assert NAME in everything_stored(walker.item_id)
    before = Event.objects.filter(item_id=walker.item_id).count()
    done = erasure.erase_item_texts(world.actor("director"), walker.item_id, "asked_by_person")
    left = everything_stored(walker.item_id)
    assert NAME not in left and PHONE not in left and "单元501" not in left and "垃圾没人" not in left
    assert done.texts >= 1 and EventText.objects.filter(event__item_id=walker.item_id).count() == done.texts
    assert not EventText.objects.filter(event__item_id=walker.item_id, erased_at=None).exists()
    report = verify()
    assert report.whole, report.faults
    assert report.erased == done.texts
    events = list(Event.objects.filter(item_id=walker.item_id).order_by("sequence"))
    assert len(events) == before + 1 and events[-1].codes == {"erased": "asked_by_person"}
    detail = RequestDetail.objects.get(pk=walker.item_id)
    assert detail.words == "" and detail.phone_encrypted is None and detail.erased_at is not None


def test_the_grid_stays_for_counts_and_the_point_goes(world: World) -> None:
    walker = walked(world)
    erasure.erase_item_texts(world.actor("director"), walker.item_id, "kept_long_enough")
    item = Item.objects.get(pk=walker.item_id)
    assert item.place_id == world.places["east_grid1"].pk and item.longitude is None
    assert item.title == erasure.ERASED_TITLE and item.state == "handling"


def test_pictures_go_with_their_files(world: World, media: Path, django_capture_on_commit_callbacks: object) -> None:
    walker = walked(world)
    sha256 = Evidence.objects.get(item_id=walker.item_id).sha256
    assert storage.read(sha256, "image/jpeg")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        erasure.erase_item_texts(world.actor("director"), walker.item_id, "ordered")
    assert Evidence.objects.get(item_id=walker.item_id).removed_at is not None
    assert not Upload.objects.filter(sha256=sha256).exists()
    with pytest.raises(FileNotFoundError):
        storage.read(sha256, "image/jpeg")


def test_a_picture_that_stands_in_another_item_keeps_its_file(
    world: World, django_capture_on_commit_callbacks: object
) -> None:
    one, other = walked(world), walked(world)
    sha256 = Evidence.objects.get(item_id=one.item_id).sha256
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        erasure.erase_item_texts(world.actor("director"), one.item_id, "ordered")
    assert storage.read(sha256, "image/jpeg") and Evidence.objects.get(item_id=other.item_id).removed_at is None


def test_supervisions_of_the_item_are_erased_with_it(world: World) -> None:
    walker = walked(world)
    walker.run([("supervisor", "supervise", {"supervision": f"请向{NAME}说明", "reply_due": "+3d"})])
    done = erasure.erase_item_texts(world.actor("director"), walker.item_id, "asked_by_person")
    child = Item.objects.get(parent_id=walker.item_id)
    assert child.pk in done.item_ids and NAME not in everything_stored(child.pk)
    assert verify().whole


@pytest.mark.parametrize(
    "name", ["dispatcher", "duty", "supervisor", "grid", "handler", "admin", "security", "anonymous"]
)
def test_only_the_director_may_erase_and_others_see_nothing(world: World, name: str) -> None:
    walker = walked(world)
    with pytest.raises(ObjectHidden):
        erasure.erase_item_texts(world.actor(name), walker.item_id, "asked_by_person")
    assert NAME in everything_stored(walker.item_id)


def test_a_reason_in_free_words_is_refused(world: World) -> None:
    walker = walked(world)
    with pytest.raises(StepRefused) as refused:
        erasure.erase_item_texts(world.actor("director"), walker.item_id, f"{NAME}要求")
    assert refused.value.status == 422
