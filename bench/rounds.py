"""The page of a round of 1,000 sites: how many SQL statements, and what the phone's pack of the same round takes."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.utils import timezone
from rich.console import Console

from bench.desk import _client
from bench.figures import Figure
from bench.ground import Ground
from linli.config.statement_count import count_statements

SITES = 1_000


def run(ground: Ground, console: Console) -> list[Figure]:
    """Statements of the page and of the pack, both asked for a second time."""
    address = f"/desk/rounds/{_round(ground)}/"
    client = _client(ground, "community")
    first = client.get(address)
    assert first.status_code == 200, first.status_code
    with count_statements() as page:
        shown = client.get(address)
    assert shown.content.count(b'href="/desk/sites/') >= SITES
    phone = _client(ground, "grid")
    assert phone.get("/api/v1/patrol/day").status_code == 200
    with count_statements() as pack:
        phone.get("/api/v1/patrol/day")
    return [
        Figure(f"page of a round of {SITES:,} sites: statements", len(page), "statements", at_most=12),
        Figure("a day's pack for the phone: statements", len(pack), "statements", at_most=12),
    ]


def _round(ground: Ground) -> int:
    """A round of this week over a thousand lanes of one grid; its number."""
    from linli.inspections.rounds import NewRound, create_round
    from linli.inspections.setup import setup
    from linli.places.models import Place
    from tests.inspections.conftest import standard

    setup()
    version, _criteria = standard(ground.world)
    grid, today = ground.world.places["east_grid1"], timezone.localdate()
    start = Place.objects.order_by("-id").values_list("id", flat=True)[0] + 1_000
    Place.objects.bulk_create(
        Place(id=start + n, parent=grid, path=f"{grid.path}.{start + n}", kind="site", site_kind="lane", name=f"巷{n}",
              lon=120.451, lat=36.371)
        for n in range(SITES)
    )  # fmt: skip
    new = NewRound("千点巡查", ground.world.places["east"].pk, today, today + timedelta(days=6), version_id=version.pk,
                   site_kinds=("lane",))  # fmt: skip
    return create_round(ground.world.actor("community"), new, uuid.uuid4()).pk
