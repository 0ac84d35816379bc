"""Where the database is and in which role a process speaks to it: URLs, Django's settings, search path.

There are two roles. OWNER owns the schema and is used to migrate, seal and restore; APP is what the server and
the worker use and may only do what `linli.config.privileges` grants.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from linli.config.embedded import read_pointer

OWNER = "owner"
APP = "app"
EXTENSIONS_SCHEMA = "extensions"
DEFAULT_SCHEMA = "public"

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_PASSED_ON = ("sslmode", "sslrootcert", "sslcert", "sslkey", "connect_timeout", "application_name")


class DatabaseUrlError(ValueError):
    """A database URL that cannot be understood; the message says what is wrong with it (never the password)."""


@dataclass(frozen=True)
class DatabaseAddress:
    """One role's way to one database; `host` is a name, an address or the folder of a Unix socket."""

    name: str
    user: str
    password: str
    host: str
    port: str
    schema: str = DEFAULT_SCHEMA
    options: tuple[tuple[str, str], ...] = ()

    @property
    def search_path(self) -> str:
        """The search path every session of this role must have: the district's schema, then the extensions."""
        return f"{self.schema}, {EXTENSIONS_SCHEMA}"

    def django(self) -> dict[str, Any]:
        """The entry for Django's DATABASES."""
        return {
            "ENGINE": "linli.config.backend",
            "NAME": self.name,
            "USER": self.user,
            "PASSWORD": self.password,
            "HOST": self.host,
            "PORT": self.port,
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": dict(self.options),
        }

    def psycopg(self) -> dict[str, Any]:
        """Keyword arguments for `psycopg.connect`; empty ones are left to libpq's own defaults."""
        wanted = {
            "dbname": self.name,
            "user": self.user,
            "password": self.password,
            "host": self.host,
            "port": self.port,
        }
        return {key: value for key, value in wanted.items() if value} | dict(self.options)


def parse_database_url(url: str) -> DatabaseAddress:
    """Read `postgresql://user:password@host:port/name?schema=d370215&sslmode=require`.

    A Unix socket's folder goes into the query (`?host=/run/postgresql`). Raises DatabaseUrlError.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise DatabaseUrlError(f"a database URL begins with postgresql://, not {parts.scheme or 'nothing'}://")
    try:
        port = str(parts.port or "")
    except ValueError as error:
        raise DatabaseUrlError("the port in the database URL is not a number") from error
    query = {key: values[-1] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
    schema = query.pop("schema", DEFAULT_SCHEMA)
    if not _SCHEMA.fullmatch(schema) or schema.startswith("pg_") or schema == EXTENSIONS_SCHEMA:
        raise DatabaseUrlError(f"{schema!r} cannot be a schema: use lower-case ASCII letters, digits and _")
    host = query.pop("host", "") or unquote(parts.hostname or "")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise DatabaseUrlError("the database URL names no database")
    unknown = sorted(set(query) - set(_PASSED_ON))
    if unknown:
        raise DatabaseUrlError(f"the database URL has options nobody knows: {', '.join(unknown)}")
    return DatabaseAddress(
        name=name,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        host=host,
        port=port,
        schema=schema,
        options=tuple(sorted(query.items())),
    )


def uses_embedded() -> bool:
    """Whether this installation runs the database itself (no LINLI_DATABASE_URL names another one)."""
    return not os.environ.get("LINLI_DATABASE_URL")


def current_role() -> str:
    """The role of this process: LINLI_DATABASE_ROLE, by default the one with the fewest rights."""
    role = os.environ.get("LINLI_DATABASE_ROLE", APP)
    if role not in (OWNER, APP):
        raise DatabaseUrlError(f"LINLI_DATABASE_ROLE is {role!r}; it may be {OWNER!r} or {APP!r}")
    return role


def unreachable(error: BaseException) -> str:
    """What to look at where no server answers behind LINLI_DATABASE_URL; empty for every other error."""
    import psycopg

    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if uses_embedded() or not isinstance(cause, psycopg.OperationalError) or cause.sqlstate is not None:
        return ""
    first = str(cause).strip().splitlines()[0]
    return (
        "连不上 LINLI_DATABASE_URL（或 LINLI_DATABASE_OWNER_URL）所说的数据库，请核对地址、口令和服务器 / "
        f"no answer behind LINLI_DATABASE_URL or LINLI_DATABASE_OWNER_URL; check address, password and server: {first}"
    )


def address(home: Path, role: str) -> DatabaseAddress:
    """The way to the installation's database in a role.

    Before the embedded database exists (a linter imports the settings) it names one that no server answers for.
    """
    if not uses_embedded():
        app = parse_database_url(os.environ["LINLI_DATABASE_URL"])
        if role == APP:
            return app
        owner = parse_database_url(os.environ.get("LINLI_DATABASE_OWNER_URL", os.environ["LINLI_DATABASE_URL"]))
        if owner.schema != app.schema:
            raise DatabaseUrlError("LINLI_DATABASE_URL and LINLI_DATABASE_OWNER_URL name different schemas")
        return owner
    pointer = read_pointer(home)
    user = f"linli_{role}"
    if pointer is None:
        return DatabaseAddress("linli", user, "", str(home / "no-database-yet"), "5432")
    return DatabaseAddress("linli", user, pointer.passwords[user], str(pointer.socket), "5432")
