"""Responsibilities, agreements, mutual checks, visits and letters: by whom, once, and results to the shops first."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from linli.inspections import mutual_services, promises
from linli.inspections.models import MutualCheck
from linli.inspections.mutual import pairs
from linli.inspections.site_selectors import site_past
from linli.people.access import PermissionRefused
from linli.work.engine import StepRefused
from tests.inspections.conftest import Patrol

TODAY = date(2026, 11, 24)


@given(st.lists(st.integers(0, 10**6), unique=True, max_size=40), st.integers(0, 1000), st.data())
def test_nobody_checks_itself_and_everybody_is_checked_once(members: list[int], seed: int, data: st.DataObject) -> None:
    before = set(data.draw(st.lists(st.sampled_from(pairs(members) or [(0, 0)]), max_size=5)))
    found = pairs(members, before, seed=seed)
    assert all(one != other for one, other in found)
    if len(members) > 1:
        assert sorted(one for one, _ in found) == sorted(members) == sorted(other for _, other in found)
    if len(members) > 2:
        assert not {(other, one) for one, other in found} & set(found)


def test_a_member_that_comes_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        pairs([1, 1])


def test_the_database_too_refuses_a_shop_that_checks_itself(patrol: Patrol) -> None:
    site = patrol.sites[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        MutualCheck.objects.create(batch=uuid.uuid4(), title="x", checker=site, checked=site, due_on=TODAY)


def test_results_of_mutual_checks_go_to_the_shops_first(patrol: Patrol) -> None:
    grid, key = patrol.world.actor("grid"), uuid.uuid4()
    ids = [site.pk for site in patrol.sites if site.site_kind == "shop"]
    assert mutual_services.begin_mutual_checks(grid, ids, "十一月互查", TODAY, key=key) == 2
    assert mutual_services.begin_mutual_checks(grid, ids, "十一月互查", TODAY, key=key) == 2
    row = MutualCheck.objects.filter(batch=key).first()
    assert row is not None
    with pytest.raises(StepRefused):
        mutual_services.tell_checked_shop(grid, row.pk)
    mutual_services.record_mutual_check(grid, row.pk, False, "灭火器过期")
    assert site_past(row.checked_id)["mutual"] == []
    mutual_services.tell_checked_shop(grid, row.pk)
    assert [entry["words"] for entry in site_past(row.checked_id)["mutual"]] == ["灭火器过期"]
    with pytest.raises(StepRefused):
        mutual_services.record_mutual_check(grid, row.pk, True)


def test_responsibility_is_given_shown_and_ended(patrol: Patrol) -> None:
    community, key = patrol.world.actor("community"), uuid.uuid4()
    grid = patrol.world.places["east_grid1"]
    options: dict[str, Any] = {"organisation_id": patrol.world.units["housing"].pk, "duty": "背街小巷"}
    since = timezone.localdate() - timedelta(days=3)
    row = promises.give_responsibility(community, grid.pk, since=since, key=key, **options)
    assert promises.give_responsibility(community, grid.pk, since=since, key=key, **options).pk == row.pk
    assert [entry["unit"] for entry in site_past(patrol.sites[0].pk)["responsibilities"]] == ["区住建局"]
    promises.end_responsibility(community, row.pk, timezone.localdate())
    assert [(entry["unit"], entry["ended"]) for entry in site_past(patrol.sites[0].pk)["responsibilities"]] == [
        ("区住建局", True)
    ]
    with pytest.raises(StepRefused):
        promises.give_responsibility(community, grid.pk, since=since, key=uuid.uuid4())


def test_an_agreement_is_signed_and_checked_duty_by_duty(patrol: Patrol) -> None:
    grid, site, key = patrol.world.actor("grid"), patrol.sites[1], uuid.uuid4()
    row = promises.sign_agreement(grid, site.pk, ["clean", "order"], signer="店主", signed_on=TODAY, key=uuid.uuid4())
    first = promises.check_agreement(grid, row.pk, {"clean": True, "order": False}, "门口堆货", key=key)
    again = promises.check_agreement(grid, row.pk, {"clean": True, "order": False}, "门口堆货", key=key)
    assert {check.pk for check in first} == {check.pk for check in again}
    assert {(entry["duty"], entry["kept"]) for entry in site_past(site.pk)["agreements"]} == {
        ("clean", True), ("order", False),
    }  # fmt: skip
    for bad in ({}, {"greenery": True}):
        with pytest.raises(StepRefused):
            promises.check_agreement(grid, row.pk, bad, key=uuid.uuid4())
    with pytest.raises(StepRefused):
        promises.sign_agreement(grid, site.pk, ["whatever"], signed_on=TODAY, key=uuid.uuid4())


def test_others_are_refused(patrol: Patrol) -> None:
    world, site = patrol.world, patrol.sites[0].pk
    for name in ("grid2", "community_west", "handler", "property", "resident", "captain", "admin"):
        actor = world.actor(name)
        with pytest.raises(PermissionRefused):
            promises.sign_agreement(actor, site, ["clean"], signed_on=TODAY, key=uuid.uuid4())
