"""Desk and item page: statements, and time with 5,000 open of many items against 5,000 open of 10,000."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Mapping
from typing import Any

from django.db import connection
from rich.console import Console

from bench.figures import Figure
from bench.ground import Ground, administrating
from linli.config import databases
from linli.config.session import switch_role
from linli.config.statement_count import count_statements

ITEMS = int(os.environ.get("LINLI_BENCH_ITEMS", "1000000"))
SMALL, OPEN = 10_000, 5_000
ROUNDS = 9

_FILL = """
INSERT INTO work_item ({columns})
SELECT {values} FROM work_item t, generate_series(%(first)s, %(last)s) g WHERE t.id = %(template)s
"""


def run(ground: Ground, console: Console) -> list[Figure]:
    """Statement counts at 1 and 50 rows, then the ratio of times of the large to the small table."""
    figures = []
    _empty(ground)
    _make_template(ground)
    roles = ("dispatcher", "grid")
    at_one = {name: _statements(ground, name) for name in roles}
    _fill(ground, 10_000_000, OPEN, live=True)
    _fill(ground, 20_000_000, SMALL - OPEN, live=False)
    _analyze()
    at_many = {name: _statements(ground, name) for name in roles}
    for name in roles:
        same = "the same at 1 row" if at_one[name] == at_many[name] else f"{at_one[name]} at 1 row"
        figures.append(
            Figure(f"desk of 50 rows, {name}: statements", at_many[name], "statements", at_most=8, note=same)
        )
        figures.append(
            Figure(
                f"desk, {name}: statements at 50 rows over 1 row", at_many[name] / at_one[name], "ratio", at_most=1.0
            )
        )
    small = {name: _times(ground, name) for name in roles}
    console.print(f"[dim]  filling {ITEMS:,} items …")
    _fill(ground, 30_000_000, ITEMS - SMALL, live=False)
    _analyze()
    for name in roles:
        large = _times(ground, name)
        note = f"5,000 open of {ITEMS:,} against 5,000 open of {SMALL:,}"
        value, floor = statistics.median(large) * 1000, statistics.median(small[name]) * 1000
        figures.append(Figure(f"desk of 50 rows, {name}: time", value, "ms", floor, at_most=1.5, note=note))
    figures.append(Figure("item page with 30 events: statements", _item_page(ground), "statements", at_most=10))
    return figures


def _client(ground: Ground, name: str) -> Any:
    """A browser signed in with both steps, as the sign-in pages leave it."""
    from tests.support.browsing import signed_in

    return signed_in(ground.world.users[name])


def _statements(ground: Ground, name: str) -> int:
    client = _client(ground, name)
    assert client.get("/desk/?tab=all").status_code == 200
    with count_statements() as counted:
        client.get("/desk/?tab=all")
    return len(counted)


def _times(ground: Ground, name: str) -> list[float]:
    client = _client(ground, name)
    for _ in range(3):
        client.get("/desk/?tab=all")
    found = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        answer = client.get("/desk/?tab=all")
        found.append(time.perf_counter() - begun)
        assert answer.status_code == 200
    return found


def run_as_owner(statements: list[tuple[str, Any]]) -> None:
    """Run statements as the owner of the tables, then be the application again."""
    switch_role(databases.OWNER)
    with connection.cursor() as cursor:
        for text, values in statements:
            cursor.execute(text, values)
    switch_role(databases.APP)


def _empty(ground: Ground) -> None:
    run_as_owner([("TRUNCATE work_item CASCADE", None)])


def _make_template(ground: Ground) -> None:
    from linli.requests.reporting import Report
    from linli.requests.services import report
    from tests.support.world import INSIDE

    lon, lat = INSIDE["east"]
    wanted = Report("report", "楼下垃圾堆了三天没人清理，臭味很大，请尽快处理", longitude=lon, latitude=lat)
    ground.facts_template = report(ground.world.actor("anonymous"), wanted, key="template", device="bench").item_id


def _fill(ground: Ground, first: int, count: int, *, live: bool, columns_too: Mapping[str, str] | None = None) -> None:
    """Copies of the template: live ones wait for the dispatcher and for the grid worker, the others are closed."""
    from linli.work.models import Item

    template = ground.facts_template
    changed = {
        "id": "g",
        "number": "g::text",
        "title": "t.title || g",
        "received_at": "t.received_at - (g %% 700) * interval '1 day'",
        "next_due": "t.received_at + (g %% 240) * interval '1 hour'" if live else "NULL",
        "closed_at": "NULL" if live else "t.received_at - (g %% 600) * interval '1 day'",
        "state": "CASE WHEN g %% 2 = 0 THEN 'accepted' ELSE 'handled' END" if live else "'closed'",
        "meaning": "'open'" if live else "'done'",
        "awaits": "CASE WHEN g %% 2 = 0 THEN 'request.dispatch' ELSE 'request.verify' END" if live else "''",
        **(columns_too or {}),
    }
    columns = [str(field.column) for field in Item._meta.concrete_fields]
    text = _FILL.format(
        columns=",".join(columns), values=",".join(changed.get(column, f"t.{column}") for column in columns)
    )
    values = {"first": first, "last": first + count - 1, "template": template}
    run_as_owner([(text, values)])


def _analyze() -> None:
    """Statistics and a checkpoint: what the filling left to be written is not the time of a page."""
    run_as_owner([("VACUUM ANALYZE work_item", None)])
    with administrating() as admin:
        admin.execute("CHECKPOINT")


def _item_page(ground: Ground) -> int:
    """Statements of the page of an item with 30 events."""
    from linli.work.services import advance

    item_id = ground.facts_template
    actor = ground.world.actor("duty")
    for number in range(29):
        advance(actor, item_id, [("comment", {"advice": f"备注 {number}"})], key=f"bench-{number}")
    from linli.work.models import Item

    page = f"/desk/items/{Item.objects.get(pk=item_id).number}/"
    client = _client(ground, "dispatcher")
    assert client.get(page).status_code == 200
    with count_statements() as counted:
        client.get(page)
    return len(counted)
