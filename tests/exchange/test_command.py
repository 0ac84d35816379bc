"""`linli import` and `linli import-undo`: what the operator reads, and what is there afterwards."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from rich.console import Console

from linli.config.imports import ALL_GOOD, SOME_REFUSED, UNREADABLE, Wanted, import_kind, undo_batch
from linli.exchange import services
from linli.exchange.models import ImportBatch
from linli.people.models import Appointment
from tests.exchange.conftest import SmallDistrict, workbook
from tests.exchange.test_batches import ROSTER


def _run(wanted: Wanted) -> tuple[int, str]:
    text = io.StringIO()
    return import_kind(wanted, Console(file=text, width=200)), text.getvalue()


def test_a_file_comes_in_its_refused_rows_come_back_and_it_is_taken_back(small: SmallDistrict, tmp_path: Path) -> None:
    file = tmp_path / "花名册.xlsx"
    file.write_bytes(workbook(ROSTER))
    before = Appointment.objects.count()
    code, said = _run(Wanted("staff", file, dry_run=True))
    assert code == SOME_REFUSED and "电话号码" in said and Appointment.objects.count() == before
    code, said = _run(Wanted("staff", file))
    batch = ImportBatch.objects.get(state="done")
    assert code == SOME_REFUSED and f"linli import-undo {batch.pk}" in said
    assert Appointment.objects.count() == before + 4
    came_back = openpyxl.load_workbook(tmp_path / "花名册-退回.xlsx").worksheets[0]
    assert came_back.max_row == len(ROSTER) and came_back.cell(5, 5).comment is not None
    assert _run(Wanted("staff", file))[0] == SOME_REFUSED and Appointment.objects.count() == before + 4
    text = io.StringIO()
    assert undo_batch(batch.pk, Console(file=text)) == ALL_GOOD and Appointment.objects.count() == before
    assert undo_batch(batch.pk, Console(file=text)) == SOME_REFUSED and "✗" in text.getvalue()
    assert undo_batch(batch.pk + 99, Console(file=text)) == UNREADABLE


def test_what_cannot_be_read_is_said_in_one_sentence(small: SmallDistrict, tmp_path: Path) -> None:
    file, plan = tmp_path / "花名册.xlsx", tmp_path / "map.toml"
    file.write_bytes(workbook(ROSTER))
    plan.write_bytes('kind = "staff" # 花名册'.encode("gbk"))
    assert _run(Wanted("staff", file, map_file=plan)) == (
        UNREADABLE,
        "✗ 映射文件须存为 UTF-8 / save the map as UTF-8: map.toml\n",
    )
    assert _run(Wanted("rosters", file))[0] == UNREADABLE
    code, said = _run(Wanted("staff", file, district="999999"))
    assert code == UNREADABLE and "没有编码为 999999 的地点" in said
    file.write_bytes(b"")
    assert _run(Wanted("staff", file))[0] == UNREADABLE and not ImportBatch.objects.filter(state="done").exists()


def test_a_file_without_a_needed_column_leaves_nothing_running(small: SmallDistrict, tmp_path: Path) -> None:
    file = tmp_path / "表.xlsx"
    file.write_bytes(workbook([["社区", "备注"], ["西湖社区", "无名"]]))
    code, said = _run(Wanted("staff", file))
    assert code == UNREADABLE and "还缺必填的列：姓名" in said
    assert list(ImportBatch.objects.values_list("state", flat=True)) == ["dropped"]


def test_a_file_that_another_process_imports_is_told_in_a_sentence(
    small: SmallDistrict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*words: object) -> None:
        raise services.AnotherRuns

    file = tmp_path / "花名册.xlsx"
    file.write_bytes(workbook(ROSTER))
    monkeypatch.setattr(services, "carry_out", busy)
    code, said = _run(Wanted("staff", file))
    assert code == UNREADABLE and "另一个进程正在导入" in said
