"""What a clerk takes back: answers before the import, what was learnt with an undone batch, what held for one file."""

from __future__ import annotations

import io
import time
import zipfile

import pytest

from linli.exchange import services
from linli.exchange.column_maps import ImportMap
from linli.exchange.kinds import Answer, Run
from linli.exchange.models import ImportBatch, RememberedAnswer
from linli.exchange.reading import read_book
from linli.exchange.reading.book import Merge, Sheet
from linli.exchange.refused import refused_in
from linli.exchange.services import Importer
from linli.exchange.tables import find_header
from linli.people.access import Actor, Grant
from linli.people.importers import importer_for, operator
from linli.people.models import Organisation
from linli.people.organisation_planner import Units
from linli.people.services import create_organisation
from linli.places.models import Place, PlaceName
from linli.places.services import create_place
from tests.exchange.conftest import SmallDistrict, answered, brought_in, workbook

ODD = [["社区", "网格名称"], ["西湖", "甲网格"]]


def _checked(importer: Importer, kind: str, data: bytes, mapping: ImportMap | None = None) -> ImportBatch:
    batch = services.receive(importer, kind, data, "a.xlsx", mapping)
    services.check(batch, importer)
    return batch


def test_an_answer_can_be_changed_until_the_file_is_imported(importer: Importer, small: SmallDistrict) -> None:
    rows = [["社区", "网格名称"], ["湖社区", "甲网格"]]
    batch = _checked(importer, "grids", workbook(rows))
    (doubt,) = batch.report["doubts"]
    for place in (small.west, small.east):
        services.answer(batch, importer, {doubt["key"]: Answer("use", str(place.pk))})
        services.check(batch, importer)
        assert not PlaceName.objects.filter(name="湖社区").exists() and not RememberedAnswer.objects.exists()
    services.begin(batch)
    services.run(batch, importer)
    assert Place.objects.get(name="甲网格").parent_id == small.east.pk
    assert list(PlaceName.objects.filter(name="湖社区").values_list("place_id", flat=True)) == [small.east.pk]


def test_what_an_undone_batch_taught_is_forgotten_and_asked_again(importer: Importer, small: SmallDistrict) -> None:
    batch = brought_in(importer, "grids", workbook(ODD))
    assert PlaceName.objects.filter(place=small.west, name="西湖").exists()
    services.undo(batch, importer)
    assert not PlaceName.objects.filter(name="西湖").exists() and not RememberedAnswer.objects.exists()
    again = _checked(importer, "grids", workbook(ODD))
    assert [doubt["text"] for doubt in again.report["doubts"] if doubt["answer"] is None] == ["西湖"]


def test_a_name_that_was_known_before_stays_when_a_batch_is_undone(importer: Importer, small: SmallDistrict) -> None:
    first = brought_in(importer, "grids", workbook(ODD))
    second = brought_in(importer, "grids", workbook([["社区", "网格名称"], ["西湖", "乙网格"]]))
    services.undo(second, importer)
    assert PlaceName.objects.filter(place=small.west, name="西湖").exists()
    services.undo(first, importer)
    assert not PlaceName.objects.filter(name="西湖").exists()


def test_what_held_for_the_rows_of_one_file_is_not_taken_for_the_next(importer: Importer) -> None:
    rows = [["姓名", "手机"], ["张三", "13800000001"]]
    said = ImportMap(
        "staff", constants={"community": "西湖社区", "role": "网格员"}, options={"take_suggestions": "yes"}
    )
    brought_in(importer, "staff", workbook(rows), mapping=said)
    other = _checked(importer, "staff", workbook([["姓名", "手机"], ["李四", "13800000002"]]))
    assert other.mapping["constants"] == {} and "take_suggestions" not in other.mapping["options"]
    assert other.report["counts"]["new"] == 0, "the roster of another community has the same headings"


def test_the_year_that_stands_above_the_table_is_suggested(importer: Importer) -> None:
    batch = _checked(importer, "staff", workbook([
        ["西湖社区网格员花名册（2024年）", None, None, None], ["社区", "姓名", "岗位", "上岗时间"],
        ["西湖社区", "张三", "网格员", "3月5日"],
    ]))  # fmt: skip
    assert [doubt["suggestion"] for doubt in batch.report["doubts"]] == ["2024"]


def test_blank_cells_are_asked_about_in_every_file(importer: Importer) -> None:
    rows = [["社区", "网格名称"], ["西湖社区", "甲网格"], [None, "乙网格"]]
    brought_in(importer, "grids", workbook(rows), blank_cells="fill")
    again = _checked(importer, "grids", workbook([*rows, [None, "丙网格"]]))
    assert [doubt["topic"] for doubt in again.report["doubts"] if doubt["answer"] is None] == ["blank_cells"]


