"""Figures of boards and the lists behind them: one definition each, so that a number and its list cannot differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from linli.kernel.labels import Label

Clause = tuple[str, list[Any]]

LIVE = "i.meaning IN ('open', 'waiting')"
DONE = "i.meaning = 'done'"
HANDLED_BY = "coalesce(i.replied_at, i.closed_at)"
COUNTED = f"{DONE} AND NOT i.excluded_from_rates AND i.handle_due IS NOT NULL"
"""What the on-time rate is made of: closed, promised, and not left out by a granted exclusion."""

BY_DUE = "i.next_due NULLS LAST, i.id"


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments a figure is measured at: now, the end of the local day, and the day asked for."""

    now: datetime
    day_end: datetime
    day: date | None = None

    def ago(self, days: int) -> datetime:
        """`days` before now."""
        return self.now - timedelta(days=days)

    def span(self) -> list[datetime]:
        """The local day asked for (else today) as a half-open span."""
        zone = timezone.get_default_timezone()
        day = self.day or timezone.localdate(self.now)
        begin = datetime(day.year, day.month, day.day, tzinfo=zone)
        return [begin, begin + timedelta(days=1)]

    def month(self) -> list[datetime]:
        """The local month of the day asked for (else of today) as a half-open span."""
        zone = timezone.get_default_timezone()
        first = (self.day or timezone.localdate(self.now)).replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
        return [datetime(day.year, day.month, 1, tzinfo=zone) for day in (first, following)]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it is called, what it counts (SQL over the alias `i`), and how its list is ordered.

    A `monthly` one counts the whole month of the day asked for.
    """

    label: Label
    clause: Callable[[Moments], Clause]
    order: str = BY_DUE
    monthly: bool = False


def _closed(condition: str, days: int) -> Callable[[Moments], Clause]:
    return lambda at: (f"{condition} AND i.closed_at > %s", [at.ago(days)])


def _closed_in_month(condition: str) -> Callable[[Moments], Clause]:
    return lambda at: (f"{condition} AND {_ON_DAY.format('closed_at')}", at.month())


_NEWEST_CLOSED = "i.closed_at DESC, i.id DESC"
_NEWEST = "i.received_at DESC, i.id DESC"
_ON_DAY = "i.{0} >= %s AND i.{0} < %s"


def _of_month(zh: str, en: str, clause: Callable[[Moments], Clause], order: str = _NEWEST_CLOSED) -> Figure:
    return Figure(Label(zh, en), clause, order, monthly=True)


FIGURES: dict[str, Figure] = {
    "open": Figure(Label("未办结", "Open"), lambda at: (LIVE, [])),
    "overdue": Figure(Label("已超期", "Overdue"), lambda at: (f"{LIVE} AND i.next_due < %s", [at.now])),
    "today": Figure(
        Label("今天还将到期", "Due later today"),
        lambda at: (f"{LIVE} AND i.next_due >= %s AND i.next_due < %s", [at.now, at.day_end]),
    ),
    "suspended": Figure(Label("挂账", "Suspended"), lambda at: ("i.state = 'suspended'", [])),
    "received_7": Figure(
        Label("近7天登记", "Received in 7 days"), lambda at: ("i.received_at > %s", [at.ago(7)]), _NEWEST
    ),
    "received_30": Figure(
        Label("近30天登记", "Received in 30 days"), lambda at: ("i.received_at > %s", [at.ago(30)]), _NEWEST
    ),
    "closed_7": Figure(Label("近7天办结", "Closed in 7 days"), _closed(DONE, 7), _NEWEST_CLOSED),
    "closed_30": Figure(Label("近30天办结", "Closed in 30 days"), _closed(DONE, 30), _NEWEST_CLOSED),
    "counted_30": Figure(Label("近30天计入按时率", "In the on-time rate"), _closed(COUNTED, 30), _NEWEST_CLOSED),
    "on_time_30": Figure(
        Label("近30天按时办结", "Closed on time"),
        _closed(f"{COUNTED} AND {HANDLED_BY} <= i.handle_due", 30), _NEWEST_CLOSED,
    ),
    "late_30": Figure(
        Label("近30天超期办结", "Closed late"),
        _closed(f"{COUNTED} AND {HANDLED_BY} > i.handle_due", 30), _NEWEST_CLOSED,
    ),
    "excluded_30": Figure(
        Label("近30天批准剔除", "Left out by decision"),
        _closed(f"{DONE} AND i.excluded_from_rates", 30), _NEWEST_CLOSED,
    ),
    "unpromised_30": Figure(
        Label("近30天无时限", "Closed without a date"),
        _closed(f"{DONE} AND NOT i.excluded_from_rates AND i.handle_due IS NULL", 30), _NEWEST_CLOSED,
    ),
    "rated_30": Figure(Label("近30天已评价", "Rated"), _closed(f"{DONE} AND i.rating IS NOT NULL", 30), _NEWEST_CLOSED),
    "satisfied_30": Figure(Label("近30天满意", "Satisfied"), _closed(f"{DONE} AND i.rating >= 3", 30), _NEWEST_CLOSED),
    "received_on": Figure(
        Label("当天登记", "Received on the day"), lambda at: (_ON_DAY.format("received_at"), at.span()), _NEWEST
    ),
    "closed_on": Figure(
        Label("当天办结", "Closed on the day"),
        lambda at: (f"{DONE} AND " + _ON_DAY.format("closed_at"), at.span()), _NEWEST_CLOSED,
    ),
    "received_month": _of_month(
        "当月登记", "Received in the month", lambda at: (_ON_DAY.format("received_at"), at.month()), _NEWEST
    ),
    "closed_month": _of_month("当月办结", "Closed in the month", _closed_in_month(DONE)),
    "left_month": _of_month(
        "月末未办结", "Open at the end of the month",
        lambda at: (
            f"i.received_at < %s AND (({LIVE} AND i.closed_at IS NULL) OR i.closed_at >= %s)", [at.month()[1]] * 2
        ),
        BY_DUE,
    ),
    "counted_month": _of_month("当月计入按时率", "In the on-time rate of the month", _closed_in_month(COUNTED)),
    "on_time_month": _of_month(
        "当月按时办结", "Closed on time in the month", _closed_in_month(f"{COUNTED} AND {HANDLED_BY} <= i.handle_due")
    ),
    "late_month": _of_month(
        "当月超期办结", "Closed late in the month", _closed_in_month(f"{COUNTED} AND {HANDLED_BY} > i.handle_due")
    ),
    "rated_month": _of_month("当月已评价", "Rated in the month", _closed_in_month(f"{DONE} AND i.rating IS NOT NULL")),
    "satisfied_month": _of_month("当月满意", "Satisfied in the month", _closed_in_month(f"{DONE} AND i.rating >= 3")),
    "any": Figure(Label("全部事项", "All items"), lambda at: ("TRUE", []), _NEWEST),
}  # fmt: skip
