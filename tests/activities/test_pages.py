"""Pages: what the public, residents, leaders and staff see and do, without scripts; statements are bounded."""

from __future__ import annotations

import base64
import io
import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest
from django.utils import timezone

from linli.activities import checkin, closing, planning, signups, substitutes
from linli.activities.models import Activity, Attendance, HeadCount, Outcome, Signup
from linli.activities.signups import Asked
from tests.activities.conftest import resident, role_of, wanted
from tests.activities.visitors import Held, anonymous, as_resident, as_staff, body, under_way
from tests.support.world import World

# --- Public -----------------------------------------------------------------------------------------------------------


def test_the_public_list_shows_what_is_published_and_says_what_is_free(held: Held, world: World) -> None:
    shown, full = held(title="清理楼道"), held(title="名额满了", starts_at=timezone.now() + timedelta(hours=2))
    signups.sign_up(resident(1), Asked(role_of(full).pk), key=uuid4())
    planning.create(world.actor("community"), wanted(world, title="还是草稿"), key=uuid4())
    page = body(anonymous().get("/activities/"))
    assert "清理楼道" in page and "还有 1 个名额" in page and "已满，可候补" in page and "还是草稿" not in page
    assert f"/activities/{shown.pk}/" in page
    only_west = body(anonymous().get(f"/activities/?place={world.places['west'].pk}"))
    assert "清理楼道" not in only_west and "近期没有活动" in only_west
    today = body(anonymous().get("/activities/?span=today"))
    assert "清理楼道" not in today


@pytest.mark.parametrize("many", [1, 30])
def test_statements_do_not_grow_with_the_number_of_activities(
    held: Held, world: World, query_counter: Any, many: int
) -> None:
    rows = [held(title=f"活动{number}") for number in range(many)]
    client, staff = as_resident(1), as_staff(world, "community")
    client.get("/activities/"), staff.get("/desk/activities/")
    month = f"{rows[0].starts_at:%Y-%m}"
    for browser, address, most in (
        (anonymous(), "/activities/", 5), (client, "/activities/", 9), (client, f"/activities/{rows[0].pk}/", 15),
        (client, "/activities/mine/", 14), (staff, f"/desk/activities/?month={month}", 12),
        (staff, f"/desk/activities/{rows[0].pk}/", 14), (anonymous(), "/activities/calendar.ics", 4),
    ):  # fmt: skip
        with query_counter(at_most=most):
            body(browser.get(address))


def test_a_draft_and_what_is_not_there_are_not_found(held: Held, world: World) -> None:
    draft = planning.create(world.actor("community"), wanted(world), key=uuid4())
    for number in (draft.pk, 10**9):
        for address in ("", "poster.pdf", "calendar.ics"):
            assert anonymous().get(f"/activities/{number}/{address}").status_code == 404


def test_who_is_not_signed_in_is_sent_to_the_phone_and_comes_back(held: Held) -> None:
    activity = held()
    page = body(anonymous().get(f"/activities/{activity.pk}/"))
    assert f"/login/phone/?next=/activities/{activity.pk}/" in page
    sent = anonymous().post(f"/activities/{activity.pk}/", {"act": "join"})
    assert sent.status_code == 302 and "/login/phone/" in sent["Location"]


def test_a_resident_signs_up_waits_moves_up_and_cannot_come(held: Held) -> None:
    activity = held()
    first, second = as_resident(1), as_resident(2)
    address = f"/activities/{activity.pk}/"
    join = {"act": "join", "role": role_of(activity).pk, "key": str(uuid4()), "name": "李雷"}
    assert first.post(address, join).status_code == 302
    assert first.post(address, join).status_code == 302, "sent again"
    again = first.post(address, {**join, "key": str(uuid4())}, follow=True)
    assert "您已经报过名了。" in body(again) and "还没有办成" not in body(again), "from another tab"
    assert "您已报名" in body(first.get(address))
    second.post(address, {**join, "key": str(uuid4())})
    assert "您是候补第一位" in body(second.get(address))
    signup = Signup.objects.get(state="in")
    refused = second.post(address, {"act": "leave", "signup": signup.pk})
    assert refused.status_code == 404, "not theirs"
    first.post(address, {"act": "leave", "signup": signup.pk})
    assert "您已报名" in body(second.get(address)) and "候补成功" in body(second.get("/activities/mine/"))


def test_what_is_refused_is_said_and_what_was_typed_stays(held: Held) -> None:
    activity, client = held(minors=True), as_resident(1)
    sent = {"act": "join", "role": role_of(activity).pk, "key": str(uuid4()), "minors": "2"}
    answer = client.post(f"/activities/{activity.pk}/", sent)
    assert answer.status_code == 422 and "请监护人勾选同意" in answer.content.decode()
    assert 'value="2"' in answer.content.decode()
    assert client.post(f"/activities/{activity.pk}/", {"act": "fly"}).status_code == 404


