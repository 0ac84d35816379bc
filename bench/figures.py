"""What a benchmark answers: name, value, unit, floor, ratio, target, met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One figure. `at_least` or `at_most` bounds the ratio where there is a floor, else the value itself."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Value over floor."""
        return self.value / self.floor if self.floor else None

    @property
    def judged(self) -> float:
        """What the target is compared with."""
        return self.ratio if self.ratio is not None else self.value

    @property
    def met(self) -> bool:
        """Whether the target holds."""
        low = self.at_least is None or self.judged >= self.at_least
        return low and (self.at_most is None or self.judged <= self.at_most)

    @property
    def target(self) -> str:
        """The target as people read it; a dash for a figure that is shown for comparison only."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return f"≤ {self.at_most:g}" if self.at_most is not None else "–"

    def as_row(self) -> dict[str, Any]:
        """For results.json."""
        return {
            "name": self.name, "value": round(self.value, 4), "unit": self.unit,
            "floor": round(self.floor, 4) if self.floor is not None else None,
            "ratio": round(self.ratio, 4) if self.ratio is not None else None,
            "target": self.target, "met": self.met, "note": self.note,
        }  # fmt: skip


def table(figures: Sequence[Figure]) -> Table:
    """All figures for a terminal."""
    shown = Table(title="make bench")
    for column in ("figure", "value", "unit", "floor", "ratio", "target", "met"):
        shown.add_column(column, justify="left" if column in ("figure", "unit") else "right")
    for figure in figures:
        row = figure.as_row()
        shown.add_row(
            figure.name + (f"\n[dim]{figure.note}[/dim]" if figure.note else ""), f"{row['value']:g}", figure.unit,
            "" if row["floor"] is None else f"{row['floor']:g}", "" if row["ratio"] is None else f"{row['ratio']:.2f}",
            figure.target, "[green]yes[/green]" if figure.met else "[red]NO[/red]",
        )  # fmt: skip
    return shown
