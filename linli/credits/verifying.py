"""Verify the ledger: is every point where the transfers say, and is every transfer still what was written?

`verify` recomputes on the server, in spans: what each transfer was asked to be, both chains, every balance, lot, hold,
checkpoint and seal. Only what is wrong travels here, where the row is named. What it cannot see is told by the report:
transfers cut from the end together with their account's row while no seal covers them (an hour at most).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from linli.credits import checks
from linli.credits.chains import verify_chains
from linli.credits.sealcheck import verify_seals
from linli.credits.sealing import seals_file
from linli.credits.sql import fetch
from linli.work.verify import FAULTS_MAX, Fault

SPAN = 100_000
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Report:
    """What was looked at and what was found. `item` of a fault is the account, `row` the table's row."""

    transfers: int = 0
    accounts: int = 0
    lots: int = 0
    holds: int = 0
    seals: int = 0
    sealed_until: datetime | None = None
    unsealed: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing was found."""
        return not self.faults

    def add(self, code: str, account: str, row: str, message: str) -> None:
        """Note a fault; beyond FAULTS_MAX they are counted no more."""
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(Fault(code, account, row, message))


_log = structlog.get_logger("linli.credits")


class LedgerNotWhole(RuntimeError):
    """The nightly check found faults."""


_COUNTS = """
SELECT (SELECT count(*) FROM credits_transfer), (SELECT count(*) FROM credits_account),
       (SELECT count(*) FROM credits_lot), (SELECT count(*) FROM credits_hold),
       (SELECT coalesce(max(id), 0) FROM credits_transfer)
"""


def verify(progress: Progress | None = None, *, exported: Path | None = None) -> Report:
    """Verify everything (L1, L2, L9, L10). `progress(done, all)` is called after each span of transfers.

    Read in one snapshot, so that what is written meanwhile is in no part of it.
    """
    report = Report()
    with checks.snapshot():
        report.transfers, report.accounts, report.lots, report.holds, highest = fetch(_COUNTS, [])[0]
        after = 0
        while after < highest:
            checks.verify_contents(after, after + SPAN, report.add)
            after = min(after + SPAN, highest)
            if progress is not None:
                progress(after, 2 * highest)
        verify_chains(report.add, None if progress is None else lambda done: progress(highest + done, 2 * highest))
        for check in checks.CHECKS:
            checks.run(check, report.add)
        report.seals, report.sealed_until, report.unsealed = verify_seals(report.add, exported or seals_file())
    return report


def log_verified() -> Report:
    """Verify and write the outcome to the log. Raises LedgerNotWhole when there are faults."""
    report = verify()
    for fault in report.faults:
        _log.error("ledger fault", code=fault.code, account=fault.item, row=fault.row, message=fault.message)
    if not report.whole:
        raise LedgerNotWhole(f"{len(report.faults)} faults in the ledger")
    _log.info("ledger whole", transfers=report.transfers, lots=report.lots, seals=report.seals)
    return report
