"""Batches: dry run, doubts once, undo as a whole, rejects as the same workbook, going on after a crash."""

from __future__ import annotations

import io

import openpyxl
import pytest

from linli.exchange import services
from linli.exchange.column_maps import ImportMap
from linli.exchange.errors import ExchangeProblem
from linli.exchange.models import ImportBatch, ImportRow, RememberedAnswer
from linli.exchange.refused import refused_rows
from linli.exchange.rejects import rejects_file
from linli.exchange.running import AnotherRuns, carry_out
from linli.exchange.services import Importer
from linli.exchange.undoing import Obstacles
from linli.people.importing import STAFF
from linli.people.models import Appointment, AuditRecord, Organisation, Person
from linli.places import services as place_services
from linli.places.importing import GRIDS
from linli.places.models import Boundary, Place, PlaceName
from tests.exchange.conftest import SmallDistrict, answered, brought_in, saved, workbook

ROSTER = [
    ["序号", "社区", "网格", "姓名", "联系电话", "岗位"],
    [1, "西湖社区", "西湖社区第1网格", "张三", "138-0000-0001", "网格员"],
    [2, "西湖社区", "西湖社区第2网格", "李四13900000002", None, "网格员"],
    [3, "东湖社区", "东湖社区第1网格", "王五/赵六", "13700000003、13700000004", "网格员"],
    [4, "东湖社区", "东湖社区第2网格", "钱七", "1.38E+10", "网格员"],
]


def test_a_dry_run_counts_by_community_and_writes_nothing(importer: Importer) -> None:
    batch = services.receive(importer, "staff", workbook(ROSTER), "花名册.xlsx")
    services.check(batch, importer)
    assert batch.report["counts"]["new"] == 3 and batch.report["counts"]["rejected"] == 1
    assert dict(batch.report["areas"])["西湖社区"] == {"new": 2}
    assert not Appointment.objects.exists() and batch.state == "ready"


def test_staff_come_in_and_are_undone_as_a_whole(importer: Importer) -> None:
    before = Person.objects.count(), Appointment.objects.count()
    batch = brought_in(importer, "staff", workbook(ROSTER))
    assert batch.state == "done"
    assert set(Person.objects.values_list("display_name", flat=True)) >= {"张三", "李四", "王五", "赵六"}
    assert Appointment.objects.filter(role="grid_worker").count() == 4
    assert AuditRecord.objects.filter(action="import.done", subject=f"import:{batch.pk}").exists()
    again = brought_in(importer, "staff", workbook(ROSTER))
    assert again.report["counts"]["unchanged"] == 3 and again.report["counts"]["new"] == 0
    services.undo(batch, importer)
    assert (Person.objects.count(), Appointment.objects.count()) == before
    with pytest.raises(ExchangeProblem):
        services.undo(batch, importer)


def test_who_vanished_is_told_and_stays(importer: Importer) -> None:
    brought_in(importer, "staff", workbook(ROSTER))
    batch = brought_in(importer, "staff", workbook([row for row in ROSTER if row[3] not in ("王五/赵六",)] + [
        [5, "东湖社区", "东湖社区第2网格", "孙八", "13800000009", "网格员"]]))  # fmt: skip
    assert {label for label, _area in batch.report["vanished"]} == {"王五 网格员", "赵六 网格员"}
    assert Person.objects.filter(display_name="王五", left_on=None).exists()


def test_undoing_is_refused_with_a_list_when_something_was_built_upon_it(
    importer: Importer, small: SmallDistrict
) -> None:
    grids = brought_in(importer, "grids", workbook([["社区", "网格名称"], ["西湖社区", "西湖社区第9网格"]]))
    grid = Place.objects.get(name="西湖社区第9网格")
    roster = brought_in(importer, "staff", workbook([
        ["社区", "网格", "姓名", "岗位"], ["西湖社区", "西湖社区第9网格", "张三", "网格员"]]))  # fmt: skip
    with pytest.raises(Obstacles) as refused:
        services.undo(grids, importer)
    assert "西湖社区第9网格" in str(refused.value.lines)
    assert Place.objects.filter(pk=grid.pk).exists() and ImportBatch.objects.get(pk=grids.pk).state == "done"
    services.undo(roster, importer)
    services.undo(grids, importer)
    assert not Place.objects.filter(pk=grid.pk).exists()


def test_undoing_a_change_restores_what_was(importer: Importer, small: SmallDistrict) -> None:
    grid = small.grids[0]
    before = (
        Place.objects.filter(pk=grid.pk).values().get(),
        list(PlaceName.objects.filter(place=grid).values()),
        list(Boundary.objects.filter(place=grid).values()),
    )
    batch = brought_in(importer, "grids", workbook([
        ["网格编码", "网格名称", "户数", "别名"], [grid.code, "西湖社区北网格", "410户", "北片、湖滨"]]))  # fmt: skip
    grid.refresh_from_db()
    assert (grid.name, grid.household_count) == ("西湖社区北网格", 410)
    services.undo(batch, importer)
    after = (
        Place.objects.filter(pk=grid.pk).values().get(),
        list(PlaceName.objects.filter(place=grid).values()),
        list(Boundary.objects.filter(place=grid).values()),
    )
    assert after == before


