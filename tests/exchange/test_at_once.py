"""Two people with the same file at the same time: what the one brings in the other finds, and nothing is made twice."""

from __future__ import annotations

from itertools import count

import pytest

from linli.exchange import services
from linli.exchange.errors import ExchangeProblem
from linli.exchange.models import ImportBatch
from linli.exchange.services import Importer
from linli.people.models import Appointment, Person
from linli.places.models import Place
from tests.exchange.conftest import answered, brought_in, workbook

ROSTER = [
    ["社区", "网格", "姓名", "联系电话", "岗位"],
    ["西湖社区", "西湖社区第1网格", "张三", "13800000001", "网格员"],
    ["西湖社区", "西湖社区第2网格", "李四", "", "网格员"],
]
GRIDS = [["社区", "网格名称"], ["西湖社区", "甲网格"], ["东湖社区", "乙网格"]]


def _ready(importer: Importer, kind: str, rows: list[list[str]]) -> ImportBatch:
    batch = services.receive(importer, kind, workbook(rows), "名单.xlsx")
    answered(batch, importer)
    return batch


@pytest.mark.parametrize(("kind", "rows"), [("staff", ROSTER), ("grids", GRIDS)])
def test_who_planned_before_the_other_wrote_makes_nothing_twice(
    importer: Importer, kind: str, rows: list[list[str]]
) -> None:
    first, second = _ready(importer, kind, rows), _ready(importer, kind, rows)
    stale = services.plan_of(second, importer)
    assert stale.counts()["new"] == 2
    services.begin(second)
    services.begin(first)
    services.run(first, importer)
    services.run(second, importer, None, stale)
    assert second.state == "done" and second.problem == ""
    assert (second.report["counts"]["new"], second.report["counts"]["unchanged"]) == (0, 2)
    made = Person.objects.filter(display_name__in=("张三", "李四")).count() + Appointment.objects.count()
    assert made == 4 if kind == "staff" else Place.objects.filter(name__in=("甲网格", "乙网格")).count() == 2
    services.undo(second, importer)
    services.undo(first, importer)
    assert not Place.objects.filter(name="甲网格").exists() and not Person.objects.filter(display_name="张三").exists()


def test_who_is_always_overtaken_is_told_and_waits_as_before(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, numbers = _ready(importer, "grids", GRIDS), count()
    monkeypatch.setattr(services, "standing_of", lambda kind, pk: (next(numbers), -1))
    services.begin(batch)
    with pytest.raises(ExchangeProblem) as refused:
        services.run(batch, importer)
    assert "另一个同类的文件正在导入" in refused.value.message
    assert batch.state == "ready" and batch.problem == refused.value.message
    assert not Place.objects.filter(name="甲网格").exists()
    monkeypatch.undo()
    services.begin(batch)
    services.run(batch, importer)
    assert batch.state == "done" and batch.problem == "" and Place.objects.filter(name="甲网格").exists()


def test_other_kinds_do_not_hold_each_other_up(importer: Importer) -> None:
    batch = _ready(importer, "staff", ROSTER)
    plan = services.plan_of(batch, importer)
    brought_in(importer, "grids", workbook(GRIDS))
    services.begin(batch)
    assert services.run(batch, importer, None, plan) is plan


def test_a_batch_that_cannot_be_carried_out_does_not_stay_running(importer: Importer) -> None:
    batch = services.receive(importer, "staff", workbook([["社区", "备注"], ["西湖社区", "无名"]]), "a.xlsx")
    services.check(batch, importer)
    services.begin(batch)
    with pytest.raises(ExchangeProblem):
        services.run(batch, importer)
    assert batch.state == "ready"
    services.drop(batch)
