"""Pages of a node: its score, what is below it, and the trail from a criterion down to each photo."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.assessment import scoring, selectors
from linli.assessment.models import EvidenceLink
from linli.assessment.pages import node_line
from linli.assessment.pages_common import Frame, frame, label_of, language, paged, score_words
from linli.assessment.pages_tasks import task_lines
from linli.people.access import ObjectHidden
from linli.people.gates import staff_page
from linli.standards import facts, observed
from linli.standards.models import Node
from linli.standards.wording import METHODS, rule_text, score_text, seen_text, word

TRAIL_SHOWN = 50
FAILING_SHOWN = 100
SEEN_SHOWN = 100
LINKS_SHOWN = 20
RESULTS = {"fail": 0, "pass": 1, "not_applicable": 2}


@staff_page("assessment.view")
@require_safe
def node_page(request: HttpRequest, assessment_id: int, node_id: int) -> HttpResponse:
    """A node of the tree. Units see the criteria for which they have a task, at all places."""
    found = frame(request, assessment_id, over_place=False)
    node = found.tree.nodes.get(node_id)
    if node is None:
        raise ObjectHidden(selectors.VIEW)
    tasks = selectors.tasks(found.actor, found.row, node_ids=found.tree.under(node_id))
    if not found.context["over_place"] and not tasks:
        raise ObjectHidden(selectors.VIEW)
    seen = selectors.columns(found.row, found.place.path)
    scored = selectors.scored(found.row, seen)
    context = {
        **found.context, "node": node, "label": label_of(node), "score": scored.scores[node_id],
        "percent": score_words(scored.percent(node_id)), "tasks": task_lines(found, tasks),
        "above": [{"label": label_of(up), "url": found.url("node", up.pk)} for up in found.tree.above(node_id)],
        "children": [node_line(found, found.tree.nodes[child], scored) for child in found.tree.below.get(node_id, ())],
    }  # fmt: skip
    if found.context["over_place"]:
        context["looked"] = _looked(found, node, seen, scored)
    if node.level == Node.CRITERION:
        context |= _criterion(request, found, node, seen, scored)
    return render(request, "assessment/node.html", context)


def _looked(found: Frame, node: Node, seen: observed.Columns, scored: selectors.Scored) -> dict[str, Any]:
    """How often was looked at or below a node and where it fails now, each number with its list."""
    below = found.tree.under(node.pk)
    stand = scoring.standing(seen.where(np.isin(seen.criterion, below)))
    return {
        "observations": sum(scored.tallies[number].observed for number in below if number in scored.tallies),
        "seen_url": found.url("seen", node=node.pk), "failing": int((stand.result == 0).sum()),
        "failing_url": found.url("failing", node=node.pk),
    }  # fmt: skip


def _criterion(
    request: HttpRequest, found: Frame, node: Node, seen: observed.Columns, scored: selectors.Scored
) -> dict[str, Any]:
    rows = seen.where(seen.criterion == node.pk)
    wanted = request.GET.get("result", "")
    shown = rows.where(rows.result == RESULTS[wanted]) if wanted in RESULTS else rows
    trail = _trail(request, found, shown, TRAIL_SHOWN)
    tally = scored.tallies.get(node.pk)
    names = (("pass", _("合格"), tally.passed if tally else 0), ("fail", _("不合格"), tally.failed if tally else 0),
             ("not_applicable", _("不适用"), tally.not_applicable if tally else 0))  # fmt: skip
    return {
        "rule": rule_text(node), "reckoned": score_text(node, tally), "method": word(METHODS, node.method),
        "trail": trail,
        "counts": [{"label": label, "number": number, "url": found.url("node", node.pk, result=code), "code": code}
                   for code, label, number in names],
        "result": wanted, **_links(found, node),
    }  # fmt: skip


def _trail(request: HttpRequest, found: Frame, rows: observed.Columns, size: int) -> dict[str, Any]:
    """A page of observations, the latest first, each with what stands behind it."""
    order = np.lexsort((rows.observation, rows.day))[::-1]
    page = paged(request, order.tolist(), size)
    picked = rows.where(np.array(page["lines"], dtype=np.int64))
    found.places.preload(picked.site.tolist())
    told = {line.observation: line for line in observed.trail(picked.observation.tolist())}
    page["lines"] = [
        {"line": told.get(number), "place": found.places.name(site), "result": result,
         "node": found.tree.nodes[criterion], "photos": _photos(told.get(number)),
         "more": seen_text(found.tree.nodes[criterion], result, value)}
        for number, site, result, value, criterion in zip(
            *(part.tolist() for part in (picked.observation, picked.site, picked.result, picked.value,
                                         picked.criterion)), strict=True
        )
    ]  # fmt: skip
    return page


def _photos(line: observed.TrailLine | None) -> list[dict[str, str]]:
    """The photos behind an observation: where to look at each, and its small copy if there is one."""
    if line is None:
        return []
    small = line.thumb_urls or ("",) * len(line.photo_urls)
    return [{"url": url, "thumb": thumb} for url, thumb in zip(line.photo_urls, small, strict=True)]


def _asked_node(request: HttpRequest, found: Frame) -> Node | None:
    """The node to which a list is narrowed (`?node=`)."""
    wanted = request.GET.get("node", "")
    return found.tree.nodes.get(int(wanted)) if wanted.isascii() and wanted.isdigit() and len(wanted) < 16 else None


@staff_page("assessment.view")
@require_safe
def seen_page(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Every observation that is counted at a place, the latest first; of one node and what is below with `node`."""
    found = frame(request, assessment_id)
    node = _asked_node(request, found)
    rows = selectors.columns(found.row, found.place.path)
    rows = rows.where(np.isin(rows.criterion, found.tree.under(node.pk if node else None)))
    context = {
        **found.context, "trail": _trail(request, found, rows, SEEN_SHOWN),
        "only": {"label": label_of(node), "url": found.url("node", node.pk)} if node else None,
    }  # fmt: skip
    return render(request, "assessment/seen.html", context)


