"""What inspections' work speaks for: mended problems, rounds, visits and campaigns, as whose doing."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.campaigns import services as campaigns
from linli.inspections import providing, working
from linli.inspections.visits import record_visit
from linli.standards import facts
from linli.standards.facts import Fact, Query
from linli.standards.models import Node
from linli.work.models import Item
from linli.work.services import advance
from tests.inspections.conftest import Patrol, at


def asked(patrol: Patrol, unit: str | None, node: Node, kinds: tuple[str, ...] = ()) -> Query:
    """What the assessment asks for a criterion and a unit, in the last ten days."""
    today = timezone.localdate()
    path = str(patrol.world.places["district"].path)
    number = patrol.world.units[unit].pk if unit else None
    return Query(patrol.version, node, kinds, number, path, today - timedelta(days=10), today)


def named(patrol: Patrol, title: str) -> Node:
    """A criterion of material audit."""
    return Node.objects.create(
        version=patrol.version,
        level="criterion",
        position=9,
        title=title,
        weight=1,
        method="material",
        rule={"kind": "proportion"},
    )


def of(slug: str, query: Query) -> list[Fact]:
    """What one kind of work knows."""
    source = facts.source_of(slug)
    assert source is not None
    return source.find(query)


def test_what_a_community_records_its_street_has_done_and_nobody_else(patrol: Patrol) -> None:
    patrol.send(patrol.tick(0))
    clean = patrol.criteria["clean"]
    kinds = ("lane", "shop")
    count = {unit: len(providing.facts(asked(patrol, unit, clean, kinds))) for unit in ("east", "street", "west")}
    assert count == {"east": 1, "street": 1, "west": 0}


def test_a_mended_problem_speaks_for_its_criterion_and_for_whoever_mended_it(
    patrol: Patrol, query_counter: Any
) -> None:
    world, clean = patrol.world, patrol.criteria["clean"]
    lead = world.units["sanitation"].pk
    number = patrol.send(
        patrol.tick(result="fail", finding=patrol.problem(handling="hand_over", lead_organisation_id=lead))
    ).outcomes[0].number  # fmt: skip
    item = Item.objects.get(number=number)
    query = asked(patrol, "sanitation", clean, ("lane",))
    assert of("findings", query) == []
    for name, step, data in (("handler", "sign", {}), ("handler", "reply", {"answer": "已清"})):
        advance(world.actor(name), item.pk, [(step, data)], key=step)
    advance(world.actor("street"), item.pk, [("verify_pass", {})], key="verify")
    with query_counter(at_most=1):
        found = of("findings", query)
    assert [(fact.object_id, fact.url) for fact in found] == [(number, f"/desk/items/{number}/")]
    assert of("findings", asked(patrol, "housing", clean, ("lane",))) == []
    assert of("findings", asked(patrol, "sanitation", patrol.criteria["order"], ("lane",))) == []
    weekly = named(patrol, "每周检查有记录，问题有整改结果")
    assert len(of("findings", asked(patrol, "office", weekly))) == 1
    assert of("findings", asked(patrol, "water", weekly)) == []


def test_rounds_visits_and_campaigns_speak_where_a_criterion_names_them(patrol: Patrol) -> None:
    world = patrol.world
    patrol.send(patrol.tick(0))
    grid = world.actor("grid")
    record_visit(grid, world.places["east_grid1"].pk, kind="home", outcome="met", words="都好", key=uuid.uuid4())
    wanted = campaigns.Wanted(
        "背街小巷整治", "干净", "campaign", world.places["east"].pk, timezone.localdate(), timezone.localdate(),
        (world.places["east"].pk,),
    )  # fmt: skip
    campaigns.create(world.actor("director"), wanted, key="campaign")
    weekly, visited = named(patrol, "每周检查有记录"), named(patrol, "领导包片，按期走访")
    special = named(patrol, "高发问题有专项行动")
    for unit in ("street", "office"):
        (told,) = of("rounds", asked(patrol, unit, weekly))
        assert (told.object_id, told.happened_on) == (str(patrol.round.pk), timezone.localdate())
        (told,) = of("visits", asked(patrol, unit, visited))
        assert told.place_name == world.places["east"].name
    assert len(of("campaigns", asked(patrol, "office", special))) == 1
    assert [of(work.slug, asked(patrol, "office", named(patrol, "有年度方案"))) for work in working.WORK] == [[]] * 4
    assert of("rounds", asked(patrol, "housing", weekly)) == []
    far = replace(asked(patrol, "office", weekly), place_path=str(world.places["west"].path))
    assert of("rounds", far) == []


@pytest.mark.parametrize("slug", ["rounds", "visits", "campaigns"])
def test_what_holds_at_sites_is_not_proved_by_papers(patrol: Patrol, slug: str) -> None:
    patrol.send(patrol.tick(0))
    node = named(patrol, "每周检查、走访、专项行动")
    assert of(slug, asked(patrol, "office", node, ("lane",))) == []


def test_what_anybody_sees_in_its_area_speaks_for_a_street_and_a_community_but_for_no_department(
    patrol: Patrol,
) -> None:
    patrol.send(patrol.tick(0), by="director")
    clean, kinds = patrol.criteria["clean"], ("lane", "shop")
    units = ("east", "street", "west", "office", "housing")
    count = {unit: len(providing.facts(asked(patrol, unit, clean, kinds))) for unit in units}
    assert count == {"east": 1, "street": 1, "west": 0, "office": 1, "housing": 0}


def test_records_are_found_page_by_page_by_words_and_place_and_by_hand(patrol: Patrol) -> None:
    world, clean = patrol.world, patrol.criteria["clean"]
    patrol.send(*[patrol.tick(number, observed_at=at(-24 * number)) for number in (0, 1)], patrol.tick(0))
    wanted = campaigns.Wanted(
        "背街小巷整治", "干净", "campaign", world.places["east"].pk, timezone.localdate(), timezone.localdate(),
        (world.places["east"].pk,),
    )  # fmt: skip
    campaigns.create(world.actor("director"), wanted, key="campaign")
    query = replace(asked(patrol, None, clean, ("lane", "shop")), by_hand=True)
    every = facts.find(replace(query, limit=None))
    assert {fact.source for fact in every} == {"inspections", "rounds", "campaigns"} and len(every) == 5
    assert facts.find(replace(query, by_hand=False, limit=None)) == [
        fact for fact in every if fact.source == "inspections"
    ]  # fmt: skip
    paged: list[Fact] = []
    while more := facts.find(replace(query, limit=2, before=paged[-1].mark if paged else None)):
        paged += more
    assert paged == every and [fact.mark for fact in every] == sorted((fact.mark for fact in every), reverse=True)
    assert {fact.source for fact in facts.find(replace(query, words=("背街", "整治")))} == {"campaigns"}
    assert facts.find(replace(query, words=("背街", "没有"))) == []
    east, street = world.places["east"].name, world.places["street"].name
    assert len(facts.find(replace(query, where=street))) == 5, "what lies below the place is in it"
    assert 0 < len(facts.find(replace(query, where=east))) <= 5 and facts.find(replace(query, where="火星")) == []
    one = next(fact for fact in every if fact.source == "inspections")
    assert facts.find(replace(query, among=(one.object_id,)), ["inspections"]) == [one]
