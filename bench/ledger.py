"""The ledger: transfers from one street's pool, on an empty ledger and on a full one; statements; verify.

LINLI_BENCH_ENTRIES (default 10000000) is the number of past entries, LINLI_BENCH_VERIFIED (default 1000000) how many
are verified, LINLI_BENCH_SECONDS (default 6) how long a round lasts.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from rich.console import Console

from bench import pgbench
from bench.desk import run_as_owner
from bench.figures import Figure
from bench.ground import Ground, administrating
from linli.config import databases
from linli.config.provision import ensure_database
from linli.config.statement_count import count_statements
from linli.credits import ledger
from linli.credits.models import Lot, Transfer
from linli.credits.verifying import verify
from tests.browser.server import database_url
from tests.credits.acting import act
from tests.credits.crowd import at_once, here
from tests.credits.laying import Street, lay

CLIENTS, MEMBERS, PAST_MEMBERS = 8, 2000, 20_000
ROUNDS = int(os.environ.get("LINLI_BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("LINLI_BENCH_SECONDS", "6"))
ENTRIES = int(os.environ.get("LINLI_BENCH_ENTRIES", "10000000"))
VERIFIED = int(os.environ.get("LINLI_BENCH_VERIFIED", "1000000"))
BATCH = 20_000
EMPTY, READY_SECONDS, PAIRS = "bench_empty", 0.3, 3
"""Full and empty ledger are measured in so many short rounds for each long one: what else runs evens out."""


def run(ground: Ground, console: Console) -> list[Figure]:
    """The order matters: past entries come last, because their chains are not those of a true ledger."""
    street = lay(MEMBERS, points=1)
    script, without = bare_script(street), copied(EMPTY)
    service, bare = rates(street, script, console)
    note = (
        "floor: pgbench, the rows of the same transfer by bare prepared statements on copies of the tables, no shared"
        f" row, 8 clients: {statistics.median(bare):.0f}/s; fsync on, medians of pairwise ratios"
    )
    ratio = statistics.median(a / b for a, b in zip(service, bare, strict=True))
    value = statistics.median(service)
    name = "ledger transfers through the service, one pool, 8 clients"
    figures = [
        Figure(name, value, "1/s", value / ratio, at_least=0.30, note=note),
        *pages(ground),
        verified(street, console),
    ]
    past = fill(street, console)
    full, empty = beside(street, past, without, console)
    ratio, value = statistics.median(a / b for a, b in zip(full, empty, strict=True)), statistics.median(full)
    note = (
        "past entries with their lots by INSERT … SELECT generate_series: true in size and indexes, not in their"
        " chains; the empty ledger is a copy of the database in the same cluster, measured in turn"
    )
    figures.append(
        Figure(f"the same at {ENTRIES:,} past entries, against the empty ledger", value, "1/s", value / ratio,
               at_least=0.9, note=note)
    )  # fmt: skip
    return figures


def rates(street: Street, script: str, console: Console) -> tuple[list[float], list[float]]:
    """Rounds of the service and of pgbench in turn."""
    ours, bare = [], []
    for number in range(ROUNDS):
        ours.append(service_rate(street.pool, street.members, f"empty:{number}", here()))
        bare.append(pgbench.rate(script, CLIENTS, SECONDS))
        console.print(f"[dim]  {number + 1}: service {ours[-1]:.0f}/s  pgbench {bare[-1]:.0f}/s")
    return ours, bare


def beside(
    street: Street, past: list[int], without: str, console: Console
) -> tuple[list[float], list[float]]:  # fmt: skip
    """Short rounds on the full ledger, for members with a past, and on the empty one; in turn, and in turned order.

    Both begin with a checkpoint and one award to each member that does not count: after a checkpoint the first change
    of a page writes the whole page to the log, and a load that has just ended makes every page such a one.
    """
    with administrating() as admin:
        admin.execute("CHECKPOINT")
    places = {"full": (past[:MEMBERS], here()), "empty": (street.members, without)}
    for members, address in places.values():
        given = [{"key": f"first:{n}", "debit": street.pool, "credit": n, "amount": 5} for n in members]
        assert at_once(address, [[["post_all", {"postings": given}]]])[0][0][0] == "done"
    found: dict[str, list[float]] = {name: [] for name in places}
    for number in range(ROUNDS * PAIRS):
        for name in sorted(places, reverse=number % 2 == 0):
            members, address = places[name]
            rate = service_rate(street.pool, members, f"beside:{number}", address, SECONDS / PAIRS)
            found[name].append(rate)
        console.print(f"[dim]  {number + 1}: full {found['full'][-1]:.0f}/s  empty {found['empty'][-1]:.0f}/s")
    return found["full"], found["empty"]


def copied(name: str) -> str:
    """Copy the database as it is now; the address of the copy. What follows does not change it."""
    connection.close()
    found = databases.address(Path(settings.LINLI_HOME), databases.APP)
    with administrating() as admin:
        ensure_database(admin, name, "linli_owner", found.user, template=found.name)
    return database_url(found, name)


def service_rate(pool: int, members: list[int], name: str, address: str, seconds: float = SECONDS) -> float:
    """Awards per second by processes with a connection each; none may be refused. Counted when all are ready."""
    words = {"pool": pool, "members": members}
    answers = at_once(address, [
        [["award_for", {**words, "seconds": READY_SECONDS, "name": f"ready:{name}:{n}"}], None,
         ["award_for", {**words, "seconds": seconds, "name": f"{name}:{n}"}]]
        for n in range(CLIENTS)
    ])  # fmt: skip
    if any(told[0][0] != "done" or told[0][2] for told in answers):
        raise RuntimeError(f"refused: {answers}")
    return float(sum(told[0][1] / told[0][3] for told in answers))


def bare_script(street: Street) -> str:
    """The rows of one award as one writes them by hand: account, transfer, lot, in a transaction."""
    tables = {f"bench_{name}": f"credits_{name}" for name in ("account", "transfer", "lot")}
    pgbench.copy_tables(tables)
    pgbench.fill_accounts("bench_account", street.members[0], 1, MEMBERS)
    transfer = Transfer.objects.get(key=f"lay:{street.place}:{street.members[0]}")
    lot = Lot.objects.get(transfer=transfer)
    return "\n".join([
        f"\\set vmember random(1, {MEMBERS})",
        "BEGIN;",
        f"UPDATE bench_account SET balance = balance + 5, version = version + 1, head = {pgbench.HEAD},"
        " changed_at = now() WHERE id = :vmember RETURNING balance AS vbalance, version AS vversion \\gset",
        pgbench.insert_like("bench_transfer", "credits_transfer", transfer.pk, {
            "id": "DEFAULT", "key": "'k' || nextval('bench_key')", "debit_id": "-1", "credit_id": ":vmember",
            "credit_balance": ":vbalance", "credit_version": ":vversion", "created_at": "now()",
        }) + " RETURNING id AS vtransfer \\gset",
        pgbench.insert_like("bench_lot", "credits_lot", lot.pk, {
            "id": "DEFAULT", "account_id": ":vmember", "transfer_id": ":vtransfer",
        }) + ";",
        "COMMIT;",
    ])  # fmt: skip


def pages(ground: Ground) -> list[Figure]:
    """Statements of a balance, and of a resident's own page, with a short and with a long history."""
    from tests.support.browsing import signed_in

    user = ground.world.users["resident"]
    account = ledger.join(user.person_id or 0, actor=None, place_id=ground.world.places["street"].pk)
    pool, client = ledger.pool(ground.world.places["street"].pk), signed_in(user)

    def counted(entries: int, name: str) -> tuple[int, int]:
        given = [{"key": f"{name}:{n}", "debit": pool, "credit": account, "amount": 2} for n in range(entries)]
        assert act("post_all", postings=given)[0] == "done"
        assert client.get("/points/").status_code == 200
        with count_statements() as page:
            assert client.get("/points/").status_code == 200
        with count_statements() as balance:
            ledger.balance(account)
        return len(page), len(balance)

    short, long = counted(1, "short"), counted(3000, "long")
    same = "flat: 1 and 3,000 entries" if short == long else f"NOT flat: {short} at 1 entry, {long} at 3,000"
    return [
        Figure("own page with balance and statement of account: statements", max(short[0], long[0]), "statements",
               at_most=6, note=f"{same}; session and person included"),
        Figure("own page: statements at 3,000 entries over 1", long[0] / short[0], "ratio", at_most=1.0),
        Figure("balance of an account: statements", long[1], "statements", at_most=6),
    ]  # fmt: skip


