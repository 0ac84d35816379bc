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
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.files.base import File
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from linli.assessment import packing_index, scoring, selectors
from linli.assessment.models import AuditPack, EvidenceLink
from linli.assessment.official import OfficialDocument
from linli.people.access import system_actor
from linli.people.models import Organisation
from linli.standards import facts, wording
from linli.standards.evidence import KINDS as EVIDENCE_KINDS
from linli.standards.evidence import requirements_of
from linli.standards.models import Node, NodeUnit
from linli.work import storage
from linli.work.models import Evidence

PHOTOS_MAX = 30
PAPER_SIDE = 1600
"""The longer side, in pixels, of photos in a DOCX (120 mm wide: 300 dots an inch); whole they lie beside it."""
FOLDER = "packs"
KEPT = 3
NAME_MAX = 50
STATES = {
    "assigned": "待完成",
    "submitted": "待审核",
    "returned": "已退回",
    "accepted": "已通过",
    "cancelled": "已取消",
}
_UNSAFE = str.maketrans(dict.fromkeys("\\/:*?\"'<>|#%&{}", " "))
"""Signs that file systems refuse, or that mean something in an address: links to such files would lead nowhere."""


@dataclass(slots=True)
class Picture:
    """One photo in the pack: its number in the indicator, where it lies, what stands below it."""

    number: int
    file: str
    caption: str


@dataclass(slots=True)
class Piece:
    """One piece of evidence in the pack. `pictures` are those of its photos that are in it."""

    source: str
    place: str
    happened_on: date
    recorded_at: datetime
    late: bool
    photos: list[Evidence] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """What marks a late entry; it is never cut off."""
        return _("　（补录）") if self.late else ""

    def caption(self, limit: int | None = None, part: str = "") -> str:
        """What stands below a photo: where, when, from which record, which of several (`part`).

        Within the limit the record is left out first, then the year, and the place is shortened; the mark stays.
        """
        rest, day, short = part + self.mark, f"{self.happened_on:%Y年%-m月%-d日}", f"{self.happened_on:%-m月%-d日}"
        tries = [_in_line(self.place, day, self.source), _in_line(self.place, day), _in_line(self.place, short)]
        if limit is None:
            return tries[0] + rest
        room = limit - len(rest)
        left = room - len(short) - 2
        tries += [_in_line(self.place[:left] + "…", short)] if self.place and left > 0 else []
        return next((text for text in tries if len(text) <= room), short[: max(0, room)]) + rest


def _in_line(*words: str) -> str:
    return "　".join(word for word in words if word)


@dataclass(slots=True)
class Chapter:
    """One indicator with its tasks, pieces and photos; `number` is its place in the pack, in as many digits as all."""

    number: str
    node: Node
    path: list[str]
    score: str
    tasks: list[selectors.Task]
    unit_names: dict[int, str]
    pieces: list[Piece]
    left_out: int = 0

    @property
    def label(self) -> str:
        """Code and title."""
        return f"{self.node.code} {self.node.title}".strip()

    def units(self, part: str) -> list[str]:
        """Who has a task for it, leading or supporting."""
        names = [self.unit_names.get(task.organisation_id, "") for task in self.tasks if task.part == part]
        return list(dict.fromkeys(name for name in names if name))

    @property
    def limit(self) -> int | None:
        """The longest caption that the criterion allows."""
        limits = [entry.caption for entry in requirements_of(self.node.evidence) if entry.caption is not None]
        return min(limits) if limits else None

    @property
    def short_name(self) -> str:
        """Number and code: the name of the folder of its photos."""
        return "-".join(part for part in (self.number, _file_name(self.node.code)) if part)

    @property
    def file(self) -> str:
        """Where its paper lies."""
        title = _file_name(self.node.title)[:NAME_MAX].rstrip("_.")
        return f"indicators/{'-'.join(part for part in (self.short_name, title) if part)}.docx"

    @property
    def accepted(self) -> int:
        """Tasks that were accepted."""
        return sum(task.state == "accepted" for task in self.tasks)

    @property
    def missing(self) -> dict[str, int]:
        """Pieces of evidence that are missing, by kind, over all tasks that are not dropped."""
        found: dict[str, int] = {}
        for task in self.tasks:
            for kind, count in task.missing.items() if task.meaning != "dropped" else ():
                found[kind] = found.get(kind, 0) + count
        return found

    @property
    def gap(self) -> int:
        """Pieces of evidence that are missing."""
        return sum(self.missing.values())


