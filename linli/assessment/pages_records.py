"""The records of a unit that may be evidence of a task: looked for by words, days and place, linked by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from linli.assessment import linking, selectors
from linli.assessment.linking import Line, Wanted
from linli.assessment.models import Assessment, IndicatorTask
from linli.assessment.pages_common import Frame, frame, label_of, language
from linli.people.access import ObjectHidden
from linli.people.gates import staff_page
from linli.people.masking import mask_text
from linli.standards import facts
from linli.work.engine import StepRefused
from linli.work.services import new_key

RECORDS_SHOWN = 50
TEXT_MAX = 60


@staff_page("assessment.view")
@require_http_methods(["GET", "POST"])
def records_page(request: HttpRequest, assessment_id: int, item_id: int) -> HttpResponse:
    """The records of one task, newest first; those that are linked, or all that the unit has in the period."""
    found = frame(request, assessment_id, over_place=False)
    rows = IndicatorTask.objects.select_related("item", "node").filter(assessment=found.row, pk=item_id)
    task = rows.first()
    own = selectors.tasks(found.actor, found.row, node_ids=[task.node_id]) if task else []
    state = next((line for line in own if line.item_id == item_id), None)
    if task is None or state is None:
        raise ObjectHidden(selectors.VIEW)
    refusal = _link(request, found, item_id) if request.method == "POST" else ""
    if request.method == "POST" and not refusal:
        return redirect(_back(request, found, item_id))
    wanted = _wanted(request)
    page = linking.records(found.row, task, wanted, RECORDS_SHOWN)
    owed = found.row.state == Assessment.OPEN and state.is_open
    may_link = owed and linking.may_link(found.actor, task)
    context = {
        **found.context, "task": state, "label": label_of(found.tree.nodes[task.node_id]), "wanted": wanted,
        "unit": found.terms.organisation_name(task.organisation_id),
        "lines": [_line(line, may_link) for line in page.lines], "may_link": may_link, "refusal": refusal,
        "item_url": reverse("desk:item", args=[state.number]), "key": new_key(), "here": request.get_full_path(),
        "tabs": [
            {"label": label, "number": number, "url": _address(found, item_id, request, show=show),
             "current": wanted.linked == (show == "linked")}
            for show, label, number in (("linked", _("已关联"), state.linked), ("", _("可作佐证的记录"), None))
        ],
        "more_url": _address(found, item_id, request, before=_mark_text(page.more)) if page.more else "",
        "first_url": _address(found, item_id, request) if wanted.before else "",
    }  # fmt: skip
    return render(request, "assessment/records.html", context, status=422 if refusal else 200)


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:TEXT_MAX]


def _day(request: HttpRequest, name: str) -> date | None:
    try:
        return parse_date(_text(request, name))
    except ValueError:
        return None


def _wanted(request: HttpRequest) -> Wanted:
    """What the address asks for; what is no date and no mark asks for nothing."""
    return Wanted(
        _text(request, "q"), _day(request, "since"), _day(request, "until"), _text(request, "where"),
        request.GET.get("show") == "linked", _mark(request.GET.get("before", "")),
    )  # fmt: skip


def _mark(text: str) -> facts.Mark | None:
    """Where the page before ended: day, source and number, as `_mark_text` writes it."""
    day, _comma, rest = text.replace("\x00", "")[:120].partition(",")
    source, _comma, key = rest.partition(",")
    try:
        return (date.fromisoformat(day), key, source) if source and key else None
    except ValueError:
        return None


def _mark_text(mark: facts.Mark) -> str:
    day, key, source = mark
    return f"{day.isoformat()},{source},{key}"


def _address(found: Frame, item_id: int, request: HttpRequest, **changes: str) -> str:
    """The same list with something changed, from its beginning unless that is what is changed."""
    kept = {name: _text(request, name) for name in ("show", "q", "since", "until", "where")} | changes
    return found.url("records", item_id, **kept)


def _line(line: Line, may_link: bool) -> dict[str, Any]:
    """A record as a row: its words, with phones and numbers hidden, where and when, how it is linked or why not."""
    fact, link = line.fact, line.link
    slug = fact.source if fact else link.source if link else ""
    source = facts.source_of(slug)
    return {
        "source": source.label.text(language()) if source else slug,
        "title": mask_text(fact.title) if fact else "",
        "place": fact.place_name if fact else link.place_name if link else "",
        "day": fact.happened_on if fact else link.happened_on if link else None,
        "url": fact.url if fact else link.url if link else "",
        "photos": len(fact.photos) if fact else len(link.photos) if link else 0,
        "audience": fact.audience if fact else link.audience if link else 0,
        "late": link.late if link else fact.late if fact else False, "link": link,
        "why_not": line.why_not.text(language()) if line.why_not and not link else "",
        "value": f"{slug}:{fact.object_id}" if fact and may_link and not link and not line.why_not else "",
    }  # fmt: skip


def _link(request: HttpRequest, found: Frame, item_id: int) -> str:
    """Link what was chosen; the sentence to say where that is refused."""
    pairs = [(source, number) for source, _colon, number in (
        text.replace("\x00", "")[:120].partition(":") for text in request.POST.getlist("selected")
    )]  # fmt: skip
    try:
        fresh = linking.link_by_hand(found.actor, item_id, pairs, key=request.POST.get("key") or new_key())
    except StepRefused as refused:
        return refused.label.text(language())
    messages.success(request, _("新关联 %(n)s 条佐证。") % {"n": fresh})
    return ""


def _back(request: HttpRequest, found: Frame, item_id: int) -> str:
    """The list from which it was sent."""
    return _address(found, item_id, request, before=_text(request, "before"))
