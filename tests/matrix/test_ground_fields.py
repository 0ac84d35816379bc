"""Personal texts of rounds, promises, visits and letters × pages, JSON and files × who looks, held against a table.

What is asked is whether a phone, a house number or a signer's name stands there in clear, masked or not at all.
"""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from linli.assessment import packing
from linli.assessment import services as assessments
from linli.assessment.models import IndicatorTask
from linli.campaigns import services as campaigns
from linli.campaigns.contributors import contributors
from linli.inspections import letters, mutual_rechecks, mutual_services, promises
from linli.inspections.models import (
    Dissuasion,
    DissuasionNote,
    DissuasionTheme,
    MutualCheck,
    Observation,
    RoundSite,
    Visit,
    VisitPlan,
)
from linli.standards.models import Node, NodeUnit
from linli.work import services as work
from linli.work import storage
from linli.work.models import Item, Notification
from linli.work.telling import tell
from tests.inspections.conftest import Patrol, at, patrolled
from tests.matrix.looking import Looking, text_of
from tests.matrix.table import Table, settle
from tests.support.calling import Caller
from tests.support.small_world import in_small_world, small_world_database
from tests.support.world import World
from tests.work.conftest import media

__all__ = ["in_small_world", "media", "small_world_database"]

WHO = ("anonymous", "resident", "captain", "grid", "grid2", "grid_west", "community", "community_west", "street",
       "handler", "head", "property", "enforcer", "duty", "dispatcher", "supervisor", "director", "callback", "admin",
       "security", "auditor")  # fmt: skip
FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "note": ("13900000001", ("139****0001",)),
    "advice": ("13900000002", ("139****0002",)),
    "receiver": ("葛大壮", ("葛**",)),
    "conflict": ("13900000003", ("139****0003",)),
    "signer": ("申长河", ("申**",)),
    "agreement_check": ("13900000004", ("139****0004",)),
    "mutual_check": ("13900000005", ("139****0005",)),
    "mutual_recheck": ("13900000013", ("139****0013",)),
    "visit_words": ("13900000006", ("139****0006",)),
    "visit_house": ("7号楼2单元301", ("**",)),
    "letter": ("13900000007", ("139****0007",)),
    "reply": ("13900000008", ("139****0008",)),
    "reason": ("13900000009", ("139****0009",)),
    "dissuasion": ("13900000010", ("139****0010",)),
    "task_words": ("13900000011", ("139****0011",)),
    "campaign_goal": ("13900000012", ("139****0012",)),
}
"""What is looked for, and how it looks masked."""

OPEN = frozenset({"receiver", "signer", "visit_house", "campaign_goal"})
"""What who works with it reads in clear: who received, who signed, which door was knocked at, whom to call."""


@dataclass
class Ground:
    """The addresses of what was made."""

    patrol: Patrol
    pages: dict[str, str]
    rest: dict[str, str]
    pack: str


def words(field: str) -> str:
    """A sentence with the field's value."""
    return f"联系电话{FIELDS[field][0]}，已说明"


@pytest.fixture
def world(in_small_world: World, db: Any, media: Path) -> World:
    """A district with staff in every role."""
    return in_small_world


def walked(patrol: Patrol) -> Item:
    """Notes, a finding with its receiver, a site that was not seen, a record to decide."""
    patrol.send(patrol.tick(words=words("note")))
    found = patrol.problem(handling="hand_over", advice=words("advice"), receiver_name=FIELDS["receiver"][0])
    patrol.send(patrol.tick(2, result="fail", words=words("note"), finding=found))
    patrol.send(patrol.tick(3, words=words("conflict"), observed_at=at(-24 * 20)))
    RoundSite.objects.filter(round=patrol.round, site=patrol.sites[3]).update(
        state=RoundSite.UNREACHABLE, reason=words("reason")
    )
    item = Item.objects.get(kind="finding")
    tell(item.pk, 1, item.events.count())
    return item


