"""Uploads that a step names become evidence of the item, in the same transaction, with flags for the verifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from linli.kernel.coordinates import distance_metres
from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.work.book import Book
from linli.work.engine import StepRefused
from linli.work.flush import Rows
from linli.work.models import Evidence

DOCUMENT = "document"
FAR_METRES_MIN = 200.0
OLD_HOURS_MIN = 24.0
UPLOAD_COLUMNS = (
    "token", "kind", "sha256", "media_type", "size", "width", "height", "duration_seconds", "perceptual_hash",
    "taken_at", "longitude", "latitude", "pages", "caption",
)  # fmt: skip
PURPOSES = {"before": "before", "after": "after", "signature": "signature"}


def rows(book: Book, actor: Actor, now: datetime) -> list[Rows]:
    """Claim the uploads named by the planned events (2 statements when there are any, else none)."""
    wanted = [
        (event, name, token) for event in book.planned for name, tokens in event.evidence.items() for token in tokens
    ]
    if not wanted:
        return []
    uploads = _claim([token for _, _, token in wanted], now)
    reused = _reused({upload["perceptual_hash"] for upload in uploads.values()} - {None}, book.item["id"])
    found = []
    for event, name, token in wanted:
        upload = uploads[token]
        distance = _distance((book.item["longitude"], book.item["latitude"]), upload)
        flags = _flags(upload, distance, now, reused)
        transition = book.workflow.transition(event.transition)
        field = transition.field_named(name)
        if upload["kind"] == DOCUMENT and not (field is not None and field.documents):
            raise _no_document(name)
        reported = event.from_state == "" and transition.permission.startswith("request.")
        public = reported or (field is not None and field.public)
        purpose = PURPOSES.get(name, "report" if event.from_state == "" else "note")
        found.append((
            book.item["id"], event.id, upload["kind"], purpose, upload["sha256"], upload["media_type"], upload["size"],
            upload["width"], upload["height"], upload["duration_seconds"], upload["perceptual_hash"],
            upload["taken_at"], upload["longitude"], upload["latitude"], distance, upload["pages"], flags,
            upload["caption"], "public" if public else "internal", actor.person_id, now,
        ))  # fmt: skip
    columns = (
        "item_id", "event_id", "kind", "purpose", "sha256", "media_type", "size", "width", "height",
        "duration_seconds", "perceptual_hash", "taken_at", "longitude", "latitude", "distance_metres", "pages",
        "flags", "caption", "visibility", "added_by_id", "added_at",
    )  # fmt: skip
    return [Rows("work_evidence", columns, found)]


def _no_document(field: str) -> StepRefused:
    label = Label("这里只能放照片或录音，不能放 PDF。", "Only photos and recordings can be put here, no PDF.")
    return StepRefused("no_document", label, status=422, field=field)


def _claim(tokens: list[str], now: datetime) -> dict[str, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE work_upload SET claimed_at = %s WHERE token = ANY(%s::uuid[]) AND claimed_at IS NULL"
            f" RETURNING {','.join(UPLOAD_COLUMNS)}",
            [now, tokens],
        )
        found = {str(row[0]): dict(zip(UPLOAD_COLUMNS, row, strict=True)) for row in cursor.fetchall()}
    if len(found) != len(set(tokens)):
        label = Label(
            "有照片已失效（上传超过一天或已用过），请重新上传。其他内容没有丢失。",
            "A photo has expired or was used already; upload it again. Nothing else is lost.",
        )
        raise StepRefused("upload_gone", label, status=422, field="photos")
    return found


def _reused(hashes: set[int], item_id: int | None) -> set[int]:
    """Perceptual hashes that stand in other evidence already (near matches are found by the nightly job).

    Asked before its own rows are written, so for what is no item every row counts.
    """
    if not hashes:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT perceptual_hash FROM work_evidence WHERE perceptual_hash = ANY(%s)"
            " AND (item_id IS NULL OR item_id IS DISTINCT FROM %s)",
            [list(hashes), item_id],
        )
        return {row[0] for row in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class Held:
    """Uploads that become evidence of something that is no item: the word of its room, its id, where it lies."""

    holder: str
    holder_id: int
    tokens: tuple[str, ...]
    purpose: str = "note"
    longitude: float | None = None
    latitude: float | None = None


def hold(wanted: Sequence[Held], actor: Actor, now: datetime) -> dict[int, list[int]]:
    """Claim uploads for what is no item, in the caller's transaction; ids of evidence by `holder_id`.

    At most 3 statements for any number. Raises StepRefused (422) when one of the uploads is gone.
    """
    pairs = [(held, token) for held in wanted for token in held.tokens]
    if not pairs:
        return {}
    uploads = _claim([token for _, token in pairs], now)
    reused = _reused({upload["perceptual_hash"] for upload in uploads.values()} - {None}, None)
    made = []
    for held, token in pairs:
        upload = uploads[token]
        if upload["kind"] == DOCUMENT:
            raise _no_document("photos")
        distance = _distance((held.longitude, held.latitude), upload)
        made.append(
            Evidence(
                holder=held.holder,
                holder_id=held.holder_id,
                purpose=held.purpose,
                distance_metres=distance,
                flags=_flags(upload, distance, now, reused),
                visibility="internal",
                added_by_id=actor.person_id,
                added_at=now,
                **{name: upload[name] for name in UPLOAD_COLUMNS if name != "token"},
            )
        )
    found: dict[int, list[int]] = {}
    for row in Evidence.objects.bulk_create(made):
        found.setdefault(row.holder_id or 0, []).append(row.pk)
    return found


def _distance(place: tuple[float | None, float | None], upload: dict[str, Any]) -> float | None:
    here, there = place, (upload["longitude"], upload["latitude"])
    if here[0] is None or here[1] is None or there[0] is None or there[1] is None:
        return None
    return round(distance_metres((here[0], here[1]), there), 1)


def _flags(upload: dict[str, Any], distance: float | None, now: datetime, reused: set[int]) -> list[str]:
    flags = []
    if upload["perceptual_hash"] in reused:
        flags.append("reused")
    if distance is not None and distance > FAR_METRES_MIN:
        flags.append("far")
    if upload["taken_at"] is not None and (now - upload["taken_at"]).total_seconds() > OLD_HOURS_MIN * 3600:
        flags.append("old")
    if upload["kind"] in ("photo", DOCUMENT) and upload["taken_at"] is None:
        flags.append("undated")
    return flags
