"""The yearly notice of days off (国务院办公厅关于某年部分节假日安排的通知) as people copy it: lines of dates and names.

A line is a day or a span and, after it, the holiday: `1月1日至3日 元旦`, `2027-02-06 ~ 02-12 春节`, `10.10 国庆节`.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from django.utils.translation import gettext as _

from linli.places.errors import PlaceProblem

SPAN_DAYS_MAX = 15
_YEAR = r"(?:(?P<{0}year>\d{{4}})\s*[年./-]\s*)?"
_FIRST = _YEAR.format("a") + r"(?P<amonth>\d{1,2})\s*[月./-]\s*(?P<aday>\d{1,2})\s*[日号]?"
_LAST = _YEAR.format("b") + r"(?:(?P<bmonth>\d{1,2})\s*[月./-]\s*)?(?P<bday>\d{1,2})\s*[日号]?"
_WEEKDAY = r"(?:\s*[（(][^）)]*[）)])?"
_LINE = re.compile(rf"^{_FIRST}{_WEEKDAY}(?:\s*(?:至|到|[-–—~～])\s*{_LAST}{_WEEKDAY})?[\s,，、:：]*(?P<name>\D*)$")


def read_days(year: int, text: str) -> dict[date, str]:
    """The days of the lines with their names; PlaceProblem names the first line that cannot be read."""
    found: dict[date, str] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line:
            for day, name in _days(year, line, number):
                found[day] = name
    return found


def _days(year: int, line: str, number: int) -> list[tuple[date, str]]:
    match = _LINE.match(line)
    values = {"n": number, "line": line[:40]}
    if match is None:
        raise PlaceProblem("unread", _("第 %(n)d 行看不懂：“%(line)s”。写成“1月1日至3日 元旦”。") % values)
    part = match.groupdict()
    try:
        first = date(int(part["ayear"] or year), int(part["amonth"]), int(part["aday"]))
        last = first
        if part["bday"]:
            last = date(int(part["byear"] or first.year), int(part["bmonth"] or first.month), int(part["bday"]))
    except ValueError as error:
        raise PlaceProblem("no_such_day", _("第 %(n)d 行的日子不存在：“%(line)s”。") % values) from error
    length = (last - first).days + 1
    if not 1 <= length <= SPAN_DAYS_MAX:
        raise PlaceProblem("odd_span", _("第 %(n)d 行的起止日期不对：“%(line)s”。") % values)
    name = part["name"].strip(" 。；;，,放假休上班").strip()
    return [(first + timedelta(days=shift), name) for shift in range(length)]
