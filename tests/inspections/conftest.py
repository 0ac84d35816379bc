"""The small world with a standard of a few criteria, sites in the grids and a round over them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from linli.inspections.batch import Batch, BatchOutcome, NewFinding, NewObservation
from linli.inspections.models import Round
from linli.inspections.rounds import NewRound, NewTeam, create_round
from linli.inspections.services import record_batch
from linli.inspections.setup import setup
from linli.places.models import Place
from linli.places.services import create_place
from linli.standards.models import Node, Standard, Version
from tests.support.small_world import in_small_world, small_world_database
from tests.support.world import SOUTH, STEP, WEST, World
from tests.work.conftest import media

__all__ = ["in_small_world", "media", "small_world_database"]


@dataclass
class Patrol:
    """The world, what stands in it, and short ways to record."""

    world: World
    round: Round
    version: Version
    criteria: dict[str, Node]
    sites: list[Place] = field(default_factory=list)

    def tick(self, site: int = 0, criterion: str = "clean", result: str = "pass", **more: Any) -> NewObservation:
        """One observation with a key of its own."""
        values: dict[str, Any] = {
            "client_key": uuid.uuid4(), "round_id": self.round.pk, "site_id": self.sites[site].pk,
            "criterion_id": self.criteria[criterion].pk, "result": result, "observed_at": timezone.now(),
        }  # fmt: skip
        return NewObservation(**(values | more))

    def problem(self, **more: Any) -> NewFinding:
        """A finding of rubbish."""
        values = {"client_key": uuid.uuid4(), "category_id": self.world.category("01").pk, "advice": "请今天清走"}
        return NewFinding(**(values | more))

    def send(self, *ticks: NewObservation, by: str = "grid") -> BatchOutcome:
        """Record by somebody."""
        return record_batch(self.world.actor(by), Batch("phone", ticks), "key")


def standard(world: World) -> tuple[Version, dict[str, Node]]:
    """Published: three criteria of three rules, for lanes and shops."""
    kept = Standard.objects.create(name="示例标准", place=world.places["district"], synthetic=True)
    version = Version.objects.create(
        standard=kept, number=1, state="published", valid_from=date(2026, 1, 1), published_at=timezone.now()
    )
    top = Node.objects.create(version=version, level="item", position=1, title="公共环境")
    found = {}
    rules = (
        ("clean", "路面干净", {"kind": "proportion"}, ["lane", "shop"]),
        ("order", "无乱停乱放", {"kind": "deduction", "points": "0.5"}, ["lane", "shop"]),
        ("ads", "公益广告完好", {"kind": "graded"}, ["lane"]),
    )
    for position, (code, title, rule, kinds) in enumerate(rules, start=1):
        found[code] = Node.objects.create(
            version=version, parent=top, level="criterion", position=position, code=code, title=title, weight=2,
            method="field", rule=rule, site_kinds=kinds,
        )  # fmt: skip
    return version, found


def place_sites(world: World, count: int = 4, grid: str = "east_grid1") -> list[Place]:
    """Lanes and shops in the grid of the grid worker."""
    x, y = WEST + STEP + 0.001, SOUTH + 0.001
    return [
        create_place(
            kind="site", site_kind="lane" if number % 2 == 0 else "shop", name=f"点位{number + 1}",
            parent_id=world.places[grid].pk, point=(x + number * 0.0012, y + (number % 3) * 0.002),
            actor_label="test", valid_from=date(2024, 1, 1),
        )
        for number in range(count)
    ]  # fmt: skip


@pytest.fixture
def world(in_small_world: World, db: Any, media: Path) -> World:
    """A district with staff in every role."""
    return in_small_world


def patrolled(world: World) -> Patrol:
    """A round of this week over four sites, with one team of the grid worker."""
    setup()
    version, criteria = standard(world)
    sites = place_sites(world)
    today = timezone.localdate()
    person = world.actor("grid").person_id
    assert person is not None
    team = NewTeam("第一组", WEST + STEP + 0.001, SOUTH + 0.001, 240, None, (person,))
    made = create_round(
        world.actor("community"),
        NewRound("本周巡查", world.places["east"].pk, today - timedelta(days=3), today + timedelta(days=3),
                 version_id=version.pk, site_kinds=("lane", "shop"), teams=(team,)),
        uuid.uuid4(),
    )  # fmt: skip
    return Patrol(world, made, version, criteria, sites)


@pytest.fixture
def patrol(world: World) -> Patrol:
    """The world with a round to walk."""
    return patrolled(world)


def at(hours: float) -> datetime:
    """Hours from now."""
    return timezone.now() + timedelta(hours=hours)
