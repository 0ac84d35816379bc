"""A patrol for browser tests: a standard, sites, a round; a line that can be cut; a phone that can be killed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page

from linli.inspections.rounds import NewRound, NewTeam, create_round
from linli.inspections.setup import setup
from linli.places.models import RegistryVersion
from linli.places.services import bump_registry, create_place
from linli.standards.models import Node, Standard, Version
from tests.browser.helpers import ARGUMENTS, PHONE, chromium_path
from tests.browser.world import World

CRITERIA = (
    ("地面干净，无垃圾、积水、烟头", {"kind": "proportion"}),
    ("垃圾桶无满溢，周边干净", {"kind": "deduction", "points": "0.5"}),
    ("无占用、堵塞消防通道", {"kind": "pass_fail"}),
    ("公益广告完好，无破损、褪色", {"kind": "graded"}),
)
LONG_NAME = "即墨区通济街道墨河社区鹤山路农贸综合交易市场及周边临时便民摊点群东侧入口"

SYNC = b"POST /api/v1/patrol/sync"


@dataclass
class Rounds:
    """A round of this week: its sites in walking order, its criteria."""

    round_id: int
    sites: list[int] = field(default_factory=list)
    criteria: list[int] = field(default_factory=list)

    def site(self, number: int) -> str:
        """A site as the phone names it in its addresses."""
        return f"{self.round_id}-{self.sites[number]}"


def make_rounds(world: World, sites: int, *, who: str = "grid", grid: str = "grid", title: str = "") -> Rounds:
    """Publish a standard of four criteria, put sites into a grid, make a round of this week for one person's team."""
    today = timezone.localdate()
    point = world.home_point
    kind = "shop"
    with world.inside():
        setup()
        kept = Standard.objects.create(
            name=f"示例标准{uuid.uuid4()}", place_id=world.places["district"], synthetic=True
        )
        version = Version.objects.create(
            standard=kept, number=1, state="published", valid_from=date(2026, 1, 1), published_at=timezone.now()
        )
        top = Node.objects.create(version=version, level="item", position=1, title="公共环境")
        criteria = [
            Node.objects.create(
                version=version, parent=top, level="criterion", position=position, code=str(position), title=words,
                weight=2, method="field", rule=rule, site_kinds=[kind], guidance="走一圈，看墙根和死角。",
            ).pk
            for position, (words, rule) in enumerate(CRITERIA, start=1)
        ]  # fmt: skip
        names = [LONG_NAME if number == 2 else f"鹤山路{number + 1}号商铺" for number in range(sites)]
        places = [
            create_place(
                kind="site", site_kind=kind, name=name, parent_id=world.places[grid], actor_label="tests",
                point=(point[0] - 0.0015 + (number % 10) * 0.0003, point[1] - 0.0015 + (number // 10) * 0.0001),
                valid_from=date(2024, 1, 1),
            )
            for number, name in enumerate(names)
        ]  # fmt: skip
        bump_registry(RegistryVersion.PLACES)
        person = world.staff[who].person_id
        team = NewTeam("第一组", point[0], point[1], 240, None, (person,))
        made = create_round(
            world.actor("community"),
            NewRound(
                title or "墨河社区每周巡查", world.places[grid], today - timedelta(days=1), today + timedelta(days=5),
                version_id=version.pk, site_kinds=(kind,), teams=(team,),
            ),
            uuid.uuid4(),
        )  # fmt: skip
    return Rounds(made.pk, [place.pk for place in places], criteria)


def small_photo(seed: int) -> bytes:
    """A photo unlike any other, small enough to travel as it is."""
    file = BytesIO()
    Image.effect_noise((320, 240), 40 + seed % 50).convert("RGB").save(file, "JPEG", quality=60)
    return file.getvalue()


class Line:
    """A line of TCP to a server: it can be cut, made to break while something is sent, or to swallow answers."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.open = True
        self.breaks_after: int | None = None
        """Bytes from the browser after which every connection breaks."""
        self.swallows = False
        """The server gets what is sent to it, the browser never hears of it."""
        self.broken = 0
        self.swallowed = 0
        self._sockets: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where the browser finds the server."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """No network from now on."""
        self.open = False
        for one in list(self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def restore(self) -> None:
        """The network is back."""
        self.open, self.breaks_after, self.swallows = True, None, False

    def close(self) -> None:
        """At the end."""
        self.cut()
        self._door.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            if not self.open:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.upstream))
            except OSError:
                near.close()
                continue
            self._sockets |= {near, far}
            sends = threading.Event()
            threading.Thread(target=self._up, args=(near, far, sends), daemon=True).start()
            threading.Thread(target=self._down, args=(far, near, sends), daemon=True).start()

    def _up(self, near: socket.socket, far: socket.socket, sends: threading.Event) -> None:
        sent = 0
        with contextlib.suppress(OSError):
            while data := near.recv(16384):
                if SYNC in data:
                    sends.set()
                if self.breaks_after is not None and sent + len(data) > self.breaks_after:
                    far.sendall(data[: self.breaks_after - sent])
                    self.broken += 1
                    break
                far.sendall(data)
                sent += len(data)
        self._end(near, far)

    def _down(self, far: socket.socket, near: socket.socket, sends: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(65536):
                if self.swallows and sends.is_set():
                    self.swallowed += 1
                    break
                near.sendall(data)
        self._end(near, far)

    def _end(self, *ends: socket.socket) -> None:
        for one in ends:
            self._sockets.discard(one)
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


class Handset:
    """A phone: a Chromium with a profile of its own that outlives it."""

    def __init__(self, chromium: Browser, profile: Path, line: Line, cookie: dict[str, Any]) -> None:
        self.chromium, self.profile, self.line, self.cookie = chromium, profile, line, cookie
        self.context: BrowserContext | None = None

    def start(self) -> Page:
        """Switch it on and open the patrol."""
        self.context = self.chromium.browser_type.launch_persistent_context(
            str(self.profile), executable_path=chromium_path(), args=ARGUMENTS, base_url=self.line.url, viewport=PHONE,
            locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce", has_touch=True,
        )  # type: ignore[arg-type]  # fmt: skip
        self.context.set_default_timeout(20_000)
        self.context.add_cookies([self.cookie | {"url": self.line.url}])  # type: ignore[list-item]
        page = self.context.pages[0]
        page.goto("/patrol/")
        page.wait_for_selector("html[data-patrol=ready]", state="attached")
        return page

    def kill(self) -> None:
        """kill -9 of the browser and everything that belongs to it."""
        mark = f"--user-data-dir={self.profile}".encode()
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with contextlib.suppress(OSError):
                    if mark in (folder / "cmdline").read_bytes().split(b"\0"):
                        found.append(int(folder.name))
        assert found, "the browser is not there"
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.end()

    def end(self) -> None:
        """Close what is left."""
        if self.context is not None:
            with contextlib.suppress(Error):  # the browser may be gone already
                self.context.close()
        self.context = None


@contextlib.contextmanager
def handset(chromium: Browser, profile: Path, upstream: int, cookie: dict[str, Any]) -> Iterator[Handset]:
    """A phone on a line of its own."""
    line = Line(upstream)
    phone = Handset(chromium, profile, line, cookie)
    try:
        yield phone
    finally:
        phone.end()
        line.close()
