"""The only readers of campaigns: which ones an actor sees, and what came of them by the records of other rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils import timezone

from linli.campaigns import rules
from linli.campaigns.contributors import Contributor, Record, Scope, contributors
from linli.campaigns.models import Campaign, CampaignPlace
from linli.people.access import Actor, ObjectHidden, Scopes

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


@dataclass(slots=True)
class Results:
    """What came of a campaign: the records of each room while it ran, and its effect on what was found."""

    places: dict[int, CampaignPlace]
    since: date
    until: date
    records: list[tuple[Contributor, list[Record]]]
    windows: rules.Windows | None
    effect: rules.Effect | None
    acted_weeks: Sequence[tuple[date, float]]
    compared_weeks: Sequence[tuple[date, float]]
    counted: Mapping[int, tuple[int, int]]


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
    paths = tuple((number, str(entry.place.path)) for number, entry in places.items())
    scope = Scope(row.pk, paths, tuple(row.site_kinds), first, last)
    found = [(one, one.records(scope)) for one in contributors()]
    acted = [number for number, entry in places.items() if entry.part == CampaignPlace.ACTED]
    compared = [number for number, entry in places.items() if entry.part == CampaignPlace.COMPARED]
    problems = [(entry.place_id, entry.day) for one, rows in found if one.finding for entry in rows]
    during = set(acted)
    own = [
        (one, [entry for entry in rows if entry.place_id in during and row.since <= entry.day <= last])
        for one, rows in found
    ]
    effect: rules.Effect | None = None
    counted: Mapping[int, tuple[int, int]] = {}
    weeks: list[list[tuple[date, float]]] = [[], []]
    if compared_days is not None:
        counted = rules.count(problems, [*acted, *compared], compared_days)
        effect = rules.effect(
            {number: counted[number] for number in acted}, {number: counted[number] for number in compared},
            compared_days.days, seed=row.pk,
        )  # fmt: skip
        span = (compared_days.before[0], compared_days.after[1])
        weeks = [rules.weekly(problems, numbers, *span) for numbers in (acted, compared)]
    return Results(places, row.since, last, own, compared_days, effect, weeks[0], weeks[1], counted)
