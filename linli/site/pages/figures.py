"""`/about/figures/`: published figures held against the demo's records, as `linli reproduce` prints them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from linli.insight.measuring import Reading
from linli.insight.published import Verdict
from linli.insight.reproducing import Row, judged, reproduce
from linli.places.snapshot import place_snapshot
from linli.site.pages.common import page
from linli.site.words import language

CHIPS = {Verdict.HOLDS: "chip-open", Verdict.FAILS: "chip-red"}


@require_safe
@cache_control(max_age=60)
def figures(request: HttpRequest) -> HttpResponse:
    """Each figure with its rule, records, period and verdict; what is not there yet without one (≤ 16 statements)."""
    places, words = place_snapshot(), language()
    rows = reproduce(reading=Reading(places))
    found = judged(rows)
    context: dict[str, Any] = {
        "rows": [_shown(row, words) for row in rows if row.found is not None],
        "later": [_shown(row, words) for row in rows if row.verdict is Verdict.NOT_YET] if found else [],
        "all": len(found),
        "holding": sum(row.verdict is Verdict.HOLDS for row in found),
    }
    return page(request, "figures.html", context, places=places)


def _shown(row: Row, words: str) -> dict[str, Any]:
    """A figure in words."""
    figure = row.figure
    return {
        "id": figure.id, "place": figure.place_name, "title": figure.title.text(words),
        "rule": figure.rule.text(words), "kind": row.kind_text(words), "published": row.published_text(words),
        "computed": row.computed_text(), "n": f"{row.found.n:,}" if row.found else "", "period": row.period_text(),
        "verdict": row.verdict_text(words), "chip": CHIPS.get(row.verdict, ""), "data": row.data_text(words),
        "synthetic": row.synthetic, "names": figure.names, "missing": row.missing,
    }  # fmt: skip
