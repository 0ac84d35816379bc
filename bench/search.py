"""Search in Chinese over a million items of real text: absent, rare and common words, from a district and a community.

The floor is the desk page of the same person over the same million items.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from typing import Any

from django.db import connection
from rich.console import Console

from bench import texts
from bench.desk import _analyze, _empty, _fill, _make_template, run_as_owner
from bench.figures import Figure
from bench.ground import Ground
from linli.config import databases
from linli.config.session import switch_role
from linli.work import grams

ITEMS = int(os.environ.get("LINLI_BENCH_ITEMS", "1000000"))
LIVE = 5_000
COMMUNITIES = 300
"""The small world has two communities; the others are only in the search entries' and items' places."""
ROUNDS = 3
CLASSES = {"absent": texts.ABSENT, "rare": texts.RARE, "common": texts.COMMON}
PEOPLE = {"dispatcher": "district", "community": "community"}

_COLUMNS = {
    "title": "(SELECT b.title FROM bench_text b WHERE b.id = g %% {texts})",
    "summary": "(SELECT b.summary FROM bench_text b WHERE b.id = g %% {texts})",
    "place_path": "(SELECT p.path FROM bench_place p WHERE p.id = abs(hashint4(g)) %% {places})",
}
_ENTRIES = """
INSERT INTO work_searchentry (item_id, received_at, text, grams)
SELECT i.id, i.received_at, b.text, b.grams || p.grams FROM work_item i JOIN bench_text b ON b.id = i.id %% {texts}
JOIN bench_place p ON p.path = i.place_path WHERE i.id <> %(template)s
"""


def run(ground: Ground, console: Console) -> list[Figure]:
    """p95 of the first page over all words of a class, against the median of the desk page."""
    if not texts.messages():
        console.print("[yellow]  no messages to search in: LINLI_BENCH_DATA names the folder[/yellow]")
        return []
    _empty(ground)
    _make_template(ground)
    console.print(f"[dim]  filling {ITEMS:,} items of real text …")
    begun = time.perf_counter()
    _store_texts()
    places = list(_places(ground))
    run_as_owner(places)
    size = {"texts": texts.DISTINCT, "places": len(places) - 1}
    columns = {name: expression.format(**size) for name, expression in _COLUMNS.items()}
    _fill(ground, 10_000_000, LIVE, live=True, columns_too=columns)
    _fill(ground, 30_000_000, ITEMS - LIVE, live=False, columns_too=columns)
    run_as_owner([
        ("SET maintenance_work_mem = '2GB'", None),
        ("DROP INDEX search_grams", None),
        (_ENTRIES.format(**size), {"template": ground.facts_template}),
        ("CREATE INDEX search_grams ON work_searchentry USING gin (grams)", None),
        ("DROP TABLE bench_text, bench_place", None),
    ])  # fmt: skip
    _analyze()
    console.print(f"[dim]  filled in {time.perf_counter() - begun:.0f} s")
    figures = []
    for name, scope in PEOPLE.items():
        figures += _person(ground, console, name, scope)
    return figures


def _person(ground: Ground, console: Console, name: str, scope: str) -> list[Figure]:
    client = _client(ground, name)
    desk: list[float] = []
    found: dict[str, list[float]] = {kind: [] for kind in CLASSES}
    for number in range(ROUNDS + 1):
        for kind, words in CLASSES.items():
            for word in words:
                took = _time(client, "/desk/search/", {"q": word})
                if number:  # the first round warms up
                    found[kind].append(took)
            desk += [_time(client, "/desk/", {"tab": "all"}) for _ in range(3 if number else 1)]
    floor = statistics.median(desk) * 1000
    figures = []
    for kind, times in found.items():
        hits = [_hits(word, ground, name) for word in CLASSES[kind]]
        note = f"{len(CLASSES[kind])} words of {min(hits):,} to {max(hits):,} hits in {ITEMS:,} items, {scope}"
        p95 = statistics.quantiles(times, n=20)[-1] * 1000
        figures.append(
            Figure(f"search, {scope}, {kind} words: p95 over the desk page", p95, "ms", floor, at_most=5.0, note=note)
        )
        console.print(f"[dim]  {scope} {kind}: p95 {p95:.0f} ms, desk {floor:.0f} ms; {note}")
    return figures


def _client(ground: Ground, name: str) -> Any:
    from tests.support.browsing import signed_in

    return signed_in(ground.world.users[name])


def _time(client: Any, path: str, query: dict[str, str]) -> float:
    begun = time.perf_counter()
    answer = client.get(path, query)
    took = time.perf_counter() - begun
    assert answer.status_code == 200, answer.content[:500]
    return took


def _hits(word: str, ground: Ground, name: str) -> int:
    """How many items have the word within the person's places."""
    condition, values = "TRUE", []
    if name == "community":
        condition, values = "grams @> %s::int[]", [[grams.place_gram(ground.world.places["east"].pk)]]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM work_searchentry WHERE grams @> %s::int[] AND text LIKE %s AND {condition}",
            [grams.of_terms([word]), f"%{word}%", *values],
        )
        return int(cursor.fetchone()[0])


def _store_texts() -> None:
    """Store the different texts with their grams."""
    columns = "id int PRIMARY KEY, title text, summary text, text text, grams int[]"
    run_as_owner([(f"CREATE TABLE bench_text ({columns})", None)])
    switch_role(databases.OWNER)
    with connection.cursor() as cursor, cursor.copy("COPY bench_text FROM STDIN") as copy:
        for number, (title, text) in enumerate(texts.recombined()):
            whole = grams.searchable(title, text)
            copy.write_row([number, title, text, whole, "{" + ",".join(map(str, grams.of_text(whole))) + "}"])
    switch_role(databases.APP)


def _places(ground: Ground) -> Iterator[tuple[str, Any]]:
    """The statements that store the grids over which items are spread; the first is one of the small world's."""
    yield "CREATE TABLE bench_place (id int PRIMARY KEY, path extensions.ltree, grams int[])", None
    grid = str(ground.world.places["east_grid1"].path)
    street = grid.split(".")[:-2]
    others = [".".join([*street, str(900_000 + n), str(950_000 + n)]) for n in range(1, COMMUNITIES)]
    for number, path in enumerate([grid, *others]):
        yield "INSERT INTO bench_place VALUES (%s, %s, %s)", [number, path, list(grams.of_place(path))]