def promised(patrol: Patrol) -> dict[str, str]:
    """An agreement and its check, a mutual check and its re-check, a visit of a plan, a letter, dissuasion."""
    world, day = patrol.world, timezone.localdate()
    grid, community = world.actor("grid"), world.actor("community")
    shop = patrol.sites[1]
    agreement = promises.sign_agreement(
        grid, shop.pk, ["clean"], signer=FIELDS["signer"][0], signed_on=day, key=uuid.uuid4()
    )
    promises.check_agreement(grid, agreement.pk, {"clean": False}, words("agreement_check"), key=uuid.uuid4())
    shops = [site.pk for site in patrol.sites if site.site_kind == "shop"]
    batch = uuid.uuid4()
    mutual_services.begin_mutual_checks(community, shops, "互查", day, key=batch)
    check = MutualCheck.objects.filter(checked=shop).get()
    mutual_services.record_mutual_check(grid, check.pk, False, words("mutual_check"))
    mutual_rechecks.record_recheck(grid, check.pk, 1, True, words("mutual_recheck"))
    mutual_services.tell_checked_shop(grid, check.pk)
    plan = VisitPlan.objects.create(
        title="冬季走访", place=world.places["east"], organisation=world.units["east"], since=day, until=day, wanted=3
    )
    Visit.objects.create(
        plan=plan, place=world.places["east_grid1"], kind="home", outcome="met", words=words("visit_words"),
        address=FIELDS["visit_house"][0], visited_at=timezone.now(), recorded_at=timezone.now(),
        recorded_by_id=grid.person_id,
    )  # fmt: skip
    letter = letters.urge(
        community, world.places["east"].pk, world.units["property"].pk, words("letter"), day, key=uuid.uuid4()
    )
    letters.record_reply(world.actor("property"), letter.pk, words("reply"))
    theme = DissuasionTheme.objects.create(name="文明遛狗")
    record = Dissuasion.objects.create(
        theme=theme, place=world.places["east_grid1"], persons=1, happened_at=timezone.now(), day=day,
        recorded_at=timezone.now(), key=uuid.uuid4(),
    )  # fmt: skip
    DissuasionNote.objects.create(record=record, words=words("dissuasion"))
    return {
        "agreements": "/desk/agreements/", "agreement": f"/desk/agreements/{agreement.pk}/",
        "agreement_pdf": f"/desk/agreements/shops/{shop.pk}.pdf",
        "mutual_round": f"/desk/mutual/{batch}/", "mutual_check": f"/desk/mutual/checks/{check.pk}/",
        "visits": "/desk/visits/", "visit_plan": f"/desk/visits/plans/{plan.pk}/",
        "letters": "/desk/letters/", "letter": f"/desk/letters/{letter.pk}/", "dissuasion": "/desk/dissuasion/",
        "responsibilities": "/desk/responsibilities/",
    }  # fmt: skip


def assessed(patrol: Patrol) -> tuple[dict[str, str], str]:
    """An assessment with a task, a pack; a campaign over the same ground."""
    world, today = patrol.world, timezone.localdate()
    node = patrol.criteria["clean"]
    Node.objects.filter(pk=node.pk).update(evidence=[{"kind": "data", "count": 2}])
    NodeUnit.objects.create(node=node, organisation=world.units["east"])
    made = assessments.open_assessment(
        world.actor("director"),
        assessments.NewAssessment(patrol.version.pk, world.places["district"].pk, "年度测评",
                                  today - timedelta(days=9), today, timezone.now() + timedelta(days=3)),
        key="open",
    )  # fmt: skip
    assessments.link_evidence(made.assessment_id)
    task = IndicatorTask.objects.get()
    work.advance(world.actor("community"), task.pk, [("submit", {"words": words("task_words")})], key="s")
    pack = assessments.ask_pack(world.actor("director"), made.assessment_id)
    packing.make(str(pack.pk))
    campaign = campaigns.create(
        world.actor("director"),
        campaigns.Wanted("小巷整治", words("campaign_goal"), "special", world.places["street"].pk,
                         today - timedelta(days=8), today),
        key="k",
    )  # fmt: skip
    pages = {
        "board": reverse("assessment:board", args=[made.assessment_id]),
        "node": reverse("assessment:node", args=[made.assessment_id, node.pk]),
        "tasks": reverse("assessment:tasks", args=[made.assessment_id]),
        "seen": reverse("assessment:seen", args=[made.assessment_id]),
        "failing": reverse("assessment:failing", args=[made.assessment_id]),
        "task": f"/desk/items/{task.item.number}/", "campaign": reverse("campaigns:campaign", args=[campaign.pk]),
    }  # fmt: skip
    for one in contributors():
        pages[f"campaign_{one.slug}"] = reverse("campaigns:records", args=[campaign.pk, one.slug])
    return pages, packing.file_name(pack)


