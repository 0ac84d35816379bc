"""Creating a request by REST, against a one-row insert and against the same rows by bare SQL, interleaved."""

from __future__ import annotations

import json
import os
import pickle
import random
import statistics
import uuid
from typing import Any

from rich.console import Console

from bench import floors
from bench.desk import run_as_owner
from bench.figures import Figure
from bench.ground import Ground
from bench.load import post, rate
from linli.config.statement_count import count_statements
from linli.requests.reporting import Report
from linli.requests.services import report
from linli.work import flush
from linli.work.models import Item
from tests.support.world import INSIDE

REQUESTS = int(os.environ.get("LINLI_BENCH_REQUESTS", "1200"))
ROUNDS = int(os.environ.get("LINLI_BENCH_ROUNDS", "5"))
WORDS = "楼下垃圾堆了三天没人清理，臭味很大，苍蝇到处飞，请尽快安排人员处理"


def run(ground: Ground, console: Console) -> list[Figure]:
    """Statements of one creation; then rates of product and floors, A-B-C-A-B-C."""
    capture(ground)
    statements = _statements(ground)
    rates: dict[str, list[float]] = {"create": [], "one_row": [], "bare": [], "same": []}
    with ground.serving() as port:
        for name in rates:
            rate(port, _requests(ground, name, 200))
        # As the server does by itself within a minute: foreign keys of tables that were empty are no longer scanned.
        run_as_owner([("ANALYZE", None)])
        for number in range(ROUNDS):
            for name, found in rates.items():
                found.append(rate(port, _requests(ground, name, REQUESTS)))
            console.print(f"[dim]  round {number + 1}: " + "  ".join(f"{k} {v[-1]:.0f}/s" for k, v in rates.items()))
    create, one_row, bare, _ = (statistics.median(found) for found in rates.values())

    def ratio(floor: str) -> float:
        return statistics.median(a / b for a, b in zip(rates["create"], rates[floor], strict=True))

    note = "8 clients, fsync on, medians of pairwise ratios"
    rows = f"an INSERT per table; medians: {create:.0f}, one row {one_row:.0f}, bare {bare:.0f}"
    return [
        Figure("create by REST, against a one-row insert", create, "1/s", create / ratio("one_row"),
               at_least=0.25, note=note),
        Figure("create by REST, against the same rows by bare SQL", create, "1/s", create / ratio("bare"),
               at_least=0.70, note=rows),
        Figure("create by REST, against its own single statement alone", create, "1/s", create / ratio("same"),
               note="for comparison only: the statement into which the product puts all tables, without the product"),
        Figure("statements to create a request, with authentication", statements, "statements", at_most=10),
    ]  # fmt: skip


def _body() -> dict[str, Any]:
    lon, lat = INSIDE["east"]
    return {
        "kind": "complaint", "words": WORDS, "longitude": lon + random.uniform(-0.002, 0.002),
        "latitude": lat + random.uniform(-0.002, 0.002), "contact_name": "王小明", "phone": "13800001234",
    }  # fmt: skip


def _requests(ground: Ground, name: str, count: int) -> list[bytes]:
    path = {
        "create": "/api/v1/requests",
        "one_row": "/bench/one-row",
        "bare": "/bench/bare",
        "same": "/bench/same-statement",
    }[name]
    headers = {"Authorization": f"Bearer {ground.tokens['duty']}"}
    made = []
    for _ in range(count):
        body = json.dumps(_body(), ensure_ascii=False).encode()
        made.append(post(path, body, {**headers, "Idempotency-Key": str(uuid.uuid4())}))
    return made


def _statements(ground: Ground) -> int:
    """Statements of one creation through the API with a token, in this process."""
    from django.test import Client

    client = Client()

    def create() -> None:
        answer = client.post(
            "/api/v1/requests", json.dumps(_body()), content_type="application/json",
            headers={"authorization": f"Bearer {ground.tokens['duty']}", "idempotency-key": str(uuid.uuid4())},
        )  # fmt: skip
        assert answer.status_code == 201, answer.content

    create()
    with count_statements() as counted:
        create()
    return len(counted)


def capture(ground: Ground) -> None:
    """Record the statements of one real creation for the bare floor."""
    body = _body()
    wanted = Report(channel="api", **body)
    report(ground.world.actor("duty"), wanted, key="warm", device="bench")
    taken: list[tuple[str, Any]] = []
    original = flush.send

    def keep(statement: str, parameters: list[Any]) -> tuple[Any, ...] | None:
        taken.append((statement, parameters))
        return original(statement, parameters)

    flush.send = keep
    try:
        done = report(ground.world.actor("duty"), wanted, key="captured", device="bench")
    finally:
        flush.send = original
    item = Item.objects.get(pk=done.item_id)
    fresh = {
        "item_id": item.pk, "number": item.number, "key": "captured",
        "digest": bytes(item.request.tracking_digest),
        "uuids": [row.pk for rows in (item.legs, item.clocks, item.events) for row in rows.all()],
    }  # fmt: skip
    floors.CAPTURED.write_bytes(pickle.dumps((taken, fresh)))
