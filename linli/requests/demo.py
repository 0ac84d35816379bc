"""The demo's requests: a month in Jimo as records, made by the same services as real ones, marked synthetic.

Everything is drawn from a seeded generator, so that two demos look alike; times are relative to today.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from linli.people.access import Actor, anonymous
from linli.people.demo_actors import actor_of
from linli.people.models import Appointment
from linli.places.models import Place
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, place_snapshot
from linli.requests.demo_texts import ANSWERS, MATTERS, Matter
from linli.requests.reporting import Report
from linli.requests.services import report
from linli.work import moments
from linli.work.demo_photos import upload
from linli.work.engine import StepRefused
from linli.work.links import actor_with_link
from linli.work.models import Item
from linli.work.seed import seed_catalogue
from linli.work.services import advance
from linli.work.terms import catalogue

TONGJI, JIMO, YANBEI, GASIXIANG = "370215003", "370215", "211302010", "630104005005"
SEED = 20261123
COUNTS = ((TONGJI, 170), (JIMO, 60), (YANBEI, 30), (GASIXIANG, 12))
PICTURED_EVERY = 5
SETTLED_DAYS = 4


@dataclass
class Cast:
    """Who takes the steps: actors by role, found or made from appointments."""

    cache: dict[tuple[str, int | None, int | None], Actor | None] = field(default_factory=dict)

    def over(self, role: str, path: str) -> Actor | None:
        """Somebody with a role over a place: the nearest."""
        return self._find(role, place_path=path)

    def of(self, role: str, organisation_id: int | None) -> Actor | None:
        """Somebody with a role in a unit."""
        return self._find(role, organisation_id=organisation_id)

    def _find(self, role: str, *, place_path: str = "", organisation_id: int | None = None) -> Actor | None:
        rows = Appointment.objects.filter(role=role, delegated_from=None).select_related("place")
        key = (role, hash(place_path) if place_path else None, organisation_id)
        if key not in self.cache:
            if organisation_id is not None:
                found = rows.filter(organisation_id=organisation_id).order_by("id").first()
            else:
                found = rows.filter(place__path__ancestor_of=place_path).order_by("-place__path__depth", "id").first()
            self.cache[key] = actor_of(found) if found is not None else None
        return self.cache[key]


def load(progress: Callable[[str], object] | None = None) -> int:
    """Load the demo's requests; how many. A second call changes nothing."""
    tell = progress or (lambda _text: None)
    seed_catalogue()
    if Item.objects.filter(source_system="demo").exists():
        return 0
    chance = random.Random(SEED)
    cast = Cast()
    places = place_snapshot(registry_versions())
    told = 0
    for code, count in COUNTS:
        root = places.find_by_code(code)
        if root is None:
            continue
        grids = [row for row in places.descendants(root.id, "grid") if row.lon is not None]
        tell(f"诉求 / requests: {root.name}")
        for _ in range(count):
            _one(chance, cast, chance.choice(grids), told)
            told += 1
    return told


def _one(chance: random.Random, cast: Cast, grid: PlaceRow, number: int) -> None:
    matter = chance.choice(MATTERS)
    age = timedelta(
        days=chance.uniform(0, 29) if chance.random() < 0.75 else chance.uniform(0, 2),
        minutes=chance.randrange(30, 900),
    )
    start = timezone.now() - age
    assert grid.lon is not None and grid.lat is not None
    building = Place.objects.filter(parent_id=grid.id, kind="building").order_by("id").first()
    lon, lat = grid.lon + chance.uniform(-0.0006, 0.0006), grid.lat + chance.uniform(-0.0005, 0.0005)
    pictured = number % PICTURED_EVERY == 0 and matter.kind in ("complaint", "help")
    photos = (upload(chance, owner="demo", mended=False, at=start, lon=lon, lat=lat),) if pictured else ()
    wanted = Report(
        matter.kind,
        chance.choice(matter.words),
        longitude=lon,
        latitude=lat,
        uploads=photos,
        place_id=grid.id,
        address=f"{building.name}附近" if building else f"{grid.name}内",
        contact_name="" if matter.anonymous else chance.choice(("王女士", "李先生", "张阿姨", "刘师傅", "陈先生")),
        phone="" if matter.anonymous else f"1380000{chance.randrange(1000, 9999)}",
        anonymous=matter.anonymous,
        wants_news=not matter.anonymous,
        channel="web",
        source_system="demo",
        source_number=f"demo-{number:05d}",
    )
    story = Story(chance, cast, start, point=(lon, lat) if pictured else None)
    with moments.replaying(start):
        done = report(anonymous(), wanted, key=f"demo-{number:05d}", device="demo")
    story.item_id = done.item_id
    story.tell(matter, grid)


