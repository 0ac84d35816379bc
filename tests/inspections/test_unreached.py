"""A site that cannot be looked at is reported once, in any order; a record made there wins."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.inspections.batch import Batch, NewUnreached
from linli.inspections.day_pack import day_pack
from linli.inspections.models import RoundSite, SiteReport
from linli.inspections.rounds import end_round, set_site_state
from linli.inspections.services import record_batch
from linli.work.engine import StepRefused
from tests.inspections.conftest import Patrol, at


def closed(patrol: Patrol, site: int = 0, reason: str = "今天没开门", **more: Any) -> NewUnreached:
    """A report with a key of its own."""
    values: dict[str, Any] = {
        "client_key": uuid.uuid4(), "round_id": patrol.round.pk, "site_id": patrol.sites[site].pk, "reason": reason,
        "observed_at": timezone.now(),
    }  # fmt: skip
    return NewUnreached(**(values | more))


def send(patrol: Patrol, *reports: NewUnreached, ticks: tuple[Any, ...] = (), by: str = "grid") -> list[str]:
    """Send them in one batch; what became of the reports."""
    done = record_batch(patrol.world.actor(by), Batch("phone", ticks, reports), "key")
    return [one.outcome for one in done.outcomes[len(ticks) :]]


def states(patrol: Patrol) -> dict[int, tuple[str, str]]:
    """State and reason of every site."""
    rows = RoundSite.objects.filter(round=patrol.round).values_list("site_id", "state", "reason")
    return {row[0]: (row[1], row[2]) for row in rows}


def test_it_is_stored_once_with_its_reason(patrol: Patrol, query_counter: Any) -> None:
    report = closed(patrol)
    assert send(patrol, report) == ["stored"]
    assert send(patrol, report) == ["repeated"]
    assert states(patrol)[patrol.sites[0].pk] == ("unreachable", "今天没开门")
    assert SiteReport.objects.count() == 1
    many = [closed(patrol, number % 4, f"第{number}次") for number in range(60)]
    with query_counter(at_most=8):
        assert set(send(patrol, *many)) == {"stored"}


def test_a_record_wins_whichever_comes_first(patrol: Patrol) -> None:
    send(patrol, closed(patrol, 0))
    patrol.send(patrol.tick(0), patrol.tick(1))
    assert send(patrol, closed(patrol, 1)) == ["stored"]
    assert send(patrol, closed(patrol, 2), ticks=(patrol.tick(2),)) == ["stored"]
    found = states(patrol)
    assert [found[patrol.sites[number].pk] for number in range(3)] == [("done", "")] * 3


def test_what_the_desk_says_later_is_not_undone_by_a_late_report(patrol: Patrol) -> None:
    community, early = patrol.world.actor("community"), timezone.now() - timedelta(hours=2)
    for site, state in ((patrol.sites[0], "closed"), (patrol.sites[1], "unreachable")):
        set_site_state(community, patrol.round.pk, site.pk, state, "台上说的")
    set_site_state(community, patrol.round.pk, patrol.sites[1].pk, "due", "")
    assert send(patrol, *(closed(patrol, number, observed_at=early) for number in (0, 1))) == ["stored", "stored"]
    found = states(patrol)
    assert found[patrol.sites[0].pk] == ("closed", "台上说的")
    assert found[patrol.sites[1].pk] == ("due", "")


def test_after_the_round_has_ended_it_still_tells_why_a_site_is_missing(patrol: Patrol) -> None:
    end_round(patrol.world.actor("community"), patrol.round.pk)
    assert send(patrol, closed(patrol)) == ["stored"]
    assert states(patrol)[patrol.sites[0].pk][0] == "unreachable"


def test_what_is_not_there_or_not_theirs_is_refused_and_the_others_are_stored(patrol: Patrol) -> None:
    stray = closed(patrol, site_id=patrol.world.places["west"].pk)
    gone = closed(patrol, round_id=10**9)
    assert send(patrol, stray, gone, closed(patrol)) == ["refused", "refused", "stored"]
    assert send(patrol, closed(patrol), by="grid_west") == ["refused"]
    assert SiteReport.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "  ", "长" * 201])
def test_it_needs_a_reason_of_bearable_length(patrol: Patrol, reason: str) -> None:
    with pytest.raises(StepRefused) as refusal:
        send(patrol, closed(patrol, reason=reason))
    assert (refusal.value.status, refusal.value.field) == (422, "reason")


def test_reports_cannot_be_changed_by_the_application(patrol: Patrol) -> None:
    send(patrol, closed(patrol))
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE inspections_sitereport SET state = 'due'")


def test_closed_yesterday_is_due_again_today_and_tells_why(patrol: Patrol) -> None:
    send(patrol, closed(patrol, 0), closed(patrol, 1, "大门锁了", observed_at=at(-24)))
    shown = {site["id"]: site for site in day_pack(patrol.world.actor("grid"))["sites"]}
    today, before = shown[patrol.sites[0].pk], shown[patrol.sites[1].pk]
    assert (today["state"], today["reason"]) == ("unreachable", "今天没开门")
    assert (before["state"], before["reason"]) == ("due", "大门锁了")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6))
def test_replay_in_any_order_and_any_parts_gives_the_same_state(patrol: Patrol, seed: int) -> None:
    chance = random.Random(seed)
    reports = [
        closed(patrol, chance.randrange(4), f"原因{number}", observed_at=at(-number / 100))
        for number in range(chance.randrange(1, 7))
    ]
    ticks = [patrol.tick(site) for site in chance.sample(range(4), chance.randrange(0, 3))]
    visited = {tick.site_id for tick in ticks}
    last = {report.site_id: report.reason for report in sorted(reports, key=lambda one: one.observed_at)}
    expected = {site.pk: ("due", "") for site in patrol.sites}
    expected |= {site: ("unreachable", reason) for site, reason in last.items()}
    expected |= dict.fromkeys(visited, ("done", ""))
    with transaction.atomic():
        sent = [*reports, *ticks, *chance.choices(reports, k=2)]
        chance.shuffle(sent)
        while sent:
            part = {one.client_key: one for one in (sent.pop() for _ in range(min(len(sent), chance.randrange(1, 4))))}
            told = tuple(one for one in part.values() if isinstance(one, NewUnreached))
            send(patrol, *told, ticks=tuple(one for one in part.values() if not isinstance(one, NewUnreached)))
        found = {site: state for site, state in states(patrol).items() if site in expected}
        # Each example begins from the same round.
        transaction.set_rollback(True)
    assert found == expected
