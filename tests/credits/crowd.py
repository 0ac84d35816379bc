"""Many processes that use the ledger at once, each with a connection of its own.

Run as a program (`python -m tests.credits.crowd`) it loads the product once, forks a child for each line of its input
(a JSON list of acts, see tests/credits/acting.py), and starts them all at the same moment. Each answer is told on its
standard output as soon as the transaction has ended: that is the acknowledgement. Acts in front of a null are done
before the start and not told: a benchmark begins when all statements are prepared.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection

Acts = Sequence[Sequence[Any] | None]
PATIENCE_SECONDS = 120


@dataclass
class Crowd:
    """The processes, and what they have said so far."""

    process: subprocess.Popen[bytes]
    wanted: int
    pids: dict[int, int] = field(default_factory=dict)
    """By the number of the child."""
    answers: dict[int, list[Any]] = field(default_factory=dict)
    """By the number of the child, in order: what each of its acts came to."""
    seconds: float = 0.0
    """From the common start to the last answer."""
    _rest: bytes = b""
    _ended: bool = False

    def ready(self) -> None:
        """Wait until every child has its connection."""
        while len(self.pids) < self.wanted:
            assert self.read(PATIENCE_SECONDS), f"only {len(self.pids)} of {self.wanted} are there"

    def go(self) -> None:
        """Start all of them at once."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def read(self, seconds: float) -> bool:
        """Take in what was said within so many seconds; False when nothing more comes."""
        assert self.process.stdout is not None
        if self._ended or not select.select([self.process.stdout], [], [], seconds)[0]:
            return False
        data = os.read(self.process.stdout.fileno(), 1 << 20)
        self._ended = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))
        return bool(data)

    def _take(self, told: dict[str, Any]) -> None:
        if "pid" in told:
            self.pids[told["child"]] = told["pid"]
            self.answers[told["child"]] = []
        elif "seconds" in told:
            self.seconds = told["seconds"]
        else:
            self.answers[told["child"]].append(told["answer"])

    def finish(self) -> list[list[Any]]:
        """Read until all have ended, as long as something is heard; the answers of each child."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._ended:
            if self.read(1):
                end = time.monotonic() + PATIENCE_SECONDS
            assert time.monotonic() < end, "the crowd hangs"
        return [self.answers.get(number, []) for number in range(self.wanted)]

    def kill(self, child: int) -> None:
        """kill -9 of one child."""
        with suppress(ProcessLookupError):
            os.kill(self.pids[child], signal.SIGKILL)


def environment(address: str) -> dict[str, str]:
    """What a process needs to find the database of an address."""
    from tests.browser.server import CHECKOUT

    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "linli.config.settings", "LINLI_DATABASE_URL": address, "LINLI_LOG_LEVEL": "ERROR",
        "LINLI_HOME": str(settings.LINLI_HOME), "LINLI_KEYS": str(settings.LINLI_KEYS), "PYTHONPATH": str(CHECKOUT),
        "LINLI_SECRET_KEY": str(settings.SECRET_KEY), "LINLI_DATABASE_ROLE": "app",
    }  # fmt: skip


@contextmanager
def crowd(address: str, children: Sequence[Acts]) -> Iterator[Crowd]:
    """So many processes with their acts, ready to start; none is left at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.credits.crowd"], env=environment(address), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write("".join(json.dumps(list(acts)) + "\n" for acts in children).encode() + b"\n")
        process.stdin.flush()
        made = Crowd(process, len(children))
        made.ready()
        yield made
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if not process.stdin.closed:
            process.stdin.close()


def at_once(address: str, children: Sequence[Acts]) -> list[list[Any]]:
    """Run all children from the same moment on; the answers of each, in the order of its acts."""
    with crowd(address, children) as running:
        running.go()
        return running.finish()


def here() -> str:
    """The address of the database that this test uses."""
    from tests.browser.server import database_url
    from tests.support.databases import DatabaseAddress

    given = connection.settings_dict
    found = DatabaseAddress(*(str(given[name]) for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")))
    return database_url(found, found.name)


# --- The program --------------------------------------------------------------------------------------------------


def _tell(**told: Any) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


def _child(number: int, acts: Acts, start: int) -> None:
    from tests.credits.acting import act

    connection.ensure_connection()
    begin = acts.index(None) + 1 if None in acts else 0
    for name, words in filter(None, acts[:begin]):
        act(name, **words)
    _tell(child=number, pid=os.getpid())
    os.read(start, 1)
    for name, words in filter(None, acts[begin:]):
        _tell(child=number, answer=act(name, **words))
    connection.close()


def main() -> None:
    """Fork the children, start them when the input ends, and wait for them."""
    import django

    django.setup()
    from tests.credits import acting

    assert acting.act
    lines = iter(sys.stdin.readline, "\n")
    plans = [json.loads(line) for line in lines]
    start, starter = os.pipe()
    for number, acts in enumerate(plans):
        if os.fork() == 0:
            code = 1
            try:
                os.close(starter)
                _child(number, acts, start)
                code = 0
            except BaseException:  # noqa: BLE001 - told, and then the child ends
                traceback.print_exc()
            finally:
                os._exit(code)  # whatever happens, a child never goes on as a second parent
    os.close(start)
    sys.stdin.read()
    begun = time.perf_counter()
    os.close(starter)
    for _ in plans:
        os.wait()
    _tell(seconds=time.perf_counter() - begun)


if __name__ == "__main__":
    main()
