"""The little of EBML (RFC 8794) that is needed to check a WebM recording and to leave out what is not sound.

A recording made by a browser has segments and clusters of unknown size; these end where an element of a higher
level begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

HEADER = 0x1A45DFA3
SEGMENT = 0x18538067
INFO = 0x1549A966
TRACKS = 0x1654AE6B
CLUSTER = 0x1F43B675
LEVEL_ONE = frozenset({INFO, TRACKS, CLUSTER, 0x114D9B74, 0x1C53BB6B, 0x1254C367, 0x1941A469, 0x1043A770})
DOC_TYPE, TIMECODE_SCALE, DURATION = 0x4282, 0x2AD7B1, 0x4489
TRACK_ENTRY, TRACK_TYPE, CODEC, TRACK_NAME = 0xAE, 0x83, 0x86, 0x536E
CLUSTER_TIME, SIMPLE_BLOCK, BLOCK_GROUP, BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
ELEMENTS_MAX = 60_000


class EbmlError(ValueError):
    """The bytes are not the EBML that they should be."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element: its id, where it and its body start, and where it ends; `open_ended` when its size was unknown."""

    id: int
    start: int
    body: int
    end: int
    open_ended: bool = False


def _identifier(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise EbmlError("an element is cut off")
    length = 9 - data[at].bit_length()
    if length > 4 or at + length > len(data):
        raise EbmlError("an element has no valid id")
    return int.from_bytes(data[at : at + length], "big"), length


def _size(data: bytes, at: int) -> tuple[int | None, int]:
    if at >= len(data):
        raise EbmlError("an element has no size")
    length = 9 - data[at].bit_length()
    if length > 8 or at + length > len(data):
        raise EbmlError("an element has no valid size")
    mask = (1 << (7 * length)) - 1
    value = int.from_bytes(data[at : at + length], "big") & mask
    return (None if value == mask else value), length


def elements(data: bytes, start: int, end: int, budget: list[int] | None = None) -> Iterator[Element]:
    """The elements between two offsets. A last element that is cut off ends with the data."""
    budget = budget if budget is not None else [ELEMENTS_MAX]
    at = start
    while at < end:
        budget[0] -= 1
        if budget[0] < 0:
            raise EbmlError("too many elements")
        number, id_length = _identifier(data, at)
        size, size_length = _size(data, at + id_length)
        body = at + id_length + size_length
        if size is None:
            stop = end if number == SEGMENT else _open_end(data, body, end, budget)
            yield Element(number, at, body, stop, open_ended=True)
        else:
            stop = min(body + size, end)
            yield Element(number, at, body, stop)
        at = stop


def _open_end(data: bytes, body: int, end: int, budget: list[int]) -> int:
    """Where an element of unknown size ends: at the next element of the first level, or with its parent."""
    at = body
    while at < end:
        budget[0] -= 1
        if budget[0] < 0:
            raise EbmlError("too many elements")
        number, id_length = _identifier(data, at)
        if number in LEVEL_ONE:
            return at
        size, size_length = _size(data, at + id_length)
        if size is None:
            raise EbmlError("an inner element has no size")
        at += id_length + size_length + size
    return end


def number_in(data: bytes, element: Element) -> int:
    """An unsigned number."""
    if element.end - element.body > 8:
        raise EbmlError("a number is too long")
    return int.from_bytes(data[element.body : element.end], "big")


def encode(number: int, body: bytes) -> bytes:
    """An element with a size of eight bytes."""
    name = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return name + (len(body) | 1 << 56).to_bytes(8, "big") + body
