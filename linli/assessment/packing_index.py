"""The index of an audit pack: a page and a workbook that lead to every paper and every photo in it. Pure.

Links are relative, so they work wherever the pack is unpacked. Both list everything: indicators in the order of the
standard with units, score, tasks and gaps, every record that speaks for them, every photo with its caption.
"""

from __future__ import annotations

import html
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from linli.assessment.models import Assessment
from linli.exchange.sheets import safe_cell

if TYPE_CHECKING:
    from linli.assessment.packing_chapters import Chapter, Piece

STYLE = """
body{font:16px/1.6 "PingFang SC","HarmonyOS Sans SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:72rem;
margin:2rem auto;padding:0 1rem;color:#1d2521}
h1{font-size:1.75rem;line-height:1.35}h2{font-size:1.25rem;margin-top:2rem}
a{color:#17594a}.wrap{overflow-x:auto}
table{border-collapse:collapse;width:100%;min-width:46rem;table-layout:fixed}
td,th{border:1px solid #bbb;padding:.3rem .5rem;text-align:left;vertical-align:top}
th.path{background:#f1f4f2;font-weight:600}
th:nth-child(1){width:34%}th:nth-child(2){width:28%}th:nth-child(3){width:17%}
td ul{margin:0;padding-left:1.1rem;columns:24rem;column-gap:2rem}td li{break-inside:avoid}
.late{color:#8a4b00}.gap{color:#a3261b}.soft{color:#56615c}
@media print{body{font-size:11pt;max-width:none;margin:0}thead{display:table-header-group}tr{break-inside:avoid}}
"""


@dataclass(frozen=True, slots=True)
class Index:
    """What an index is made of: the assessment, its indicators in order, the score as a whole, the moment."""

    row: Assessment
    chapters: Sequence[Chapter]
    percent: float | None
    moment: datetime

    @property
    def summary(self) -> str:
        """Place, period, moment and score in one line."""
        row = self.row
        score = "—" if self.percent is None else f"{self.percent:.1f}"
        at = _("截至 %(at)s，得分 %(score)s") % {"at": f"{self.moment:%Y-%m-%d %H:%M}", "score": score}
        return f"{row.place.name}　{row.since} — {row.until}　{at}"

    @property
    def counts(self) -> str:
        """How much there is, and how much is missing."""
        pieces = [piece for chapter in self.chapters for piece in chapter.pieces]
        told = _(
            "%(n)d 个指标，%(pieces)d 条佐证（补录 %(late)d 条），%(photos)d 张照片，%(files)d 份文件，"
            "还缺 %(gap)d 件佐证"
        )
        return told % {
            "n": len(self.chapters), "pieces": len(pieces), "late": sum(piece.late for piece in pieces),
            "photos": sum(len(piece.pictures) for piece in pieces),
            "files": sum(len(piece.papers) for piece in pieces),
            "gap": sum(chapter.gap for chapter in self.chapters),
        }  # fmt: skip


# --- the page -------------------------------------------------------------------------------------------------------


def page(index: Index) -> str:
    """The index as a page that needs nothing else: for whoever opens the folder."""
    cell, row = html.escape, index.row
    lines = [
        "<!doctype html><html lang=zh-Hans><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>{cell(row.title)}</title><style>{STYLE}</style></head><body>",
        f"<h1>{cell(row.title)}</h1><p>{cell(index.summary)}"
        + (f"　<strong>{_('合成数据')}</strong>" if row.synthetic else "") + "</p>",
        f"<p>{cell(index.counts)}　<a href='index.xlsx'>{_('表格目录')}</a></p>",
        f"<p class=soft>{_('“补录”是事后录入或迟于时限的记录，按原样标出；“缺口”是还没有的佐证。')}</p>",
        *_tables(index.chapters),
        "</body></html>",
    ]  # fmt: skip
    return "\n".join(lines)


