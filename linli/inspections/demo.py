"""The demo's rounds: sites in Yanbei's 89 grids and in the stage's street, what was seen there, findings, promises.

Everything is drawn from a seeded generator and made by the same services as real records; places are marked synthetic.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

import shapely
from django.db import transaction
from django.utils import timezone

from linli.inspections import demo_campaigns, demo_promises, demo_visits
from linli.inspections.batch import Batch, NewFinding, NewObservation, NewUnreached
from linli.inspections.models import Round, RoundSite
from linli.inspections.rounds import NewRound, NewTeam, carry_out_plan, create_round, end_round
from linli.inspections.services import record_batch
from linli.inspections.setup import setup
from linli.people.access import Actor
from linli.people.demo_actors import actor_of
from linli.people.models import Appointment, User
from linli.people.units import next_ids
from linli.places.kinds import SITE_KINDS
from linli.places.models import Boundary, Place, PlaceName, RegistryVersion
from linli.places.roadside import lines_of
from linli.places.selectors import registry_versions
from linli.places.services import bump_registry, record
from linli.places.snapshot import PlaceRow, place_snapshot
from linli.standards.models import Node, Version
from linli.work import moments
from linli.work.demo_photos import upload
from linli.work.engine import StepRefused
from linli.work.models import Category, Item
from linli.work.services import advance

YANBEI, TONGJI = "211302010", "370215003"
SEED = 20261124
SINCE = date(2024, 1, 1)
KINDS = ("lane", "shop", "restaurant", "compound", "market", "square", "park", "parking")
FRONTS, FRONT_DEGREES = ("shop", "restaurant", "market"), 0.00025
"""What stands along the roads, and how far from the middle line: some 25 m."""
FAILING = 0.03
SEEN, CLOSED = 0.96, 0.5
"""Of the sites whose planned hour has come so many were seen; of the others so many were shut, the rest left out."""
UNDER_WAY, TEAMS = 4, "一二三四五六七八"
BEGIN, MINUTES = time(8, 30), 13
"""When a team begins, and how long a site takes with the way to it."""
PICTURED = 0.12
"""Of what passes, so much has a picture: in the street of the assessment, whose tasks ask for them."""
SHUT = ("今天没开门", "门锁着，进不去", "前面修路，过不去")
HANDLINGS = ("hand_over", "hand_over", "fix_on_spot", "report")
SPACE = uuid.UUID("5d0f2f5e-2f7a-4f0a-9f6c-1b7f6c2b7a11")


def load(progress: Callable[[str], object] | None = None) -> int:
    """Load the demo's rounds; how many observations. A second call changes nothing."""
    tell = progress or (lambda _text: None)
    setup()
    version = Version.objects.filter(state="published", standard__synthetic=True).order_by("id").first()
    if version is None or Round.objects.filter(synthetic=True).exists():
        return 0
    stored = 0
    for code in (YANBEI, TONGJI):
        street = Place.objects.filter(code=code, active=True).first()
        if street is None:
            continue
        tell(f"点位和巡查 / sites and rounds: {street.name}")
        with transaction.atomic():
            stored += _Street(street, version).tell()
    return stored


def _key(*words: object) -> uuid.UUID:
    return uuid.uuid5(SPACE, ":".join(map(str, words)))


