"""Reminding of many tasks at once (一并催办): each unit or person hears of it once, however many tasks it is about.

The steps themselves are taken on each task by `work.services.advance`, so each has it in its history and each can be
recalled; only the telling is put together, when the time for recalling is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from linli.assessment.models import IndicatorTask
from linli.assessment.selectors import Task
from linli.kernel.labels import Label
from linli.work import inbox
from linli.work.guards import RECALL_SECONDS_MAX
from linli.work.telling import concerned

STEP, PERMISSION = "remind", "request.remind"
WHAT = "assessment.reminded"
_REMINDED = """
SELECT e.item_id, e.id, e.actor_person_id FROM work_event e
WHERE e.item_id = ANY(%s) AND e.transition = 'remind' AND e.at >= %s
  AND NOT EXISTS (SELECT 1 FROM work_event r WHERE r.item_id = e.item_id AND r.sequence = e.sequence + 1
    AND r.transition = 'recall')
ORDER BY e.item_id, e.sequence
"""


@dataclass(slots=True)
class Owing:
    """Who is reminded together: a unit, or the person whom it named; of which tasks."""

    organisation_id: int
    person: str
    tasks: list[Task] = field(default_factory=list)

    def reminded_today(self, today: date) -> list[Task]:
        """Those of which it was reminded today already."""
        return [task for task in self.tasks if task.reminded_today(today)]


def owing(tasks: Iterable[Task]) -> list[Owing]:
    """The tasks that are still owed, by who owes them; units in their own order."""
    found: dict[tuple[int, str], Owing] = {}
    for task in tasks:
        if task.is_open:
            who = (task.organisation_id, task.person)
            found.setdefault(who, Owing(*who)).tasks.append(task)
    return list(found.values())


def tell_later(item_ids: Sequence[int], since: datetime) -> None:
    """Have everybody told once, when what was just done cannot be recalled any more; in the caller's transaction."""
    from linli.assessment import jobs

    numbers: list[Any] = sorted(item_ids)
    later = jobs.tell_reminded.configure(schedule_in={"seconds": RECALL_SECONDS_MAX + 1})
    later.defer(item_ids=numbers, since=since.isoformat())


def tell(item_ids: Sequence[int], since: datetime) -> int:
    """One line to each person concerned about all tasks of which they were reminded since; how many are new.

    What was recalled is left out; called again with the same it tells nobody twice (≤ 3 statements and one for each
    person).
    """
    with connection.cursor() as cursor:
        cursor.execute(_REMINDED, [list(item_ids), since])
        events: dict[int, tuple[UUID, int | None]] = {item: (event, by) for item, event, by in cursor.fetchall()}
    of = dict(IndicatorTask.objects.filter(pk__in=events).values_list("pk", "assessment_id"))
    told: dict[int, list[int]] = {}
    for item_id, people in concerned(sorted(events)).items():
        for person in people:
            if person != events[item_id][1]:
                told.setdefault(person, []).append(item_id)
    with transaction.atomic():
        return sum(
            inbox.notify(
                [person], WHAT, event_id=min(events[item][0] for item in items),
                data={"assessment": of.get(items[0], 0), "tasks": len(items)},
            )
            for person, items in told.items()
        )  # fmt: skip


def _titles(data: Sequence[Mapping[str, Any]]) -> list[str]:
    return [_("%(n)d 项考评任务") % {"n": int(entry.get("tasks", 0))} for entry in data]


def install() -> None:
    """Say what the line means and where it leads: to the tasks that the reader still owes."""
    label = Label("催办：请尽快提交", "Reminder: please hand in soon")
    inbox.say(WHAT, label, address="/desk/assessment/{assessment}/tasks/?show=open", titles=_titles)
