"""Bringing in the office's own table: merged cells, doubts, what comes back refused, undoing."""

from __future__ import annotations

from typing import Any

import pytest

from linli.exchange import services as exchange
from linli.exchange.kinds import Answer
from linli.exchange.undoing import Obstacles
from linli.standards import node_services, selectors, services
from linli.standards.models import Node, Standard, Version
from linli.work.seed import seed_catalogue
from tests.people.conftest import District
from tests.standards.office_table import (
    HEAD,
    ROWS,
    carried_out,
    received,
    settle,
    settle_blanks,
    sheet,
    unsettled,
)


def test_a_sheet_with_merged_cells_becomes_a_draft(importer: Any, district: District) -> None:
    batch = carried_out(importer, sheet())
    version = Version.objects.get()
    assert (version.standard.name, version.state, version.standard.place) == (
        "某区测评体系",
        "draft",
        district.places["district"],
    )
    nodes = selectors.nodes_of(version)
    assert [(node.level, node.title) for node in nodes] == [
        ("item", "一、街巷环境"), ("content", "路面"), ("criterion", "路面平整，无坑洼积水"),
        ("criterion", "无乱堆乱放"), ("content", "路灯"), ("criterion", "路灯完好"), ("item", "二、政务服务"),
        ("criterion", "办事制度健全"),
        ("criterion", "群众满意"),
    ]  # fmt: skip
    by_title = {node.title: node for node in nodes}
    road, heaps, lamps = by_title["路面平整，无坑洼积水"], by_title["无乱堆乱放"], by_title["路灯完好"]
    rules, satisfied = by_title["办事制度健全"], by_title["群众满意"]
    assert road.site_kinds == ["lane", "main_road"] and road.weight == 2 and road.rule == {"kind": "proportion"}
    assert heaps.rule == {"kind": "deduction", "points": "0.5", "basis": "total"}
    assert lamps.rule == {"kind": "pass_fail"}
    assert lamps.evidence == [{"kind": "photo", "count": 3, "days": 90, "caption": 50}]
    assert rules.rule["grades"][1] == {"name": "B", "share": "0.5"}
    assert [entry["kind"] for entry in rules.evidence] == ["document", "report"]
    assert [node.method for node in (road, rules, satisfied)] == ["field", "material", "questionnaire"]
    assert (satisfied.evidence, satisfied.guidance) == ([], "佐证：入户问卷结果")
    units = {part: len(ids) for part, ids in selectors.unit_ids(road).items()}
    assert units == {"lead": 1, "supporting": 2}
    exchange.undo(batch, importer)
    assert not Standard.objects.exists() and not Node.objects.exists()


def test_what_was_edited_or_published_is_not_undone(importer: Any, district: District) -> None:
    batch = carried_out(importer, sheet())
    version = Version.objects.get()
    node_services.add_node(importer.actor, version.pk, level="item", parent_id=None, values={"title": "又一项"})
    with pytest.raises(Obstacles) as caught:
        exchange.undo(batch, importer)
    assert "后来又改过" in str(caught.value)
    services.publish(importer.actor, version.pk)
    with pytest.raises(Obstacles):
        exchange.undo(batch, importer)
    assert Version.objects.get().state == "published"


