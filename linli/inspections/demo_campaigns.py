"""The demo's rounds for the campaigns of a street: seen before they began and while they run, there and elsewhere.

Numbers are drawn, not published: fewer problems where the campaigns act, about as many where they do not, and more
looks where they act, so that the page shows why findings are told per look.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from linli.campaigns.grounds import ground
from linli.campaigns.models import Campaign
from linli.campaigns.selectors import places_of
from linli.inspections.batch import Batch, NewFinding, NewObservation
from linli.inspections.models import Round
from linli.inspections.rounds import NewRound, create_round, end_round
from linli.inspections.services import record_batch
from linli.people.access import Actor
from linli.places.models import Place
from linli.standards.models import Node, Version
from linli.work import moments
from linli.work.models import Category

SPACE = uuid.UUID("0f6a0f0e-7c1c-4d0f-8f34-6a4b5f1f2d31")
DAYS_BEFORE = 15
LOOKS = {("acted", "before"): 2, ("acted", "after"): 4, ("compared", "before"): 2, ("compared", "after"): 2}
FAILING = {
    ("acted", "before"): 0.34,
    ("acted", "after"): 0.08,
    ("compared", "before"): 0.3,
    ("compared", "after"): 0.28,
}
Follow = Callable[[str, Place, datetime], None]


def tell(street: Place, officer: Actor, sites: Sequence[Place], version: Version, follow: Follow) -> int:
    """Make the rounds of all campaigns of the street; how many records. The same each time."""
    nodes = list(Node.objects.filter(version=version, level="criterion", method="field").order_by("id"))
    rubbish = Category.objects.filter(code="01", valid_to=None).values_list("id", flat=True).first()
    stored = 0
    rows = Campaign.objects.filter(synthetic=True, place__path__ancestor_of=str(street.path)).exclude(site_kinds=[])
    for row in rows.exclude(kind=Campaign.PROGRAMME).order_by("id"):
        made = _Walk(street, row, officer, nodes, rubbish, follow)
        stored += made.before(sites) + made.after(sites)
    return stored


class _Walk:
    """The rounds of one campaign."""

    def __init__(
        self, street: Place, row: Campaign, officer: Actor, nodes: Sequence[Node], category: int | None, follow: Follow
    ) -> None:
        self.street, self.row, self.officer, self.category, self.follow = street, row, officer, category, follow
        self.chance = random.Random(row.title)
        self.nodes = {kind: next((node for node in nodes if kind in node.site_kinds), None) for kind in row.site_kinds}
        places = {number: entry for number, entry in places_of(row).items() if self._here(entry.place)}
        self.parts = {path: places[number].part for number, path in ground(places, str(street.path)).paths}
        self.place_ids = tuple(places)

    def _here(self, place: Place) -> bool:
        return f"{place.path}.".startswith(f"{self.street.path}.")

    def part(self, site: Place) -> str:
        """Whether the campaign acts at a site, or compares with it; empty for neither."""
        labels = str(site.path).split(".")
        above = (self.parts.get(".".join(labels[: number + 1])) for number in range(len(labels)))
        return next((part for part in above if part), "")

    def before(self, sites: Sequence[Place]) -> int:
        """How things stood before: a round that has ended, and belongs to no campaign."""
        since = self.row.since - timedelta(days=DAYS_BEFORE)
        made = self._round("摸底巡查", since, self.row.since - timedelta(days=1), None, sites)
        stored = self._see(made, sites, "before", since, made.until)
        end_round(self.officer, made.pk)
        return stored

    def after(self, sites: Sequence[Place]) -> int:
        """What is seen while it runs: a round of the campaign."""
        made = self._round("巡查", self.row.since, self.row.until, self.row.pk, sites)
        return self._see(made, sites, "after", made.since, min(made.until, timezone.localdate() - timedelta(days=1)))

    def _round(self, name: str, since: date, until: date, campaign_id: int | None, sites: Sequence[Place]) -> Round:
        seen = tuple(site.pk for site in sites if site.site_kind in self.row.site_kinds and self.part(site))
        new = NewRound(
            f"{self.row.title}{name}", self.street.pk, since, until, kind=Round.SPECIAL, theme=self.row.title[:60],
            version_id=next((node.version_id for node in self.nodes.values() if node), None),
            place_ids=seen or self.place_ids,
            site_kinds=tuple(self.row.site_kinds), campaign_id=campaign_id, synthetic=True,
        )  # fmt: skip
        return create_round(self.officer, new, uuid.uuid5(SPACE, f"{self.row.pk}:{self.street.pk}:{name}"))

    def _see(self, made: Round, sites: Sequence[Place], when: str, first: date, last: date) -> int:
        """Some looks at each site, one record a day; what fails becomes a finding."""
        days: dict[date, list[tuple[Place, NewObservation]]] = {}
        for site in sites:
            part, node = self.part(site), self.nodes.get(site.site_kind)
            if not part or node is None:
                continue
            span = [first + timedelta(days=number) for number in range((last - first).days + 1)]
            for day in self.chance.sample(span, min(LOOKS[part, when], len(span))):
                bad = self.chance.random() < FAILING[part, when]
                days.setdefault(day, []).append((site, self._tick(made, site, node, day, bad)))
        stored = 0
        for day, ticks in sorted(days.items()):
            at = ticks[0][1].observed_at
            with moments.replaying(at):
                done = record_batch(self.officer, Batch("demo", tuple(tick for _, tick in ticks)), f"demo {day}")
            stored += sum(one.outcome == "stored" for one in done.outcomes)
            for (site, _tick), one in zip(ticks, done.outcomes, strict=True):
                if one.number:
                    self.follow(one.number, site, at)
        return stored

    def _tick(self, made: Round, site: Place, node: Node, day: date, bad: bool) -> NewObservation:
        key = uuid.uuid5(SPACE, f"{made.pk}:{site.pk}:{day}")
        at = datetime.combine(day, time(9, 30), tzinfo=timezone.get_current_timezone())
        finding = None
        if bad:
            finding = NewFinding(uuid.uuid5(key, "finding"), self.category, "请当天整改到位", "hand_over")
        return NewObservation(
            key, made.pk, site.pk, node.pk, "fail" if bad else "pass", at, words="现场发现，请整改" if bad else "",
            longitude=site.lon, latitude=site.lat, accuracy_m=10.0, finding=finding,
        )  # fmt: skip
