"""Certificates on public notice: off until asked for, named by consent only, issued when it is over and undisputed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from linli.volunteering import bulk, certifying, noticing, ruling, selectors, telling
from linli.volunteering.models import Certificate, CertificateEntry, StarAward, Volunteer
from linli.work import inbox
from linli.work.engine import StepRefused
from tests.support.people import signed_in_client
from tests.support.world import World
from tests.volunteering.conftest import SATURDAY, account, enrol, noticed_here


def text(response: Any) -> str:
    return str(response.content.decode())


def served(world: World, number: int = 1, minutes: int = 120) -> Volunteer:
    """A volunteer with confirmed hours."""
    row = enrol(world, number)
    place = world.places["east"].pk
    bulk.record_services([bulk.ServiceRow(f"past:{number}", row.person_id, place, SATURDAY, minutes, "扫雪")])
    return row


def asked(world: World, row: Volunteer, **more: Any) -> Certificate:
    return certifying.ask(world.actor("community"), row.person_id, **more)


def over(row: Certificate) -> None:
    """Its last day was yesterday."""
    last = timezone.localdate() - timedelta(days=1)
    Certificate.objects.filter(pk=row.pk).update(notice_from=last - timedelta(days=7), notice_until=last)


def refused(act: Any) -> str:
    with pytest.raises(StepRefused) as found:
        act()
    return found.value.code


def test_without_a_rule_a_certificate_is_issued_at_once_and_none_is_put_on_notice(world: World) -> None:
    row, community = asked(world, served(world)), world.actor("community")
    assert refused(lambda: noticing.begin(community, row.pk)) == "no_notice"
    assert certifying.issue(community, row.pk).state == Certificate.ISSUED


def test_what_a_district_asks_for_is_not_switched_off_below_it(world: World) -> None:
    noticed_here(world, 7, "district")
    noticed_here(world, 0, "east")
    path, today = str(world.places["east"].path), timezone.localdate()
    assert ruling.certificate_notice_days(path, today) == 7
    noticed_here(world, 10, "east")
    west = str(world.places["west"].path)
    assert ruling.notice_days_of([path, west], today) == {path: 10, west: 7}
    assert ruling.certificate_notice_days(path, today - timedelta(days=1)) == 0
    with pytest.raises(StepRefused):
        noticed_here(world, 3)


def test_it_is_issued_only_after_the_notice_without_an_objection_that_is_open_or_right(world: World) -> None:
    noticed_here(world)
    row, community = asked(world, served(world)), world.actor("community")
    assert refused(lambda: certifying.issue(community, row.pk)) == "needs_notice"
    for _again in range(2):
        row = noticing.begin(community, row.pk)
    assert (row.state, row.minutes, row.contents) == ("notice", 120, ["扫雪，1次，2小时"])
    assert row.notice_until is not None and (row.notice_until - timezone.localdate()).days == 7
    assert refused(lambda: certifying.issue(community, row.pk)) == "on_notice"
    said = noticing.object_to(world.actor("resident"), row.pk, "那天他不在")
    assert noticing.object_to(world.actor("resident"), row.pk, "再说一遍").pk == said.pk, "one waits at a time"
    over(row)
    assert refused(lambda: certifying.issue(community, row.pk)) == "objections"
    assert refused(lambda: noticing.object_to(world.actor("captain"), row.pk, "我也说")) == "over"
    noticing.answer(community, said.pk, "照片里有他", upheld=False)
    assert certifying.issue(community, row.pk).state == Certificate.ISSUED
    acts = CertificateEntry.objects.order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["noticed", "issued"], "begun once"


def test_an_objection_that_is_right_ends_it_and_only_others_answer(world: World) -> None:
    noticed_here(world)
    mine = served(world)
    row = noticing.begin(world.actor("community"), asked(world, mine).pk)
    said = noticing.object_to(world.actor("resident"), row.pk, "那天他不在")
    with pytest.raises(StepRefused):
        noticing.answer(world.actor("street"), said.pk, " ", upheld=True)
    own = noticing.object_to(world.actor("community"), row.pk, "我也没见他")
    assert refused(lambda: noticing.answer(world.actor("community"), own.pk, "是", upheld=True)) == "same_person"
    for _again in range(2):
        noticing.answer(world.actor("street"), said.pk, "签到表上没有", upheld=True)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("refused", noticing.UPHELD)
    assert refused(lambda: noticing.answer(world.actor("street"), said.pk, "又没有了", upheld=False)) == "decided"
    heard = inbox.said_to([said.person_id], "zh-hans")
    assert [line.url for line in heard] == [f"/volunteering/notices/{row.pk}/"]
    told = {line.sentence for line in inbox.said_to([mine.person_id], "zh-hans")}
    assert told == {telling.SENTENCES[f"volunteering.certificate.{act}"][0].zh for act in ("noticed", "refused")}


def test_hours_that_changed_meanwhile_are_put_on_notice_again(world: World) -> None:
    noticed_here(world)
    mine, community = served(world), world.actor("community")
    row = noticing.begin(community, asked(world, mine).pk)
    over(row)
    place = world.places["east"].pk
    bulk.record_services([bulk.ServiceRow("more", mine.person_id, place, SATURDAY, 60, "送药")])
    assert refused(lambda: certifying.issue(community, row.pk)) == "changed"
    assert selectors.changed_since(selectors.certificates(community)) == {row.pk}
    row = noticing.begin(community, row.pk)
    assert row.minutes == 180 and row.notice_from == timezone.localdate()


def test_everybody_reads_the_notice_with_a_name_by_consent_only(world: World) -> None:
    noticed_here(world)
    shy, open_ = served(world, 1), served(world, 2, 240)
    for one, shown in ((shy, False), (open_, True)):
        noticing.begin(world.actor("community"), asked(world, one, name_shown=shown, purpose="求职").pk)
    page = text(Client().get("/volunteering/notices/"))
    assert "一名志愿者" in page and "张**" in page and "4 小时" in page
    row = Certificate.objects.get(person_id=open_.person_id)
    one = text(Client().get(f"/volunteering/notices/{row.pk}/"))
    assert "扫雪" in one and "求职" not in one and "张志愿" not in one
    me = signed_in_client(account(open_), kind="resident")
    assert me.post(f"/volunteering/certificates/{row.pk}/name/", {"shown": "0"}).status_code == 302
    assert "张**" not in text(Client().get("/volunteering/notices/")), "taken back at once"
    other = Certificate.objects.get(person_id=shy.person_id)
    assert me.post(f"/volunteering/certificates/{other.pk}/name/", {"shown": "1"}).status_code == 404
    over(row)
    assert Client().get(f"/volunteering/notices/{row.pk}/").status_code == 404


def test_the_way_of_a_volunteer_an_objector_and_the_community_through_the_pages(world: World) -> None:
    noticed_here(world)
    me = signed_in_client(account(served(world)), kind="resident")
    community = signed_in_client(world.users["community"])
    assert "先公示 7 天" in text(me.get("/volunteering/"))
    me.post("/volunteering/certificates/", {"purpose": "求职", "name_shown": "1"})
    row = Certificate.objects.get()
    desk = f"/desk/volunteers/certificates/{row.pk}/"
    assert "公示 7 天" in text(community.get("/desk/volunteers/certificates/"))
    assert community.post(desk, {"act": "issue"}).status_code == 409
    assert community.post(desk, {"act": "notice"}).status_code == 302
    public = f"/volunteering/notices/{row.pk}/"
    stranger, neighbour = Client(), signed_in_client(world.users["resident"], kind="resident")
    assert stranger.post(public, {"text": "不对"}).status_code == 302, "to sign in"
    assert "这是您的证明" in text(me.get(public)) and me.post(public, {"text": "不对"}).status_code == 403
    assert neighbour.post(public, {"text": ""}).status_code == 422
    assert neighbour.post(public, {"text": "那天他不在"}).status_code == 302
    assert "正在核实" in text(neighbour.get(public)) and "那天他不在" not in text(me.get("/volunteering/"))
    assert "有人提出异议" in text(me.get("/volunteering/"))
    said = row.objections.get()
    answered = community.post(f"/desk/volunteers/objections/{said.pk}/", {"act": "dismiss", "answer": "照片里有他"})
    assert answered.status_code == 302
    over(row)
    assert "照片里有他" in text(neighbour.get(public)), "whoever objected reads the answer afterwards too"
    assert "2 小时" not in text(neighbour.get(public)) and stranger.get(public).status_code == 404
    assert community.post(desk, {"act": "issue"}).status_code == 302
    assert me.get(f"/volunteering/certificates/{row.pk}.pdf").status_code == 200
    assert "您的证明出具了" in text(me.get("/volunteering/")) and "您的证明出具了" in text(me.get("/my/"))


def test_staff_ask_in_the_volunteers_place_and_it_goes_on_notice(world: World) -> None:
    noticed_here(world)
    mine, community = served(world), signed_in_client(world.users["community"])
    assert "先公示 7 天" in text(community.get(f"/desk/volunteers/{mine.pk}/"))
    assert community.post(f"/desk/volunteers/{mine.pk}/certificate/", {"name_shown": "1"}).status_code == 302
    row = Certificate.objects.get()
    assert row.state == "notice" and row.name_shown_at is not None


def test_what_waits_is_never_pushed_out_of_a_list_by_what_came_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "WAITING_SHOWN", 2)
    community = world.actor("community")
    first = asked(world, served(world, 1))
    for number in (2, 3):
        certifying.issue(community, asked(world, served(world, number)).pk)
    assert next(iter(selectors.certificates(community))).pk == first.pk
    today = timezone.localdate()
    for number, state in ((1, "notice"), (2, "granted"), (3, "granted")):
        StarAward.objects.create(
            person_id=Volunteer.objects.order_by("pk")[number - 1].person_id, place=world.places["east"], level=1,
            minutes=6000, threshold=100, state=state, notice_from=today, notice_until=today,
            asked_at=timezone.now() + timedelta(minutes=number),
        )  # fmt: skip
    assert [row.state for row in selectors.stars(community)] == ["notice", "granted"]
