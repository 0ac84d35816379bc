"""The table: what is proved, by which tests, how often, what must come out, and what is not proved by it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `quick` tries are made by `make test`, `full` by `make chaos`."""

    slug: str
    what: str
    tests: str
    unit: str
    quick: int
    full: int
    target: str
    not_proved: str
    scales: bool = True
    """Whether LINLI_CHAOS_SCALE changes the number; False where everything is tried anyway."""
    spread: bool = False
    """Whether the full number is dealt out to all processors: many tries that do not disturb each other."""


# The promises of the ledger (docs/credits.md); those that faults and privileges prove stand in the rows of these.
LEDGER_ROWS = (
    Row(
        "ledger_simulation", "the ledger and its model side by side, actions drawn from a seed (L1, L2, L7–L9, L12)",
        "tests/chaos/test_ledger_simulation.py", "actions", 500, 2_000_000,
        "every answer and every figure as the model says; failing seeds are kept",
        "One action after the other on few accounts; what many do at once is proved by the races.", spread=True,
    ),
    Row(
        "ledger_races", "fifty processes: one point, one key, one reversal, one piece, one hold (L2, L4, L6)",
        "tests/chaos/test_ledger_races.py", "rounds", 2, 100,
        "1 done, 49 refused or repeated; the control without the guard passes the floor",
        "Fifty on one machine; not every interleaving that a scheduler could choose.",
    ),
    Row(
        "ledger_kill", "kill -9 of writers and of the database, open keys sent again (L3, L4)",
        "tests/chaos/test_ledger_kill.py", "kills", 8, 1000,
        "0 acknowledged lost, one effect per key, verify ledger clean",
        "kill -9 is not loss of power: what a disk lies about to fsync is not seen.",
    ),
    Row(
        "ledger_expiry", "expiry by four workers at once, one killed midway (L7)",
        "tests/chaos/test_ledger_expiry.py", "lots", 200, 10_000,
        "each lot ends once, on its day, and no point is spent afterwards",
        "The clock of the machine is believed.",
    ),
    Row(
        "ledger_tamper", "fields flipped, rows deleted, inserted, swapped, cut off (L10)",
        "tests/chaos/test_ledger_tamper.py", "tamperings", 60, 1000,
        "all found, the right row named",
        "A tail that is cut together with its account's row before any seal covers it (at most an hour) is not seen.",
    ),
)  # fmt: skip

ROWS: tuple[Row, ...] = (
    Row(
        "kill", "kill -9 of the server and of the database during writes", "tests/chaos/test_kill.py", "kills",
        30, 1000,
        "0 acknowledged lost, one effect per key, verify clean, back in ≤ 5 s",
        "kill -9 is not loss of power: what a disk lies about to fsync is not seen.",
    ),
    Row(
        "fault", "a fault after every statement of every writing service", "tests/chaos/test_faults.py", "faults",
        200, 200,
        "0 partial effects",
        "Faults come from the database; files that were stored before the row stay until they are swept.", scales=False,
    ),
    Row(
        "officers", "two officers on one item", "tests/chaos/test_races.py", "pairs", 20, 1000,
        "1 wins, the other gets 409 and the new state",
        "Two at once on one machine; not every interleaving that a scheduler could choose.",
    ),
    Row(
        "keys", "the same key fifty times at once; the same key with another payload", "tests/chaos/test_keys.py",
        "rounds", 5, 100, "1 effect, 50 equal answers; 409",
        "Keys are kept for 30 days; one sent again later is a new request.",
    ),
    Row(
        "timers", "timers and jobs by four workers, one killed", "tests/chaos/test_timers.py", "timers", 200, 10_000,
        "each fired once",
        "A message that left the house (SMS, mail) cannot be recalled by a rollback.",
    ),
    Row(
        "fuzz", "schemathesis over the OpenAPI document, across roles", "tests/chaos/test_fuzzing.py", "requests", 5000,
        200_000, "0 server errors, 0 schema violations",
        "Random requests find what they happen upon; they prove no absence of faults.", spread=True,
    ),
    Row(
        "uploads", "hostile uploads", "tests/chaos/test_uploads.py", "files", 40, 5040,
        "0 accepted, memory bounded, < 2 s each; 0 bytes of EXIF left",
        "No search for viruses; a fault of a decoder that corrupts memory without a sign is not seen.",
    ),
    Row(
        "tamper", "tampering with rows of the history", "tests/chaos/test_tampering.py", "tamperings", 50, 1000,
        "all found, the right row named; erasure leaves the chain clean",
        "A tail that is cut together with its head before any seal covers it (at most an hour) is not seen.",
    ),
    Row(
        "scripts", "script payloads through every text field to every page", "tests/chaos/test_scripts.py", "payloads",
        10, 60, "0 executed, with and without the content security policy",
        "One browser (Chromium); pages that only show what another installation wrote are not met.",
    ),
    Row(
        "headers", "security headers, CSRF, cookie flags on every address; rate limits", "tests/chaos/test_headers.py",
        "addresses", 1, 1, "all; a forged client address does not reset a limit",
        "Headers that a proxy in front adds or removes are not seen.", scales=False,
    ),
    Row(
        "cells", "state × transition × role through the service and the database", "tests/matrix/test_transitions.py",
        "transitions", 1, 1, "each refused as the table says, nothing changed, one audit row",
        "One item per workflow; what depends on the item's own values is proved by the tests of the guards.",
        scales=False,
    ),
    Row(
        "acts", "every writing service of activities, volunteering, awards and shop × who calls it",
        "tests/matrix/test_acts.py", "calls", 1, 1,
        "each done or refused as the table says; refused, nothing changed and one audit row",
        "One call of each service in one state; other states are proved by the rooms' own tests.", scales=False,
    ),
    Row(
        "looks", "things and personal fields of neighbours × how and by whom they are looked at",
        "tests/matrix/test_rooms.py", "cells", 1, 1, "each shown, masked or hidden as the tables say",
        "One thing of each kind in each place; pages and files are read as text, not as they look.", scales=False,
    ),
    Row(
        "patrol", "records with photos made with no network, the browser killed twice, answers lost, the line cut",
        "tests/browser/test_patrol_offline.py", "observations", 24, 200,
        "each arrives exactly once, with its photo and its finding",
        "A phone that is lost or wiped before it was online takes its records along.",
    ),
    Row(
        "shop_oversold", "200 buyers for 1 piece of the shop", "tests/chaos/test_shop_races.py", "repeats", 5, 100,
        "0 oversold, 0 errors shown; the control without the guard oversells",
        "Fifty connections at the same moment on one machine; not every interleaving that a scheduler could choose.",
    ),
    *LEDGER_ROWS,
)  # fmt: skip
BY_SLUG = {row.slug: row for row in ROWS}