def test_a_place_is_handed_on_and_accepted_on_the_page(held: Held) -> None:
    activity = held()
    signups.sign_up(resident(1), Asked(role_of(activity).pk), key=uuid4())
    giver, taker = as_resident(1), as_resident(2)
    signup = Signup.objects.get()
    hand = {"act": "hand", "signup": signup.pk, "to_name": "韩梅梅", "to_phone": "13800000002", "key": str(uuid4())}
    assert giver.post(f"/activities/{activity.pk}/", hand).status_code == 302
    mine = body(taker.get("/activities/mine/"))
    assert "有人把名额转给您" in mine
    offer = re.findall(r'name="offer" value="(\d+)"', mine)[0]
    assert taker.post("/activities/mine/", {"act": "accept", "offer": offer}).status_code == 302
    assert "您已报名" in body(taker.get(f"/activities/{activity.pk}/"))
    assert "您已报名" not in body(giver.get(f"/activities/{activity.pk}/"))


def test_an_offer_is_of_no_use_to_others(held: Held) -> None:
    activity = held()
    row = signups.sign_up(resident(1), Asked(role_of(activity).pk), key=uuid4())
    offer = substitutes.offer(resident(1), row.pk, name="甲", phone="13800000002", key=uuid4())
    answer = as_resident(3).post("/activities/mine/", {"act": "accept", "offer": offer.pk})
    assert answer.status_code == 404


def test_the_poster_is_a_pdf_with_the_address_in_its_code(held: Held) -> None:
    from linli.activities import posters, selectors

    activity = held(title="一个很长很长的活动名称，长得要换好几行才放得下", purpose="让楼道干净", spot="3号楼前")
    answer = anonymous().get(f"/activities/{activity.pk}/poster.pdf")
    assert answer["Content-Type"] == "application/pdf" and answer.content[:5] == b"%PDF-"
    long = selectors.public_one(activity.pk)
    long.row.title, long.row.purpose, long.row.programme = (
        "长名称" * 12,
        "让楼道干净" * 30,
        "集合领工具，分组到楼院\n" * 12,
    )
    assert len(pypdfium2.PdfDocument(posters.poster(long))) == 1
    context = posters.context_of(selectors.public_one(activity.pk))
    assert context["where"] == "东山社区 · 3号楼前" and "<svg" in context["qr"]


def test_calendars_are_public_by_place_and_secret_by_person(held: Held, world: World) -> None:
    activity = held(title="清理楼道；带手套", spot="门口,左边")
    feed = anonymous().get(f"/activities/calendar.ics?place={world.places['east'].pk}").content.decode()
    assert feed.startswith("BEGIN:VCALENDAR\r\n") and f"UID:activity-{activity.pk}@" in feed
    assert "门口\\,左边" in feed and "STATUS:CONFIRMED" in feed
    assert all(len(line.encode()) <= 75 for line in feed.split("\r\n"))
    signups.sign_up(resident(1), Asked(role_of(activity).pk), key=uuid4())
    client = as_resident(1)
    (secret,) = re.findall(
        r"/activities/calendar/([\w-]+)\.ics", body(client.post("/activities/mine/", {"act": "calendar"}))
    )
    assert "activity-" in anonymous().get(f"/activities/calendar/{secret}.ics").content.decode()
    client.post("/activities/mine/", {"act": "calendar"})
    assert anonymous().get(f"/activities/calendar/{secret}.ics").status_code == 404, "the old address is closed"
    assert anonymous().get("/activities/calendar/guess.ics").status_code == 404


# --- On the spot ------------------------------------------------------------------------------------------------------


def test_a_scanned_code_checks_in_with_one_tap_and_cannot_be_sent_on(held: Held) -> None:
    activity = under_way(held, 1, 2)
    client, friend = as_resident(1), as_resident(2)
    address = f"/activities/{activity.pk}/here/"
    scan = client.get(address, {"c": checkin.code_now(activity.pk)})
    assert scan.status_code == 302 and scan["Location"] == address
    assert "签到" in body(client.get(address))
    sent = {"act": "in", "key": str(uuid4())}
    assert client.post(address, sent).status_code == 302
    assert "签退" in body(client.get(address)) and Attendance.objects.count() == 1
    # The friend at home has the address, but not what the browser keeps.
    assert friend.post(address, {"act": "in", "key": str(uuid4())}).status_code == 409
    old = friend.get(address, {"c": "1-aaaaaaaaaaaaaaaa"})
    assert old["Location"].endswith("?stale=1") and "已经过时" in body(friend.get(old["Location"]))
    assert Attendance.objects.count() == 1


