"""Rosters and hours from spreadsheets: by name and phone, with consent and evidence, once."""

from __future__ import annotations

from typing import Any

from linli.exchange import services
from linli.people.importers import importer_for, operator
from linli.volunteering.models import Service, Volunteer
from linli.work.models import Deed
from tests.exchange.conftest import workbook
from tests.support.world import World

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


def brought(world: World, kind: str, rows: list[list[str]]) -> Any:
    """Receive, check and carry out."""
    importer = importer_for(operator(), world.places["district"].pk)
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
    services.undo(batch, importer_for(operator(), world.places["district"].pk))
    assert set(Service.objects.values_list("state", flat=True)) == {"rejected"}
