"""The poster of an activity (海报): A4, large type, with the QR of its page. Chinese, as all papers."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation

from linli.activities.calendars import address
from linli.activities.selectors import Shown
from linli.activities.shown import hours, place_words
from linli.places.snapshot import place_snapshot
from linli.work.printing.rendering import draw, qr_svg
from linli.work.printing.words import title_lines

LONG_TITLE, LINES_MAX = 12, 5


def poster(shown: Shown) -> bytes:
    """The PDF."""
    with translation.override("zh-hans"):
        return draw(render_to_string("activities/poster.html", context_of(shown)))


def context_of(shown: Shown) -> dict[str, Any]:
    """What stands on it: what, when, where, for whom, how to come; nobody's name or phone."""
    row = shown.row
    day = timezone.localdate(row.starts_at)
    week = "一二三四五六日"[day.weekday()]
    return {
        "title": row.title, "long": len(row.title) > LONG_TITLE,
        "lines": title_lines(row.title, 14 if len(row.title) > LONG_TITLE else 10), "purpose": row.purpose,
        "programme": [line[:36] for line in row.programme.split("\n") if line.strip()][:LINES_MAX],
        "day": f"{day.year}年{day.month}月{day.day}日（星期{week}）", "hours": hours(row.starts_at, row.ends_at),
        "place": place_snapshot().full_name(row.place_id, "street"), "spot": row.spot,
        "where": place_words(row.place.name, row.spot),
        "unit": row.organisation.name if row.organisation else "", "format": row.format.name if row.format else "",
        "topics": row.topics, "tools": row.tools, "minors": row.minors, "risk": row.risk != "none",
        "roles": [(role["name"], role["capacity"], "、".join(role["skills"] or ())) for role in shown.roles],
        "qr": qr_svg(address(row.pk)), "synthetic": row.synthetic, "cancelled": row.state == row.CANCELLED,
    }  # fmt: skip