class _Street:
    """One street: its sites, last week's round (ended) and this week's (running)."""

    def __init__(self, street: Place, version: Version) -> None:
        self.street, self.version = street, version
        self.pictured = street.code == TONGJI
        self.chance = random.Random(SEED + street.pk % 97)
        self.today = timezone.localdate()
        self.now = timezone.now() - timedelta(minutes=1)
        places = place_snapshot(registry_versions())
        self.grids = [row for row in places.descendants(street.pk, "grid") if row.lon is not None][:89]
        roads = Place.objects.filter(kind="road", path__descendant_of=str(street.path)).values_list("pk", flat=True)
        self.roads = shapely.union_all(list(lines_of(list(roads)).values()))
        drawn = Boundary.objects.filter(place_id__in=[row.id for row in self.grids], valid_to=None)
        self.areas = {key: shapely.from_wkb(bytes(wkb)) for key, wkb in drawn.values_list("place_id", "geometry")}
        self.actors: dict[tuple[str, str], Actor | None] = {}
        self.rubbish = Category.objects.filter(code="01", valid_to=None).values_list("id", flat=True).first()

    def actor(self, role: str, path: str) -> Actor | None:
        """Somebody who holds a role over a place: the nearest."""
        if (role, path) not in self.actors:
            found = (
                Appointment.objects.filter(role=role, delegated_from=None, place__path__ancestor_of=path)
                .select_related("place").order_by("-place__path__depth", "id").first()
            )  # fmt: skip
            self.actors[role, path] = actor_of(found) if found is not None else None
        return self.actors[role, path]

    def tell(self) -> int:
        """Make all of it; how many observations."""
        officer = self.actor("street_officer", str(self.street.path))
        if officer is None or not self.grids:
            return 0
        sites = self._sites()
        nodes = list(Node.objects.filter(version=self.version, level="criterion", method="field").order_by("id"))
        # Whatever day the demo is opened on, a week's round is well under way.
        since = self.today - timedelta(days=UNDER_WAY)
        past = self._round(officer, "上周全面自查", since - timedelta(days=7), since - timedelta(days=1), "")
        now = self._round(officer, "本周全面自查", since, since + timedelta(days=6), "FREQ=WEEKLY")
        for row in (past, now):
            carry_out_plan(row.pk, today=row.since, iterations=400, seconds=1.0)
        unsent = {site.pk for site in demo_visits.unsent(sites)}
        stored = self._walk(officer, past, nodes, unsent) + self._walk(officer, now, nodes, set())
        end_round(officer, past.pk)
        self._today()
        demo_promises.tell(self.street, self.grids, officer, sites)
        demo_visits.tell(self.street, self.grids, sites, past, nodes, self.actor)
        return stored + demo_campaigns.tell(self.street, officer, sites, self.version, self._follow)

    def _today(self) -> None:
        """A round of today around the grid worker whom one signs in as: something to walk on the phone at once."""
        user = User.objects.filter(username="grid").select_related("person").first()
        held = Appointment.objects.filter(role="grid_worker", place__path__descendant_of=self.street.path)
        row = held.filter(person=user.person).select_related("place__parent").first() if user is not None else None
        community = row.place.parent if row is not None and row.place is not None else None
        officer = self.actor("community_officer", str(community.path)) if community is not None else None
        if community is None or officer is None:
            return
        new = NewRound(
            f"{community.name}今日巡查", community.pk, self.today, self.today + timedelta(days=1),
            version_id=self.version.pk, site_kinds=KINDS, synthetic=True,
        )  # fmt: skip
        create_round(officer, new, _key("today", community.pk))

    def _sites(self) -> list[Place]:
        """Two sites in each grid, inside it, of kinds in turn."""
        made = []
        ids = next_ids("places_place", len(self.grids) * 2)
        for number, key in enumerate(ids):
            grid, kind = self.grids[number // 2], KINDS[number % len(KINDS)]
            made.append(self._site(key, grid, kind, number))
        Place.objects.bulk_create(made)
        PlaceName.objects.bulk_create(
            PlaceName(place=row, name=row.name, kind=PlaceName.OFFICIAL, valid_from=SINCE) for row in made
        )
        record(None, "demo", "demo_loaded", places=len(made))
        bump_registry(RegistryVersion.PLACES)
        return made

    def _site(self, key: int, grid: PlaceRow, kind: str, number: int) -> Place:
        assert grid.lon is not None and grid.lat is not None
        name = demo_promises.shop_name(kind, number) or f"{grid.name}{SITE_KINDS[kind].zh}"
        lon, lat = grid.lon + self.chance.uniform(-0.0004, 0.0004), grid.lat + self.chance.uniform(-0.0003, 0.0003)
        if kind in FRONTS:
            lon, lat = self._front(grid, lon, lat)
        return Place(
            id=key, parent_id=grid.id, path=f"{grid.path}.{key}", kind="site", site_kind=kind, name=name,
            lon=round(lon, 7), lat=round(lat, 7), synthetic=True,
        )  # fmt: skip

    def _front(self, grid: PlaceRow, lon: float, lat: float) -> tuple[float, float]:
        """Where the shop stands: at the road that runs along its grid, else where it was."""
        area, here = self.areas.get(grid.id), shapely.Point(lon, lat)
        if area is None or self.roads.is_empty:
            return lon, lat
        edge = shapely.get_point(shapely.shortest_line(self.roads, here), 0)
        inward = min(1.0, FRONT_DEGREES / max(edge.distance(here), FRONT_DEGREES))
        there = shapely.Point(edge.x + (lon - edge.x) * inward, edge.y + (lat - edge.y) * inward)
        return (there.x, there.y) if area.contains(there) else (lon, lat)

    def _round(self, officer: Actor, title: str, since: date, until: date, repeat: str) -> Round:
        workers = Appointment.objects.filter(role="grid_worker", place__path__descendant_of=self.street.path)
        people = list(dict.fromkeys(workers.order_by("place_id", "id").values_list("person_id", flat=True)))
        teams = []
        for number, grid in enumerate(self.grids[:: max(1, len(self.grids) // len(TEAMS))][: len(TEAMS)]):
            assert grid.lon is not None and grid.lat is not None
            members = tuple(people[number :: len(TEAMS)])
            teams.append(NewTeam(f"第{TEAMS[number]}组", grid.lon, grid.lat, 300, None, members))
        new = NewRound(
            f"{self.street.name}{title}", self.street.pk, since, until, version_id=self.version.pk,
            site_kinds=KINDS, teams=tuple(teams), minutes_per_visit=6, synthetic=True, repeat=repeat,
        )  # fmt: skip
        return create_round(officer, new, _key("round", self.street.pk, title))

    def _walk(self, officer: Actor, row: Round, nodes: Sequence[Node], unsent: set[int]) -> int:
        """A criterion or two at the sites as they were planned, sent twice a day; some fail and are handed over."""
        # Where pictures are taken, what asks for them comes first.
        nodes = sorted(nodes, key=lambda node: not node.evidence) if self.pictured else nodes
        by_kind = {kind: [node for node in nodes if kind in node.site_kinds][:6] for kind in KINDS}
        sent: dict[tuple[date, bool], tuple[list[tuple[Place, NewObservation]], list[NewUnreached]]] = {}
        entries = RoundSite.objects.filter(round=row).exclude(planned_on=None).select_related("site")
        for entry in entries.order_by("planned_on", "team_id", "position", "site_id"):
            at, asked = self._moment(entry), by_kind.get(entry.site.site_kind)
            if at is None or not asked or entry.site_id in unsent:
                continue
            ticks, shut = sent.setdefault((at.date(), at.hour >= 12), ([], []))
            if self.chance.random() <= SEEN:
                for node in self.chance.sample(asked, min(1 + self.chance.randrange(2), len(asked))):
                    ticks.append((entry.site, self._tick(row, entry.site, node, at)))
            elif self.chance.random() <= CLOSED:
                key = _key("shut", row.pk, entry.site_id)
                shut.append(NewUnreached(key, row.pk, entry.site_id, self.chance.choice(SHUT), at))
        return sum(self._send(officer, *batch) for _half, batch in sorted(sent.items()))

    def _send(self, officer: Actor, ticks: Sequence[tuple[Place, NewObservation]], shut: Sequence[NewUnreached]) -> int:
        """What was recorded in half a day, as it was sent; how many records."""
        if not ticks and not shut:
            return 0
        last = max([tick.observed_at for _, tick in ticks] + [entry.observed_at for entry in shut])
        with moments.replaying(last):
            done = record_batch(officer, Batch("demo", tuple(tick for _, tick in ticks), tuple(shut)), "demo")
        for (place, _tick), one in zip(ticks, done.outcomes, strict=False):
            if one.number:
                self._follow(one.number, place, last)
        return sum(one.outcome == "stored" for one in done.outcomes[: len(ticks)])

    def _moment(self, entry: RoundSite) -> datetime | None:
        """When the team comes by as it is planned; nothing where that is still to come."""
        assert entry.planned_on is not None
        begin = datetime.combine(entry.planned_on, BEGIN, tzinfo=timezone.get_current_timezone())
        at = begin + timedelta(minutes=MINUTES * min(max((entry.position or 1) - 1, 0), 36))
        return at if at <= self.now else None

    def _tick(self, row: Round, place: Place, node: Node, at: datetime) -> NewObservation:
        bad = self.chance.random() < FAILING
        key = _key("tick", row.pk, place.pk, node.pk)
        finding = None
        if bad:
            finding = NewFinding(
                _key("finding", key), self.rubbish, "请当天整改到位", self.chance.choice(HANDLINGS), receiver_name=""
            )
        photos: tuple[str, ...] = ()
        if (
            self.pictured
            and (bad or self.chance.random() < PICTURED)
            and place.lon is not None
            and place.lat is not None
        ):
            photos = (upload(self.chance, owner="demo", mended=not bad, at=at, lon=place.lon, lat=place.lat),)
        return NewObservation(
            key, row.pk, place.pk, node.pk, "fail" if bad else "pass", at, words="现场发现，请整改" if bad else "",
            longitude=place.lon, latitude=place.lat, accuracy_m=12.0, photos=photos, finding=finding,
        )  # fmt: skip

    def _follow(self, number: str, place: Place, at: datetime) -> None:
        """Units sign and mend, most the same day; others verify; a few are still open."""
        item = Item.objects.get(number=number)
        unit = item.responsible_organisation_id
        handler = _of_unit("unit_handler", unit) or _of_unit("unit_head", unit)
        verifier = self.actor("street_officer", str(place.path))
        steps: list[tuple[Actor | None, str, dict[str, str]]] = [
            (handler, "sign", {}), (handler, "reply", {"answer": "已清理，恢复原状。"}), (verifier, "verify_pass", {}),
        ]  # fmt: skip
        for actor, step, data in steps[: self.chance.choice((0, 1, 2, 3, 3, 3, 3))]:
            at += timedelta(minutes=self.chance.randrange(20, 150))
            if actor is None or at > timezone.now():
                return
            tries = (data, data | {"override": "协办单位已到场，一并处理。"}) if step == "reply" else (data,)
            if not any(self._take(actor, item, step, values, at) for values in tries):
                return

    def _take(self, actor: Actor, item: Item, step: str, data: dict[str, str], at: datetime) -> bool:
        """Whether the step could be taken."""
        try:
            with moments.replaying(at):
                advance(actor, item.pk, [(step, data)], key=f"demo:{item.number}:{step}:{len(data)}")
        except StepRefused:
            return False
        return True


def _of_unit(role: str, unit: int | None) -> Actor | None:
    if unit is None:
        return None
    found = Appointment.objects.filter(role=role, organisation_id=unit, delegated_from=None).order_by("id").first()
    return actor_of(found) if found is not None else None
