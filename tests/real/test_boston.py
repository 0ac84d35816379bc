"""A sample of Boston's requests of 2015: every row is stored or refused with a reason, and our verdicts are theirs."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection

from linli.exchange import services
from linli.exchange.column_maps import parse_map
from linli.exchange.kinds import NEW, REJECTED, UNCHANGED
from linli.exchange.models import ImportBatch
from linli.exchange.planning import Plan
from linli.exchange.services import Importer
from linli.people.access import system_actor
from linli.people.models import Organisation
from linli.places.models import Place
from linli.requests.past import ON_TIME, OVERDUE, verdict
from linli.work.desk import DeskFilters, desk
from linli.work.models import Category, Clock, Event, Item, Leg, SearchEntry
from linli.work.verify import verify
from tests.support.world import World

MAP = (Path(__file__).resolve().parents[2] / "examples" / "boston311.toml").read_text(encoding="utf-8")
FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "boston311_2015.csv.gz"
EVERY = 400

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FILE.is_file(), reason="the real requests do not lie beside the checkout"),
]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    """Every 400th row."""
    with gzip.open(FILE) as raw:
        every = list(csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8")))
    return every[::EVERY]


def as_file(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def unattended() -> Importer:
    """The command line, which may everything."""
    return Importer(
        actor=system_actor(), label="linli", require=lambda permission: None, record=lambda *words, **more: None
    )


def importer(world: World, name: str = "") -> Importer:
    """A member of staff, or the command line."""
    return replace(unattended(), actor=world.actor(name), label=name) if name else unattended()


def brought_in(world: World, data: bytes) -> tuple[ImportBatch, Plan]:
    who = importer(world)
    batch = services.receive(who, "requests", data, "boston.csv", parse_map(MAP))
    services.check(batch, who)
    services.begin(batch)
    return batch, services.run(batch, who)


def wrong(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Two rows that cannot be: closed before it opened, and in the sea."""
    early, sea = dict(rows[0]), dict(rows[1])
    early |= {"CASE_ENQUIRY_ID": "early", "OPEN_DT": "05/02/2015 08:00:00 AM", "CLOSED_DT": "05/01/2015 08:00:00 AM"}
    sea |= {"CASE_ENQUIRY_ID": "sea", "LATITUDE": "0", "LONGITUDE": "0"}
    return [early, sea]


def test_every_row_is_stored_or_refused_and_the_verdicts_agree(world: World, rows: list[dict[str, str]]) -> None:
    bad = wrong(rows)
    _batch, plan = brought_in(world, as_file([*rows, *bad]))
    counts = plan.counts()
    assert counts[NEW] + counts[REJECTED] == len(rows) + len(bad)
    assert Item.objects.filter(source_system="boston-311").count() == counts[NEW]
    reasons = {row.values.get("number"): row.problems[0].message for row in plan.rows if row.outcome == REJECTED}
    assert reasons["early"] == "办结时间早于登记时间。"
    assert reasons["sea"].startswith("位置不可能")
    refused = {row.values.get("number") for row in plan.rows if row.outcome == REJECTED}
    clocks = {clock.item.source_number: clock for clock in Clock.objects.filter(kind="handle").select_related("item")}
    compared = 0
    for row in rows:
        if row["CASE_ENQUIRY_ID"] in refused or not (row["CLOSED_DT"] and row["TARGET_DT"] and row["OnTime_Status"]):
            continue
        clock = clocks[row["CASE_ENQUIRY_ID"]]
        compared += 1
        assert verdict(clock.due_at, clock.stopped_at) == row["OnTime_Status"]
        assert (clock.breached_at is not None) == (row["OnTime_Status"] == OVERDUE)
        assert (clock.breached_at is None) == (row["OnTime_Status"] == ON_TIME)
    assert compared > 100
    assert counts[NEW] > 290


def test_what_is_stored_is_whole(world: World, rows: list[dict[str, str]]) -> None:
    _batch, plan = brought_in(world, as_file(rows))
    found = Item.objects.filter(source_system="boston-311")
    named = {row["neighborhood"] for row in rows if row["neighborhood"]}
    assert set(Place.objects.filter(kind="street", parent__name="Boston").values_list("name", flat=True)) == named
    assert Category.objects.filter(scheme="imported", parent__isnull=False).count() == len(
        {(row["TYPE"], row["REASON"]) for row in rows if row["CASE_ENQUIRY_ID"] in _stored(plan)}
    )
    closed = found.filter(state="closed")
    assert closed.count() + found.filter(state="dispatched").count() == found.count()
    assert Event.objects.filter(item__in=closed).count() == 4 * closed.count()
    assert SearchEntry.objects.filter(item__in=found).count() == found.count()
    theirs = {row["CASE_ENQUIRY_ID"]: row["SUBJECT"] for row in rows}
    legs = Leg.objects.filter(item__in=found, role="lead").select_related("item", "organisation")
    assert {leg.item.source_number: leg.organisation.name for leg in legs} == {
        number: unit for number, unit in theirs.items() if number in _stored(plan)
    }
    assert all(leg.active == (leg.item.state == "dispatched") for leg in legs)
    assert Organisation.objects.filter(name__in=set(theirs.values()), place__name="Boston").count() == len(
        {theirs[number] for number in _stored(plan)}
    )
    assert not found.filter(longitude=-71.0587, latitude=42.3594).exists()
    report = verify()
    assert report.whole, report.faults[:3]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone()[0] == 0
    number = next(iter(_stored(plan)))
    rows_found = desk(system_actor(), DeskFilters(figure="any", q=number)).rows
    assert [row.number for row in rows_found] == [Item.objects.get(source_number=number).number]


def _stored(plan: Plan) -> set[str]:
    return {row.values["number"] for row in plan.rows if row.outcome == NEW}


def test_the_same_file_again_makes_nothing(world: World, rows: list[dict[str, str]]) -> None:
    data = as_file(rows[:200])
    brought_in(world, data)
    before = Item.objects.count()
    _batch, plan = brought_in(world, data)
    assert plan.counts()[NEW] == 0 and plan.counts()[UNCHANGED] == before
    assert Item.objects.count() == before


def test_who_may_not_import_cannot(world: World, rows: list[dict[str, str]]) -> None:
    who = importer(world, "grid")
    batch = services.receive(who, "requests", as_file(rows[:5]), "boston.csv", parse_map(MAP))
    services.check(batch, who)
    services.begin(batch)
    plan = services.run(batch, who)
    assert Item.objects.count() == 0
    assert {row.outcome for row in plan.rows} == {REJECTED}