def test_what_would_come_back_can_be_had_before_anything_is_written(importer: Importer) -> None:
    batch = services.receive(importer, "grids", workbook([*ODD, ["东湖社区", "乙网格"], ["南海", "丙网格"]]), "a.xlsx")
    plan = services.check(batch, importer)
    told = {row.line: row.problems[0][1] for row in refused_in(plan)}
    assert "待确认" in told[2] and "南海" in told[4] and 3 not in told


def test_personal_samples_are_not_kept_in_clear(importer: Importer) -> None:
    batch = _checked(importer, "staff", workbook([
        ["姓名", "手机", "社区", "岗位", "甲", "乙"],
        ["张三", "13800000001", "西湖社区", "网格员", "139-0000-0001", "37021519900101123X"],
    ]))  # fmt: skip
    kept = str(batch.report["columns"])
    assert "西湖社区" in kept
    assert not [number for number in ("13800000001", "139-0000-0001", "19900101") if number in kept]


def test_units_of_another_district_are_neither_found_nor_changed(importer: Importer, small: SmallDistrict) -> None:
    far = create_place(actor_label="t", kind="district", name="远区", code="990099")
    actor = Actor(channel="system", grants=(Grant(frozenset({"people.edit"}), role="t", everything=True),))
    theirs = create_organisation(actor, name="远区城管局", kind="department", place_id=far.pk)
    create_organisation(actor, name="全国中心", kind="department")
    names = {unit.name for unit in Units(Run(under=small.district.pk)).all}
    assert "全国中心" in names and "远区城管局" not in names
    assert "远区城管局" in {unit.name for unit in Units(Run()).all}
    batch = brought_in(
        importer, "organisations", workbook([["单位名称", "简称", "单位类别"], ["远区城管局", "我们的", "局"]])
    )
    assert batch.report["counts"]["changed"] == 0
    assert Organisation.objects.get(pk=theirs.pk).short_name == ""
    assert importer_for(operator(), far.pk).under_path == str(far.path)


def test_nothing_is_hung_below_the_places_of_another_district(importer: Importer) -> None:
    far = create_place(actor_label="t", kind="district", name="远区", code="990099", code_scheme="gb2260")
    street = create_place(actor_label="t", kind="street", name="远街道", parent_id=far.pk, code="990099001",
                          code_scheme="gb10114")  # fmt: skip
    rows = [
        ["名称", "类别", "编码", "上级代码"],
        ["甲社区", "社区", "", street.code],
        ["乙社区", "社区", "990099001002", ""],
    ]
    batch = brought_in(importer, "places", workbook(rows))
    assert batch.report["counts"]["rejected"] == 2 and "范围之外" in str(batch.report["rejects"])
    assert not Place.objects.filter(parent=street).exists()


def test_merged_areas_laid_over_each_other_do_not_fill_the_memory() -> None:
    rows = [["社区", "网格名称"], *([f"{line}", "甲"] for line in range(600))]
    sheet = Sheet("", rows, [Merge(0, 0, 599, 299)] * 20_000)
    began = time.process_time()
    find_header(sheet, lambda key: key in ("社区", "网格名称"))
    assert time.process_time() - began < 10


def test_a_comment_of_opening_brackets_is_read_once() -> None:
    """Looked through from every bracket to the end it would hold the server for hours."""
    buffer = io.BytesIO(workbook([["社区", "网格名称"], ["西湖社区", "甲网格"]]))
    evil = io.BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(evil, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = data.replace(b"</worksheet>", b"<!-- " + b"<c <row <mergeCell " * 100_000 + b" --></worksheet>")
            new.writestr(name, data)
    began = time.process_time()
    book = read_book(evil.getvalue(), "a.xlsx")
    assert [list(row) for row in book.sheets[0].rows] == [["社区", "网格名称"], ["西湖社区", "甲网格"]]
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "words", ["Rank,社区,网格名称\n1,西湖社区,甲网格\n", "GIS编号,社区,网格名称\n1,西湖社区,甲网格\n"]
)
def test_a_table_whose_first_letters_are_those_of_a_picture_is_read(words: str) -> None:
    assert read_book(words.encode(), "a.csv").sheets[0].rows[1][2] == "甲网格"


def test_answers_are_given_until_none_is_left(importer: Importer) -> None:
    """The control of the helper: an unanswered doubt stays one."""
    batch = services.receive(importer, "grids", workbook([["社区", "网格名称"], ["湖社区", "甲网格"]]), "a.xlsx")
    answered(batch, importer)
    assert batch.report["counts"]["doubtful"] == 1
