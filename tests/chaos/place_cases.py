"""One call of every writing service of places and of imports on the small world."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from shapely.geometry import box

from linli.exchange import services as exchange
from linli.exchange.models import ImportBatch
from linli.exchange.services import Importer
from linli.people.importers import importer_for
from linli.places import calendar_services
from linli.places import services as places
from tests.chaos.casing import Act, Case, within
from tests.support.world import World

BY = "tests"


def _place(service: str, /, **values: Any) -> Case:
    def case(world: World) -> Act:
        given = {key: value(world) if callable(value) else value for key, value in values.items()}
        return lambda: getattr(places, service)(**given, actor_label=BY)

    return case


def _grid(world: World) -> int:
    return int(world.places["east_grid1"].pk)


def _alias(world: World) -> str:
    places.add_alias(_grid(world), "小王庄", actor_label=BY)
    return "小王庄"


_SQUARE = box(120.44, 36.37, 120.445, 36.375)
PLACES: dict[str, Case] = {
    "create_place": _place(
        "create_place", kind="community", name="新社区", parent_id=lambda w: w.places["street"].pk, geometry=_SQUARE,
        code="370299001099", code_scheme="statistics", aliases=("新村",),
    ),
    "rename_place": _place("rename_place", place_id=_grid, name="改名网格"),
    "recode_place": _place("recode_place", place_id=_grid, scheme="grid", code="999"),
    "add_alias": _place("add_alias", place_id=_grid, name="小王庄"),
    "remove_alias": _place("remove_alias", place_id=_grid, name=_alias),
    "move_place": _place("move_place", place_id=_grid, new_parent_id=lambda w: w.places["west"].pk),
    "set_boundary": _place("set_boundary", place_id=_grid, geometry=_SQUARE),
    "replace_boundary": _place(
        "replace_boundary", place_id=_grid, geometry=_SQUARE, on=timezone.localdate(), noted_crs="EPSG:4490"
    ),
    "set_members": _place("set_members", grid_id=_grid, members=["1号楼", "2号楼"]),
    "retire_place": _place("retire_place", place_id=_grid),
}  # fmt: skip


_SHEET = "名称,类别,上级\n北村社区,社区,试验街道\n南村社区,社区,试验街道\n".encode()


def _received(world: World) -> tuple[Importer, ImportBatch]:
    importer = importer_for(world.actor("director"), world.places["district"].pk)
    return importer, exchange.receive(importer, "places", _SHEET, "places.csv")


def _receive(world: World) -> Act:
    return lambda: _received(world)


def _undo(world: World) -> Act:
    importer, batch = _received(world)
    exchange.check(batch, importer)
    exchange.begin(batch)
    exchange.run(batch, importer)
    return lambda: exchange.undo(ImportBatch.objects.get(pk=batch.pk), importer)


CALENDAR: dict[str, Case] = {
    "seed_calendar": lambda w: lambda: calendar_services.seed_calendar(2031, 2031, actor_label=BY),
    "set_calendar_day": lambda w: (
        lambda: calendar_services.set_calendar_day(date(2026, 12, 24), "holiday", actor_label=BY)
    ),
    "publish_year": lambda w: (
        lambda: calendar_services.publish_year(2027, {date(2027, 3, 3): "本地节日"}, {}, source="通知", actor_label=BY)
    ),
}


CASES: dict[str, Case] = {
    "exchange.services.receive": _receive,
    "exchange.undoing.undo": _undo,
    **within("places.services", PLACES),
    **within("places.calendar_services", CALENDAR),
}
