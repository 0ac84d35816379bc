"""A pool serialises nobody, and what is not committed yet is neither summed up nor sealed. With real connections."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction

from linli.credits import checkpoints, ledger, sealing
from linli.credits.ledger import Posting
from linli.credits.models import Checkpoint, LedgerSeal
from linli.credits.visible_horizon import settled_through
from tests.credits.conftest import award, person

WAIT_SECONDS = 60


@contextmanager
def writing(posting: Posting) -> Iterator[None]:
    """Another connection has posted and not committed while the block runs; it has when the block is over."""
    posted, go_on, failed = threading.Event(), threading.Event(), []

    def other() -> None:
        try:
            with transaction.atomic():
                ledger.post([posting], actor=None)
                posted.set()
                assert go_on.wait(WAIT_SECONDS)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)
            posted.set()
        finally:
            connections.close_all()

    thread = threading.Thread(target=other)
    thread.start()
    try:
        assert posted.wait(WAIT_SECONDS) and not failed
        yield
    finally:
        go_on.set()
        thread.join(WAIT_SECONDS)
    assert not failed


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_award_from_one_pool_at_once(tmp_path: Path, settings: Any) -> None:
    settings.LINLI_HOME = tmp_path
    pool = ledger.open_account("pool")
    one, two = (ledger.join(person().pk, actor=None) for _ in range(2))
    ledger.post([award(pool, one, key="before")], actor=None)
    known = settled_through()
    assert known
    with writing(award(pool, one, key="slow")):
        ledger.post([award(pool, two, key="quick")], actor=None)
        ledger.post([award(pool, two, key=f"many{n}") for n in range(3)], actor=None)
        assert ledger.balance(two).points == 40, "it did not wait for the other"
        with pytest.raises(ledger.Busy):
            ledger.post([award(pool, one, key="same member")], actor=None)
        assert settled_through(0) is None, "an id below the last one may still come"
        assert checkpoints.make(at_least=1, patience_seconds=0) == 0 and sealing.seal(patience_seconds=0) == 0
    through = settled_through()
    assert through and through > known
    assert checkpoints.make(at_least=1) == 1 and sealing.seal() == 1
    assert Checkpoint.objects.get().debits == 60 and LedgerSeal.objects.get().count == 6
    assert ledger.balance(pool).points == -60
