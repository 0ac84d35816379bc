"""The staff pages of papers, scans and the inbox: who enters, what they show, what a form does."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from linli.people.access import Actor
from linli.work import inbox
from linli.work.models import Evidence, Notification, PrintedDocument
from tests.requests.walk import WAYS, Walker
from tests.support.world import World
from tests.work.conftest import encoded, picture
from tests.work.test_scans import photographed


@pytest.fixture
def walker(world: World) -> Walker:
    """A signed request."""
    made = Walker(world)
    made.begin(words="楼下垃圾没人清理")
    made.run(WAYS["signed"])
    return made


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A browser in which this actor is signed in, as the middleware of people would find."""

    def entering(actor: Actor, *, csrf: bool = False) -> Client:
        monkeypatch.setattr("linli.people.middleware.actor_of", lambda request: actor)
        return Client(enforce_csrf_checks=csrf)

    return entering


def test_the_papers_of_an_item_are_offered_printed_and_listed(world: World, walker: Walker, enter: Any) -> None:
    number = walker.item.number
    client = enter(world.actor("community"))
    page = client.get(f"/desk/items/{number}/papers/").content.decode()
    assert "交办单" in page and "提醒函" in page and "责令整改通知书" not in page
    form = client.get(f"/desk/items/{number}/print/slip/").content.decode()
    assert "东山社区居委会" in form and 'name="key"' in form
    answer = client.post(f"/desk/items/{number}/print/slip/", {"key": "k1", "demand": "今天清完"}, follow=True)
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF-")
    assert "no-store" in answer["Cache-Control"]
    assert PrintedDocument.objects.get().number in client.get(f"/desk/items/{number}/papers/").content.decode()


def test_an_order_is_refused_on_the_page_too_and_what_was_typed_is_kept(
    world: World, walker: Walker, enter: Any
) -> None:
    client = enter(world.actor("community"))
    values = {"key": "k1", "addressee": "东山物业", "demand": "马上整改", "basis": "某条", "by": "2999-01-01"}
    answer = client.post(f"/desk/items/{walker.item.number}/print/order/", values)
    assert answer.status_code == 403 and "没有行政执法权" in answer.content.decode()
    wrong = client.post(f"/desk/items/{walker.item.number}/print/reminder/", {**values, "by": "2020-01-01"})
    assert wrong.status_code == 422 and "马上整改" in wrong.content.decode()


@pytest.mark.parametrize("name", ["grid_west", "community_west", "enforcer"])
def test_papers_of_items_that_are_not_ours_do_not_exist(world: World, walker: Walker, enter: Any, name: str) -> None:
    client = enter(world.actor(name))
    for address in ("papers/", "print/slip/", "papers/1/"):
        assert client.get(f"/desk/items/{walker.item.number}/{address}").status_code == 404


@pytest.mark.parametrize("address", ["/desk/inbox/", "/desk/scan/", "/scan/" + "x" * 22 + "/", "/desk/items/1/papers/"])
def test_who_is_not_signed_in_is_sent_to_sign_in(db: Any, address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 302 and answer["Location"].startswith("/login/")


def test_scanning_the_qr_leads_to_the_paper_and_takes_it_back(world: World, walker: Walker, enter: Any) -> None:
    from linli.work import printing
    from linli.work.scanpages import pages_of

    done = printing.print_paper(world.actor("community"), walker.item_id, "slip", {}, key="k1")
    photo = photographed(done.pdf)
    token = next(iter(pages_of(photo))).token
    client = enter(world.actor("community"))
    assert done.document.number in client.get(f"/scan/{token}/").content.decode()
    file = SimpleUploadedFile("签字.jpg", photo, content_type="image/jpeg")
    assert client.post(f"/scan/{token}/", {"file": file, "key": "k2"}).status_code == 302
    assert Evidence.objects.get().purpose == "scan"
    assert "已经交回过" in client.get(f"/scan/{token}/").content.decode()
    assert enter(world.actor("community_west")).get(f"/scan/{token}/").status_code == 404


def test_a_pile_tells_what_became_of_each_file(world: World, walker: Walker, enter: Any) -> None:
    client = enter(world.actor("community"))
    file = SimpleUploadedFile("风景.jpg", encoded(picture()), content_type="image/jpeg")
    page = client.post("/desk/scan/", {"file": [file], "key": "k1"}).content.decode()
    assert "风景.jpg" in page and "没有找到二维码" in page
    assert client.post("/desk/scan/", {"key": "k1"}).status_code == 422
    assert enter(world.actor("community"), csrf=True).post("/desk/scan/", {}).status_code == 403


def test_the_inbox_opens_the_item_and_marks_the_line(world: World, walker: Walker, enter: Any) -> None:
    actor = world.actor("grid")
    assert actor.person_id is not None
    inbox.notify([actor.person_id], "breached.handle", item_id=walker.item_id)
    client = enter(actor)
    page = client.get("/desk/inbox/").content.decode()
    assert "已超期：办理" in page and walker.item.number in page
    line = Notification.objects.get()
    answer = client.post("/desk/inbox/read/", {"id": line.pk, "open": walker.item.number})
    assert answer["Location"] == f"/desk/items/{walker.item.number}/"
    assert inbox.unread_count(actor.person_id) == 0
    assert "没有消息" in client.get("/desk/inbox/?unread=1").content.decode()
    foreign = client.post("/desk/inbox/read/", {"open": "99999999999999"})
    assert foreign["Location"] == "/desk/inbox/"
