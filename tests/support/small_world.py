"""Fixtures: the small world in a database of its own, built once per process; every test's changes are rolled back.

Import `small_world_database`, `in_small_world` and `world` into a folder's conftest. The connection stays in the world
until a test wants the other database (`leave`), because a new connection for every test costs more than many tests.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from tests.support import databases
from tests.support.databases import TestServer
from tests.support.world import World, build_world

_outside: list[tuple[databases.DatabaseAddress, str]] = []


@pytest.fixture(scope="session")
def small_world_database(
    database_server: TestServer, django_db_setup: Any, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[str, bytes]]:
    """The name of the database and what is in it (pickled, so that no test meets what another has changed)."""
    before = str(connections["default"].settings_dict["NAME"])
    with django_db_blocker.unblock():
        name = database_server.fresh(databases.template(database_server))
        databases.use(database_server.app, name)
        try:
            world = build_world()
        finally:
            databases.use(database_server.app, before)
    yield name, pickle.dumps(world)
    with django_db_blocker.unblock():
        leave()
        connections.close_all()
        database_server.drop(name)


@pytest.fixture
def in_small_world(
    database_server: TestServer, small_world_database: tuple[str, bytes], django_db_blocker: DjangoDbBlocker
) -> World:
    """Django's connection points at the world's database; ask for it before `db`, and mark no test `django_db`.

    A test's transaction that has begun already lies in the other database and would be cut off: sometimes only, because
    the connection may be in the world from the test before. So it is refused always.
    """
    assert not connections["default"].in_atomic_block, "the transaction began before the small world was entered"
    name, world = small_world_database
    if not _outside:
        _outside.append((database_server.app, str(connections["default"].settings_dict["NAME"])))
        with django_db_blocker.unblock():
            databases.use(database_server.app, name)
    found: World = pickle.loads(world)
    return found


def leave() -> None:
    """Back to the process's own database, before a test that does not live in the small world."""
    if _outside:
        databases.use(*_outside.pop())


@pytest.fixture
def world(in_small_world: World, db: None) -> World:
    """A district of one street with staff in every role; rolled back after the test."""
    return in_small_world
