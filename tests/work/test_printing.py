"""Papers: the right template by authority, the measures of GB/T 9704, a number and a QR on each, nobody's name."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from django.utils import timezone
from PIL import Image

from linli.people.access import ObjectHidden
from linli.people.models import AccessRefusal
from linli.work import printing
from linli.work.engine import StepRefused
from linli.work.models import Item, PrintedDocument
from linli.work.printing import HELD_PAPERS
from linli.work.printing.rendering import NothingIsFetched, html_of, render
from linli.work.printing.words import title_lines, without_numbers
from tests.requests.walk import WAYS, Walker
from tests.support.world import World

NAME, PHONE = "赵铁柱", "13805327788"
SOON = (timezone.localdate() + timedelta(days=5)).isoformat()
REMINDER = {"addressee": "东山物业", "demand": "立即清理垃圾，并每天清运。", "by": SOON}
ORDER = {**REMINDER, "basis": "《城市市容和环境卫生管理条例》第十六条"}
POINT = 72 / 25.4


def walked(world: World, way: str = "signed", **more: Any) -> Walker:
    walker = Walker(world)
    walker.begin(words=f"楼下垃圾没人清理，电话{PHONE}", contact_name=NAME, phone=PHONE, address="3号楼东侧", **more)
    walker.run(WAYS[way])
    return walker


def columns(item: Item) -> dict[str, Any]:
    return {field.attname: getattr(item, field.attname) for field in Item._meta.concrete_fields}


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "".join(page.get_textpage().get_text_range() for page in document).replace("\r", "")


def codes_on(pdf: bytes) -> list[str]:
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        found += [code.text for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil().convert("L"))]
    return found


def offered(world: World, name: str, item: Item) -> list[str]:
    return [paper.slug for paper in printing.templates_for(world.actor(name), columns(item))]


def test_the_template_follows_authority(world: World) -> None:
    item = walked(world).item
    assert offered(world, "community", item) == ["slip", "reminder", "urging", "visit", "receipt"]
    Item.objects.filter(pk=item.pk).update(responsible_organisation=world.units["enforcement"])
    item.refresh_from_db()
    assert "order" in offered(world, "enforcer", item) and "reminder" in offered(world, "enforcer", item)
    assert offered(world, "grid_west", item) == [] and offered(world, "admin", item) == []


def test_no_statement_is_needed_to_offer_papers_on_the_page_of_an_item(world: World, query_counter: Any) -> None:
    from linli.places.selectors import registry_versions
    from linli.work.terms import catalogue

    item, actor = walked(world).item, world.actor("community")
    terms = catalogue(registry_versions())
    with query_counter(at_most=0):
        assert printing.templates_for(actor, columns(item), terms=terms)


@pytest.mark.parametrize("name", ["community", "street", "dispatcher"])
def test_who_may_not_order_is_refused_and_told_what_to_use(world: World, name: str) -> None:
    item = walked(world).item
    before = AccessRefusal.objects.count()
    with pytest.raises(StepRefused) as refused:
        printing.print_paper(world.actor(name), item.pk, "order", ORDER, key="k1")
    assert refused.value.status == 403 and "提醒函" in refused.value.label.zh
    assert AccessRefusal.objects.count() == before + 1 and not PrintedDocument.objects.exists()


def test_an_order_in_the_name_of_another_unit_is_refused(world: World) -> None:
    item = walked(world).item
    with pytest.raises(StepRefused) as refused:
        printing.print_paper(
            world.actor("community"), item.pk, "order", ORDER, key="k1", issuer_id=world.units["enforcement"].pk
        )
    assert refused.value.status == 403


def test_enforcement_orders_with_law_and_remedies(world: World) -> None:
    item = walked(world).item
    Item.objects.filter(pk=item.pk).update(responsible_organisation=world.units["enforcement"])
    world_leg(item, world)
    done = printing.print_paper(world.actor("enforcer"), item.pk, "order", ORDER, key="k1")
    text = text_of(done.pdf).replace("\n", "")
    for wanted in (
        "区综合执法局",
        "责令限期整改通知书",
        "第十六条",
        "六十日内依法申请行政复议",
        "六个月内依法提起行政诉讼",
    ):
        assert wanted in text
    assert done.document.issuer_id == world.units["enforcement"].pk


def world_leg(item: Item, world: World) -> None:
    """Give the enforcement unit a leg, so that it sees the item."""
    leg = item.legs.get(role="lead")
    leg.organisation = world.units["enforcement"]
    leg.save(update_fields=["organisation"])


@pytest.mark.parametrize(("slug", "values"), [
    ("slip", {}), ("reminder", REMINDER), ("urging", {}), ("visit", {}), ("receipt", {}),
])  # fmt: skip
def test_every_paper_has_number_date_issuer_and_a_readable_qr(world: World, slug: str, values: dict[str, str]) -> None:
    item = walked(world).item
    done = printing.print_paper(world.actor("community"), item.pk, slug, values, key="k1")
    text = text_of(done.pdf)
    today = timezone.localdate()
    assert done.document.number in text and "东山社区居委会" in text
    assert f"{today.year}年{today.month}月{today.day}日" in text
    assert re.fullmatch(rf"东山社区居委会\S\S〔{today.year}〕[1-9]\d*号", done.document.number)
    codes = codes_on(done.pdf)
    if slug == "receipt":
        assert codes == [f"http://127.0.0.1:8000/track/?number={item.number}"]
    else:
        token = printing.scan_token(codes[0])
        assert token and printing.document_by_token(token) == done.document
        assert token.encode() not in bytes(done.document.token_digest)


@pytest.mark.parametrize(
    ("slug", "values"), [("slip", {}), ("reminder", REMINDER), ("urging", {}), ("visit", {}), ("receipt", {})]
)
def test_no_paper_tells_who_reported_or_who_works_here(world: World, slug: str, values: dict[str, str]) -> None:
    item = walked(world).item
    text = text_of(printing.print_paper(world.actor("community"), item.pk, slug, values, key="k1").pdf)
    for personal in (NAME, PHONE, PHONE[-4:], "康静", "韩立"):
        assert personal not in text
    assert ("3号楼" in text) == (slug != "receipt")


def test_where_the_reporter_is_protected_the_house_number_is_left_out(world: World) -> None:
    item = walked(world).item
    Item.objects.filter(pk=item.pk).update(protected_reporter=True)
    text = text_of(printing.print_paper(world.actor("community"), item.pk, "slip", {}, key="k1").pdf)
    assert "3号楼" not in text and "东山社区" in text


def test_a_property_manager_is_urged_in_other_words(world: World) -> None:
    item = walked(world).item
    Item.objects.filter(pk=item.pk).update(responsible_organisation=world.units["property"])
    text = text_of(printing.print_paper(world.actor("community"), item.pk, "urging", {}, key="k1").pdf)
    assert "督促" in text and "东山物业" in text


def test_text_stands_22_lines_of_28_characters_within_the_measures() -> None:
    context = {
        "number": "试〔2026〕1号", "title": "题", "summary": "国" * 10, "place": "某地", "category": "",
        "item_number": "1",
        "received_day": "2026年1月1日", "today": "2026年1月2日", "issuer": "某局", "contact": "", "synthetic": False,
        "demand": "字" * 28 * 60, "basis": "某条例", "addressee": "某单位", "by": "2026年1月9日", "track_url": "x",
        "heading": ["责令限期整改通知书"],
    }  # fmt: skip
    pdf = render(
        printing.PAPERS["order"], context, scan_url="https://x.example/scan/" + "a" * 22 + "/", made_at=timezone.now()
    )
    page = pypdfium2.PdfDocument(pdf)[1]
    assert page.get_width() == pytest.approx(210 * POINT, abs=0.5) and page.get_height() == pytest.approx(
        297 * POINT, abs=0.5
    )
    words = page.get_textpage()
    boxes = [words.get_charbox(n) for n in range(words.count_chars()) if words.get_text_range(n, 1) == "字"]
    lines: dict[int, list[tuple[float, float, float, float]]] = {}
    for left, bottom, right, top in boxes:
        lines.setdefault(round((page.get_height() - bottom) / POINT), []).append((left, bottom, right, top))
    assert len(lines) == 22 and {len(line) for line in lines.values()} == {28}
    assert min(box[0] for box in boxes) >= 27.9 * POINT and max(box[2] for box in boxes) <= (210 - 25.9) * POINT
    tops = sorted(lines)
    assert (tops[-1] - tops[0]) / 21 == pytest.approx(225 / 22, abs=0.1)


def test_papers_fetch_nothing_and_hold_no_markup_of_others(world: World) -> None:
    context = {"track_url": "x", "summary": "<img src='http://127.0.0.1:1/x'><script>x</script>", "heading": ["题"]}
    text = html_of(printing.PAPERS["slip"], context, scan_url="y")
    assert "<script>" not in text and "<img" not in text
    from linli.work.printing.rendering import _refuse

    with pytest.raises(NothingIsFetched):
        _refuse("http://127.0.0.1/")


@pytest.mark.parametrize(("values", "field"), [
    ({**REMINDER, "demand": ""}, "demand"), ({**REMINDER, "by": "2020-01-01"}, "by"),
    ({**REMINDER, "by": "明天"}, "by"),
    ({**REMINDER, "demand": "长" * 501}, "demand"), ({**REMINDER, "addressee": "长" * 61}, "addressee"),
])  # fmt: skip
def test_values_are_checked_and_the_field_is_named(world: World, values: dict[str, str], field: str) -> None:
    item = walked(world).item
    with pytest.raises(StepRefused) as refused:
        printing.print_paper(world.actor("community"), item.pk, "reminder", values, key="k1")
    assert refused.value.status == 422 and refused.value.field == field


def test_the_same_key_gives_the_same_paper(world: World) -> None:
    item, actor = walked(world).item, world.actor("community")
    one = printing.print_paper(actor, item.pk, "slip", {}, key="k1")
    again = printing.print_paper(actor, item.pk, "slip", {}, key="k1")
    assert again.repeated and again.document == one.document and again.pdf == one.pdf
    assert PrintedDocument.objects.count() == 1
    with pytest.raises(StepRefused) as refused:
        printing.print_paper(actor, item.pk, "slip", {"demand": "别的"}, key="k1")
    assert refused.value.status == 409
    other = printing.print_paper(actor, item.pk, "slip", {}, key="k2")
    assert other.document.number != one.document.number


@pytest.mark.parametrize("name", ["grid_west", "community_west", "admin", "auditor", "anonymous", "resident"])
def test_who_does_not_see_the_item_prints_nothing(world: World, name: str) -> None:
    item = walked(world).item
    with pytest.raises(ObjectHidden):
        printing.print_paper(world.actor(name), item.pk, "slip", {}, key="k1")


def test_an_urging_letter_does_not_suit_what_is_closed(world: World) -> None:
    item = walked(world, "closed").item
    assert "urging" not in offered(world, "community", item)
    with pytest.raises(StepRefused) as refused:
        printing.print_paper(world.actor("community"), item.pk, "urging", {}, key="k1")
    assert refused.value.status == 409


@pytest.mark.parametrize(
    ("text", "most"),
    [("短题", 18), ("长" * 19, 18), ("关于及时处理“阳光小区垃圾满溢，三天没人清运”的提醒函", 18), ("字" * 400, 18)],
)
def test_titles_break_evenly_and_lose_nothing(text: str, most: int) -> None:
    lines = title_lines(text, most)
    assert "".join(lines) == text and max(map(len, lines)) <= most + 1
    assert not any(line[0] in "，。、；：？！”）" for line in lines)


@pytest.mark.parametrize(("text", "left"), [
    ("电话13812345678谢谢", "电话（略）谢谢"), ("身份证370215199001011234。", "身份证（略）。"),
    ("没有号码***的文字", "没有号码***的文字"),
])  # fmt: skip
def test_numbers_of_people_are_left_out(text: str, left: str) -> None:
    assert without_numbers(text) == left


def test_a_pdf_is_a_picture_that_can_be_seen(world: World) -> None:
    item = walked(world).item
    pdf = printing.print_paper(world.actor("community"), item.pk, "slip", {}, key="k1").pdf
    page: Image.Image = pypdfium2.PdfDocument(pdf)[0].render(scale=0.5).to_pil().convert("L")
    dark = sum(count for shade, count in enumerate(page.histogram()) if shade < 128)
    assert 0.01 < dark / (page.width * page.height) < 0.3
    assert BytesIO(pdf).read(5) == b"%PDF-"


@pytest.mark.parametrize(("slug", "closing"), [("property_reminder", "特此函告"), ("property_order", "行政诉讼")])
def test_the_slip_of_a_letter_that_runs_over_stays_with_the_signature_and_closing_words(
    slug: str, closing: str
) -> None:
    words = {
        "heading": ["关于督促处理", "“楼道堆物”的函"], "addressee": "东山物业", "place": "东山社区",
        "by": "2026年12月2日",
        "paragraphs": ["楼道堆放纸箱、旧家具和电动车，多次提醒仍未清理，请安排人员清理，并加强日常巡查。"] * 3,
        "issuer": "东山社区居委会", "today": "2026年11月29日", "number": "东山督促〔2026〕1号", "basis": "某条例第一条",
    }  # fmt: skip
    url = "https://linli.example/scan/abcdefghijklmnopqrst/"
    pages = pypdfium2.PdfDocument(render(HELD_PAPERS[slug], words, scan_url=url, made_at=timezone.now()))
    last = "".join(pages[len(pages) - 1].get_textpage().get_text_range().split())
    assert len(pages) == 2
    assert last.index(closing) < last.index("2026年11月29日") < last.index("送达回执")
