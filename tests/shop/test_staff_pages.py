"""Staff pages: goods, counters, stock, receipts, counts, partners, settlements, reports; who may, how many reads."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from linli.people import erasing, personal
from linli.shop import paper_services, services, staff_selectors
from linli.shop.models import Counter, Donation, Good, Order, Partner, Receipt, Settlement, Stocktake
from linli.work.models import Evidence
from tests.shop.scene import Shop, give_points, pieces_of
from tests.shop.scene import resident as resident_actor
from tests.shop.test_pages import browser, field
from tests.work.conftest import encoded, picture

HOME = "/desk/shop/"


@pytest.fixture
def officer(shop: Shop) -> Client:
    return browser(shop.world.users["street"])


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", encoded(picture()), "image/jpeg")


def test_a_good_is_put_up_with_its_photo_suspended_and_offered_again(shop: Shop, officer: Client) -> None:
    wanted = {
        "kind": "goods", "place": shop.world.places["street"].pk, "name": "抽纸", "price": "20", "unit": "包",
        "limit_quantity": "2", "limit_period": "month", "days_kept": "7", "photo": photo(),
    }  # fmt: skip
    answer = officer.post(f"{HOME}goods/new/", wanted)
    good = Good.objects.get()
    assert answer["Location"] == f"{HOME}goods/{good.pk}/"
    assert good.photo is not None and good.photo.holder == "shop_good"
    shown = Client().get(f"/points/shop/photos/{good.pk}/320/")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/webp")
    assert Client().get(f"/points/shop/photos/{good.pk}/99/").status_code == 404
    assert Client().get(f"/media/{good.photo_id}/320/").status_code == 404, (
        "files are the staff's by the common address"
    )
    first = good.photo_id
    officer.post(f"{HOME}goods/{good.pk}/", wanted | {"price": "25", "photo": photo()})
    good.refresh_from_db()
    assert good.price == 25 and good.photo_id != first
    assert Evidence.objects.get(pk=first).removed_at is not None
    officer.post(f"{HOME}goods/{good.pk}/", {"what": "suspend", "reason": "包装破损"})
    page = Client().get(f"/points/shop/goods/{good.pk}/").content.decode()
    assert "包装破损" in page and "预约兑换" not in page
    assert "抽纸" not in Client().get("/points/shop/").content.decode()
    officer.post(f"{HOME}goods/{good.pk}/", {"what": "resume"})
    assert "抽纸" in Client().get("/points/shop/").content.decode()


def test_what_cannot_be_saved_says_why_at_its_field(shop: Shop, officer: Client) -> None:
    wanted = {
        "kind": "goods", "place": shop.world.places["street"].pk, "name": "50元红包", "price": "20", "unit": "个",
        "limit_period": "month", "days_kept": "7",
    }  # fmt: skip
    answer = officer.post(f"{HOME}goods/new/", wanted)
    assert answer.status_code == 422
    assert "积分不兑现金" in answer.content.decode()
    assert officer.post(f"{HOME}goods/new/", wanted | {"price": "x"}).status_code == 422
    answer = officer.post(f"{HOME}goods/new/", wanted | {"name": "抽纸", "photo": SimpleUploadedFile("a.jpg", b"no")})
    assert answer.status_code == 422
    assert not Good.objects.exists()


def test_counters_have_hours_and_the_volunteers_of_their_place(shop: Shop, officer: Client) -> None:
    shop.volunteer()
    wanted = {
        "place": shop.world.places["east"].pk, "name": "东山二号台", "address": "一楼大厅", "days": ["0", "1"],
        "opens": "09:00", "closes": "17:00", "days2": ["5"], "opens2": "09:00", "closes2": "11:30", "active": "on",
    }  # fmt: skip
    answer = officer.post(f"{HOME}counters/new/", wanted)
    counter = Counter.objects.get(name="东山二号台")
    assert counter.hours == [[0, "09:00", "17:00"], [1, "09:00", "17:00"], [5, "09:00", "11:30"]]
    page = officer.get(answer["Location"]).content.decode()
    assert "吕大姐" in page and 'value="09:00"' in page
    assert "周一至周二 09:00–17:00；周六 09:00–11:30" in officer.get(f"{HOME}counters/").content.decode()
    assert officer.post(f"{HOME}counters/new/", wanted | {"name": "三", "closes": "08:00"}).status_code == 422


def test_pieces_and_slots_are_booked_in_by_form_once(shop: Shop, officer: Client) -> None:
    good, service = shop.good("抽纸"), shop.good("理发", 20, kind="service", unit="次")
    page = officer.get(f"{HOME}receipts/new/?good={good.pk}").content.decode()
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found and f'<option value="{good.pk}" selected>' in page
    wanted = {
        "key": found[1], "good": good.pk, "counter": shop.counters["east"].pk, "kind": "bought", "quantity": "6",
        "received_on": timezone.localdate().isoformat(), "slip": "P-7", "cost": "59.9",
    }  # fmt: skip
    for _ in range(2):
        assert officer.post(f"{HOME}receipts/new/", wanted).status_code == 302
    receipt = Receipt.objects.get()
    assert (receipt.cost_fen, pieces_of(receipt.supply)) == (5990, (6, 6))
    day = (timezone.localdate() + timedelta(days=3)).isoformat()
    slot = wanted | {
        "key": "s", "good": service.pk, "quantity": "4", "slot_day": day, "slot_begins": "09:00", "slot_ends": "10:00",
    }  # fmt: skip
    assert officer.post(f"{HOME}receipts/new/", slot).status_code == 302
    assert "09:00–10:00" in officer.get(f"{HOME}stock/").content.decode()
    assert officer.post(f"{HOME}receipts/new/", wanted | {"key": "t", "slip": ""}).status_code == 422
    assert "抽纸 +6 瓶" in officer.get(f"{HOME}receipts/").content.decode()


def test_donations_are_entered_from_slips(shop: Shop, officer: Client) -> None:
    wanted = {
        "key": "d", "place": shop.world.places["street"].pk, "kind": "funds", "donor": "东山超市", "organisation": "on",
        "what": "爱心款", "amount": "500", "slip": "J-7", "received_on": timezone.localdate().isoformat(),
    }  # fmt: skip
    for _ in range(2):
        assert officer.post(f"{HOME}donations/new/", wanted).status_code == 302
    assert Donation.objects.get().amount_fen == 50_000
    assert "捐赠单 J-7" in officer.get(f"{HOME}donations/").content.decode()


def test_a_count_waits_for_the_second_person_on_its_page(shop: Shop, officer: Client) -> None:
    supply = shop.stock(shop.good("抽纸", 10), 20)
    address = f"{HOME}counters/{supply.counter_id}/count/"
    key = field(officer.get(address).content.decode(), "key")
    assert officer.post(address, {"key": key, f"count_{supply.pk}": "x"}).status_code == 422
    answer = officer.post(address, {"key": key, f"count_{supply.pk}": "8"})
    assert answer.status_code == 422 and "选择不一致的原因" in answer.content.decode()
    answer = officer.post(address, {"key": key, f"count_{supply.pk}": "8", f"reason_{supply.pk}": "lost"})
    row = Stocktake.objects.get()
    assert answer["Location"] == f"{HOME}stocktakes/{row.pk}/"
    assert "要由另一个人复核" in officer.get(answer["Location"]).content.decode()
    assert officer.post(answer["Location"], {"agree": "yes"}).status_code == 409
    second = browser(shop.world.users["community"])
    assert "核对无误" in second.get(answer["Location"]).content.decode()
    second.post(answer["Location"], {"agree": "yes"})
    assert pieces_of(supply) == (8, 8)
    assert "-12" in officer.get(answer["Location"]).content.decode()


def _settled(shop: Shop) -> Settlement:
    assert shop.partner is not None
    good = shop.good("护手霜", 5, partner_id=shop.partner.pk)
    order = services.reserve(shop.member(), shop.stock(good, 9).pk, 3, key="k").order
    services.hand_over(shop.officer, order.pk, key="h")
    last = timezone.localtime().replace(day=1, hour=12) - timedelta(days=3)
    Order.objects.filter(pk=order.pk).update(ended_at=last)
    return paper_services.settle(shop.officer, shop.partner.pk, last.date())


def test_settlements_are_papers_tables_and_come_back_signed(shop: Shop, officer: Client) -> None:
    row = _settled(shop)
    page = officer.get(f"{HOME}partners/{row.partner_id}/").content.decode()
    assert f"/settlements/{row.pk}/" in page
    address = f"{HOME}settlements/{row.pk}/"
    assert "护手霜" in officer.get(address).content.decode()
    assert officer.get(f"{address}pdf/").content.startswith(b"%PDF-")
    sheet = load_workbook(BytesIO(officer.get(f"{address}xlsx/").content)).active
    assert [cell.value for cell in sheet[3]] == ["护手霜", "瓶", 1, 3, 15]
    assert officer.get(f"{address}scan/").status_code == officer.get(f"{address}other/").status_code == 404
    answer = officer.post(address, {"scan": photo(), "signed_on": timezone.localdate().isoformat()})
    assert answer.status_code == 302
    assert officer.get(f"{address}scan/")["Content-Type"] == "image/jpeg"
    assert browser(shop.world.users["community_west"]).post(address, {"scan": photo()}).status_code in (404, 422)
    this_month = timezone.localdate().strftime("%Y-%m")
    answer = officer.post(f"{HOME}partners/{row.partner_id}/settle/", {"month": this_month}, follow=True)
    assert "下月初再结算" in answer.content.decode()
    assert officer.post(f"{HOME}partners/{row.partner_id}/settle/", {"month": "x"}).status_code == 404


def test_each_figure_opens_the_list_it_counts(shop: Shop, officer: Client) -> None:
    row = _settled(shop)
    month = row.month.strftime("%Y-%m")
    page = officer.get(f"{HOME}reports/?month={month}").content.decode()
    found = re.search(r'href="([^"]*orders/\?state=collected[^"]*good=[^"]*)"', page)
    assert found
    rows = officer.get(found[1].replace("&amp;", "&")).content.decode()
    assert "护手霜 × 3" in rows and ">1</span>" in rows
    table = load_workbook(BytesIO(officer.get(f"{HOME}reports/?month={month}&as=xlsx").content)).active
    assert [cell.value for cell in table[3]][:4] == ["护手霜", "东山社区兑换台", 1, 3]
    assert "这个月没有交付" in officer.get(f"{HOME}reports/?month=2020-01").content.decode()


def test_names_in_lists_are_masked(shop: Shop, officer: Client) -> None:
    person_id = personal.find_or_create_resident(name="王小明", phone="13805320001")
    give_points(shop.world, person_id, 50)
    services.reserve(resident_actor(person_id), shop.stock(shop.good("抽纸", 20), 3).pk, 1, key="k")
    page = officer.get(f"{HOME}orders/").content.decode()
    assert "王**" in page and "王小明" not in page and "13805320001" not in page


def test_volunteers_and_residents_have_no_staff_pages_and_other_communities_nothing_here(shop: Shop) -> None:
    supply = shop.stock(shop.good("抽纸"), 3)
    shop.volunteer()
    volunteer, west = browser(shop.world.users["counter"]), browser(shop.world.users["community_west"])
    for path in ("", "goods/", "stock/", "orders/", "reports/"):
        assert volunteer.get(HOME + path).status_code == 403
        assert west.get(HOME + path).status_code == 200
    assert west.get(f"{HOME}counters/{supply.counter_id}/").status_code == 404
    assert west.get(f"{HOME}counters/{supply.counter_id}/count/").status_code == 404
    assert "东山社区兑换台" not in west.get(f"{HOME}stock/").content.decode()
    grid = browser(shop.world.users["grid"])
    assert grid.get(HOME).status_code == 403


def test_statements_are_bounded_however_long_the_lists(shop: Shop, officer: Client, query_counter: Any) -> None:
    row = _settled(shop)
    for number in range(8):
        supply = shop.stock(shop.good(f"商品{number}", 1, partner_id=row.partner_id), 5)
        services.reserve(shop.member(), supply.pk, 1, key=f"k{number}")
        shop.gift(f"J-{number}")
    officer.get(HOME)
    limits = {
        "": 11, "goods/": 7, f"goods/{supply.good_id}/": 9, "stock/": 6, "receipts/": 6, "donations/": 6,
        "stocktakes/": 7, "partners/": 6, f"partners/{row.partner_id}/": 9, f"settlements/{row.pk}/": 7, "counters/": 6,
        f"counters/{supply.counter_id}/": 10, f"counters/{supply.counter_id}/count/": 7, "reports/": 6, "orders/": 8,
    }  # fmt: skip
    for path, most in limits.items():
        with query_counter(at_most=most):
            assert officer.get(HOME + path).status_code == 200, path


def test_a_count_that_waits_is_not_pushed_out_of_the_list_by_later_ones(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = shop.stock(shop.good("抽纸"), 3).counter
    today, by = timezone.localdate(), shop.world.users["street"].person_id
    for number, state in enumerate((Stocktake.WAITING, Stocktake.BOOKED, Stocktake.BOOKED)):
        Stocktake.objects.create(
            key=f"k{number}", counter=counter, counted_by_id=by, state=state, created_at=timezone.now(),
            counted_on=today - timedelta(days=9 - number),
        )  # fmt: skip
    monkeypatch.setattr(staff_selectors, "PAGE", 2)
    found = staff_selectors.stocktakes(shop.world.actor("street"))
    assert [row.state for row in found] == [Stocktake.WAITING, Stocktake.BOOKED]


def test_erasing_a_person_takes_their_name_from_gifts_and_waits_for_open_orders(shop: Shop) -> None:
    name, phone = "赵铁柱", "13805327788"
    person_id = personal.find_or_create_resident(name=name, phone=phone)
    subject = erasing.Subject(person_id, (person_id,), phone, name)
    gift = shop.gift("J-9", donor=name, organisation=False, named=True)
    good = shop.good("抽纸", 20, words=f"问{name}，电话{phone}")
    from linli.shop import erasure

    give_points(shop.world, person_id, 50)
    order = services.reserve(resident_actor(person_id), shop.stock(good, 3).pk, 1, key="k").order
    assert erasure.count(subject).live == 1
    services.give_back(resident_actor(person_id), order.pk, key="v")
    assert (erasure.count(subject).live, erasure.count(subject).total) == (0, 1)
    doubts = erasure.doubts(subject, shop.officer)
    assert [(doubt.ref, doubt.likely) for doubt in doubts] == [(f"donation:{gift.pk}:{name}", True)]
    assert erasure.erase(subject, shop.officer, "asked") == 1
    assert erasure.erase_doubts([doubts[0].ref], shop.officer, "asked") == 1
    good.refresh_from_db()
    gift.refresh_from_db()
    assert name not in good.words + gift.donor and phone not in good.words
    assert Order.objects.get(pk=order.pk).person_id == person_id
    assert Partner.objects.exists()
