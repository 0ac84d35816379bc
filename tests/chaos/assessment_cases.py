"""One call of every writing service of campaigns and assessments on the small world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from linli.assessment import linking, reminding, services, snapshots
from linli.assessment.models import Assessment, IndicatorTask
from linli.campaigns import services as campaigns
from linli.campaigns import tying
from linli.requests.reporting import Report
from linli.requests.services import report
from linli.standards.models import Node, NodeUnit, Standard, Version
from linli.work import services as work
from linli.work.models import Item
from tests.support.world import INSIDE, World

Act = Callable[[], Any]
Case = Callable[[World], Act]


def _wanted(world: World) -> services.NewAssessment:
    standard = Standard.objects.create(name="示例标准", place=world.places["district"], synthetic=True)
    version = Version.objects.create(
        standard=standard, number=1, state="published", valid_from=date(2026, 1, 1), published_at=timezone.now()
    )
    top = Node.objects.create(version=version, level="item", position=1, code="1", title="公共环境")
    for place in (1, 2):
        Node.objects.create(
            version=version, parent=top, level="criterion", position=place, code=f"1.{place}", title="路面平整",
            weight=Decimal(2), method="field", rule={"kind": "proportion"}, site_kinds=["lane"],
            evidence=[{"kind": "photo", "count": 1}],
        )  # fmt: skip
    NodeUnit.objects.create(node=top, organisation=world.units["sanitation"])
    today = timezone.localdate()
    return services.NewAssessment(
        version.pk, world.places["district"].pk, "年度自评", today - timedelta(days=30), today + timedelta(days=30),
        timezone.now() + timedelta(days=9),
    )  # fmt: skip


def opened(world: World) -> Assessment:
    outcome = services.open_assessment(world.actor("director"), _wanted(world), key="case")
    return Assessment.objects.select_related("place", "version").get(pk=outcome.assessment_id)


def _open(world: World) -> Act:
    wanted = _wanted(world)
    return lambda: services.open_assessment(world.actor("director"), wanted, key="open")


def _close(world: World) -> Act:
    row = opened(world)
    return lambda: services.close_assessment(world.actor("director"), row.pk, key="close", cancel_open=True)


def _plan(world: World) -> Act:
    row = opened(world)
    return lambda: services.set_plan(world.actor("director"), row.pk, services.PlanChange(target=80))


def _pack(world: World) -> Act:
    row = opened(world)
    return lambda: services.ask_pack(world.actor("director"), row.pk)


def _link(world: World) -> Act:
    row = opened(world)
    return lambda: services.link_evidence(row.pk)


def _link_by_hand(world: World) -> Act:
    row = opened(world)
    Node.objects.filter(version=row.version, level="criterion").update(evidence=[{"kind": "document", "count": 1}])
    lon, lat = INSIDE["east"]
    told = Report("complaint", "巷子里堆了垃圾", longitude=lon, latitude=lat)
    made = report(world.actor("anonymous"), told, key="w", device="d")
    Item.objects.filter(pk=made.item_id).update(
        state="closed", meaning="done", closed_at=timezone.now(), responsible_organisation=world.units["sanitation"]
    )
    task = IndicatorTask.objects.filter(assessment=row).order_by("pk")[0]
    chosen = [("requests", made.number)]
    return lambda: linking.link_by_hand(world.actor("handler"), task.pk, chosen, key="hand")


def _tell_reminded(world: World) -> Act:
    row, since = opened(world), timezone.now() - timedelta(minutes=1)
    tasks = list(IndicatorTask.objects.filter(assessment=row).values_list("pk", flat=True))
    for number in tasks:
        step = ("remind", {"advice": "请尽快提交"})
        work.advance(world.actor("director"), number, [step], key=f"r{number}", quiet=True)
    return lambda: reminding.tell(tasks, since)


def _snapshot(world: World) -> Act:
    row = opened(world)
    return lambda: snapshots.take(row)


def campaign_wanted(world: World, title: str = "小巷整治") -> campaigns.Wanted:
    today = timezone.localdate()
    acted, compared = (world.places["east_grid1"].pk,), (world.places["west_grid1"].pk,)
    return campaigns.Wanted(
        title, "", "campaign", world.places["district"].pk, today, today, acted, compared,
        teams=(world.units["sanitation"].pk,),
    )  # fmt: skip


def _make(world: World) -> Act:
    return lambda: campaigns.create(world.actor("director"), campaign_wanted(world), key="c")


def _change(world: World) -> Act:
    row = campaigns.create(world.actor("director"), campaign_wanted(world), key="c")
    return lambda: campaigns.change(world.actor("director"), row.pk, campaign_wanted(world, "别的"))


def _of_wish(world: World) -> tuple[int, int]:
    """A campaign and a request in its area."""
    row = campaigns.create(world.actor("director"), campaign_wanted(world), key="c")
    lon, lat = INSIDE["east"]
    told = Report("complaint", "巷子里堆了垃圾", longitude=lon, latitude=lat)
    made = report(world.actor("anonymous"), told, key="w", device="d")
    return row.pk, Item.objects.get(number=made.number).pk


def _tie(world: World) -> Act:
    row, item = _of_wish(world)
    return lambda: tying.tie(world.actor("director"), row, item, "在整治范围", key="t")


def _untie(world: World) -> Act:
    row, item = _of_wish(world)
    tying.tie(world.actor("director"), row, item, "在整治范围", key="t")
    return lambda: tying.untie(world.actor("director"), row, item, "归错了", key="u")


CASES: dict[str, Case] = {
    "assessment.services.open_assessment": _open,
    "assessment.services.close_assessment": _close,
    "assessment.services.set_plan": _plan,
    "assessment.services.ask_pack": _pack,
    "assessment.services.link_evidence": _link,
    "assessment.linking.link_by_hand": _link_by_hand,
    "assessment.reminding.tell": _tell_reminded,
    "assessment.snapshots.take": _snapshot,
    "campaigns.services.create": _make,
    "campaigns.services.change": _change,
    "campaigns.tying.tie": _tie,
    "campaigns.tying.untie": _untie,
}
