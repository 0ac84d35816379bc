"""What phones sent and could not be stored as it came: officers of the area look at it and decide."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from linli.desk.pages_sites import results
from linli.desk.shell import staff
from linli.desk.typed import page_in
from linli.desk.wording import language
from linli.inspections import conflict_selectors as selectors
from linli.inspections.batch import DISCARD
from linli.inspections.services import RESOLVE, resolve_conflict
from linli.people.access import require_somewhere
from linli.people.gates import actor_on
from linli.people.masking import mask_text
from linli.people.roles import ROLES
from linli.work import storage
from linli.work.engine import StepRefused

SIDES = {"320": 320, "1280": 1280}


@staff
@require_safe
def conflicts(request: HttpRequest) -> HttpResponse:
    """Records of the area that wait for a decision: what was sent, why it was not stored, what can be done."""
    actor = actor_on(request)
    require_somewhere(actor, RESOLVE)
    page, tongue, words = page_in(request), language(), results()
    found, total = selectors.conflicts(actor, page)
    rows: list[dict[str, Any]] = []
    for one in found:
        row = asdict(one)
        finding = row["finding"] or {}
        row |= {
            "why": one.why.text(tongue), "result": words[one.result], "words": mask_text(one.words),
            "choices": [(code, label.text(tongue), code == DISCARD) for code, label in one.choices],
            "advice": mask_text(finding.get("advice", "")), "hands_over": bool(finding),
            "deciders": "、".join(_decider(role, name) for role, name in one.deciders),
        }  # fmt: skip
        rows.append(row)
    context = {"rows": rows, "total": total, "page": page, "has_more": total > page * selectors.PAGE}
    return render(request, "desk/conflicts.html", context)


def _decider(role: str, area: str) -> str:
    label = ROLES[role].label.text(language())
    return f"{label}（{area}）"


@staff
@require_POST
def decide(request: HttpRequest, conflict_id: int) -> HttpResponse:
    """Carry out a choice. Decided twice changes nothing: the second is told so."""
    choice = request.POST.get("choice", "")[:40]
    try:
        outcome = resolve_conflict(actor_on(request), conflict_id, choice)
    except StepRefused as refusal:
        messages.error(request, refusal.label.text(language()))
    else:
        if choice == DISCARD:
            messages.success(request, _("已决定不记录。"))
        elif outcome.number:
            messages.success(request, _("已记录，问题已交办：%(number)s。") % {"number": outcome.number})
        else:
            messages.success(request, _("已记录。"))
    return redirect(reverse("desk:conflicts"))


@staff
@require_safe
def picture(request: HttpRequest, conflict_id: int, position: int, side: str) -> HttpResponse:
    """A photo that was sent and waits with its record."""
    if side not in SIDES:
        raise Http404
    found = selectors.picture_of(actor_on(request), conflict_id, position)
    try:
        data = storage.read(found.sha256, found.media_type, side=SIDES[side])
    except FileNotFoundError as error:
        raise Http404 from error
    response = HttpResponse(data, content_type=storage.THUMBNAIL_TYPE)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
