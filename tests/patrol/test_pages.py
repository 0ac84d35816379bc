"""The page, its service worker and its manifest: what they carry, and for whom."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import override

from linli.patrol import shell
from linli.patrol.words import words
from tests.support.browsing import signed_in
from tests.support.small_world import in_small_world, small_world_database, world
from tests.support.world import World

__all__ = ["in_small_world", "small_world_database", "world"]
SCRIPTS = Path(__file__).parents[2] / "frontend" / "src" / "patrol"


def test_the_page_opens_for_those_who_record_and_is_kept_by_nobody_else(world: World) -> None:
    page = signed_in(world.users["grid"]).get("/patrol/")
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    text = page.content.decode()
    assert "unsafe" not in page["Content-Security-Policy"]
    assert '<link rel="manifest" href="/patrol/manifest.webmanifest">' in text
    assert "/desk/feedback/" in text, "a complaint entrance as on other staff pages"
    assert signed_in(world.users["auditor"]).get("/patrol/").status_code == 403
    away = Client().get("/patrol/")
    assert (away.status_code, away["Location"]) == (302, "/login/?next=%2Fpatrol%2F")


def is_there(client: Client, address: str) -> bool:
    """Whether a file is served."""
    answer = client.get(address)
    answer.close()
    return answer.status_code == 200


@pytest.mark.django_db
def test_the_worker_names_files_that_are_there(client: Client) -> None:
    answer = client.get("/patrol/worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    head, _, body = answer.content.decode().partition("\n")
    told = json.loads(head.removeprefix("self.linliPatrol = ").removesuffix(";"))
    assert told["page"] == "/patrol/"
    assert told["version"] == shell.version()
    assert not re.search(r"^\s*(import|export)\b", body, re.M), "a classic script, as registered"
    kinds = {Path(name).suffix for name in told["files"]}
    assert {".js", ".css", ".svg", ".png"} <= kinds
    assert any("maplibre-gl-worker" in name for name in told["files"]), "the map's own worker too"
    assert not any("board-" in name for name in told["files"])
    assert [name for name in told["files"] if not is_there(client, name)] == []


@pytest.mark.django_db
def test_the_manifest_makes_it_installable(client: Client) -> None:
    told = json.loads(client.get("/patrol/manifest.webmanifest").content)
    assert (told["start_url"], told["scope"], told["display"]) == ("/patrol/", "/patrol/", "standalone")
    sizes = {(icon["sizes"], icon["purpose"]) for icon in told["icons"]}
    assert sizes == {(size, purpose) for size in ("192x192", "512x512") for purpose in ("any", "maskable")}
    assert [icon for icon in told["icons"] if not is_there(client, icon["src"])] == []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_word_that_the_scripts_say_is_there_and_none_too_many(language: str) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS.glob("*.ts"))
    literal = set(re.findall(r"\"([a-z]+(?:_[a-z]+)*)\"", text))
    made = set(re.findall(r"`([a-z]+_)\$\{", text))
    with override(language):
        told = words()
    asked = set(re.findall(r"say\(\"([a-z_]+)\"", text))
    assert asked <= set(told)
    assert [key for key in told if key not in literal and not key.startswith(tuple(made))] == []
    assert all(told.values())
