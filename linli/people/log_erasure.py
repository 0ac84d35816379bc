"""The duty log (值班日志) and the right to erasure: the line stays, what it says of the person goes.

The log is kept as written: only its words may be updated by the application, and only here. The phone goes wherever
it stands, and the name too in lines that bear the phone or that whoever decides has confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import get_language

from linli.kernel.labels import Label
from linli.people import erasing, mentions
from linli.people.access import Actor
from linli.people.erasing import Doubt, Held, Subject
from linli.people.models import DutyLogEntry

LABEL = Label("值班日志", "Duty log")
DECIDE = erasing.DECIDE


def _find(subject: Subject, where: str) -> list[tuple[int, str, str]]:
    """Lines with the area of their unit and what they say (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.id, coalesce(p.path::text, ''), l.text FROM people_dutylogentry l"
            " JOIN people_organisation o ON o.id = l.organisation_id LEFT JOIN places_place p ON p.id = o.place_id"
            f" WHERE {where} ORDER BY l.id",
            mentions.values(subject),
        )
        return [(number, path, text) for number, path, text in cursor.fetchall()]


def count(subject: Subject) -> Held:
    """Lines in which the person's phone stands (1 statement)."""
    return Held(len(_find(subject, mentions.numbered("l.text"))))


def erase(subject: Subject, actor: Actor, reason: str) -> int:
    """Take phone and name out of the lines that bear the phone; how many."""
    found = _find(subject, mentions.numbered("l.text"))
    for number, _path, text in found:
        DutyLogEntry.objects.filter(pk=number).update(text=mentions.without(subject, text, name=True)[:1000])
    return len(found)


def doubts(subject: Subject, actor: Actor) -> list[Doubt]:
    """Lines that bear the name only, where the actor may decide (1 statement)."""
    label = LABEL.text(get_language() or "zh-hans")
    where = f"{mentions.named('l.text')} AND NOT {mentions.numbered('l.text')}"
    return [
        Doubt(f"dutylog:{number}:{subject.searched_name}", label, text)
        for number, path, text in _find(subject, where)
        if actor.may(DECIDE, place_path=path or None)
    ]


def erase_doubts(refs: Sequence[str], actor: Actor, reason: str) -> int:
    """Take the confirmed name out of the lines; how many."""
    for ref in refs:
        _slug, number, name = ref.split(":", 2)
        entry = DutyLogEntry.objects.get(pk=int(number))
        DutyLogEntry.objects.filter(pk=entry.pk).update(text=entry.text.replace(name, mentions.GONE)[:1000])
    return len(refs)


def install() -> None:
    """Register with the erasure of persons."""
    erasing.register("duty_log", count, erase, label=LABEL, doubts=doubts, erase_doubts=erase_doubts)