def test_undoing_a_change_that_was_changed_since_is_refused(importer: Importer, small: SmallDistrict) -> None:
    grid = small.grids[0]
    batch = brought_in(importer, "grids", workbook([["网格编码", "网格名称", "户数"], [grid.code, grid.name, 410]]))
    Place.objects.filter(pk=grid.pk).update(household_count=500)
    with pytest.raises(Obstacles):
        services.undo(batch, importer)
    assert Place.objects.get(pk=grid.pk).household_count == 500
    place_services.rename_place(small.grids[1].pk, "别的网格", actor_label="t")


def test_a_doubt_is_asked_once_and_remembered(importer: Importer, small: SmallDistrict) -> None:
    rows = [["社区", "网格名称"], ["西湖", "甲网格"], ["西湖", "乙网格"], ["东湖社区", "丙网格"]]
    batch = services.receive(importer, "grids", workbook(rows), "a.xlsx")
    services.check(batch, importer)
    asked = batch.report["doubts"]
    assert [(doubt["text"], doubt["count"]) for doubt in asked] == [("西湖", 2)]
    answered(batch, importer)
    assert batch.report["counts"]["new"] == 3
    services.begin(batch)
    services.run(batch, importer)
    assert RememberedAnswer.objects.filter(topic="place", text="西湖").exists()
    assert PlaceName.objects.filter(place=small.west, name="西湖", kind="alias").exists()
    next_one = services.receive(importer, "grids", workbook([["社区", "网格名称"], ["西湖", "丁网格"]]), "b.xlsx")
    services.check(next_one, importer)
    assert [doubt for doubt in next_one.report["doubts"] if doubt["answer"] is None] == []
    assert next_one.report["counts"]["new"] == 1


def test_rows_in_doubt_are_not_written(importer: Importer) -> None:
    batch = services.receive(
        importer, "grids", workbook([["社区", "网格名称"], ["西湖", "甲网格"], ["东湖社区", "乙网格"]]), "a.xlsx"
    )
    services.check(batch, importer)
    services.begin(batch)
    services.run(batch, importer)
    assert not Place.objects.filter(name="甲网格").exists() and Place.objects.filter(name="乙网格").exists()
    assert [row.line for row in refused_rows(batch)] == [2]


def test_rejects_are_the_same_workbook_annotated(importer: Importer) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(ROSTER)))
    page = book.worksheets[0]
    page["D2"].font = openpyxl.styles.Font(italic=True)
    page.column_dimensions["D"].width = 33
    data = saved(book)
    batch = brought_in(importer, "staff", data)
    content, name, _media = rejects_file(STAFF, data, "名单.xlsx", ImportMap("staff"), refused_rows(batch))
    back = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert name == "名单-退回.xlsx" and back["D2"].font.italic and back.column_dimensions["D"].width == 33
    assert back["G1"].value == "退回原因" and "科学计数" in back["G5"].value and back["G2"].value is None
    assert back["E5"].fill.fgColor.rgb.endswith("FFD9D0") and "科学计数" in back["E5"].comment.text
    back["E5"].value = "13800000005"
    mended = brought_in(importer, "staff", saved(back.parent), "名单-退回.xlsx")
    assert mended.report["counts"] == {
        "new": 1,
        "changed": 0,
        "unchanged": 3,
        "rejected": 0,
        "doubtful": 0,
        "skipped": 0,
    }


def test_an_interrupted_batch_goes_on_without_doubles(importer: Importer, small: SmallDistrict) -> None:
    rows = [["社区", "网格名称"], *[["西湖社区", f"甲{number}网格"] for number in range(10)]]
    object.__setattr__(GRIDS, "chunk_rows", 3)
    try:
        data = workbook(rows)
        batch = services.receive(importer, "grids", data, "a.xlsx")
        services.check(batch, importer)
        services.begin(batch)

        def stop(done: int, total: int) -> None:
            if done >= 6:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            services.run(batch, importer, stop)
        assert Place.objects.filter(name__startswith="甲").count() == 6
        found = services.interrupted(importer, "grids", data, ImportMap("grids"))
        assert found is not None and found.pk == batch.pk and found.rows_done == 6
        stale = services.plan_of(batch, importer)
        services.run(batch, importer)
        assert Place.objects.filter(name__startswith="甲").count() == 10
        assert ImportRow.objects.filter(batch=batch, outcome="new").count() == 10
        with pytest.raises(AnotherRuns):
            carry_out(batch, stale)
    finally:
        object.__setattr__(GRIDS, "chunk_rows", 2000)


def test_organisations_with_parents_in_the_same_file(importer: Importer) -> None:
    rows = [
        ["单位名称", "简称", "单位类别", "上级单位", "社区", "是否执法单位", "联系人", "联系电话"],
        ["阳光物业一部", "阳光一部", "物业", "阳光物业公司", "西湖社区", "否", "张三", "13800000001"],
        ["阳光物业公司", "阳光", "物业公司", None, None, "否", None, "0532-88512345"],
        ["试验区城管局", "城管局", "执法机构", "", "", "√", "", ""],
    ]
    batch = brought_in(importer, "organisations", workbook(rows), blank_cells="blank")
    assert batch.report["counts"]["new"] == 3, batch.report
    part = Organisation.objects.get(name="阳光物业一部")
    assert part.parent is not None and part.parent.name == "阳光物业公司" and part.place is not None
    assert Organisation.objects.get(name="试验区城管局").can_order
    services.undo(batch, importer)
    assert not Organisation.objects.filter(name__startswith="阳光").exists()
