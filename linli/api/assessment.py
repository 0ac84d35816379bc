"""Assessments by REST, for reading: what there is, the score now, the forecast, the tasks."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from ninja.params import functions as param

from linli.api import schemas
from linli.api.callers import SignedIn, caller
from linli.assessment import foreseeing, scoring, selectors
from linli.assessment.models import Assessment
from linli.people.access import Actor, ObjectHidden, covers, require_somewhere
from linli.places.models import Place
from linli.standards.rules import NOTHING_SEEN
from linli.work.terms import catalogue

router = Router(tags=["assessment"], auth=SignedIn())

AssessmentId = Annotated[int, param.Path(ge=1, le=schemas.BIGGEST)]
PlaceId = Annotated[int | None, param.Query(ge=1, le=schemas.BIGGEST)]


def _found(request: HttpRequest, assessment_id: int) -> tuple[Actor, Assessment]:
    actor = caller(request)
    require_somewhere(actor, selectors.VIEW)
    return actor, selectors.assessment_for(actor, assessment_id)


def _place(actor: Actor, row: Assessment, place_id: int | None) -> Place:
    """The place asked for, or the widest of the caller's; hidden for who sees none of it."""
    widest = selectors.widest_path(actor, row)
    if widest is None:
        raise ObjectHidden(selectors.VIEW)
    found = Place.objects.filter(pk=place_id or int(widest.rsplit(".", 1)[-1])).first()
    if found is None or not covers(widest, str(found.path)):
        raise ObjectHidden(selectors.VIEW)
    return found


@router.get("", response=list[schemas.AssessmentOut], summary="Assessments that concern me")
def list_assessments(request: HttpRequest) -> list[dict[str, Any]]:
    """Over the caller's places, or with tasks of the caller's units; open ones first."""
    actor = caller(request)
    require_somewhere(actor, selectors.VIEW)
    return [
        {
            "id": row.pk, "title": row.title, "place": {"id": row.place_id, "name": row.place.name},
            "standard": row.version.standard.name, "version": row.version.number, "since": row.since,
            "until": row.until, "state": row.state, "synthetic": row.synthetic,
        }
        for row in selectors.seen_by(actor)
    ]  # fmt: skip


@router.get("/{assessment_id}/score", response=schemas.ScoreOut, summary="The score now, at every node")
def read_score(request: HttpRequest, assessment_id: AssessmentId, place: PlaceId = None) -> dict[str, Any]:
    """Computed from the raw observations of the place at the moment of the request."""
    actor, row = _found(request, assessment_id)
    where = _place(actor, row, place)
    found, tree = selectors.scored(row, selectors.columns(row, str(where.path))), selectors.tree(row)
    nodes = []
    for number, node in tree.nodes.items():
        score, tally = found.scores[number], found.tallies.get(number, NOTHING_SEEN)
        nodes.append({
            "id": number, "parent": node.parent_id, "level": node.level, "code": node.code, "title": node.title,
            "possible": float(score.possible), "won": float(score.won), "passed": tally.passed,
            "failed": tally.failed, "not_applicable": tally.not_applicable,
        })  # fmt: skip
    return {
        "place": {"id": where.pk, "name": where.name}, "percent": scoring.percent(found.total),
        "possible": float(found.total.possible), "won": float(found.total.won), "observations": found.observations,
        "nodes": nodes,
    }  # fmt: skip


@router.get("/{assessment_id}/forecast", response=schemas.ForecastOut, summary="What a blind visit would give")
def read_forecast(request: HttpRequest, assessment_id: AssessmentId, place: PlaceId = None) -> dict[str, Any]:
    """Sites drawn at random, thousands of times; seeded, so that the same records give the same answer."""
    actor, row = _found(request, assessment_id)
    expected = foreseeing.forecast(row, str(_place(actor, row, place).path))
    losses = [
        {"id": loss.question.id, "code": loss.question.code, "title": loss.question.title, "points": loss.points}
        for loss in expected.losses
    ]
    return {
        "visits": expected.visits, "expected": expected.expected, "low": expected.low, "high": expected.high,
        "losses": losses,
    }  # fmt: skip


@router.get("/{assessment_id}/tasks", response=list[schemas.IndicatorTaskOut], summary="The indicator tasks")
def list_indicator_tasks(request: HttpRequest, assessment_id: AssessmentId) -> list[dict[str, Any]]:
    """Those of the caller's units and places, with what counts as evidence."""
    actor, row = _found(request, assessment_id)
    names = catalogue()
    return [
        {
            "number": task.number, "node": task.node_id, "part": task.part, "state": task.state, "due": task.due_at,
            "unit": {"id": task.organisation_id, "name": names.organisation_name(task.organisation_id)},
            "needed": task.needed, "linked": task.linked, "uploaded": task.uploaded, "late": task.late,
            "gap": task.gap,
        }
        for task in selectors.tasks(actor, row)
    ]  # fmt: skip
