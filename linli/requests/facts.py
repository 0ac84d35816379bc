"""Closed requests as evidence for standards: what was done about a matter at such places, by whom, in which days.

A request speaks for a criterion when its category is one the criterion's words point to (the same keywords that
suggest a category to whoever reports), or, where the words point to none, when it happened at a site of a kind for
which the criterion holds. Titles are the category and the number: what residents wrote goes into no file. Protected
reports are left out. Orders of other systems that were entered long after they were closed are marked late.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Collate, TruncDate
from django.utils import timezone
from django.utils.translation import get_language

from linli.kernel.labels import Label
from linli.people.models import Organisation
from linli.places.models import Place
from linli.places.snapshot import place_snapshot
from linli.requests.triage import suggest
from linli.standards.facts import Fact, Photo, Query, Source, register
from linli.work.models import Event, Evidence, Item
from linli.work.terms import catalogue

SLUG = "requests"
LATE_AFTER = timedelta(days=3)
PHOTOS_MAX = 6


def categories_for(words: str) -> frozenset[int]:
    """The categories to which the words of a criterion point, without the default for words that say nothing."""
    return frozenset(entry.category_id for entry in suggest(words, "complaint", catalogue()) if entry.score > 1)


def find(query: Query) -> list[Fact]:
    """Requests closed on these days that speak for the criterion, newest first. At most five statements."""
    rows = _closed(query) if query.by_hand else _pointed_at(query)
    if rows is None:
        return []
    rows = _narrowed(rows, query)
    photos = Evidence.objects.filter(kind="photo", removed_at=None).order_by("id")
    found = list(
        rows.select_related("category", "place").prefetch_related(Prefetch("evidence", photos, to_attr="photos"))[
            : query.limit
        ]
    )
    written = _written([row.pk for row in found if row.source_system])
    return [_fact(row, written.get(row.pk)) for row in found]


def _pointed_at(query: Query) -> QuerySet[Item] | None:
    """Requests to which the words of the criterion point, or its kinds of sites; None where neither says anything."""
    categories = categories_for(f"{query.node.title} {query.node.guidance}")
    at_sites = Q(place__site_kind__in=query.site_kinds)
    if categories:
        no_site = Q(place=None) | Q(place__site_kind="")
        rows = _closed(query).filter(category_id__in=categories)
        return rows.filter(no_site | at_sites if query.site_kinds else Q())
    return _closed(query).filter(at_sites) if query.site_kinds else None


def _narrowed(rows: QuerySet[Item], query: Query) -> QuerySet[Item]:
    """Those that the query asks for besides, in the order of records: by day and key."""
    zone = timezone.get_default_timezone()
    rows = rows.annotate(day=TruncDate("closed_at", tzinfo=zone), key=Collate("number", "C"))
    for word in query.words:
        rows = rows.filter(
            Q(category__name__icontains=word) | Q(number__icontains=word) | Q(place__name__icontains=word)
        )
    if query.where:
        named = Place.objects.filter(name__icontains=query.where).values_list("path", flat=True)
        rows = rows.filter(place_path__descendant_of_any=[str(path) for path in named])
    if query.with_photo:
        shown = Evidence.objects.filter(item=OuterRef("pk"), kind="photo", removed_at=None)
        rows = rows.filter(Exists(shown))
    if query.among is not None:
        rows = rows.filter(number__in=query.among)
    if query.before is not None:
        day, key, _source = query.before
        rows = rows.filter(Q(day__lt=day) | Q(day=day, key__lt=key))
    return rows.order_by("-day", "-key")


def _closed(query: Query) -> QuerySet[Item]:
    zone = timezone.get_default_timezone()
    begin = datetime.combine(query.since, time(), zone)
    end = datetime.combine(query.until + timedelta(days=1), time(), zone)
    rows = Item.objects.filter(
        kind="request", meaning="done", protected_reporter=False, merged_into=None,
        place_path__descendant_of=query.place_path, closed_at__gte=begin, closed_at__lt=end,
    )  # fmt: skip
    if query.organisation_id is not None:
        own = Organisation.objects.filter(pk=query.organisation_id).values("path")[:1]
        below = Organisation.objects.filter(path__descendant_of=Subquery(own)).values("pk")
        units = Q(responsible_organisation__in=below) | Q(legs__organisation__in=below, legs__reported_at__isnull=False)
        rows = rows.filter(units).distinct()
    return rows


def _written(items: list[int]) -> dict[int, datetime]:
    """When the last event of mirrored orders was written here: its id carries the moment (RFC 9562, version 7)."""
    found: dict[int, datetime] = {}
    for item_id, event_id in Event.objects.filter(item_id__in=items).order_by("sequence").values_list("item_id", "id"):
        found[item_id] = moment_of(event_id)
    return found


def moment_of(event_id: UUID) -> datetime:
    """The moment in a time-ordered UUID."""
    return datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC)


def _fact(row: Any, written: datetime | None) -> Fact:
    closed = row.closed_at
    recorded = max(written, closed) if written is not None else closed
    name = row.category.name if row.category else ""
    if row.category and (get_language() or "").startswith("en") and row.category.name_en:
        name = row.category.name_en
    places = place_snapshot()
    return Fact(
        source=SLUG,
        object_id=row.number,
        title=f"{name} · {row.number}".removeprefix(" · "),
        place_name=places.full_name(row.place_id) if row.place_id else "",
        happened_on=timezone.localdate(closed),
        recorded_at=recorded,
        photos=tuple(
            Photo(f"/media/{photo.pk}/1280/", photo.pk, photo.caption, photo.taken_at)
            for photo in row.photos[:PHOTOS_MAX]
        ),
        url=f"/desk/items/{row.number}/",
        late=recorded - closed > LATE_AFTER,
    )


def install() -> None:
    """Make the source known."""
    register(Source(SLUG, Label("诉求办理", "Requests"), find))
