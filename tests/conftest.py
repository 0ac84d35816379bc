"""Fixtures for all tests: a database of one's own in the APP role, the OWNER's connection, a statement counter."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from django.db import connections
from django.test import TransactionTestCase
from django.utils import translation
from pytest_django import DjangoDbBlocker

from linli.config.catalogues import compile_catalogues
from linli.config.home import ensure_home, linli_home
from linli.config.statement_count import StatementCounter, count_statements
from linli.people.crypto import ensure_keys
from tests.support import databases, small_world
from tests.support.databases import TestServer


def pytest_configure(config: pytest.Config) -> None:
    """The tests' home, the translations that changed, and property tests that draw the same examples at every run.

    LINLI_HYPOTHESIS=random draws new ones, to look further on purpose.
    """
    hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
    hypothesis.settings.register_profile("random", deadline=None, print_blob=True)
    hypothesis.settings.load_profile(os.environ.get("LINLI_HYPOTHESIS", "repeatable"))
    ensure_home(linli_home())
    compile_catalogues()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with tests that take long begin first, dealt out to the processes: none is left waiting for one test.

    A file stays together, because its fixtures are costly; everything else stays in its random order. (xdist gives each
    process an equal run of the list to begin with.)
    """
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    files: dict[Path, list[pytest.Item]] = {item.path: [] for item in items if item.get_closest_marker("long")}
    others: list[pytest.Item] = []
    for item in items:
        files.get(item.path, others).append(item)
    hands: list[list[pytest.Item]] = [[] for _ in range(processes)]
    # Browsers come last: while one is open its event loop runs in the thread, and asynchronous tests cannot.
    for number, path in enumerate(sorted(files, reverse=True)):
        hands[number % processes] += files[path]
    each = len(items) / processes
    items[:] = []
    for number, hand in enumerate(hands):
        room = max(0, round(each * (number + 1)) - len(items) - len(hand))
        items += hand + others[:room]
        del others[:room]
    items += others


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test that does not ask for the small world is not in it."""
    if "in_small_world" not in getattr(item, "fixturenames", ()):
        small_world.leave()


def _forget_snapshots() -> None:
    """A fresh copy counts its versions from the start again, which no database in service ever does."""
    from linli.people import loading
    from linli.people import snapshot as organisations
    from linli.places import selectors as calendar
    from linli.places import snapshot as places
    from linli.work import terms

    places._snapshots.clear()
    organisations._snapshots.clear()
    calendar._calendar = None
    terms._kept = None
    loading._kept.clear()


class TestDatabase:
    """This process's database; `renew` puts a fresh copy of the template in its place."""

    __test__ = False

    def __init__(self, server: TestServer, template: str) -> None:
        self.server = server
        self.template = template
        self.name = server.fresh(template)
        databases.use(server.app, self.name)

    def renew(self) -> None:
        """Forget everything that was committed. Connections of other threads are cut."""
        connections.close_all()
        self.server.drop(self.name)
        self.server.create(self.name, self.template)
        _forget_snapshots()

    def remove(self) -> None:
        """Drop the database."""
        connections.close_all()
        self.server.drop(self.name)


@pytest.fixture(scope="session")
def database_server() -> Iterator[TestServer]:
    """The server, running as long as any test process uses it."""
    with databases.server() as running:
        yield running


@pytest.fixture(scope="session")
def test_database(database_server: TestServer, django_db_blocker: DjangoDbBlocker) -> Iterator[TestDatabase]:
    """This process's own database, migrated as OWNER, used as APP."""
    with django_db_blocker.unblock():
        ours = TestDatabase(database_server, databases.template(database_server))
    yield ours
    with django_db_blocker.unblock():
        ours.remove()


@pytest.fixture(scope="session")
def django_db_setup(test_database: TestDatabase) -> Iterator[None]:
    """Replaces pytest-django's: APP may neither create databases nor TRUNCATE, so tests that commit get a new copy."""

    def teardown(case: Any) -> None:
        test_database.renew()

    original = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    TransactionTestCase._fixture_teardown = teardown  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = original  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def encryption_keys() -> None:
    """The keys of personal fields, in the tests' own LINLI_HOME."""
    ensure_keys()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One Chromium for all tests of the process, which may start Playwright only once."""
    from playwright.sync_api import sync_playwright

    from tests.browser.helpers import ARGUMENTS, chromium_path

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def first_language() -> Iterator[None]:
    """Each test begins in Chinese: a request in English leaves its language behind in the thread."""
    yield
    translation.deactivate()


@pytest.fixture
def owner_connection(test_database: TestDatabase) -> Iterator[psycopg.Connection]:
    """An autocommitting connection as OWNER; with the fixture `db` it does not see what the test has not committed."""
    server = test_database.server
    with server.connect(server.owner, test_database.name) as connection:
        yield connection


@pytest.fixture
def nobody_else(db: None, database_server: TestServer) -> None:
    """Connections that threads of earlier tests left open are cut, for what works only when nobody else is there."""
    connection = connections["default"]
    connection.ensure_connection()
    with database_server.connect(database_server.admin, database_server.admin.name) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
            [connection.settings_dict["NAME"], connection.connection.info.backend_pid],
        )


@pytest.fixture
def query_counter() -> Any:
    """`with query_counter() as counted:` counts the statements of the block; `query_counter(at_most=8)` limits them."""

    @contextmanager
    def counting(at_most: int | None = None) -> Iterator[StatementCounter]:
        with count_statements() as counter:
            yield counter
        if at_most is not None and len(counter) > at_most:
            pytest.fail(f"{len(counter)} statements, at most {at_most} allowed:\n{counter}")

    return counting
