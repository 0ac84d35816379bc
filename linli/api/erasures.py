"""Having one's data erased: the person asks, or staff take it down; somebody else confirms or refuses."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Status
from ninja.params import functions as param

from linli.api import schemas
from linli.api.callers import SignedIn, caller
from linli.api.problems import language
from linli.people import erasing
from linli.people.masking import mask_text
from linli.people.models import Erasure, Person

own_router = Router(tags=["erasure"], auth=SignedIn())
router = Router(tags=["erasure"], auth=SignedIn())

ErasureId = Annotated[int, param.Path(ge=1, le=schemas.BIGGEST)]


@own_router.get("", response=schemas.OwnErasureOut, summary="What I left here, and whether I asked to have it erased")
def read_own_erasure(request: HttpRequest) -> dict[str, Any]:
    """How much there is, how much of it is still being worked on, and what became of the last wish."""
    person_id = caller(request).person_id or 0
    held = erasing.held(erasing.subject_of(Person.objects.get(pk=person_id)))
    wish = erasing.latest_of(person_id)
    return {
        "total": sum(entry.total for entry in held.values()),
        "live": sum(entry.live for entry in held.values()),
        "wish": _out(wish) if wish is not None else None,
    }


@own_router.post("", response=schemas.ErasureOut, summary="Ask to have my data erased, or take it back")
def ask_own_erasure(request: HttpRequest, body: schemas.OwnErasureIn) -> dict[str, Any]:
    """Asked again it is the same wish. What is still being worked on ends first."""
    actor = caller(request)
    if body.take_back:
        erasing.take_back(actor)
    else:
        erasing.ask(actor, actor.person_id or 0)
    wish = erasing.latest_of(actor.person_id or 0)
    assert wish is not None
    return _out(wish)


@router.get("", response=list[schemas.ErasureOut], summary="Wishes to be erased, those waiting first")
def list_erasures(request: HttpRequest) -> list[dict[str, Any]]:
    """For those who take them down or decide them. Nobody is named."""
    return [_out(row) for row in erasing.recent(caller(request))]


@router.post("", response={201: schemas.ErasureOut}, summary="Take down a wish for whoever has a phone")
def ask_erasure(request: HttpRequest, body: schemas.ErasureIn) -> Status[dict[str, Any]]:
    """Staff have made sure that it is the person's own wish, or that the reason is another."""
    return Status(201, _out(erasing.ask_by_phone(caller(request), body.phone, body.reason)))


@router.get(
    "/{erasure_id}/doubts", response=list[schemas.ErasureDoubtOut], summary="Records that bear the person's name only"
)
def list_doubts(request: HttpRequest, erasure_id: ErasureId) -> list[dict[str, Any]]:
    """Two people may share a name: whoever confirms names those that are this person's in `also`."""
    return [
        {"ref": entry.ref, "where": entry.where, "words": mask_text(entry.words), "likely": entry.likely}
        for entry in erasing.doubts_of(caller(request), erasure_id)
    ]


@router.post("/{erasure_id}/decision", response=schemas.ErasureOut, summary="Erase, or refuse with a reason")
def decide_erasure(request: HttpRequest, erasure_id: ErasureId, body: schemas.ErasureDecisionIn) -> dict[str, Any]:
    """Decided by somebody other than whoever asked. Erased data does not come back."""
    actor = caller(request)
    if body.decision == "confirm":
        return _out(erasing.confirm(actor, erasure_id, body.also))
    return _out(erasing.turn_down(actor, erasure_id, body.refusal))


def _out(row: Erasure) -> dict[str, Any]:
    words = language()
    return {
        "id": row.pk,
        "state": row.state,
        "state_label": erasing.STATES[row.state].text(words),
        "reason": row.reason,
        "asked_at": row.asked_at,
        "asked_by_oneself": row.asked_by_id == row.person_id,
        "decided_at": row.decided_at,
        "refusal": row.refusal,
        "refusal_label": erasing.REFUSALS[row.refusal].text(words) if row.refusal else "",
        "counts": row.counts,
    }
