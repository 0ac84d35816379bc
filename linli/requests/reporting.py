"""A report as it comes in, checked and completed: place, category, unit. Pure but for the snapshots it is given."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from linli.kernel.coordinates import convert
from linli.kernel.labels import Label
from linli.people.masking import normalise_phone
from linli.places.snapshot import PlaceSnapshot
from linli.requests.triage import suggest
from linli.requests.vocabulary import CHANNELS, REQUEST_KINDS
from linli.work.engine import StepRefused
from linli.work.terms import Catalogue

WORDS_LENGTH_MAX = 5000
ADDRESS_LENGTH_MAX = 300
NAME_LENGTH_MAX = 60
TITLE_LENGTH = 40
WORDLESS = "随手报"
"""The title of a report without words: a photo, a voice."""
UPLOADS_MAX = 9
_PHONE = re.compile(r"^(?:\+?86)?1[3-9]\d{9}$|^0\d{2,3}-?\d{7,8}$|^\d{7,8}$")
_BREAK = re.compile(r"[。！？!?；;\n]")


@dataclass(frozen=True, slots=True)
class Report:
    """What someone reports. Only `kind` and words or a photo are needed; position or place finds the grid."""

    kind: str
    words: str
    transition: str = "report"
    longitude: float | None = None
    latitude: float | None = None
    source_crs: str = "EPSG:4490"
    place_id: int | None = None
    address: str = ""
    category_id: int | None = None
    contact_name: str = ""
    phone: str = ""
    anonymous: bool = False
    wants_news: bool = False
    uploads: Sequence[str] = ()
    channel: str = "web"
    accused_organisation_id: int | None = None
    title: str = ""
    source_system: str = ""
    source_number: str = ""
    outside_due: Any = None
    step_data: Any = None


@dataclass(frozen=True, slots=True)
class Located:
    """Where the report lies: today's place, its path, the grid's version, the point in EPSG:4490."""

    place_id: int
    path: str
    grid_version: int
    longitude: float | None
    latitude: float | None


def refuse(code: str, field: str, zh: str, en: str) -> StepRefused:
    """A 422 for one field, in both languages."""
    return StepRefused(code, Label(zh, en), status=422, field=field)


def checked(report: Report) -> Report:
    """The report with cleaned texts; raises StepRefused (422) naming the field and what to do."""
    if report.kind not in REQUEST_KINDS:
        raise refuse("invalid_kind", "kind", "请选择是求助、投诉、举报、咨询、建议还是表扬。", "Choose a kind.")
    if report.channel not in CHANNELS:
        raise refuse("invalid_channel", "channel", "来源渠道不对。", "Unknown channel.")
    words = _printable(report.words)
    if not words and not report.uploads:
        raise refuse("nothing_said", "words", "请写几句话，或者拍一张照片。", "Write a few words or take a photo.")
    if len(words) > WORDS_LENGTH_MAX:
        zh = f"最多{WORDS_LENGTH_MAX}字，现在有{len(words)}字，请写短一些。"
        raise refuse("too_long", "words", zh, f"At most {WORDS_LENGTH_MAX} characters; there are {len(words)}.")
    if len(report.uploads) > UPLOADS_MAX:
        raise refuse("too_many_files", "photos", f"最多{UPLOADS_MAX}张照片。", f"At most {UPLOADS_MAX} photos.")
    phone = normalise_phone(report.phone) if report.phone.strip() else ""
    if phone and not _PHONE.match(phone):
        raise refuse("invalid_phone", "phone", "电话号码不完整，请检查；不留电话也可以提交。",
                     "The phone number is not complete; you may also leave it empty.")  # fmt: skip
    if report.anonymous:
        phone = ""
    return replace(
        report,
        words=words,
        phone=phone,
        contact_name="" if report.anonymous else _printable(report.contact_name)[:NAME_LENGTH_MAX],
        address=_printable(report.address)[:ADDRESS_LENGTH_MAX],
        title=_printable(report.title),
        source_system=_printable(report.source_system),
        source_number=_printable(report.source_number),
        wants_news=report.wants_news and bool(phone),
    )


def _printable(text: str) -> str:
    text = text.strip()
    return text if text.isprintable() else "".join(ch for ch in text if ch == "\n" or ch.isprintable())


def locate(report: Report, places: PlaceSnapshot) -> Located:
    """The grid of a point, or the place that was chosen; raises StepRefused when neither is inside the district."""
    point = _point(report)
    if point is not None:
        found = places.locate(*point)
        if found is not None:
            return Located(found.place_id, found.path, found.grid_version, *point)
    if report.place_id is not None:
        chosen = places.get(report.place_id)
        if chosen is None or not chosen.active:
            raise refuse("unknown_place", "place", "没有找到这个地点，请重新选择。", "Unknown place; choose again.")
        if point is None and chosen.lon is not None and chosen.lat is not None:
            point = (chosen.lon, chosen.lat)
        return Located(chosen.id, chosen.path, places.version, *(point or (None, None)))
    if point is not None:
        raise refuse("outside", "place", "这个位置不在本区范围内，请移动图钉或从列表选择社区。",
                     "This position is outside the district; move the pin or choose a community.")  # fmt: skip
    raise refuse("no_place", "place", "请告诉我们在哪里：允许定位、在地图上点一下，或选择社区。",
                 "Tell us where: allow positioning, tap the map, or choose a community.")  # fmt: skip


def _point(report: Report) -> tuple[float, float] | None:
    if report.longitude is None or report.latitude is None:
        return None
    if not (math.isfinite(report.longitude) and math.isfinite(report.latitude)):
        raise refuse("invalid_position", "place", "位置不对，请重新定位。", "The position is not valid.")
    if not (-180 <= report.longitude <= 180 and -90 <= report.latitude <= 90):
        raise refuse("invalid_position", "place", "位置不对，请重新定位。", "The position is not valid.")
    try:
        lon, lat = convert(report.longitude, report.latitude, report.source_crs, "EPSG:4490")
    except ValueError as error:
        raise refuse("invalid_crs", "source_crs", "不支持这种坐标系。", "Unknown coordinate system.") from error
    return round(lon, 7), round(lat, 7)


def category_for(report: Report, catalogue: Catalogue) -> tuple[int | None, int | None]:
    """(category, suggested category): the chosen one when it exists, else the best suggestion."""
    found = suggest(report.words, report.kind, catalogue)
    suggested = found[0].category_id if found else None
    if report.category_id is not None:
        if report.category_id not in catalogue.categories:
            raise refuse(
                "unknown_category", "category", "这个类别已停用，请重新选择。", "No longer used; choose again."
            )
        return report.category_id, suggested
    return suggested, suggested


def title_of(report: Report, category_name: str) -> str:
    """A short title: the given one, the first sentence of the words; a photo or a voice alone goes by what it is."""
    text = report.title.strip() or _BREAK.split(report.words.strip(), maxsplit=1)[0].strip()
    if not text:
        # A category that nobody chose says nothing of what the photo shows.
        text = f"{WORDLESS}：{category_name}" if report.category_id is not None and category_name else WORDLESS
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1] + "…"