def _links(found: Frame, node: Node) -> dict[str, Any]:
    """The newest of what counts as evidence of the criterion, how much there is, and where each unit's stands whole.

    A record that serves several units stands once (3 statements).
    """
    own = selectors.tasks(found.actor, found.row, node_ids=[node.pk])
    rows = EvidenceLink.objects.filter(task_id__in=[task.item_id for task in own])
    known: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows.order_by("-happened_on", "-pk")[: LINKS_SHOWN * max(1, len(own))]:
        source = facts.source_of(row.source)
        label = source.label.text(language()) if source else row.source
        known.setdefault((row.source, row.object_id), {"link": row, "source": label})
    return {
        "links": list(known.values())[:LINKS_SHOWN],
        "links_total": rows.values("source", "object_id").distinct().count(),
        "records": [
            {"unit": found.terms.organisation_name(task.organisation_id), "number": task.linked,
             "url": found.url("records", task.item_id, show="linked")}
            for task in own
        ],
    }  # fmt: skip


@staff_page("assessment.view")
@require_safe
def failing(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Where a criterion fails now: the last word at each site, the dearest first; of one node and below with `node`."""
    found = frame(request, assessment_id)
    node = _asked_node(request, found)
    stand = scoring.standing(selectors.columns(found.row, found.place.path))
    failed = stand.result == 0
    bad = np.flatnonzero(failed & np.isin(stand.criterion, found.tree.under(node.pk)) if node is not None else failed)
    columns = (stand.criterion, stand.site, stand.day, stand.observation)
    rows = list(zip(*(part[bad].tolist() for part in columns), strict=True))
    # A number may count what belongs to a version's criterion that this tree does not show; lists show the same.
    rows.sort(key=lambda row: (-float(found.tree.nodes[row[0]].weight), row[0], row[1]))
    page = paged(request, rows, FAILING_SHOWN)
    shown = page["lines"]
    found.places.preload(row[1] for row in shown)
    told = {line.observation: line for line in observed.trail([row[3] for row in shown])}
    page["lines"] = [
        {"label": label_of(found.tree.nodes[criterion]), "url": found.url("node", criterion, result="fail"),
         "place": found.places.full_name(site, "street"), "line": told.get(observation),
         "photos": _photos(told.get(observation))}
        for criterion, site, _day, observation in shown
    ]  # fmt: skip
    only = {"label": label_of(node), "url": found.url("node", node.pk)} if node is not None else None
    context = {**found.context, **page, "only": only}
    return render(request, "assessment/failing.html", context)
