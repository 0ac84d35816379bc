"""`make bench`: prints every figure with its floor as one table and writes bench/results.json.

`python -m bench creating pages` runs only these; the rows of the others stay in the file, each with its day.
LINLI_BENCH_ITEMS (default 1000000) sets the size of the large table, LINLI_BENCH_ROUNDS (default 5) the rounds.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
HOME = HERE.parent / ".linli-bench"
os.environ["LINLI_HOME"] = str(HOME)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
os.environ["LINLI_LOG_LEVEL"] = "ERROR"


def main() -> int:
    """Run all benchmarks; 0 when every target is met."""
    from rich.console import Console

    from bench.figures import Figure, table
    from bench.ground import prepared

    console = Console(width=140)
    figures: list[Figure] = []
    with prepared(console) as ground:
        from bench import (  # fmt: skip
            boston,
            coverage,
            creating,
            desk,
            desks,
            ledger,
            locating,
            pages,
            points,
            rounds,
            score,
            search,
            simulate,
            sync,
        )

        parts = (
            pages, locating, coverage, creating, desks, boston, desk, search, score, simulate, sync, rounds, points,
            ledger,
        )  # fmt: skip
        for part in parts:
            name = part.__name__.split(".")[-1]
            if sys.argv[1:] and name not in sys.argv[1:]:
                continue
            console.print(f"[dim]{name} …[/dim]")
            figures += part.run(ground, console)
    console.print(table(figures))
    report = {
        "machine": {"system": platform.platform(), "processors": os.cpu_count(), "python": platform.python_version()},
        "versions": ground.versions,
        "figures": with_earlier([figure.as_row() | {"measured": f"{date.today()}"} for figure in figures]),
    }
    RESULTS.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 0 if all(figure.met for figure in figures) else 1


def with_earlier(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of this run, and after them those of earlier runs that measured something else."""
    if not sys.argv[1:] or not RESULTS.exists():
        return rows
    new, earlier = {row["name"] for row in rows}, json.loads(RESULTS.read_text(encoding="utf-8"))["figures"]
    return [*rows, *(row for row in earlier if row["name"] not in new)]


if __name__ == "__main__":
    sys.exit(main())
