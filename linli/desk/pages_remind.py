"""Reminding of many tasks of an assessment at once: who would hear of it, who has today, the words, then the deed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from linli.assessment import reminding, selectors
from linli.assessment.pages_common import Frame, frame
from linli.assessment.pages_tasks import show_words, task_lines, tasks_asked
from linli.assessment.reminding import Owing
from linli.desk import bulk
from linli.desk.shell import put_toast, taken_toast
from linli.people.gates import staff_page
from linli.work import moments
from linli.work.services import new_key
from linli.work.stepdata import TEXT_LENGTH_MAX


@staff_page(reminding.PERMISSION)
@require_http_methods(["GET", "POST"])
def remind(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The tasks that were chosen (`selected=number`), or all of a list (`show`, `unit`), by who owes them."""
    found = frame(request, assessment_id, over_place=False)
    if request.method == "POST":
        _remind(request, found)
        return redirect(request.get_full_path())
    today = timezone.localdate()
    asked = tasks_asked(request, found)
    groups = reminding.owing(asked.tasks)
    shown = [_group(found, group, today) for group in groups]
    ticked = _tick([group["lines"] for group in shown])
    context = {
        **found.context, "groups": shown, "ticked": ticked,
        "count": sum(len(_waiting(group["lines"])) for group in shown), "most": bulk.ITEMS_MAX,
        "what": "" if asked.selected else show_words()[asked.show], "key": new_key(), "here": request.get_full_path(),
        "back_url": found.url("tasks", show=asked.show, unit=asked.unit), "toast": taken_toast(request),
        "words": _("请尽快提交材料，有困难请说明原因。"), "words_most": TEXT_LENGTH_MAX,
    }  # fmt: skip
    return render(request, "desk/remind.html", context)


def _group(found: Frame, group: Owing, today: date) -> dict[str, Any]:
    """Who is reminded, of what, and of how much of it today already."""
    return {
        "unit": found.terms.organisation_name(group.organisation_id), "person": group.person,
        "lines": task_lines(found, group.tasks), "already": len(group.reminded_today(today)),
    }  # fmt: skip


def _waiting(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tasks of which nobody was reminded today."""
    return [line for line in lines if not line["reminded_today"]]


def _tick(groups: Sequence[Sequence[dict[str, Any]]]) -> int:
    """Tick as many waiting tasks as go at once, and say how many: units with something overdue come first.

    A unit is ticked whole or not at all, so that it hears once; only one that is too large by itself is begun.
    """
    ticked: list[dict[str, Any]] = []
    for lines in sorted(groups, key=lambda group: not any(line["overdue"] for line in group)):
        waiting = _waiting(lines)
        if len(ticked) + len(waiting) <= bulk.ITEMS_MAX:
            ticked += waiting
        elif not ticked:
            ticked = waiting[: bulk.ITEMS_MAX]
    for line in ticked:
        line["ticked"] = True
    return len(ticked)


def _remind(request: HttpRequest, found: Frame) -> None:
    """One step on each task that was left ticked, one line for everybody concerned, all or nothing at once."""
    numbers = list(dict.fromkeys(request.POST.getlist("task")))
    seen = {task.number: task.item_id for task in selectors.tasks(found.actor, found.row)}
    wanted = [number for number in numbers if number in seen]
    if not wanted:
        put_toast(request, _("没有选中任务，没有催办。"))
        return
    since = moments.now()
    data = {"advice": request.POST.get("advice", "").replace("\x00", "")}
    with transaction.atomic():
        result = bulk.take(
            found.actor, wanted, reminding.STEP, data, key=request.POST.get("key") or new_key(), terms=found.terms,
            quiet=True,
        )  # fmt: skip
        if result.done:
            reminding.tell_later([seen[number] for number in result.done], since)
    text = _("已催办 %(n)s 项任务，每个单位或责任人收到一条消息。") % {"n": len(result.done)}
    failed = [(entry.number, entry.title, entry.reason) for entry in result.failed]
    put_toast(request, text if result.done else _("没有催办。"), failed=failed, recall=result.done)
