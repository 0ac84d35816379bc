"""`linli serve`: web server, worker and embedded database under one roof; what dies is started again."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from types import FrameType

import psycopg

from linli.config import databases, installation
from linli.config.embedded import Pointer, read_pointer
from linli.config.home import linli_home
from linli.config.postgres import Cluster
from linli.config.termination import GATE, told_to_end

WORKERS = 2
THREADS = 4
BACKLOG, CONNECTIONS = 2048, 4096
"""Connections that wait to be accepted, and that each worker keeps open: a thousand desks keep theirs between polls.

What is open waits for one of the threads, of which each has one database connection; so the load on the database is
bounded by workers × threads, however many come.
"""
LOOK_SECONDS = 0.2
"""How often it is looked whether database and children live."""
GRACE_SECONDS = 15
STEADY_SECONDS = 10
"""A child that lived this long is restarted at once when it ends; one that did not waits longer each time."""


class ServeRefused(RuntimeError):
    """The installation must not or cannot be served like this; the message says why and what to do."""


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass
class Child:
    """A process that is kept alive."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    gate: int | None = None
    started: float = 0.0
    quick_deaths: int = 0
    not_before: float = 0.0

    def start(self, *, waits: bool = False) -> None:
        """Start it in a session of its own; on Linux it gets SIGTERM when we die, however we die.

        With `waits` it only loads, until `let_go` (linli.config.granian_server).
        """
        self.started = time.monotonic()
        environment = {**os.environ, **self.environment}
        handed: tuple[int, ...] = ()
        if waits:
            reading, self.gate = os.pipe()
            environment[GATE] = str(reading)
            handed = (reading,)
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_die_with_parent(),
            env=environment, pass_fds=handed,
        )  # fmt: skip
        for descriptor in handed:
            os.close(descriptor)

    def let_go(self) -> None:
        """Say that what only loads may serve."""
        if self.gate is not None:
            # Where it has ended already, that is seen by whoever waits for its first answer.
            with suppress(BrokenPipeError):
                os.write(self.gate, b"1")
            self._close_gate()

    def _close_gate(self) -> None:
        if self.gate is not None:
            os.close(self.gate)
            self.gate = None

    def look_after(self, say: Callable[[str], None]) -> None:
        """Start it again when it has ended."""
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        if self.not_before == 0.0:
            steady = now - self.started >= STEADY_SECONDS
            self.quick_deaths = 0 if steady else self.quick_deaths + 1
            wait = 0.0 if steady else min(30.0, 0.5 * 2**self.quick_deaths)
            self.not_before = now + wait
            say(f"{self.name} 已退出（{self.process.returncode}），将重启 / {self.name} ended, starting it again")
        if now >= self.not_before:
            self.not_before = 0.0
            self.start()

    def stop(self) -> None:
        """Ask it to end."""
        self._close_gate()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, until: float) -> None:
        """Wait for it to end; past the deadline it and its own children are killed."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _die_with_parent() -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG

    return ask


@dataclass
class Server:
    """One installation being served."""

    host: str = "127.0.0.1"
    port: int = 8000
    say: Callable[[str], None] = print
    with_worker: bool = True
    stopping: bool = False
    children: list[Child] = field(default_factory=list)
    loading: tuple[Child, Pointer] | None = None

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        shown = "127.0.0.1" if self.host in ("0.0.0.0", "::", "[::]") else self.host  # noqa: S104 - compared
        return f"http://{shown}:{self.port}"

    @contextmanager
    def loading_early(self) -> Iterator[None]:
        """Let the web server load while the database starts, or recovers; it listens only when `run` says so.

        Nothing is loaded where the database is made anew: the settings would not know its address.
        """
        pointer = read_pointer(linli_home()) if databases.uses_embedded() else None
        if pointer is None:
            yield
            return
        web = self._web()
        web.start(waits=True)
        self.loading = (web, pointer)
        try:
            yield
        finally:
            web.stop()
            web.wait(time.monotonic() + GRACE_SECONDS)

    def _loaded(self) -> Child:
        """The web server that has loaded, told to serve; a new one where none has, or the database has moved."""
        web, pointer = self.loading or (self._web(), None)
        self.loading = None
        if pointer is not None and pointer == read_pointer(linli_home()):
            web.let_go()
            return web
        web.stop()
        web.wait(time.monotonic() + GRACE_SECONDS)
        web.start()
        return web

    def run(self, *, cluster: Cluster | None, on_ready: Callable[[str], None] | None = None) -> None:
        """Serve until SIGTERM or SIGINT. `on_ready` is called with the address when the first page can be had."""
        os.environ.update(self._environment())
        with _signals(self._stop), _only_server(linli_home()):
            self.stopping = self.stopping or told_to_end.is_set()
            web, worker = self._loaded(), self._worker()
            self.children = [web, worker] if self.with_worker else [web]
            try:
                if self._await_first_answer(web):
                    if on_ready is not None:
                        on_ready(self.url)
                    if self.with_worker:
                        worker.start()
                while not self.stopping:
                    time.sleep(LOOK_SECONDS)
                    if cluster is not None and cluster.revive():
                        self.say("数据库曾中断，已重启 / the database had stopped and was started again")
                    for child in self.children:
                        child.look_after(self.say)
            finally:
                for child in self.children:
                    child.stop()
                until = time.monotonic() + GRACE_SECONDS
                for child in self.children:
                    child.wait(until)

    def check(self) -> None:
        """Refuse what must not be served. Raises ServeRefused."""
        home = linli_home()
        address = databases.address(home, databases.APP)
        with psycopg.connect(**address.psycopg()) as connection:
            known, lacking = installation.remembered(connection), installation.lacks_keys(connection, home)
        if known.get(installation.MIGRATIONS) != installation.migrations_key():
            raise ServeRefused("数据库还不是本版本的结构，请先运行 linli migrate / run linli migrate first")
        if lacking:
            raise ServeRefused(lacking)
        if installation.DEMO in known and not (is_loopback(self.host) and databases.uses_embedded()):
            raise ServeRefused(
                "演示账号只能在本机（127.0.0.1）和内置数据库上使用 / demo logins exist only on loopback with the "
                "embedded database: set up your own district with linli init in another LINLI_HOME"
            )
        public = os.environ.get("LINLI_PUBLIC_URL", "")
        host = public.split("://")[-1].split("/")[0].rsplit(":", 1)[0]
        if installation.DEMO in known and public and not is_loopback(host):
            raise ServeRefused("demo logins exist only on loopback, but LINLI_PUBLIC_URL names another host")
        self._check_port()

    def _check_port(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host.strip("[]"), self.port))
            except OSError as error:
                raise ServeRefused(
                    f"端口 {self.port} 不能用（{error.strerror}），请换一个：PORT=8001 / "
                    f"port {self.port} is taken, choose another with PORT=8001"
                ) from error

    def _environment(self) -> dict[str, str]:
        """What the processes are told."""
        return {
            "LINLI_BIND": self.host,
            "PORT": str(self.port),
            "LINLI_DATABASE_ROLE": databases.APP,
            "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "linli.config.settings"),
            "LINLI_HOME": str(linli_home()),
        }

    def _web(self) -> Child:
        words = ["--interface", "wsgi", "--host", self.host.strip("[]"), "--port", str(self.port)]
        words += ["--workers", str(WORKERS), "--blocking-threads", str(THREADS)]
        words += ["--backlog", str(BACKLOG), "--backpressure", str(CONNECTIONS)]
        # Threads keep their database connections, so they are kept as well.
        words += ["--blocking-threads-idle-timeout", "600", "--respawn-failed-workers", "--respawn-interval", "0.5"]
        words += ["--workers-kill-timeout", "10", "--no-ws", "--log-level", "warning"]
        command = [sys.executable, "-m", "linli.config.granian_server", *words, "linli.config.wsgi:application"]
        return Child("web", command, self._environment())

    def _worker(self) -> Child:
        return Child("worker", [sys.executable, "-m", "linli", "worker"], self._environment())

    def _await_first_answer(self, web: Child) -> bool:
        """Wait until /health answers; False when we were told to stop in the meantime."""
        until = time.monotonic() + 120
        while not self.stopping:
            if web.process is not None and web.process.poll() is not None:
                raise ServeRefused("the web server ended at once; its message stands above")
            if time.monotonic() > until:
                raise ServeRefused("the web server did not answer within two minutes")
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=5).close()  # noqa: S310 - our own address
            except urllib.error.HTTPError:
                return True
            except OSError:
                time.sleep(0.05)
            else:
                return True
        return False

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True


@contextmanager
def _signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    previous = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)


@contextmanager
def _only_server(home: Path) -> Iterator[None]:
    """One server per LINLI_HOME."""
    with (home / "serve.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise ServeRefused(
                f"进程 {file.read().strip() or '?'} 正在运行这个安装 / that process already serves {home}"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
