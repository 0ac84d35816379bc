"""DOCX in the style of official documents (公文, GB/T 9704-2012): page, type, levels, page numbers.

A4 with 37 mm above, 28 mm left, 35 mm below and 26 mm right (type area 156 × 225 mm); text in 三号仿宋
(16 pt), 22 lines a page (29 pt each), paragraphs begin with two characters; title in 二号小标宋 (22 pt), centred;
levels 一、黑体,（一）楷体; page numbers 四号宋体 between dashes, odd pages right and even pages left. Fonts are named
for Han and Latin alike, not embedded: where one is missing the word processor takes what the file names as its like.
Title and headings are real ones (styles Title, Heading 1, Heading 2), so that a long document can be walked by its
outline.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote

from django.utils import timezone

TITLE_FONT, TEXT_FONT, FIRST_FONT, SECOND_FONT, NUMBER_FONT = (
    "方正小标宋简体",
    "仿宋_GB2312",
    "黑体",
    "楷体_GB2312",
    "宋体",
)
SIMILAR = {
    "方正小标宋简体": ("华文中宋", "roman"), "仿宋_GB2312": ("仿宋", "modern"), "黑体": ("SimHei", "modern"),
    "楷体_GB2312": ("楷体", "modern"), "宋体": ("SimSun", "roman"),
}  # fmt: skip
"""What a word processor takes where a font is missing, as those of GB 2312 are on computers of today; its family."""
LINE_POINTS, TEXT_POINTS, TITLE_POINTS, NUMBER_POINTS, TABLE_POINTS = 29, 16, 22, 14, 10.5
TYPE_WIDTH_MM = 156
PICTURE_WIDTH_MM, PICTURE_HEIGHT_MM = 120, 90
NUMERALS = "零一二三四五六七八九十"
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def numeral(number: int) -> str:
    """一, 二, … 十, 十一, … 九十九: for headings."""
    tens, ones = divmod(number, 10)
    if number <= 10:
        return NUMERALS[number]
    return (NUMERALS[tens] if tens > 1 else "") + "十" + (NUMERALS[ones] if ones else "")


@dataclass(frozen=True, slots=True)
class Reference:
    """Words in a table that lead to a file; `target` is relative to where the paper lies."""

    text: str
    target: str


class OfficialDocument:
    """A document that is written from top to bottom and then saved. `author` stands in its properties."""

    def __init__(self, title: str, author: str = "") -> None:
        from docx import Document
        from docx.shared import Mm

        self._book: Any = Document()
        section = self._book.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        section.footer_distance = Mm(23)
        self._book.settings.odd_and_even_pages_header_footer = True
        self._properties(title, author)
        self._styles()
        self._similar_fonts()
        self._page_number(section.footer, "right")
        self._page_number(section.even_page_footer, "left")
        self._headings = 0
        heading = self._paragraph(title, TITLE_FONT, TITLE_POINTS, style="Title", indent=False)
        heading.alignment = 1
        self._paragraph("", TEXT_FONT, TEXT_POINTS)

    def heading(self, text: str) -> None:
        """A heading of the first level: 一、…"""
        self._headings += 1
        self._paragraph(f"{numeral(self._headings)}、{text}", FIRST_FONT, TEXT_POINTS, style="Heading 1")

    def subheading(self, number: int, text: str) -> None:
        """A heading of the second level: （一）…"""
        self._paragraph(f"（{numeral(number)}）{text}", SECOND_FONT, TEXT_POINTS, style="Heading 2")

    def text(self, text: str) -> None:
        """A paragraph."""
        self._paragraph(text, TEXT_FONT, TEXT_POINTS)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str | Reference]], widths: Sequence[float]) -> None:
        """A table with a head row that is repeated on every page; `widths` are shares of the type area."""
        from docx.oxml import OxmlElement
        from docx.shared import Mm

        table = self._book.add_table(rows=1, cols=len(heads))
        table.style, table.autofit, table.alignment = "Table Grid", False, 1
        whole = [Mm(TYPE_WIDTH_MM * width / sum(widths)) for width in widths]
        for column, width in zip(table.columns, whole, strict=True):
            column.width = width
        for line in (heads, *rows):
            cells = table.rows[0].cells if line is heads else table.add_row().cells
            for cell, text, width in zip(cells, line, whole, strict=True):
                cell.width = width
                self._cell(cell, text, FIRST_FONT if line is heads else TEXT_FONT)
        for place, row in enumerate(table.rows):
            shape = row._tr.get_or_add_trPr()
            shape.append(OxmlElement("w:cantSplit"))
            if place == 0:
                shape.append(OxmlElement("w:tblHeader"))
        self._paragraph("", TEXT_FONT, TEXT_POINTS)

    def picture(self, data: bytes, caption: str) -> None:
        """A photo with its caption below; two of them on a page."""
        from docx.shared import Mm
        from PIL import Image

        with Image.open(BytesIO(data)) as image:
            width, height = image.size
        by_height = PICTURE_HEIGHT_MM * width / height < PICTURE_WIDTH_MM
        size = {"height": Mm(PICTURE_HEIGHT_MM)} if by_height else {"width": Mm(PICTURE_WIDTH_MM)}
        paragraph = self._book.add_paragraph()
        paragraph.alignment = 1
        paragraph.paragraph_format.keep_with_next = True
        shown = paragraph.add_run().add_picture(BytesIO(data), **size)
        shown._inline.docPr.set("descr", _clean(caption))
        below = self._paragraph(caption, SECOND_FONT, TABLE_POINTS, indent=False, exact=False)
        below.alignment = 1

    def save(self) -> bytes:
        """The file."""
        stream = BytesIO()
        self._book.save(stream)
        return stream.getvalue()

    def _properties(self, title: str, author: str) -> None:
        """What the file says of itself: not what the empty form it began with said."""
        known, now = self._book.core_properties, timezone.now().replace(tzinfo=None)
        known.title, known.comments, known.language = _clean(title)[:200], "", "zh-CN"
        known.author = known.last_modified_by = _clean(author)[:200]
        known.created = known.modified = now

    def _styles(self) -> None:
        """Chinese as the language, no space between paragraphs, black headings in their own fonts."""
        from docx.oxml.ns import qn
        from docx.shared import Pt, RGBColor

        styles = self._book.styles
        for language in styles.element.iter(qn("w:lang")):
            language.set(qn("w:eastAsia"), "zh-CN")
        for slug, font, points in (
            ("Normal", TEXT_FONT, TEXT_POINTS), ("Title", TITLE_FONT, TITLE_POINTS),
            ("Heading 1", FIRST_FONT, TEXT_POINTS), ("Heading 2", SECOND_FONT, TEXT_POINTS),
        ):  # fmt: skip
            style = styles[slug]
            style.font.size, style.font.bold, style.font.italic = Pt(points), False, False
            style.font.color.rgb = RGBColor(0, 0, 0)
            _fonts(style.element.get_or_add_rPr().get_or_add_rFonts(), font)
            shape = style.paragraph_format
            shape.space_before = shape.space_after = Pt(0)
            shape.line_spacing = 1.0
            for above, name in (("w:pPr", "w:pBdr"), ("w:rPr", "w:spacing"), ("w:rPr", "w:kern")):
                for extra in style.element.findall(f"{qn(above)}/{qn(name)}"):
                    extra.getparent().remove(extra)

    def _similar_fonts(self) -> None:
        """Name for each font what resembles it (ISO 29500-1, 17.8.3): else a missing one becomes just any."""
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.opc.oxml import serialize_part_xml
        from docx.oxml import OxmlElement, parse_xml
        from docx.oxml.ns import qn

        part = self._book.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
        table = parse_xml(part.blob)
        known = {font.get(qn("w:name")) for font in table.iter(qn("w:font"))}
        for name, (other, family) in SIMILAR.items():
            if name in known:
                continue
            font = OxmlElement("w:font")
            font.set(qn("w:name"), name)
            for what, value in (("altName", other), ("charset", "86"), ("family", family), ("pitch", "variable")):
                entry = OxmlElement(f"w:{what}")
                entry.set(qn("w:val"), value)
                font.append(entry)
            table.append(font)
        part._blob = serialize_part_xml(table)

    def _paragraph(
        self, text: str, font: str, points: float, *, style: str = "Normal", indent: bool = True, exact: bool = True
    ) -> Any:
        from docx.enum.text import WD_LINE_SPACING
        from docx.shared import Pt

        paragraph = self._book.add_paragraph(style=style)
        shape = paragraph.paragraph_format
        if exact:
            shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(LINE_POINTS)
        if indent:
            shape.first_line_indent = Pt(2 * TEXT_POINTS)
        _set(paragraph.add_run(_clean(text)), font, points)
        return paragraph

    def _cell(self, cell: Any, text: str | Reference, font: str) -> None:
        run = cell.paragraphs[0].add_run(_clean(text.text if isinstance(text, Reference) else text))
        _set(run, font, TABLE_POINTS)
        if isinstance(text, Reference):
            self._lead(run, text.target)
        cell.vertical_alignment = 1

    def _lead(self, run: Any, target: str) -> None:
        """Put a run into a link to a file."""
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn
        from docx.shared import RGBColor

        link = OxmlElement("w:hyperlink")
        # An address: what is no ASCII and every sign with a meaning is written by its number.
        address = quote(target, safe="/.-_~")
        link.set(qn("r:id"), run.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        run.font.underline, run.font.color.rgb = True, RGBColor(0x17, 0x59, 0x4A)
        run._r.addprevious(link)
        link.append(run._r)

    def _page_number(self, footer: Any, side: str) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if side == "right" else WD_ALIGN_PARAGRAPH.LEFT
        _set(paragraph.add_run("— "), NUMBER_FONT, NUMBER_POINTS)
        run = paragraph.add_run()
        _set(run, NUMBER_FONT, NUMBER_POINTS)
        for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
            part = OxmlElement("w:fldChar" if kind else "w:instrText")
            if kind:
                part.set(qn("w:fldCharType"), kind)
            else:
                part.text = text
            run._r.append(part)
        _set(paragraph.add_run(" —"), NUMBER_FONT, NUMBER_POINTS)


def _set(run: Any, font: str, points: float) -> None:
    from docx.shared import Pt

    run.font.size = Pt(points)
    _fonts(run._r.get_or_add_rPr().get_or_add_rFonts(), font)


def _fonts(element: Any, font: str) -> None:
    """One font for Latin and Han; a theme's font, which would go before it, is taken out."""
    from docx.oxml.ns import qn

    for name in [name for name in element.attrib if name.lower().endswith("theme")]:
        del element.attrib[name]
    for side in ("ascii", "hAnsi", "eastAsia", "cs"):
        element.set(qn(f"w:{side}"), font)


def _clean(text: str) -> str:
    """A text without the signs that XML may not hold; whoever pastes from elsewhere does not see them."""
    return _NOT_IN_XML.sub("", text)
