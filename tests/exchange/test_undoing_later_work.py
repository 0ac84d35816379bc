"""A batch whose records were worked on since: undoing would lose that work, so it is refused and says what."""

from __future__ import annotations

import pytest

from linli.exchange import services
from linli.exchange.services import Importer
from linli.exchange.undoing import Obstacles
from linli.people.access import Actor, Grant
from linli.people.models import Organisation, Person
from linli.people.services import change_organisation, change_staff
from linli.work import catalogue
from linli.work.models import Category, DeadlineRule
from tests.exchange.conftest import brought_in, workbook

ROSTER = [["社区", "姓名", "联系电话", "岗位"], ["西湖社区", "张三", "13800000001", "社区工作者"]]


def _actor(*permissions: str) -> Actor:
    return Actor(channel="system", grants=(Grant(frozenset(permissions), role="t", everything=True),))


def test_a_limit_that_was_changed_by_hand_since_stays_the_only_one(importer: Importer) -> None:
    rows = [["代码", "名称", "处置时限"], ["0991", "甲类", "5天"]]
    brought_in(importer, "categories", workbook(rows))
    batch = brought_in(importer, "categories", workbook([rows[0], ["0991", "甲类", "3天"]]))
    category = Category.objects.get(code="0991", valid_to=None)
    catalogue.set_deadline(
        _actor("catalogue.edit"), clock="handle", unit="natural_day", value=2, category_id=category.pk, place_id=None
    )
    with pytest.raises(Obstacles) as refused:
        services.undo(batch, importer)
    assert any("时限规则" in line and "甲类" in line for line in refused.value.lines), refused.value.lines
    active = DeadlineRule.objects.filter(category=category, clock="handle", active=True)
    assert list(active.values_list("value", flat=True)) == [2]


def test_a_phone_that_was_mended_since_is_not_lost(importer: Importer) -> None:
    batch = brought_in(importer, "staff", workbook(ROSTER))
    person = Person.objects.get(display_name="张三")
    change_staff(_actor("people.appoint"), person.pk, name="张三", phone="13800000099")
    with pytest.raises(Obstacles) as refused:
        services.undo(batch, importer)
    assert refused.value.lines == ["人员 张三 后来又改过"]
    assert Person.objects.filter(pk=person.pk).exists()


def test_a_unit_that_was_completed_since_is_not_lost(importer: Importer) -> None:
    batch = brought_in(importer, "organisations", workbook([["单位名称", "单位类别"], ["阳光物业", "物业"]]))
    unit = Organisation.objects.get(name="阳光物业")
    change_organisation(_actor("people.edit"), unit.pk, contact="88510000")
    with pytest.raises(Obstacles) as refused:
        services.undo(batch, importer)
    assert refused.value.lines == ["单位 阳光物业 后来又改过"]


def test_what_was_built_upon_it_is_named_in_words(importer: Importer) -> None:
    grids = brought_in(importer, "grids", workbook([["社区", "网格名称"], ["西湖社区", "甲网格"]]))
    brought_in(
        importer, "staff", workbook([["社区", "网格", "姓名", "岗位"], ["西湖社区", "甲网格", "张三", "网格员"]])
    )
    with pytest.raises(Obstacles) as refused:
        services.undo(grids, importer)
    assert any(line.endswith("已被用到：任职 张三") for line in refused.value.lines), refused.value.lines