@pytest.fixture
def ground(world: World, monkeypatch: pytest.MonkeyPatch) -> Ground:
    """All of it, with the addresses where it might be seen."""
    from linli.assessment import jobs

    monkeypatch.setattr(jobs.link_evidence, "defer", lambda **_: 0)
    monkeypatch.setattr(jobs.make_pack, "defer", lambda **_: 0)
    patrol = patrolled(world)
    item = walked(patrol)
    pages = {
        "rounds": "/desk/rounds/", "round": f"/desk/rounds/{patrol.round.pk}/",
        "finding": f"/desk/items/{item.number}/",
        "site": f"/desk/sites/{patrol.sites[0].pk}/", "site_shop": f"/desk/sites/{patrol.sites[1].pk}/",
        "site_finding": f"/desk/sites/{patrol.sites[2].pk}/", "desk": "/desk/?tab=all", "inbox": "/desk/inbox/",
        "conflicts": "/desk/conflicts/", "search": f"/desk/search/?q={item.number}",
        "map": "/desk/map/items.json?tab=all", "round_points": f"/desk/rounds/{patrol.round.pk}/sites.json",
    }  # fmt: skip
    pages |= promised(patrol)
    more, pack = assessed(patrol)
    rest = {"json_day": "/patrol/day", "json_conflicts": "/patrol/conflicts", "json_assessments": "/assessments"}
    return Ground(patrol, pages | more, rest, pack)


def looked_at(ground: Ground, looking: Looking, call: Caller, who: str) -> Iterator[tuple[str, str]]:
    """(medium, all that it shows to somebody)."""
    for name, address in ground.pages.items():
        yield name, text_of(looking.get(address, who))
    for name, address in ground.rest.items():
        answer = call.get(address, who)
        yield name, answer.content.decode() if answer.status == 200 else ""


def how(text: str, field: str) -> str:
    """Whether the value stands there in clear, masked, or not at all."""
    value, masks = FIELDS[field]
    if value in text:
        return "clear"
    return "masked" if any(mask in text for mask in masks) and field != "visit_house" else ""


def unpacked(name: str) -> str:
    """Everything in a pack as text: pages, sheets and papers are archives themselves."""
    with storage.backend().open(name) as file:
        outer = zipfile.ZipFile(io.BytesIO(file.read()))
    found = []
    for entry in outer.namelist():
        data = outer.read(entry)
        if entry.endswith((".docx", ".xlsx")):
            inner = zipfile.ZipFile(io.BytesIO(data))
            found += [inner.read(part).decode("utf-8", "ignore") for part in inner.namelist() if part.endswith(".xml")]
        else:
            found.append(data.decode("utf-8", "ignore"))
    return "\n".join(found)


@pytest.mark.long
def test_personal_texts_of_the_ground_are_shown_to_whom_the_table_names(ground: Ground) -> None:
    world = ground.patrol.world
    looking, call = Looking(world), Caller(world)
    assert Observation.objects.count() == 2
    table: Table = {}
    for who in WHO:
        for medium, text in looked_at(ground, looking, call, who):
            for field in FIELDS:
                table.setdefault((field, medium), {})[who] = how(text, field)
    messages = "\n".join(str(row) for row in Notification.objects.values_list("kind", "data"))
    pack = unpacked(ground.pack)
    for field in FIELDS:
        table[field, "message"] = dict.fromkeys(WHO, how(messages, field))
        table[field, "pack"] = dict.fromkeys(WHO, how(pack, field))
    table = {key: row for key, row in table.items() if any(row.values())}
    for (field, medium), row in table.items():
        shown = {who for who, seen in row.items() if seen == "clear"}
        outside = {"anonymous", "resident", "admin", "security", "auditor", "grid_west", "community_west"}
        if field == "campaign_goal":
            outside -= {"community_west"}  # an office's own words, for all units of the campaign's area
        assert not shown & outside, (field, medium, shown)
        assert field in OPEN or not shown, f"{field} stands in clear in {medium} for {shown}"
        assert medium not in ("message", "pack", "map") or not shown, f"{field} stands in clear in {medium}"
    assert set(FIELDS) == {field for field, _medium in table}, "the control: everything is seen somewhere"
    settle("ground_fields.csv", ("field", "medium"), table)
