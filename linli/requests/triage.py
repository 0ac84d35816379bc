"""Which category do these words mean? A suggestion by keywords, over the catalogue's snapshot; pure and fast.

Longer keywords count more (they are more specific), a hit in the first sentence counts double, and a category's
own name counts as a keyword. The person may always choose another category.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from operator import add
from weakref import WeakKeyDictionary

from linli.work.terms import Catalogue, CategoryRow

SUGGESTIONS_MAX = 5
_SENTENCE_END = re.compile(r"[。！？!?\n]")
KIND_DEFAULTS = {"consultation": "9901", "suggestion": "9902", "praise": "9903"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A category that the words point to; `score` is only good for comparing."""

    category_id: int
    name: str
    score: float


_Index = dict[str, dict[str, list[tuple[int, float]]]]
"""First two characters of a keyword → keyword → (category, weight)."""


def _index(categories: Iterable[CategoryRow]) -> _Index:
    found: _Index = {}
    for row in categories:
        for word in {*row.keywords, row.name} - {""}:
            weight = float(len(word)) ** 1.5 if len(word) > 1 else 0.6
            found.setdefault(word[:2], {}).setdefault(word, []).append((row.id, weight))
    return found


def _words_in(text: str, index: _Index) -> set[str]:
    """The keywords that the text holds: only those that begin like some two characters of it are looked for."""
    beginnings = index.keys() & {*text, *map(add, text, text[1:])}
    return {word for beginning in beginnings for word in index[beginning] if word in text}


def suggest(words: str, kind: str, catalogue: Catalogue, *, language: str = "zh-hans") -> list[Suggestion]:
    """The likeliest categories for `words`, best first; the kind's own default when nothing is recognised."""
    leaves, index = _leaves(catalogue)
    scores: dict[int, float] = {}
    first = _SENTENCE_END.split(words.strip(), maxsplit=1)[0][:60]
    text = words[:1500]
    for word in sorted(_words_in(text, index)):
        twice = 2.0 if word in first else 1.0
        for category_id, weight in index[word[:2]][word]:
            scores[category_id] = scores.get(category_id, 0.0) + weight * twice
    ranked = sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))[:SUGGESTIONS_MAX]
    if not ranked or (kind in KIND_DEFAULTS and kind != "suggestion"):
        default = _by_code(leaves, KIND_DEFAULTS.get(kind, "99"))
        if default is not None and default.id not in dict(ranked):
            ranked = [(default.id, 0.0), *ranked] if kind in KIND_DEFAULTS else [*ranked, (default.id, 0.0)]
    rows = catalogue.categories
    return [Suggestion(cid, rows[cid].label(language), score) for cid, score in ranked[:SUGGESTIONS_MAX]]


def _leaves(catalogue: Catalogue) -> tuple[tuple[CategoryRow, ...], _Index]:
    known = _KEPT.get(catalogue)
    if known is None:
        rows = tuple(_leaf_rows(catalogue.categories.values()))
        known = _KEPT[catalogue] = (rows, _index(rows))
    return known


# Goes with its catalogue.
_KEPT: WeakKeyDictionary[Catalogue, tuple[tuple[CategoryRow, ...], _Index]] = WeakKeyDictionary()


def _leaf_rows(rows: Iterable[CategoryRow]) -> list[CategoryRow]:
    found = list(rows)
    parents = {row.parent_id for row in found}
    return [row for row in found if row.id not in parents or row.code == "99"]


def _by_code(rows: Iterable[CategoryRow], code: str) -> CategoryRow | None:
    return next((row for row in rows if row.code == code), None)
