"""What a phone has to load for the public report page, gzipped, without the map."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from rich.console import Console

from bench.figures import Figure
from bench.ground import Ground

KILOBYTE = 1000
_IMPORT = re.compile(r"""(?:\bfrom|(?<![\w.$])import)\s*["'](\.{1,2}/[^"']+)["']""")
_STYLE = re.compile(r"""@import\s+(?:url\()?["']?(\.{0,2}/?[\w./-]+\.css)""")


def run(ground: Ground, console: Console) -> list[Figure]:
    """The page, its styles and the scripts it names, with what these import (the map loads later, on its own)."""
    from django.test import Client

    html = Client().get("/report/").content
    total = len(gzip.compress(html))
    parts = [f"html {total / KILOBYTE:.1f}"]
    names = re.findall(rb'(?:href|src)="/static/([^"]+\.(?:css|js))"', html)
    waiting, seen = [_file(name.decode()) for name in names], set[Path]()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        data = path.read_bytes()
        size = len(gzip.compress(data))
        total += size
        parts.append(f"{path.name} {size / KILOBYTE:.1f}")
        waiting += [(path.parent / name).resolve() for name in imported(path, data)]
    return [
        Figure(
            "public report page, gzipped, without the map", total / KILOBYTE, "kB", at_most=90, note=", ".join(parts)
        )
    ]


def _file(name: str) -> Path:
    """The file that is served at /static/`name`."""
    from django.contrib.staticfiles import finders

    path = finders.find(name)
    assert path, name
    return Path(str(path)).resolve()


def imported(path: Path, data: bytes) -> list[str]:
    """What a module or a sheet loads at once; what it imports later (`import(…)`) is not counted."""
    pattern = _IMPORT if path.suffix == ".js" else _STYLE
    return pattern.findall(data.decode())