def test_a_code_survives_signing_in(held: Held) -> None:
    activity = under_way(held, 1)
    client = anonymous()
    address = f"/activities/{activity.pk}/here/"
    client.get(address, {"c": checkin.code_now(activity.pk)})
    assert "/login/phone/" in client.get(address)["Location"]
    client.cookies.update(as_resident(1).cookies)
    assert client.post(address, {"act": "in", "key": str(uuid4())}).status_code == 302
    assert Attendance.objects.get().came_how == "qr"


def test_a_position_checks_in_only_nearby(held: Held) -> None:
    activity = under_way(held, 1)
    place = activity.place
    address = f"/activities/{activity.pk}/here/"
    near = {"act": "in", "key": str(uuid4()), "lon": str(place.lon), "lat": str(place.lat)}
    far = {**near, "lon": "121.5"}
    answer = as_resident(1).post(address, far)
    assert answer.status_code == 422 and "您离活动地点还有" in answer.content.decode()
    assert as_resident(1).post(address, {**near, "lat": "x"}).status_code == 422
    assert as_resident(1).post(address, near).status_code == 302
    assert Attendance.objects.get().came_how == "position"


# --- The leader -------------------------------------------------------------------------------------------------------


def test_the_leader_ticks_notes_walk_ins_counts_and_closes(held: Held, world: World) -> None:
    activity = under_way(held, 1, 2)
    client = as_staff(world, "community")
    address = f"/activities/{activity.pk}/lead/"
    person = resident(1).person_id
    assert "到 0 / 2" in body(client.get(address))
    client.post(address, {"act": "in", "person": person, "key": str(uuid4())})
    client.post(address, {"act": "walk_in", "name": "路过", "phone": "13911112222", "key": str(uuid4())})
    assert "到 2 / 3" in body(client.get(address))
    wrong = client.post(address, {"act": "walk_in", "name": "路过", "phone": "123", "key": str(uuid4())})
    assert wrong.status_code == 422 and "11位手机号" in wrong.content.decode()
    client.post(address, {"act": "heads", "heads_schools": "120"})
    client.post(address, {"act": "results", "results": "很干净", "outcome_litter": "7"})
    client.post(address, {"act": "close"})
    activity.refresh_from_db()
    assert activity.state == "closed" and Attendance.objects.filter(confirmed_at__isnull=False).count() == 2
    assert HeadCount.objects.get().persons == 120 and Outcome.objects.get().quantity == 7
    public = body(anonymous().get(f"/activities/{activity.pk}/"))
    assert "很干净" in public and "120 人次" in public and "路过" not in public
    client.post(address, {"act": "absent", "person": person, "reason": "没有来"})
    assert Attendance.objects.filter(confirmed_at__isnull=False).count() == 1


def test_the_code_page_shows_a_code_and_only_to_leaders(held: Held, world: World) -> None:
    activity = under_way(held, 1)
    address = f"/activities/{activity.pk}/lead/code/"
    page = body(as_staff(world, "community").get(address))
    assert "<svg" in page and 'http-equiv="refresh"' in page and "已到 0 人" in page
    key = as_staff(world, "community").get(f"{address}key.json")
    told = key.json()
    assert base64.b64decode(told["key"]) == checkin.secret_for(activity.pk) and told["there"] == "已到 0 人"
    assert "no-store" in key["Cache-Control"] and told["key"] not in page, "what the phone keeps of the page holds none"
    for path in (address, f"{address}key.json"):
        for other in (as_resident(1), as_staff(world, "community_west"), as_staff(world, "handler")):
            assert other.get(path).status_code == 404
        assert anonymous().get(path).status_code == 302
    coming = held(ago=-timedelta(days=3))
    assert as_staff(world, "community").get(f"/activities/{coming.pk}/lead/code/key.json").status_code == 404


def test_digits_are_typed_where_the_camera_fails(held: Held) -> None:
    activity = under_way(held, 1)
    address, client = f"/activities/{activity.pk}/here/", as_resident(1)
    assert "扫不了码" in body(client.get(address))
    shown = checkin.digits_now(activity.pk)
    wrong = client.post(address, {"act": "in", "digits": "12 34", "key": str(uuid4())})
    assert wrong.status_code == 422 and "数字不对" in wrong.content.decode()
    sent = {"act": "in", "digits": f"{shown[:3]} {shown[3:]}", "key": str(uuid4())}
    assert client.post(address, sent).status_code == 302
    assert Attendance.objects.get().came_how == "typed"
    for _try in range(7):
        last = client.post(address, {"act": "out", "digits": "1", "key": str(uuid4())})
    assert last.status_code == 429 and "过十分钟再试" in last.content.decode()


