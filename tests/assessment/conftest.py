"""The small world with a published standard, its units, sites, and observations that a test hands out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from linli.assessment import jobs, services
from linli.assessment.models import Assessment
from linli.places.models import Place
from linli.places.services import create_place
from linli.standards import facts, observed
from linli.standards.models import Node, NodeUnit, Standard, Version
from linli.standards.observed import Columns, TrailLine, columns_of, day_number
from linli.standards.rules import GRADES, Rule
from tests.support.small_world import in_small_world, small_world_database
from tests.support.world import World

__all__ = ["in_small_world", "small_world_database"]

RULES = {
    "proportion": Rule("proportion"),
    "deduction": Rule("deduction", Decimal(1), "each"),
    "pass_fail": Rule("pass_fail"),
    "graded": Rule("graded", grades=GRADES),
}


@pytest.fixture
def world(in_small_world: World, db: Any, settings: Any, tmp_path: Path) -> World:
    """A district with staff in every role and an empty folder for files."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    return in_small_world


@dataclass
class Looked:
    """A provider of observations as a test wants them."""

    rows: list[tuple[int, int, date, int, float]] = field(default_factory=list)

    def see(self, criterion: Node, site: Place, result: int, value: float = 0.0, on: date | None = None) -> int:
        """One observation; its number."""
        self.rows.append((criterion.pk, site.pk, on or timezone.localdate(), result, value))
        return len(self.rows)

    def columns(self, version_id: int, place_path: str | None, since: date | None, until: date | None) -> Columns:
        """The provider's side."""
        below = (
            set(Place.objects.filter(path__descendant_of=place_path).values_list("pk", flat=True))
            if place_path
            else None
        )
        nodes = set(Node.objects.filter(version_id=version_id).values_list("pk", flat=True))
        kept = [
            (number, row) for number, row in enumerate(self.rows, start=1)
            if row[0] in nodes and (below is None or row[1] in below)
            and (since is None or row[2] >= since) and (until is None or row[2] <= until)
        ]  # fmt: skip
        return columns_of(
            [row[0] for _, row in kept], [row[1] for _, row in kept], [day_number(row[2]) for _, row in kept],
            [row[3] for _, row in kept], [row[4] for _, row in kept], [number for number, _ in kept], version_id,
        )  # fmt: skip

    def trail(self, observations: Any) -> list[TrailLine]:
        """A line for each."""
        at = timezone.now()
        return [
            TrailLine(number, f"观察 {number}", at, f"/looked/{number}/", (f"/photo/{number}.jpg",), late=number == 1)
            for number in observations if 0 < number <= len(self.rows)
        ]  # fmt: skip


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Looked:
    """The only provider of observations."""
    mine = Looked()
    monkeypatch.setattr(observed, "_providers", {"test": mine})
    return mine


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[facts.Fact]]:
    """The only source of facts: what is put in is found by every query of the days."""
    known: list[facts.Fact] = []

    def find(query: facts.Query) -> list[facts.Fact]:
        found = [fact for fact in known if query.since <= fact.happened_on <= query.until]
        found = [fact for fact in found if all(word in f"{fact.title} {fact.object_id}" for word in query.words)]
        found = [fact for fact in found if query.where in fact.place_name]
        found = [fact for fact in found if fact.photos or not query.with_photo]
        if query.among is not None:
            found = [fact for fact in found if fact.object_id in query.among]
        if query.before is not None:
            found = [fact for fact in found if fact.mark[:2] < query.before[:2]]
        return sorted(found, key=lambda fact: fact.mark, reverse=True)[: query.limit]

    from linli.kernel.labels import Label

    source = facts.Source("test", Label("测试记录", "Test records"), find)
    monkeypatch.setattr(facts, "_sources", {"test": source})
    yield known


def fact(number: int, on: date, *, late: bool = False, recorded: datetime | None = None, photos: int = 1) -> facts.Fact:
    """A fact, with a photo as most criteria ask for."""
    shown = tuple(facts.Photo(f"/photo/{number}-{place}.jpg", 1000 * number + place) for place in range(photos))
    return facts.Fact(
        "test",
        str(number),
        f"记录{number}",
        "东山社区",
        on,
        recorded or timezone.now(),
        shown,
        f"/facts/{number}/",
        late,
    )


@dataclass
class Bench:
    """A published version with its nodes by code, and sites by name."""

    version: Version
    nodes: dict[str, Node]
    sites: dict[str, Place]


# code, rule, weight, site kinds, evidence, lead unit (none: of the content above)
CRITERIA = (
    ("A1", "proportion", "4", ["lane"], 2, "sanitation"),
    ("A2", "deduction", "3", ["lane", "market"], 0, None),
    ("B1", "pass_fail", "2", ["market"], 1, "east"),
    ("B2", "graded", "1", ["compound"], 0, None),
)


@pytest.fixture
def bench(world: World) -> Bench:
    """Two contents with two criteria each, one of every rule; two lanes, two markets, one compound."""
    standard = Standard.objects.create(name="示例标准", place=world.places["district"], synthetic=True)
    version = Version.objects.create(
        standard=standard, number=1, state="published", valid_from=date(2026, 1, 1), published_at=timezone.now()
    )
    nodes = {"item": Node.objects.create(version=version, level="item", position=1, code="1", title="公共环境")}
    for place, code in enumerate(("A", "B")):
        nodes[code] = Node.objects.create(
            version=version, parent=nodes["item"], level="content", position=place, code=code, title=f"内容{code}"
        )
    for place, (code, rule, weight, kinds, pieces, unit) in enumerate(CRITERIA):
        nodes[code] = Node.objects.create(
            version=version, parent=nodes[code[0]], level="criterion", position=place, code=code, title=f"指标{code}",
            weight=Decimal(weight), method="field", rule=RULES[rule].as_json(), site_kinds=kinds, guidance="看现场",
            evidence=[{"kind": "photo", "count": pieces}] if pieces else [],
        )  # fmt: skip
        if unit:
            NodeUnit.objects.create(node=nodes[code], organisation=world.units[unit])
    NodeUnit.objects.create(node=nodes["item"], organisation=world.units["enforcement"])
    sites = {}
    for name, kind, parent in (
        ("lane_east", "lane", "east_grid1"), ("lane_west", "lane", "west_grid1"),
        ("market_east", "market", "east_grid2"), ("market_west", "market", "west_grid2"),
        ("compound", "compound", "east_grid1"),
    ):  # fmt: skip
        sites[name] = create_place(
            kind="site", name=name, parent_id=world.places[parent].pk, site_kind=kind, actor_label="test",
            valid_from=date(2020, 1, 1),
        )  # fmt: skip
    return Bench(version, nodes, sites)


def wanted(world: World, bench: Bench, **more: Any) -> services.NewAssessment:
    """What an office enters."""
    today = timezone.localdate()
    values: dict[str, Any] = {
        "version_id": bench.version.pk, "place_id": world.places["district"].pk, "title": "年度测评",
        "since": today - timedelta(days=60), "until": today + timedelta(days=30),
        "due_at": timezone.now() + timedelta(days=20),
    }  # fmt: skip
    return services.NewAssessment(**{**values, **more})


@pytest.fixture
def opened(world: World, bench: Bench, looked: Looked, happened: list[facts.Fact]) -> Assessment:
    """An open assessment of the district."""
    outcome = services.open_assessment(world.actor("director"), wanted(world, bench), key="open-1")
    return Assessment.objects.select_related("place", "version").get(pk=outcome.assessment_id)


@pytest.fixture
def quiet_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are not deferred."""
    monkeypatch.setattr(jobs.link_evidence, "defer", lambda **_: 0)
