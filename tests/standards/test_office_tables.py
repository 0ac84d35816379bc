"""How offices write: headings between the rows, points in many forms, words for rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from linli.exchange import services as exchange
from linli.exchange.errors import CellProblem
from linli.exchange.kinds import Run
from linli.standards import cells, importing, selectors, services
from linli.standards.models import Version
from tests.standards.office_table import (
    carried_out,
    plain_sheet,
    received,
    settle,
    sheet,
    unsettled,
)


def test_points_of_a_content_are_shared_evenly(importer: Any) -> None:
    head = ["测评项目", "测评内容", "内容分值", "测评标准", "点位"]
    rows: list[list[Any]] = [["环境", "路面", 10, f"第{n}条", "背街小巷"] for n in (1, 2, 3)]
    carried_out(importer, sheet(rows, merged=False, head=head))
    weights = [node.weight for node in selectors.criteria(Version.objects.get().pk)]
    assert weights == [Decimal("3.333"), Decimal("3.333"), Decimal("3.334")]


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
