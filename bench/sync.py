"""Sync of 200 observations with photos by one phone, against the bare upload of the same photos, interleaved.

The bare upload is POST /api/v1/uploads in the same server: each photo is checked, cleaned and stored, nothing else.
What merely takes the bytes in is measured beside it. LINLI_BENCH_ROUNDS (at most 3 here) is how often.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import statistics
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.utils import timezone
from PIL import Image, ImageDraw
from rich.console import Console

from bench.figures import Figure
from bench.ground import Ground

OBSERVATIONS = 200
BATCH = 50
"""As the phone does (frontend/src/patrol/batches.ts)."""
ROUNDS = min(int(os.environ.get("LINLI_BENCH_ROUNDS", "3")), 3)
SIZE = (1600, 1200)
"""As the phone makes its photos."""


def run(ground: Ground, console: Console) -> list[Figure]:
    """Photos per second of the whole sync over those of bare uploads; requests per batch."""
    round_id, sites, criterion, category = _prepare(ground)
    rates: dict[str, list[float]] = {"sync": [], "upload": [], "bytes": []}
    requests = 0
    with ground.serving() as port:
        phone = _Phone(port, ground.tokens["grid"])
        for number in range(ROUNDS + 1):
            photos = list(_photos(OBSERVATIONS * 2))
            records = [_record(round_id, sites[n % len(sites)], criterion, category) for n in range(OBSERVATIONS)]
            before = phone.requests
            synced = _timed(lambda: phone.sync(records, photos[:OBSERVATIONS]))  # noqa: B023
            requests = phone.requests - before
            uploaded = _timed(lambda: phone.upload(photos[OBSERVATIONS:]))  # noqa: B023
            taken = _timed(lambda: phone.give(photos[OBSERVATIONS:]))  # noqa: B023
            if number:
                for name, rate in (("sync", synced), ("upload", uploaded), ("bytes", taken)):
                    rates[name].append(rate)
                console.print(
                    f"[dim]  round {number}: sync {synced:.1f}/s  upload {uploaded:.1f}/s  bytes {taken:.0f}/s"
                )
    arrived = _arrived(round_id)
    assert arrived == OBSERVATIONS * (ROUNDS + 1), f"{arrived} observations arrived"
    ratio = statistics.median(a / b for a, b in zip(rates["sync"], rates["upload"], strict=True))
    value = statistics.median(rates["sync"])
    note = (
        f"{OBSERVATIONS} failing observations with a photo of {SIZE[0]} × {SIZE[1]} px and a finding each, one phone;"
        f" bare upload {statistics.median(rates['upload']):.1f}/s, bytes merely taken in"
        f" {statistics.median(rates['bytes']):.0f}/s"
    )
    return [
        Figure("sync: photos with their observations, against bare uploads", value, "1/s", value / ratio,
               at_least=0.3, note=note),
        Figure("sync: requests for each batch of 50", requests / (OBSERVATIONS / BATCH), "requests", at_most=1),
    ]  # fmt: skip


def _timed(act: Any) -> float:
    begun = time.perf_counter()
    act()
    return OBSERVATIONS / (time.perf_counter() - begun)


def _prepare(ground: Ground) -> tuple[int, list[int], int, int]:
    """A round over twenty sites in the grid worker's grid."""
    from linli.inspections.rounds import NewRound, create_round
    from linli.inspections.setup import setup
    from tests.inspections.conftest import place_sites, standard

    setup()
    version, criteria = standard(ground.world)
    sites = [place.pk for place in place_sites(ground.world, 20)]
    today = timezone.localdate()
    made = create_round(
        ground.world.actor("community"),
        NewRound("测速巡查", ground.world.places["east"].pk, today, today + timedelta(days=1), version_id=version.pk,
                 site_kinds=("lane", "shop")),
        uuid.uuid4(),
    )  # fmt: skip
    return made.pk, sites, criteria["clean"].pk, ground.world.category("01").pk


def _arrived(round_id: int) -> int:
    from linli.inspections.models import Observation

    return Observation.objects.filter(round_id=round_id).count()


def _photos(count: int) -> Iterator[bytes]:
    """Photos unlike each other, as large and as rough as a phone's."""
    ground = Image.effect_noise(SIZE, 18).convert("RGB")
    for _ in range(count):
        image = ground.copy()
        draw = ImageDraw.Draw(image)
        for _ in range(12):
            x, y = secrets.randbelow(1500), secrets.randbelow(1100)
            draw.rectangle((x, y, x + 160, y + 120), fill=tuple(secrets.token_bytes(3)))
        file = BytesIO()
        image.save(file, "JPEG", quality=82)
        yield file.getvalue()


def _record(round_id: int, site: int, criterion: int, category: int) -> dict[str, Any]:
    return {
        "client_key": str(uuid.uuid4()), "round_id": round_id, "site_id": site, "criterion_id": criterion,
        "result": "fail", "observed_at": timezone.now().isoformat(), "words": "垃圾没有清走",
        "finding": {"client_key": str(uuid.uuid4()), "category_id": category, "handling": "report"},
    }  # fmt: skip


class _Phone:
    """One connection that stays open."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.requests = 0

    def sync(self, records: Sequence[dict[str, Any]], photos: Sequence[bytes]) -> None:
        """All records, in batches as the phone makes them."""
        for start in range(0, len(records), BATCH):
            files = {str(uuid.uuid4()): photo for photo in photos[start : start + BATCH]}
            part = [
                record | {"photos": [number]}
                for record, number in zip(records[start : start + BATCH], files, strict=True)
            ]
            notes = {number: {"kind": "photo", "bytes": len(photo)} for number, photo in files.items()}
            batch = json.dumps({"device": "bench", "observations": part, "files": notes}).encode()
            answer = self._post(
                "/api/v1/patrol/sync", [("batch", "", batch)] + [(n, "p.jpg", p) for n, p in files.items()]
            )
            assert [one["outcome"] for one in json.loads(answer)["outcomes"]] == ["stored"] * len(part)

    def upload(self, photos: Sequence[bytes]) -> None:
        """Each photo to the upload view."""
        for photo in photos:
            self._post("/api/v1/uploads", [("kind", "", b"photo"), ("file", "p.jpg", photo)])

    def give(self, photos: Sequence[bytes]) -> None:
        """The same bytes to a view that does nothing with them."""
        for photo in photos:
            self._post("/bench/taken", [("file", "p.jpg", photo)])

    def _post(self, path: str, parts: Sequence[tuple[str, str, bytes]]) -> bytes:
        mark = secrets.token_hex(16)
        body = b"".join(_part(mark, *part) for part in parts) + f"--{mark}--\r\n".encode()
        self.connection.request(
            "POST", path, body, self.headers | {"Content-Type": f"multipart/form-data; boundary={mark}"}
        )
        answer = self.connection.getresponse()
        content = answer.read()
        self.requests += 1
        assert answer.status in (200, 201), content[:500]
        return content


def _part(mark: str, name: str, file: str, content: bytes) -> bytes:
    named = f'; filename="{file}"' if file else ""
    return f'--{mark}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"
