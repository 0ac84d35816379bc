"""Installations of their own that begin with the tables of the tests' template: sooner there than by migrating.

That an empty installation migrates and is served is proved by tests/config/test_serve.py.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from linli.config.backup.programs import environment
from linli.config.databases import DatabaseAddress
from linli.config.embedded import SUPERUSER, Pointer
from linli.config.postgres import Cluster
from linli.config.provision import provision_embedded
from tests.support.databases import TestServer, template


def begin(home: Path, server: TestServer, surroundings: Mapping[str, str]) -> tuple[Cluster, Pointer]:
    """The installation's cluster, running (the caller releases it), with all tables and no rows of a district.

    `surroundings` is the environment of its commands. Where the template's roles have other names than an
    installation's (a server of somebody else's), it migrates after all.
    """
    cluster = Cluster(home, say=lambda text: None)
    pointer = cluster.acquire()
    provision_embedded(pointer)
    if server.app.user == "linli_app":
        _copy(server, pointer)
        return cluster, pointer
    done = subprocess.run(
        [sys.executable, "-m", "linli", "migrate"], env=dict(surroundings), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return cluster, pointer


def _copy(server: TestServer, pointer: Pointer) -> None:
    """The template's tables and grants, by dump and restore."""
    here = DatabaseAddress("linli", SUPERUSER, pointer.passwords[SUPERUSER], str(pointer.socket), "5432")
    there = replace(server.admin, name=template(server))
    dump = subprocess.run(
        [pointer.programs / "pg_dump", "-Fc"], env=environment(there), capture_output=True, check=True
    )
    subprocess.run(
        [pointer.programs / "pg_restore", "--clean", "--if-exists", "--exit-on-error", "-d", "linli"],
        env=environment(here), input=dump.stdout, capture_output=True, check=True,
    )  # fmt: skip
