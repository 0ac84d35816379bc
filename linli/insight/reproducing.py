"""All published figures held against the records: one row for each, for the command line, the page and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from linli.insight.figures import FIGURES
from linli.insight.measuring import Reading
from linli.insight.published import KINDS, VERDICTS, Kind, Measured, Published, Verdict
from linli.kernel.labels import Label

SYNTHETIC = "合成数据"
"""The word by which every output says that the records behind a figure are generated."""
MARK, REAL = Label(SYNTHETIC, "synthetic"), Label("含真实数据", "with real data")


@dataclass(frozen=True, slots=True)
class Row:
    """A published figure, what was computed, and the verdict."""

    figure: Published
    found: Measured | None
    verdict: Verdict

    @property
    def synthetic(self) -> bool:
        """Whether a value was computed, and from generated records only."""
        return self.found is not None and self.found.synthetic

    @property
    def missing(self) -> tuple[str, ...]:
        """Named things that were not found."""
        names = self.found.names if self.found else ()
        return tuple(name for name in self.figure.names if name not in names) if self.found else ()

    def as_json(self) -> dict[str, Any]:
        """As a machine reads it; numbers are numbers, days are ISO 8601."""
        figure, found = self.figure, self.found
        return {
            "id": figure.id, "title": {"zh": figure.title.zh, "en": figure.title.en},
            "place": {"code": figure.place, "name": figure.place_name}, "kind": str(figure.kind),
            "published": list(figure.names) if figure.kind is Kind.NAMED else figure.expected,
            "interval": [number(edge) for edge in figure.interval] if figure.kind is Kind.ROUNDED else None,
            "computed": None if found is None else list(found.names) if figure.kind is Kind.NAMED
            else number(found.value),
            "missing": list(self.missing), "unit": {"zh": figure.unit.zh, "en": figure.unit.en},
            "n": found.n if found else None,
            "since": found.since.isoformat() if found and found.since else None,
            "until": found.until.isoformat() if found and found.until else None,
            "verdict": str(self.verdict), "rule": {"zh": figure.rule.zh, "en": figure.rule.en},
            "synthetic": found.synthetic if found else None, "mark": SYNTHETIC if self.synthetic else None,
        }  # fmt: skip

    # What a person reads.

    def published_text(self, language: str) -> str:
        """The published figure in words."""
        figure = self.figure
        if figure.kind is Kind.NAMED:
            return f"{len(figure.names)} {figure.unit.text(language)}".rstrip()
        more = {Kind.AT_LEAST: "≥ ", Kind.ROUNDED: "≈ "}.get(figure.kind, "")
        return f"{more}{figure.expected:,} {figure.unit.text(language)}".rstrip()

    def computed_text(self) -> str:
        """What was computed; a dash where nothing was."""
        if self.found is None:
            return "–"
        if self.figure.kind is Kind.NAMED:
            return f"{len(self.found.names)}"
        value = number(self.found.value)
        return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"

    def period_text(self) -> str:
        """The days behind it, a whole year by its number; empty for what holds today."""
        found = self.found
        if found is None or found.since is None or found.until is None:
            return ""
        first, last = found.since, found.until
        if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
            return str(first.year)
        return f"{first} – {last}"

    def kind_text(self, language: str) -> str:
        """How the figure is meant."""
        return KINDS[self.figure.kind].text(language)

    def data_text(self, language: str) -> str:
        """Whether the records are generated; empty where there are none."""
        if self.found is None or not self.found.n:
            return ""
        return (MARK if self.found.synthetic else REAL).text(language)

    def verdict_text(self, language: str) -> str:
        """What came of it."""
        return VERDICTS[self.verdict].text(language)


def number(value: Fraction) -> int | float:
    """A whole number where it is one, else two decimals."""
    return int(value) if value.denominator == 1 else round(float(value), 2)


def reproduce(figures: Iterable[Published] = FIGURES, reading: Reading | None = None) -> list[Row]:
    """A row for each figure (at most 14 statements for those of today, whatever there is)."""
    reading, rows = reading or Reading(), []
    for figure in figures:
        found = figure.measure(reading) if figure.measure is not None else None
        rows.append(Row(figure, found, figure.judge(found)))
    return rows


def judged(rows: Sequence[Row]) -> list[Row]:
    """Rows with a verdict that is a judgement."""
    return [row for row in rows if row.verdict in (Verdict.HOLDS, Verdict.FAILS)]


def whole(rows: Sequence[Row]) -> bool:
    """Whether something was judged, and nothing failed."""
    found = judged(rows)
    return bool(found) and all(row.verdict is Verdict.HOLDS for row in found)
