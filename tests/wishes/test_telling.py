"""Who hears what of a wish: lines on one's own page, and text messages that say a number and a day, once each."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from linli.people import gateways, personal
from linli.wishes import selectors, telling, texting
from linli.wishes.models import Wish, WishText
from linli.work import inbox
from linli.work.models import Event
from linli.work.telling import tell
from tests.matrix.looking import cookie
from tests.support.wishing import APPROVED, NAME, PHONE, WORDS, another_resident, brought_to, made, step
from tests.support.world import World

FILE = "linli.people.gateways.FileGateway"


@pytest.fixture
def phones(settings: Any, tmp_path: Path) -> Path:
    """A gateway that writes what it sends to a file."""
    settings.LINLI_SMS_GATEWAY, settings.LINLI_HOME = FILE, tmp_path
    return tmp_path / "sms-news.log"


def event_of(item_id: int, transition: str) -> Any:
    return Event.objects.filter(item_id=item_id, transition=transition).latest("sequence").pk


def deferred(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is put into the queue instead of being sent."""
    from linli.wishes import jobs

    found: list[dict[str, Any]] = []
    monkeypatch.setattr(jobs.text_wisher, "defer", lambda **told: found.append(told))
    return found


def test_a_message_says_number_and_day_and_nothing_of_the_wish(world: World, phones: Path) -> None:
    item = brought_to(world, "matched", wants_news=True)
    event = event_of(item.pk, "agree_claim")
    assert texting.send(item.pk, event, texting.AGREED)
    assert not texting.send(item.pk, event, texting.AGREED), "once for an event"
    (line,) = phones.read_text(encoding="utf-8").splitlines()
    assert PHONE in line and item.number in line and "/wishes/mine/" in line and "月" in line
    assert not any(secret in line for secret in (NAME, WORDS, item.title))
    assert phones.stat().st_mode & 0o077 == 0
    assert WishText.objects.get().template == "wish_agreed"


def test_nobody_is_texted_who_did_not_ask_or_when_it_is_true_no_more(world: World, phones: Path) -> None:
    quiet = brought_to(world, "matched")
    assert not texting.send(quiet.pk, event_of(quiet.pk, "agree_claim"), texting.AGREED)
    back = brought_to(world, "matched", wants_news=True)
    event = event_of(back.pk, "agree_claim")
    step(world, back.pk, "community", "release", reason="认领人搬走了")
    assert not texting.send(back.pk, event, texting.AGREED)
    assert not phones.exists() and not WishText.objects.exists()


def test_what_the_gateway_could_not_send_is_not_taken_as_sent(
    world: World, phones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = brought_to(world, "fulfilled", wants_news=True)
    event = event_of(item.pk, "fulfil")

    def away(*told: Any) -> None:
        raise gateways.GatewayError("away")

    with monkeypatch.context() as broken:
        broken.setattr(gateways.FileGateway, "tell", away)
        with pytest.raises(gateways.GatewayError):
            texting.send(item.pk, event, texting.FULFILLED)
    assert not WishText.objects.exists()
    assert texting.send(item.pk, event, texting.FULFILLED)


def test_steps_are_told_once_to_claimer_and_wisher_and_texts_are_queued(
    world: World, phones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = deferred(monkeypatch)
    claimer = another_resident(world)
    wish = made(world, "resident", wants_news=True)
    for who, code, data in (
        ("community", "approve", APPROVED), (claimer, "claim", {}), ("community", "agree_claim", {}),
        (claimer, "fulfil", {}), ("resident", "not_fulfilled", {"reason": "还漏"}), (claimer, "fulfil", {}),
        ("resident", "confirm", {}),
    ):  # fmt: skip
        step(world, wish.item_id, who, code, **data)
    for _again in range(2):
        for event in Event.objects.filter(item_id=wish.item_id).order_by("sequence"):
            tell(wish.item_id, event.sequence, event.sequence)
    wisher, other = world.users["resident"].person_id or 0, world.users[claimer].person_id or 0
    heard = [line.sentence for line in reversed(inbox.said_to([wisher], "zh-hans"))]
    codes = ("approve", "agree_claim", "fulfil", "fulfil")
    assert heard == [telling.WISHER[code].zh for code in codes]
    heard = [line.sentence for line in reversed(inbox.said_to([other], "zh-hans"))]
    assert heard == [telling.CLAIMER[code].zh for code in ("agree_claim", "not_fulfilled", "confirm")]
    assert [entry["template"] for entry in queue] == ["wish_agreed", "wish_fulfilled", "wish_fulfilled"] * 2
    client = Client()
    client.cookies["sessionid"] = cookie(world.users["resident"])
    assert "您的心愿说是办好了，请确认" in client.get("/my/").content.decode()


def test_without_a_gateway_that_tells_nothing_is_queued_and_no_page_offers_it(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = deferred(monkeypatch)
    settings.LINLI_SMS_GATEWAY = "linli.people.gateways.OnPageGateway"
    texting.told(1, [(uuid4(), "agree_claim")])
    assert queue == [] and not gateways.tell(PHONE, "wish_agreed", {}, "")
    assert "发短信" not in Client().get("/wishes/new/").content.decode()
    settings.LINLI_SMS_GATEWAY = FILE
    assert "发短信" in Client().get("/wishes/new/").content.decode()


def test_a_wish_taken_down_by_phone_is_found_and_confirmed_by_whoever_signs_in_with_that_phone(world: World) -> None:
    item = brought_to(world, "matched")
    owner = another_resident(world, PHONE, NAME)
    actor = world.actor(owner)
    assert [row.number for row in selectors.wished_by(actor)] == [item.number]
    step(world, item.pk, "resident", "fulfil")
    client = Client()
    client.cookies["sessionid"] = cookie(world.users[owner])
    address = f"/wishes/{item.number}/mine/"
    assert client.post(address, {"step": "confirm", "key": "c"}).status_code == 302
    item.refresh_from_db()
    assert item.state == "closed"
    stranger = another_resident(world, "13805320000", "别人")
    client.cookies["sessionid"] = cookie(world.users[stranger])
    assert client.get(address).status_code == 404
    person = world.users["community"].person
    assert person is not None
    person.phone_encrypted = personal.sealed(person.uid, phone=PHONE)["phone_encrypted"]
    person.save()
    assert selectors.wished_by(world.actor("community")) == [], "the phone of staff proves nothing"


def test_erasing_a_wish_ends_its_news(world: World, phones: Path) -> None:
    from linli.wishes.registration import erase

    item = brought_to(world, "matched", wants_news=True)
    erase(item.pk, item.received_at)
    assert not Wish.objects.get().wants_news
    assert not texting.send(item.pk, event_of(item.pk, "agree_claim"), texting.AGREED)
