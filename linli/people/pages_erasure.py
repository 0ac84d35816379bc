"""Staff pages: wishes to have a person's data erased, taken down by one and decided by another."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from linli.people import erasing, personal
from linli.people.access import Actor
from linli.people.errors import PeopleProblem
from linli.people.forms import ErasureForm
from linli.people.gates import actor_on, needs
from linli.people.masking import mask_text
from linli.people.models import Erasure
from linli.people.pages_organisations import in_english
from linli.people.pages_signin import show_problem

WORDS_SHOWN = 160


@never_cache
@needs(erasing.ASK)
@require_http_methods(["GET", "POST"])
def erasures(request: HttpRequest) -> HttpResponse:
    """What was asked for, those waiting first; posting takes down a wish."""
    actor = actor_on(request)
    form, status = ErasureForm(request.POST or None, english=in_english()), 200
    if request.method == "POST" and form.is_valid():
        try:
            erasing.ask_by_phone(actor, form.cleaned_data["phone"], form.cleaned_data["reason"])
        except PeopleProblem as problem:
            status = show_problem(form, problem)
        else:
            messages.success(request, _("已登记，等待另一人确认。"))
            return redirect("people:erasures")
    elif request.method == "POST":
        status = 422
    language = "en" if in_english() else "zh"
    context = {
        "form": form,
        "rows": [_shown(row, language, actor) for row in erasing.recent(actor)],
        "may_decide": actor.may_somewhere(erasing.DECIDE),
        "me": actor.person_id,
        "refusals": [(code, label.text(language)) for code, label in erasing.REFUSALS.items()],
    }
    return render(request, "people/erasures.html", context, status=status)


def _shown(row: Erasure, language: str, actor: Actor) -> dict[str, Any]:
    """One wish in words; who is meant is masked, and counted while somebody has to decide.

    Whoever decides also sees the records that bear the name only, their phone numbers masked.
    """
    found: dict[str, Any] = {
        "row": row,
        "state": erasing.STATES[row.state].text(language),
        "reason": erasing.REASONS[row.reason].text(language),
        "refusal": erasing.REFUSALS[row.refusal].text(language) if row.refusal else "",
        "by_oneself": row.asked_by_id == row.person_id,
    }
    labels = {part.name: part.label.text(language) for part in erasing.parts()}
    if row.state != erasing.PENDING:
        return found | {"parts": [(labels.get(name, name), count, 0) for name, count in row.counts.items()]}
    subject = erasing.subject_of(row.person)
    held = erasing.held(subject)
    decides = actor.may_somewhere(erasing.DECIDE) and actor.person_id not in (row.asked_by_id, row.person_id)
    return found | {
        "doubts": [(entry, mask_text(entry.words[:WORDS_SHOWN])) for entry in erasing.doubts(subject, actor)]
        if decides
        else [],
        "contact": personal.contact(row.person, clear=False),
        "parts": [(labels[name], entry.total, entry.live) for name, entry in held.items() if entry.total],
        "live": sum(entry.live for entry in held.values()) if row.reason != erasing.ORDERED else 0,
    }


@needs(erasing.DECIDE)
@require_POST
def confirm(request: HttpRequest, erasure_id: int) -> HttpResponse:
    """Erase; whoever asked cannot be the one."""
    try:
        erasing.confirm(actor_on(request), erasure_id, request.POST.getlist("also"))
    except PeopleProblem as problem:
        messages.error(request, problem.text)
    else:
        messages.success(request, _("已删除。留下的只有不含内容的办理记录。"))
    return redirect("people:erasures")


@needs(erasing.DECIDE)
@require_POST
def refuse(request: HttpRequest, erasure_id: int) -> HttpResponse:
    """Do not erase, and say why."""
    try:
        erasing.turn_down(actor_on(request), erasure_id, request.POST.get("refusal", ""))
    except PeopleProblem as problem:
        messages.error(request, problem.text)
    else:
        messages.success(request, _("已记录，本人可以看到理由。"))
    return redirect("people:erasures")