def test_words_nobody_knows_are_asked_once_and_remembered(importer: Any, district: District) -> None:
    rows = [list(row) for row in ROWS]
    rows[0][7], rows[1][7] = "街角口袋空间", "街角口袋空间、背街小巷"
    rows[1][6] = "看情况"
    rows[2][9] = "城市管理处"
    rows[3][5] = "听汇报"
    batch = received(importer, sheet(rows))
    exchange.check(batch, importer)
    settle_blanks(batch, importer)
    doubts = {entry["topic"]: entry for entry in batch.report["doubts"] if not entry["answer"]}
    assert {topic: entry["text"] for topic, entry in doubts.items()} == {
        "site_kind": "街角口袋空间", "standard_rule": "看情况", "standard_unit": "城市管理处",
        "standard_method": "听汇报",
    }  # fmt: skip
    assert doubts["site_kind"]["count"] == 2
    bureau = str(district.units["bureau"].pk)
    wanted = {"site_kind": "park", "standard_rule": "deduction", "standard_unit": bureau, "standard_method": "material"}
    exchange.answer(batch, importer, {doubts[topic]["key"]: Answer("use", value) for topic, value in wanted.items()})
    exchange.check(batch, importer)
    exchange.begin(batch)
    exchange.run(batch, importer)
    by_title = {node.title: node for node in selectors.nodes_of(Version.objects.get())}
    assert by_title["无乱堆乱放"].site_kinds == ["park", "lane"]
    assert by_title["无乱堆乱放"].rule["kind"] == "deduction"
    again = exchange.check(received(importer, sheet(rows), "另一份.xlsx"), importer)
    asked = {doubt.question.topic for doubt in again.run.doubts.values() if doubt.answer is None}
    assert asked - {"blank_cells"} == {"standard_edition"}


def test_units_are_known_without_the_name_of_their_district_and_else_the_likeliest_is_suggested(
    importer: Any, district: District
) -> None:
    place = district.places["district"]
    place.name = "东山区"
    place.save()
    known = district.unit("东山区环卫中心", "department", place="district")
    likely = district.unit("东山区住房和城乡建设局", "department", place="district")
    rows = [list(row) for row in ROWS]
    rows[0][9], rows[1][9], rows[2][9], rows[3][9] = "区环卫中心", "区住房城乡建设局", "某公司", "区环卫中心"
    batch = received(importer, sheet(rows))
    exchange.check(batch, importer)
    asked = {entry["text"]: entry["suggestion"] for entry in unsettled(batch, "standard_unit")}
    assert asked == {"区住房城乡建设局": str(likely.pk), "某公司": ""}
    settle(batch, importer, {"blank_cells": "blank", "standard_unit": str(likely.pk)})
    exchange.begin(batch)
    exchange.run(batch, importer)
    units = {node.title: selectors.unit_ids(node).get("lead") for node in selectors.criteria(Version.objects.get().pk)}
    assert units["路面平整，无坑洼积水"] == [known.pk] and units["无乱堆乱放"] == [likely.pk]


def test_rows_that_cannot_be_read_are_given_back_with_the_reason(importer: Any) -> None:
    rows = [list(row) for row in ROWS]
    rows[0][4] = "两分"
    rows[2][3] = None
    rows[4] = [5, None, None, "办事制度健全", 1, "材料审核", "比例", "", "", "", ""]
    batch = received(importer, sheet(rows))
    plan = exchange.check(batch, importer)
    settle_blanks(batch, importer)
    plan = exchange.plan_of(batch, importer)
    problems = {row.line: [problem.message for problem in row.problems] for row in plan.rows if row.problems}
    assert problems == {
        3: ["“两分”不是分值。请写成 0.5 的样子。"],
        5: ["没有填“测评标准”。"],
        7: ["与第 6 行重复。请删去一行。"],
    }


def test_the_category_of_a_problem_is_read_by_name_or_code_and_else_asked(importer: Any) -> None:
    seed_catalogue()
    head, rows = [*HEAD, "问题类别"], [[*row, ""] for row in ROWS]
    rows[0][-1], rows[1][-1], rows[2][-1] = "道路破损", "0505", "灯不亮"
    batch = received(importer, sheet(rows, head=head))
    exchange.check(batch, importer)
    settle_blanks(batch, importer)
    (doubt,) = (entry for entry in batch.report["doubts"] if entry["topic"] == "standard_category")
    assert doubt["text"] == "灯不亮"
    assert "0702" in [choice[0] for choice in doubt["choices"][:3]], "路灯不亮 is the nearest"
    exchange.answer(batch, importer, {doubt["key"]: Answer("use", "0702")})
    exchange.check(batch, importer)
    exchange.begin(batch)
    exchange.run(batch, importer)
    found = {node.title: node.category for node in selectors.nodes_of(Version.objects.get()) if node.category}
    assert found == {"路面平整，无坑洼积水": "0109", "无乱堆乱放": "0505", "路灯完好": "0702"}
