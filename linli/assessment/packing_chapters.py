"""What an audit pack is made of: indicators with their tasks, pieces of evidence, photos and documents.

Everything is read from records as they are, with their own days. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from linli.assessment import scoring, selectors
from linli.assessment.models import Assessment, EvidenceLink
from linli.people.access import Actor, Grant, system_actor
from linli.people.masking import mask_text
from linli.people.models import Organisation
from linli.standards import facts
from linli.standards.evidence import requirements_of
from linli.standards.models import Node
from linli.work.models import Evidence
from linli.work.uploads import DOCUMENT

PHOTOS_MAX = 30
NAME_MAX = 50
_UNSAFE = str.maketrans(dict.fromkeys("\\/:*?\"'<>|#%&{}", " "))
"""Signs that file systems refuse, or that mean something in an address: links to such files would lead nowhere."""


@dataclass(slots=True)
class Picture:
    """One photo or document in the pack: its number in the indicator, where it lies, what it is called."""

    number: int
    file: str
    caption: str
    pages: int = 0


@dataclass(slots=True)
class Piece:
    """One piece of evidence in the pack. `pictures` are those of its photos that are in it, `papers` its documents.

    A document has a `title`: what it is called.
    """

    source: str
    place: str
    happened_on: date
    recorded_at: datetime
    late: bool
    photos: list[Evidence] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    title: str = ""
    documents: list[Evidence] = field(default_factory=list)
    papers: list[Picture] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """What marks a late entry; it is never cut off."""
        return _("　（补录）") if self.late else ""

    def caption(self, limit: int | None = None, part: str = "") -> str:
        """What stands below a photo: where, when, from which record, which of several (`part`); a document's title.

        Within the limit the record is left out first, then the year, and the place is shortened; the mark stays.
        """
        head = self.title or self.place
        rest, day, short = part + self.mark, f"{self.happened_on:%Y年%-m月%-d日}", f"{self.happened_on:%-m月%-d日}"
        tries = [_in_line(head, day, self.source), _in_line(head, day), _in_line(head, short)]
        if limit is None:
            return tries[0] + rest
        room = limit - len(rest)
        left = room - len(short) - 2
        tries += [_in_line(head[:left] + "…", short)] if head and left > 0 else []
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
        return "-".join(part for part in (self.number, safe_name(self.node.code)) if part)

    @property
    def file(self) -> str:
        """Where its paper lies."""
        title = safe_name(self.node.title)[:NAME_MAX].rstrip("_.")
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


def safe_name(text: str) -> str:
    """A text as part of a file's name: without spaces and signs that file systems or addresses trip over."""
    return "_".join("".join(sign for sign in text.translate(_UNSAFE) if sign.isprintable()).split()).strip(".")


def chapters_of(row: Assessment, tree: selectors.Tree, found: selectors.Scored) -> Iterator[Chapter]:
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
        pieces = pieces_of([task.item_id for task in tasks])
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
    grant = Grant(frozenset({selectors.VIEW}), role="system", everything=True)
    return Actor(roles=system_actor().roles, grants=(grant,), channel="system")


def pieces_of(items: list[int]) -> list[Piece]:
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
        piece = Piece(_("补充上传"), "", timezone.localtime(taken).date(), row.added_at, late, photo)
        if row.kind == DOCUMENT:
            piece.title, piece.documents = mask_text(row.caption) or _("文件"), [row]
        found.append(piece)
    return found
