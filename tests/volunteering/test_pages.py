"""Pages: what a resident does, what staff do, end to end through the addresses; statements stay bounded."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from linli.activities import closing_listeners
from linli.activities.models import Activity
from linli.people.models import Person, User
from linli.volunteering import bulk, certifying, hours, papers
from linli.volunteering.hours import Pick
from linli.volunteering.models import (
    Appeal,
    Certificate,
    CertificateEntry,
    Concern,
    JoinedUnit,
    Service,
    StarAward,
    Volunteer,
)
from linli.volunteering.waits import Waits, waits_for
from linli.work.models import Deed
from tests.support.people import signed_in_client
from tests.support.world import World
from tests.volunteering.conftest import SATURDAY, account, enrol, held

JOIN = {"name": "王小明", "skills": ["first_aid"], "times": ["weekend"], "roles": ["servant"], "consents": "1"}


def desk(world: World, name: str = "community") -> Client:
    """A member of staff at the desk."""
    return signed_in_client(world.users[name])


def resident(user: User) -> Client:
    """A resident who signed in by phone."""
    return signed_in_client(user, kind="resident")


def text(response: Any) -> str:
    """The words of a page."""
    found: str = response.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))


def test_a_resident_joins_serves_appeals_and_gets_a_certificate_anybody_can_verify(world: World) -> None:
    me, community = resident(world.users["resident"]), desk(world)
    assert "成为志愿者" in text(me.get("/volunteering/"))
    refused = me.post("/volunteering/join/", {**JOIN, "place": world.places["east"].pk, "consents": ""})
    assert refused.status_code == 422 and "王小明" in refused.content.decode()
    assert me.post("/volunteering/join/", {**JOIN, "place": world.places["east"].pk}).status_code == 302
    row = Volunteer.objects.get()
    assert "王小明" in text(me.get("/volunteering/"))

    activity = held(world, [row.person_id])
    closing_listeners.tell(activity.pk, world.actor("captain"))
    service = Service.objects.get()
    page = f"/desk/volunteers/hours/activity/{activity.pk}/"
    assert "王**" in text(community.get(page)) and "王小明" not in text(community.get(page))
    posted = {"pick": service.pk, f"version-{service.pk}": 1, f"hours-{service.pk}": "2", f"reason-{service.pk}": ""}
    assert community.post(page, posted).status_code == 302
    assert Deed.objects.get().quantity == 120 and "2 小时" in text(me.get("/volunteering/"))

    one = f"/volunteering/services/{service.pk}/"
    assert "在场 128 分钟" in text(me.get(one))
    assert me.post(one, {"hours": "2.5", "text": "提前来布置"}).status_code == 302
    appeal = Appeal.objects.get()
    wrong = community.post(f"/desk/volunteers/appeals/{appeal.pk}/", {"act": "uphold", "hours": "2.5", "answer": "是"})
    assert wrong.status_code == 403 and "没有确认过" in text(wrong)
    street = desk(world, "street")
    answered = {"act": "uphold", "hours": "2.5", "answer": "属实"}
    assert street.post(f"/desk/volunteers/appeals/{appeal.pk}/", answered).status_code == 302
    assert "属实" in text(me.get(one))

    assert me.post("/volunteering/certificates/", {"purpose": "求职"}).status_code == 302
    asked = Certificate.objects.get()
    assert me.get(f"/volunteering/certificates/{asked.pk}.pdf").status_code == 404, "not issued yet"
    assert community.post(f"/desk/volunteers/certificates/{asked.pk}/", {"act": "issue"}).status_code == 302
    pdf = me.get(f"/volunteering/certificates/{asked.pk}.pdf")
    assert pdf["Content-Type"] == "application/pdf" and pdf.content.startswith(b"%PDF")

    asked.refresh_from_db()
    anybody = Client()
    typed = anybody.get("/verify/", {"code": f" {asked.code[:4].lower()} {asked.code[4:]}"})
    assert typed.status_code == 302
    shown = text(anybody.get(typed["Location"]))
    assert "证明有效" in shown and "王**" in shown and "2.5 小时，1 次服务" in shown and "王小明" not in shown
    assert asked.number in shown and "东山社区居委会" in shown
    missing = anybody.get("/verify/AAAA-BBBB-CCCC/")
    assert missing.status_code == 404 and "没有这份证明" in text(missing)
    community.post(f"/desk/volunteers/certificates/{asked.pk}/", {"act": "revoke", "reason": "时长有误"})
    assert "证明已撤销" in text(anybody.get(typed["Location"])) and "时长有误" in text(anybody.get(typed["Location"]))


def test_a_refused_certificate_stays_refused_until_it_is_opened_again_with_a_reason(world: World) -> None:
    row = enrol(world, 1)
    rows = [bulk.ServiceRow("past:1", row.person_id, world.places["east"].pk, SATURDAY, 120, "扫雪")]
    bulk.record_services(rows)
    me, community = resident(account(row)), desk(world)
    me.post("/volunteering/certificates/", {"purpose": "求职"})
    asked = Certificate.objects.get()
    here = f"/desk/volunteers/certificates/{asked.pk}/"
    assert community.post(here, {"act": "refuse", "reason": "还在核对"}).status_code == 302
    issued = community.post(here, {"act": "issue"})
    assert issued.status_code == 409 and "先写明理由重新办理" in text(issued)
    around = community.post(f"/desk/volunteers/{row.pk}/certificate/", {})
    assert around.status_code == 409 and Certificate.objects.count() == 1, "nor by asking anew in their place"
    assert community.post(here, {"act": "reopen", "reason": " "}).status_code == 422
    for _again in range(2):
        assert community.post(here, {"act": "reopen", "reason": "核对完了"}).status_code == 302
    assert community.post(here, {"act": "issue"}).status_code == 302
    page = text(community.get("/desk/volunteers/certificates/"))
    assert page.index("还在核对") < page.index("核对完了") and Certificate.objects.get().state == "issued"
    assert community.post(here, {"act": "reopen", "reason": "再来"}).status_code == 409
    assert [one.act for one in CertificateEntry.objects.order_by("pk")] == ["refused", "reopened", "issued"]


def test_own_service_leaving_and_the_door_to_others(world: World) -> None:
    mine, other = enrol(world, 1), enrol(world, 2)
    me, you = resident(account(mine)), resident(account(other))
    data = {"content": "扫雪", "happened_on": str(SATURDAY), "hours": "1.5", "evidence": "照片", "key": "k"}
    assert "补登一次服务" in text(me.get("/volunteering/enter/"))
    for _again in range(2):
        assert me.post("/volunteering/enter/", data).status_code == 302
    service = Service.objects.get()
    assert (service.minutes, service.state) == (90, "proposed")
    for hidden in (you, Client()):
        assert hidden.get(f"/volunteering/services/{service.pk}/").status_code in (302, 404)
    assert you.get(f"/volunteering/services/{service.pk}/").status_code == 404
    community = desk(world)
    others = "/desk/volunteers/hours/others/"
    assert "照片" in text(community.get(others))
    stale = {"pick": service.pk, f"version-{service.pk}": 9, f"hours-{service.pk}": "1.5"}
    left = community.post(others, stale)
    assert left.status_code == 409 and "刚刚有人办理过" in text(left)
    community.post(others, {**stale, f"version-{service.pk}": 1})
    correction = {"version": 2, "hours": "1", "reason": "实际一小时", "act": "correct"}
    assert community.post(f"/desk/volunteers/services/{service.pk}/", correction).status_code == 302
    assert "实际一小时" in text(me.get(f"/volunteering/services/{service.pk}/"))
    assert "退出" in text(me.get("/volunteering/leave/"))
    me.post("/volunteering/leave/")
    mine.refresh_from_db()
    assert mine.left_on is not None and mine.skills == [] and "已退出" in text(me.get("/volunteering/"))


def test_staff_register_find_by_whole_words_and_keep_five_record_groups(world: World) -> None:
    community = desk(world)
    form = {**JOIN, "phone": "13900000001", "place": world.places["east"].pk, "number": "3702 0000 1234 56"}
    assert community.post("/desk/volunteers/new/", form).status_code == 302
    row = Volunteer.objects.get()
    listed = text(community.get("/desk/volunteers/"))
    assert "王**" in listed and "139****0001" in listed and "王小明" not in listed
    for words, found in (("王小明", 1), ("13900000001", 1), ("37020000123456", 1), ("王小", 0), ("139", 0)):
        assert ("王**" in text(community.get("/desk/volunteers/", {"q": words}))) == bool(found), words
    assert "王**" not in text(desk(world, "community_west").get("/desk/volunteers/"))
    base = f"/desk/volunteers/{row.pk}/"
    posts = {
        "training": {"title": "急救", "happened_on": str(SATURDAY), "hours": "2", "valid_until": "2026-12-01"},
        "commendation": {"title": "优秀志愿者", "given_by": "街道办", "given_on": str(SATURDAY)},
        "evaluation": {"by_kind": "recipient", "grade": "5", "text": "很耐心"},
        "service": {"content": "陪诊", "happened_on": str(SATURDAY), "hours": "2", "evidence": "签字", "key": "a"},
    }
    for part, data in posts.items():
        for _again in range(2):
            assert community.post(f"{base}{part}/", data).status_code == 302, part
    page = text(community.get(base))
    assert all(words in page for words in ("急救", "优秀志愿者", "很耐心", "陪诊", "手工登记"))
    assert community.post(f"{base}training/", {"title": ""}).status_code == 422
    assert community.post(f"{base}certificate/", {}).status_code == 422, "no confirmed hours yet"
    assert community.post(f"{base}nothing/", {}).status_code == 404
    assert desk(world, "community_west").get(base).status_code == 404
    assert desk(world, "handler").get("/desk/volunteers/").status_code == 403
    book = community.get("/desk/volunteers/export.xlsx")
    assert book.content.startswith(b"PK") and community.get("/desk/volunteers/hours.xlsx").content.startswith(b"PK")


def test_stars_are_applied_for_shown_masked_and_granted(world: World) -> None:
    from datetime import timedelta

    from linli.volunteering import starring

    row = enrol(world)
    me, community = resident(account(row)), desk(world)
    me.post("/volunteering/star/")
    assert not StarAward.objects.exists(), "too few hours"
    bulk.record_services(
        bulk.ServiceRow(f"old:{number}", row.person_id, row.place_id, SATURDAY, 600, "往年") for number in range(12)
    )
    assert "申请评定" in text(me.get("/volunteering/"))
    for _again in range(2):
        me.post("/volunteering/star/")
    star = StarAward.objects.get()
    assert (star.level, star.threshold) == (1, 100)
    public = text(Client().get("/volunteering/stars/"))
    assert "张**" in public and "120" not in public and "张志愿" not in public
    assert starring.grant_due(star.notice_until) == 0
    assert community.post(f"/desk/volunteers/stars/{star.pk}/", {"reason": ""}).status_code == 422
    assert starring.grant_due(star.notice_until + timedelta(days=1)) == 1
    assert "已评定" in text(me.get("/volunteering/"))
    Service.objects.update(minutes=1)
    second = StarAward.objects.create(
        person=row.person, place=row.place, level=2, minutes=1, threshold=300, notice_from=star.notice_from,
        notice_until=star.notice_until, asked_at=star.asked_at,
    )  # fmt: skip
    assert starring.grant_due(star.notice_until + timedelta(days=1)) == 0
    second.refresh_from_db()
    assert second.state == "stopped" and "更正" in second.reason


def test_a_joined_unit_its_members_concerns_and_quarter(world: World) -> None:
    community, unit = desk(world), world.units["water"]
    form = {"organisation": unit.pk, "place": world.places["east"].pk, "since": "2026-01-10", "resources": "会议室"}
    for _again in range(2):
        assert community.post("/desk/volunteers/joined/new/", form).status_code == 302
    joined = JoinedUnit.objects.get()
    base = f"/desk/volunteers/joined/{joined.pk}/"
    member = {"name": "赵在职", "phone": "13911112222", "posts": ["servant"]}
    for _again in range(2):
        assert community.post(f"{base}member/?quarter=2026-3", member).status_code == 302
    from linli.volunteering.models import JoinedMember

    one = JoinedMember.objects.get()
    JoinedMember.objects.update(since="2026-02-01")
    served = {
        "member": one.pk,
        "content": "清淤",
        "happened_on": "2026-08-08",
        "hours": "3",
        "evidence": "照片",
        "key": "s",
    }
    assert community.post(f"{base}service/", served).status_code == 302
    service = Service.objects.get()
    assert service.late and service.member_id == one.pk
    confirm = {"pick": service.pk, f"version-{service.pk}": 1, f"hours-{service.pk}": "3"}
    community.post("/desk/volunteers/hours/others/", confirm)
    assert not Deed.objects.exists(), "joined members' hours earn no points"
    community.post(
        "/desk/volunteers/concerns/",
        {"title": "井盖松动", "kind": "concern", "place": world.places["east"].pk, "key": "c"},
    )
    concern = Concern.objects.get()
    steps = f"/desk/volunteers/concerns/{concern.pk}/"
    assert community.post(steps, {"act": "confirm"}).status_code == 409
    assert community.post(steps, {"act": "claim", "organisation": world.units["housing"].pk}).status_code == 422
    for data in ({"act": "claim", "organisation": unit.pk}, {"act": "solve", "result": "已换"}, {"act": "confirm"}):
        assert community.post(steps, data).status_code == 302
    Concern.objects.update(claimed_on="2026-08-01", solved_on="2026-08-09", raised_on="2026-08-01")
    shown = text(community.get(f"{base}?quarter=2026-3"))
    assert "1 次，1 人参加，3 小时" in shown and "认领 1 件，解决 1 件" in shown and "赵**" in shown
    assert "本季度的服务" in shown and "清淤" in shown, "every number has its list"
    assert "赵" not in text(desk(world, "grid").get(base)) or desk(world, "grid").get(base).status_code in (403, 404)
    too_early = community.post(f"{base}feedback/?quarter=2027-1", {"remark": ""})
    assert too_early.status_code == 422
    for _again in range(2):
        assert community.post(f"{base}feedback/?quarter=2026-3", {"remark": "谢谢"}).status_code == 302
    Service.objects.update(minutes=60)
    pdf = community.get(f"{base}feedback-2026-3.pdf")
    assert pdf.content.startswith(b"%PDF") and joined.feedback.get().figures["minutes"] == 180, "frozen"
    assert community.get(f"{base}feedback-2026-2.pdf").status_code == 404
    listed = text(community.get("/desk/volunteers/joined/?quarter=2026-3"))
    assert "已确认" in listed and "记录有变" in listed and "服务 1 次、3 小时" in listed, "as confirmed, everywhere"
    one_unit = text(community.get(f"{base}?quarter=2026-3"))
    assert "1 次，1 人参加，3 小时" in one_unit and "现在是服务 1 次、1 小时" in one_unit
    sheet = load_workbook(io.BytesIO(community.get("/desk/volunteers/joined.xlsx?quarter=2026-3").content)).active
    assert [row[5] for row in sheet.iter_rows(min_row=4, values_only=True)] == [3], "the same as on the paper"


def test_rules_are_explained_and_edited(world: World) -> None:
    assert "通行做法" in text(Client().get("/volunteering/rules/"))
    director = desk(world, "director")
    form = {
        "place": world.places["district"].pk, "rounding": 15, "minimum": 30, "break_after": 240, "break_minutes": 0,
        "cap": 360, "grace": 10, "appeal_days": 20, "late_after_days": 5, "notice_days": 7,
        "certificate_notice_days": 0, "rounding_mode": "nearest", "stars": [10, 20, 30, 40, 50],
    }  # fmt: skip
    assert director.post("/desk/volunteers/rules/", {**form, "cap": 9999}).status_code == 422
    assert director.post("/desk/volunteers/rules/", form).status_code == 302
    shown = text(Client().get("/volunteering/rules/"))
    assert "第 1 版" in shown and "四舍五入" in shown and "最多算 6 小时" in shown and "5 星：50 小时" in shown


@pytest.mark.parametrize(
    ("address", "most"),
    [("/desk/volunteers/", 16), ("/desk/volunteers/hours/", 8), ("/desk/volunteers/joined/", 10)],
)
def test_statements_do_not_grow_with_the_list(
    world: World, query_counter: Callable[[], Any], address: str, most: int
) -> None:
    client, numbers = desk(world), []
    for size in (1, 30):
        now = world.users["resident"].created_at
        people = Person.objects.bulk_create(Person(kind="resident", created_at=now) for _number in range(size))
        Volunteer.objects.bulk_create(
            Volunteer(
                person=person, place=world.places["east"], consent_version="x", consented_at=now, joined_on=SATURDAY
            )
            for person in people
        )
        bulk.record_services(
            bulk.ServiceRow(f"{size}:{n}", person.pk, world.places["east"].pk, SATURDAY, 60, "x", state="proposed")
            for n, person in enumerate(people)
        )
        bulk.record_units(
            [(unit.pk, world.places["east"].pk) for unit in list(world.units.values())[:size]], since=SATURDAY
        )
        client.get(address)
        with query_counter() as counter:
            assert client.get(address).status_code == 200
        numbers.append(len(counter))
    assert numbers[1] <= numbers[0] and numbers[1] <= most, numbers


def test_a_named_leader_who_is_no_staff_confirms_in_the_residents_frame(world: World, query_counter: Any) -> None:
    people = [enrol(world, number).person_id for number in (1, 2)]
    activity = held(world, people, leader="resident")
    closing_listeners.tell(activity.pk, world.actor("community"))
    leader, address = resident(world.users["resident"]), f"/desk/volunteers/hours/activity/{activity.pk}/"
    assert f'href="{address}"' in leader.get(f"/activities/{activity.pk}/lead/").content.decode()
    assert 'href="/activities/lead/"' in leader.get("/activities/mine/").content.decode()
    waiting = leader.get("/desk/volunteers/hours/").content.decode()
    assert f'href="{address}"' in waiting and 'class="rail"' not in waiting
    with query_counter(at_most=12):
        page = leader.get(address).content.decode()
    assert 'class="rail"' not in page and "/desk/volunteers/services/" not in page, "no doors that stay shut"
    first, second = Service.objects.order_by("pk")
    posted = {"pick": first.pk, f"version-{first.pk}": 1, f"hours-{first.pk}": "2", "theme": "environment"}
    assert leader.post(address, posted).status_code == 302
    facts = Deed.objects.get().facts
    assert (facts["theme"], facts["by"]) == ("environment", world.users["resident"].person_id)
    stranger = resident(account(Volunteer.objects.get(person_id=second.person_id)))
    for shut in (address, "/desk/volunteers/hours/"):
        assert stranger.get(shut).status_code == 404
    assert stranger.post(address, {"pick": second.pk, f"version-{second.pk}": 1}).status_code == 404


def test_what_proves_a_certificate_stands_on_the_sheet_with_its_signature(world: World) -> None:
    row, place = enrol(world, 1), world.places["east"].pk
    bulk.record_services(
        bulk.ServiceRow(f"c:{number}", row.person_id, place, SATURDAY, 120, f"扫雪{number}") for number in range(5)
    )
    me, community = resident(account(row)), desk(world)
    me.post("/volunteering/certificates/", {"purpose": "求职"})
    asked = Certificate.objects.get()
    community.post(f"/desk/volunteers/certificates/{asked.pk}/", {"act": "issue"})
    pages = pypdfium2.PdfDocument(me.get(f"/volunteering/certificates/{asked.pk}.pdf").content)
    asked.refresh_from_db()
    read = zxingcpp.read_barcodes(pages[0].render(scale=2).to_pil())
    assert len(pages) == 1 and [code.text for code in read] == [papers.verify_url(asked.code)]
    words = pages[0].get_textpage().get_text_bounded()
    assert "扫雪4，1次，2小时。" in words.replace(" ", "") and asked.number in words.replace(" ", "")


def test_the_desk_says_what_waits_each_with_its_list(world: World, query_counter: Any) -> None:
    one, two = enrol(world, 1), enrol(world, 2)
    activity = held(world, [one.person_id, two.person_id])
    closing_listeners.tell(activity.pk, world.actor("captain"))
    certifying.ask(world.actor("community"), one.person_id)
    open_one = held(world, [one.person_id])
    over = timezone.now() - timedelta(hours=2)
    Activity.objects.filter(pk=open_one.pk).update(
        state="published", starts_at=over, ends_at=over + timedelta(hours=1), title="没有确认的活动"
    )
    actor = world.actor("community")
    with query_counter(at_most=1):
        assert waits_for(actor) == Waits(1, 2, 0, 1)
    page = text(desk(world).get("/desk/"))
    for words in ("1 场活动等您确认出勤", "2 条志愿时长等您确认", "1 份志愿证明等您办"):
        assert words in page
    assert "没有确认的活动" in text(desk(world).get("/activities/lead/"))
    for name in ("community_west", "grid", "handler"):
        assert not waits_for(world.actor(name)).any and "等您确认出勤" not in text(desk(world, name).get("/desk/"))
    led = text(resident(world.users["captain"]).get("/activities/lead/"))
    assert "待确认出勤" in led and "没有确认的活动" in led, "who is only named as leader has it there, and in the inbox"
    hours.confirm(actor, [Pick(row.pk, row.version, row.minutes) for row in Service.objects.all()])
    assert waits_for(actor) == Waits(1, 0, 0, 1)
