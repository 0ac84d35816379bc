"""What activities hold of persons, and how it goes when their data are erased.

Rows of sign-up and attendance stay with the emptied person, so that counts and places of the past stay; what is to come
is given back, and who waits moves up. Words of a reason (why a place was taken away, why a check-in was struck out) go.
Photos that the person added go; those of others stay. Texts of an office (title, programme, results …) stay without
the phone, and without the name once it is confirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language

from linli.activities.access import PLAN
from linli.activities.closing import HOLDER
from linli.activities.models import Activity, Attendance, CalendarKey, Handing, Series, Signup
from linli.activities.signups import hold_role, leave
from linli.kernel.labels import Label
from linli.people import erasing, mentions
from linli.people.access import Actor
from linli.people.erasing import Doubt, Held, Subject
from linli.work import erasure as files

LABEL = Label("活动报名和出勤", "Activities: sign-up and attendance")
TEXTS = (
    "title", "purpose", "programme", "spot", "risk_notes", "insurance", "permit_number", "cancel_reason", "results",
)  # fmt: skip
"""Texts of an activity that an office wrote; a series has the same, as far as it has them."""
SERIES_TEXTS = TEXTS[:-2]
REASONS = (
    ("activities_signup", "reason"), ("activities_attendance", "struck_reason"),
    ("activities_attendance", "corrected_reason"),
)  # fmt: skip
"""Reasons that were written about one person's row."""
_TABLES = (("activity", "activities_activity", TEXTS), ("series", "activities_series", SERIES_TEXTS))


def _text(columns: Sequence[str]) -> str:
    return "concat_ws(' ', " + ", ".join(f"x.{name}" for name in columns) + ")"


def _find(subject: Subject, kind: str, table: str, columns: Sequence[str], where: str) -> list[tuple[int, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT x.id, p.path::text, x.title FROM {table} x JOIN places_place p ON p.id = x.place_id"
            f" WHERE {where} ORDER BY x.id",
            mentions.values(subject),
        )
        return [(number, path, title) for number, path, title in cursor.fetchall()]


def count(subject: Subject) -> Held:
    """Rows of sign-up and attendance, photos that the person added, texts with the phone (5 statements)."""
    persons = list(subject.same)
    signed = Signup.objects.filter(person_id__in=persons)
    total = signed.count() + Attendance.objects.filter(person_id__in=persons, signup=None).count()
    total += files.count_added(HOLDER, persons)
    for kind, table, columns in _TABLES:
        total += len(_find(subject, kind, table, columns, mentions.numbered(_text(columns))))
    return Held(total)


def erase(subject: Subject, actor: Actor, reason: str) -> int:
    """Give back what is to come, empty reasons, close the calendar, take photos and the phone away; how many rows."""
    persons, now = list(subject.same), timezone.now()
    changed = 0
    coming = Signup.objects.filter(person_id__in=persons, state__in=Signup.LIVE, ends_at__gt=now)
    for number, role_id in list(coming.order_by("role_id", "pk").values_list("pk", "role_id")):
        role = hold_role(role_id)
        row = Signup.objects.select_for_update().get(pk=number)
        if row.state in Signup.LIVE and not hasattr(row, "attendance"):
            leave(row, role, Signup.WITHDRAWN, now)
            changed += 1
    Handing.objects.filter(person_id__in=persons, state=Handing.OPEN).update(state=Handing.DECLINED, answered_at=now)
    CalendarKey.objects.filter(person_id__in=persons).delete()
    changed += _empty_reasons(subject) + files.erase_added(HOLDER, persons)
    for kind, table, columns in _TABLES:
        ids = [found[0] for found in _find(subject, kind, table, columns, mentions.numbered(_text(columns)))]
        changed += _clean(kind, ids, columns, lambda text: mentions.without(subject, text, name=True))
    return changed


def _empty_reasons(subject: Subject) -> int:
    """Reasons about this person, and those about anybody in which the phone stands."""
    changed = 0
    with connection.cursor() as cursor:
        for table, column in REASONS:
            cursor.execute(
                f"UPDATE {table} AS x SET {column} = '{mentions.GONE}' WHERE x.{column} <> ''"
                f" AND (x.person_id = ANY(%(same)s) OR {mentions.numbered(f'x.{column}')})",
                mentions.values(subject),
            )
            changed += int(cursor.rowcount)
    return changed


def _clean(kind: str, ids: Sequence[int], columns: Sequence[str], without: Callable[[str], str]) -> int:
    rows = (Activity if kind == "activity" else Series).objects.filter(pk__in=list(ids))
    for row in rows.select_for_update(of=("self",)).order_by("pk"):
        for name in columns:
            most = row._meta.get_field(name).max_length  # type: ignore[union-attr]
            text = without(getattr(row, name))
            setattr(row, name, text[:most] if most else text)
        row.save(update_fields=list(columns))
    return len(ids)


def _without_name(name: str, text: str) -> str:
    return text.replace(name, mentions.GONE)


def doubts(subject: Subject, actor: Actor) -> list[Doubt]:
    """Activities and series whose texts bear the name only, where the actor may plan (2 statements)."""
    label = LABEL.text(get_language() or "zh-hans")
    found = []
    for kind, table, columns in _TABLES:
        text = _text(columns)
        where = f"{mentions.named(text)} AND NOT {mentions.numbered(text)}"
        found += [
            Doubt(f"{kind}:{number}:{subject.searched_name}", f"{label} · {title}", title)
            for number, path, title in _find(subject, kind, table, columns, where)
            if actor.may(PLAN, place_path=path)
        ]
    return found


def erase_doubts(refs: Sequence[str], actor: Actor, reason: str) -> int:
    """Take the confirmed name out of the texts; how many rows."""
    for ref in refs:
        kind, number, name = ref.split(":", 2)
        columns = TEXTS if kind == "activity" else SERIES_TEXTS
        _clean(kind, [int(number)], columns, partial(_without_name, name))
    return len(refs)


def install() -> None:
    """Register with the erasure of persons."""
    erasing.register("activities", count, erase, label=LABEL, doubts=doubts, erase_doubts=erase_doubts)
