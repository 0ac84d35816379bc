"""Databases of the tests: each process gets a fresh copy of a template that was migrated once.

The template is keyed by everything that shapes it, so it is built anew when a model or a migration changes, and several
pytest processes may share the server.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg
from django.apps import apps
from django.db import connections
from psycopg import sql

from linli.config.databases import DEFAULT_SCHEMA, DatabaseAddress, parse_database_url
from linli.config.embedded import SUPERUSER
from linli.config.home import linli_home
from linli.config.postgres import Cluster
from linli.config.provision import check_server, ensure_database, ensure_extensions, ensure_roles
from linli.people import loading

UNSAFE_BUT_FAST = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300",
    # Nothing is read from the log, and no database lives long enough to be tidied.
    "wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "4GB", "checkpoint_timeout": "1h",
    "autovacuum": "off",
}  # fmt: skip
PREFIX = "linli_test"


@dataclass
class TestServer:
    """A server on which tests may make databases, and its three ways in."""

    __test__ = False

    admin: DatabaseAddress
    owner: DatabaseAddress
    app: DatabaseAddress
    home: Path

    def connect(self, who: DatabaseAddress, database: str) -> psycopg.Connection:
        """An autocommitting connection."""
        keywords = who.psycopg() | {"dbname": database}
        return psycopg.connect(autocommit=True, **keywords)

    def create(self, name: str, template: str = "template0") -> None:
        """Make a database and let the two roles in."""
        with self.connect(self.admin, self.admin.name) as admin:
            ensure_database(admin, name, self.owner.user, self.app.user, template=template)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        with self.connect(self.admin, self.admin.name) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def fresh(self, template: str) -> str:
        """A new database for this process; the name tells whose it is."""
        name = f"{PREFIX}_{os.getpid()}_{secrets.token_hex(4)}"
        self.create(name, template)
        return name

    def drop_leftovers(self) -> None:
        """Drop databases of test processes that died, and templates that nobody asked for in a long time."""
        with self.connect(self.admin, self.admin.name) as admin:
            rows = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'linli_t%%' ORDER BY oid DESC")
            names = [row[0] for row in rows]
        dead = [name for name in names if name.startswith(f"{PREFIX}_") and not _lives(int(name.split("_")[2]))]
        for name in dead + [name for name in names if name.startswith("linli_template_")][8:]:
            with suppress(psycopg.errors.ObjectInUse):
                self.drop(name)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def server() -> Iterator[TestServer]:
    """The embedded server, or the one that LINLI_TEST_DATABASE_URL names (its role must be a superuser)."""
    home = linli_home()
    url = os.environ.get("LINLI_TEST_DATABASE_URL")
    if url:
        home.mkdir(exist_ok=True)
        admin = parse_database_url(url)
        password = hashlib.sha256(f"linli tests on {url}".encode()).hexdigest()
        yield _prepared(admin, {"linli_test_owner": password, "linli_test_app": password}, home)
        return
    cluster = Cluster(home, settings=UNSAFE_BUT_FAST, say=lambda text: None)
    pointer = cluster.acquire()
    try:
        admin = DatabaseAddress("postgres", SUPERUSER, pointer.passwords[SUPERUSER], str(pointer.socket), "5432")
        yield _prepared(admin, {name: pointer.passwords[name] for name in ("linli_owner", "linli_app")}, home)
    finally:
        cluster.release()


def _prepared(admin: DatabaseAddress, passwords: dict[str, str], home: Path) -> TestServer:
    owner, app = (
        DatabaseAddress("postgres", name, password, admin.host, admin.port) for name, password in passwords.items()
    )
    prepared = TestServer(admin, owner, app, home)
    with locked(home), prepared.connect(admin, admin.name) as connection:
        ensure_roles(connection, passwords)
    return prepared


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """One test process at a time."""
    with (home / "template.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def template_key() -> str:
    """A digest of everything that shapes a migrated database."""
    digest = hashlib.sha256()
    for distribution in ("django", "procrastinate"):
        digest.update(importlib.metadata.version(distribution).encode())
    package = Path(apps.get_app_config("places").path).parent
    paths = [path for path in package.rglob("*.py") if "migrations" in path.parts or "models" in str(path)]
    paths += [package / "config" / name for name in ("privileges.py", "provision.py", "settings.py")]
    for path in sorted(paths):
        digest.update(str(path.relative_to(package)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def template_name() -> str:
    """The name of the template of this process: a file that is edited while the tests run does not change it."""
    return f"linli_template_{template_key()}"


def template(server: TestServer) -> str:
    """The name of the migrated template, built first when it is missing."""
    name = template_name()
    with locked(server.home):
        with server.connect(server.admin, server.admin.name) as admin:
            if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return name
        server.drop_leftovers()
        draft = f"linli_draft_{name}"
        server.drop(draft)
        server.create(draft)
        with server.connect(server.admin, draft) as inside:
            ensure_extensions(inside, DEFAULT_SCHEMA, server.owner.user, server.app.user)
            check_server(inside)
        _migrate(server, draft)
        with server.connect(server.admin, server.admin.name) as admin:
            admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (draft, name))))
    return name


def use(who: DatabaseAddress, database: str) -> None:
    """Point Django's default connection of this process to a database, in a role; nothing when it is there already."""
    wanted = who.django() | {"NAME": database}
    present = connections["default"].settings_dict
    if all(present.get(name) == value for name, value in wanted.items()):
        return
    connections["default"].close()
    connections.databases["default"].update(wanted)
    connections["default"].settings_dict.update(wanted)
    # Kept by number, and numbers begin anew in every database; no process in service ever changes its database.
    loading._kept.clear()


def _migrate(server: TestServer, database: str) -> None:
    from django.core.management import call_command

    from linli.config.migrate import finish

    use(server.owner, database)
    try:
        call_command("migrate", verbosity=0)
        finish(server.app.user)
        try:
            call_command("makemigrations", "--check", "--dry-run", verbosity=0)
        except SystemExit:
            print("\nSome models have no migration yet: run `python -m linli makemigrations`.", file=sys.__stderr__)
    finally:
        connections["default"].close()
