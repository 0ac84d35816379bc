"""The audit pack (迎检资料包): one DOCX per indicator, photos with captions, an index as XLSX and as a page.

Everything in it is taken from records as they are, with their own days; late entries are marked in every list. What is
not there is named as missing. Files are numbered in the order of the standard with as many digits as the last one, so
that every file manager shows them in that order. The pack is made by a job, indicator by indicator, and can be made
again at any time.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from linli.assessment import packing_index, selectors
from linli.assessment.models import AuditPack
from linli.assessment.official import OfficialDocument, Reference
from linli.assessment.packing_chapters import NAME_MAX, Chapter, Picture, Piece, chapters_of, safe_name
from linli.standards import wording
from linli.standards.evidence import KINDS as EVIDENCE_KINDS
from linli.standards.models import NodeUnit
from linli.work import storage
from linli.work.models import Evidence

ROWS_MAX = 200
"""So many records without a photo stand in a paper, the latest ones; the workbook of the index has them all."""
PAPER_SIDE = 1600
"""The longer side, in pixels, of photos in a DOCX (120 mm wide: 300 dots an inch); whole they lie beside it."""
FOLDER = "packs"
KEPT = 3
STATES = {
    "assigned": "待完成",
    "submitted": "待审核",
    "returned": "已退回",
    "accepted": "已通过",
    "cancelled": "已取消",
}


def file_name(pack: AuditPack) -> str:
    """Where the pack lies in the storage of files."""
    return f"{FOLDER}/{pack.pk}.zip"


def download_name(pack: AuditPack) -> str:
    """What the file is called for whoever fetches it."""
    asked = timezone.localtime(pack.asked_at)
    return f"{_('迎检资料包')}-{safe_name(pack.assessment.title)}-{asked:%Y%m%d-%H%M}.zip"


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
    moment = timezone.localtime()
    made: list[Chapter] = []
    AuditPack.objects.filter(pk=pack.pk).update(total=len(tree.criteria))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for done, chapter in enumerate(chapters_of(row, tree, found), start=1):
            _add_chapter(archive, chapter, pack, moment)
            made.append(chapter)
            AuditPack.objects.filter(pk=pack.pk).update(done=done)
        index = packing_index.Index(row, made, found.percent(), moment)
        _add(archive, "index.html", packing_index.page(index).encode(), moment)
        _add(archive, "index.xlsx", packing_index.workbook(index), moment)
    target.seek(0, io.SEEK_END)


def _add(archive: zipfile.ZipFile, name: str, data: bytes, moment: datetime, *, packed: bool = True) -> None:
    """One file, dated when the pack was made and readable once it is unpacked."""
    entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    archive.writestr(entry, data)


def _add_chapter(archive: zipfile.ZipFile, chapter: Chapter, pack: AuditPack, moment: datetime) -> None:
    row = pack.assessment
    paper = OfficialDocument(chapter.label, author=row.place.name)
    paper.heading(_("指标"))
    if row.synthetic:
        paper.text(_("合成数据，只作演示。"))
    _add_facts(paper, chapter)
    # The points won and possible stay on one line.
    score = chapter.score.replace(" / ", "\u00a0/\u00a0")
    paper.text(_("截至 %(at)s，得分：%(score)s") % {"at": f"{moment:%Y年%-m月%-d日}", "score": score})
    paper.heading(_("任务"))
    if chapter.tasks:
        heads = [_("编号"), _("责任单位"), _("状态"), _("提交时间"), _("佐证"), _("缺口")]
        paper.table(heads, [_task_line(chapter, task) for task in chapter.tasks], (40, 43, 19, 27, 13.5, 13.5))
    else:
        paper.text(_("没有单位领这一条的任务。"))
    paper.heading(_("佐证"))
    if chapter.gap:
        parts = "、".join(f"{EVIDENCE_KINDS[kind].zh} {count}" for kind, count in chapter.missing.items())
        paper.text(_("还缺 %(n)d 件佐证：%(parts)s。") % {"n": chapter.gap, "parts": parts})
    _add_photos(archive, chapter, paper, moment)
    _add_documents(archive, chapter, paper, moment)
    _add_bare(paper, [piece for piece in chapter.pieces if not piece.pictures and not piece.documents])
    if chapter.left_out:
        paper.text(_("另有 %(n)d 张照片未收入，可在系统中查看。") % {"n": chapter.left_out})
    if not chapter.pieces and not chapter.gap:
        paper.text(_("没有佐证，也不要求佐证。"))
    _add(archive, chapter.file, paper.save(), moment)


def _add_facts(paper: OfficialDocument, chapter: Chapter) -> None:
    """What is asked: where it stands, how it is seen and scored, which proof, who answers."""
    node = chapter.node
    for line in chapter.path:
        paper.text(line)
    paper.text(_("测评方式：%(method)s") % {"method": wording.word(wording.METHODS, node.method)})
    paper.text(_("计分规则：%(rule)s") % {"rule": wording.rule_text(node)})
    asked = "；".join(wording.evidence_texts(node))
    if asked:
        paper.text(_("佐证要求：%(asked)s") % {"asked": asked})
    if node.guidance:
        paper.text(_("检查说明：%(text)s") % {"text": node.guidance})
    for part, label in wording.PARTS.items():
        names = "、".join(chapter.units(part))
        if names or part == NodeUnit.LEAD:
            paper.text(f"{label.zh}：{names or _('未明确')}")


def _task_line(chapter: Chapter, task: selectors.Task) -> list[str]:
    if task.replied_at is None:
        submitted = "—"
    else:
        late = "\n" + _("（逾期）") if task.submitted_late else ""
        submitted = f"{timezone.localtime(task.replied_at):%Y-%m-%d}{late}"
    return [
        task.number, chapter.unit_names.get(task.organisation_id, ""), STATES.get(task.state, task.state), submitted,
        str(task.linked + task.uploaded), str(task.gap),
    ]  # fmt: skip


def _add_photos(archive: zipfile.ZipFile, chapter: Chapter, paper: OfficialDocument, moment: datetime) -> None:
    """The photos whole beside the paper, and in it as 图 1, 图 2, … each once with its caption."""
    number = 0
    for piece in chapter.pieces:
        shown = [data for photo in piece.photos if (data := _photo(photo)) is not None]
        for place, data in enumerate(shown, start=1):
            number += 1
            part = f"（{place}/{len(shown)}）" if len(shown) > 1 else ""
            picture = Picture(
                number, f"photos/{chapter.short_name}/{number:02d}.jpg", piece.caption(chapter.limit, part)
            )
            piece.pictures.append(picture)
            _add(archive, picture.file, data, moment, packed=False)
            paper.picture(_for_paper(data), f"图 {number}　{picture.caption}")


def _add_documents(archive: zipfile.ZipFile, chapter: Chapter, paper: OfficialDocument, moment: datetime) -> None:
    """The documents whole beside the paper, and in it a table with their names, each of which leads to its file."""
    rows: list[list[str | Reference]] = []
    for piece in chapter.pieces:
        for document in piece.documents:
            try:
                data = storage.read(document.sha256, document.media_type)
            except FileNotFoundError:
                continue
            number = len(rows) + 1
            name = "-".join(part for part in (f"{number:02d}", safe_name(piece.title)[:NAME_MAX].rstrip("_.")) if part)
            added = Picture(
                number, f"documents/{chapter.short_name}/{name}.pdf", piece.caption(chapter.limit), document.pages or 0
            )
            piece.papers.append(added)
            _add(archive, added.file, data, moment, packed=False)
            rows.append([
                str(number), Reference(added.caption.removesuffix(piece.mark), f"../{added.file}"),
                str(added.pages or "—"), _("补录") if piece.late else "",
            ])  # fmt: skip
    if rows:
        paper.text(_("文件 %(n)d 份，放在资料包的 documents 文件夹：") % {"n": len(rows)})
        paper.table([_("序号"), _("名称和日期"), _("页数"), _("补录")], rows, (14, 104, 18, 20))


def _add_bare(paper: OfficialDocument, bare: list[Piece]) -> None:
    """The records that have no photo here, the latest ones."""
    if not bare:
        return
    rows = [
        [f"{piece.happened_on:%Y-%m-%d}", piece.place, piece.source, _("补录") if piece.late else ""]
        for piece in bare[-ROWS_MAX:]
    ]
    paper.text(_("没有附照片的记录 %(n)d 条：") % {"n": len(bare)})
    paper.table([_("日期"), _("地点"), _("记录"), _("补录")], rows, (26, 50, 62, 18))
    if len(bare) > ROWS_MAX:
        paper.text(_("这里是最近 %(n)d 条，其余见总目录的表格。") % {"n": ROWS_MAX})


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


def _for_paper(data: bytes) -> bytes:
    """The photo no larger than a page can show."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        if max(image.size) <= PAPER_SIDE:
            return data
        image.draft("RGB", (PAPER_SIDE, PAPER_SIDE))
        image.thumbnail((PAPER_SIDE, PAPER_SIDE))
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=85)
    return stream.getvalue()
