"""Building captains: a page of their own after signing in, and at the desk's door; nothing of the desk beyond it."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from linli.work.models import Item
from tests.requests.walk import Walker
from tests.support.world import World

Browse = Callable[[str], Client]


def test_captains_come_to_their_page_and_not_to_a_refusal(browse: Browse, world: World) -> None:
    captain = browse("captain")
    assert captain.get("/login/done/")["Location"] == "/captain/"
    assert captain.get("/desk/")["Location"] == "/captain/"
    page = captain.get("/captain/")
    assert page.status_code == 200
    assert "楼大爷" in page.content.decode()


def test_the_desk_stays_closed_to_captains(browse: Browse, walker: Walker) -> None:
    item = walker.begin()
    captain = browse("captain")
    for path in ("/desk/new/", "/desk/map/", "/desk/search/?q=垃圾", f"/desk/items/{item.number}/", "/desk/board/"):
        assert captain.get(path).status_code == 403, path


def test_staff_are_sent_to_their_desk_and_residents_refused(browse: Browse, client: Client, world: World) -> None:
    assert browse("grid").get("/captain/")["Location"] == "/desk/"
    assert browse("resident").get("/captain/").status_code == 403
    assert browse("resident").get("/login/done/")["Location"] == "/"
    assert client.get("/captain/")["Location"].startswith("/login/?next=")
    assert browse("admin").get("/captain/")["Location"] == "/desk/"


def test_the_pages_show_what_they_reported_and_what_is_open_in_their_grid(browse: Browse, walker: Walker) -> None:
    mine = walker.begin(words="东边楼道的灯不亮")
    Item.objects.filter(pk=mine.pk).update(reporter_id=walker.world.users["captain"].person_id)
    Walker(walker.world).begin(words="李女士家门口的垃圾没人收")
    Walker(walker.world).begin(place="west")
    captain = browse("captain")
    assert [row["number"] for row in captain.get("/captain/mine/").context["rows"]] == [mine.number]
    page = captain.get("/captain/grid/")
    shown = page.content.decode()
    grid = page.context["grids"][0]
    assert (grid["place"].id, grid["open"]) == (walker.world.places["east_grid1"].pk, 2)
    assert "李女士" not in shown


def test_a_refusal_leads_back_to_ones_own_page(browse: Browse, world: World) -> None:
    page = browse("captain").get("/desk/new/")
    assert page.status_code == 403
    assert 'href="/login/done/"' in page.content.decode()
