"""The catalogue: the most specific rule wins, the nearest unit answers, and a change is seen at once."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from linli.places.models import RegistryVersion
from linli.places.services import bump_registry
from linli.work.book import Record
from linli.work.loading import new_item_values
from linli.work.models import DeadlineRule, DispatchRule
from linli.work.terms import Catalogue, catalogue
from tests.support.world import World


def item(world: World, code: str, place: str = "east_grid1", **more: Any) -> Record:
    values = {
        "kind": "request", "subkind": "complaint", "category_id": world.category(code).pk,
        "place_path": str(world.places[place].path), "source": "web", **more,
    }  # fmt: skip
    return Record("item", new_item_values(1, "1", timezone.now(), values), is_new=True, journal=None)


def changed() -> Catalogue:
    bump_registry(RegistryVersion.CATALOGUE)
    return catalogue()


def test_the_category_s_own_deadline_beats_the_general_one(world: World) -> None:
    rule = catalogue().deadline_rule("handle", item(world, "0102"))
    assert rule is not None
    assert (rule.unit, rule.value) == ("working_hour", 4)


def test_a_place_s_override_beats_the_category_and_only_there(world: World) -> None:
    DeadlineRule.objects.create(
        kind="request", clock="handle", category=world.category("01"), place=world.places["east"], unit="natural_hour", value=2  # noqa: E501
    )  # fmt: skip
    found = changed()
    here, there = item(world, "0102"), item(world, "0102", "west_grid1")
    assert (found.deadline_rule("handle", here).value, found.deadline_rule("handle", there).value) == (2, 4)  # type: ignore[union-attr]


def test_the_nearest_unit_with_the_function_answers(world: World) -> None:
    path = str(world.places["east_grid1"].path)
    assert catalogue().dispatch(world.category("0102").pk, path).lead == world.units["sanitation"].pk
    near = world.units["street"]
    near.functions = ["sanitation"]
    near.save(update_fields=["functions"])
    bump_registry(RegistryVersion.ORGANISATIONS)
    assert catalogue().dispatch(world.category("0102").pk, path).lead == near.pk


def test_a_dispatch_rule_names_lead_and_co_handlers(world: World) -> None:
    common = {"category": world.category("0102"), "place": world.places["street"]}
    DispatchRule.objects.create(**common, organisation=world.units["property"])
    DispatchRule.objects.create(**common, role="co", function="urban_management")
    found = changed().dispatch(world.category("0102").pk, str(world.places["east_grid1"].path))
    assert (found.lead, found.co_handlers) == (world.units["property"].pk, (world.units["enforcement"].pk,))


def test_what_a_grid_handles_itself_goes_to_its_worker(world: World) -> None:
    found = catalogue().dispatch(world.category("0601").pk, str(world.places["east_grid1"].path))
    assert (found.lead, found.lead_person) == (world.units["east"].pk, world.users["grid"].person_id)


def test_a_community_never_leads_a_department_s_duty(world: World) -> None:
    terms = catalogue()
    assert terms.may_lead(world.units["east"].pk, item(world, "0102")) is False
    assert terms.may_lead(world.units["east"].pk, item(world, "0609")) is True
    assert terms.may_lead(world.units["sanitation"].pk, item(world, "0102")) is True


def test_an_outside_deadline_bounds_the_citizen_clock(world: World) -> None:
    now = timezone.now()
    due = catalogue().due("citizen", item(world, "0102", outside_due=now), now, [])
    assert due is not None and due.at == now


def test_rules_keep_where_they_come_from(world: World) -> None:
    due = catalogue().due("return", item(world, "0102"), timezone.now(), [])
    assert due is not None
    assert due.rule["legal_basis"] == "《山东省政务服务热线管理办法》"
    assert (due.rule["confidence"], due.rule["is_seed"]) == ("S", True)
