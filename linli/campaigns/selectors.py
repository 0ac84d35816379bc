"""The only readers of campaigns: which ones an actor sees, and what came of them by the records of other rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from linli.campaigns import rules
from linli.campaigns.contributors import RECORDS_MAX, Contributor, Record, Scope, contributors
from linli.campaigns.grounds import ground
from linli.campaigns.models import Campaign, CampaignPlace
from linli.people.access import Actor, ObjectHidden, Scopes
from linli.people.masking import mask_text
from linli.work.visibility import visible

VIEW = "campaigns.view"


def _reach(scopes: Scopes) -> Q:
    """Over a place above or below one of the actor's; or a unit of theirs takes part."""
    if scopes.everything:
        return Q()
    found = Q(place__path__descendant_of_any=list(scopes.place_paths))
    for path in scopes.place_paths:
        found |= Q(place__path__ancestor_of=path)
    units = list(scopes.organisation_ids)
    return found | Q(pk__in=Campaign.teams.through.objects.filter(organisation_id__in=units).values("campaign_id"))


def seen_by(actor: Actor, *, limit: int = 300) -> list[Campaign]:
    """Campaigns that concern the actor, running ones first (1 statement)."""
    rows = Campaign.objects.select_related("place", "parent").filter(_reach(actor.scopes(VIEW)))
    return list(rows.order_by("-until", "-since", "pk")[:limit])


def campaign_for(actor: Actor, campaign_id: int) -> Campaign:
    """The campaign, if it concerns the actor; hidden otherwise (1 statement)."""
    scopes = actor.scopes(VIEW)
    rows = Campaign.objects.select_related("place", "parent", "organisation").filter(_reach(scopes), pk=campaign_id)
    row = rows.first()
    if row is None or scopes.empty:
        raise ObjectHidden(VIEW)
    return row


@dataclass(frozen=True, slots=True)
class Trend:
    """How one kind of findings changed: `looked` is empty where nobody knows how often was looked."""

    contributor: Contributor
    effect: rules.Effect
    counted: Mapping[int, tuple[int, int]]
    looked: Mapping[int, tuple[int, int]]
    acted_weeks: Sequence[tuple[date, float | None]]
    compared_weeks: Sequence[tuple[date, float | None]]

    @property
    def per_look(self) -> bool:
        """Whether it is told per look."""
        return bool(self.looked)


@dataclass(slots=True)
class Results:
    """What came of a campaign: the records of each room while it ran, and how what was found has changed."""

    places: dict[int, CampaignPlace]
    since: date
    until: date
    records: list[tuple[Contributor, list[Record]]]
    windows: rules.Windows | None
    trends: list[Trend]


def places_of(row: Campaign) -> dict[int, CampaignPlace]:
    """Its places by id; the whole area where none is named (1 statement)."""
    found = {entry.place_id: entry for entry in row.places.select_related("place").order_by("part", "pk")}
    return found or {row.place_id: CampaignPlace(campaign=row, place=row.place, part=CampaignPlace.ACTED)}


def results(row: Campaign) -> Results:
    """Everything that a result page shows, from records as they are now."""
    today = timezone.localdate()
    places = places_of(row)
    compared_days = rules.windows(row.since, row.until, today)
    first = min(row.since, compared_days.before[0]) if compared_days else row.since
    last = max(row.since, min(row.until, today))
    held = ground(places, str(row.place.path))
    scope = Scope(row.pk, held.paths, tuple(row.site_kinds), first, last, held.roads)
    found = [(one, one.records(scope)) for one in contributors()]
    during = {number for number, entry in places.items() if entry.part == CampaignPlace.ACTED}
    own = [
        (one, [entry for entry in rows if entry.place_id in during and row.since <= entry.day <= last])
        for one, rows in found
    ]
    trends: list[Trend] = []
    if compared_days is not None:
        by_slug = {one.slug: rows for one, rows in found}
        trends = [
            _trend(row, one, by_slug, places, compared_days)
            for one, rows in found
            if one.finding and max(len(rows), len(by_slug.get(one.looks, ()))) < RECORDS_MAX
        ]
    return Results(places, row.since, last, own, compared_days, trends)


@dataclass(frozen=True, slots=True)
class Listed:
    """The records behind one number, the latest first, and the days they are of."""

    places: dict[int, CampaignPlace]
    since: date
    until: date
    entries: list[Record]


