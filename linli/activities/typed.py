"""What forms of this room send, read into values; refusals carry the field they belong to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from linli.activities.checkin import put_right
from linli.activities.shown import tongue
from linli.activities.words import refuse
from linli.kernel.numbers import whole_number
from linli.work.engine import StepRefused


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a form was not accepted: the words, the field they belong to, the HTTP status."""

    text: str
    field: str = ""
    status: int = 422


def problem_of(refusal: StepRefused) -> Problem:
    """A refusal as the form shows it."""
    return Problem(refusal.label.text(tongue()), refusal.field or "", refusal.status)


def key_of(request: HttpRequest) -> uuid.UUID:
    """The key that was sent with the form, or a new one."""
    return key_in(request.POST.get("key", "")) or uuid.uuid4()


def key_in(text: str) -> uuid.UUID | None:
    """A key; None for any other text."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def stamped(row: Mapping[str, Any], sent: Mapping[str, Any]) -> tuple[uuid.UUID, datetime]:
    """Key and time of something that a phone kept, the time put right by `sent_at`; ValueError for anything else."""
    key, at = key_in(str(row["key"])), datetime.fromisoformat(str(row["at"]))
    by = datetime.fromisoformat(str(sent["sent_at"])) if "sent_at" in sent else None
    if key is None or timezone.is_naive(at) or (by is not None and timezone.is_naive(by)):
        raise ValueError("no key or no time")
    return key, put_right(at, by, timezone.now())


def whole(text: str, field: str, most: int = 10**6) -> int:
    """A whole number that was typed, nothing being 0; StepRefused (422) for anything else."""
    found = whole_number(text.strip() or "0")
    if found is None or found > most:
        raise refuse("bad_number", field, "请填写数字。", "Give a number.")
    return found


def day(text: str, field: str) -> date:
    """A day of a form; StepRefused (422) when it is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise refuse("bad_day", field, "请填写日期。", "Give a date.") from error


def moment(text: str, field: str) -> datetime:
    """Day and time of a form in local time; StepRefused (422) when it is none."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise refuse("bad_moment", field, "请填写日期和时间。", "Give day and time.") from error
    return timezone.make_aware(found) if timezone.is_naive(found) else found


def words(text: str) -> tuple[str, ...]:
    """Short words of one field, parted by the marks that people use."""
    for mark in "，、；;\n":
        text = text.replace(mark, ",")
    return tuple(word.strip() for word in text.replace("\x00", "").split(",") if word.strip())


def said(data: Mapping[str, str], name: str) -> str:
    """The words of a field."""
    return data.get(name, "").replace("\x00", "")
