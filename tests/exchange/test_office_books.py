"""What offices send in: good rows land, bad ones do not, and what was not read is said."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from linli.exchange import services
from linli.exchange.column_maps import ImportMap
from linli.exchange.services import Importer
from linli.people import personal
from linli.people.models import Appointment, Organisation, Person
from linli.places.models import Place
from linli.places.services import create_place
from linli.work.models import Category, DeadlineRule, Item
from tests.exchange.conftest import SmallDistrict, brought_in, stored, workbook
from tests.exchange.office_books import BOOKS, OfficeBook


@pytest.fixture
def ground(importer: Importer, small: SmallDistrict) -> Importer:
    """The small district with two compounds in two grids of its west, and the categories of the catalogue."""
    for name, grid in (("清泉园", small.grids[0]), ("碧水园", small.grids[1])):
        create_place(actor_label="t", kind="site", name=name, parent_id=grid.pk, site_kind="compound")
    create_place(actor_label="t", kind="community", name="小西湖社区", parent_id=small.street.pk)
    return importer


def _book(name: str) -> OfficeBook:
    return next(book for book in BOOKS if book.name == name)


def _bring(importer: Importer, book: OfficeBook) -> dict[str, object]:
    mapping = ImportMap(book.kind, options=dict(book.options)) if book.options else None
    report: dict[str, object] = brought_in(importer, book.kind, book.make(), book.name, mapping, **book.answers).report
    return report


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_what_offices_send_lands_or_is_told(book: OfficeBook, ground: Importer) -> None:
    if book.kind == "requests":
        _bring(ground, _book("派遣目录.xlsx"))
    report = _bring(ground, book)
    landed = [name for name in book.good if stored(book.kind, name)]
    wrong = [name for name in book.bad if stored(book.kind, name)]
    said = str([report[part] for part in ("rejects", "notices", "doubts")])
    assert wrong == [] and landed == list(book.good), said
    assert not [text for text in book.told if text not in said], said
    again = services.receive(
        ground, book.kind, book.make(), book.name, ImportMap(book.kind, options=dict(book.options))
    )
    services.check(again, ground)
    counts = again.report["counts"]
    assert (counts["new"], counts["changed"]) == (0, 0) or counts["doubtful"], counts


def test_what_the_offices_files_bring_is_right(ground: Importer, small: SmallDistrict) -> None:
    for name in (
        "物业企业.xlsx",
        "通讯录.xlsx",
        "系统导出.csv",
        "网格编号.xlsx",
        "派遣目录.xlsx",
        "工单.xlsx",
        "楼栋登记表.xls",
    ):
        _bring(ground, _book(name))
    west1, west2 = (grid for grid in small.grids[:2])
    at = dict(Appointment.objects.filter(role="grid_worker").values_list("person__display_name", "place_id"))
    assert (at["钱一"], at["钱二"], at["钱三"]) == (west1.pk, west1.pk, west2.pk)
    assert at["孙三"] == Place.objects.get(name="东湖社区第2网格").pk
    begun = Appointment.objects.filter(person__display_name__in=("孙一", "孙二", "孙三")).values_list(
        "valid_from", flat=True
    )
    assert set(begun) == {date(2024, 9, 4)}
    assert Organisation.objects.get(name="甲 物业公司").place_id == small.west.pk
    assert Organisation.objects.get(name="乙物业公司").place_id == Place.objects.get(name="清泉园").pk
    assert Place.objects.get(pk=west1.pk).household_count == 321 and Place.objects.get(pk=west1.pk).name == west1.name
    assert Place.objects.get(name="望江1号楼").parent_id == small.west.pk
    assert Place.objects.get(name="望江1号楼").code == "0001"
    above = Category.objects.get(name="市容环境卫生", valid_to=None)
    assert set(Category.objects.filter(parent=above, valid_to=None).values_list("code", flat=True)) == {
        "0901",
        "0902",
        "0903",
    }
    limits = DeadlineRule.objects.filter(category__parent=above, active=True)
    assert set(limits.values_list("category__code", "unit", "value")) == {
        ("0901", "natural_hour", 24), ("0902", "natural_day", 15), ("0903", "working_day", 5),
    }  # fmt: skip
    items = {item.source_number[-1]: item for item in Item.objects.filter(source_system="12345热线")}
    assert (items["1"].place_id, items["2"].place_id, items["5"].place_id) == (
        small.west.pk,
        small.street.pk,
        small.east.pk,
    )
    assert items["5"].received_at == datetime(2024, 9, 4, 12, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_an_address_means_the_longest_name_in_it(ground: Importer, small: SmallDistrict) -> None:
    _bring(ground, _book("店铺地址.xlsx"))
    at = dict(Place.objects.filter(name__startswith="申").values_list("name", "parent__name"))
    assert at == {"申一店": "小西湖社区", "申二店": "西湖社区"}


def test_running_numbers_rename_no_places_of_another_community(ground: Importer, small: SmallDistrict) -> None:
    rows = [
        ["编号", "小区名称", "类别", "社区"],
        ["1", "望海苑", "小区", "西湖社区"],
        ["2", "望山苑", "小区", "西湖社区"],
    ]
    brought_in(ground, "sites", workbook(rows))
    other = [rows[0], ["1", "听涛苑", "小区", "东湖社区"], ["2", "听雨苑", "小区", "东湖社区"]]
    batch = brought_in(ground, "sites", workbook(other))
    assert [doubt["topic"] for doubt in batch.report["doubts"]] == ["running_numbers"]
    assert set(Place.objects.filter(site_kind="compound", code__in=("1", "2")).values_list("name", flat=True)) == {
        "望海苑", "望山苑",
    }  # fmt: skip
    assert Place.objects.filter(name__in=("听涛苑", "听雨苑"), parent=small.east, code="").count() == 2


def test_codes_of_an_offices_own_do_not_rename_the_catalogue(ground: Importer) -> None:
    heads = ["代码", "名称", "处置时限"]
    brought_in(ground, "categories", workbook([heads, ["0971", "公交线路", "5天"]]))
    batch = brought_in(ground, "categories", workbook([heads, ["0971", "暴露垃圾", "1天"], ["0972", "路灯", "1天"]]))
    assert batch.report["counts"]["doubtful"] == 1 and "是“公交线路”，表里是“暴露垃圾”" in str(batch.report["doubts"])
    assert Category.objects.get(code="0971", valid_to=None).name == "公交线路"
    agreed = brought_in(ground, "categories", workbook([heads, ["0971", "公交线路和班次", "5天"]]))
    assert agreed.report["doubts"] == [] and agreed.report["counts"]["changed"] == 1


def test_of_two_people_in_a_line_each_keeps_the_own_telephone(ground: Importer) -> None:
    _bring(ground, _book("两人一行.xlsx"))
    for name, phone in (("酉乙", "13800001102"), ("酉丁", "13800001104")):
        assert personal.opened(Person.objects.get(display_name=name), "phone") == phone
    said = ImportMap("staff", {"网格长/姓名": "name", "网格员/姓名": ""})
    batch = services.receive(ground, "staff", _book("两人一行.xlsx").make(), "a.xlsx", said)
    taken = {column["heading"]: column["field"] for column in batch.report["columns"]}
    assert (taken["网格长/电话"], taken["网格员/电话"], taken["社区数"]) == ("phone", "", "")


def test_what_stands_below_an_unread_name_is_not_written_to_the_community(
    ground: Importer, small: SmallDistrict
) -> None:
    _bring(ground, _book("小区.xlsx"))
    assert Place.objects.get(name="亥家园").site_kind == "compound"
    rows = [["居住区", "所属社区", "户数"], ["甲苑", "西湖社区", 10], ["乙苑", "西湖社区", 20]]
    batch = brought_in(ground, "places", workbook(rows))
    assert "“居住区”没有读取" in str(batch.report["doubts"]) and batch.report["counts"]["doubtful"] == 2
    assert Place.objects.get(pk=small.west.pk).household_count is None
