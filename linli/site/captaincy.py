"""What building captains (老同志楼长) report: read from their form, made a request; and what came of it, as thanks."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.http import HttpRequest
from django.utils.translation import gettext as _

from linli.kernel.labels import Label
from linli.kernel.numbers import whole_number
from linli.people.access import Actor
from linli.places.snapshot import PlaceRow, PlaceSnapshot
from linli.requests.reporting import Report
from linli.site.words import text
from linli.work import uploads
from linli.work.engine import StepRefused
from linli.work.receiving import Incoming, receive_all
from linli.work.refused import FileRefused
from linli.work.senders import owner_of

VIEW = "work.view"
PHOTOS_MAX, WORDS_MAX = 6, 2000
CHANNEL = "patrol"
NOT_CLEAR = Label("请再点一次“发送”。", "Please send it once more.")
NOT_YOURS = Label("这里不在您照看的范围。", "This is not a place you look after.")
UNREADABLE = Label("照片或录音打不开，请再拍一张或写几个字。", "It cannot be opened; take another photo or write.")
UNMENDED = Label("修好后的照片打不开，请再拍一张。", "The photo of the mended thing cannot be opened; take another.")


@dataclass(slots=True)
class Told:
    """What came with the form: everything that was entered is shown again when it is refused."""

    key: uuid.UUID = field(default_factory=uuid.uuid4)
    words: str = ""
    place_id: int | None = None
    problem: str = ""


def places_of(actor: Actor, places: PlaceSnapshot) -> list[PlaceRow]:
    """The places of the actor's appointments, as they are called: buildings, mostly."""
    rows = (places.get(int(path.rpartition(".")[2])) for path in actor.scopes(VIEW).place_paths)
    return [row for row in rows if row is not None]


def told(request: HttpRequest) -> Told:
    """The texts of the form. A key that is none becomes a new one."""
    found = Told(words=request.POST.get("words", "").strip()[:WORDS_MAX])
    try:
        found.key = uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        found.problem = text(NOT_CLEAR)
    found.place_id = whole_number(request.POST.get("place"))
    return found


def report_of(request: HttpRequest, found: Told, own: Sequence[PlaceRow]) -> Report:
    """The report that the form means: passed on, or fixed where there is a photo of the mended thing (自处置).

    The building is known from the appointment. Files are named by the form's key, so a form that comes twice brings
    its files once. Raises StepRefused (422).
    """
    place = next((row for row in own if found.place_id in (None, row.id)), None)
    if place is None:
        raise StepRefused("not_yours", NOT_YOURS, status=422, field="place")
    before, spoken, after = _received(request, found.key)
    if not found.words and not before and not spoken and not after:
        raise StepRefused(
            "nothing_said", Label("请拍一张照片、说几句或写几个字。", "Take a photo, speak or write."), status=422
        )
    title = "" if found.words else f"{place.name}：楼长{'语音' if spoken and not before else '拍照'}上报"
    if not after:
        return Report(
            kind="help", words=found.words, title=title, transition="report", place_id=place.id, address=place.name,
            channel=CHANNEL, uploads=(*before, *spoken),
        )  # fmt: skip
    data: dict[str, Any] = {"before": [*before, *spoken], "after": after}
    return Report(
        kind="help", words=found.words or f"{place.name}：楼长发现并已处理", title=title, transition="fix_on_spot",
        place_id=place.id, address=place.name, channel=CHANNEL, step_data=data,
    )  # fmt: skip


def _received(request: HttpRequest, key: uuid.UUID) -> tuple[list[str], list[str], list[str]]:
    """Tokens of the photos, of the spoken note, and of the photos of the mended thing."""
    facts = _facts(request.POST.get("facts", ""))
    wanted: dict[str, list[Incoming]] = {}
    for name, kind in (("photos", uploads.PHOTO), ("voice", uploads.AUDIO), ("after", uploads.PHOTO)):
        files = [file for file in request.FILES.getlist(name) if isinstance(file, UploadedFile) and file.size]
        said = facts.get(name) or []
        wanted[name] = [
            Incoming(
                uuid.uuid5(key, f"{name}{number}"), file, kind, uploads.told(said[number] if number < len(said) else {})
            )
            for number, file in enumerate(files[:PHOTOS_MAX])
        ]  # fmt: skip
    tokens = receive_all([one for part in wanted.values() for one in part], owner=owner_of(request))
    good = {
        name: [str(token) for one in part if not isinstance(token := tokens[one.number], FileRefused)]
        for name, part in wanted.items()
    }
    if wanted["after"] and not good["after"]:
        # It must not be passed on as if nobody had mended it.
        raise StepRefused("unreadable", UNMENDED, status=422, field="after")
    if any(wanted.values()) and not any(good.values()) and not request.POST.get("words", "").strip():
        raise StepRefused("unreadable", UNREADABLE, status=422, field="photos")
    return good["photos"], good["voice"], good["after"]


