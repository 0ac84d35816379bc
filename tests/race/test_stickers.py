"""One sticker is scanned by fifty phones at once: one flower, one credit."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.utils import timezone

from linli.awards import sticker_redeeming as redeeming
from linli.awards import sticker_services as services
from linli.awards.models import Sticker
from linli.credits import ledger
from linli.credits.models import Transfer
from linli.people.loading import load_actor
from linli.people.models import Person, User
from tests.awards.test_stickers import codes, wanted
from tests.race.test_requests import at_once
from tests.support.world import World, build_world

__all__ = ["codes"]
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

PHONES = 50


@pytest.fixture
def world(transactional_db: Any) -> World:
    """The small world, committed."""
    return build_world()


@pytest.fixture
def scans(world: World, codes: list[str]) -> list[Any]:
    """What fifty phones do with the same sticker: half are signed in and take part, half have no account."""
    street, now = world.actor("street"), timezone.now()
    sheet = services.make_sheet(street, wanted(world, count=1), key="k")
    services.print_sheet(street, sheet.pk, 0)
    services.hand_out(street, sheet.pk, world.users["grid"].person_id or 0, 1, 1)
    found: list[Any] = []
    for number in range(PHONES // 2):
        person = Person.objects.create(kind="resident", created_at=now)
        user = User.objects.create(username=f"phone-{number}", person=person, created_at=now)
        ledger.join(person.pk, actor=None)
        actor = load_actor(user.pk, strong=False)
        assert actor is not None
        found.append(lambda actor=actor: redeeming.redeem(actor, codes[0]))
        found.append(lambda: redeeming.keep(codes[0], redeeming.new_secret()))
    return found


def credits_and_claims() -> tuple[int, int]:
    return Transfer.objects.filter(source_type="sticker").count(), Sticker.objects.exclude(claimed_at=None).count()


def test_fifty_phones_at_once_are_one_flower(scans: list[Any]) -> None:
    seen = at_once(scans)
    assert sum(one.took for one in seen) == 1
    assert sorted({one.state for one in seen if not one.took}) == ["taken"]
    assert sum(credits_and_claims()) == 1
    sticker = Sticker.objects.get()
    assert (sticker.redeemed_at is None) != (sticker.claimed_at is None)


def test_control_without_the_lock_many_believe_that_they_took_it(
    scans: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All look before any writes. The ledger's key still lets one credit through; the phones are told otherwise."""
    all_have_looked = threading.Barrier(PHONES)

    def look_unlocked(code: str) -> Sticker | None:
        row = Sticker.objects.select_related("sheet").filter(code_digest=redeeming.digest(code)).first()
        all_have_looked.wait(timeout=50)
        return row

    monkeypatch.setattr(redeeming, "_locked", look_unlocked)

    def tried(scan: Any) -> Any:
        try:
            return scan()
        except ledger.LedgerProblem:
            return redeeming.UNKNOWN

    seen = at_once([lambda scan=scan: tried(scan) for scan in scans])
    assert sum(one.took for one in seen) > 1
    assert credits_and_claims()[0] <= 1, "the guard behind the lock: one key, one credit"