def test_the_page_after_a_scan_holds_what_the_phone_sends_later(held: Held) -> None:
    activity = under_way(held, 1)
    address, client = f"/activities/{activity.pk}/here/", as_resident(1)
    client.get(address, {"c": checkin.code_now(activity.pk)})
    found = re.search(r'data-proof="([^"]+)"', body(client.get(address)))
    assert found is not None
    kept = body(client.get(address, headers={"X-Kept": "1"}))
    assert "data-proof" not in kept, "what is opened from the phone much later offers no code of long ago"
    now = timezone.now().isoformat()
    attempt = {"key": str(uuid4()), "out": False, "at": now, "proof": found[1]}
    sent = {"person": resident(1).person_id, "sent_at": now, "attempts": [attempt]}
    told = client.post(f"{address}later/", json.dumps(sent), content_type="application/json")
    assert told.json()["answers"][0]["state"] == "stored" and told.cookies["linli_scanned"].value == ""
    assert "data-proof" not in body(client.get(address))


def test_ticks_made_without_network_come_as_json_and_count_once(held: Held, world: World) -> None:
    activity = under_way(held, 1, 2)
    client = as_staff(world, "community")
    address = f"/activities/{activity.pk}/lead/ticks/"
    at = (timezone.now() - timedelta(minutes=20)).isoformat()
    ticks = [
        {"key": str(uuid4()), "person": resident(number).person_id, "out": False, "at": at} for number in (1, 2, 9)
    ]
    first = client.post(address, json.dumps({"ticks": ticks}), content_type="application/json").json()["ticks"]
    again = client.post(address, json.dumps({"ticks": ticks}), content_type="application/json").json()["ticks"]
    assert [one["state"] for one in first] == ["stored", "stored", "refused"]
    assert [one["state"] for one in again] == ["repeated", "repeated", "refused"]
    assert Attendance.objects.count() == 2
    for wrong in ("", "[]", '{"ticks": [{}]}', '{"ticks": [{"key": 1, "at": "2026-01-01", "person": 1, "out": 0}]}'):
        assert client.post(address, wrong, content_type="application/json").status_code == 400
    assert as_resident(1).post(address, "{}", content_type="application/json").status_code == 404


def test_a_named_leader_who_is_no_staff_leads(held: Held, world: World) -> None:
    activity = under_way(held, 1)
    Activity.objects.filter(pk=activity.pk).update(leader_id=world.users["captain"].person_id)
    client = as_staff(world, "captain")
    assert activity.title in body(client.get("/activities/lead/"))
    assert "点名" in body(client.get(f"/activities/{activity.pk}/lead/"))
    assert client.get(f"/desk/activities/{activity.pk}/").status_code == 403


def test_what_was_held_is_found_with_its_results_and_a_walk_in_has_it_too(held: Held, world: World) -> None:
    activity, leader = under_way(held), world.actor("community")
    Activity.objects.filter(pk=activity.pk).update(training_months=12)
    checkin.walk_in(leader, activity.pk, name="骑手小李", phone="13800000001", key=uuid4())
    checkin.walk_in(leader, activity.pk, name="骑手小王", phone="13800000002", key=uuid4())
    over = timezone.now() - timedelta(minutes=1)
    Activity.objects.filter(pk=activity.pk).update(ends_at=over)
    closing.close(leader, activity.pk, results="四十名骑手听完一课")
    assert activity.title not in body(anonymous().get("/activities/"))
    page = body(anonymous().get("/activities/?span=past"))
    assert activity.title in page and "四十名骑手听完一课" in page
    mine = body(as_resident(1).get("/activities/mine/"))
    assert activity.title in mine and "培训有效至" in mine, "who came without having signed up sees it, too"
    answer = as_staff(world, "community").get(f"/desk/activities/{activity.pk}/people.xlsx")
    from openpyxl import load_workbook

    rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert sum("培训有效至" in row for row in rows) == 1 and sum(row[-1] is not None for row in rows) >= 3


def test_who_was_taken_off_the_list_reads_why(held: Held, world: World) -> None:
    activity = held()
    row = signups.sign_up(resident(1), Asked(role_of(activity).pk), key=uuid4())
    signups.withdraw(world.actor("community"), row.pk, "这次要会急救的人")
    page = body(as_resident(1).get(f"/activities/{activity.pk}/"))
    assert "负责人取消了您的报名" in page and "这次要会急救的人" in page
    assert "这次要会急救的人" not in body(as_resident(2).get(f"/activities/{activity.pk}/"))
    signups.sign_up(resident(1), Asked(role_of(activity).pk), key=uuid4())
    assert "这次要会急救的人" not in body(as_resident(1).get(f"/activities/{activity.pk}/"))


def test_a_calendar_of_a_place_holds_more_than_a_page(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linli.activities.selectors.PAGE", 1)
    for _number in range(3):
        held()
    assert anonymous().get("/activities/calendar.ics").content.count(b"BEGIN:VEVENT") == 3
