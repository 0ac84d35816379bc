"""Visits, letters, a record to decide and dissuasion for the browser tests, one of each that a page shows."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.utils import timezone

from linli.inspections.batch import Batch, NewFinding, NewObservation
from linli.inspections.dissuasion import plan_round, record_dissuasion, setup_themes
from linli.inspections.letters import urge
from linli.inspections.models import DissuasionTheme, Observation
from linli.inspections.services import record_batch
from linli.inspections.visits import plan_visits, record_visit
from tests.browser.world import World


def visited(world: World, round_id: int, site_id: int) -> dict[str, str]:
    """A plan with a door where nobody was in and a follow-up, a letter that waits, a conflict, months of dissuasion."""
    grid, community, today = world.actor("grid"), world.actor("community"), timezone.localdate()
    place, below, now = world.places["community"], world.places["grid"], timezone.now()
    with world.inside():
        plan = plan_visits(community, place, "冬季入户走访", today, today, 40, key=uuid.uuid4())
        record_visit(grid, below, kind="home", outcome="absent", address="11号楼3单元1102", plan_id=plan.pk,
                     key=uuid.uuid4())  # fmt: skip
        record_visit(grid, below, kind="home", outcome="met", words="单元门关不上，夜里响", plan_id=plan.pk,
                     follow_up=NewFinding(uuid.uuid4()), key=uuid.uuid4())  # fmt: skip
        manager, words = world.organisations["property"], "楼道堆物较多，请逐户通知并清理。"
        letter = urge(community, place, manager, words, today, key=uuid.uuid4())
        setup_themes()
        theme = DissuasionTheme.objects.order_by("pk")[0].pk
        plan_round(community, place, theme, "文明养犬劝导月", today, today, key=uuid.uuid4())
        made = [
            record_dissuasion(grid, below, theme, 3, leaflets=10, words="广场北侧", key=uuid.uuid4(),
                              happened_at=now - timedelta(days=31 * month))
            for month in range(3)
        ]  # fmt: skip
        node = Observation.objects.filter(round_id=round_id, site_id=site_id)[0].criterion
        # By the community: the grid worker's phone shows what other tests put there.
        ahead = NewObservation(uuid.uuid4(), round_id, site_id, node.pk, "pass", now + timedelta(hours=3), words="干净")
        record_batch(community, Batch("tests", (ahead,)), "tests")
    return {"visit_plan": str(plan.pk), "letter": str(letter.pk), "dissuasion": str(made[0].pk)}
