"""How often a row is tried in this run, and what came out: the bridge between the tests and the table."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from chaos.rows import BY_SLUG

TRIES = "LINLI_CHAOS_TRIES"
REPORT = "LINLI_CHAOS_REPORT"
UNTIL = "LINLI_CHAOS_UNTIL"
"""A moment (seconds since 1970) after which a row that takes hours ends with what it has tried."""


def tries(slug: str) -> int:
    """How often the row is to be tried: the quick number, or what `python -m chaos` asks for."""
    asked: dict[str, int] = json.loads(os.environ.get(TRIES, "{}"))
    return asked.get(slug, BY_SLUG[slug].quick)


def is_full() -> bool:
    """Whether this is a run of `python -m chaos`."""
    return bool(os.environ.get(REPORT))


def time_is_up() -> bool:
    """Whether a long row is to end now; it still judges what it has tried, and tells how much that was."""
    return time.time() > float(os.environ.get(UNTIL, "inf"))


def so_far(slug: str, made: int, part: int = 0) -> None:
    """Note how far a long row, or a part of it, has come; whoever waits for it is shown the sum."""
    path = os.environ.get(REPORT)
    if path:
        Path(f"{path}.{slug}.{part}").write_text(str(made), encoding="utf-8")


def come(path: Path, slug: str) -> int:
    """How many tries the row of this report has made so far, by what was noted or told."""
    noted = [int(file.read_text(encoding="utf-8") or 0) for file in path.parent.glob(f"{path.name}.{slug}.*")]
    return sum(noted) or gathered(path).get(slug, (0, {}))[0]


def tell(slug: str, made: int, **figures: float) -> None:
    """Note what a test came to. Figures of one row are added up; those called `most_…` give the greatest."""
    path = os.environ.get(REPORT)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"row": slug, "made": made, "figures": figures}) + "\n")


def gathered(path: Path) -> dict[str, tuple[int, dict[str, float]]]:
    """By row: tries made, and the figures."""
    found: dict[str, tuple[int, dict[str, float]]] = {}
    if not path.exists():
        return found
    for line in path.read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        made, figures = found.get(told["row"], (0, {}))
        for name, value in told["figures"].items():
            before = figures.get(name, 0)
            figures[name] = max(before, value) if name.startswith("most_") else before + value
        found[told["row"]] = (made + told["made"], figures)
    return found
