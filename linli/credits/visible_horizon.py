"""Up to which id nothing more can come: without a lock, and without anybody waiting.

An id is taken from the sequence by a transaction that holds a lock on the tables of the ledger since before (rows of
accounts are locked first, always) and until it has ended. So: read the last id given out, then see who holds such
locks; when all these have ended, every transfer up to that id is there or will never be. Numbers of transactions would
say the same, but they begin anew after a restore.
"""

from __future__ import annotations

import time

from linli.credits.sql import fetch

PATIENCE_SECONDS = 5.0
PAUSE_SECONDS = 0.05

_LAST = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM credits_transfer_id_seq"
_WRITERS = """
SELECT DISTINCT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND relation IN ('credits_transfer'::regclass, 'credits_account'::regclass)
  AND mode IN ('RowShareLock', 'RowExclusiveLock') AND pid IS DISTINCT FROM pg_backend_pid()
"""


def settled_through(patience_seconds: float = PATIENCE_SECONDS) -> int | None:
    """The last id up to which all transfers are known, None when somebody's transaction takes too long.

    Call it outside a transaction that has written to the ledger: one's own transfers count as known.
    """
    last = int(fetch(_LAST, [])[0][0])
    waiting = {row[0] for row in fetch(_WRITERS, [])}
    until = time.monotonic() + patience_seconds
    while waiting:
        if time.monotonic() >= until:
            return None
        time.sleep(PAUSE_SECONDS)
        waiting &= {row[0] for row in fetch(_WRITERS, [])}
    return last
