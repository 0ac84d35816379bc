"""An outside PostgreSQL: OWNER prepares a district's schema with its own rights, APP works in it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from linli.config.databases import DatabaseAddress, parse_database_url
from linli.config.provision import ProvisionError, check_search_path, provision_outside
from tests.support.databases import PREFIX, TestServer

SCHEMA = "d370215"


def url(address: DatabaseAddress, name: str) -> str:
    """The address as an operator writes it."""
    host = quote(address.host, safe="")
    port = f"&port={address.port}" if address.port and not address.host.startswith("/") else ""
    assert not port, "the tests' servers are reached by socket or by the default port"
    return f"postgresql://{address.user}:{quote(address.password, safe='')}@/{name}?schema={SCHEMA}&host={host}"


@pytest.fixture
def database(database_server: TestServer) -> Iterator[str]:
    """An empty database that OWNER owns, as a database administrator makes it."""
    name = f"{PREFIX}_{os.getpid()}_{secrets.token_hex(4)}"
    with database_server.connect(database_server.admin, database_server.admin.name) as admin:
        owner = sql.Identifier(database_server.owner.user)
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(sql.Identifier(name), owner))
    yield name
    database_server.drop(name)


@pytest.mark.long
def test_migrates_into_the_districts_schema_and_grants_app(
    database_server: TestServer, database: str, tmp_path: Path
) -> None:
    owner_url, app_url = url(database_server.owner, database), url(database_server.app, database)
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "DJANGO_"))}
    environment = clean | {
        "LINLI_HOME": str(tmp_path / "home"),
        "LINLI_DATABASE_URL": app_url,
        "LINLI_DATABASE_OWNER_URL": owner_url,
    }
    done = subprocess.run(
        [sys.executable, "-m", "linli", "migrate"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "home" / "postgres").exists(), "no embedded database beside it"
    app = parse_database_url(app_url)
    with psycopg.connect(**app.psycopg(), autocommit=True) as connection:
        check_search_path(connection, app)
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = %s", [SCHEMA]).fetchone()
        assert row is not None
        assert row[0] > 30
        connection.execute("INSERT INTO django_session VALUES ('k', 'v', now())")
        assert connection.execute("SELECT '1.2'::ltree <@ '1'::ltree").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE django_migrations SET name = name")


def test_a_session_that_looks_elsewhere_is_refused(database_server: TestServer, database: str) -> None:
    owner = parse_database_url(url(database_server.owner, database))
    app = parse_database_url(url(database_server.app, database))
    provision_outside(owner, app)
    with psycopg.connect(**app.psycopg()) as connection, pytest.raises(ProvisionError, match="search path"):
        check_search_path(connection, replace(app, schema="d211302"))


def test_an_owner_without_rights_is_told_what_is_missing(database_server: TestServer, database: str) -> None:
    app = parse_database_url(url(database_server.app, database))
    with pytest.raises(ProvisionError, match="must own the database"):
        provision_outside(app, app)
