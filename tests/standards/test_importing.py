"""Bringing in the office's own table: merged cells, words for rules, doubts, drafts that follow a version, undoing."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from linli.desk.importing import batch_context
from linli.exchange import services as exchange
from linli.exchange.errors import CellProblem
from linli.exchange.kinds import Answer, Run
from linli.exchange.models import ImportBatch
from linli.exchange.undoing import Obstacles
from linli.people.importers import importer_for
from linli.standards import cells, importing, node_services, selectors, services
from linli.standards.models import Node, Standard, Version
from linli.work.seed import seed_catalogue
from tests.people.conftest import District

HEAD = [
    "序号",
    "测评项目",
    "测评内容",
    "测评标准",
    "分值",
    "测评方式",
    "计分规则",
    "点位类型",
    "佐证材料",
    "牵头单位",
    "配合单位",
]
ROWS: list[list[Any]] = [
    [
        1,
        "一、街巷环境",
        "路面",
        "路面平整，无坑洼积水",
        2,
        "实地考察",
        "比例",
        "背街小巷、主次干道",
        "",
        "bureau",
        "office_b、other",
    ],
    [2, None, None, "无乱堆乱放", 3, "实地考察", "每处扣0.5分，扣完为止", "背街小巷", "", "bureau", ""],
    [
        3,
        None,
        "路灯",
        "路灯完好",
        1.5,
        "实地暗访",
        "达标/不达标",
        "主次干道",
        "照片3张，近90天，说明不超过50字",
        "bureau",
        "",
    ],
    [
        4,
        "二、政务服务",
        None,
        "办事制度健全",
        2,
        "材料审核",
        "分档：A 100%、B 50%、C 0%",
        "",
        "制度文件1份、说明报告1份",
        "office_b",
        "",
    ],
    [5, None, None, "群众满意", 1, "问卷调查", "比例", "", "入户问卷结果", "", ""],
]


def sheet(rows: list[list[Any]] = ROWS, *, merged: bool = True, head: list[str] = HEAD) -> bytes:
    """A book as offices keep it: a title over all columns, items and contents merged downwards."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["某区创建指标任务分解表"])
    page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(head))
    page.append(head)
    for row in rows:
        page.append(row)
    if merged:
        page.merge_cells("B3:B5")
        page.merge_cells("C3:C4")
        page.merge_cells("B6:B7")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.fixture
def importer(district: District) -> Any:
    actor = district.actor("office_director", place="district")
    return importer_for(actor, district.places["district"].pk)


def received(importer: Any, data: bytes, name: str = "某区测评体系.xlsx") -> ImportBatch:
    return exchange.receive(importer, "standard", data, name)


def carried_out(importer: Any, data: bytes, name: str = "某区测评体系.xlsx") -> ImportBatch:
    batch = received(importer, data, name)
    plan = exchange.check(batch, importer)
    assert not [row.problems for row in plan.rows if row.problems]
    assert not [
        doubt.question.sentence
        for doubt in plan.run.doubts.values()
        if doubt.answer is None and doubt.question.topic != "blank_cells"
    ]
    settle_blanks(batch, importer)
    exchange.begin(batch)
    exchange.run(batch, importer)
    return batch


def settle_blanks(batch: ImportBatch, importer: Any, choice: str = "blank") -> None:
    wanted = {
        entry["key"]: Answer("use", choice)
        for entry in batch.report["doubts"]
        if entry["topic"] == "blank_cells" and not entry["answer"]
    }
    if wanted:
        exchange.answer(batch, importer, wanted)
        exchange.check(batch, importer)


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


