"""Pages of responsibilities, agreements and mutual checks: what is done there, who may not, how many statements."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from linli.inspections import mutual_services, promises
from linli.inspections.models import Agreement, AgreementCheck, MutualCheck, Responsibility
from linli.places.models import Place
from tests.desk.conftest import sign_in
from tests.support.shops import give_keeper, open_shops
from tests.support.world import World

Browse = Callable[[str], Client]


@pytest.fixture
def shops(world: World) -> list[Place]:
    """Four shops in the grid of the grid worker; the first two have signed, a month ago and a year ago."""
    found = open_shops(world)
    for shop, days in zip(found, (30, 365), strict=False):
        promises.sign_agreement(
            world.actor("grid"), shop.pk, list(promises.DUTIES), signer="王女士", key=uuid.uuid4(),
            signed_on=timezone.localdate() - timedelta(days=days),
        )  # fmt: skip
    return found


def _begin(world: World, shops: list[Place]) -> MutualCheck:
    key = uuid.uuid4()
    ids = [shop.pk for shop in shops]
    mutual_services.begin_mutual_checks(world.actor("street"), ids, "十二月互查", timezone.localdate(), key=key)
    return MutualCheck.objects.filter(batch=key).order_by("pk")[0]


def _statements(client: Client, path: str, query_counter: Any) -> int:
    client.get(path)
    with query_counter() as counted:
        assert client.get(path).status_code == 200, path
    return len(counted)


def test_lists_send_the_same_few_statements_for_one_and_for_many(
    browse: Browse, world: World, shops: list[Place], query_counter: Any
) -> None:
    street = browse("street")
    actor, unit = world.actor("street"), world.units["housing"].pk

    def give(place: int) -> Responsibility:
        return promises.give_responsibility(
            actor, place, organisation_id=unit, since=timezone.localdate(), key=uuid.uuid4()
        )

    one = give(shops[0].pk)
    check = _begin(world, shops[:2])
    paths = {
        "/desk/responsibilities/": 8, "/desk/responsibilities/?show=gaps&kind=compound": 8,
        f"/desk/responsibilities/{one.pk}/": 8, "/desk/agreements/": 8, "/desk/mutual/": 6,
        f"/desk/mutual/{check.batch}/": 5,
    }  # fmt: skip
    few = {path: _statements(street, path, query_counter) for path in paths}
    for shop in [*shops, *open_shops(world, 12, kind="compound"), *open_shops(world, 12, kind="restaurant")]:
        give(shop.pk)
    for shop in Place.objects.filter(site_kind="restaurant"):
        promises.sign_agreement(actor, shop.pk, ["clean"], signed_on=timezone.localdate(), key=uuid.uuid4())
    _begin(world, list(Place.objects.filter(site_kind="restaurant")))
    many = {path: _statements(street, path, query_counter) for path in paths}
    assert many == few
    assert {path: number for path, number in many.items() if number > paths[path]} == {}


def test_a_responsibility_is_given_by_names_and_ended(browse: Browse, world: World) -> None:
    street = browse("street")
    form = {
        "key": str(uuid.uuid4()), "place": "东山社区第1网格", "person": "史磊", "unit": "区住建局", "duty": "背街小巷",
        "since": timezone.localdate().isoformat(),
    }  # fmt: skip
    for _ in range(2):
        page = street.post("/desk/responsibilities/new/", form, follow=True)
        assert "背街小巷" in page.content.decode()
    row = Responsibility.objects.get()
    assert (row.place_id, row.person_id, row.organisation_id) == (
        world.places["east_grid1"].pk, world.users["street"].person_id, world.units["housing"].pk,
    )  # fmt: skip
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    assert street.post(f"/desk/responsibilities/{row.pk}/end/", {"until": tomorrow}).status_code == 302
    row.refresh_from_db()
    assert row.until is not None and row.until.isoformat() == tomorrow


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"place": "没有的地方"}, "place", "没有找到"), ({"person": "没有的人"}, "person", "没有找到"),
        ({"unit": "区"}, "unit", "请填写确切的单位名称"), ({"person": "", "unit": ""}, "person_id", "请选择人或单位"),
        ({"since": "昨天"}, "since", "请填写日期"), ({"until": "2020-01-01"}, "until", "结束日期要在开始之后"),
    ],
)  # fmt: skip
def test_a_refused_form_keeps_what_was_typed(
    browse: Browse, world: World, change: dict[str, str], field: str, words: str
) -> None:
    form = {"place": "东山社区第1网格", "person": "史磊", "unit": "区住建局", "duty": "清理占道", "since": "2026-01-01"}
    page = browse("street").post("/desk/responsibilities/new/", form | change)
    assert page.status_code == 422
    assert page.context["problem"].field == field
    assert words in page.content.decode()
    assert "清理占道" in page.content.decode()
    assert not Responsibility.objects.exists()


def test_a_name_that_fits_several_places_is_chosen_not_guessed(browse: Browse, world: World) -> None:
    street = browse("street")
    form = {"place": "网格", "unit": "区住建局", "since": "2026-01-01"}
    page = street.post("/desk/responsibilities/new/", form)
    found = dict(page.context["problem"].candidates)
    assert set(found) == {world.places[name].pk for name in world.places if "grid" in name}
    assert street.post("/desk/responsibilities/new/", form | {"place_id": str(min(found))}).status_code == 302
    assert Responsibility.objects.get().place_id == min(found)


def test_an_agreement_is_signed_renewed_checked_and_ended(browse: Browse, world: World, shops: list[Place]) -> None:
    grid, shop, today = browse("grid"), shops[2], timezone.localdate()
    page = grid.get(f"/desk/sites/{shop.pk}/").content.decode()
    assert f"/desk/agreements/new/?site={shop.pk}" in page
    form = {"site": shop.pk, "duties": ["clean", "order"], "signer": "李女士", "signed_on": today.isoformat()}
    assert grid.post("/desk/agreements/new/", form | {"key": str(uuid.uuid4())}).status_code == 302
    row = Agreement.objects.get(site=shop)
    key = str(uuid.uuid4())
    for _ in range(2):
        assert grid.post(f"/desk/agreements/{row.pk}/check/", {"all": "1", "key": key}).status_code == 302
    assert list(AgreementCheck.objects.filter(duty__agreement=row).values_list("kept", flat=True)) == [True, True]
    again = {"broken": ["order"], "words": "门口堆货", "key": str(uuid.uuid4())}
    shown = grid.post(f"/desk/agreements/{row.pk}/check/", again, follow=True).content.decode()
    assert "门口堆货" in shown
    assert re.search(r"没做到：\s*包秩序", shown)
    assert grid.post(f"/desk/agreements/{row.pk}/check/", {"key": str(uuid.uuid4())}).status_code == 422
    tomorrow = (today + timedelta(days=1)).isoformat()
    assert grid.post(f"/desk/agreements/{row.pk}/end/", {"until": tomorrow}).status_code == 302
    row.refresh_from_db()
    assert row.until == today + timedelta(days=1)


def test_every_number_of_the_agreements_opens_its_list(browse: Browse, world: World, shops: list[Place]) -> None:
    street = browse("street")
    page = street.get("/desk/agreements/")
    tiles = {tile["label"]: (tile["number"], tile["url"]) for tile in page.context["tiles"]}
    assert [number for number, _url in tiles.values()] == [2, 2, 0, 2]
    cells = [(number, url) for part in page.context["parts"] for number, url, _note in part["cells"] if url]
    for number, url in [*tiles.values(), *cells]:
        assert len(street.get(url).context["rows"]) == number, url


def test_sheets_are_pdfs_and_carry_no_result(browse: Browse, world: World, shops: list[Place]) -> None:
    grid, check = browse("grid"), _begin(world, shops)
    for path in (f"/desk/agreements/shops/{shops[0].pk}.pdf", f"/desk/agreements/shops/{shops[3].pk}.pdf",
                 "/desk/agreements/checks.pdf", f"/desk/mutual/{check.batch}/slips.pdf"):  # fmt: skip
        answer = grid.get(path)
        assert answer["Content-Type"] == "application/pdf", path
        assert answer.content.startswith(b"%PDF")


def test_a_round_begins_with_the_ring_that_was_shown(browse: Browse, world: World, shops: list[Place]) -> None:
    street, key = browse("street"), str(uuid.uuid4())
    form = {
        "key": key, "title": "十二月互查", "place": world.places["east_grid1"].pk, "kinds": ["shop"],
        "due_on": timezone.localdate().isoformat(),
    }  # fmt: skip
    page = street.post("/desk/mutual/new/", form | {"what": "look", "without": [str(shops[3].pk)]})
    ring = page.context["ring"]
    assert {line["checker_id"] for line in ring} == {shop.pk for shop in shops[:3]}
    assert all(line["checker_id"] != line["checked_id"] for line in ring)
    assert not MutualCheck.objects.exists()
    pairs = re.findall(r'name="pair" value="([^"]+)"', page.content.decode())
    sent = form | {"what": "begin", "pair": pairs}
    assert street.post("/desk/mutual/new/", sent | {"recheck_days": "0"}).status_code == 422
    for _ in range(2):
        assert street.post("/desk/mutual/new/", sent | {"recheck_days": "5"})["Location"] == f"/desk/mutual/{key}/"
    assert list(MutualCheck.objects.values_list("recheck_days", flat=True)) == [5, 5, 5]
    for wrong in ({"kinds": ["pharmacy"]}, {"kinds": []}, {"due_on": "2020-01-01"}):
        assert street.post("/desk/mutual/new/", form | {"what": "look"} | wrong).status_code == 422


def test_a_result_is_told_before_the_street_reads_it(browse: Browse, world: World, shops: list[Place]) -> None:
    check = _begin(world, shops)
    path, listed = f"/desk/mutual/checks/{check.pk}/", f"/desk/mutual/{check.batch}/"
    grid, street = browse("grid"), browse("street")
    assert grid.post(path, {"what": "record", "good": "no"}).status_code == 422
    recorded = grid.post(path, {"what": "record", "good": "no", "words": "通道堆货"}, follow=True)
    assert "通道堆货" in recorded.content.decode()
    site = f"/desk/sites/{check.checked_id}/"
    for client, where in ((street, path), (street, listed), (grid, listed), (street, site)):
        assert "通道堆货" not in client.get(where).content.decode(), where
    assert "待告知" in street.get(listed).content.decode()
    assert street.post(path, {"what": "tell"})["Location"] == listed
    for where in (path, listed, site):
        assert "通道堆货" in street.get(where).content.decode(), where


def test_what_is_to_be_mended_is_looked_at_again_by_somebody_else(
    browse: Browse, world: World, shops: list[Place]
) -> None:
    check, day = _begin(world, shops), (timezone.localdate() + timedelta(days=2)).isoformat()
    path, listed = f"/desk/mutual/checks/{check.pk}/", f"/desk/mutual/{check.batch}/"
    grid, street = browse("grid"), browse("street")
    grid.post(path, {"what": "record", "good": "no", "words": "通道堆货"})
    for where in (path, listed, "/desk/mutual/"):
        page = street.get(where).content.decode()
        assert "第 1 次复查" not in page and "1 家待复查" not in page and "前复查" not in page, where
    street.post(path, {"what": "tell", "turn": "0"})
    assert "1 家待复查" in street.get("/desk/mutual/").content.decode()
    assert [row["id"] for row in street.get(listed + "?show=again").context["rows"]] == [check.pk]
    assert street.post(path, {"what": "day", "due_on": "2020-01-01"}).status_code == 422
    assert street.post(path, {"what": "day", "due_on": day})["Location"] == path
    assert f"{day} 前复查" in street.get(listed).content.decode()
    assert grid.post(path, {"what": "mended"}, follow=True).status_code == 200
    assert "记录复查" not in grid.get(path).content.decode(), "whoever says it is mended does not look again"
    result = {"what": "recheck", "turn": "1", "good": "yes", "words": ""}
    assert grid.post(path, result).status_code == 409
    assert street.post(path, result)["Location"] == path
    assert "待告知商户" in grid.get(path).content.decode()
    assert "改好了" in street.get(path).content.decode()
    assert street.post(path, {"what": "tell", "turn": "1"})["Location"] == listed
    site = f"/desk/sites/{check.checked_id}/"
    assert all("复查已改好" in street.get(where).content.decode() for where in (listed, site))
    again = {"key": str(uuid.uuid4()), "title": "一月互查", "place": world.places["east_grid1"].pk, "kinds": ["shop"],
             "due_on": day, "what": "look"}  # fmt: skip
    assert "还没复查" not in street.post("/desk/mutual/new/", again).content.decode()


def test_a_shop_says_that_it_is_mended_and_the_neighbour_looks_again(
    browse: Browse, world: World, shops: list[Place]
) -> None:
    check = _begin(world, shops)
    for number, name in ((check.checked_id, "mender"), (check.checker_id, "looker")):
        give_keeper(world, next(shop for shop in shops if shop.pk == number), name)
    mender, looker = sign_in(world, "mender"), sign_in(world, "looker")
    looker.post("/shop/", {"what": "record", "check": check.pk, "good": "no", "words": "灭火器过期"})
    page = mender.get("/shop/").content.decode()
    assert "再来看" in page and "我看到了" in page and ">改好了<" not in page
    mender.post("/shop/", {"what": "seen", "check": check.pk, "turn": 0})
    assert mender.post("/shop/", {"what": "mended", "check": check.pk}).status_code == 302
    page = looker.get("/shop/").content.decode()
    assert "复查：" in page and "对方说改好了" in page and "上次看到：灭火器过期" in page
    form = {"what": "recheck", "check": check.pk, "turn": 1, "good": "no", "words": "还差一只"}
    assert mender.post("/shop/", form).status_code == 404
    assert looker.post("/shop/", form | {"words": ""}).status_code == 422
    assert looker.post("/shop/", form).status_code == 302
    page = mender.get("/shop/").content.decode()
    assert "复查还要改" in page and "还差一只" in page and "我看到了" in page
    assert "还差一只" not in browse("street").get(f"/desk/mutual/checks/{check.pk}/").content.decode()


def test_shop_keepers_have_a_page_of_their_own_and_no_desk(browse: Browse, world: World, shops: list[Place]) -> None:
    check = _begin(world, shops)
    given = MutualCheck.objects.get(batch=check.batch, checker=check.checked_id)
    give_keeper(world, next(shop for shop in shops if shop.pk == check.checked_id))
    keeper = sign_in(world, "keeper")
    assert keeper.get("/login/done/")["Location"] == keeper.get("/desk/")["Location"] == "/shop/"
    for path in ("/desk/mutual/", "/desk/agreements/", "/desk/responsibilities/", f"/desk/mutual/checks/{check.pk}/",
                 "/desk/people/", "/desk/more/"):  # fmt: skip
        assert keeper.get(path).status_code == 403, path
    mutual_services.record_mutual_check(world.actor("grid"), check.pk, False, "灭火器过期")
    assert "灭火器过期" in keeper.get("/shop/").content.decode()
    assert "邻居来看过您的店" in keeper.get("/shop/").content.decode()
    assert keeper.post("/shop/", {"what": "record", "check": given.pk, "good": "no", "words": ""}).status_code == 422
    assert keeper.post("/shop/", {"what": "record", "check": given.pk, "good": "yes"}).status_code == 302
    assert keeper.post("/shop/", {"what": "seen", "check": check.pk}).status_code == 302
    check.refresh_from_db()
    given.refresh_from_db()
    assert check.told_at is not None
    assert (given.good, given.told_at) == (True, None)
    other = MutualCheck.objects.filter(batch=check.batch, done_at=None).first()
    assert other is not None
    assert keeper.post("/shop/", {"what": "record", "check": other.pk, "good": "yes"}).status_code == 404
    assert browse("grid").get("/shop/").status_code == 403
    assert browse("resident").get("/shop/").status_code == 403


def test_who_may_look_but_not_act_sees_no_buttons_and_is_refused(
    browse: Browse, world: World, shops: list[Place]
) -> None:
    row = Agreement.objects.get(site=shops[0])
    supervisor = browse("supervisor")
    page = supervisor.get(f"/desk/agreements/{row.pk}/").content.decode()
    assert "/check/" not in page
    for path in (f"/desk/agreements/{row.pk}/check/", "/desk/agreements/new/", "/desk/responsibilities/new/",
                 "/desk/mutual/new/"):  # fmt: skip
        assert supervisor.get(path).status_code == 403, path
    for name in ("community_west", "grid_west"):
        client = browse(name)
        assert client.get(f"/desk/agreements/{row.pk}/").status_code == 404
        assert client.get(f"/desk/agreements/?place={world.places['east'].pk}").status_code == 404
        assert client.post("/desk/agreements/new/", {"site": shops[2].pk}).status_code == 404
