"""Nothing of the wisher is public; the claimer sees the contact for a time, recorded; all is erasable."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from linli.people.access import ObjectHidden
from linli.people.erasing import Subject
from linli.people.models import AuditRecord
from linli.wishes import contact, erasure, registration, services
from linli.wishes.models import Wish
from linli.work.erasure import erase_item_texts
from linli.work.models import EventText, Item
from tests.matrix.looking import cookie
from tests.support.wishing import ADDRESS, NAME, PHONE, PUBLIC, TITLE, WORDS, another_resident, brought_to, made, step
from tests.support.world import World

SECRETS = (NAME, PHONE, "501室", "一个人住", "腿脚")


def browser(world: World, who: str = "") -> Client:
    """A browser, signed in or not."""
    client = Client()
    if who:
        client.cookies["sessionid"] = cookie(world.users[who])
    return client


def text(response: Any) -> str:
    return response.content.decode()


def test_neither_the_wall_nor_a_wish_tells_who_wishes(world: World) -> None:
    shown = [brought_to(world, state) for state in ("on_wall", "claimed", "matched", "fulfilled", "closed")]
    hidden = brought_to(world, "recorded")
    resident = another_resident(world)
    for client in (browser(world), browser(world, resident)):
        pages = [client.get("/wishes/"), *(client.get(f"/wishes/{item.number}/") for item in shown)]
        for page in pages:
            assert page.status_code == 200
            assert TITLE in text(page)
            assert not [secret for secret in SECRETS if secret in text(page)]
        assert PUBLIC in text(pages[1])
        assert client.get(f"/wishes/{hidden.number}/").status_code == 404


def test_nothing_of_the_wisher_is_stored_in_the_clear(world: World) -> None:
    item = brought_to(world, "closed")
    tables = ("work_item", "work_event", "work_eventtext", "work_searchentry", "wishes_wish", "work_idempotencykey")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT string_agg(to_jsonb(t)::text, ' ') FROM {table} t")
            stored = cursor.fetchone()[0] or ""
            assert not [secret for secret in SECRETS if secret in stored], table
    assert contact.opened(Wish.objects.get(pk=item.pk)) == contact.Wisher(WORDS, NAME, PHONE, ADDRESS)


def test_the_claimer_sees_the_contact_from_the_agreement_until_the_time_ends(world: World) -> None:
    item, resident = brought_to(world, "claimed"), world.actor("resident")
    with pytest.raises(ObjectHidden):
        services.see_wisher(resident, item.pk)
    step(world, item.pk, "community", "agree_claim")
    seen = services.see_wisher(resident, item.pk)
    assert (seen.name, seen.phone, seen.address, seen.words) == (NAME, PHONE, ADDRESS, "")
    look = AuditRecord.objects.get(action="wish.contact_seen")
    assert (look.actor_id, look.subject) == (resident.person_id, f"item:{item.pk}")
    page = browser(world, "resident").post(f"/wishes/{item.number}/contact/")
    assert PHONE in text(page) and "一个人住" not in text(page)
    assert "no-store" in page["Cache-Control"]
    other = another_resident(world)
    assert browser(world, other).post(f"/wishes/{item.number}/contact/").status_code == 404
    assert AuditRecord.objects.filter(action="wish.contact_seen").count() == 2
    Item.objects.filter(pk=item.pk).update(next_due=item.received_at - timedelta(hours=1))
    with pytest.raises(ObjectHidden):
        services.see_wisher(resident, item.pk)


@pytest.mark.parametrize("who", ["grid", "community_west", "duty", "director", "handler", "captain"])
def test_staff_without_the_permission_over_the_place_do_not_see_the_wisher(world: World, who: str) -> None:
    item = brought_to(world, "recorded")
    with pytest.raises(ObjectHidden):
        services.see_wisher(world.actor(who), item.pk)
    page = browser(world, who).get(f"/desk/items/{item.number}/")
    assert not [secret for secret in SECRETS if secret in text(page)]


def test_the_reviewer_reads_the_own_words_and_the_contact_at_a_press(world: World) -> None:
    item = brought_to(world, "recorded")
    client = browser(world, "community")
    page = text(client.get(f"/desk/items/{item.number}/"))
    assert WORDS in page and PHONE not in page and NAME not in page
    assert PHONE in text(client.post(f"/desk/wishes/{item.number}/wisher/"))
    assert AuditRecord.objects.get(action="wish.contact_seen").data == {"way": "staff"}
    step(world, item.pk, "community", "approve", public_title=TITLE, public_words=PUBLIC)
    assert WORDS not in text(client.get(f"/desk/items/{item.number}/"))


def test_the_wisher_is_found_by_phone_and_erased(world: World) -> None:
    item = brought_to(world, "fulfilled")
    subject = Subject(0, frozenset(), PHONE, NAME)
    assert registration.of_person(subject) == [item.pk]
    assert registration.of_person(Subject(0, frozenset(), PHONE, "别的人")) == []
    erase_item_texts(world.actor("director"), item.pk, "asked_by_person")
    row = Wish.objects.get(pk=item.pk)
    assert contact.opened(row) == contact.Wisher("", "", "", "") and row.phone_blind is None
    assert registration.of_person(subject) == []
    assert browser(world).get(f"/wishes/{item.number}/").status_code == 404


def test_what_a_claimer_wrote_goes_with_them(world: World) -> None:
    item = brought_to(world, "fulfilled")
    person = world.users["resident"].person_id or 0
    subject = Subject(person, frozenset({person}), "", "")
    assert erasure.count(subject).total == 2
    assert erasure.erase(subject, world.actor("director"), "asked_by_person") == 2
    left = EventText.objects.filter(event__item=item, erased_at=None).values_list("texts", flat=True)
    assert [list(texts) for texts in left if texts] == [["public_title", "public_words"]]


def test_the_link_opens_its_own_wish_alone(world: World) -> None:
    one, two = made(world), made(world)
    client = browser(world)
    assert one.number in text(client.get(f"/wishes/w/{one.token}/"))
    assert two.number not in text(client.get(f"/wishes/w/{one.token}/"))
    assert client.get("/wishes/w/abcdefghijklmnopqrstuv/").status_code == 404
