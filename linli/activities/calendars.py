"""Calendars that phones subscribe to (RFC 5545): of a place for everybody, of a person by a secret address."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from linli.activities.models import CalendarKey
from linli.people.access import Actor

TYPE = "text/calendar; charset=utf-8"
LINE_BYTES = 75


def _text(words: str) -> str:
    """A text value: RFC 5545, 3.3.11."""
    plain = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return plain.replace("\r\n", "\\n").replace("\n", "\\n")


def _folded(line: str) -> str:
    """A content line in pieces of at most 75 octets: RFC 5545, 3.1."""
    pieces: list[str] = []
    piece = ""
    for letter in line:
        if len((piece + letter).encode()) > LINE_BYTES - bool(pieces):
            pieces.append(piece)
            piece = ""
        piece += letter
    return "\r\n ".join([*pieces, piece])


def _moment(at: datetime) -> str:
    return at.astimezone(timezone.get_fixed_timezone(0)).strftime("%Y%m%dT%H%M%SZ")


def address(activity_id: int) -> str:
    """The public page of an activity."""
    return f"{str(settings.LINLI_PUBLIC_URL).rstrip('/')}/activities/{activity_id}/"


def calendar(name: str, rows: Iterable[Mapping[str, Any]], now: datetime) -> bytes:
    """Rows as a calendar; what is called off says so, and what is one's waiting place is tentative."""
    host = str(settings.LINLI_PUBLIC_URL).partition("://")[2].partition("/")[0].partition(":")[0] or "linli"
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Linli//Activities//ZH", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
    ]  # fmt: skip
    for row in rows:
        where = " ".join(part for part in (row["above"] or "", row["place_name"], row["spot"]) if part)
        status = "CANCELLED" if row["state"] == "cancelled" else "TENTATIVE" if row.get("mine") == "waiting" else ""
        lines += [
            "BEGIN:VEVENT", f"UID:activity-{row['id']}@{host}", f"DTSTAMP:{_moment(now)}",
            f"DTSTART:{_moment(row['starts_at'])}", f"DTEND:{_moment(row['ends_at'])}",
            f"SUMMARY:{_text(row['title'])}",
            f"LOCATION:{_text(where)}", f"URL:{address(row['id'])}", f"STATUS:{status or 'CONFIRMED'}", "END:VEVENT",
        ]  # fmt: skip
    return ("\r\n".join(_folded(line) for line in [*lines, "END:VCALENDAR"]) + "\r\n").encode()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def new_key(actor: Actor) -> str:
    """A new secret for the address of one's calendar; the old address answers no more. It is shown once."""
    assert actor.person_id is not None, "the page is for people who are signed in"
    token = secrets.token_urlsafe(24)
    CalendarKey.objects.update_or_create(
        person_id=actor.person_id, defaults={"digest": _digest(token), "made_at": timezone.now()}
    )
    return token


def drop_key(actor: Actor) -> None:
    """Close one's secret address."""
    CalendarKey.objects.filter(person_id=actor.person_id or 0).delete()


def has_key(actor: Actor) -> bool:
    """Whether one has an address (1 statement)."""
    return CalendarKey.objects.filter(person_id=actor.person_id or 0).exists()


def person_of(token: str) -> int | None:
    """The person behind a secret; None for any other text (1 statement)."""
    return CalendarKey.objects.filter(digest=_digest(token)).values_list("person_id", flat=True).first()
