"""Points on the desk: a sheet of little red flowers, rules with an award, a nomination, an appeal."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from django.utils import timezone

from linli.awards import rule_services
from linli.awards import sticker_redeeming as redeeming
from linli.awards import sticker_services as services
from linli.credits import ledger
from linli.credits.models import Transfer
from linli.people.access import Actor, Grant
from linli.people.personal import find_or_create_resident
from linli.places.models import Place
from tests.browser.world import World
from tests.support.awarded import one_of_each

OFFICE = Actor(grants=(Grant(frozenset({services.PERMISSION}), role="demo", everything=True),), channel="system")


_FLOWERED: dict[str, dict[str, str]] = {}


def flowered(world: World) -> dict[str, str]:
    """Names for the addresses of points on the desk: a sheet, a sticker, an account and its line. Once for a world."""
    if world.name not in _FLOWERED:
        _FLOWERED[world.name] = _flowered(world)
    return _FLOWERED[world.name]


def _flowered(world: World) -> dict[str, str]:
    with world.inside():
        street, today = int(world.places["street"]), timezone.localdate()
        wanted = services.Wanted(street, "礼让斑马线的骑手和行人都值得一朵", 6, today, today + timedelta(days=30), 2)
        sheet = services.make_sheet(OFFICE, wanted, key="flowered")
        _sheet, printed = services.draw_codes(OFFICE, sheet.pk, 0)
        services.hand_out(OFFICE, sheet.pk, world.staff["street"].person_id or 0, 1, 4)
        services.make_void(OFFICE, sheet.pk, 4, 4, "damaged")
        person = find_or_create_resident(name="欧阳小明", phone="13800000123")
        redeeming.redeem(Actor(person_id=person, user_id=0, channel="resident"), printed[0].code, joining=True)
        redeeming.keep(printed[1].code, "a phone")
        account = ledger.member_account(person)
        line = Transfer.objects.get(credit_id=account)
        return {
            "flowers": str(sheet.pk), "sticker": printed[2].code, "points_account": str(account),
            "points_transfer": str(line.pk),
        }  # fmt: skip


_AWARDED: dict[str, dict[str, str]] = {}


def awarded(world: World) -> dict[str, str]:
    """Names for the addresses of awards: rules in force and a draft, what waits, a nomination, an appeal. Once."""
    if world.name not in _AWARDED:
        with world.inside():
            places = {"street": world.places["street"], "east_grid1": world.places["grid"]}
            rows = {name: Place.objects.get(pk=number) for name, number in places.items()}
            made = one_of_each(cast(Any, SimpleNamespace(actor=world.actor, places=rows)))
            draft = rule_services.draft(world.actor("street"), rows["street"].pk)
            made |= {"draft": str(draft.pk), "draft_rule": str(draft.rules.all()[0].pk)}
        _AWARDED[world.name] = {f"awards_{name.removesuffix('_id')}": number for name, number in made.items()}
    return _AWARDED[world.name]