def records(row: Campaign, one: Contributor, place_id: int | None = None, part: str = "") -> Listed:
    """What a number counts: all places that were acted on while it ran, or one place before or after.

    ObjectHidden for a place or part that the campaign does not have.
    """
    places, days = places_of(row), rules.windows(row.since, row.until, timezone.localdate())
    acted = [number for number, entry in places.items() if entry.part == CampaignPlace.ACTED]
    span = (row.since, max(row.since, min(row.until, timezone.localdate())))
    if place_id is not None:
        if place_id not in places or days is None or part not in ("before", "after"):
            raise ObjectHidden(VIEW)
        acted, span = [place_id], days.before if part == "before" else days.after
    held = ground(places, str(row.place.path)).of(set(acted))
    entries = one.records(Scope(row.pk, held.paths, tuple(row.site_kinds), *span, held.roads))
    listed = [entry for entry in entries if entry.place_id in acted]
    return Listed(places, *span, sorted(listed, key=lambda entry: (entry.day, entry.label), reverse=True))


def _trend(
    row: Campaign,
    one: Contributor,
    records: Mapping[str, Sequence[Record]],
    places: Mapping[int, CampaignPlace],
    days: rules.Windows,
) -> Trend:
    """The change of one kind of findings; per look where the room knows how often was looked."""
    parts = (CampaignPlace.ACTED, CampaignPlace.COMPARED)
    acted, compared = ([number for number, entry in places.items() if entry.part == part] for part in parts)
    problems = [(entry.place_id, entry.day, 1) for entry in records[one.slug]]
    looks = [(entry.place_id, entry.day, 1) for entry in records.get(one.looks, ())] if one.looks else None
    counted = rules.count(problems, [*acted, *compared], days)
    looked = rules.count(looks, [*acted, *compared], days) if looks is not None else {}

    def of(table: Mapping[int, tuple[int, int]], numbers: Sequence[int]) -> dict[int, tuple[int, int]]:
        return {number: table[number] for number in numbers}

    if looks is not None:
        effect = rules.effect_per_look(
            of(counted, acted), of(counted, compared), of(looked, acted), of(looked, compared), seed=row.pk
        )
    else:
        effect = rules.effect(of(counted, acted), of(counted, compared), days.days, seed=row.pk)
    span = (days.before[0], days.after[1])
    weeks = [rules.weekly(problems, numbers, *span, looks=looks) for numbers in (acted, compared)]
    return Trend(one, effect, counted, looked, weeks[0], weeks[1])


@dataclass(frozen=True, slots=True)
class Tie:
    """An item under a campaign by hand; the title is empty for who may not see the item."""

    campaign_id: int
    campaign_title: str
    number: str
    kind: str
    state: str
    meaning: str
    category: str
    title: str
    reason: str
    tied_at: datetime


_TIES = """
SELECT t.campaign_id, g.title, i.number, i.kind, i.state, i.meaning, coalesce(c.name, ''),
  CASE WHEN {seen} THEN i.title ELSE '' END, t.reason, t.tied_at
FROM campaigns_campaignitem t JOIN campaigns_campaign g ON g.id = t.campaign_id
JOIN work_item i ON i.id = t.item_id LEFT JOIN work_category c ON c.id = i.category_id
WHERE t.untied_at IS NULL AND i.meaning <> 'void' AND {wanted} ORDER BY t.tied_at DESC, t.id DESC LIMIT %s
"""


def _ties(actor: Actor, wanted: str, key: int) -> list[Tie]:
    seen, values = visible(actor)
    with connection.cursor() as cursor:
        cursor.execute(_TIES.format(seen=seen, wanted=wanted), [*values, key, RECORDS_MAX])
        return [
            Tie(campaign_id, title, number, kind, state, meaning, category, mask_text(shown), mask_text(reason), at)
            for campaign_id, title, number, kind, state, meaning, category, shown, reason, at in cursor.fetchall()
        ]


def tied(actor: Actor, row: Campaign) -> list[Tie]:
    """What was put under a campaign by hand, the latest first (1 statement)."""
    return _ties(actor, "t.campaign_id = %s", row.pk)


def ties_of(actor: Actor, item_id: int) -> list[Tie]:
    """The campaigns under which an item was put by hand (1 statement)."""
    return _ties(actor, "t.item_id = %s", item_id)


def meets(area: str, path: str) -> bool:
    """Whether one of two paths of places lies in the other."""
    return bool(path) and (f"{path}.".startswith(f"{area}.") or f"{area}.".startswith(f"{path}."))


def offered(actor: Actor, path: str) -> list[Campaign]:
    """Campaigns under which an item at a place may be put: seen by the actor, where it lies, running first."""
    return [row for row in seen_by(actor) if meets(str(row.place.path), path) and row.kind != Campaign.PROGRAMME]
