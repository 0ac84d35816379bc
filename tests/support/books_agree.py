"""After each test of a room that moves points: every transfer, balance, lot and hold agrees (promise L9).

Import `books_agree` into a folder's conftest. Nothing is sealed in such tests, so seals are left out (about 10 ms).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from linli.credits import checks
from linli.credits.chains import verify_chains

Fault = tuple[str, str, str, str]


def faults() -> list[Fault]:
    """What `linli verify ledger` would find in the books as the test leaves them."""
    found: list[Fault] = []

    def add(code: str, account: str, row: str, message: str) -> None:
        found.append((code, account, row, message))

    checks.verify_contents(0, 2**62, add)
    verify_chains(add)
    for check in checks.CHECKS:
        checks.run(check, add)
    return found


@pytest.fixture(autouse=True)
def books_agree(request: pytest.FixtureRequest) -> Iterator[None]:
    """Look at the books before the world is rolled back; tests without a world have none."""
    if "world" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("world")
    yield
    if connection.is_usable():  # not where a streamed answer was closed, and the connection with it
        assert faults() == []
