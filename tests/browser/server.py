"""The product, served by granian in a process of its own on a free port, on a seeded database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from django.conf import settings

from linli.config.databases import DatabaseAddress

CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Site:
    """A running server: where it answers, and the file with what it said."""

    url: str
    log: Path

    def address(self, path: str) -> str:
        """The whole address of a path."""
        return self.url + path


def database_url(address: DatabaseAddress, name: str) -> str:
    """The address in the form that LINLI_DATABASE_URL takes."""
    secret = f"{quote(address.user, safe='')}:{quote(address.password, safe='')}"
    host = address.host if not address.host.startswith("/") else ""
    query = "" if host else "?" + urlencode({"host": address.host})
    return f"postgresql://{secret}@{host}:{address.port or 5432}/{quote(name, safe='')}{query}"


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(address: DatabaseAddress, name: str, log: Path) -> Iterator[Site]:
    """Serve the database `name` as APP until the end of the block."""
    port = free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.browser.settings",
        "LINLI_DATABASE_URL": database_url(address, name),
        "LINLI_HOME": str(settings.LINLI_HOME),
        "LINLI_KEYS": str(settings.LINLI_KEYS),
        "LINLI_SECRET_KEY": str(settings.SECRET_KEY),
        "LINLI_BIND": "127.0.0.1",
        "PORT": str(port),
        "PYTHONPATH": str(CHECKOUT),
    }
    words = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    words += ["--blocking-threads", "4", "--no-ws", "--log-level", "warning"]
    command = [sys.executable, "-m", "granian", *words, "linli.config.wsgi:application"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environment, cwd=CHECKOUT,
            start_new_session=True,
        )  # fmt: skip
        site = Site(f"http://127.0.0.1:{port}", log)
        try:
            _await(site, process)
            yield site
        finally:
            _end(process)


def _await(site: Site, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended at once:\n{site.log.read_text(errors='replace')[-4000:]}")
        try:
            urllib.request.urlopen(site.address("/health"), timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the server did not answer:\n{site.log.read_text(errors='replace')[-4000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
