"""Pages of the tasks of an assessment: the lists behind its numbers, and what one unit owes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.assessment import scoring, selectors
from linli.assessment.pages import node_line
from linli.assessment.pages_common import Frame, frame, label_of, language, paged, score_words, tasks_at
from linli.assessment.workflow import INDICATOR_TASK
from linli.people.access import ObjectHidden
from linli.people.gates import staff_page
from linli.standards.evidence import KINDS as EVIDENCE_KINDS
from linli.standards.rules import Score

TASKS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class AskedTasks:
    """What the address of a list of tasks asks for: which list, of which unit, or which tasks by number."""

    show: str
    unit: int | None
    selected: tuple[str, ...]
    every: list[selectors.Task]
    tasks: list[selectors.Task]


def tasks_asked(request: HttpRequest, found: Frame) -> AskedTasks:
    """The tasks of the place and unit that is looked at (`every`), and those of the list or the selection (`tasks`)."""
    show = request.GET.get("show", "all")
    show = show if show in selectors.SHOWN else "all"
    unit = _number(request.GET.get("unit", ""))
    every = tasks_at(found, selectors.tasks(found.actor, found.row))
    if unit:
        every = [task for task in every if task.organisation_id == unit]
    selected = tuple(request.GET.getlist("selected"))
    if selected:
        return AskedTasks(show, unit, selected, every, [task for task in every if task.number in set(selected)])
    return AskedTasks(show, unit, selected, every, selectors.chosen(every, show, timezone.now()))


@staff_page("assessment.view")
@require_safe
def tasks_page(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The tasks that a number counts; whoever may remind chooses some of them here, or all that are overdue."""
    found = frame(request, assessment_id, over_place=False)
    asked = tasks_asked(request, found)
    every, unit, now = asked.every, asked.unit, timezone.now()
    lines = task_lines(found, selectors.chosen(every, asked.show, now))
    tabs = [
        {"code": code, "label": label, "number": len(selectors.chosen(every, code, now)),
         "url": found.url("tasks", show=code, unit=unit)}
        for code, label in show_words().items()
    ]  # fmt: skip
    may_remind = found.row.state == "open" and found.actor.may_somewhere("request.remind")
    remind_url = reverse("desk:remind_tasks", args=[found.row.pk])
    context = {
        **found.context, "tabs": tabs, "show": asked.show, "unit": found.terms.organisation_name(unit) if unit else "",
        "may_remind": may_remind, "remind_url": remind_url, "unit_id": unit,
        "overdue": len(selectors.chosen(every, "overdue", now)),
        "overdue_url": f"{remind_url}?{found.url('tasks', show='overdue', unit=unit).partition('?')[2]}",
        **paged(request, lines, TASKS_SHOWN),
    }  # fmt: skip
    return render(request, "assessment/tasks.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def show_words() -> dict[str, str]:
    """What each list of tasks is called."""
    return {
        "all": _("全部"), "open": _("待完成"), "gaps": _("缺佐证"), "overdue": _("已超期"), "review": _("待审核"),
        "returned": _("已退回"), "late": _("有迟到的"), "accepted": _("已通过"),
    }  # fmt: skip


def missing_text(task: selectors.Task) -> str:
    """What evidence is missing, by kind: “缺照片 2、数据 1”."""
    parts = [f"{EVIDENCE_KINDS[kind].text(language())} {count}" for kind, count in task.missing.items()]
    return _("缺%(what)s") % {"what": _("、").join(parts)} if parts else ""


def reminded_text(task: selectors.Task) -> str:
    """When the unit was last reminded and by whom: “今天 10:20 催办（王主任）”; nothing for tasks that are not owed."""
    if task.reminded_at is None or not task.is_open:
        return ""
    at = timezone.localtime(task.reminded_at)
    today = at.date() == timezone.localdate()
    when = _("今天 %(time)s") % {"time": f"{at:%H:%M}"} if today else f"{at:%m-%d %H:%M}"
    by = _("（%(who)s）") % {"who": task.reminded_by} if task.reminded_by else ""
    return _("%(when)s 催办%(by)s") % {"when": when, "by": by}


def task_lines(found: Frame, tasks: Sequence[selectors.Task]) -> list[dict[str, Any]]:
    """Tasks as rows, most urgent first."""
    now = timezone.now()
    rows: list[dict[str, Any]] = [
        {
            "task": task, "node": found.tree.nodes[task.node_id], "label": label_of(found.tree.nodes[task.node_id]),
            "unit": found.terms.organisation_name(task.organisation_id), "overdue": task.overdue(now),
            "url": reverse("desk:item", args=[task.number]), "node_url": found.url("node", task.node_id),
            "state": INDICATOR_TASK.state(task.state).label.text(language()), "have": task.linked + task.uploaded,
            "missing": missing_text(task) if task.meaning == "open" else "",
            "reminded": reminded_text(task), "reminded_today": task.reminded_today(timezone.localdate(now)),
        }
        for task in tasks
    ]  # fmt: skip
    rows.sort(key=lambda row: (not row["overdue"], -row["task"].gap, row["task"].item_id))
    return rows


@staff_page("assessment.view")
@require_safe
def unit_page(request: HttpRequest, assessment_id: int, unit_id: int) -> HttpResponse:
    """What one unit owes, and how the criteria stand for which it answers."""
    found = frame(request, assessment_id, over_place=False)
    tasks = [task for task in selectors.tasks(found.actor, found.row) if task.organisation_id == unit_id]
    if not tasks:
        raise ObjectHidden(selectors.VIEW)
    now = timezone.now()
    seen = selectors.columns(found.row)
    scored = selectors.scored(found.row, seen)
    led = {task.node_id for task in tasks if task.part == "lead"}
    lines = [node_line(found, found.tree.nodes[number], scored) for number in sorted(led)]
    tallies = scored.tallies
    for line in lines:
        tally = tallies.get(line["node"].pk)
        line["failed"] = tally.failed if tally else 0
    lines.sort(key=lambda line: (line["score"].won - line["score"].possible, line["node"].pk))
    score: Score = selectors.score_of_criteria(scored, led)
    shown = {"open": "", "overdue": "red", "gaps": "amber", "returned": "amber", "accepted": ""}
    tiles: list[Mapping[str, Any]] = [
        {"number": len(counted), "label": show_words()[show], "url": found.url("tasks", show=show, unit=unit_id),
         "tone": colour if counted else ""}
        for show, colour in shown.items() for counted in (selectors.chosen(tasks, show, now),)
    ]  # fmt: skip
    context = {
        **found.context, "name": found.terms.organisation_name(unit_id), "tiles": tiles, "criteria": lines,
        "score": score_words(scoring.percent(score)), "lines": task_lines(found, selectors.chosen(tasks, "all", now)),
    }  # fmt: skip
    return render(request, "assessment/unit.html", context)
