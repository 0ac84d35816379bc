"""A report is validated, located, categorised and dispatched by rule, in a handful of statements."""

from __future__ import annotations

from typing import Any

import pytest

from linli.requests.reporting import Report
from linli.requests.services import report
from linli.work.engine import StepRefused
from linli.work.models import Clock, Event, Item, Leg
from tests.support.world import INSIDE, OUTSIDE, World

RUBBISH = "楼下垃圾堆了三天没人清理，臭味很大。请尽快处理"


def test_a_report_reaches_its_unit_without_a_human(world: World) -> None:
    lon, lat = INSIDE["east"]
    done = report(
        world.actor("anonymous"), Report("complaint", RUBBISH, longitude=lon, latitude=lat), key="k1", device="d1"
    )
    item = Item.objects.get(number=done.number)
    assert item.state == "dispatched"
    assert item.place == world.places["east_grid1"]
    assert item.category == world.category("0102")
    assert item.responsible_organisation == world.units["sanitation"]
    assert done.unit_name == "区环卫中心"
    assert item.handle_due is not None and item.next_due is not None
    assert [e.transition for e in Event.objects.filter(item=item).order_by("sequence")] == [
        "report", "accept", "dispatch",
    ]  # fmt: skip
    assert Leg.objects.get(item=item).role == "lead"
    kinds = set(Clock.objects.filter(item=item).values_list("kind", flat=True))
    assert {"citizen", "handle", "sign", "contact"} <= kinds


def test_the_same_key_gives_the_first_answer_and_another_content_is_refused(world: World) -> None:
    lon, lat = INSIDE["east"]
    first = report(
        world.actor("anonymous"), Report("complaint", RUBBISH, longitude=lon, latitude=lat), key="k", device="d"
    )
    again = report(
        world.actor("anonymous"), Report("complaint", RUBBISH, longitude=lon, latitude=lat), key="k", device="d"
    )
    assert (again.number, again.tracking_token, again.repeated) == (first.number, first.tracking_token, True)
    assert Item.objects.count() == 1
    with pytest.raises(StepRefused) as refused:
        report(
            world.actor("anonymous"), Report("complaint", "别的话", longitude=lon, latitude=lat), key="k", device="d"
        )
    assert (refused.value.code, refused.value.status) == ("key_reused", 409)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "nonsense"}, "kind"),
        ({"words": "  \x00 "}, "words"),
        ({"words": "长" * 5001}, "words"),
        ({"longitude": OUTSIDE[0], "latitude": OUTSIDE[1]}, "place"),
        ({"longitude": None}, "place"),
        ({"longitude": float("nan")}, "place"),
        ({"phone": "12"}, "phone"),
        ({"category_id": 10**9}, "category"),
        ({"source_crs": "EPSG:1"}, "source_crs"),
        ({"uploads": ["0190163d-8694-739b-aea5-966c26f8ad90"]}, "photos"),
    ],
)
def test_bad_input_names_the_field_and_stores_nothing(world: World, change: dict[str, Any], field: str) -> None:
    values = {"kind": "help", "words": RUBBISH, "longitude": INSIDE["east"][0], "latitude": INSIDE["east"][1], **change}
    with pytest.raises(StepRefused) as refused:
        report(world.actor("anonymous"), Report(**values), key="k", device="d")
    assert (refused.value.field, refused.value.status) == (field, 422)
    assert not Item.objects.exists()


def test_a_report_costs_at_most_eight_statements(world: World, query_counter: Any) -> None:
    lon, lat = INSIDE["east"]
    wanted = Report("complaint", RUBBISH, longitude=lon, latitude=lat, phone="13800001234", contact_name="王小明")
    report(world.actor("anonymous"), wanted, key="warm", device="d")
    with query_counter(at_most=8):
        report(world.actor("anonymous"), wanted, key="counted", device="d")


def test_a_report_on_someone_waits_for_an_officer(world: World) -> None:
    lon, lat = INSIDE["east"]
    done = report(world.actor("anonymous"), Report("report", RUBBISH, longitude=lon, latitude=lat), key="k", device="d")
    item = Item.objects.get(number=done.number)
    assert (item.state, item.protected_reporter, item.awaits) == ("received", True, "request.accept")
