"""Times and states as residents say them: 明天 17:30, not a state code and an ISO date."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.kernel.labels import Label
from linli.requests.plain import filled

_WEEKDAYS_ZH = "一二三四五六日"


def language() -> str:
    """The language of the page."""
    return get_language() or "zh-hans"


def text(label: Label | None) -> str:
    """A label in the language of the page; empty for none."""
    return label.text(language()) if label is not None else ""


def when(at: datetime | None, now: datetime | None = None) -> str:
    """A moment in the district's time, as near as people say it; empty for none."""
    if at is None:
        return ""
    local, today = timezone.localtime(at), timezone.localtime(now or timezone.now())
    clock = f"{local:%H:%M}"
    away = (local.date() - today.date()).days
    if away == -1:
        return _("昨天 %(time)s") % {"time": clock}
    if away == 0:
        return _("今天 %(time)s") % {"time": clock}
    if away == 1:
        return _("明天 %(time)s") % {"time": clock}
    if away == 2:
        return _("后天 %(time)s") % {"time": clock}
    return f"{day(at, now)} {clock}"


def day(at: datetime, now: datetime | None = None) -> str:
    """The day of a moment: 11月27日（周五）, with the year when it is another one."""
    local, today = timezone.localtime(at), timezone.localtime(now or timezone.now())
    if language().startswith("en"):
        return f"{local:%a} {local.day} {local:%b}" + (f" {local.year}" if local.year != today.year else "")
    shown = f"{local.month}月{local.day}日（周{_WEEKDAYS_ZH[local.weekday()]}）"
    return shown if local.year == today.year else f"{local.year}年{shown}"


def sentence(label: Label | None, *, unit: str = "", due: datetime | None = None, now: datetime | None = None) -> str:
    """A plain sentence with the unit and the date put in; a clause whose value is not known is left out."""
    return filled(text(label), unit=unit, due=when(due, now)) or _("正在办理")
