"""Wishes as a table: public words, days and who claimed them by kind. No wisher, no claimer, nobody's own words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from linli.exchange.sheets import as_xlsx
from linli.people.masking import mask_text
from linli.places.snapshot import PlaceSnapshot
from linli.wishes.pages_common import language, sort_word
from linli.wishes.selectors import WishRow
from linli.wishes.workflow import WISH
from linli.work.terms import catalogue

ROWS_MAX = 20_000


def wishes_xlsx(rows: Sequence[WishRow], places: PlaceSnapshot) -> bytes:
    """The workbook (no statement beside those of the catalogue)."""
    head = (
        _("编号"), _("类别"), _("公开的标题"), _("公开的话"), _("社区"), _("状态"), _("收到日期"), _("期限"),
        _("实现日期"), _("认领"),
    )  # fmt: skip
    units = catalogue()
    table = [head, *(_line(row, places, units) for row in rows)]
    return as_xlsx([(_("微心愿"), table)], _("微心愿清单"))


def _line(row: WishRow, places: PlaceSnapshot, units: Any) -> tuple[Any, ...]:
    claimed = _("居民") if row.claimer_id is not None else ""
    if row.claimer_unit_id is not None:
        claimed = units.organisation_name(row.claimer_unit_id)
    came_true = row.closed_at if row.state == "closed" else None
    return (
        row.number, sort_word(row.sort), mask_text(row.title), mask_text(row.words),
        places.full_name(row.place_id, "street") if row.place_id else "", WISH.state(row.state).label.text(language()),
        _day(row.received_at), _day(row.due), _day(came_true), claimed,
    )  # fmt: skip


def _day(at: datetime | None) -> date | None:
    return timezone.localdate(at) if at is not None else None