def verified(street: Street, console: Console) -> Figure:
    """Post until there are so many entries, all with true chains, and verify them."""
    begun, made = time.perf_counter(), Transfer.objects.count()
    for first in range(made, VERIFIED, BATCH):
        given = [
            {"key": f"bulk:{n}", "debit": street.pool, "credit": street.members[n % MEMBERS], "amount": 1}
            for n in range(first, min(first + BATCH, VERIFIED))
        ]
        assert act("post_all", postings=given)[0] == "done"
    posted = time.perf_counter() - begun
    console.print(f"[dim]  {VERIFIED - made:,} entries posted in bulk: {(VERIFIED - made) / posted:.0f}/s")
    run_as_owner([("VACUUM ANALYZE", None)])
    begun = time.perf_counter()
    report = verify()
    took = time.perf_counter() - begun
    assert report.whole and report.transfers >= VERIFIED, report.faults[:3]
    note = f"{report.transfers:,} entries posted by the service in bulk: contents, chains, lots, balances, seals"
    return Figure(f"verify {VERIFIED:,} entries", took, "s", at_most=20.0, note=note)


_PAST = """
INSERT INTO credits_transfer (key, request_hash, kind, debit_id, credit_id, amount, reason, source_type, source_id,
  effective_on, expires_on, created_at, credit_balance, credit_version, credit_hash)
SELECT 'past:' || g, sha256(int8send(g)), 'award', %(pool)s, %(first)s + g %% %(members)s, 5, 'rule', 'tests', g,
  date '2020-01-01' + (g %% 2000)::int, NULL, now() - interval '1 day', 5 * (1 + g / %(members)s),
  1 + (g / %(members)s)::int, sha256(int8send(g))
FROM generate_series(%(begin)s::bigint, %(end)s::bigint) g
"""
_PAST_LOTS = """
INSERT INTO credits_lot (account_id, transfer_id, issuer_id, amount, remaining)
SELECT credit_id, id, debit_id, amount, CASE WHEN credit_version > %(spent)s THEN amount ELSE 0 END
FROM credits_transfer WHERE id > %(after)s
"""
_PAST_ACCOUNTS = """
UPDATE credits_account a SET version = s.version, balance = s.version * 5
FROM (SELECT credit_id, max(credit_version) AS version FROM credits_transfer
      WHERE credit_id BETWEEN %(first)s AND %(last)s GROUP BY credit_id) s WHERE a.id = s.credit_id
"""


def fill(street: Street, console: Console) -> list[int]:
    """Past entries of as many other members as a street has; these members."""
    past = lay(PAST_MEMBERS)
    first, each = min(past.members), -(-ENTRIES // PAST_MEMBERS)
    assert sorted(past.members) == list(range(first, first + PAST_MEMBERS))
    values: dict[str, Any] = {
        "pool": street.pool, "first": first, "last": max(past.members), "members": PAST_MEMBERS,
        "spent": each - 5, "after": Transfer.objects.order_by("-pk").values_list("pk", flat=True)[0],
    }  # fmt: skip
    for begin in range(0, ENTRIES, 1_000_000):
        end = min(begin + 1_000_000, ENTRIES) - 1
        run_as_owner([(_PAST, values | {"begin": begin, "end": end})])
        console.print(f"[dim]  {end + 1:,} past entries")
    run_as_owner([(_PAST_LOTS, values), (_PAST_ACCOUNTS, values)])
    run_as_owner([("VACUUM ANALYZE", None)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM credits_transfer")
        assert cursor.fetchone()[0] >= ENTRIES
    return past.members
