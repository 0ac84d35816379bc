"""What the pages of the room share: reading of forms, choices of places, private answers, refusals in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_time
from django.utils.translation import get_language

from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.places.home import frame
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, PlaceSnapshot, place_snapshot
from linli.volunteering.refusing import refused
from linli.work.engine import StepRefused

PLACES_OFFERED = 600
CODES: dict[str, Label] = {
    "own": Label("本人的时长由别人确认", "One's own hours are confirmed by somebody else"),
    "changed": Label("刚刚有人办理过", "Somebody has just decided"),
    "zero": Label("时长为0：请更正，或写理由不予认定", "No hours: correct them, or give the reason for none"),
    "reason": Label("改了时长，请写理由", "The hours were changed: give the reason"),
    "overlap": Label("和另一次已确认的服务时间重叠", "Overlaps with hours that are confirmed already"),
}
"""Why hours were not confirmed (`hours.Decided.left`)."""


def words_of(refusal: StepRefused) -> str:
    """The refusal in the language of the page."""
    return refusal.label.text(get_language() or "zh-hans")


def day(text: str | None) -> date | None:
    """A day from a form; None where there is none or it is no day."""
    try:
        return parse_date(text or "")
    except ValueError:
        return None


def needed_day(text: str | None, field: str) -> date:
    """A day from a form; refused when it is missing."""
    found = day(text)
    if found is None:
        raise refused("bad_day", "请填写日期。", "Give a day.", field)
    return found


def minutes_from(text: str, field: str = "hours") -> int:
    """Minutes from hours as people type them: 2, 2.5, 1.75."""
    try:
        hours = Decimal(text.strip().replace("，", ".").replace("。", "."))
        minutes = int((hours * 60).to_integral_value())
    except (InvalidOperation, ValueError, OverflowError) as wrong:
        raise refused("bad_hours", "请填写小时数，如 2 或 1.5。", "Give hours, as 2 or 1.5.", field) from wrong
    if not 0 <= minutes <= 6000:
        raise refused("bad_hours", "请填写小时数，如 2 或 1.5。", "Give hours, as 2 or 1.5.", field)
    return minutes


def moment(on: date, text: str | None) -> datetime | None:
    """A local time of day on a day; None where none is given."""
    try:
        time = parse_time(text or "")
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(on, time)) if time is not None else None


def places() -> PlaceSnapshot:
    """The register of places as it is now."""
    return place_snapshot(registry_versions())


def offered(actor: Actor, permission: str, known: PlaceSnapshot) -> list[PlaceRow]:
    """Streets and communities in which the actor holds the permission, in the order of the tree."""
    scopes = actor.scopes(permission)
    rows = [row for kind in ("district", "street", "community") for row in known.of_kind(kind)]
    rows = [row for row in rows if actor.may(permission, place_path=row.path)] if not scopes.everything else rows
    return sorted(rows, key=lambda row: [int(part) for part in row.path.split(".")])[:PLACES_OFFERED]


def communities(request: HttpRequest, known: PlaceSnapshot) -> list[tuple[str, list[PlaceRow]]]:
    """The communities of the visitor's district by street, for residents."""
    district = frame(request, known)["district"]
    if district is None:
        return []
    groups: dict[str, list[PlaceRow]] = {}
    for row in known.descendants(district.id, "community"):
        above = known.ancestor_of_kind(row.id, "street")
        groups.setdefault(above.name if above else "", []).append(row)
    return list(groups.items())


def resident_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200, own: bool = True
) -> HttpResponse:
    """A page in the public frame; what is somebody's own stays out of caches and search engines."""
    response = render(request, f"volunteering/{template}", {**frame(request), **context}, status=status)
    if own:
        response["Cache-Control"] = "no-store, private"
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response["Referrer-Policy"] = "same-origin"
    return response


def tried(act: Callable[[], Any]) -> tuple[Any, StepRefused | None]:
    """What a service answers, or why it refused."""
    try:
        return act(), None
    except StepRefused as refusal:
        return None, refusal


def file(data: bytes, name: str, media_type: str, *, inline: bool = False) -> HttpResponse:
    """A file to be opened or kept."""
    response = HttpResponse(data, content_type=media_type)
    kind = "inline" if inline else "attachment"
    response["Content-Disposition"] = f'{kind}; filename="{name}"'
    response["Cache-Control"] = "no-store, private"
    return response
