"""What staff pages show when people have worked a while: for the tests of pages and for their pictures."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from linli.assessment import services as assessments
from linli.assessment.models import IndicatorTask
from linli.campaigns import services as campaigns
from linli.inspections.batch import Batch, NewObservation
from linli.inspections.rounds import NewRound, NewTeam, create_round
from linli.inspections.services import record_batch
from linli.people import delegation, duty, handover
from linli.people.models import Appointment
from linli.places.models import Place
from linli.places.services import create_place
from linli.requests.services import Reported
from linli.standards.demo import enter
from linli.standards.models import Node, NodeUnit, Standard, Version
from linli.standards.node_services import add_node, change_node, delete_node
from linli.standards.services import draft_from
from linli.standards.values import COLUMNS
from linli.work.models import PrintedDocument
from linli.work.printing import print_paper
from linli.work.printing.services import token_digest
from tests.browser.world import World

SCAN_TOKEN = "A-known-token-of-a-paper"


def papers_and_people(world: World, handling: Reported) -> str:
    """A printed slip, a roster and its log, a delegation, a hand-over to sign; the token in the QR of the slip."""
    today = timezone.localdate()
    morning = timezone.localtime().replace(hour=8, minute=0, second=0, microsecond=0)
    with world.inside():
        head, person = world.actor("unithead"), {name: one.person_id for name, one in world.staff.items()}
        done = print_paper(head, handling.item_id, "slip", {"demand": "今天下班前清运"}, key="scene")
        PrintedDocument.objects.filter(pk=done.document.pk).update(token_digest=token_digest(SCAN_TOKEN))
        unit = world.organisations["sanitation"]
        for day, name in enumerate(("squad", "unithead", "squad")):
            begin = morning + timedelta(days=day)
            duty.add_shift(head, unit, person[name], begin, begin + timedelta(hours=10), note="巡查鹤山路沿线")
        duty.write_log(head, unit, "上午清运两车，鹤山路东段加派一人。")
        own = Appointment.objects.get(person_id=person["unithead"])
        until = today + timedelta(days=7)
        delegation.delegate(head, own.pk, person["squad"], valid_from=today, valid_to=until, reason="外出培训")
        handover.hand_over(world.actor("security"), person["property"], person["unithead"], leaving=False, note="轮岗")
    return SCAN_TOKEN


def rounds_and_sites(world: World) -> dict[str, str]:
    """A round over three sites in the stage's grid, one of them looked at; the ids of the round and that site."""
    today = timezone.localdate()
    with world.inside():
        officer, grid = world.actor("street"), Place.objects.get(pk=world.places["grid"])
        kept = Standard.objects.create(name="示例标准", place_id=world.places["district"], synthetic=True)
        version = Version.objects.create(
            standard=kept, number=1, state="published", valid_from=today, published_at=timezone.now()
        )
        node = Node.objects.create(
            version=version, level="criterion", position=1, title="路面干净，无暴露垃圾", weight=2, method="field",
            rule={"kind": "proportion"}, site_kinds=["lane"],
        )  # fmt: skip
        lon, lat = world.home_point
        sites = [
            create_place(kind="site", site_kind="lane", name=f"幸福里{number}巷", parent_id=grid.pk,
                         point=(lon + number * 0.0002, lat), actor_label="test", valid_from=today)
            for number in (1, 2, 3)
        ]  # fmt: skip
        # Of the officer alone: the grid worker's phone shows what other tests put there.
        team = NewTeam("第一组", lon, lat, 240, None, (world.staff["street"].person_id,))
        new = NewRound("本周背街小巷巡查", world.places["street"], today, today + timedelta(days=6),
                       version_id=version.pk, site_kinds=("lane",), teams=(team,))  # fmt: skip
        row = create_round(officer, new, uuid.uuid4())
        tick = NewObservation(uuid.uuid4(), row.pk, sites[0].pk, node.pk, "pass", timezone.now(), words="很干净")
        record_batch(officer, Batch("phone", (tick,)), "scene")
    return {"round": str(row.pk), "site": str(sites[0].pk)}


def standards(world: World) -> dict[str, str]:
    """The example standard in force, and a draft made from it with a criterion changed, one added and one removed."""
    director = world.actor("director")
    with world.inside():
        version = enter(director, Place.objects.get(pk=world.places["district"]))
        draft = draft_from(director, version.pk)
        criteria = Node.objects.filter(version=draft, level=Node.CRITERION).order_by("pk")
        first, second, third = criteria[0], criteria[1], criteria[2]
        values = {name: getattr(first, name) for name in COLUMNS}
        change_node(director, first.pk, values=values | {"weight": "1.6", "site_kinds": ["main_road", "lane"]})
        delete_node(director, third.pk)
        values = {name: getattr(second, name) for name in COLUMNS}
        content = second.parent_id
        add_node(
            director, draft.pk, level="criterion", parent_id=content,
            values=values | {"title": "雨后两小时内没有积水", "code": "1.1.7", "site_kinds": []},
        )  # fmt: skip
        above = Node.objects.get(pk=content or 0)
        keys = {"standard": version.pk, "draft": draft.pk, "criterion": second.pk, "content": above.pk}
        keys["in_force"] = Node.objects.get(version=version, lineage=second.lineage).pk
    return {name: str(key) for name, key in keys.items()}


def assessed(world: World) -> dict[str, str]:
    """An assessment of the district over a small standard, with a task that is late, and a pack that waits."""
    today = timezone.localdate()
    with world.inside():
        director = world.actor("director")
        standard = Standard.objects.create(name="文明城区示例标准", place_id=world.places["district"], synthetic=True)
        version = Version.objects.create(
            standard=standard, number=1, state="published", valid_from=today, published_at=timezone.now()
        )
        top = Node.objects.create(version=version, level="item", position=1, code="1", title="公共环境整洁有序")
        content = Node.objects.create(
            version=version, parent=top, level="content", position=1, code="1.1", title="街巷"
        )
        for place, title in enumerate(("路面平整，没有积水和垃圾", "公共设施完好，标志清楚")):
            node = Node.objects.create(
                version=version, parent=content, level="criterion", position=place, code=f"1.1.{place + 1}",
                title=title, weight=Decimal(2), method="field", rule={"kind": "proportion"}, site_kinds=["lane"],
                evidence=[{"kind": "photo", "count": 2}],
            )  # fmt: skip
        NodeUnit.objects.create(node=top, organisation_id=world.organisations["sanitation"])
        new = assessments.NewAssessment(
            version.pk, world.places["district"], "2026年度自评", today - timedelta(days=90),
            today + timedelta(days=30), timezone.now() - timedelta(days=2), synthetic=True,
        )  # fmt: skip
        opened = assessments.open_assessment(director, new, key="scene")
        task = IndicatorTask.objects.get(assessment_id=opened.assessment_id, node=node).pk
        pack = assessments.ask_pack(director, opened.assessment_id)
        days = (today - timedelta(days=20), today + timedelta(days=20))
        wanted = campaigns.Wanted(
            "背街小巷整治行动", "路面平整，没有乱堆乱放", "campaign", world.places["district"], *days,
            (world.places["community"],), (), ("lane",), ("door", "yard"), (world.organisations["sanitation"],),
        )  # fmt: skip
        campaign = campaigns.create(director, wanted, key="scene")
    return {
        "assessment": str(opened.assessment_id), "assessed": str(node.pk), "assessed_task": str(task),
        "pack": str(pack.pk),
        "campaign": str(campaign.pk),
    }  # fmt: skip
