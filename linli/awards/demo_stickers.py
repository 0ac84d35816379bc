"""The demo's little red flowers: a sheet for riders with helmets (A4), a few taken; the resident's login has points."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from linli.awards import sticker_redeeming as redeeming
from linli.awards import sticker_services as services
from linli.awards.models import StickerSheet
from linli.awards.sticker_services import Wanted
from linli.credits import ledger
from linli.people.access import Actor, Grant
from linli.people.demo import RESIDENT_PHONE
from linli.people.models import Appointment
from linli.people.personal import find_or_create_resident
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, place_snapshot

TONGJI = "370215003"
THEME, COUNT, GIVEN, TAKEN = "骑车戴头盔", 24, 16, 5
PHONES = "1990000{:04d}"
"""Residents of the demo only; nobody is called or texted from a demo."""
LOADER = Actor(
    roles=frozenset({"demo"}),
    grants=(Grant(frozenset({services.PERMISSION}), role="demo", everything=True),),
    channel="system",
)


def load(progress: Callable[[str], object] | None = None) -> int:
    """Make the sheet, hand most of it out, have a few taken; how many stickers. A second call changes nothing."""
    if StickerSheet.objects.filter(synthetic=True).exists():
        return 0
    street = place_snapshot(registry_versions()).find_by_code(TONGJI)
    if street is None:
        return 0
    _resident_has_points(street)
    today = timezone.localdate()
    rules = list(services.sticker_rules_of(street.id, today))
    wanted = Wanted(
        street.id, THEME, COUNT, today - timedelta(days=9), today + timedelta(days=60), 2,
        rules[0].pk if rules else None, synthetic=True,
    )  # fmt: skip
    sheet = services.make_sheet(LOADER, wanted, key="demo-flowers")
    _sheet, printed = services.draw_codes(LOADER, sheet.pk, 0)
    holder = _holder(street)
    if holder is not None:
        services.hand_out(LOADER, sheet.pk, holder, 1, GIVEN)
        services.make_void(LOADER, sheet.pk, GIVEN, GIVEN, "damaged")
        _taken([one.code for one in printed])
    if progress is not None:
        progress(f"小红花 / little red flowers: {COUNT}")
    return COUNT


def _holder(street: PlaceRow) -> int | None:
    """Somebody of the street's staff who gives them out."""
    held = Appointment.objects.filter(
        role__in=("grid_worker", "community_officer", "street_officer"), valid_to=None, delegated_from=None,
        place__path__descendant_of=street.path, person__left_on=None,
    )  # fmt: skip
    return held.order_by("role", "pk").values_list("person_id", flat=True).first()


def _as_resident(phone: str) -> Actor:
    return Actor(person_id=find_or_create_resident(name="", phone=phone), user_id=0, channel="resident")


def _taken(codes: list[str]) -> None:
    redeeming.redeem(_as_resident(RESIDENT_PHONE), codes[0], joining=True)
    for number in range(1, TAKEN):
        redeeming.redeem(_as_resident(PHONES.format(number)), codes[number], joining=True)
    redeeming.keep(codes[TAKEN], redeeming.new_secret())


def _resident_has_points(street: PlaceRow) -> None:
    """Points brought forward from the paper book: some end soon, some in a year."""
    person, today = find_or_create_resident(name="", phone=RESIDENT_PHONE), timezone.localdate()
    account = ledger.join(person, actor=None, place_id=street.id)
    ledger.post(
        [
            ledger.Posting(
                f"demo:opening:{number}:{person}", "opening", ledger.pool(street.id), account, points, "opening", today,
                "opening", person, today + timedelta(days=days),
            )
            for number, (points, days) in enumerate(((12, 24), (30, 320)))
        ],
        actor=None,
    )  # fmt: skip
