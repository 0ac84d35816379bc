"""Points in the rooms above the ledger: awards by rule, and reservations in the shop, against bare SQL."""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql
from rich.console import Console

from bench import pgbench
from bench.desk import run_as_owner
from bench.figures import Figure
from bench.ground import Ground
from linli.awards import awarding
from linli.awards.models import Award
from linli.credits import ledger
from linli.credits.models import Allocation, PendingHold, Transfer
from linli.people.models import Person
from linli.shop.models import Order, OrderEvent
from linli.work import deeds
from tests.credits.crowd import at_once, here
from tests.shop.scene import build_shop, give_points, resident
from tests.support.awarded import done, the_rules

ATTENDANCES, PEOPLE = 10_000, 2000
BUYERS, GOODS, RICH = 50, 20, 10_000_000
PREPARING = 8
"""Reservations before counting begins: the server plans a prepared statement anew five times."""

SECONDS = float(os.environ.get("LINLI_BENCH_SECONDS", "6"))
ROUNDS = int(os.environ.get("LINLI_BENCH_ROUNDS", "5"))
ROWS_IN_A_STATEMENT = 1000
COPIES = {"bench_award": "awards_award", "bench_transfer": "credits_transfer", "bench_lot": "credits_lot",
          "bench_account": "credits_account"}  # fmt: skip


def run(ground: Ground, console: Console) -> list[Figure]:
    """Awards, then the shop."""
    return [awards(ground, console), *shop(ground, console)]


# --- Awards by rule -----------------------------------------------------------------------------------------------


