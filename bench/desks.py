"""A thousand desks open and polling while twenty clients write: what the desks see, idle and under load.

Every desk is a session of its own on a connection of its own: it opens the list, then asks every POLL seconds, and
opens the list again when it is told of a change, at most once in REOPEN seconds: people do not click at every piece
of news. The writers are twenty more clients of the REST interface, each reporting and pausing a second.
The floor is the same thousand desks, polling the same server just before, with nobody writing: what 20 writers cost the
others is their ratio, on whatever machine.
LINLI_BENCH_MINUTES (default 10) is how long they write; LINLI_BENCH_DESKS (default 1000) how many desks;
LINLI_BENCH_WRITERS (default 20) how many writers.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import time
import uuid
from dataclasses import dataclass, field

from django.conf import settings
from rich.console import Console

from bench.desk import _empty
from bench.figures import Figure
from bench.ground import Ground
from tests.support.world import INSIDE

DESKS = int(os.environ.get("LINLI_BENCH_DESKS", "1000"))
MINUTES = float(os.environ.get("LINLI_BENCH_MINUTES", "10"))
WRITERS = int(os.environ.get("LINLI_BENCH_WRITERS", "20"))
WRITE_PAUSE = 1.0
POLL, REOPEN = 20.0, 300.0
OPENING = 8
"""So many open their list at the same time in the morning; all have, before anything is measured."""
IDLE_SHARE = 0.2
"""How long is measured without writers, as a share of the time with them; at least two rounds of polling."""
PATIENCE = 30.0
STAFF = (
    "dispatcher",
    "duty",
    "supervisor",
    "street",
    "community",
    "community_west",
    "grid",
    "grid2",
    "handler",
    "head",
)


@dataclass
class Seen:
    """What happened in one stretch."""

    polls: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def run(ground: Ground, console: Console) -> list[Figure]:
    """p95 of polling under load over p95 idle, and the errors that anybody was shown."""
    _empty(ground)
    cookies = _sessions(ground)
    with ground.serving() as port:
        idle, load = asyncio.run(_measure(port, cookies, ground.tokens["duty"], console))
    before, after = _p95(idle.polls), _p95(load.polls)
    note = (
        f"{DESKS} sessions asking every {POLL:g} s, {WRITERS} writers, {MINUTES:g} min: {len(load.polls):,} polls,"
        f" {len(load.pages):,} pages (p95 {_p95(load.pages):.0f} ms), {len(load.writes):,} writes"
        f" (p95 {_p95(load.writes):.0f} ms)"
    )
    errors = idle.errors + load.errors
    for text in errors[:5]:
        console.print(f"[red]  {text}[/red]")
    return [
        Figure("desks: p95 of polling under load over idle", after, "ms", before, at_most=4.0, note=note),
        Figure("desks: errors shown", len(errors), "errors", at_most=0),
    ]


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1] * 1000 if len(times) > 1 else 0.0


def _sessions(ground: Ground) -> list[str]:
    """A signed-in session for every desk; the staff of the small world sit at many each."""
    from tests.support.browsing import signed_in

    name = settings.SESSION_COOKIE_NAME
    return [f"{name}={signed_in(ground.world.users[STAFF[n % len(STAFF)]]).cookies[name].value}" for n in range(DESKS)]


async def _measure(port: int, cookies: list[str], token: str, console: Console) -> tuple[Seen, Seen]:
    idle, load = Seen(), Seen()
    box = [Seen()]
    stop, gate = asyncio.Event(), asyncio.Semaphore(OPENING)
    desks = [asyncio.create_task(_desk(port, cookie, box, stop, gate)) for cookie in cookies]
    while len(box[0].pages) + sum(text.startswith("opening: ") for text in box[0].errors) < len(desks):
        await asyncio.sleep(0.5)
    console.print(f"[dim]  {len(desks)} desks are open ({len(box[0].errors)} errors while opening)")
    idle.errors += box[0].errors
    box[0] = idle
    await asyncio.sleep(max(POLL * 2, MINUTES * 60 * IDLE_SHARE))
    box[0] = load
    writers = [asyncio.create_task(_writer(port, token, box, stop)) for _ in range(WRITERS)]
    await asyncio.sleep(MINUTES * 60)
    stop.set()
    await asyncio.gather(*desks, *writers)
    console.print(f"[dim]  idle {_p95(idle.polls):.1f} ms, under load {_p95(load.polls):.1f} ms")
    return idle, load


class Connection:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body. OSError or TimeoutError when there is no answer."""
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        writer.write(request)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        status = int(head[9:12])
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
            if line.startswith(b"transfer-encoding:"):
                return status, await self._chunked(reader)
        return status, await asyncio.wait_for(reader.readexactly(length), PATIENCE) if length else b""

    async def _chunked(self, reader: asyncio.StreamReader) -> bytes:
        body = b""
        while size := int(await asyncio.wait_for(reader.readline(), PATIENCE), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
        return body

    def close(self) -> None:
        """Hang up."""
        if self.streams is not None:
            self.streams[1].close()
            self.streams = None


def _get(path: str, cookie: str, **headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Cookie: {cookie}", "Accept-Language: zh"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _desk(port: int, cookie: str, box: list[Seen], stop: asyncio.Event, gate: asyncio.Semaphore) -> None:
    """Open the list, then ask; open it again when there is news and some minutes have passed."""
    connection = Connection(port)
    mark, opened = await _opened(connection, cookie, box, gate), time.monotonic() - random.uniform(0, REOPEN)
    await _pause(stop, random.uniform(0, POLL))
    while not stop.is_set():
        begun = time.perf_counter()
        try:
            if mark < 0 and time.monotonic() - opened > REOPEN:
                kind, wanted = "pages", {200}
                mark = int(time.time() * 1000)
                status, _body = await connection.ask(_get("/desk/?tab=mine", cookie))
                opened = time.monotonic()
            else:
                kind, wanted = "polls", {200, 204}
                path = f"/desk/changes/?since={abs(mark)}"
                status, _body = await connection.ask(_get(path, cookie, HX_Request="true"))
                if status == 200:
                    mark = -abs(mark)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            box[0].errors.append(f"desk: {error!r}")
            connection.close()
        else:
            if status not in wanted:
                box[0].errors.append(f"{kind}: status {status}")
            getattr(box[0], kind).append(time.perf_counter() - begun)
        await _pause(stop, POLL)
    connection.close()


async def _opened(connection: Connection, cookie: str, box: list[Seen], gate: asyncio.Semaphore) -> int:
    """Open the list for the first time; the moment that it shows, in milliseconds."""
    async with gate:
        mark, begun = int(time.time() * 1000), time.perf_counter()
        try:
            status, _body = await connection.ask(_get("/desk/?tab=mine", cookie))
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            box[0].errors.append(f"opening: {error!r}")
            connection.close()
        else:
            if status == 200:
                box[0].pages.append(time.perf_counter() - begun)
            else:
                box[0].errors.append(f"opening: status {status}")
        return mark


async def _writer(port: int, token: str, box: list[Seen], stop: asyncio.Event) -> None:
    """Report, pause, report."""
    connection = Connection(port)
    lon, lat = INSIDE["east"]
    await asyncio.sleep(random.uniform(0, WRITE_PAUSE))
    while not stop.is_set():
        body = json.dumps({
            "kind": "complaint", "words": "楼下垃圾堆了三天没人清理，臭味很大，请尽快处理",
            "longitude": lon + random.uniform(-0.002, 0.002), "latitude": lat + random.uniform(-0.002, 0.002),
        }).encode()  # fmt: skip
        lines = ["POST /api/v1/requests HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json",
                 f"Authorization: Bearer {token}", f"Idempotency-Key: {uuid.uuid4()}",
                 f"Content-Length: {len(body)}"]  # fmt: skip
        begun = time.perf_counter()
        try:
            status, _answer = await connection.ask("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            box[0].errors.append(f"writer: {error!r}")
            connection.close()
        else:
            if status != 201:
                box[0].errors.append(f"writer: status {status}")
            box[0].writes.append(time.perf_counter() - begun)
        await _pause(stop, WRITE_PAUSE)
    connection.close()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
