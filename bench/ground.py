"""The ground of all benchmarks: a durable embedded PostgreSQL, the small world, and a server like the product's."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from rich.console import Console

if TYPE_CHECKING:
    from tests.support.world import World

CHECKOUT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 60


@dataclass
class Ground:
    """What the benchmarks stand on."""

    world: World
    tokens: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    facts_template: int = 0

    @contextmanager
    def serving(self) -> Iterator[int]:
        """Serve product and floors with granian as `linli serve` does (2 workers × 4 threads); the port."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        words = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "2"]
        words += [
            "--backlog",
            "2048",
            "--backpressure",
            "4096",
            "--blocking-threads",
            "4",
            "--no-ws",
            "--log-level",
            "error",
        ]
        environment = os.environ | {"LINLI_DATABASE_ROLE": "app", "PORT": str(port), "LINLI_BIND": "127.0.0.1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "granian", *words, "linli.config.wsgi:application"], env=environment, cwd=CHECKOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            _await(port, process)
            yield port
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/bench/nothing", timeout=2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the benchmark's server did not answer")


@contextmanager
def prepared(console: Console) -> Iterator[Ground]:
    """A fresh, durable cluster with the small world; everything is removed at the end."""
    home = Path(os.environ["LINLI_HOME"])
    with suppress(FileNotFoundError):
        shutil.rmtree(home)
    from linli.config import databases, migrate
    from linli.config.session import choose_settings, running_database, switch_role

    choose_settings(databases.OWNER)
    os.environ["LINLI_DATABASE_ROLE"] = databases.OWNER
    with running_database() as cluster:
        import django

        django.setup()
        from django.conf import settings
        from django.db import connection

        from linli.people import crypto

        migrate.migrate(quiet=True)
        crypto.ensure_keys()
        with connection.cursor() as cursor:
            # large numbers, so that the bare floor can tell an item's id from other small numbers in the rows
            cursor.execute("SELECT setval('work_item_id_seq', 1000000)")
            cursor.execute("CREATE TABLE bench_row (id bigserial PRIMARY KEY, words text NOT NULL)")
            cursor.execute(f"GRANT ALL ON bench_row, bench_row_id_seq TO {settings.LINLI_APP_ROLE}")
        from tests.support.world import build_world

        ground = Ground(build_world())
        ground.tokens = {name: _token(ground, name) for name in ("dispatcher", "grid", "handler", "duty")}
        ground.versions = {name: version(name) for name in ("django", "psycopg", "granian", "django-ninja")}
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            ground.versions["postgresql"] = cursor.fetchone()[0]
            cursor.execute("ANALYZE")
        switch_role(databases.APP)
        console.print("[dim]ground ready[/dim]")
        try:
            yield ground
        finally:
            connection.close()
            assert cluster is not None
    with suppress(OSError):
        shutil.rmtree(home)


def _token(ground: Ground, name: str) -> str:
    """An API token of one of the world's users."""
    import secrets
    from datetime import timedelta

    from django.utils import timezone

    from linli.people.loading import token_digest
    from linli.people.models import ApiToken

    raw = f"lnl_{secrets.token_urlsafe(32)}"
    values: dict[str, Any] = {"created_at": timezone.now(), "expires_at": timezone.now() + timedelta(days=1)}
    ApiToken.objects.create(
        user=ground.world.users[name], name="bench", digest=token_digest(raw), hint=raw[-4:], **values
    )
    return raw


@contextmanager
def administrating() -> Iterator[psycopg.Connection]:
    """A superuser's connection to the cluster."""
    from django.conf import settings

    from linli.config.embedded import SUPERUSER, read_pointer

    pointer = read_pointer(Path(settings.LINLI_HOME))
    assert pointer is not None
    with psycopg.connect(
        host=str(pointer.socket), user=SUPERUSER, password=pointer.passwords[SUPERUSER], dbname="postgres",
        autocommit=True,
    ) as admin:  # fmt: skip
        yield admin