def awards(ground: Ground, console: Console) -> Figure:
    """Attendances told as deeds and awarded; the floor inserts the very rows that came of it, in one transaction."""
    the_rules(ground.world)
    now = timezone.now()
    people = Person.objects.bulk_create([Person(kind="resident", created_at=now) for _ in range(PEOPLE)])
    for person in people:
        ledger.join(person.pk, actor=None)
    ours, bare = [], []
    for number in range(ROUNDS):
        told = [
            done(ground.world, people[n % PEOPLE].pk, f"attended:{number}:{n}", days_ago=1 + n // PEOPLE + 6 * number)
            for n in range(ATTENDANCES)
        ]
        ids = deeds.record(told)
        last = Transfer.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        begun = time.perf_counter()
        awarding.hear(ids)
        ours.append(ATTENDANCES / (time.perf_counter() - begun))
        made = Award.objects.filter(deed_id__in=ids)
        assert made.count() == ATTENDANCES and not made.filter(why={}).exists(), "each is explained"
        bare.append(ATTENDANCES / bare_inserts(ids, last))
        awarding.hear(ids[:1000])
        assert made.count() == ATTENDANCES, "told again it changes nothing"
        console.print(f"[dim]  awards {number + 1}: {ours[-1]:.0f}/s, bare {bare[-1]:.0f}/s")
    points = Award.objects.filter(points__gt=0).count()
    note = f"floor: the same rows by multi-row INSERTs of {ROWS_IN_A_STATEMENT}; {points:,} of all awards have points"
    value = statistics.median(ours)
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    return Figure(
        f"award by rule for {ATTENDANCES:,} attendances", value, "1/s", value / ratio, at_least=0.2, note=note
    )


def bare_inserts(deed_ids: list[int], after: int) -> float:
    """Seconds in which the rows that awarding wrote are inserted again, into copies, and the accounts are updated."""
    pgbench.copy_tables(COPIES)
    wanted: dict[str, tuple[str, Any]] = {
        "awards_award": ("deed_id = ANY(%s)", deed_ids), "credits_transfer": ("id > %s", after),
        "credits_lot": ("transfer_id > %s", after),
    }  # fmt: skip
    statements: list[bytes] = []
    with connection.cursor() as cursor:
        for copy, original in COPIES.items():
            if original not in wanted:
                continue
            where, value = wanted[original]
            cursor.execute(f"SELECT t::text FROM {original} t WHERE {where}", [value])
            rows = [
                f"({sql.Literal(row[0]).as_string(connection.connection)}::{original})" for row in cursor.fetchall()
            ]
            for first in range(0, len(rows), ROWS_IN_A_STATEMENT):
                part = ", ".join(rows[first : first + ROWS_IN_A_STATEMENT])
                statements.append(f"INSERT INTO {copy} SELECT (v.r).* FROM (VALUES {part}) AS v(r)".encode())
    run_as_owner([("INSERT INTO bench_account SELECT * FROM credits_account", None)])
    update = "UPDATE bench_account SET version = version + 1, balance = balance + 1 WHERE kind = 'member'"
    begun = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.cursor.execute(statement)
        cursor.execute(update)
    return time.perf_counter() - begun


# --- The shop -----------------------------------------------------------------------------------------------------


def shop(ground: Ground, console: Console) -> list[Figure]:
    """Fifty buyers, each a process, on twenty goods; the floor writes the same rows with nothing shared.

    Counting begins, here as in pgbench, when all are connected and have their statements prepared and planned.
    """
    built = build_shop(ground.world)
    supplies = [built.stock(built.good(f"商品{n}", price=10), 100_000) for n in range(GOODS)]
    buyers = [built.member(points=0).person_id or 0 for _ in range(BUYERS)]
    for person in buyers:
        give_points(ground.world, person, RICH)
    numbers = [supply.pk for supply in supplies]
    ours, bare, refused = [], [], 0
    script = ""
    for number in range(ROUNDS):
        answers = at_once(here(), [
            [["reserve_for", {**words, "most": PREPARING, "name": f"ready {number}"}], None,
             ["reserve_for", {**words, "name": f"{number}"}]]
            for words in ({"supplies": numbers, "person": person, "seconds": SECONDS} for person in buyers)
        ])  # fmt: skip
        refused += sum(told[0][2] if told[0][0] == "done" else 1 for told in answers)
        ours.append(sum(told[0][1] / told[0][3] for told in answers))
        script = script or bare_reservation(resident(buyers[0]).person_id or 0)
        bare.append(pgbench.rate(script, BUYERS, SECONDS))
        console.print(f"[dim]  reserve {number + 1}: {ours[-1]:.0f}/s, pgbench {bare[-1]:.0f}/s, errors {refused}")
    value, ratio = statistics.median(ours), statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    note = "floor: pgbench, 50 clients, the rows of a reservation by bare statements, no row shared by two clients"
    return [
        Figure("reserve in the shop, 50 buyers on 20 goods", value, "1/s", value / ratio, at_least=0.25, note=note),
        Figure("errors shown to a buyer meanwhile", refused, "errors", at_most=0),
    ]  # fmt: skip


def bare_reservation(person: int) -> str:
    """Two accounts, two holds, a lot, an order and its event, as one writes them by hand. Each client has its own."""
    order = Order.objects.filter(person_id=person).latest("pk")
    event = OrderEvent.objects.get(order=order)
    allocation = Allocation.objects.get(hold_id=order.points_hold_id)
    parts = {
        "account": "credits_account", "lot": "credits_lot", "hold": "credits_hold", "allocation": "credits_allocation",
        "pending": "credits_pendinghold", "order": "shop_order", "event": "shop_orderevent",
    }  # fmt: skip
    pgbench.copy_tables({f"bench_{name}": table for name, table in parts.items()})
    pending = PendingHold.objects.select_related("hold").get(hold_id=order.points_hold_id)
    stock = PendingHold.objects.get(hold_id=order.pieces_hold_id)
    pgbench.fill_accounts("bench_account", pending.account_id, 1, BUYERS)
    pgbench.fill_accounts("bench_account", stock.account_id, 1001, 1000 + BUYERS)
    fill_lots(allocation.lot_id)
    like, key = pgbench.insert_like, "'k' || nextval('bench_key')"

    def held(hold: int, account: str, name: str) -> list[str]:
        return [
            like("bench_hold", parts["hold"], hold, {"id": "DEFAULT", "key": key, "account_id": account})
            + f" RETURNING id AS {name} \\gset",
            like("bench_pending", parts["pending"], hold, {"hold_id": f":{name}", "account_id": account}) + ";",
        ]

    return "\n".join([
        "\\set vbuyer :client_id + 1", "\\set vgood :client_id + 1001", "BEGIN;",
        "UPDATE bench_account SET held = held + 10, changed_at = now() WHERE id = :vbuyer;",
        "UPDATE bench_lot SET remaining = remaining - 10 WHERE id = :vbuyer;",
        *held(pending.hold_id, ":vbuyer", "vpoints"),
        like("bench_allocation", parts["allocation"], allocation.pk, {
            "id": "DEFAULT", "lot_id": ":vbuyer", "hold_id": ":vpoints",
        }) + ";",
        "UPDATE bench_account SET held = held + 1, changed_at = now() WHERE id = :vgood;",
        *held(stock.hold_id, ":vgood", "vpieces"),
        like("bench_order", parts["order"], order.pk, {
            "id": "DEFAULT", "key": key, "person_id": ":vbuyer",
            "code": "substr(encode(uuid_send(gen_random_uuid()), 'base64'), 1, 8)",
            "points_hold_id": ":vpoints", "pieces_hold_id": ":vpieces",
        }) + " RETURNING id AS vorder \\gset",
        like("bench_event", parts["event"], event.pk, {"id": "DEFAULT", "order_id": ":vorder"}) + ";",
        "COMMIT;",
    ])  # fmt: skip


def fill_lots(number: int) -> None:
    """One lot for each buyer of the floor."""
    run_as_owner([(
        "INSERT INTO bench_lot (id, account_id, transfer_id, issuer_id, amount, remaining)"
        " SELECT g, g, transfer_id, issuer_id, 1000000000, 1000000000 FROM credits_lot, generate_series(1, %s) g"
        " WHERE id = %s", [BUYERS, number],
    )])  # fmt: skip
