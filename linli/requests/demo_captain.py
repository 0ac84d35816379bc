"""What the demo's building captain has reported: one matter mended by own hands, one that was solved, one in hand.

So that the captain's pages show thanks and what came of it. Every step is taken by the services that anybody uses.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from linli.people.access import Actor
from linli.people.loading import load_actor
from linli.people.models import User
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceRow, place_snapshot
from linli.requests.demo import Cast, Story
from linli.requests.demo_texts import Matter
from linli.requests.reporting import Report
from linli.requests.services import report
from linli.work import moments
from linli.work.demo_photos import upload
from linli.work.models import Item

SEED = 20261129
LAMP = Matter("help", ("三楼的感应灯不亮，晚上老人上下楼看不清",), "换了新灯，当面试过，亮了。")
DOOR = Matter("help", ("一单元的门关不严，风大时来回响",))
BOXES = "楼道口堆的纸箱挡了路，我和邻居一起清走了"


class Steady(Story):
    """A story in which nobody is slow."""

    def stops(self, share: float) -> bool:
        """Never."""
        return False


def load(progress: Callable[[str], object] | None = None) -> int:
    """Load what the captain reported; how many. A second call changes nothing."""
    user = User.objects.filter(username="captain").first()
    actor = load_actor(user.pk, strong=False) if user is not None else None
    if actor is None or Item.objects.filter(source_system="demo-captain").exists():
        return 0
    path = next((grant.place_path for grant in actor.grants if grant.place_path), None)
    places = place_snapshot(registry_versions())
    building = places.get(int(path.rpartition(".")[2])) if path else None
    grid = places.ancestor_of_kind(building.id, "grid") if building is not None else None
    if building is None or grid is None:
        return 0
    if progress is not None:
        progress("楼长上报 / the captain's reports")
    chance, cast = random.Random(SEED), Cast()
    for number, (matter, days) in enumerate(((LAMP, 12), (DOOR, 1))):
        start = timezone.now() - timedelta(days=days, hours=3)
        told = Report(
            matter.kind, matter.words[0], place_id=building.id, address=building.name, channel="patrol",
            source_system="demo-captain", source_number=f"captain-{number}",
        )  # fmt: skip
        with moments.replaying(start):
            made = report(actor, told, key=f"demo-captain-{number}")
        story = Steady(chance, cast, start)
        story.item_id = made.item_id
        story.tell(matter, grid)
    _mended(actor, building, chance)
    return 3


def _mended(actor: Actor, building: PlaceRow, chance: random.Random) -> None:
    """Found and put right within the hour, with a photo before and one after (自处置)."""
    at = timezone.now() - timedelta(days=6)
    data: dict[str, Any] = {
        "before": [_photo(chance, building, at, mended=False)], "after": [_photo(chance, building, at, mended=True)],
    }  # fmt: skip
    told = Report(
        "help", BOXES, transition="fix_on_spot", place_id=building.id, address=building.name, channel="patrol",
        step_data=data, source_system="demo-captain", source_number="captain-mended",
    )  # fmt: skip
    with moments.replaying(at + timedelta(minutes=40)):
        report(actor, told, key="demo-captain-mended")


def _photo(chance: random.Random, place: PlaceRow, at: datetime, *, mended: bool) -> str:
    return upload(chance, owner="demo", mended=mended, at=at, lon=place.lon or 0.0, lat=place.lat or 0.0)
