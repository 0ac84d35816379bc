"""Roles, databases, schemas, extensions and search paths: what must be there before Django can migrate."""

from __future__ import annotations

import psycopg
from psycopg import sql

from linli.config.databases import DEFAULT_SCHEMA, EXTENSIONS_SCHEMA, DatabaseAddress
from linli.config.embedded import SUPERUSER, Pointer

EXTENSIONS = ("ltree", "pg_trgm", "btree_gist")
OLDEST_SERVER = 150000
"""PostgreSQL 15, as `server_version` counts."""


class ProvisionError(RuntimeError):
    """The server cannot be used for Linli; the message says what to change."""


def superuser_connection(pointer: Pointer, database: str = "postgres") -> psycopg.Connection:
    """Connect to the embedded server as its superuser, outside any transaction."""
    return psycopg.connect(
        host=str(pointer.socket),
        user=SUPERUSER,
        password=pointer.passwords[SUPERUSER],
        dbname=database,
        autocommit=True,
    )


def ensure_roles(connection: psycopg.Connection, passwords: dict[str, str]) -> None:
    """Create the roles that are missing and give them these passwords; none may create roles or databases."""
    for role, password in passwords.items():
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if known is None:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                    sql.Identifier(role), sql.Literal(password)
                )
            )


def ensure_database(admin: psycopg.Connection, name: str, owner: str, app: str, *, template: str = "template0") -> bool:
    """Create a database that only the two roles may enter; True when it was made now.

    Its settings per role are kept outside the database, so they are set here for copies of a template too.
    """
    known = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    database = sql.Identifier(name)
    if known is None:
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                database, sql.Identifier(owner), sql.Identifier(template)
            )
        )
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    for role in {owner, app}:
        admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(role)))
        admin.execute(
            sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = {}, {}").format(
                sql.Identifier(role), database, sql.Identifier(DEFAULT_SCHEMA), sql.Identifier(EXTENSIONS_SCHEMA)
            )
        )
    return known is None


def ensure_extensions(connection: psycopg.Connection, schema: str, owner: str, app: str) -> None:
    """Create the district's schema and the extensions in theirs, and let the two roles in."""
    extensions = sql.Identifier(EXTENSIONS_SCHEMA)
    district = sql.Identifier(schema)
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(extensions))
    for name in EXTENSIONS:
        connection.execute(
            sql.SQL("CREATE EXTENSION IF NOT EXISTS {} WITH SCHEMA {}").format(sql.Identifier(name), extensions)
        )
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(district))
    connection.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM PUBLIC").format(district))
    for role in {owner, app}:
        connection.execute(
            sql.SQL("GRANT USAGE ON SCHEMA {}, {} TO {}").format(extensions, district, sql.Identifier(role))
        )
    connection.execute(sql.SQL("GRANT CREATE ON SCHEMA {} TO {}").format(district, sql.Identifier(owner)))


def provision_embedded(pointer: Pointer, name: str = "linli") -> None:
    """Make the roles and the database of the embedded server, once, and check its locale."""
    owner, app = "linli_owner", "linli_app"
    with superuser_connection(pointer) as admin:
        ensure_roles(admin, {role: pointer.passwords[role] for role in (owner, app)})
        ensure_database(admin, name, owner, app)
    with superuser_connection(pointer, name) as inside:
        ensure_extensions(inside, DEFAULT_SCHEMA, owner, app)
        check_server(inside)


def provision_outside(owner: DatabaseAddress, app: DatabaseAddress) -> None:
    """Prepare a district's schema on a server that somebody else runs, with the rights of its OWNER role.

    The extensions are ones that the owner of a database may create (PostgreSQL calls them trusted). Each role sets
    its own search path, because connection poolers drop start-up options.
    """
    with psycopg.connect(**owner.psycopg(), autocommit=True) as connection:
        try:
            ensure_extensions(connection, owner.schema, owner.user, app.user)
        except psycopg.errors.InsufficientPrivilege as error:
            raise ProvisionError(
                f"the role {owner.user} may not prepare the database {owner.name}: {error}. It must own the database "
                f"(ALTER DATABASE {owner.name} OWNER TO {owner.user})."
            ) from error
    for address in (owner, app):
        with psycopg.connect(**address.psycopg(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = {}, {}").format(
                    sql.Identifier(address.user),
                    sql.Identifier(address.name),
                    sql.Identifier(address.schema),
                    sql.Identifier(EXTENSIONS_SCHEMA),
                )
            )
    with psycopg.connect(**app.psycopg(), autocommit=True) as connection:
        check_server(connection)
        check_search_path(connection, app)


def check_search_path(connection: psycopg.Connection, address: DatabaseAddress) -> None:
    """Refuse a session that would look for tables in another place than the district's schema."""
    row = connection.execute("SHOW search_path").fetchone()
    if row is None or row[0].replace('"', "") != address.search_path:
        raise ProvisionError(
            f"the role {address.user} has the search path {row and row[0]!r} instead of {address.search_path!r}; "
            "run linli migrate, and give each district roles or a database of its own"
        )


def check_server(connection: psycopg.Connection) -> None:
    """Refuse a server that is too old, or whose locale does not know Chinese characters as letters."""
    version = connection.info.server_version
    if version < OLDEST_SERVER:
        raise ProvisionError(f"PostgreSQL {version // 10000} is too old; Linli needs 15 or newer")
    row = connection.execute(
        sql.SQL("SELECT {}.show_trgm('噪音') <> '{{}}', current_setting('server_encoding')").format(
            sql.Identifier(EXTENSIONS_SCHEMA)
        )
    ).fetchone()
    if row is None or row[1] != "UTF8":
        raise ProvisionError("the database's encoding is not UTF8; create it anew with ENCODING 'UTF8'")
    if not row[0]:
        raise ProvisionError(
            "the database's locale does not treat Chinese characters as letters, so search by parts of words would "
            "find nothing; create it anew with LOCALE 'C.UTF-8' (or another UTF-8 locale)"
        )