def _tables(chapters: Sequence[Chapter]) -> Iterator[str]:
    """A table for each item of the standard, with a line above the criteria of each content."""
    heads = (_("指标"), _("责任单位"), _("得分"), _("通过 / 任务"), _("佐证"), _("缺口"))
    item = content = ""
    for place, chapter in enumerate(chapters):
        top = chapter.path[0] if chapter.path else ""
        if place == 0 or top != item:
            if place:
                yield "</tbody></table></div>"
            item, content = top, ""
            yield f"<h2>{html.escape(item)}</h2><div class=wrap><table><thead><tr>"
            yield "".join(f"<th>{head}</th>" for head in heads) + "</tr></thead><tbody>"
        below = "　".join(chapter.path[1:])
        if below != content:
            content = below
            yield f"<tr><th class=path colspan={len(heads)}>{html.escape(content)}</th></tr>"
        yield _line(chapter)
    if chapters:
        yield "</tbody></table></div>"


def _line(chapter: Chapter) -> str:
    cell = html.escape
    lead, others = chapter.units("lead"), chapter.units("supporting")
    support = _("，配合 %(n)d 个单位") % {"n": len(others)} if others else ""
    gap = f"<td class=gap>{chapter.gap}</td>" if chapter.gap else "<td>0</td>"
    found = [
        f"<tr><td><a href='{cell(chapter.file)}'>{cell(chapter.label)}</a></td>"
        f"<td>{cell('、'.join(lead) or '—')}{support}</td><td>{cell(chapter.score)}</td>"
        f"<td>{chapter.accepted} / {len(chapter.tasks)}</td><td>{len(chapter.pieces)}</td>{gap}</tr>"
    ]
    if chapter.pieces:
        shown = [piece for piece in chapter.pieces if piece.pictures or piece.papers]
        bare = [piece for piece in chapter.pieces if not piece.pictures and not piece.papers]
        listed = sorted([*shown, *bare[-BARE_MAX:]], key=lambda piece: piece.happened_on)
        pieces = "".join(f"<li>{_piece(piece)}</li>" for piece in listed)
        left_out = _("另有 %(n)d 张照片未收入") % {"n": chapter.left_out}
        more = f"<p class=soft>{left_out}</p>" if chapter.left_out else ""
        rest = _("另有 %(n)d 条较早的记录，见表格目录") % {"n": len(bare) - BARE_MAX}
        more += f"<p class=soft>{rest}</p>" if len(bare) > BARE_MAX else ""
        found.append(f"<tr><td colspan=6><ul>{pieces}</ul>{more}</td></tr>")
    return "".join(found)


def _piece(piece: Piece) -> str:
    links = " ".join(
        f"<a href='{html.escape(picture.file)}'>{_('图')}&nbsp;{picture.number}</a>" for picture in piece.pictures
    )
    links += " ".join(
        f"<a href='{html.escape(paper.file)}'>PDF</a> {_('%(n)d 页') % {'n': paper.pages}}" for paper in piece.papers
    )
    return f"<span class='{'late' if piece.late else ''}'>{html.escape(piece.caption())}</span> {links}"


# --- the workbook ---------------------------------------------------------------------------------------------------


