"""Hostile uploads: none is accepted, none takes long or much, and of what pictures say of themselves nothing is left.

Each file is taken in a process of its own (tests/chaos/swallowing.py), so that its memory can be measured.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from chaos.tally import tell, tries
from linli.work.models import Upload
from tests.browser.server import CHECKOUT
from tests.chaos.swallowing import SECRET
from tests.support.pdfs import hostile_pdfs, huge_picture, pdf, sealed, with_everything
from tests.work.conftest import encoded, media, picture
from tests.work.test_uploads import exif_bytes, hostile, png_header, wav_bytes

__all__ = ["media"]
MEGABYTES_MOST = 256
SECONDS_MOST = 2.0
FLIPPED_AT_A_TIME = 500


def swallowed(files: list[tuple[str, bytes]], folder: Path) -> list[dict[str, Any]]:
    """What became of each file."""
    path = folder / "files.pickle"
    path.write_bytes(pickle.dumps(files))
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.swallowing", str(path)], cwd=CHECKOUT, capture_output=True, text=True,
        check=False, env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [entry["name"] for entry in found] == [name for name, _ in files]
    return found


def zipped() -> bytes:
    """A ZIP that unpacks to 100 MB."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"\0" * 100_000_000)
    return out.getvalue()


@lru_cache(maxsize=1)
def more_hostile() -> dict[str, bytes]:
    """Beyond those of tests/work: bombs that fit their header, and files that are two things at once but no picture."""
    jpeg = encoded(picture(64, 48))
    script = b"<script>alert(1)</script>"
    wide = Image.new("1", (20_000, 20_000))
    return {
        "png bomb, whole": encoded(wide, "PNG", compress_level=1),
        "webp bomb": encoded(Image.new("RGB", (5_000, 4_000)), "WEBP", quality=1, method=0),
        "png wide": png_header(2_000_000_000, 1),
        "xlsx bomb": zipped(),
        "gif and script": b"GIF89a=1;" + script,
        "gif and php": encoded(picture(8, 8), "GIF") + b"<?php system($_GET[0]); ?>",
        "pdf with a jpeg inside": b"%PDF-1.7\n" + jpeg,
        "html with a jpeg behind": b"<html>" + script + jpeg,
        "svg with an entity": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaa'>]><svg>&a;" + script + b"</svg>",
        "svgz": zlib.compress(b"<svg>" + script + b"</svg>"),
        "jpeg that never ends": b"\xff\xd8\xff\xe0" + b"\xff\xe0\xff\xff" + b"\0" * 65_533 + b"\xff\xfe\xff\xff" * 1000,
        "exe": b"MZ" + b"\0" * 200,
        "mp4 with a script": b"\0\0\0\x18ftypisom\0\0\0\0mp42isom" + script,
        "wav with a wrong length": wav_bytes()[:40] + b"\xff\xff\xff\x7f",
        "webp of animation": encoded(picture(8, 8), "WEBP", save_all=True, append_images=[picture(8, 8, seed=3)]),
    }  # fmt: skip


