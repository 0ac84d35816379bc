"""The kind of good deed on its whole way: activity, confirmed hours, deed, rule, award; and back to the record."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from linli.activities import closing_listeners
from linli.activities.models import Activity
from linli.awards import awarding
from linli.awards.models import Award
from linli.credits import ledger
from linli.people.access import Actor
from linli.volunteering import hours, services
from linli.volunteering.hours import Pick
from linli.volunteering.models import Service
from linli.work import proofs
from linli.work.engine import StepRefused
from linli.work.models import Deed
from tests.support.awarded import the_rules
from tests.support.people import signed_in_client
from tests.support.world import World
from tests.volunteering.conftest import SATURDAY, account, enrol, held

RULES: tuple[dict[str, Any], ...] = (
    {"category": "volunteering", "title": "志愿服务", "source": "hours", "points": 2, "unit": "hour"},
    {"category": "elder_care", "title": "陪伴老人", "source": "hours", "points": 3, "unit": "hour",
     "theme": "elder_care"},
)  # fmt: skip


def served(world: World, theme: str = "") -> Service:
    """A volunteer who takes part in points was at an activity of this kind; the hours wait."""
    volunteer = enrol(world)
    ledger.join(volunteer.person_id, actor=None)
    activity = held(world, [volunteer.person_id])
    Activity.objects.filter(pk=activity.pk).update(theme=theme, published_at=timezone.now())
    closing_listeners.tell(activity.pk, world.actor("captain"))
    return Service.objects.get()


def confirmed(world: World, row: Service, theme: str | None = None) -> Award:
    """The hours are confirmed and the deed is heard."""
    hours.confirm(world.actor("community"), [Pick(row.pk, row.version, row.minutes, theme=theme)])
    awarding.hear(list(Deed.objects.values_list("pk", flat=True)))
    return Award.objects.select_related("rule").latest("pk")


def test_hours_of_a_kind_earn_by_the_rule_for_that_kind(world: World) -> None:
    the_rules(world, rules=RULES)
    award = confirmed(world, served(world, "elder_care"))
    assert award.rule is not None and (award.rule.theme, award.points) == ("elder_care", 6)
    assert Deed.objects.get().facts["theme"] == "elder_care"


def test_hours_of_another_kind_earn_by_the_rule_for_the_rest(world: World) -> None:
    the_rules(world, rules=RULES)
    award = confirmed(world, served(world, "environment"))
    assert award.rule is not None and (award.rule.theme, award.points) == ("", 4)


def test_whoever_confirms_says_the_kind_and_a_correction_changes_the_award(world: World) -> None:
    the_rules(world, rules=RULES)
    row = served(world)
    assert confirmed(world, row, "elder_care").points == 6
    row.refresh_from_db()
    community = world.actor("community")
    with pytest.raises(StepRefused) as wrong:
        hours.correct(community, row.pk, version=2, minutes=120, reason="选错了", theme="petitions")
    assert wrong.value.code == "bad_theme"
    with pytest.raises(StepRefused) as same:
        hours.correct(community, row.pk, version=2, minutes=120, reason="没变", theme="elder_care")
    assert same.value.code == "same"
    for _again in range(2):
        hours.correct(community, row.pk, version=2, minutes=120, reason="是清理楼道", theme="environment")
    awarding.hear(list(Deed.objects.values_list("pk", flat=True)))
    states = list(Award.objects.order_by("pk").values_list("points", "state"))
    assert states == [(6, "reversed"), (4, "granted")]


def test_from_the_award_one_opens_the_service_and_from_there_the_check_in(world: World) -> None:
    the_rules(world, rules=RULES)
    row = served(world, "elder_care")
    award = confirmed(world, row)
    staff = signed_in_client(world.users["street"])
    page = staff.get(reverse("awards:award", args=[award.pk])).content.decode()
    service = reverse("volunteering:desk_service", args=[row.pk])
    assert f'href="{service}"' in page and "敬老爱老" in page
    page = staff.get(service).content.decode()
    assert f'href="{reverse("activities:desk_activity", args=[row.activity_id])}#people"' in page
    assert "08:55 签到（扫码），11:03 签退（扫码）" in page
    person = signed_in_client(account(row.person.volunteer), kind="resident")
    own = reverse("volunteering:service", args=[row.pk])
    assert f'href="{own}"' in person.get(reverse("awards:own")).content.decode()
    assert f'href="{reverse("activities:activity", args=[row.activity_id])}"' in person.get(own).content.decode()


def test_records_that_the_reader_may_not_open_are_named_without_a_link(world: World) -> None:
    row = served(world)
    source = ("volunteering.service", row.pk)
    stranger = Actor(person_id=world.users["resident"].person_id, channel="resident")
    assert proofs.of([source], stranger, own=True)[source].url == ""
    assert proofs.of([source], world.actor("community_west"))[source].url == ""
    assert proofs.of([source], world.actor("community"))[source].url
    assert proofs.of([("shift", 1)], world.actor("community")) == {}


def test_proofs_of_many_services_take_one_statement(world: World, query_counter: Any) -> None:
    volunteer, east = enrol(world), world.places["east"].pk
    services.record_services(
        services.ServiceRow(f"s{n}", volunteer.person_id, east, SATURDAY, 60, "扫雪") for n in range(20)
    )
    sources = [("volunteering.service", number) for number in Service.objects.values_list("pk", flat=True)]
    with query_counter(at_most=1):
        found = proofs.of(sources, world.actor("community"))
    assert len(found) == 20 and found[sources[0]].words == "2026-11-21 扫雪，1 小时"
