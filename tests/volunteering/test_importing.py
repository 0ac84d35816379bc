"""Rosters and hours from spreadsheets: by name and phone, with consent and evidence, once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from linli.exchange import services
from linli.exchange.models import ImportRow
from linli.exchange.undoing import Obstacles
from linli.people import personal
from linli.people.access import Actor
from linli.people.importers import importer_for, operator
from linli.volunteering import hours, proposing
from linli.volunteering.models import JoinedMember, JoinedUnit, Service, Volunteer
from linli.volunteering.services import ServiceRow, record_services
from linli.work.models import Deed
from tests.exchange.conftest import workbook
from tests.support.world import World
from tests.volunteering.conftest import SATURDAY

ROSTER = [
    ["姓名", "手机", "所属社区", "岗位", "特长", "本人同意"],
    ["赵一", "13900000011", "东山社区", "信息员", "急救、理发", "是"],
    ["钱二", "13900000012", "东山社区", "安全巡查员", "", "是"],
    ["孙三", "13900000013", "东山社区", "", "", "否"],
]
HOURS = [
    ["姓名", "手机", "社区", "日期", "服务时长", "服务内容", "依据", "状态"],
    ["赵一", "13900000011", "东山社区", "2025-03-05", "2.5", "清洁日", "签到表3", "已审核"],
    ["钱二", "13900000012", "东山社区", "2025-03-05", "2", "清洁日", "签到表3", ""],
    ["李四", "13900000014", "东山社区", "2025-03-05", "2", "清洁日", "签到表3", ""],
]


def brought(world: World, kind: str, rows: list[list[str]], actor: Actor | None = None) -> Any:
    """Receive, check and carry out."""
    importer = importer_for(actor or operator(), world.places["district"].pk)
    batch = services.receive(importer, kind, workbook(rows), f"{kind}.xlsx")
    services.check(batch, importer)
    services.begin(batch)
    services.run(batch, importer)
    batch.refresh_from_db()
    return batch


def test_a_roster_and_its_hours_come_in_once(world: World) -> None:
    assert brought(world, "volunteers", ROSTER).report["counts"]["rejected"] == 1
    rows = list(Volunteer.objects.order_by("pk"))
    assert [row.consent for row in rows] == ["paper", "paper"] and set(rows[0].skills) == {"first_aid", "haircut"}
    assert rows[0].roles == ["reporter"] and rows[0].place_id == world.places["east"].pk
    for _again in range(2):
        brought(world, "volunteers", ROSTER)
        assert brought(world, "hours", HOURS).report["counts"]["rejected"] == 1
    assert Volunteer.objects.count() == 2
    found = list(Service.objects.order_by("-minutes").values_list("minutes", "state", "late", "origin"))
    assert found == [(150, "confirmed", True, "import"), (120, "proposed", True, "import")]
    assert not Deed.objects.exists(), "what was confirmed elsewhere earns nothing here"


def test_an_import_of_hours_taken_back_is_not_recognised(world: World) -> None:
    brought(world, "volunteers", ROSTER)
    batch = brought(world, "hours", HOURS)
    importer = importer_for(operator(), world.places["district"].pk)
    services.undo(batch, importer)
    assert set(Service.objects.values_list("state", flat=True)) == {"rejected"}
    right = [HOURS[0], [*HOURS[1][:4], "3", *HOURS[1][5:]], HOURS[2]]
    again = brought(world, "hours", right)
    assert counts(again) == (0, 2, 0), "the corrected file comes in, as other entries of the same services"
    found = list(Service.objects.order_by("-minutes").values_list("minutes", "state", "version"))
    assert found == [(180, "confirmed", 3), (120, "proposed", 3)] and not Deed.objects.exists()
    assert counts(brought(world, "hours", right)) == (0, 0, 2)
    services.undo(again, importer)
    assert set(Service.objects.values_list("state", flat=True)) == {"rejected"}


def test_other_hours_for_a_known_service_are_told_and_what_was_rejected_stays(world: World) -> None:
    brought(world, "volunteers", ROSTER)
    brought(world, "hours", HOURS[:3])
    one = Service.objects.get(state="proposed")
    hours.reject(world.actor("community"), one.pk, version=1, reason="没来")
    other = brought(world, "hours", [HOURS[0], [*HOURS[1][:4], "4", *HOURS[1][5:]], HOURS[2]])
    assert counts(other) == (0, 0, 1) and other.report["counts"]["rejected"] == 1
    assert "已经登记过，是 2.5 小时" in str(ImportRow.objects.filter(batch=other).values_list("problems", flat=True))
    one.refresh_from_db()
    assert one.state == "rejected"


def test_what_a_check_in_has_recorded_does_not_come_in_a_second_time(world: World) -> None:
    brought(world, "volunteers", ROSTER)
    person = Volunteer.objects.order_by("pk")[0].person_id
    entered = proposing.Entered(person, world.places["east"].pk, date(2025, 3, 5), 150, "清 洁日", "签到表")
    proposing.enter(world.actor("community"), entered, key="by hand")
    batch = brought(world, "hours", HOURS[:3])
    assert counts(batch) == (1, 0, 0) and batch.report["counts"]["rejected"] == 1
    assert Service.objects.filter(person_id=person).count() == 1


def test_nobody_takes_their_own_hours_in_as_confirmed(world: World) -> None:
    brought(world, "volunteers", ROSTER)
    me = world.users["director"].person
    assert me is not None
    for column, value in personal.sealed(me.uid, phone="13900000011").items():
        setattr(me, column, value)
    me.save()
    batch = brought(world, "hours", HOURS[:3], world.actor("director"))
    assert counts(batch) == (1, 0, 0) and batch.report["counts"]["rejected"] == 1


UNITS = [
    ["单位名称", "报到社区", "报到时间", "资源清单"],
    ["东山社区居委会", "东山社区", "2026-01-08", "会议室"],
    ["没有的单位", "东山社区", "2026-01-08", ""],
    ["东山社区居委会", "东山社区", "2026-01-08", "会议室"],
    ["东山社区居委会", "西河社区", "2999-01-01", ""],
]
MEMBERS = [
    ["姓名", "手机号", "工作单位", "居住社区", "报到日期", "认领岗位"],
    ["周一", "13900000021", "东山社区居委会", "东山社区", "2026-03-05", "便民服务员、文明劝导员"],
    ["吴二", "13900000022", "区环卫中心", "东山社区", "2026-03-05", ""],
    ["郑三", "1390000", "区环卫中心", "东山社区", "2026-03-05", ""],
]


def counts(batch: Any) -> tuple[int, int, int]:
    """New, changed and unchanged rows."""
    found = batch.report["counts"]
    return found["new"], found["changed"], found["unchanged"]


def test_units_that_joined_come_in_once_and_what_they_offer_is_updated(world: World) -> None:
    first = brought(world, "joined-units", UNITS)
    assert counts(first) == (1, 0, 0) and first.report["counts"]["rejected"] == 3
    row = JoinedUnit.objects.get()
    assert (str(row.since), row.resources, row.organisation_id) == ("2026-01-08", "会议室", world.units["east"].pk)
    assert counts(brought(world, "joined-units", UNITS)) == (0, 0, 1)
    later = brought(world, "joined-units", [UNITS[0], [*UNITS[1][:3], "会议室、停车位"]])
    assert counts(later) == (0, 1, 0)
    row.refresh_from_db()
    assert row.resources == "会议室、停车位" and JoinedUnit.objects.count() == 1
    importer = importer_for(operator(), world.places["district"].pk)
    services.undo(later, importer)
    row.refresh_from_db()
    assert row.resources == "会议室"
    services.undo(first, importer)
    assert not JoinedUnit.objects.exists()


def test_members_that_joined_come_in_once_sealed_and_can_be_taken_back(world: World) -> None:
    first = brought(world, "joined-members", MEMBERS)
    assert counts(first) == (2, 0, 0) and first.report["counts"]["rejected"] == 1
    row = JoinedMember.objects.select_related("person").get(organisation=world.units["east"])
    assert (row.posts, str(row.since)) == (["persuader", "servant"], "2026-03-05")
    assert personal.opened(row.person, "name") == "周一" and not row.person.display_name, "the name is sealed"
    assert counts(brought(world, "joined-members", MEMBERS)) == (0, 0, 2)
    later = brought(world, "joined-members", [MEMBERS[0], [*MEMBERS[2][:2], "东山社区居委会", *MEMBERS[2][3:]]])
    assert counts(later) == (0, 1, 0)
    assert JoinedMember.objects.filter(organisation=world.units["east"]).count() == 2
    importer = importer_for(operator(), world.places["district"].pk)
    for batch in (later, first):
        services.undo(batch, importer)
    assert not JoinedMember.objects.exists()


def test_a_member_comes_into_a_grid_of_the_community_by_its_name(world: World) -> None:
    grid = world.places["east_grid1"]
    rows = [[*row, words] for row, words in zip(MEMBERS[:3], ("网格", grid.name, "没有的网格"), strict=True)]
    batch = brought(world, "joined-members", rows)
    assert counts(batch) == (1, 0, 0) and batch.report["counts"]["rejected"] == 1
    assert JoinedMember.objects.get().grid_id == grid.pk
    assert counts(brought(world, "joined-members", MEMBERS[:2])) == (0, 0, 1), "a grid that is not said stays"


def test_a_member_with_services_is_not_taken_back(world: World) -> None:
    batch = brought(world, "joined-members", MEMBERS)
    member = JoinedMember.objects.select_related("person").order_by("pk")[0]
    served = [ServiceRow("s", member.person_id, member.place_id, SATURDAY, 60, "清洁日", member_id=member.pk)]
    record_services(served)
    with pytest.raises(Obstacles):
        services.undo(batch, importer_for(operator(), world.places["district"].pk))
    assert JoinedMember.objects.count() == 2
