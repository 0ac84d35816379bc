"""The office's own table for tests: a sheet as offices make it, and the steps from the file to the draft."""

from __future__ import annotations

import io
from typing import Any

import openpyxl

from linli.exchange import services as exchange
from linli.exchange.kinds import Answer
from linli.exchange.models import ImportBatch

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


def unsettled(batch: ImportBatch, topic: str) -> list[dict[str, Any]]:
    return [entry for entry in batch.report["doubts"] if entry["topic"] == topic and not entry["answer"]]


def settle(batch: ImportBatch, importer: Any, answers: dict[str, str]) -> None:
    """Answer every open doubt of these topics alike, and check again."""
    wanted = {
        entry["key"]: Answer("use", value) for topic, value in answers.items() for entry in unsettled(batch, topic)
    }
    exchange.answer(batch, importer, wanted)
    exchange.check(batch, importer)
