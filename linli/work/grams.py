"""What a text is found by: pairs of characters, written with the item and looked up when somebody searches. Pure.

Chinese has no spaces and its words are mostly of two characters, so trigrams miss them. Every text is therefore
known by its single characters, its pairs, and for Latin letters and digits its triples too (pairs of letters are in
almost every text). Each is a 32-bit number, so that the index stays small; two that share a number only cost a look
at the text, which every search takes anyway.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import add
from zlib import crc32

from linli.people.masking import mask_text

TERMS_MAX = 8
TAILS = range(4, 9)
"""How many last digits of a number find it: people read the end of a number over the phone."""
_RUN = re.compile(r"[^\W_]+")
_LATIN = re.compile(r"[0-9a-z]{3,}")
_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=1 << 17)
def code(gram: str) -> int:
    """The 32-bit number of a gram, signed as PostgreSQL's integer."""
    value = crc32(gram.encode("utf-8", "surrogatepass"))
    return value - (1 << 32) if value >> 31 else value


def normal(text: str) -> str:
    """A text as it is compared: NFKC (full width is half width), without case, one space for white space."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def searchable(*texts: str) -> str:
    """One text of several, each on a line, normalised and masked: a phone number in a text cannot be searched for."""
    kept: list[str] = []
    for text in sorted({normal(mask_text(text)) for text in texts if text}, key=len, reverse=True):
        if not any(text in other for other in kept):
            kept.append(text)
    return "\n".join(kept)


def of_text(text: str) -> set[int]:
    """The grams of a text that `searchable` or `normal` has prepared."""
    found: set[str] = set()
    for run in _RUN.findall(text):
        found.update(run)
        found.update(map(add, run, run[1:]))
        for latin in _LATIN.findall(run):
            found.update(map(add, map(add, latin, latin[1:]), latin[2:]))
    return set(map(code, found))


def of_place(place_path: str) -> set[int]:
    """One gram for each place on the way down to this one."""
    return {place_gram(label) for label in place_path.split(".") if label}


def place_gram(place: int | str) -> int:
    """The gram of everything in a place."""
    return code(f"@{place}")


def of_numbers(number: str, source_number: str = "") -> set[int]:
    """A number is found as a whole and by its last digits, an outside number as a whole."""
    found = {number, *(number[-length:] for length in TAILS)}
    if source_number:
        found.add(normal(source_number))
    return {code(f"#{text}") for text in found if text}


def terms(words: str) -> list[str]:
    """What has to stand in a text so that it is found: the runs of letters of what was typed, longest first."""
    runs = dict.fromkeys(_RUN.findall(normal(words)))
    return sorted(runs, key=len, reverse=True)[:TERMS_MAX]


def of_terms(wanted: Iterable[str]) -> list[int]:
    """The grams that a text with all these terms has."""
    found: set[str] = set()
    for term in wanted:
        if len(term) == 1:
            found.add(term)
        covered = [False] * len(term)
        for latin in _LATIN.finditer(term):
            piece, start = latin[0], latin.start()
            found.update(piece[place : place + 3] for place in range(len(piece) - 2))
            for place in range(start, latin.end() - 1):
                covered[place] = True
        found.update(term[place : place + 2] for place in range(len(term) - 1) if not covered[place])
    return sorted(map(code, found))


def of_number_typed(words: str) -> list[int]:
    """The gram of what was typed if it may be a number; empty when it cannot be one."""
    text = normal(words)
    return [code(f"#{text}")] if len(text) >= TAILS.start and text.isascii() and any(map(str.isdigit, text)) else []


Part = tuple[str, bool]


def marked(text: str, wanted: Sequence[str]) -> list[Part]:
    """The text in parts, each with whether it is one of the terms: what a page highlights."""
    folded, origin = _folded(text)
    hit = [False] * len(text)
    for term in wanted:
        start = folded.find(term)
        while start >= 0:
            for place in range(start, start + len(term)):
                hit[origin[place]] = True
            start = folded.find(term, start + len(term))
    parts: list[Part] = []
    for character, found in zip(text, hit, strict=True):
        if parts and parts[-1][1] == found:
            parts[-1] = (parts[-1][0] + character, found)
        else:
            parts.append((character, found))
    return parts


def _folded(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and for each of its characters where it stood."""
    folded, origin = [], []
    for place, character in enumerate(text):
        for letter in unicodedata.normalize("NFKC", character).casefold():
            folded.append(letter)
            origin.append(place)
    return "".join(folded), origin


def snippet(text: str, wanted: Sequence[str], length: int = 64) -> list[Part]:
    """The part of a text around its first term, marked; empty when no term stands in it."""
    folded, origin = _folded(text)
    places = [folded.find(term) for term in wanted]
    found = [origin[place] for place in places if place >= 0]
    if not found:
        return []
    start = max(0, min(found) - length // 4)
    cut = text[start : start + length]
    before, after = "…" if start else "", "…" if start + length < len(text) else ""
    return marked(before + cut.replace("\n", " ") + after, wanted)
