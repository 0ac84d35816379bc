"""The audit pack: order of its files, captions, papers that word processors open, an index whose links work."""

from __future__ import annotations

import io
import re
import time
import zipfile
from datetime import date, timedelta
from typing import Any
from urllib.parse import unquote

import pypdfium2
import pytest
from django.utils import timezone
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from openpyxl import load_workbook

from linli.assessment import packing, packing_index, services
from linli.assessment.models import Assessment, AuditPack
from linli.assessment.official import OfficialDocument
from linli.assessment.packing_chapters import Chapter, Piece
from linli.standards.models import Node
from linli.work import services as work
from linli.work import storage, uploads
from linli.work.models import Item
from tests.assessment.conftest import fact
from tests.support.pdfs import pdf
from tests.support.world import World
from tests.work.conftest import encoded, picture

TYPE_AREA = (156, 225)


def chapter(number: str, code: str, title: str) -> Chapter:
    return Chapter(number, Node(code=code, title=title, evidence=[]), [], "—", [], {}, [])


def test_names_sort_in_the_order_of_the_standard_and_hold_nothing_that_trips() -> None:
    files = [chapter(f"{n:03d}", f"1.{n}", f"路灯 100% 亮: 第{n}条 #夜间/白天?").file for n in (2, 9, 38, 100, 131)]
    assert files == sorted(files)
    assert files[0] == "indicators/002-1.2-路灯_100_亮_第2条_夜间_白天.docx"
    assert chapter("001", "", "长" * 400).file == f"indicators/001-{'长' * 50}.docx"
    assert chapter("001", "..", "…\x07\n").file == "indicators/001-….docx"


@pytest.mark.parametrize(
    ("limit", "late", "text"),
    [
        (None, True, "东山社区墨河公园北门　2026年11月3日　巡查记录（2/3）　（补录）"),
        (30, False, "东山社区墨河公园北门　2026年11月3日（2/3）"),
        (24, False, "东山社区墨河公园北门　11月3日（2/3）"),
        (20, True, "东山社…　11月3日（2/3）　（补录）"),
        (16, True, "11月3日（2/3）　（补录）"),
    ],
)
def test_a_caption_keeps_its_day_and_the_mark_of_a_late_entry(limit: int | None, late: bool, text: str) -> None:
    piece = Piece("巡查记录", "东山社区墨河公园北门", date(2026, 11, 3), timezone.now(), late)
    assert piece.caption(limit, "（2/3）") == text
    assert limit is None or len(text) <= limit


def test_a_paper_is_chinese_and_has_an_outline_and_nothing_wider_than_the_type_area() -> None:
    paper = OfficialDocument("1.1 路面平整\x0b", author="东山区")
    paper.heading("指标")
    paper.subheading(1, "说明")
    paper.table(["编号", "责任单位"], [["A-1", "某某" * 40], ["A-2", "\x01"]], (30, 126))
    for size in ((3000, 500), (500, 3000), (40, 30)):
        paper.picture(encoded(picture(*size)), "图 1　东山社区")
    book = Document(io.BytesIO(paper.save()))
    assert [(line.style.name, line.text) for line in book.paragraphs if line.style.name != "Normal"] == [
        ("Title", "1.1 路面平整"), ("Heading 1", "一、指标"), ("Heading 2", "（一）说明"),
    ]  # fmt: skip
    runs = [run for line in book.paragraphs for run in line.runs if run.text.strip()]
    assert all(run._r.rPr.rFonts.get(qn("w:eastAsia")) for run in runs)
    fonts = list(book.styles["Heading 1"].element.iter(qn("w:rFonts")))
    assert fonts and all(not any(name.lower().endswith("theme") for name in font.attrib) for font in fonts)
    widths = [cell.width.mm for cell in book.tables[0].rows[1].cells]
    assert sum(widths) == pytest.approx(TYPE_AREA[0], abs=0.5) and widths[1] > 4 * widths[0]
    assert [tuple(round(part.mm) for part in (shape.width, shape.height)) for shape in book.inline_shapes] == [
        (120, 20), (15, 90), (120, 90),
    ]  # fmt: skip
    footers = (book.sections[0].footer, book.sections[0].even_page_footer)
    assert ["PAGE" in footer._element.xml for footer in footers] == [True, True]
    fonts = book.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE).blob.decode()
    assert '<w:font w:name="仿宋_GB2312"><w:altName w:val="仿宋"/><w:charset w:val="86"/>' in fonts
    names = re.findall(r'<w:font w:name="([^"]+)"', fonts)
    assert len(names) == len(set(names)) and {"楷体_GB2312", "方正小标宋简体", "黑体"} <= set(names)
    known = book.core_properties
    assert (known.author, known.title, known.comments) == ("东山区", "1.1 路面平整", "")


