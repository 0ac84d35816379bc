"""What must hold in every world, over real rows: scores are those of the raw records, nothing is counted twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.assessment import selectors as assessment_selectors
from linli.assessment import snapshots
from linli.assessment.models import Assessment, ScoreSnapshot
from linli.campaigns.contributors import Scope, contributor, under_way
from linli.campaigns.models import Campaign
from linli.inspections import selectors
from linli.inspections.batch import NewObservation
from linli.inspections.models import Observation, Round, RoundSite
from tests.inspections.conftest import Patrol, at

SEEDS = given(st.integers(0, 10**6))
FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@contextmanager
def undone() -> Iterator[None]:
    """Each world begins where the others did."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def walk(patrol: Patrol, chance: random.Random, most: int = 14) -> list[NewObservation]:
    """Random records: several criteria at a site, the same one again, corrections, grades and points."""
    ticks: list[NewObservation] = []
    for number in range(chance.randrange(1, most)):
        code = chance.choice(("clean", "order", "ads"))
        result = chance.choice(("pass", "fail", "fail", "not_applicable"))
        value = chance.choice((None, 0.5, 1.25, 3.0)) if code == "order" and result == "fail" else None
        if code == "ads" and result == "pass":
            value = chance.choice((None, 0.6, 1.0))
        site = chance.choice((0, 2)) if code == "ads" else chance.randrange(4)
        tick = patrol.tick(site, code, result, value=value, observed_at=at(-number / 10))
        if ticks and chance.random() < 0.3:
            old = chance.choice(ticks)
            tick = replace(
                old, client_key=tick.client_key, replaces=old.client_key, result=chance.choice(("pass", "fail")),
                value=None,
            )  # fmt: skip
        ticks.append(tick)
    return ticks


def send(patrol: Patrol, chance: random.Random, ticks: list[NewObservation]) -> None:
    """In any order, in parts, some of them twice."""
    sent = [*ticks, *chance.choices(ticks, k=3)]
    chance.shuffle(sent)
    while sent:
        part = {tick.client_key: tick for tick in (sent.pop() for _ in range(min(len(sent), chance.randrange(1, 5))))}
        patrol.send(*part.values())


_RAW = """
SELECT n.code, o.result, o.value FROM inspections_observation o JOIN standards_node n ON n.id = o.criterion_id
WHERE NOT EXISTS (SELECT 1 FROM inspections_observation x WHERE x.replaces = o.client_key)
"""


def by_hand() -> tuple[Decimal, Decimal]:
    """Points possible and won, by the words of the rules and nothing of the product's code: exact fractions."""
    with connection.cursor() as cursor:
        cursor.execute(_RAW)
        rows = cursor.fetchall()
    possible = won = Decimal(0)
    for code in ("clean", "order", "ads"):
        seen = [(result, Fraction(str(round(value, 3)))) for name, result, value in rows if name == code and result < 2]
        if not seen:
            continue
        passed = sum(result for result, _ in seen)
        taken_off = sum((value for result, value in seen if result == 0), Fraction(0))
        if code == "clean":
            share = Fraction(passed, len(seen))
        elif code == "order":
            share = max(Fraction(0), 1 - taken_off / 2)
        else:
            share = sum((value for _, value in seen), Fraction(0)) / len(seen)
        points = share * 2
        possible += 2
        won += (Decimal(points.numerator) / Decimal(points.denominator)).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    return possible, won


@FEW
@SEEDS
def test_a_stored_score_is_that_of_the_raw_records_counted_by_hand(patrol: Patrol, seed: int) -> None:
    chance = random.Random(seed)
    today = timezone.localdate()
    with undone():
        row = Assessment.objects.create(
            title="年度测评", version=patrol.version, place=patrol.world.places["district"],
            since=today - timedelta(days=9), until=today + timedelta(days=9), due_at=timezone.now(),
            opened_at=timezone.now(),
        )  # fmt: skip
        send(patrol, chance, walk(patrol, chance))
        kept = snapshots.take(row, with_forecast=False)
        assert (kept.possible, kept.won) == by_hand()
        corrected = Observation.objects.count()
        send(patrol, chance, [tick for tick in walk(patrol, chance) if tick.replaces is None])
        again = snapshots.recomputed(ScoreSnapshot.objects.get(pk=kept.pk))
        assert again.equal and again.corrected == 0, "what came later does not change the score of then"
        assert Observation.objects.count() > corrected
        now = assessment_selectors.scored(row, assessment_selectors.columns(row))
        assert (now.total.possible, now.total.won) == by_hand()


@FEW
@SEEDS
def test_coverage_counts_a_site_once_however_often_it_was_seen(patrol: Patrol, seed: int) -> None:
    chance = random.Random(seed)
    director = patrol.world.actor("director")
    today = timezone.localdate()
    with undone():
        campaign = Campaign.objects.create(
            title="行动", place=patrol.world.places["district"], since=today, until=today, created_at=timezone.now()
        )
        Round.objects.filter(pk=patrol.round.pk).update(kind=Round.SPECIAL, campaign=campaign)
        closed = chance.randrange(5)
        RoundSite.objects.filter(round=patrol.round, site_id__in=[s.pk for s in patrol.sites[4 - closed :]]).update(
            state=RoundSite.CLOSED, reason="拆迁"
        )
        send(patrol, chance, walk(patrol, chance))
        seen = set(Observation.objects.values_list("site_id", flat=True))
        row = next(entry for entry in selectors.rounds(director) if entry["id"] == patrol.round.pk)
        assert (row["done"], row["total"]) == (len(seen), 4 - closed), "closed sites are out of both"
        sites = selectors.round_sites(director, patrol.round.pk)
        assert {site["id"] for site in sites if site["state"] == "done"} == seen
        [(_label, [line])] = under_way(campaign.pk, director)
        assert (line.done, line.total) == (len(seen), 4 - closed)
        assert _looks(patrol) == len(set(Observation.objects.values_list("site_id", "round_id", "day")))


def _looks(patrol: Patrol) -> int:
    """How often sites were seen, as campaigns count it."""
    entry = contributor("sites_seen")
    assert entry is not None
    district = patrol.world.places["district"]
    today: Any = timezone.localdate()
    scope = Scope(0, ((district.pk, str(district.path)),), (), today - timedelta(days=9), today)
    return len(entry.records(scope))
