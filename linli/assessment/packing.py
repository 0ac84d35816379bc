"""The audit pack (迎检资料包): one DOCX per indicator, photos with captions, an index as XLSX and as a page.

Everything in it is taken from records as they are, with their own days; late entries are marked in every list. What is
not there is named as missing. The pack is made by a job, indicator by indicator, and can be made again at any time.
"""

from __future__ import annotations

import html
import io
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.files.base import File
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from linli.assessment import scoring, selectors
from linli.assessment.models import AuditPack, EvidenceLink
from linli.assessment.official import OfficialDocument
from linli.people.access import system_actor
from linli.people.models import Organisation
from linli.standards import facts
from linli.standards.evidence import requirements_of
from linli.standards.models import Node
from linli.work import storage
from linli.work.models import Evidence

PHOTOS_MAX = 30
FOLDER = "packs"
KEPT = 3
STATES = {
    "assigned": "待完成",
    "submitted": "待审核",
    "returned": "已退回",
    "accepted": "已通过",
    "cancelled": "已取消",
}
_UNSAFE = str.maketrans(dict.fromkeys('\\/:*?"<>|\r\n\t', " "))


@dataclass(slots=True)
class Piece:
    """One piece of evidence in the pack."""

    source: str
    place: str
    happened_on: date
    recorded_at: datetime
    late: bool
    photos: list[Evidence] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """What marks a late entry; it is never cut off."""
        return _("　（补录）") if self.late else ""

    def caption(self, limit: int | None = None) -> str:
        """What stands below its photos: where, when, from which record; within the limit, and late entries marked."""
        parts = [self.place, f"{self.happened_on:%Y年%-m月%-d日}", self.source]
        words = "　".join(part for part in parts if part)
        if limit is None:
            return words + self.mark
        return words[: max(0, limit - len(self.mark))] + self.mark


@dataclass(slots=True)
class Chapter:
    """One indicator with its tasks, pieces and photos."""

    node: Node
    path: list[str]
    score: str
    tasks: list[selectors.Task]
    units: str
    pieces: list[Piece]
    left_out: int = 0

    def caption(self, piece: Piece) -> str:
        """The caption of a piece, within what the criterion allows."""
        limits = [entry.caption for entry in requirements_of(self.node.evidence) if entry.caption is not None]
        return piece.caption(min(limits) if limits else None)

    @property
    def name(self) -> str:
        """The file's name."""
        title = f"{self.node.code} {self.node.title}".translate(_UNSAFE).strip()[:60].strip()
        return f"{self.node.pk}-{title}" if title else str(self.node.pk)

    @property
    def gap(self) -> int:
        """Pieces of evidence that are missing."""
        return sum(task.gap for task in self.tasks if task.meaning != "dropped")


def file_name(pack: AuditPack) -> str:
    """Where the pack lies in the storage of files."""
    return f"{FOLDER}/{pack.pk}.zip"


def make(pack_id: str) -> None:
    """Make a pack and keep it; what goes wrong is written on it and raised again, so that the queue tries once more."""
    pack = AuditPack.objects.select_related("assessment__place", "assessment__version__standard").get(pk=pack_id)
    if pack.state == AuditPack.DONE:
        return
    AuditPack.objects.filter(pk=pack.pk).update(state=AuditPack.RUNNING, done=0, problem="")
    try:
        with translation.override("zh-hans"), tempfile.TemporaryFile() as target:
            _write(pack, target)
            size = target.tell()
            target.seek(0)
            store = storage.backend()
            if not store.exists(file_name(pack)):
                store.save(file_name(pack), File(target))
    except Exception as error:
        AuditPack.objects.filter(pk=pack.pk).update(
            state=AuditPack.FAILED, problem=str(error)[:200], finished_at=timezone.now()
        )
        raise
    AuditPack.objects.filter(pk=pack.pk).update(state=AuditPack.DONE, size=size, finished_at=timezone.now())
    _forget_older(pack)


def _forget_older(pack: AuditPack) -> None:
    """Only the newest few are kept as files; a pack can always be made again."""
    finished = AuditPack.objects.filter(assessment_id=pack.assessment_id, state=AuditPack.DONE).order_by("-finished_at")
    for old in finished[KEPT:]:
        storage.backend().delete(file_name(old))
        old.delete()