def _facts(given: str) -> dict[str, list[dict[str, Any]]]:
    """When and where each photo was taken, read on the phone before it was made small; what is wrong is dropped."""
    try:
        data = json.loads(given) if given else {}
    except ValueError:
        return {}
    if not isinstance(data, dict):
        return {}
    return {
        name: [entry if isinstance(entry, dict) else {} for entry in rows][:PHOTOS_MAX]
        for name, rows in data.items() if isinstance(rows, list)
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Thanks:
    """A captain's reports in figures of their own, never beside those of others.

    `first`: of the reports that hold, those before which nobody had reported the same matter (the same: joined by the
    staff as one, 并案). `after`: how many others reported it later.
    """

    total: int
    solved: int
    first: int
    after: int


_THANKS = """
SELECT count(*), count(*) FILTER (WHERE coalesce(root.meaning, i.meaning) = 'done'),
  count(*) FILTER (WHERE others.before = 0), coalesce(sum(others.later), 0)
FROM work_item i LEFT JOIN work_item root ON root.id = i.merged_into_id
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE (o.received_at, o.id) < (i.received_at, i.id)) AS before,
    count(*) FILTER (WHERE (o.received_at, o.id) > (i.received_at, i.id)
      AND o.reporter_id IS DISTINCT FROM i.reporter_id) AS later
  FROM work_item o
  WHERE o.id <> i.id AND (o.id = coalesce(i.merged_into_id, i.id) OR o.merged_into_id = coalesce(i.merged_into_id, i.id))
) others
WHERE i.reporter_id = %s AND i.kind = 'request' AND i.state NOT IN ('withdrawn', 'refused', 'undone', 'transferred')
"""  # noqa: E501


def thanks(person_id: int) -> Thanks:
    """What a captain's reports came to (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(_THANKS, [person_id])
        return Thanks(*cursor.fetchone())


@dataclass(frozen=True, slots=True)
class Came:
    """What became of one report, with the photo of the mended thing where there is one for the reporter."""

    item_id: int
    number: str
    title: str
    state: str
    meaning: str
    unit_name: str
    due_at: datetime | None
    received_at: datetime
    closed_at: datetime | None
    own_hands: bool
    photo_before: int | None
    photo_after: int | None


_CAME = """
SELECT i.id, i.number, i.title, i.state, i.meaning, coalesce(nullif(o.short_name, ''), o.name, ''), i.handle_due,
  i.received_at, i.closed_at,
  EXISTS (SELECT 1 FROM work_event w WHERE w.item_id = i.id AND w.transition = 'fix_on_spot'), {before}, {after}
FROM work_item i LEFT JOIN people_organisation o ON o.id = i.responsible_organisation_id
WHERE i.reporter_id = %s AND i.kind = 'request'
ORDER BY i.state = 'waiting' DESC, i.received_at DESC, i.id DESC LIMIT %s
"""
_PHOTO = """(SELECT {most}(e.id) FROM work_evidence e WHERE e.item_id = i.id AND e.kind = 'photo' AND {purpose}
  AND e.visibility = 'public' AND e.removed_at IS NULL)"""


def came_of(person_id: int, limit: int = 50) -> list[Came]:
    """A captain's reports, those that ask something first, then the newest (1 statement)."""
    statement = _CAME.format(
        before=_PHOTO.format(most="min", purpose="e.purpose IN ('report', 'before')"),
        after=_PHOTO.format(most="max", purpose="e.purpose = 'after'"),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [person_id, limit])
        return [Came(*row) for row in cursor.fetchall()]


def said_of(thanked: Thanks) -> list[str]:
    """The figures as sentences of thanks."""
    if not thanked.total:
        return []
    found = [_("您一共报了 %(total)d 件，办结 %(solved)d 件。") % {"total": thanked.total, "solved": thanked.solved}]
    if thanked.first:
        found.append(_("其中 %(n)d 件，您是第一个发现的。") % {"n": thanked.first})
    if thanked.after:
        found.append(_("后来又有 %(n)d 人报了同样的事，您都走在前面。") % {"n": thanked.after})
    return [*found, _("谢谢您。")]
