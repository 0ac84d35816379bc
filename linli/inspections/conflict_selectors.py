"""Readers of what phones sent and could not be stored: for officers of the area, and the numbers for their desk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from linli.inspections import batch as sent
from linli.inspections.letter_selectors import own_units
from linli.inspections.models import PendingConflict
from linli.inspections.promises import URGE
from linli.inspections.services import RESOLVE
from linli.people.access import Actor, ObjectHidden, covers
from linli.people.roles import ROLES
from linli.people.selectors import current_appointments
from linli.standards.models import Node
from linli.work.models import Category, Upload
from linli.work.terms import Catalogue

PAGE = 50
DECIDERS = frozenset(role.slug for role in ROLES.values() if RESOLVE in role.permissions)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the actor besides items: conflicts to decide, letters to answer, and letters left unanswered."""

    conflicts: int = 0
    letters: int = 0
    unanswered: int = 0


_WAITING = """
SELECT (SELECT count(*) FROM inspections_pendingconflict c JOIN places_place p ON p.id = c.site_id
    WHERE c.state = 'open' AND (%(everything)s OR p.path <@ ANY(%(scopes)s::ltree[]))),
  (SELECT count(*) FROM inspections_urgingletter l WHERE l.replied_at IS NULL AND l.organisation_id = ANY(%(own)s)),
  (SELECT count(*) FROM inspections_urgingletter l JOIN places_place p ON p.id = l.place_id
    WHERE l.replied_at IS NULL AND l.reply_due < %(today)s
      AND (%(urges_everywhere)s OR p.path <@ ANY(%(urges)s::ltree[])))
"""


def waiting(actor: Actor, terms: Catalogue) -> Waiting:
    """The numbers of the cards on the desk (1 statement; none for those for whom there can be nothing)."""
    scopes, urges, own = actor.scopes(RESOLVE), actor.scopes(URGE), own_units(actor, terms)
    if scopes.empty and urges.empty and not own:
        return Waiting()
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "everything": scopes.everything, "scopes": list(scopes.place_paths), "own": own,
            "urges_everywhere": urges.everything, "urges": list(urges.place_paths), "today": timezone.localdate(),
        }  # fmt: skip
        cursor.execute(_WAITING, values)
        return Waiting(*cursor.fetchone())


def _open(actor: Actor) -> Any:
    scopes = actor.scopes(RESOLVE)
    rows = PendingConflict.objects.filter(state=PendingConflict.OPEN, site__isnull=False)
    if not scopes.everything:
        rows = rows.filter(site__path__descendant_of_any=list(scopes.place_paths))
    return rows


@dataclass(frozen=True, slots=True)
class Conflict:
    """One record that waits: what was sent, why it was not stored, who may decide and what can be chosen."""

    id: int
    site_id: int
    site: str
    reason: str
    why: Any
    choices: tuple[tuple[str, Any], ...]
    criterion: str
    round_id: int
    observed_at: datetime
    received_at: datetime
    recorded_by: str
    result: str
    value: float | None
    words: str
    finding: dict[str, Any] | None
    category: str
    photos: tuple[int, ...]
    deciders: tuple[tuple[str, str], ...]


def conflicts(actor: Actor, page: int = 1) -> tuple[list[Conflict], int]:
    """Conflicts at the sites where the actor may decide, the oldest first, and how many there are (≤ 6 statements)."""
    found = _open(actor)
    total = found.count()
    start = (page - 1) * PAGE
    rows = list(found.select_related("site", "recorded_by").order_by("id")[start : start + PAGE])
    if not rows:
        return [], total
    titles = dict(Node.objects.filter(pk__in=[row.payload["criterion_id"] for row in rows]).values_list("id", "title"))
    named = [(row.payload.get("finding") or {}).get("category_id") for row in rows]
    wanted = {int(category) for category in named if category}
    categories = dict(Category.objects.filter(pk__in=wanted).values_list("id", "name")) if wanted else {}
    pictures = _pictures(rows)
    deciders = _deciders([str(row.site.path) for row in rows if row.site])
    return [_conflict(row, titles, categories, pictures, deciders) for row in rows], total


def _conflict(
    row: PendingConflict,
    titles: dict[int, str],
    categories: dict[int, str],
    pictures: set[str],
    deciders: list[tuple[str, str, str]],
) -> Conflict:
    assert row.site is not None
    payload, reason, path = row.payload, sent.REASONS[row.reason], str(row.site.path)
    finding = payload.get("finding")
    return Conflict(
        id=row.pk, site_id=row.site.pk, site=row.site.name, reason=row.reason, why=reason.label,
        choices=tuple((code, sent.CHOICES[code]) for code in reason.choices),
        criterion=titles.get(payload["criterion_id"], ""), round_id=payload["round_id"],
        observed_at=timezone.localtime(datetime.fromisoformat(payload["observed_at"])), received_at=row.received_at,
        recorded_by=row.recorded_by.display_name if row.recorded_by else "", result=payload["result"],
        value=payload.get("value"), words=payload.get("words", ""), finding=finding,
        category=categories.get((finding or {}).get("category_id") or 0, ""),
        photos=tuple(at for at, token in enumerate(photo_tokens(payload)) if token in pictures),
        deciders=tuple((role, name) for role, name, area in deciders if covers(area, path)),
    )  # fmt: skip


def photo_tokens(payload: dict[str, Any]) -> list[str]:
    """The photos a conflict names, before and after."""
    return [*payload.get("photos", ()), *((payload.get("finding") or {}).get("after_photos", ()))]


def _pictures(rows: Iterable[PendingConflict]) -> set[str]:
    """Of the uploads that are named, the pictures that are still there."""
    tokens = [token for row in rows for token in photo_tokens(row.payload)]
    if not tokens:
        return set()
    found = Upload.objects.filter(token__in=tokens, claimed_at=None, media_type__startswith="image/")
    return {str(token) for token in found.values_list("token", flat=True)}


def _deciders(paths: list[str]) -> list[tuple[str, str, str]]:
    """Role, area and its path of who may decide at these sites: by role and area, not by name (1 statement)."""
    # The labels of a path are the ids of the places around it.
    around = {int(label) for path in paths for label in path.split(".")}
    rows = current_appointments().filter(role__in=DECIDERS, place_id__in=around)
    found = rows.order_by("-place__path__depth", "role").values_list("role", "place__name", "place__path").distinct()
    return [(role, name, str(path)) for role, name, path in found]


def picture_of(actor: Actor, conflict_id: int, position: int) -> Upload:
    """A photo of an open conflict; ObjectHidden (404) for who may not decide it, or when it is gone (2 statements)."""
    row = _open(actor).filter(pk=conflict_id).first()
    tokens = photo_tokens(row.payload) if row is not None else []
    if position >= len(tokens):
        raise ObjectHidden(RESOLVE)
    found = Upload.objects.filter(token=tokens[position], claimed_at=None, media_type__startswith="image/").first()
    if found is None:
        raise ObjectHidden(RESOLVE)
    return found
