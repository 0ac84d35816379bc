"""What inspections give to campaigns: each number is its list, findings are told per look, rounds show how far."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from linli.campaigns import selectors, services
from linli.campaigns.contributors import contributor, under_way
from linli.campaigns.models import Campaign
from linli.inspections import promises
from linli.inspections.models import Observation, Round
from linli.inspections.rounds import NewRound, create_round, link_campaign
from linli.people.access import ObjectHidden
from linli.work.engine import StepRefused
from tests.inspections.conftest import Patrol, at, place_sites
from tests.support.people import signed_in_client


def campaign(patrol: Patrol, **more: Any) -> Campaign:
    """Runs since nine days, over the grid with the sites, compared with another."""
    today = timezone.localdate()
    world = patrol.world
    values: dict[str, Any] = {
        "title": "小巷整治", "goal": "", "kind": "special", "place_id": world.places["east"].pk,
        "since": today - timedelta(days=9), "until": today + timedelta(days=9),
        "acted": (world.places["east_grid1"].pk,), "compared": (world.places["east_grid2"].pk,),
    }  # fmt: skip
    return services.create(
        world.actor("director"), services.Wanted(**(values | more)), key=str(more.get("title", "campaign"))
    )


def numbers(patrol: Patrol, row: Campaign) -> dict[str, int]:
    """The tiles of the page, each held against the list it opens."""
    client = signed_in_client(patrol.world.users["director"])
    text = client.get(reverse("campaigns:campaign", args=[row.pk])).content.decode()
    tiles = re.findall(
        r'<a class="stat[^"]*" href="[^"]*/records/([^/]+)/"><span class="stat-number">(\d+)</span>', text
    )
    for slug, number in tiles:
        listed = client.get(reverse("campaigns:records", args=[row.pk, slug])).content.decode()
        assert len(re.findall(r'<(?:a|span) class="row"', listed)) == int(number), slug
    return {slug: int(number) for slug, number in tiles}


def test_everything_that_happened_at_the_places_counts_once_and_opens_its_list(patrol: Patrol) -> None:
    world, day = patrol.world, timezone.localdate()
    grid = world.actor("grid")
    patrol.send(patrol.tick(), patrol.tick(criterion="order"), patrol.tick(1))
    patrol.send(patrol.tick(2, result="fail", finding=patrol.problem()))
    old = patrol.tick(3, result="fail")
    patrol.send(old, patrol.tick(3, replaces=old.client_key))
    agreement = promises.sign_agreement(grid, patrol.sites[1].pk, ["clean", "order"], signed_on=day, key=uuid.uuid4())
    promises.check_agreement(grid, agreement.pk, {"clean": True, "order": False}, key=uuid.uuid4())
    row = campaign(patrol)
    found = numbers(patrol, row)
    assert (found["sites_seen"], found["findings"], found["agreement_checks"]) == (4, 1, 1)
    assert (found["mutual_checks"], found["visits"], found["dissuasion"], found["requests"]) == (0, 0, 0, 0)
    lanes = campaign(patrol, title="只看小巷", site_kinds=("lane",))
    found = numbers(patrol, lanes)
    assert (found["sites_seen"], found["findings"], found["agreement_checks"]) == (2, 1, 0)
    entry = contributor("sites_seen")
    assert entry is not None
    labels = [record.label for record in selectors.records(row, entry).entries]
    assert "点位1：查 2 项，不合格 0 项" in labels and "点位4：查 1 项，不合格 0 项" in labels


def test_findings_are_told_per_look_and_each_count_opens_exactly_its_records(patrol: Patrol) -> None:
    other = place_sites(patrol.world, 2, "east_grid2")
    today = timezone.localdate()
    again = create_round(
        patrol.world.actor("community"),
        NewRound("上月", patrol.world.places["east"].pk, today - timedelta(days=30), today,
                 version_id=patrol.version.pk),
        uuid.uuid4(),
    )  # fmt: skip

    def seen(site: int, days: int, **more: Any) -> Any:
        return patrol.tick(site_id=site, round_id=again.pk, observed_at=at(-24 * days), **more)

    ours, theirs = patrol.sites[0].pk, other[0].pk
    bad: dict[str, Any] = {"result": "fail"}
    patrol.send(seen(ours, 15, **bad, finding=patrol.problem()), seen(ours, 14), seen(ours, 2), seen(ours, 3))
    patrol.send(seen(theirs, 15), seen(theirs, 2), by="grid2")
    row = campaign(patrol)
    trend = next(entry for entry in selectors.results(row).trends if entry.contributor.slug == "findings")
    acted, compared = (patrol.world.places[name].pk for name in ("east_grid1", "east_grid2"))
    assert trend.per_look and trend.looked == {acted: (2, 2), compared: (1, 1)}
    assert trend.counted == {acted: (1, 0), compared: (0, 0)}
    assert trend.effect.change == pytest.approx(-50) and trend.effect.low is None, "one place a side: no interval"
    client = signed_in_client(patrol.world.users["director"])
    text = client.get(reverse("campaigns:campaign", args=[row.pk])).content.decode()
    assert "每查 100 个点位发现的问题，比对照地点少 50.00 件。" in text and "按查过的点位折算" in text
    cells = re.findall(r'<a href="([^"]*\?place=[^"]*)">(\d+)</a>', text)
    assert len(cells) == 2 * 4 + 2 * 2, "findings and looks, and requests, before and after, at two places"
    for address, number in cells:
        listed = client.get(address.replace("&amp;", "&")).content.decode()
        assert len(re.findall(r'<(?:a|span) class="row"', listed)) == int(number), address
    for wrong in ("?place=1&part=before", f"?place={acted}&part=never"):
        assert client.get(reverse("campaigns:records", args=[row.pk, "findings"]) + wrong).status_code == 404


def test_a_round_belongs_to_a_campaign_and_shows_there_how_far_it_is(patrol: Patrol) -> None:
    world, today = patrol.world, timezone.localdate()
    community, row = world.actor("community"), campaign(patrol)
    new = NewRound("整治巡查", world.places["east"].pk, today, today, kind=Round.SPECIAL, version_id=patrol.version.pk,
                   campaign_id=row.pk)  # fmt: skip
    made = create_round(community, new, uuid.uuid4())
    patrol.send(patrol.tick(round_id=made.pk))
    [(label, lines)] = under_way(row.pk, world.actor("director"))
    assert label.zh == "巡查轮次" and [(line.title, line.done, line.total) for line in lines] == [("整治巡查", 1, 4)]
    page = signed_in_client(world.users["director"]).get(reverse("campaigns:campaign", args=[row.pk])).content.decode()
    assert f"/desk/rounds/{made.pk}/" in page and "1/4" in page
    assert under_way(row.pk, world.actor("community_west")) == [], "only rounds the actor may see"
    link_campaign(community, made.pk, None)
    assert under_way(row.pk, world.actor("director")) == []
    link_campaign(community, made.pk, row.pk)
    assert Round.objects.get(pk=made.pk).campaign_id == row.pk


def test_a_round_of_another_kind_or_elsewhere_is_refused(patrol: Patrol) -> None:
    world = patrol.world
    row = campaign(patrol)
    west = campaign(patrol, title="西边", place_id=world.places["west"].pk, acted=(), compared=())
    with pytest.raises(StepRefused) as refused:
        link_campaign(world.actor("community"), patrol.round.pk, row.pk)
    assert refused.value.code == "bad_kind"
    Round.objects.filter(pk=patrol.round.pk).update(kind=Round.CAMPAIGN)
    for number, code in ((west.pk, "no_campaign"), (10**9, "no_campaign")):
        with pytest.raises(StepRefused) as refused:
            link_campaign(world.actor("community"), patrol.round.pk, number)
        assert refused.value.code == code
    with pytest.raises(StepRefused) as refused:
        link_campaign(world.actor("director"), patrol.round.pk, west.pk)
    assert refused.value.code == "other_place"
    with pytest.raises(ObjectHidden):
        link_campaign(world.actor("community_west"), patrol.round.pk, west.pk)
    assert Observation.objects.count() == 0 and Round.objects.get(pk=patrol.round.pk).campaign is None


def test_a_result_page_takes_few_statements_however_much_there_is(
    patrol: Patrol, django_assert_max_num_queries: Any
) -> None:
    row, client = campaign(patrol), signed_in_client(patrol.world.users["director"])
    patrol.send(*(patrol.tick(site, criterion) for site in range(3) for criterion in ("clean", "order")))
    address = reverse("campaigns:campaign", args=[row.pk])
    client.get(address)
    with django_assert_max_num_queries(24):
        assert client.get(address).status_code == 200