@pytest.fixture
def archive(world: World, opened: Assessment, happened: list[Any]) -> zipfile.ZipFile:
    """A pack with two photos of one record that was uploaded, and records without any."""
    happened += [fact(1, timezone.localdate() - timedelta(days=2)), fact(2, timezone.localdate(), late=True)]
    services.link_evidence(opened.pk)
    task = Item.objects.get(title__contains="指标B1")
    files = [str(uploads.receive(io.BytesIO(encoded(picture(seed=seed))), owner="x").token) for seed in (5, 6)]
    for name, made in (("关于整治 #1 的通知", None), ("台账", time.struct_time((2026, 3, 1, 2, 3, 4, 6, 60, 0)))):
        data = io.BytesIO(pdf(2, made=made))
        files.append(str(uploads.receive(data, owner="x", documents=True, name=f"{name}.pdf").token))
    work.advance(world.actor("community"), task.pk, [("submit", {"words": "已整改", "photos": files})], key="p")
    pack = services.ask_pack(world.actor("director"), opened.pk)
    packing.make(str(pack.pk))
    pack = AuditPack.objects.select_related("assessment").get(pk=pack.pk)
    assert re.fullmatch(r"迎检资料包-年度测评-\d{8}-\d{4}\.zip", packing.download_name(pack))
    with storage.backend().open(packing.file_name(pack)) as file:
        return zipfile.ZipFile(io.BytesIO(file.read()))


def test_every_link_of_the_index_leads_to_a_file_and_every_file_is_linked(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    papers = [name for name in archive.namelist() if name.endswith(".docx")]
    assert papers == sorted(papers) == [
        "indicators/01-A1-指标A1.docx", "indicators/02-A2-指标A2.docx", "indicators/03-B1-指标B1.docx",
        "indicators/04-B2-指标B2.docx",
    ]  # fmt: skip
    assert {name for name in names if name.startswith("photos/")} == {"photos/03-B1/01.jpg", "photos/03-B1/02.jpg"}
    assert {name for name in names if name.startswith("documents/")} == {
        "documents/03-B1/01-关于整治_1_的通知.pdf", "documents/03-B1/02-台账.pdf",
    }  # fmt: skip
    assert all(entry.external_attr >> 16 == 0o644 and entry.date_time[0] > 2000 for entry in archive.infolist())
    page = archive.read("index.html").decode()
    linked = set(re.findall(r"href='([^']+)'", page))
    assert linked == names - {"index.html"}
    book = load_workbook(io.BytesIO(archive.read("index.xlsx")))
    assert book.sheetnames == ["指标", "佐证", "照片", "文件"]
    targets = {
        unquote(cell.hyperlink.target)
        for sheet in book
        for line in sheet.iter_rows()
        for cell in line
        if cell.hyperlink
    }
    assert targets == names - {"index.html", "index.xlsx"}
    assert [book[name].max_row for name in book.sheetnames] == [2 + 4, 2 + 8, 2 + 2, 2 + 2]
    rows = list(book["指标"].iter_rows(min_row=3, values_only=True))
    assert [row[5] for row in rows] == ["区环卫中心", "区综合执法局", "东山社区居委会", "区综合执法局"]
    assert [row[12] for row in rows] == [0, 0, 0, 0] and {row[6] for row in rows} == {None}
    for sheet in book:
        assert sheet.freeze_panes == "A3" and sheet.auto_filter.ref.startswith("A2:")


def test_a_photo_stands_once_in_its_paper_with_its_caption_and_records_without_one_in_a_table(
    archive: zipfile.ZipFile,
) -> None:
    book = Document(io.BytesIO(archive.read("indicators/03-B1-指标B1.docx")))
    lines = [line.text for line in book.paragraphs]
    captions = [line for line in lines if line.startswith("图 ")]
    assert [caption[:3] for caption in captions] == ["图 1", "图 2"] and len(book.inline_shapes) == 2
    assert sum("补充上传" in line for line in lines) == 2, "each caption once"
    assert "合成数据" not in "".join(lines)
    heads = ["编号", "责任单位", "状态", "提交时间", "佐证", "缺口"]
    assert [cell.text for cell in book.tables[0].rows[0].cells] == heads
    records = [[cell.text for cell in row.cells] for row in book.tables[2].rows]
    assert records[0] == ["日期", "地点", "记录", "补录"] and records[-1][3] == "补录"
    assert all("补充上传" not in row[2] for row in records), "photos and documents stand in no table of bare records"
    bare = Document(io.BytesIO(archive.read("indicators/02-A2-指标A2.docx")))
    assert any("没有佐证，也不要求佐证" in line.text for line in bare.paragraphs)


def test_a_document_is_named_in_its_paper_which_leads_to_its_file(archive: zipfile.ZipFile) -> None:
    book = Document(io.BytesIO(archive.read("indicators/03-B1-指标B1.docx")))
    rows = [[cell.text for cell in row.cells] for row in book.tables[1].rows]
    today = f"{timezone.localdate():%Y年%-m月%-d日}"
    assert rows == [
        ["序号", "名称和日期", "页数", "补录"],
        ["1", f"关于整治 #1 的通知　{today}　补充上传", "2", ""], ["2", "台账　2026年3月1日　补充上传", "2", "补录"],
    ]  # fmt: skip
    leads = [book.part.rels[link.get(qn("r:id"))].target_ref for link in book.element.iter(qn("w:hyperlink"))]
    assert [unquote(lead) for lead in leads] == [
        "../documents/03-B1/01-关于整治_1_的通知.pdf", "../documents/03-B1/02-台账.pdf",
    ]  # fmt: skip
    assert all(lead.isascii() for lead in leads)
    assert len(pypdfium2.PdfDocument(archive.read("documents/03-B1/02-台账.pdf"))) == 2
    page = archive.read("index.html").decode()
    assert "2 份文件" in page and re.search(r"class='late'>台账[^<]*（补录）", page)
    sheet = load_workbook(io.BytesIO(archive.read("index.xlsx")))["文件"]
    last = [cell.value for cell in sheet[4]]
    assert (last[3], last[5], f"{last[6]:%Y-%m-%d}", last[7]) == (2, 2, "2026-03-01", "补录")


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (None, "关于开展背街小巷整治的通知　2026年3月1日　补充上传　（补录）"),
        (26, "关于开展背街小巷整治的通知　3月1日　（补录）"), (20, "关于开展背街小巷整…　3月1日　（补录）"),
        (12, "关…　3月1日　（补录）"), (10, "3月1日　（补录）"),
    ],
)  # fmt: skip
def test_a_title_is_shortened_to_the_limit_of_captions_and_its_mark_stays(limit: int | None, text: str) -> None:
    piece = Piece("补充上传", "", date(2026, 3, 1), timezone.now(), late=True, title="关于开展背街小巷整治的通知")
    assert piece.caption(limit) == text and len(text) <= (limit or 99)