@dataclass
class Story:
    """How one request goes on, step by step, until today."""

    chance: random.Random
    cast: Cast
    at: datetime
    item_id: int = 0
    step: int = 0
    point: tuple[float, float] | None = None

    def stops(self, share: float) -> bool:
        """Whether it gets stuck here: a share of the recent ones, few of the old ones."""
        old = timezone.now() - self.at > timedelta(days=SETTLED_DAYS)
        return self.chance.random() < (share * 0.1 if old else share)

    def take(self, actor: Actor | None, transition: str, hours: float, **data: Any) -> bool:
        """One step some hours later; False when that lies in the future or the step is not theirs to take."""
        at = self.at + timedelta(hours=hours * self.chance.uniform(0.4, 1.5), seconds=self.chance.randrange(9, 60))
        if actor is None or at > timezone.now():
            return False
        self.step += 1
        try:
            with moments.replaying(at):
                advance(actor, self.item_id, [(transition, data)], key=f"demo:{self.item_id}:{self.step}")
        except StepRefused:
            return False
        self.at = at
        return True

    def tell(self, matter: Matter, grid: PlaceRow) -> None:
        """Go on as such matters do; some stop where people are slow."""
        item = Item.objects.get(pk=self.item_id)
        duty = self.cast.over("duty_officer", grid.path) or self.cast.over("street_officer", grid.path)
        if item.state == "received":
            if matter.kind in ("consultation", "praise"):
                self.take(duty, "answer_directly", 3, answer=matter.answer or self.chance.choice(ANSWERS))
                return
            if self.stops(0.35) or not self.take(duty, "accept", 2):
                return
            item.refresh_from_db()
        if item.state == "accepted" and not self._dispatch(item, grid):
            return
        item.refresh_from_db()
        self._handle(item, matter, grid)

    def _dispatch(self, item: Item, grid: PlaceRow) -> bool:
        """By hand where no rule sent it; a few wait for that."""
        unit = catalogue().dispatch(item.category_id, grid.path).lead
        who = self.cast.over("dispatcher", grid.path) or self.cast.over("street_officer", grid.path)
        return unit is not None and not self.stops(0.4) and self.take(who, "dispatch", 2, lead=unit)

    def _handle(self, item: Item, matter: Matter, grid: PlaceRow) -> None:
        chance, unit = self.chance, item.responsible_organisation_id
        handler = self.cast.of("unit_handler", unit) or self.cast.of("unit_head", unit)
        head = self.cast.of("unit_head", unit) or handler
        if self.stops(0.25) or not self.take(handler, "sign", 2):
            return
        self.take(handler, "contact", 2, result="reached" if chance.random() < 0.85 else "not_reached")
        if self.stops(0.15):
            self.take(handler, "ask_reporter", 1, question="请问具体在几号楼、哪个单元？")
            return
        if self.stops(0.12):
            until = (item.handle_due or timezone.now()) + timedelta(days=5)
            self.take(handler, "ask_extension", 5, reason="需要采购配件，三个工作日后到货", until=until)
            return
        if self.stops(0.3):
            return
        answer = matter.answer or chance.choice(ANSWERS)
        if not self._reply(item, handler, answer):
            return
        if self.stops(0.2) or not self.take(head, "endorse_reply", 2):
            return
        self._finish(grid, answer)

    def _worker_of(self, grid: PlaceRow) -> int | None:
        worker = self.cast.over("grid_worker", grid.path)
        return worker.person_id if worker is not None else None

    def _reply(self, item: Item, handler: Actor | None, answer: str) -> bool:
        """Most reply in time; who is late gives an interim answer first."""
        hours = 24.0
        if item.handle_due is not None:
            hours = max(2.0, (item.handle_due - item.received_at).total_seconds() / 3600)
        wait = hours * self.chance.choice((0.1, 0.15, 0.2, 0.2, 0.3, 0.3, 0.4, 0.5, 3.0))
        latest = self.at + timedelta(hours=wait * 1.5 + 1)
        if item.handle_due is not None and latest > item.handle_due:
            if not self.take(handler, "interim_answer", wait * 0.2, answer="正在协调施工队伍，预计两天内完成。"):
                return False
            wait *= 0.8
        data: dict[str, Any] = {"outcome": "solved", "answer": answer}
        if self.point is not None:
            lon, lat = self.point
            at = self.at + timedelta(hours=wait * 0.3)
            data["after"] = [upload(self.chance, owner="demo", mended=True, at=at, lon=lon, lat=lat)]
        return self.take(handler, "reply", wait, **data)

    def _finish(self, grid: PlaceRow, answer: str) -> None:
        chance = self.chance
        dispatcher = self.cast.over("dispatcher", grid.path) or self.cast.over("street_officer", grid.path)
        if self.stops(0.25):
            return
        if not Item.objects.get(pk=self.item_id).needs_site_check:
            self.take(dispatcher, "approve_and_close", 2)
            return
        if not self.take(dispatcher, "approve_reply", 2):
            return
        item = Item.objects.get(pk=self.item_id)
        role = "community_officer" if item.responsible_person_id == self._worker_of(grid) else "grid_worker"
        verifier = self.cast.over(role, grid.path)
        if self.stops(0.3):
            return
        if self.stops(0.1) and self.take(verifier, "verify_fail", 5, reason="角落里还有，没有清干净"):
            return
        if not self.take(verifier, "verify_pass", 6):
            return
        reporter = actor_with_link(anonymous(), self.item_id)
        if chance.random() < 0.7:
            self.take(reporter, "rate_satisfied", 12, rating=chance.choice(("5", "5", "4", "4", "3")))
        elif chance.random() < 0.15:
            self.take(reporter, "rate_not_satisfied", 12, reason="过了一天又堆上了，没有真正解决")
