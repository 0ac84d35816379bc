"""Parsers for the fields of kinds: they read a cell, and ask where the cell leaves something open."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.exchange.errors import CellProblem, ExchangeProblem
from linli.exchange.kinds import Choice, Parser, Question, Run
from linli.exchange.values import dates, numbers, people
from linli.exchange.words import one_line, plain
from linli.kernel.labels import Label

YEAR = re.compile(r"(?<!\d)(20[0-4]\d)(?!\d)")


class Unanswered(Exception):
    """A cell waits for an answer; the row is in doubt."""


def language() -> str:
    """The language of messages."""
    return get_language() or "zh-hans"


def text(longest: int = 120, *, lines: bool = False) -> Parser:
    """A text; longer ones are refused, not cut."""

    def parse(value: Any, run: Run) -> str:
        found = plain(value) if lines else one_line(plain(value))
        if len(found) > longest:
            raise CellProblem(_("最多 %(most)d 字，这里有 %(count)d 字。") % {"most": longest, "count": len(found)})
        return found

    return parse


def name(longest: int = 120) -> Parser:
    """A name: a text that is no formula and no number of a spreadsheet gone wrong."""
    plain_text = text(longest)

    def parse(value: Any, run: Run) -> str:
        if isinstance(value, date | time):
            # 3-1 (building 3, entrance 1) becomes the third of January.
            raise CellProblem(_("名称被表格软件改成了日期。请把该列设为“文本”后重新填写。"))
        found = str(plain_text(value, run))
        if found.startswith("="):
            raise CellProblem(_("名称是公式（=…）。请在表格中“粘贴为值”。"))
        if found in people.NOBODY:
            raise CellProblem(_("“%(text)s”不是名称。") % {"text": found})
        return found

    return parse


def person_name(longest: int = 40) -> Parser:
    """The name of one person; 王  明 is 王明."""
    plain_name = name(longest)
    return lambda value, run: people.one_name(plain_name(value, run))


def of(reader: Callable[[Any], Any]) -> Parser:
    """A pure reader of a cell as a parser."""
    return lambda value, run: reader(value)


def choice_of(labels: Mapping[str, Label], topic: str, words: Mapping[str, str] | None = None) -> Parser:
    """One of a list by its slug, its label or a word for it. An unknown word is asked about once and remembered."""
    known: dict[str, str] = {}
    for slug, label in labels.items():
        for written in (slug, label.zh, label.en):
            known.setdefault(_key(written), slug)
    for written, slug in (words or {}).items():
        known.setdefault(_key(written), slug)

    def parse(value: Any, run: Run) -> str:
        found = one_line(plain(value))
        slug = known.get(_key(found))
        if slug is not None:
            return slug
        choices = tuple(Choice(key, label.text(language())) for key, label in labels.items())
        sentence = _("不认识“%(text)s”。它是哪一种？") % {"text": found[:60]}
        answer = run.ask(Question(topic, found[:120], sentence, choices))
        if answer is None or not answer.value:
            raise Unanswered
        return answer.value

    return parse


def _key(written: str) -> str:
    return "".join(written.split()).lower()


def zone_of(run: Run) -> ZoneInfo | None:
    """The time zone of the file's moments. Raises ExchangeProblem for a name that is none."""
    stated = str(run.options.get("time_zone") or "")
    if not stated:
        return None
    try:
        return ZoneInfo(stated)
    except (ZoneInfoNotFoundError, ValueError):
        raise ExchangeProblem("bad_zone", _("不认识时区“%(name)s”。例：Asia/Shanghai。") % {"name": stated}) from None


def _year(value: Any, run: Run) -> int | None:
    if not dates.needs_year(value):
        return None
    stated = str(run.options.get("year") or "")
    if stated.isdigit():
        return int(stated)
    # A file from January tells of the year before: what its title says goes before the calendar.
    told = YEAR.search(run.file_name) or YEAR.search(run.titles)
    likely = int(told[1]) if told else run.today.year
    years = dict.fromkeys((likely, run.today.year, run.today.year - 1, run.today.year + 1))
    choices = tuple(Choice(str(year), str(year)) for year in years)
    sentence = _("有的日期没有写年份（如“%(text)s”）。是哪一年？") % {"text": plain(value)[:20]}
    answer = run.ask(Question("year", "?", sentence, choices, remember=False, suggestion=str(likely)))
    if answer is None or not answer.value:
        raise Unanswered
    return int(answer.value)


def day(value: Any, run: Run) -> date:
    """A day; a missing year is asked about once."""
    return dates.day(value, year=_year(value, run))


def moment(value: Any, run: Run) -> datetime:
    """A moment in the file's time zone (the option `time_zone`, else the installation's)."""
    from django.utils import timezone

    zone = zone_of(run) or timezone.get_default_timezone()
    return dates.moment(value, year=_year(value, run), zone=zone)


def whole(value: Any, run: Run) -> int:
    """A whole number from 0."""
    return numbers.whole(value)
