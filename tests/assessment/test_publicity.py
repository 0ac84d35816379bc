"""Publicity asked for by a criterion is an activity that was held: with its day, a photo and its audience counted."""

from __future__ import annotations

import random
import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from linli.activities import closing, planning
from linli.activities.planning import Wanted
from linli.activities.posts import Post
from linli.assessment import linking, packing_chapters, selectors, services
from linli.assessment.models import Assessment, AuditPack, EvidenceLink, IndicatorTask
from linli.standards.models import Node, NodeUnit, Standard, Version
from linli.work import moments
from linli.work.demo_photos import upload
from tests.support.people import signed_in_client
from tests.support.world import World

DAY = timezone.localdate() - timedelta(days=3)


@pytest.fixture
def asked(world: World, monkeypatch: pytest.MonkeyPatch) -> Assessment:
    """An assessment with one criterion that asks for two pieces of publicity of the last month."""
    from linli.assessment import jobs

    monkeypatch.setattr(jobs.link_evidence, "defer", lambda **_: 0)
    standard = Standard.objects.create(name="示例标准", place=world.places["district"], synthetic=True)
    version = Version.objects.create(
        standard=standard, number=1, state="published", valid_from=date(2026, 1, 1), published_at=timezone.now()
    )
    node = Node.objects.create(
        version=version, level="criterion", position=1, code="1", title="文明行为条例有宣传、有执行", weight=Decimal(1),
        method="material", rule={"kind": "graded"}, evidence=[{"kind": "publicity", "count": 2, "days": 30}],
    )  # fmt: skip
    NodeUnit.objects.create(node=node, organisation=world.units["east"])
    new = services.NewAssessment(
        version.pk, world.places["district"].pk, "年度自评", DAY - timedelta(days=60), DAY + timedelta(days=20),
        timezone.now() + timedelta(days=9),
    )  # fmt: skip
    return Assessment.objects.get(pk=services.open_assessment(world.actor("director"), new, key="k").assessment_id)


def hold(world: World, title: str, topic: str, *, heads: int, photo: bool) -> None:
    """An activity of the east community that was held three days ago, closed the same day."""
    actor = world.actor("community")
    begin = timezone.now().replace(microsecond=0) - timedelta(days=3)
    wanted = Wanted(
        title, world.places["east"].pk, begin, 90, topics=(topic,), leader_id=actor.person_id,
        posts=(Post("参加者", 3),), organisation_id=world.units["east"].pk,
    )  # fmt: skip
    with moments.replaying(begin - timedelta(days=1)):
        row = planning.create(actor, wanted, key=uuid.uuid5(uuid.NAMESPACE_OID, title), publish=True)
    shown = upload(random.Random(title), owner="t", mended=True, at=begin, lon=120.45, lat=36.38) if photo else ""
    with moments.replaying(begin + timedelta(hours=2)):
        closing.close(actor, row.pk)
        if heads:
            closing.count_heads(actor, row.pk, {"residents": heads})
        closing.record_results(actor, row.pk, results="讲了条例", outcomes={}, photos=(shown,) if shown else ())


def test_an_activity_with_day_photo_and_heads_is_linked_and_no_other(world: World, asked: Assessment) -> None:
    hold(world, "条例进楼院", "文明行为条例", heads=46, photo=True)
    hold(world, "没拍照", "文明行为条例", heads=20, photo=False)
    hold(world, "没数人", "文明行为条例", heads=0, photo=True)
    hold(world, "讲养犬", "文明养犬", heads=30, photo=True)
    assert services.link_evidence(asked.pk) == 1
    link = EvidenceLink.objects.get()
    day = timezone.localdate() - timedelta(days=3)
    assert (link.source, link.audience, link.happened_on, len(link.photos)) == ("activities", 46, day, 1)
    (task,) = selectors.tasks(world.actor("director"), asked)
    assert task.missing == {"publicity": 1} and task.publicity == 1
    node = IndicatorTask.objects.get().node_id
    client = signed_in_client(world.users["director"])
    page = client.get(reverse("assessment:node", args=[asked.pk, node])).content.decode()
    assert "受众 46 人次" in page
    assert "宣传活动 1" in client.get(reverse("assessment:tasks", args=[asked.pk])).content.decode()
    shown = client.get(f"/desk/items/{task.number}/").content.decode()
    assert "缺宣传活动 1" in shown and f"{reverse('assessment:node', args=[asked.pk, node])}#evidence" in shown
    assert "完成时限" in shown and "诉求" not in shown.partition("<main")[2].partition("</main>")[0]
    hold(world, "条例进校园", "文明行为条例", heads=12, photo=True)
    services.link_evidence(asked.pk)
    assert selectors.tasks(world.actor("director"), asked)[0].gap == 0


def test_the_pack_says_how_many_were_reached(world: World, asked: Assessment, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(world, "条例进楼院", "文明行为条例", heads=46, photo=True)
    services.link_evidence(asked.pk)
    pieces: list[Any] = packing_chapters.pieces_of([IndicatorTask.objects.get().pk])
    assert [(piece.source, len(piece.photos)) for piece in pieces] == [("活动记录（受众 46 人次）", 1)]
    assert not AuditPack.objects.exists()


def test_an_activity_that_the_criterion_does_not_name_is_found_by_hand_only(world: World, asked: Assessment) -> None:
    hold(world, "端午包粽子", "传统节日", heads=46, photo=True)
    assert services.link_evidence(asked.pk) == 0
    task = IndicatorTask.objects.select_related("node", "item").get(assessment=asked)
    row = Assessment.objects.select_related("version", "place").get(pk=asked.pk)
    for words, where, found in (("", "", 1), ("端午", "东山", 1), ("中秋", "", 0), ("", "西湖", 0)):
        page = linking.records(row, task, linking.Wanted(words, where=where), 10)
        assert len(page.lines) == found, (words, where)
    (line,) = linking.records(row, task, linking.Wanted(), 10).lines
    assert line.fact is not None and line.why_not is None
    assert linking.link_by_hand(world.actor("community"), task.pk, [line.fact.mark[2:0:-1]], key="k") == 1
