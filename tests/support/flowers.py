"""A sheet of little red flowers and an account with one award, for tests that go through all addresses."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from linli.awards import sticker_services as services
from linli.credits import ledger
from linli.credits.ledger import Posting
from tests.support.world import World


def with_flowers(world: World) -> dict[str, str]:
    """Values for the parameters of their routes: one sticker of the street's sheet, the resident's award."""
    street, today = world.places["street"].pk, timezone.localdate()
    wanted = services.Wanted(street, "戴头盔", 2, today, today + timedelta(days=9))
    sheet = services.make_sheet(world.actor("street"), wanted, key="flowers")
    _sheet, printed = services.draw_codes(world.actor("street"), sheet.pk, 0)
    services.hand_out(world.actor("street"), sheet.pk, world.users["grid"].person_id or 0, 1, 2)
    person = world.users["resident"].person_id or 0
    account = ledger.join(person, actor=None, place_id=street)
    award = Posting("flowers:award", "award", ledger.pool(street), account, 3, "戴头盔", today, "test", 1)
    posted = ledger.post([award], actor=None)[0]
    return {
        "sheet_id": str(sheet.pk), "code": printed[0].code, "street_id": str(street), "account_id": str(account),
        "transfer_id": str(posted.transfer_id),
    }  # fmt: skip
