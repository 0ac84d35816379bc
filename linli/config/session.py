"""One command's session: the database is running, the settings know the role, and at the end it is left as found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from linli.config import databases
from linli.config.catalogues import compile_catalogues
from linli.config.embedded import Pointer
from linli.config.home import linli_home, secret_key
from linli.config.postgres import Cluster
from linli.config.provision import check_search_path, check_server, provision_embedded, provision_outside


def choose_settings(role: str) -> None:
    """Name Django's settings and this process's database role; an environment that names one is obeyed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    os.environ.setdefault("LINLI_DATABASE_ROLE", role)
    secret_key(linli_home(), create=True)
    compile_catalogues()


@contextmanager
def running_database() -> Iterator[Cluster | None]:
    """Start the embedded database when this installation has one, and stop it when nobody else uses it."""
    if not databases.uses_embedded():
        yield None
        return
    cluster = Cluster(linli_home())
    pointer = cluster.acquire()
    try:
        _ensure_provisioned(pointer)
        yield cluster
    finally:
        cluster.release()


def switch_role(role: str) -> None:
    """Continue in another role: Django's connection of this process is closed and opened anew."""
    from django.db import connections

    wanted = databases.address(linli_home(), role).django()
    connections["default"].close()
    connections.databases["default"].update(wanted)
    connections["default"].settings_dict.update(wanted)


def prepare_for_migration() -> None:
    """Roles, schema, extensions and search paths, on whichever server the installation uses."""
    home = linli_home()
    if not databases.uses_embedded():
        provision_outside(databases.address(home, databases.OWNER), databases.address(home, databases.APP))


def _ensure_provisioned(pointer: Pointer) -> None:
    """Provision once; later starts only look whether the roles can work."""
    app = databases.address(pointer.home, databases.APP)
    try:
        with psycopg.connect(**app.psycopg()) as connection:
            check_search_path(connection, app)
            check_server(connection)
    except (psycopg.OperationalError, psycopg.errors.UndefinedFunction):
        provision_embedded(pointer)
