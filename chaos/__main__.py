"""`make chaos`: every row of the table with its full numbers; prints the table and writes chaos/results.json.

python -m chaos                      all rows, full numbers (hours)
python -m chaos keys officers        these rows
python -m chaos kill=50 fuzz=20000   these rows, so many tries
LINLI_CHAOS_SCALE=0.01 make chaos    all rows, a hundredth of the numbers (never fewer than the quick ones' tenth)
LINLI_CHAOS_MINUTES=30 make chaos    rows that take hours (kill, fuzz, ledger_simulation) end after half an hour each,
                                     judge what they have tried and say that it was less than asked
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chaos.rows import BY_SLUG, ROWS, Row
from chaos.tally import REPORT, TRIES, UNTIL, come, gathered

HERE = Path(__file__).parent
SAY_SECONDS = 120
# Rows of hours, which look at the clock between two tries.
ENDS_EARLY = ("kill", "fuzz", "ledger_simulation")


@dataclass(frozen=True, slots=True)
class Result:
    """What a row came to."""

    row: str
    what: str
    tries: int
    unit: str
    result: str
    target: str
    met: bool
    seconds: float
    not_proved: str


def main(words: list[str] | None = None) -> int:
    """Run the rows; 0 when every target is met, 2 for a row that there is not."""
    console = Console(width=170)
    try:
        wanted = chosen(sys.argv[1:] if words is None else words, float(os.environ.get("LINLI_CHAOS_SCALE", "1")))
    except ValueError as error:
        console.print(f"{error}; the rows are: {', '.join(BY_SLUG)}")
        return 2
    results = [run(row, count, console) for row, count in wanted]
    console.print(table(results))
    report = {
        "machine": {"system": platform.platform(), "processors": os.cpu_count(), "python": platform.python_version()},
        "rows": [asdict(result) for result in results],
    }
    (HERE / "results.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 0 if all(result.met for result in results) else 1


def chosen(words: Iterable[str], scale: float) -> list[tuple[Row, int]]:
    """The rows and how often each is tried. ValueError for an unknown row or a number that is none."""
    asked = {word.partition("=")[0]: word.partition("=")[2] for word in words}
    for slug in asked:
        if slug not in BY_SLUG:
            raise ValueError(f"there is no row {slug!r}")
    found = []
    for row in ROWS:
        if asked and row.slug not in asked:
            continue
        scaled = max(round(row.full * scale), -(-row.quick // 10)) if row.scales else row.full
        found.append((row, int(asked.get(row.slug) or scaled)))
    return found


def run(row: Row, count: int, console: Console) -> Result:
    """Run the tests of a row in a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        minutes = float(os.environ.get("LINLI_CHAOS_MINUTES", "inf"))
        environment = os.environ | {
            TRIES: json.dumps({row.slug: count}), REPORT: str(report), UNTIL: str(time.time() + minutes * 60),
        }  # fmt: skip
        command = [sys.executable, "-m", "pytest", row.tests, "-q", "-p", "no:randomly", "--tb=short"]
        command += ["-n", str(os.cpu_count() or 1)] if row.spread else ["-p", "no:xdist"]
        console.print(f"[dim]{row.slug}: {row.what}, {count} {row.unit} …[/dim]")

        def say() -> None:
            console.print(f"[dim]  {come(report, row.slug):,} of {count:,} {row.unit}[/dim]")

        begun = time.monotonic()
        code, output = watched(command, environment, Path(folder) / "output", say)
        seconds = time.monotonic() - begun
        made, figures = gathered(report).get(row.slug, (0, {}))
    good = code == 0 and made > 0
    if not good:
        console.print(output[-6000:], markup=False, highlight=False)
    early = good and row.slug in ENDS_EARLY and made < count
    words = f"ended early, {count:,} were asked for; " if early else "" if good else "failed; "
    return Result(
        row.slug, row.what, made, row.unit, words + told(figures), row.target, good and not early,
        round(seconds, 1), row.not_proved,
    )  # fmt: skip


def watched(command: list[str], environment: dict[str, str], heard: Path, say: Callable[[], None]) -> tuple[int, str]:
    """Run it, and every few minutes have it said how far it has come; its exit code and what it printed."""
    with heard.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=HERE.parent, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        while True:
            try:
                code = process.wait(SAY_SECONDS)
                break
            except subprocess.TimeoutExpired:
                say()
            except BaseException:
                process.terminate()
                process.wait()
                raise
    return code, heard.read_text(encoding="utf-8", errors="replace")


def told(figures: dict[str, float]) -> str:
    """The figures in words: `lost 0 · most seconds back 1.8`."""
    return " · ".join(f"{name.replace('_', ' ')} {round(value, 2):g}" for name, value in figures.items())


def table(results: Iterable[Result]) -> Table:
    """The table as it is printed."""
    shown = Table(show_lines=True)
    for title in ("what", "tries", "result", "target", "met", "seconds", "what it does not prove"):
        shown.add_column(title, justify="right" if title in ("tries", "seconds") else "left")
    for row in results:
        met = "yes" if row.met else "NO"
        tries = f"{row.tries:,} {row.unit}"
        shown.add_row(row.what, tries, row.result, row.target, met, f"{row.seconds:,.0f}", row.not_proved)
    return shown


if __name__ == "__main__":
    sys.exit(main())