def test_the_table_of_the_next_year_follows_the_version_before(importer: Any) -> None:
    carried_out(importer, sheet())
    first = Version.objects.get()
    rejected = exchange.check(received(importer, sheet(), "某区测评体系.xlsx"), importer)
    assert {problem.message for row in rejected.rows for problem in row.problems} == {
        "“某区测评体系”已有一份草稿，先发布或删除它再导入。"
    }
    services.publish(importer.actor, first.pk)
    changed = [list(row) for row in ROWS]
    changed[1][4] = 4
    changed[2][3] = "路灯全部完好"
    changed[3][3], changed[3][1] = "办事制度健全并且上墙", "二、政务与公共服务"
    batch = received(importer, sheet(changed), "2027年某区测评体系.xlsx")
    exchange.check(batch, importer)
    (edition,) = unsettled(batch, "standard_edition")
    assert edition["suggestion"] == str(first.standard_id), "the name without its year is known"
    settle(batch, importer, {"blank_cells": "blank", "standard_edition": str(first.standard_id)})
    asked = unsettled(batch, "standard_same")
    assert [(entry["context"], entry["text"]) for entry in asked] == [
        ("路灯完好", "路灯全部完好"), ("办事制度健全", "办事制度健全并且上墙"),
    ]  # fmt: skip
    settle(batch, importer, {"standard_same": "same"})
    assert not batch.report["vanished"]
    exchange.begin(batch)
    exchange.run(batch, importer)
    second = Version.objects.get(number=2)
    found = selectors.comparison(first, second).found
    assert not found.added and not found.removed
    assert [(change.after.value("title"), [field.name for field in change.fields]) for change in found.changed] == [
        ("无乱堆乱放", ["weight"]), ("路灯全部完好", ["title"]), ("二、政务与公共服务", ["title"]),
        ("办事制度健全并且上墙", ["title"]),
    ]  # fmt: skip
    assert second.based_on == first and second.standard_id == first.standard_id


def test_what_is_said_to_be_another_criterion_is_new_and_the_old_one_goes(importer: Any) -> None:
    carried_out(importer, sheet())
    services.publish(importer.actor, Version.objects.get().pk)
    changed = [list(row) for row in ROWS]
    changed[2][3] = "路灯全部完好"
    batch = received(importer, sheet(changed))
    exchange.check(batch, importer)
    settle(batch, importer, {"blank_cells": "blank"})
    settle(batch, importer, {"standard_same": "another"})
    assert [label for label, _area in batch.report["vanished"]] == ["路灯完好"]
    shown = batch_context(batch)
    assert (shown["area_name"], shown["edition"], len(shown["vanished"])) == ("测评项目", True, 1)
    exchange.begin(batch)
    exchange.run(batch, importer)
    first, second = Version.objects.order_by("number")
    found = selectors.comparison(first, second).found
    assert [row.title for row in found.added] == ["路灯全部完好"] and [row.title for row in found.removed] == [
        "路灯完好"
    ]


def test_what_a_table_says_nothing_of_stays_as_it_was(importer: Any) -> None:
    head, rows = [*HEAD, "编号", "检查说明"], [[*row, f"1.{row[0]}", "走一遍"] for row in ROWS]
    carried_out(importer, sheet(rows, head=head))
    services.publish(importer.actor, Version.objects.get().pk)
    shorter: list[list[Any]] = [["测评项目", "测评内容", "测评标准", "分值"]]
    shorter += [
        ["一、街巷环境（5分）", "路面", "路面平整，无坑洼积水", 2.5],
        ["一、街巷环境（5分）", "路面", "新添的一条", 1], ["二、政务服务", None, "办事制度健全", None],
    ]  # fmt: skip
    batch = received(importer, plain_sheet(shorter))
    exchange.check(batch, importer)
    settle(batch, importer, {"blank_cells": "blank"})
    assert {
        "表里没有写的沿用上一版：编号、检查说明、分值、测评方式、计分规则、佐证要求、点位类型、牵头单位、配合单位。",
        "“一、街巷环境”写 5 分，下面合计 3.5 分。", "有的行没写计分规则，按“比例”计。",
    } <= set(batch.report["notices"])  # fmt: skip
    exchange.begin(batch)
    exchange.run(batch, importer)
    first, second = Version.objects.order_by("number")
    found = selectors.comparison(first, second).found
    assert [(change.after.title, [field.name for field in change.fields]) for change in found.changed] == [
        ("路面平整，无坑洼积水", ["weight"])
    ]
    assert [row.title for row in found.added] == ["新添的一条"]
    new = {node.title: node for node in selectors.nodes_of(second)}
    assert (str(new["办事制度健全"].weight), new["办事制度健全"].code) == ("2.000", "1.4")
    assert set(selectors.unit_ids(new["路面平整，无坑洼积水"])) == {"lead", "supporting"}


