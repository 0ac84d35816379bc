"""A day's records of every kind, sent in any order, in any parts, some of them twice: the same state in the end."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.inspections.batch import Batch, NewObservation, NewProblem, NewUnreached
from linli.inspections.models import Finding, Observation, ObservationNote, PendingConflict, RoundSite, SiteReport
from linli.inspections.rounds import set_site_state
from linli.inspections.services import record_batch
from linli.work.models import Item, Leg
from tests.inspections.conftest import Patrol, at

Entry = NewObservation | NewUnreached | NewProblem


def a_day(patrol: Patrol, chance: random.Random) -> list[Entry]:
    """Records with and without findings, corrections of them, reports that a site was not seen, problems elsewhere;
    some at a site that was closed meanwhile."""
    found: list[Entry] = []
    ticks: list[NewObservation] = []
    for number in range(chance.randrange(2, 8)):
        result, moment = chance.choice(("pass", "fail", "fail", "not_applicable")), at(-number / 10)
        tick = patrol.tick(
            chance.choice((0, 1, 2, 0, 1, 2, 3)), chance.choice(("clean", "order")), result, observed_at=moment
        )
        if ticks and chance.random() < 0.4:
            old = chance.choice(ticks)
            tick = replace(tick, site_id=old.site_id, criterion_id=old.criterion_id, replaces=old.client_key)
        if result == "fail" and chance.random() < 0.7:
            handed: dict[str, Any] = {"handling": "hand_over", "receiver_name": "李店主"}
            problem = patrol.problem(**(handed if chance.random() < 0.5 else {}))
            tick = replace(tick, finding=problem, words=f"第{number}处")
        ticks.append(tick)
    found += ticks
    for number in range(chance.randrange(1, 6)):
        site = patrol.sites[chance.choice((0, 3, 3))].pk
        found.append(NewUnreached(uuid.uuid4(), patrol.round.pk, site, f"原因{number}", at(-1 - number / 100)))
    for number in range(chance.randrange(0, 3)):
        where = patrol.world.places["east_grid1"].pk
        found.append(NewProblem(uuid.uuid4(), where, at(-number / 10), patrol.problem(), f"路上{number}"))
    return found


def replayed(patrol: Patrol, entries: list[Entry], chance: random.Random) -> dict[str, Any]:
    """Send them in one order of many, in parts, some twice; the state in the end. Nothing of it stays."""
    with transaction.atomic():
        sent = [*entries, *chance.choices(entries, k=3)]
        chance.shuffle(sent)
        while sent:
            part = {one.client_key: one for one in (sent.pop() for _ in range(min(len(sent), chance.randrange(1, 5))))}
            batch = Batch(
                "phone", tuple(one for one in part.values() if isinstance(one, NewObservation)),
                tuple(one for one in part.values() if isinstance(one, NewUnreached)),
                tuple(one for one in part.values() if isinstance(one, NewProblem)),
            )  # fmt: skip
            record_batch(patrol.world.actor("grid"), batch, "key")
        found = state()
        transaction.set_rollback(True)
    return found


def state() -> dict[str, Any]:
    """Everything that was made of the records, without the numbers that the order gives."""
    corrected = set(Observation.objects.exclude(replaces=None).values_list("replaces", flat=True))
    seen = Observation.objects.values_list(
        "client_key", "site", "criterion", "result", "value", "replaces", "day", "late", "item__finding__client_key"
    )
    gone = set(Observation.objects.exclude(replaces_id=None).values_list("replaces_id", flat=True))
    counting = {
        key for number, key, old in Observation.objects.values_list("id", "client_key", "superseded")
        if not old and number not in gone
    }  # fmt: skip
    assert counting == {row[0] for row in seen} - corrected, "a correction counts whichever came first"
    return {
        "observations": set(seen),
        "notes": set(ObservationNote.objects.values_list("observation__client_key", "words")),
        "items": sorted(Finding.objects.values_list("client_key", "handling", "site", "criterion", "found_on",
                        "item__title", "item__state", "item__place", "item__category"), key=str),
        "item_count": Item.objects.count(),
        "legs": sorted(Leg.objects.values_list("item__finding__client_key", "organisation", "state"), key=str),
        "sites": set(RoundSite.objects.values_list("round", "site", "state", "reason")),
        "reports": set(SiteReport.objects.values_list("client_key", "site", "reason")),
        "conflicts": set(PendingConflict.objects.values_list("client_key", "reason", "state")),
    }  # fmt: skip


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 10**6))
def test_a_whole_day_in_two_orders_gives_the_same_state(patrol: Patrol, seed: int) -> None:
    chance = random.Random(seed)
    with transaction.atomic():
        if chance.random() < 0.3:
            set_site_state(patrol.world.actor("community"), patrol.round.pk, patrol.sites[3].pk, "closed", "拆迁")
        entries = a_day(patrol, chance)
        first, second = (replayed(patrol, entries, random.Random(seed + more)) for more in (1, 2))
        transaction.set_rollback(True)
    assert first == second
    problems = sum(isinstance(one, NewProblem) for one in entries)
    kept = {row[0] for row in first["observations"]} | {row[0] for row in first["conflicts"]}
    ticks = [one for one in entries if isinstance(one, NewObservation)]
    assert kept == {one.client_key for one in ticks}, "nothing is dropped"
    refused = {row[0] for row in first["conflicts"]}
    raised = sum(one.finding is not None and one.client_key not in refused for one in ticks)
    assert first["item_count"] == raised + problems == len(first["items"]), "each problem is one item"