def workbook(index: Index) -> bytes:
    """The index as a workbook: indicators, records, photos and documents, each with links to their files."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    _sheet(book, index, _("指标"), _INDICATORS, _indicators(index))
    _sheet(book, index, _("佐证"), _RECORDS, islice(_records(index), RECORDS_MAX))
    _sheet(book, index, _("照片"), _PHOTOS, _photos(index))
    _sheet(book, index, _("文件"), _DOCUMENTS, _documents(index))
    book.properties.title, book.properties.creator = index.row.title, index.row.place.name
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class Link:
    """A cell that leads to a file of the pack."""

    text: str
    file: str


_INDICATORS = (
    ("序号", 7), ("测评项目", 24), ("测评内容", 24), ("编号", 10), ("指标", 44), ("牵头单位", 28), ("配合单位", 36),
    ("得分", 22),
    ("任务", 7), ("已通过", 8), ("佐证", 7), ("照片", 7), ("缺口", 7), ("文件", 12),
)  # fmt: skip
_RECORDS = (
    ("序号", 7), ("指标编号", 10), ("指标", 40), ("记录", 26), ("地点", 26), ("发生日期", 12), ("记录时间", 18),
    ("补录", 8), ("照片", 8), ("第一张", 12),
)  # fmt: skip
_PHOTOS = (
    ("序号", 7), ("指标编号", 10), ("指标", 40), ("图", 6), ("说明", 60), ("发生日期", 12), ("补录", 8), ("文件", 14),
)  # fmt: skip


_DOCUMENTS = (
    ("序号", 7), ("指标编号", 10), ("指标", 40), ("文件", 6), ("说明", 60), ("页数", 7), ("文件日期", 12), ("补录", 8),
    ("打开", 14),
)  # fmt: skip
BARE_MAX = 200
"""So many records without photo or document stand with an indicator on the page, the latest ones."""
RECORDS_MAX = 20_000
"""So many records stand in the workbook; a spreadsheet of more is of no use to anybody."""


def _indicators(index: Index) -> Iterator[list[Any]]:
    for chapter in index.chapters:
        node, path = chapter.node, [*chapter.path, "", ""]
        photos = sum(len(piece.pictures) for piece in chapter.pieces)
        lead, supporting = ("、".join(chapter.units(part)) for part in ("lead", "supporting"))
        yield [
            int(chapter.number), path[0], path[1], node.code, Link(node.title, chapter.file), lead, supporting,
            chapter.score, len(chapter.tasks), chapter.accepted, len(chapter.pieces), photos, chapter.gap,
            Link(_("打开文档"), chapter.file),
        ]  # fmt: skip


def _records(index: Index) -> Iterator[list[Any]]:
    for chapter in index.chapters:
        for piece in chapter.pieces:
            recorded = timezone.localtime(piece.recorded_at).replace(tzinfo=None)
            first = Link(_("打开照片"), piece.pictures[0].file) if piece.pictures else None
            first = Link(_("打开文件"), piece.papers[0].file) if piece.papers else first
            source = f"{piece.source}：{piece.title}" if piece.title else piece.source
            yield [
                *_criterion(chapter), source,
                piece.place, piece.happened_on, recorded, _("补录") if piece.late else None, len(piece.pictures), first,
            ]  # fmt: skip


def _criterion(chapter: Chapter) -> tuple[int, str, Link]:
    """The first cells of every row: number, code and title of the criterion, which leads to its chapter."""
    return int(chapter.number), chapter.node.code, Link(chapter.node.title, chapter.file)


def _photos(index: Index) -> Iterator[list[Any]]:
    for chapter in index.chapters:
        for piece in chapter.pieces:
            for picture in piece.pictures:
                yield [
                    *_criterion(chapter), picture.number,
                    picture.caption, piece.happened_on, _("补录") if piece.late else None,
                    Link(_("打开照片"), picture.file),
                ]  # fmt: skip


def _documents(index: Index) -> Iterator[list[Any]]:
    for chapter in index.chapters:
        for piece in chapter.pieces:
            for paper in piece.papers:
                yield [
                    *_criterion(chapter), paper.number,
                    paper.caption, paper.pages, piece.happened_on, _("补录") if piece.late else None,
                    Link(_("打开文件"), paper.file),
                ]  # fmt: skip


def _sheet(book: Any, index: Index, name: str, heads: Sequence[tuple[str, int]], rows: Iterator[list[Any]]) -> None:
    """A sheet with the title above, a head row that stays in sight and on every printed page, filters, links."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet = book.create_sheet(name)
    mark = f"　{_('合成数据')}" if index.row.synthetic else ""
    sheet.append([safe_cell(f"{index.row.title}　{index.summary}{mark}")])
    sheet.append([head for head, _width in heads])
    sheet["A1"].font = Font(bold=True, size=14)
    last = 2
    for last, line in enumerate(rows, start=3):
        sheet.append([safe_cell(cell.text if isinstance(cell, Link) else cell) for cell in line])
        for place, cell in enumerate(line, start=1):
            shown = sheet.cell(last, place)
            shown.alignment = Alignment(vertical="top", wrap_text=True)
            if isinstance(cell, Link):
                shown.hyperlink = cell.file
                shown.font = Font(color="17594A", underline="single")
    for place, (_head, width) in enumerate(heads, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
        sheet.cell(2, place).font = Font(bold=True)
        sheet.cell(2, place).alignment = Alignment(vertical="center", wrap_text=True)
    sheet.freeze_panes = "A3"
    sheet.auto_filter.ref = f"A2:{get_column_letter(len(heads))}{last}"
    sheet.print_title_rows = "2:2"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
