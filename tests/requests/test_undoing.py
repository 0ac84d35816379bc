"""A batch of past requests taken back: in no list, search or figure, its history whole, and free to come again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from linli.exchange import services
from linli.exchange.column_maps import parse_map
from linli.exchange.kinds import TAKEN_BACK
from linli.exchange.models import ImportBatch, ImportRow
from linli.exchange.services import Importer
from linli.exchange.undoing import Obstacles
from linli.people.access import system_actor
from linli.people.importers import importer_for
from linli.places.snapshot import place_snapshot
from linli.requests import past
from linli.work.board import board
from linli.work.desk import DeskFilters, desk
from linli.work.figures import FIGURES
from linli.work.models import Clock, Event, EventText, Item, Leg
from linli.work.services import advance, new_key
from linli.work.verify import verify
from tests.support.browsing import signed_in
from tests.support.world import World

MAP = """
kind = "requests"
[options]
system = "12345"
time_zone = "Asia/Shanghai"
district = "试验区"
create = "yes"
"""
HEADINGS = "编号,登记时间,时限,办结时间,类别,大类,承办单位,地点,内容,经度,纬度"
ROWS = 7


def file_of(count: int = ROWS) -> bytes:
    lines = [
        f"S{number},2024-05-0{number % 8 + 1} 08:00,2024-05-20 08:00,{'2024-05-10 08:00' if number % 2 else ''},"
        f"路灯,市政,市政科,东街道,第{number}盏路灯夜里不亮,120.44,36.38"
        for number in range(count)
    ]
    return "\n".join([HEADINGS, *lines]).encode()


def brought_in(who: Importer, data: bytes | None = None) -> ImportBatch:
    batch = services.receive(who, "requests", data or file_of(), "旧单.csv", parse_map(MAP))
    services.check(batch, who)
    services.begin(batch)
    services.run(batch, who)
    return batch


@pytest.fixture
def who(world: World) -> Importer:
    return Importer(system_actor(), "linli", lambda permission: None, lambda *words, **more: None)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past.Requests, "undo_rows", 3)


def shown(**filters: Any) -> int:
    return len(desk(system_actor(), DeskFilters(**filters)).rows)


def counted(world: World) -> dict[str, Any]:
    """Every figure, and the board of the district."""
    places = place_snapshot()
    place = places.get(world.places["district"].pk)
    assert place is not None
    found = board(system_actor(), place, places)
    return {"tiles": found.tiles, "rates": found.rates, "trend": found.trend} | {
        name: shown(figure=name) for name in FIGURES
    }


def test_an_undone_batch_is_in_no_list_search_or_figure(who: Importer, world: World) -> None:
    before = counted(world)
    batch = brought_in(who)
    assert shown(figure="any", q="路灯") == ROWS and counted(world) != before
    items = Item.objects.filter(source_system="12345")
    assert Leg.objects.filter(item__in=items, active=True).count() == items.filter(state="dispatched").count() == 4
    told: list[tuple[int, int]] = []
    assert services.undo(batch, who, lambda done, total: told.append((done, total))) == ROWS
    assert told == [(3, ROWS), (6, ROWS), (7, ROWS)]
    assert batch.state == "undone" and batch.rows_done == 0
    assert counted(world) == before
    assert shown(figure="any", q="路灯") == 0


def test_history_stays_and_texts_go(who: Importer) -> None:
    batch = brought_in(who)
    services.undo(batch, who)
    items = Item.objects.filter(source_system="12345")
    assert set(items.values_list("state", "meaning", "source_number", "summary", "longitude")) == {
        ("undone", "void", "", "", None)
    }
    assert Event.objects.filter(item__in=items, transition="undo_import").count() == ROWS
    assert not EventText.objects.filter(event__item__in=items, erased_at=None).exists()
    assert not Clock.objects.filter(item__in=items, state="running").exists()
    assert not Leg.objects.filter(item__in=items, active=True).exists()
    assert verify().whole


def test_the_same_file_can_be_brought_in_again(who: Importer) -> None:
    services.undo(brought_in(who), who)
    again = brought_in(who)
    assert again.report["counts"]["new"] == ROWS
    assert shown(figure="any", q="路灯") == ROWS


def test_what_somebody_has_worked_on_is_not_taken_back(who: Importer, world: World) -> None:
    batch = brought_in(who)
    item = Item.objects.filter(source_system="12345", state="dispatched").latest("id")
    advance(system_actor(), item.pk, [("sign_by_limit", {})], key=new_key())
    with pytest.raises(Obstacles) as refused:
        services.undo(batch, who)
    assert item.number in refused.value.lines[0]
    batch.refresh_from_db()
    assert batch.state == "done" and shown(figure="any", q="路灯") == ROWS


def test_stopped_in_the_midst_it_goes_on(who: Importer) -> None:
    """What is worked on between two chunks stays, and is named."""
    batch = brought_in(who)

    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        services.undo(batch, who, stop)
    batch.refresh_from_db()
    assert batch.state == "undoing" and batch.rows_done == ROWS - 3
    assert ImportRow.objects.filter(batch=batch, outcome=TAKEN_BACK).count() == 3
    late = Item.objects.filter(source_system="12345", state="dispatched").earliest("id")
    advance(system_actor(), late.pk, [("sign_by_limit", {})], key=new_key())
    services.undo(batch, who)
    assert batch.state == "undone" and batch.report["staying"] == [late.number]
    assert Item.objects.filter(source_system="12345", meaning="void").count() == ROWS - 1


def test_who_may_not_import_may_not_undo(who: Importer, world: World) -> None:
    batch = brought_in(who)
    with pytest.raises(Exception, match=r"request\.import"), transaction.atomic():
        services.undo(batch, importer_for(world.actor("grid"), None))
    assert shown(figure="any", q="路灯") == ROWS


def test_the_page_of_an_undone_item_is_hidden(who: Importer, world: World) -> None:
    batch = brought_in(who)
    number = Item.objects.filter(source_system="12345").latest("id").number
    services.undo(batch, who)
    assert signed_in(world.users["dispatcher"]).get(f"/desk/items/{number}/").status_code == 404