def _file_name(text: str) -> str:
    """A text as part of a file's name: without spaces and signs that file systems or addresses trip over."""
    return "_".join("".join(sign for sign in text.translate(_UNSAFE) if sign.isprintable()).split()).strip(".")


def file_name(pack: AuditPack) -> str:
    """Where the pack lies in the storage of files."""
    return f"{FOLDER}/{pack.pk}.zip"


def download_name(pack: AuditPack) -> str:
    """What the file is called for whoever fetches it."""
    asked = timezone.localtime(pack.asked_at)
    return f"{_('迎检资料包')}-{_file_name(pack.assessment.title)}-{asked:%Y%m%d-%H%M}.zip"


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
    chapters: list[Chapter] = []
    AuditPack.objects.filter(pk=pack.pk).update(total=len(tree.criteria))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for done, chapter in enumerate(_chapters(pack, tree, found), start=1):
            _add_chapter(archive, chapter, pack, moment)
            chapters.append(chapter)
            AuditPack.objects.filter(pk=pack.pk).update(done=done)
        index = packing_index.Index(row, chapters, found.percent(), moment)
        _add(archive, "index.html", packing_index.page(index).encode(), moment)
        _add(archive, "index.xlsx", packing_index.workbook(index), moment)
    target.seek(0, io.SEEK_END)


def _add(archive: zipfile.ZipFile, name: str, data: bytes, moment: datetime, *, packed: bool = True) -> None:
    """One file, dated when the pack was made and readable once it is unpacked."""
    entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    archive.writestr(entry, data)


def _chapters(pack: AuditPack, tree: selectors.Tree, found: selectors.Scored) -> Iterator[Chapter]:
    row = pack.assessment
    by_node: dict[int, list[selectors.Task]] = {}
    for task in selectors.tasks(system_actor_for_packs(), row):
        by_node.setdefault(task.node_id, []).append(task)
    names = dict(Organisation.objects.values_list("pk", "name"))
    criteria = tree.criteria
    digits = max(2, len(str(len(criteria))))
    for place, node in enumerate(criteria, start=1):
        tasks = by_node.get(node.pk, [])
        score = found.scores[node.pk]
        percent = scoring.percent(score)
        words = _("尚未检查") if percent is None else f"{score.won:.2f} / {score.possible:.2f}（{percent:.1f}%）"
        above = [f"{entry.code} {entry.title}".strip() for entry in tree.above(node.pk)]
        pieces = _pieces([task.item_id for task in tasks])
        chapter = Chapter(f"{place:0{digits}d}", node, above, words, tasks, names, pieces)
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
        photo = [row] if row.media_type.startswith("image/") else []
        late = "old" in row.flags or "undated" in row.flags
        found.append(Piece(_("补充上传"), "", timezone.localtime(taken).date(), row.added_at, late, photo))
    return found


def _add_chapter(archive: zipfile.ZipFile, chapter: Chapter, pack: AuditPack, moment: datetime) -> None:
    row = pack.assessment
    paper = OfficialDocument(chapter.label, author=row.place.name)
    paper.heading(_("指标"))
    if row.synthetic:
        paper.text(_("合成数据，只作演示。"))
    _add_facts(paper, chapter)
    paper.text(_("截至 %(at)s，得分：%(score)s") % {"at": f"{moment:%Y年%-m月%-d日}", "score": chapter.score})
    paper.heading(_("任务"))
    if chapter.tasks:
        heads = [_("编号"), _("责任单位"), _("状态"), _("提交"), _("佐证"), _("缺口")]
        paper.table(heads, [_task_line(chapter, task) for task in chapter.tasks], (36, 46, 22, 24, 14, 14))
    else:
        paper.text(_("没有单位领这一条的任务。"))
    paper.heading(_("佐证"))
    if chapter.gap:
        parts = "、".join(f"{EVIDENCE_KINDS[kind].zh} {count}" for kind, count in chapter.missing.items())
        paper.text(_("还缺 %(n)d 件佐证：%(parts)s。") % {"n": chapter.gap, "parts": parts})
    _add_photos(archive, chapter, paper, moment)
    bare = [piece for piece in chapter.pieces if not piece.pictures]
    if bare:
        rows = [
            [f"{piece.happened_on:%Y-%m-%d}", piece.place, piece.source, _("补录") if piece.late else ""]
            for piece in bare
        ]
        paper.text(_("没有照片的记录 %(n)d 条：") % {"n": len(bare)})
        paper.table([_("日期"), _("地点"), _("记录"), _("补录")], rows, (26, 50, 62, 18))
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
        submitted = f"{timezone.localtime(task.replied_at):%Y-%m-%d}" + (_("（逾期）") if task.submitted_late else "")
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
