"""The files that must lie on the phone so that the page opens with no network, and the version they make together."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static

ENTRIES = (
    "patrol/main.ts", "patrol.css", "map.ts", "map.css", "icons.svg", "images/mark.svg", "images/down.svg",
)  # fmt: skip
ICONS = ("patrol/icon-192.png",)
WORKER = "patrol/worker.ts"


@lru_cache(maxsize=2)
def _built(manifest: Path, changed: int) -> tuple[tuple[str, ...], Path]:
    """The files of the shell and the worker, relative to the build; `changed` makes a new build visible."""
    entries = json.loads(manifest.read_text(encoding="utf-8"))
    build = manifest.parent.parent
    worker = build / entries[f"src/{WORKER}"]["file"]
    return _reached({entries[f"src/{name}"]["file"] for name in ENTRIES}, build), worker


def _reached(entries: set[str], build: Path) -> tuple[str, ...]:
    """The built files that the entries name, and those that these name, and so on; sorted.

    A built file names others by their file names, which carry a hash: whatever is found in the text is needed. This
    also finds the map's own worker, which stands in no manifest.
    """
    there = sorted(path.name for path in (build / "assets").iterdir() if path.suffix != ".gz")
    found = {Path(entry).name for entry in entries}
    open_ends = list(found)
    while open_ends:
        text = (build / "assets" / open_ends.pop()).read_text(encoding="utf-8", errors="ignore")
        named = {name for name in there if name not in found and name in text}
        found |= named
        open_ends += sorted(named)
    return tuple(f"build/assets/{name}" for name in sorted(found))


def _now() -> tuple[tuple[str, ...], Path]:
    manifest = Path(settings.LINLI_VITE_MANIFEST)
    return _built(manifest, manifest.stat().st_mtime_ns)


def files() -> list[str]:
    """The addresses of all files of the shell."""
    return [static(name) for name in (*_now()[0], *ICONS)]


def worker_text() -> str:
    """The built service worker."""
    return _now()[1].read_text(encoding="utf-8")


def version() -> str:
    """Changes when any file of the shell changes, the worker included: their names carry their hashes."""
    together = "\n".join([*files(), _now()[1].name, settings.LINLI_VERSION])
    return hashlib.sha256(together.encode()).hexdigest()[:12]
