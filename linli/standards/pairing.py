"""Which line of a new table is which criterion of the version before? By code, by names, by likeness of names. Pure.

A pair that is sure needs nobody: same code and nearly the same words, the same names from the top down, the same
words elsewhere. A pair that is only likely is asked about, for with its lineage a criterion keeps its past: whether a
line was reworded or replaced is for a person to say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

SURE_WITH_CODE = 0.75
LIKELY_WITH_CODE, LIKELY_IN_CONTENT, LIKELY_IN_ITEM, LIKELY = 0.3, 0.5, 0.6, 0.75
TELLING = 8
"""From so many signs on the same words in another item are no accident."""

_NUMBERING = re.compile(
    r"^(?:第[一二三四五六七八九十百\d]+[章节部分篇类项条]+|\d+(?:\.\d+)+[、.．]?"
    r"|[（(]?(?:[一二三四五六七八九十]+|\d+)[）)、.．])\s*"
)
_POINTS_BEHIND = re.compile(r"\s*[（(【\[]\s*(?:共|满分|合计)?\s*(\d+(?:\.\d+)?)\s*分\s*[）)】\]]\s*$")


@dataclass(frozen=True, slots=True)
class Entry:
    """A criterion as it is looked for: item, content (empty: none), title and code."""

    item: str
    content: str
    title: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Positions of the new lines with those of the old ones: what is sure, and what somebody should be asked."""

    sure: Mapping[int, int]
    likely: Mapping[int, int]


def bare(text: str) -> str:
    """Words without numbering in front, points behind, spaces and signs: what stays when a table is numbered anew."""
    found = without_points(" ".join(text.split()))[0]
    return "".join(sign for sign in _NUMBERING.sub("", found).lower() if sign.isalnum())


def without_points(title: str) -> tuple[str, str]:
    """A heading such as 一、市容环境（30分） without its points, and the points ("" where it names none)."""
    told = _POINTS_BEHIND.search(title)
    return (title[: told.start()].rstrip(), told[1]) if told and told.start() else (title, "")


def likeness(one: str, other: str) -> float:
    """How alike two texts are, 0–1: twice the pairs of signs they share, over all their pairs (Dice)."""
    first, second = _grams(one), _grams(other)
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 0.0


def _grams(text: str) -> Counter[str]:
    return Counter(text[place : place + 2] for place in range(max(1, len(text) - 1))) if text else Counter()


@dataclass(slots=True)
class _Line:
    """An entry made comparable. `lone`: its item has no namesake in the other table, so it may be a renamed one."""

    code: str
    item: str
    content: str
    title: str
    grams: Counter[str]
    lone: bool = False

    @classmethod
    def of(cls, entry: Entry) -> _Line:
        title = bare(entry.title)
        return cls("".join(entry.code.split()), bare(entry.item), bare(entry.content), title, _grams(title))


def pair(old: Sequence[Entry], new: Sequence[Entry]) -> Pairs:
    """Pair the lines of a new table with those of the old one; none is taken twice."""
    was, now = [_Line.of(entry) for entry in old], [_Line.of(entry) for entry in new]
    for lines, others in ((was, now), (now, was)):
        items = {line.item for line in others}
        for line in lines:
            line.lone = line.item not in items
    sure: dict[int, int] = {}
    same: tuple[Callable[[_Line], Hashable | None], ...] = (
        lambda line: (line.code, line.title) if line.code else None,
        lambda line: (line.item, line.content, line.title),
        lambda line: (line.item, line.title),
        lambda line: line.title if line.lone or len(line.title) >= TELLING else None,
    )
    for key in same:
        sure |= _unique(was, now, key, sure)
    likely: dict[int, int] = {}
    taken = set(sure.values())
    for share, place, other in sorted(_candidates(was, now, sure), key=lambda found: (-found[0], found[1], found[2])):
        if place in sure or place in likely or other in taken:
            continue
        taken.add(other)
        coded = bool(now[place].code) and now[place].code == was[other].code
        (sure if coded and share - 1 >= SURE_WITH_CODE else likely)[place] = other
    return Pairs(sure, likely)


def _unique(
    was: Sequence[_Line], now: Sequence[_Line], key: Callable[[_Line], Hashable | None], done: Mapping[int, int]
) -> dict[int, int]:
    """Pairs of those that are left and alone, on either side, in having the same key."""
    sides = []
    for lines, left_out in ((was, set(done.values())), (now, set(done))):
        found: dict[Hashable, list[int]] = {}
        for place, line in enumerate(lines):
            value = key(line)
            if place not in left_out and value is not None:
                found.setdefault(value, []).append(place)
        sides.append(found)
    before, after = sides
    return {
        places[0]: before[value][0]
        for value, places in after.items() if len(places) == 1 and len(before.get(value, ())) == 1
    }  # fmt: skip


def _candidates(
    was: Sequence[_Line], now: Sequence[_Line], done: Mapping[int, int]
) -> Iterator[tuple[float, int, int]]:
    """(likeness, new, old) of what may be the same; one more where the code is the same, so that codes go first."""
    taken, holding = set(done.values()), dict[str, list[tuple[int, int]]]()
    for place, line in enumerate(was):
        for gram, count in line.grams.items() if place not in taken else ():
            holding.setdefault(gram, []).append((place, count))
    totals = [line.grams.total() for line in was]
    for place, line in enumerate(now):
        shared: Counter[int] = Counter()
        for gram, count in line.grams.items() if place not in done else ():
            for other, most in holding.get(gram, ()):
                shared[other] += min(count, most)
        whole = line.grams.total()
        for other, count in shared.items():
            before, share = was[other], 2 * count / (whole + totals[other])
            if line.code and line.code == before.code:
                if share >= LIKELY_WITH_CODE:
                    yield 1 + share, place, other
                continue
            near = (
                LIKELY_IN_CONTENT if (line.item, line.content) == (before.item, before.content)
                else LIKELY_IN_ITEM if line.item == before.item or (line.lone and before.lone) else LIKELY
            )  # fmt: skip
            if share >= near:
                yield share, place, other


def heirs(
    old_parents: Sequence[Hashable],
    new_parents: Sequence[Hashable],
    pairs: Mapping[int, int],
    known: Mapping[Hashable, Hashable],
) -> dict[Hashable, Hashable]:
    """Items or contents that were renamed: a new one to which more than half of the paired lines of an old one came.

    `old_parents` and `new_parents` name what stands above each line; `known` pairs (new → old) those with one name.
    """
    came: dict[Hashable, Counter[Hashable]] = {}
    for place, other in pairs.items():
        came.setdefault(new_parents[place], Counter())[old_parents[other]] += 1
    of_old = Counter(old_parents[other] for other in pairs.values())
    taken, found = set(known.values()), dict(known)
    for parent, counts in came.items():
        best, count = counts.most_common(1)[0]
        if parent not in found and best not in taken and 2 * count > of_old[best] and 2 * count > counts.total():
            found[parent] = best
            taken.add(best)
    return found