def carriers() -> list[tuple[str, bytes]]:
    """Good pictures that carry something: they are accepted, what they carry is not."""
    more: dict[str, Any] = {"exif": exif_bytes(), "xmp": b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"}
    script = SECRET + b"<script>alert(1)</script>"
    return [
        ("jpeg with exif, xmp, comment", encoded(picture(), comment=script, **more) + script),
        ("jpeg and zip", encoded(picture(64, 48)) + b"PK\x03\x04" + script),
        ("webp with exif and xmp", encoded(picture(), "WEBP", **more)),
        ("png with exif, text, tail", encoded(picture(), "PNG", exif=exif_bytes()) + script),
        ("pdf with scripts, link, attachment, notes", with_everything()),
        ("pdf and script", pdf() + script),
    ]


def flipped(wanted: int) -> Iterator[list[tuple[str, bytes]]]:
    """Good files in which bits were turned over, some hundred at a time; a PDF is drawn elsewhere, so they are few."""
    chance = random.Random(20261123)
    whole = [*carriers()[:4], ("large jpeg", encoded(picture(1600, 1200), exif=exif_bytes())), ("wav", wav_bytes())]
    whole += [("png", encoded(picture(320, 240), "PNG")), ("progressive", encoded(picture(), progressive=True))]
    for start in range(0, wanted, FLIPPED_AT_A_TIME):
        files = []
        for number in range(start, min(wanted, start + FLIPPED_AT_A_TIME)):
            name, data = ("sealed pdf", sealed()) if number % 45 == 44 else whole[number % len(whole)]
            turned = bytearray(data)
            for _ in range(chance.choice((1, 1, 1, 4, 32))):
                turned[chance.randrange(min(len(turned), 4096))] ^= 1 << chance.randrange(8)
            files.append((f"{name}, flipped {number}", bytes(turned)))
        yield files


def bounded(found: list[dict[str, Any]]) -> None:
    """None of these took long or much."""
    slowest, largest = (max(found, key=lambda entry: entry[name]) for name in ("seconds", "megabytes"))
    tell("uploads", len(found), most_seconds=slowest["seconds"], most_megabytes=largest["megabytes"])
    assert slowest["seconds"] < SECONDS_MOST, slowest
    assert largest["megabytes"] < MEGABYTES_MOST, largest


FEW_FLIPPED = 40
HEAVY = ("pdf with a picture of 900 million points", huge_picture())


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What became of good files that carry something, and of a few with bits turned over."""
    files = [*carriers(), *next(flipped(FEW_FLIPPED))]
    return {entry["name"]: entry for entry in swallowed(files, tmp_path_factory.mktemp("files"))}


@pytest.mark.long
def test_hostile_files_are_refused_quickly_and_take_little(tmp_path: Path) -> None:
    files = [*hostile().items(), *more_hostile().items(), *hostile_pdfs().items(), HEAVY]
    *found, heavy = swallowed(files, tmp_path)
    accepted = [entry for entry in found if entry["outcome"] != "refused"]
    tell("uploads", 0, accepted=len(accepted))
    assert not accepted
    assert len(found) >= 50
    bounded([*found, heavy])


def test_of_what_pictures_say_of_themselves_nothing_is_left(taken: dict[str, dict[str, Any]]) -> None:
    found = [taken[name] for name, _ in carriers()]
    assert [entry["outcome"] for entry in found] == ["accepted"] * len(found)
    tell("uploads", 0, files_with_exif_left=sum(entry["left"] for entry in found))
    assert not any(entry["left"] for entry in found)


def test_flipped_bits_neither_crash_nor_swell(taken: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """A few here, five thousand by `make chaos`; some are accepted, as a photo with one wrong pixel should be."""
    wanted = tries("uploads") - 40
    parts = [[entry for name, entry in taken.items() if "flipped" in name]]
    parts += [swallowed(files, tmp_path) for files in flipped(wanted)] if wanted > 0 else []
    for found in parts:
        bad = [entry for entry in found if entry["outcome"] in ("crashed", "killed") or entry["left"]]
        tell("uploads", 0, crashed_or_left_something=len(bad))
        assert not bad, bad[:5]
        bounded(found)


NAMES = (
    "../../../etc/cron.d/x", "..\\..\\x.php",
    "/etc/passwd", "a.php", "a.jpg\0.php", "a.svg", "C:\\x.exe", "\u202egpj.exe",
    "x" * 300 + ".jpg", "<img src=x onerror=alert(1)>.jpg", ".htaccess", "lpt1.con",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_mean_nothing(name: str, media: Path, db: None) -> None:
    """A good picture under a hostile name lies where its content says, and its name is nowhere."""
    file = SimpleUploadedFile("x", encoded(picture(64, 48)), "application/x-php")
    file._name = name
    before = {path for path in media.rglob("*") if path.is_file()}
    answer = Client().post("/uploads", {"file": file})
    assert answer.status_code in (201, 400), answer.content
    stored = {path for path in media.rglob("*") if path.is_file()} - before
    rows = list(Upload.objects.values())
    assert len(rows) == (answer.status_code == 201)
    assert all(
        path.stem.startswith(row["sha256"][:8]) or row["sha256"] in path.as_posix() for row in rows for path in stored
    )
    assert name[:40] not in json.dumps(rows, default=str, ensure_ascii=False)
    tell("uploads", 0, names_that_meant_something=0)