def _write(pack: AuditPack, target: Any) -> None:
    row = pack.assessment
    found = selectors.scored(row, selectors.columns(row))
    tree = selectors.tree(row)
    chapters: list[Chapter] = []
    AuditPack.objects.filter(pk=pack.pk).update(total=len(tree.criteria))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for done, chapter in enumerate(_chapters(pack, tree, found), start=1):
            _add_chapter(archive, chapter)
            chapters.append(chapter)
            AuditPack.objects.filter(pk=pack.pk).update(done=done)
        moment = timezone.localtime()
        archive.writestr("index.html", _index_page(pack, chapters, found, moment))
        archive.writestr("index.xlsx", _index_sheet(pack, chapters, moment))
    target.seek(0, io.SEEK_END)


def _chapters(pack: AuditPack, tree: selectors.Tree, found: selectors.Scored) -> Iterator[Chapter]:
    row = pack.assessment
    by_node: dict[int, list[selectors.Task]] = {}
    for task in selectors.tasks(system_actor_for_packs(), row):
        by_node.setdefault(task.node_id, []).append(task)
    names = dict(Organisation.objects.values_list("pk", "name"))
    for node in tree.criteria:
        tasks = by_node.get(node.pk, [])
        score = found.scores[node.pk]
        percent = scoring.percent(score)
        words = _("尚未检查") if percent is None else f"{score.won:.2f} / {score.possible:.2f}（{percent:.1f}%）"
        units = "、".join(dict.fromkeys(names.get(task.organisation_id, "") for task in tasks))
        above = [f"{entry.code} {entry.title}".strip() for entry in tree.above(node.pk)]
        chapter = Chapter(node, above, words, tasks, units or _("未明确"), _pieces([task.item_id for task in tasks]))
        kept = 0
        for piece in chapter.pieces:
            room = max(0, PHOTOS_MAX - kept)
            chapter.left_out += max(0, len(piece.photos) - room)
            piece.photos = piece.photos[:room]
            kept += len(piece.photos)
        yield chapter


def system_actor_for_packs() -> Any:
    """Reads all tasks: who may have the pack was checked when it was asked for and is checked when it is fetched."""
    from linli.people.access import Actor, Grant

    grant = Grant(frozenset({selectors.VIEW}), role="system", everything=True)
    return Actor(roles=system_actor().roles, grants=(grant,), channel="system")


def _pieces(items: list[int]) -> list[Piece]:
    """What is linked to the tasks and what was uploaded for them, oldest first; the same record once (3 statements)."""
    links = list(EvidenceLink.objects.filter(task_id__in=items).order_by("happened_on", "pk"))
    wanted = {number for link in links for number in link.photos}
    photos = {row.pk: row for row in Evidence.objects.filter(pk__in=wanted, kind="photo", removed_at=None)}
    found: list[Piece] = []
    seen: set[tuple[str, str]] = set()
    for link in links:
        if (link.source, link.object_id) in seen:
            continue
        seen.add((link.source, link.object_id))
        source = facts.source_of(link.source)
        label = source.label.text("zh-hans") if source else link.source
        own = [photos[number] for number in link.photos if number in photos]
        if link.audience:
            label = _("%(source)s（受众 %(n)d 人次）") % {"source": label, "n": link.audience}
        found.append(Piece(label, link.place_name, link.happened_on, link.recorded_at, link.late, own))
    for row in Evidence.objects.filter(item_id__in=items, removed_at=None).order_by("pk"):
        taken = row.taken_at or row.added_at
        photo = [row] if row.kind == "photo" else []
        late = "old" in row.flags or "undated" in row.flags
        found.append(Piece(_("补充上传"), "", timezone.localtime(taken).date(), row.added_at, late, photo))
    return found


def _add_chapter(archive: zipfile.ZipFile, chapter: Chapter) -> None:
    paper = OfficialDocument(f"{chapter.node.code} {chapter.node.title}".strip())
    paper.heading(_("指标"))
    for line in chapter.path:
        paper.text(line)
    paper.text(_("责任单位：%(units)s") % {"units": chapter.units})
    paper.text(_("当前得分：%(score)s") % {"score": chapter.score})
    if chapter.node.guidance:
        paper.text(chapter.node.guidance)
    paper.heading(_("任务"))
    rows = [
        [task.number, STATES.get(task.state, task.state), _("逾期提交") if task.submitted_late else "—",
         str(task.linked + task.uploaded), str(task.gap)]
        for task in chapter.tasks
    ]  # fmt: skip
    paper.table([_("编号"), _("状态"), _("提交"), _("佐证"), _("缺口")], rows)
    paper.heading(_("佐证"))
    if chapter.gap:
        paper.text(_("还缺 %(n)d 件佐证。") % {"n": chapter.gap})
    for number, piece in enumerate(chapter.pieces, start=1):
        paper.text(f"{number}. {chapter.caption(piece)}")
        for place, photo in enumerate(piece.photos, start=1):
            data = _photo(photo)
            if data is None:
                continue
            name = f"photos/{chapter.node.pk}/{number:03d}-{place}.jpg"
            archive.writestr(zipfile.ZipInfo(name), data)
            piece.files.append(name)
            paper.picture(data, chapter.caption(piece))
    if chapter.left_out:
        paper.text(_("另有 %(n)d 张照片未收入，可在系统中查看。") % {"n": chapter.left_out})
    archive.writestr(f"indicators/{chapter.name}.docx", paper.save())


