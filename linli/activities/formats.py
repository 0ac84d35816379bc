"""The only writers of formats (活动形式): what a new activity begins with, as data of the district and its areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from linli.activities import posts
from linli.activities.access import PLAN, place_over
from linli.activities.models import Format
from linli.activities.planning import MINUTES_MAX
from linli.activities.posts import Post
from linli.activities.words import clean, public, refuse
from linli.people.access import Actor, ObjectHidden
from linli.people.access import refuse as refuse_act
from linli.people.audit import record
from linli.work.themes import THEMES

FORMATS_MAX = 60


@dataclass(frozen=True, slots=True)
class WantedFormat:
    """A format as it is entered; `place_id` is the area for which a new one is added."""

    name: str
    minutes: int
    posts: tuple[Post, ...]
    name_en: str = ""
    theme: str = ""
    purpose: str = ""
    programme: str = ""


def may_edit(actor: Actor, row: Format) -> bool:
    """Whether the actor may change a format: one of an area who plans there, one of everywhere who plans everywhere.

    The formats of everywhere are those of the district: who plans in the whole of a district may.
    """
    if row.place is not None:
        return actor.may(PLAN, place_path=str(row.place.path))
    scopes = actor.scopes(PLAN)
    return scopes.everything or any(path.count(".") == 0 for path in scopes.place_paths)


def _columns(wanted: WantedFormat) -> dict[str, Any]:
    if not 0 < wanted.minutes <= MINUTES_MAX:
        raise refuse("bad_minutes", "minutes", "时长在1分钟到24小时之间。", "From 1 minute to 24 hours.")
    if wanted.theme and wanted.theme not in THEMES:
        raise refuse("bad_theme", "theme", "请选择类别。", "Choose the kind of good deed.")
    return {
        "name": public(wanted.name, "name", 40, needed=True), "name_en": clean(wanted.name_en, "name_en", 60),
        "theme": wanted.theme, "purpose": public(wanted.purpose, "purpose", 500),
        "programme": public(wanted.programme, "programme", 4000), "minutes": wanted.minutes,
        "roles": posts.as_data(posts.checked(wanted.posts)),
    }  # fmt: skip


def add(actor: Actor, place_id: int, wanted: WantedFormat) -> Format:
    """Add a format for an area; the same name there again is the same one, as last entered.

    Raises PermissionRefused (403), StepRefused (422, 409 for too many).
    """
    columns = _columns(wanted)
    place = place_over(actor, place_id)
    with transaction.atomic():
        if Format.objects.filter(place=place, active=True).exclude(name=columns["name"]).count() >= FORMATS_MAX:
            raise refuse("too_many", "name", f"一个地方最多{FORMATS_MAX}种。", f"At most {FORMATS_MAX}.", status=409)
        row, _fresh = Format.objects.update_or_create(
            name=columns["name"], place=place, defaults={**columns, "active": True}
        )
        record("activity.planned", actor_id=actor.person_id, subject=f"format:{row.pk}")
    return row


def change(actor: Actor, format_id: int, wanted: WantedFormat) -> Format:
    """Change a format; activities that began with it stay as they are. Raises ObjectHidden (404), StepRefused (422)."""
    columns = _columns(wanted)
    try:
        with transaction.atomic():
            row = _held(actor, format_id)
            for name, value in columns.items():
                setattr(row, name, value)
            row.save()
            record("activity.planned", actor_id=actor.person_id, subject=f"format:{row.pk}")
    except IntegrityError as error:
        raise refuse("doubled", "name", "这里已有同名的形式。", "There is one of this name.") from error
    return row


@transaction.atomic
def switch(actor: Actor, format_id: int, *, active: bool) -> Format:
    """Offer a format for new activities, or no longer; switching alike again changes nothing."""
    row = _held(actor, format_id)
    if row.active != active:
        row.active = active
        row.save(update_fields=["active"])
        record("activity.planned", actor_id=actor.person_id, subject=f"format:{row.pk}")
    return row


def _held(actor: Actor, format_id: int) -> Format:
    row = Format.objects.select_for_update(of=("self",)).select_related("place").filter(pk=format_id).first()
    if row is None:
        raise ObjectHidden(PLAN)
    if not may_edit(actor, row):
        refuse_act(actor, PLAN, place_path=str(row.place.path) if row.place else None, hidden=True)
    return row
