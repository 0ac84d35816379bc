"""The table of a new edition: it follows the version before and keeps what is known of its criteria."""

from __future__ import annotations

from typing import Any

from linli.desk.importing import batch_context
from linli.exchange import services as exchange
from linli.standards import selectors, services
from linli.standards.models import Version
from tests.standards.office_table import (
    HEAD,
    ROWS,
    carried_out,
    plain_sheet,
    received,
    settle,
    sheet,
    unsettled,
)


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
