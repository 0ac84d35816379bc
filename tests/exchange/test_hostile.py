"""Hostile workbooks: at least 95 % of their good rows land without code, no bad row lands, doubts are asked once."""

from __future__ import annotations

from datetime import date

import pytest

from linli.exchange import services
from linli.exchange.services import Importer
from linli.kernel.coordinates import distance_metres
from linli.people.models import Appointment
from linli.places.models import GridMember, Place
from linli.places.services import create_place
from linli.work.models import DeadlineRule
from tests.exchange.conftest import SmallDistrict, brought_in, stored
from tests.exchange.hostile import SAMPLES, Sample
from tests.places.conftest import square

LEAST = 0.95


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_good_rows_land_and_bad_ones_do_not(sample: Sample, importer: Importer, small: SmallDistrict) -> None:
    create_place(actor_label="t", kind="site", name="清泉园", parent_id=small.grids[0].pk, site_kind="compound")
    batch = brought_in(importer, sample.kind, sample.make(), sample.name, **sample.answers)
    landed = [name for name in sample.good if stored(sample.kind, name)]
    wrong = [name for name in sample.bad if stored(sample.kind, name)]
    print(f"{sample.name}: {len(landed)}/{len(sample.good)}, bad {len(wrong)}/{len(sample.bad)} — {sample.oddities}")
    told = batch.report["rejects"], [doubt["sentence"] for doubt in batch.report["doubts"] if not doubt["answer"]]
    assert wrong == [] and sorted(landed) == sorted(sample.good), told
    again = services.receive(importer, sample.kind, sample.make(), sample.name)
    services.check(again, importer)
    counts = again.report["counts"]
    assert (counts["new"], counts["changed"]) == (0, 0) or counts["doubtful"], counts


def test_the_share_of_good_rows_is_held_over_all() -> None:
    good = sum(len(sample.good) for sample in SAMPLES)
    assert len(SAMPLES) >= 20 and good >= 120
    assert len({sample.make for sample in SAMPLES}) >= 20


def _sample(name: str) -> Sample:
    return next(sample for sample in SAMPLES if sample.name == name)


def test_what_landed_is_right(importer: Importer, small: SmallDistrict) -> None:
    """Values, not only names: merges filled down, digits narrowed, dates, positions, limits."""
    for name in (
        "网格一览表.xlsx",
        "网格台账.xlsx",
        "分段.xlsx",
        "证件号.xlsx",
        "上岗2024.xlsx",
        "点位百度.xlsx",
        "派单目录.xlsx",
    ):
        sample = _sample(name)
        brought_in(importer, sample.kind, sample.make(), sample.name, **sample.answers)
    west, east = small.west.pk, small.east.pk
    grids = {row.name: (row.parent_id, row.household_count) for row in Place.objects.filter(kind="grid")}
    assert grids["甲一网格"] == (west, 300) and grids["甲三网格"] == (west, 310) and grids["甲四网格"] == (east, 1200)
    assert grids["戊二网格"] == (west, 110) and grids["戊三网格"] == (east, 120) and grids["乙三网格"][0] == east
    members = set(GridMember.objects.filter(grid__name="乙二网格").values_list("text", flat=True))
    assert members == {"望江路", "滨江路"}
    days = dict(
        Appointment.objects.filter(person__display_name__startswith="孙").values_list(
            "person__display_name", "valid_from"
        )
    )
    assert set(days.values()) == {date(2024, 9, 4)} and len(days) == 10
    first = Place.objects.get(name="壬0市场")
    corner = square(0, 0, 4, 4).buffer(-0.0012).exterior.interpolate(0)
    assert first.lon is not None and first.lat is not None
    assert distance_metres((first.lon, first.lat), (corner.x, corner.y)) < 2
    limits = dict(
        DeadlineRule.objects.filter(active=True, category__code__startswith="090").values_list("category__code", "unit")
    )
    assert limits == {"0901": "working_day", "0902": "natural_hour", "0903": "working_day"}