def test_of_very_many_records_the_latest_stand_in_paper_and_page_and_the_others_are_told(
    opened: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "ROWS_MAX", 2)
    monkeypatch.setattr(packing_index, "BARE_MAX", 2)
    made = chapter("01", "1.1", "指标")
    made.pieces = [Piece("巡查", f"地点{n}", date(2026, 11, n), timezone.now(), late=False) for n in range(1, 6)]
    paper = OfficialDocument("标题")
    packing._add_bare(paper, made.pieces)
    book = Document(io.BytesIO(paper.save()))
    assert [row.cells[1].text for row in book.tables[0].rows] == ["地点", "地点4", "地点5"]
    assert any("没有附照片的记录 5 条" in line.text for line in book.paragraphs)
    page = packing_index.page(packing_index.Index(opened, [made], None, timezone.localtime()))
    assert "另有 3 条较早的记录" in page and "地点5" in page and "地点3" not in page


def test_the_index_names_every_content_once_and_what_is_missing(opened: Assessment) -> None:
    made = [chapter(f"{n:02d}", f"1.{n}", f"指标<{n}>") for n in (1, 2, 3)]
    made[0].path, made[1].path, made[2].path = ["1 环境", "1.1 路面"], ["1 环境", "1.1 路面"], ["2 服务"]
    made[0].pieces = [Piece("巡查", "<地点>", date(2026, 11, 3), timezone.now(), late=True)]
    index = packing_index.Index(opened, made, 81.25, timezone.localtime())
    page = packing_index.page(index)
    assert page.count("1.1 路面") == 1 and page.count("<h2>") == 2 == page.count("</table>")
    assert "指标&lt;1&gt;" in page and "&lt;地点&gt;" in page and "<地点>" not in page
    assert "得分 81.2" in page and "3 个指标，1 条佐证（补录 1 条），0 张照片，0 份文件，还缺 0 件佐证" in page
    assert load_workbook(io.BytesIO(packing_index.workbook(index)))["佐证"]["H3"].value == "补录"