def unsettled(batch: ImportBatch, topic: str) -> list[dict[str, Any]]:
    return [entry for entry in batch.report["doubts"] if entry["topic"] == topic and not entry["answer"]]


def settle(batch: ImportBatch, importer: Any, answers: dict[str, str]) -> None:
    """Answer every open doubt of these topics alike, and check again."""
    wanted = {
        entry["key"]: Answer("use", value) for topic, value in answers.items() for entry in unsettled(batch, topic)
    }
    exchange.answer(batch, importer, wanted)
    exchange.check(batch, importer)


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


def test_points_of_a_content_are_shared_evenly(importer: Any) -> None:
    head = ["测评项目", "测评内容", "内容分值", "测评标准", "点位"]
    rows: list[list[Any]] = [["环境", "路面", 10, f"第{n}条", "背街小巷"] for n in (1, 2, 3)]
    carried_out(importer, sheet(rows, merged=False, head=head))
    weights = [node.weight for node in selectors.criteria(Version.objects.get().pk)]
    assert weights == [Decimal("3.333"), Decimal("3.333"), Decimal("3.334")]


def plain_sheet(rows: list[list[Any]], merges: tuple[str, ...] = ()) -> bytes:
    """A book with these rows and these merged cells, and nothing else."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    for area in merges:
        page.merge_cells(area)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_items_and_contents_that_stand_as_headings_between_the_rows(importer: Any) -> None:
    rows: list[list[Any]] = [
        ["序号", "测评标准", "分值", "计分规则", "点位", "责任单位"],
        ["一、市容环境（6分）"],
        ["（一）路面（4分）"],
        [1, "路面平整", "2分", "比例", "背街小巷", "bureau"],
        [2, "无坑洼", "（满分 2 分）", "每处扣0.5分", "背街小巷", None],
        ["（二）路灯（2分）"],
        [3, "路灯完好", None, "达标", "主次干道", "office_b"],
        ["二", "政务服务", 3],
        [4, "制度健全", "3%", "达标", None, "office_b"],
    ]
    batch = carried_out(importer, plain_sheet(rows, ("A2:F2", "F4:F5")))
    nodes = selectors.nodes_of(Version.objects.get())
    assert [(node.level, node.title, str(node.weight.normalize())) for node in nodes] == [
        ("item", "一、市容环境", "0"), ("content", "（一）路面", "0"), ("criterion", "路面平整", "2"),
        ("criterion", "无坑洼", "2"), ("content", "（二）路灯", "0"), ("criterion", "路灯完好", "2"),
        ("item", "二、政务服务", "0"), ("criterion", "制度健全", "3"),
    ]  # fmt: skip
    units = {node.title: selectors.unit_ids(node) for node in nodes if node.level == "criterion"}
    assert units["无坑洼"] == units["路面平整"] != {}, "a merged cell of units holds for each row"
    targets = {entry["heading"]: entry["field"] for entry in batch.report["columns"]}
    assert (targets["〔上级标题〕"], targets["〔分段标题〕"]) == ("item", "content")


def test_points_in_a_merged_cell_are_those_of_its_rows_together(importer: Any) -> None:
    rows: list[list[Any]] = [
        ["测评项目", "测评标准", "分值", "点位"],
        ["环境", "路面平整", 5, "背街小巷"],
        [None, "无坑洼", None, "背街小巷"],
        [None, "无积水", None, "背街小巷"],
        [None, "路灯完好", 2, "背街小巷"],
    ]
    carried_out(importer, plain_sheet(rows, ("A2:A5", "C2:C4")))
    weights = {node.title: str(node.weight) for node in selectors.criteria(Version.objects.get().pk)}
    assert weights == {"路面平整": "1.666", "无坑洼": "1.666", "无积水": "1.668", "路灯完好": "2.000"}


@pytest.mark.parametrize(
    ("meaning", "weights"),
    [("shares", ["40", "35", "23.75", "1.25"]), ("points", ["0.4", "0.35"])],
)
def test_a_column_of_percentages_is_asked_about(importer: Any, meaning: str, weights: list[str]) -> None:
    rows: list[list[Any]] = [["测评项目", "测评标准", "分值", "点位"]]
    rows += [["环境", f"第{n}条", share, "背街小巷"] for n, share in enumerate((0.4, 0.35, 0.2375, 0.0125))]
    batch = received(importer, plain_sheet(rows))
    exchange.check(batch, importer)
    assert unsettled(batch, "standard_weights")[0]["count"] == 4 and not batch.report["counts"]["rejected"]
    settle(batch, importer, {"standard_weights": meaning})
    exchange.begin(batch)
    exchange.run(batch, importer)
    found = [node.weight for node in selectors.criteria(Version.objects.get().pk)]
    assert found == [Decimal(weight) for weight in weights], "four decimals are no points"


@pytest.mark.parametrize(
    ("cell", "points"),
    [(2, "2"), ("2分", "2"), ("（满分 2.5 分）", "2.5"), ("-0.5", "0.5"), ("扣０．５分", "0.5"), ("5%", "5"),
     ("5％", "5"), ("2分/处", None), ("两分", None), ("2-3分", None), ("A类2分", None), ("1001", None)],
)  # fmt: skip
def test_points_as_offices_write_them(cell: Any, points: str | None) -> None:
    if points is None:
        with pytest.raises(CellProblem):
            importing._points(cell, Run())
    else:
        assert importing._points(cell, Run()) == Decimal(points)


def test_columns_that_were_set_right_are_set_right_in_a_file_with_a_column_more(importer: Any) -> None:
    head = ["板块", "细目", "看什么", "多少", "去哪里看"]
    columns = dict(zip(head, ("item", "content", "title", "weight", "site_kinds"), strict=True))
    row = ["环境", "路面", "路面平整", 2, "背街小巷"]
    batch = received(importer, plain_sheet([head, row]))
    exchange.check(batch, importer)
    assert batch.report["missing"] == ["item", "title"], "nobody could know"
    exchange.set_columns(batch, columns, {}, {})
    exchange.check(batch, importer)
    exchange.begin(batch)
    exchange.run(batch, importer)
    services.publish(importer.actor, Version.objects.get().pk)
    again = received(importer, plain_sheet([head, row]))
    assert {name: target for name, target in again.mapping["columns"].items() if target} == columns
    exchange.check(again, importer)
    assert any("沿用上次" in text for text in again.report["notices"])
    more = received(importer, plain_sheet([[*head, "另注"], [*row, "略"]]))
    exchange.check(more, importer)
    assert {entry["heading"]: entry["field"] for entry in more.report["columns"]} == {**columns, "另注": ""}
    assert any("相近" in text for text in more.report["notices"]) and not more.report["missing"]
    exchange.set_columns(more, {**columns, "另注": "guidance"}, {}, {})
    exchange.check(more, importer)
    assert not any("相近" in text for text in more.report["notices"])
    other = received(importer, plain_sheet([["甲", "乙", "丙"], ["一", "二", "三"]]))
    assert other.mapping["columns"] == {}


@pytest.mark.parametrize(
    ("text", "kind", "points"),
    [
        ("按比例计分", "proportion", None),
        ("发现一处扣 0.2 分", "deduction", "0.2"),
        ("扣减", "deduction", "1"),
        ("不合格不得分", "pass_fail", None),
        ("分档 A:1 B:0.6 C:0", "graded", None),
        ("分档", "graded", None),
        ("deduction", "deduction", "1"),
    ],
)
def test_words_for_rules(text: str, kind: str, points: str | None) -> None:
    found = cells.rule(text)
    assert found is not None and (found["kind"], found.get("points")) == (kind, points)


def test_what_is_no_rule_is_not_guessed() -> None:
    assert cells.rule("看情况") is None
    assert cells.method("实地考察、材料审核") == ""
    assert cells.site_kind("月球") == ""
    assert cells.evidence("另行通知为准") and not cells.evidence("见附件")


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
