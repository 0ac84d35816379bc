"""What proof a criterion asks for: kind, how many, how old it may be, how long a caption may be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from linli.kernel.labels import Label

KINDS: Final[dict[str, Label]] = {
    "photo": Label("照片", "Photos"),
    "document": Label("文件", "Documents"),
    "data": Label("数据", "Figures"),
    "report": Label("说明报告", "Reports"),
    "publicity": Label("宣传活动", "Publicity"),
}
PUBLICITY: Final = "publicity"
"""Activities that the criterion names by topic or title, held on a day, with a photo and a counted audience."""
COUNT_MAX, DAYS_MAX, CAPTION_MAX = 200, 3650, 2000


class EvidenceError(ValueError):
    """A requirement cannot be read; `kind` says of which."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Requirement:
    """Of one kind: at least `count` pieces, not older than `days` before the end of the period (None: any day of
    the period), each with a caption of at most `caption` characters (None: no limit)."""

    kind: str
    count: int = 1
    days: int | None = None
    caption: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The requirement as it is stored."""
        found: dict[str, Any] = {"kind": self.kind, "count": self.count}
        if self.days is not None:
            found["days"] = self.days
        if self.caption is not None:
            found["caption"] = self.caption
        return found


def requirements_of(data: Iterable[Mapping[str, Any]]) -> tuple[Requirement, ...]:
    """Requirements from their stored form, at most one of a kind. Raises `EvidenceError`."""
    found: dict[str, Requirement] = {}
    for entry in data:
        kind = str(entry.get("kind", ""))
        if kind not in KINDS or kind in found:
            raise EvidenceError(kind)
        try:
            count = int(entry.get("count", 1))
            days = None if entry.get("days") in (None, "") else int(entry["days"])
            caption = None if entry.get("caption") in (None, "") else int(entry["caption"])
        except (TypeError, ValueError):
            raise EvidenceError(kind) from None
        if not 1 <= count <= COUNT_MAX or not (days is None or 1 <= days <= DAYS_MAX):
            raise EvidenceError(kind)
        if not (caption is None or 1 <= caption <= CAPTION_MAX):
            raise EvidenceError(kind)
        found[kind] = Requirement(kind, count, days, caption)
    return tuple(found[kind] for kind in KINDS if kind in found)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """One file that was added by hand: a photo (or recording), or a document; its own day, where it has one."""

    is_document: bool
    day: date | None = None


def may_be(entry: Requirement, piece: Uploaded, period: tuple[date, date] | None) -> bool:
    """Whether a file may be a piece of what is asked for: a document is no photo and no publicity; its own day lies in
    the period, and not further before its end than the window. A file without a day is not held against anybody."""
    if piece.is_document and entry.kind in ("photo", PUBLICITY):
        return False
    if piece.day is None or period is None:
        return True
    since, until = period
    return since <= piece.day <= until and (entry.days is None or piece.day >= until - timedelta(days=entry.days))


def missing(
    asked: Iterable[Requirement],
    *,
    photos: int,
    records: int,
    uploaded: Iterable[Uploaded] = (),
    publicity: int = 0,
    period: tuple[date, date] | None = None,
) -> dict[str, int]:
    """What is still missing, by kind: of photos, of publicity and of the other pieces.

    `photos` are those of the `records` that are linked, `publicity` those of the records that are publicity; documents,
    figures and reports may be any record that is not needed as publicity. What was uploaded fills what is missing of
    photos first, where it may (`may_be`); documents go before photos where both may. Kinds of which nothing is missing
    are left out.
    """
    found: dict[str, int] = {}
    spare = {"photo": photos, PUBLICITY: publicity, "other": records}
    files = sorted(uploaded, key=lambda piece: (not piece.is_document, piece.day or date.max))
    for entry in sorted(asked, key=lambda one: (one.kind != "photo", one.kind != PUBLICITY)):
        pile = entry.kind if entry.kind in ("photo", PUBLICITY) else "other"
        used = min(entry.count, spare[pile])
        spare[pile] -= used
        spare["other"] -= used if pile == PUBLICITY else 0
        fitting = [piece for piece in files if may_be(entry, piece, period)][: entry.count - used]
        for piece in fitting:
            files.remove(piece)
        if entry.count > used + len(fitting):
            found[entry.kind] = entry.count - used - len(fitting)
    return found
