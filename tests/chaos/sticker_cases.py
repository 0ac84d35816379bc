"""One call of every writing service of little red flowers that changes more than one row, on the small world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from linli.awards import sticker_redeeming as redeeming
from linli.awards import sticker_services as services
from linli.awards.models import StickerSheet
from linli.awards.sticker_papers import Printed
from tests.chaos.casing import Act, Case, within
from tests.support.world import World

SECRET = "the secret of a phone"


def _sheet(world: World) -> StickerSheet:
    today = timezone.localdate()
    wanted = services.Wanted(world.places["east"].pk, "安全头盔", 6, today, today + timedelta(days=30), 2)
    return services.make_sheet(world.actor("street"), wanted, key="k")


def _printed(world: World) -> tuple[StickerSheet, list[Printed]]:
    return services.draw_codes(world.actor("street"), _sheet(world).pk, 0)


def _handed_out(world: World) -> tuple[StickerSheet, list[Printed]]:
    """A member of staff carries the first four."""
    sheet, printed = _printed(world)
    services.hand_out(world.actor("street"), sheet.pk, world.users["grid"].person_id or 0, 1, 4)
    return sheet, printed


def _on_sheet(act: Callable[[World, StickerSheet], Any], *, handed_out: bool = True) -> Case:
    def case(world: World) -> Act:
        sheet, _printed_codes = _handed_out(world) if handed_out else _printed(world)
        return lambda: act(world, sheet)

    return case


def _codes(world: World) -> Act:
    """What is still in the drawer gets new codes."""
    sheet, _printed_codes = _handed_out(world)
    return lambda: services.draw_codes(world.actor("street"), sheet.pk, 1)


def _redeem(world: World) -> Act:
    """By somebody who joins with the same tap."""
    _sheet_row, printed = _handed_out(world)
    return lambda: redeeming.redeem(world.actor("resident"), printed[0].code, joining=True)


def _gather(world: World) -> Act:
    """The phone has kept two flowers since before anybody signed in on it."""
    _sheet_row, printed = _handed_out(world)
    for one in printed[:2]:
        redeeming.keep(one.code, SECRET)
    return lambda: redeeming.gather(world.actor("resident"), SECRET, joining=True)


CASES = within("awards", {
    "sticker_services.make_sheet": lambda world: lambda: _sheet(world),
    "sticker_services.draw_codes": _codes,
    "sticker_services.hand_out": _on_sheet(
        lambda w, sheet: services.hand_out(w.actor("street"), sheet.pk, w.users["grid"].person_id or 0, 1, 4),
        handed_out=False,
    ),
    "sticker_services.bring_back": _on_sheet(
        lambda w, sheet: services.bring_back(w.actor("street"), sheet.pk, 3, 4)
    ),
    "sticker_services.make_void": _on_sheet(
        lambda w, sheet: services.make_void(w.actor("street"), sheet.pk, 4, 6, "lost")
    ),
    "sticker_services.end_sheet": _on_sheet(lambda w, sheet: services.end_sheet(w.actor("street"), sheet.pk)),
    "sticker_redeeming.redeem": _redeem,
    "sticker_redeeming.gather": _gather,
})  # fmt: skip