def _photo(row: Evidence) -> bytes | None:
    """The photo as JPEG; None where the file is gone, which the list of missing files of a backup would name too."""
    from PIL import Image

    try:
        data = storage.read(row.sha256, row.media_type)
    except FileNotFoundError:
        return None
    if row.media_type == "image/jpeg":
        return data
    stream = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.convert("RGB").save(stream, "JPEG", quality=88)
    return stream.getvalue()


def _index_sheet(pack: AuditPack, chapters: list[Chapter], moment: datetime) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = _("指标")
    sheet.append(
        [pack.assessment.title, f"{moment:%Y-%m-%d %H:%M}", _("合成数据") if pack.assessment.synthetic else ""]
    )
    sheet.append(
        [_("编号"), _("指标"), _("责任单位"), _("得分"), _("任务"), _("已通过"), _("佐证"), _("缺口"), _("文件")]
    )
    for chapter in chapters:
        accepted = sum(task.state == "accepted" for task in chapter.tasks)
        sheet.append([
            _safe(chapter.node.code), _safe(chapter.node.title), _safe(chapter.units), chapter.score,
            len(chapter.tasks), accepted, len(chapter.pieces), chapter.gap, f"indicators/{chapter.name}.docx",
        ])  # fmt: skip
    listed = book.create_sheet(_("佐证"))
    listed.append([_("指标编号"), _("来源"), _("地点"), _("发生日期"), _("记录时间"), _("补录"), _("照片")])
    for chapter in chapters:
        for piece in chapter.pieces:
            recorded = timezone.localtime(piece.recorded_at).replace(tzinfo=None)
            listed.append([
                _safe(chapter.node.code), piece.source, _safe(piece.place), piece.happened_on, recorded,
                _("补录") if piece.late else "", "\n".join(piece.files),
            ])  # fmt: skip
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _safe(text: str) -> str:
    """A text that a spreadsheet would take for a formula gets an apostrophe."""
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text


def _index_page(pack: AuditPack, chapters: list[Chapter], found: selectors.Scored, moment: datetime) -> str:
    row, cell = pack.assessment, html.escape
    percent = found.percent()
    lines = [
        "<!doctype html><html lang=zh-Hans><meta charset=utf-8><title>" + cell(row.title) + "</title>",
        "<style>body{font:16px/1.6 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:"
        "collapse;width:100%}td,th{border:1px solid #bbb;padding:.3rem .5rem;text-align:left;vertical-align:top}"
        "th,td:nth-child(3){white-space:nowrap}td:first-child{min-width:16rem}td:nth-child(4){min-width:12rem}"
        ".late{color:#8a4b00}.gap{color:#a3261b}</style>",
        f"<h1>{cell(row.title)}</h1><p>{cell(row.place.name)}　{row.since} — {row.until}　"
        + _("截至 %(at)s，得分 %(score)s") % {"at": f"{moment:%Y-%m-%d %H:%M}",
                                          "score": "—" if percent is None else f"{percent:.1f}"}
        + (f"　<strong>{_('合成数据')}</strong>" if row.synthetic else "") + "</p><table><thead><tr>",
        "".join(f"<th>{head}</th>" for head in (_("指标"), _("责任单位"), _("得分"), _("佐证"), _("缺口"))),
        "</tr></thead><tbody>",
    ]  # fmt: skip
    for chapter in chapters:
        title = cell(f"{chapter.node.code} {chapter.node.title}")
        link = f"<a href='indicators/{cell(chapter.name, quote=True)}.docx'>{title}</a>"
        pieces = "<br>".join(
            f"<span class='{'late' if piece.late else ''}'>{cell(piece.caption())}</span> "
            + " ".join(f"<a href='{name}'>{place}</a>" for place, name in enumerate(piece.files, start=1))
            for piece in chapter.pieces
        )
        gap = f"<td class=gap>{chapter.gap}</td>" if chapter.gap else "<td>0</td>"
        lines.append(
            f"<tr><td>{link}</td><td>{cell(chapter.units)}</td><td>{chapter.score}</td><td>{pieces}</td>{gap}</tr>"
        )
    return "\n".join([*lines, "</tbody></table></html>"])
