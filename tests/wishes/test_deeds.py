"""A wish that came true is a deed of its claimer, rewarded by rule, taken back when it is opened again."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from linli.awards import awarding
from linli.awards.models import Award
from linli.awards.statement import proofs_of
from linli.credits import ledger
from linli.people.models import Appointment
from linli.work.models import Deed
from tests.support.awarded import points_of, the_rules
from tests.support.wishing import brought_to, step
from tests.support.world import World

POINTS = 10
RULE = {"category": "mutual_help", "title": "微心愿", "source": "wish", "points": POINTS}


def heard() -> None:
    """What the job does: whoever rewards deeds hears of all of them."""
    awarding.hear(list(Deed.objects.order_by("pk").values_list("pk", flat=True)))


@pytest.fixture
def claimer(world: World) -> int:
    """The resident, who takes part in the points of a street with rules."""
    the_rules(world, rules=(RULE,))
    person_id = world.users["resident"].person_id or 0
    ledger.join(person_id, actor=None)
    return person_id


def test_a_confirmed_wish_earns_points_by_rule_and_loses_them_when_it_is_opened_again(
    world: World, claimer: int
) -> None:
    item = brought_to(world, "closed")
    deed = Deed.objects.get()
    assert (deed.key, deed.kind, deed.person_id, deed.place_id, deed.quantity) == (
        f"wish:{item.pk}", "wish", claimer, world.places["east"].pk, 1,
    )  # fmt: skip
    assert deed.happened_on == timezone.localdate()
    heard()
    heard()
    assert points_of(claimer) == POINTS
    award = Award.objects.select_related("deed").get()
    actor = world.actor("resident")
    proof = proofs_of([award], actor, own=True)[award.pk]
    assert (proof.words, proof.url) == (item.number, f"/wishes/{item.number}/")
    assert proofs_of([award], world.actor("community"))[award.pk].url == f"/desk/items/{item.number}/"
    step(world, item.pk, "wisher", "reopen", reason="又漏了")
    heard()
    assert points_of(claimer) == 0
    assert Award.objects.get().state == "reversed"


def test_confirmed_once_more_it_is_told_anew(world: World, claimer: int) -> None:
    item = brought_to(world, "closed")
    step(world, item.pk, "community", "reopen", reason="又漏了")
    step(world, item.pk, "resident", "fulfil", words="再换")
    step(world, item.pk, "community", "confirm", asked="phone")
    deeds = list(Deed.objects.order_by("pk").values_list("key", "withdrawn_at"))
    assert [key for key, _ in deeds] == [f"wish:{item.pk}", f"wish:{item.pk}:v2"]
    assert deeds[0][1] is not None and deeds[1][1] is None
    heard()
    assert points_of(claimer) == POINTS


def test_a_recalled_confirmation_takes_the_deed_back(world: World) -> None:
    item = brought_to(world, "fulfilled")
    step(world, item.pk, "community", "confirm", asked="phone")
    step(world, item.pk, "community", "recall")
    assert Deed.objects.get().withdrawn_at is not None


def test_neither_units_nor_staff_on_duty_have_deeds(world: World) -> None:
    unit = brought_to(world, "on_wall")
    step(world, unit.pk, "community", "claim_for_unit", lead=world.units["sanitation"].pk)
    step(world, unit.pk, "handler", "fulfil")
    step(world, unit.pk, "wisher", "confirm")
    staff = brought_to(world, "on_wall")
    step(world, staff.pk, "grid", "claim")
    step(world, staff.pk, "community", "agree_claim")
    step(world, staff.pk, "grid", "fulfil")
    step(world, staff.pk, "wisher", "confirm")
    assert not Deed.objects.exists()
    Appointment.objects.filter(person=world.users["grid"].person).update(valid_to=date(2026, 1, 1))
    former = brought_to(world, "on_wall")
    step(world, former.pk, "grid", "claim")
    step(world, former.pk, "community", "agree_claim")
    step(world, former.pk, "grid", "fulfil")
    step(world, former.pk, "wisher", "confirm")
    assert Deed.objects.get().person_id == world.users["grid"].person_id
