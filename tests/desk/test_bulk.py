"""Steps on many items: dispatch, sign, partial failures, recall within 8 seconds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.work.models import Event, Item
from tests.desk.conftest import sign_in
from tests.requests.walk import Walker
from tests.support.world import World


def _accepted(world: World, count: int) -> list[Item]:
    found = []
    for _ in range(count):
        walker = Walker(world)
        walker.begin(kind="report")
        walker.take("duty", "accept")
        found.append(walker.item)
    return found


def _selected(items: list[Item]) -> list[str]:
    return [f"{item.number}:{item.version}" for item in items]


def test_twelve_are_dispatched_to_one_unit_and_taken_back(world: World) -> None:
    items = _accepted(world, 12)
    client = sign_in(world, "dispatcher")
    unit = world.units["housing"].pk
    sent = {"step": "dispatch_to", "lead": unit, "selected": _selected(items), "key": "k", "next": "/desk/?tab=all"}
    page = client.post("/desk/many/", sent, follow=True)
    assert {item.state for item in Item.objects.all()} == {"dispatched"}
    assert set(Item.objects.values_list("responsible_organisation_id", flat=True)) == {unit}
    toast = page.context["toast"]
    assert len(toast["recall"]) == 12
    assert not toast["failed"]
    client.post("/desk/many/recall/", {"number": toast["recall"], "key": "r", "next": "/desk/"})
    assert {item.state for item in Item.objects.all()} == {"accepted"}


def test_what_failed_is_told_and_stays_selected(world: World) -> None:
    items = _accepted(world, 3)
    selected = _selected(items)
    walker = Walker(world, items[1].pk)
    walker.take("dispatcher", "comment", advice="别人先动了")
    client = sign_in(world, "dispatcher")
    sent = {
        "step": "dispatch",
        "lead": world.units["housing"].pk,
        "selected": selected,
        "key": "k",
        "next": "/desk/?tab=all",
    }
    page = client.post("/desk/many/", sent, follow=True)
    toast = page.context["toast"]
    assert [number for number, _title, _why in toast["failed"]] == [items[1].number]
    assert items[1].number in page.context["selected"]
    assert set(toast["recall"]) == {items[0].number, items[2].number}


def test_the_same_key_twice_does_nothing_twice(world: World) -> None:
    items = _accepted(world, 2)
    client = sign_in(world, "dispatcher")
    sent = {"step": "dispatch_to", "lead": world.units["housing"].pk, "selected": _selected(items), "key": "same"}
    client.post("/desk/many/", sent)
    client.post("/desk/many/", sent)
    assert Event.objects.filter(transition="dispatch").count() == 2


def test_five_are_signed_for_at_once_and_only_by_their_unit(world: World) -> None:
    for _ in range(5):
        Walker(world).begin()
    items = list(Item.objects.filter(state="dispatched", responsible_organisation=world.units["sanitation"]))
    assert len(items) == 5
    stranger = sign_in(world, "enforcer")
    stranger.post("/desk/many/", {"step": "sign", "selected": _selected(items), "key": "a"})
    assert Item.objects.filter(state="handling").count() == 0
    handler = sign_in(world, "handler")
    handler.post("/desk/many/", {"step": "sign", "selected": _selected(items), "key": "b"})
    assert Item.objects.filter(state="handling").count() == 5


def test_after_eight_seconds_nothing_is_taken_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    items = _accepted(world, 1)
    client = sign_in(world, "dispatcher")
    client.post(
        "/desk/many/",
        {"step": "dispatch_to", "lead": world.units["housing"].pk, "selected": _selected(items), "key": "k"},
    )
    real = timezone.now

    def later(*_: Any) -> Any:
        return real() + timedelta(seconds=9)

    monkeypatch.setattr("django.utils.timezone.now", later)
    page = client.post("/desk/many/recall/", {"number": [items[0].number], "key": "r", "next": "/desk/"}, follow=True)
    assert page.context["toast"]["failed"]
    assert Item.objects.get().state == "dispatched"


@pytest.mark.parametrize("forged", ["x", "https://elsewhere.test/desk/", "//elsewhere.test/", "javascript:alert(1)"])
def test_a_forged_way_back_leads_to_the_desk(world: World, forged: str) -> None:
    answer = sign_in(world, "dispatcher").post("/desk/many/recall/", {"number": [], "key": "f", "next": forged})
    assert answer["Location"] == "/desk/"
