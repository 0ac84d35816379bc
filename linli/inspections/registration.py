"""The kind `finding`, and who may see the evidence of observations and visits."""

from __future__ import annotations

from linli.inspections import (
    campaigns,
    erasure,
    letter_selectors,
    letters,
    mutual_telling,
    visit_selectors,
    working,
)
from linli.inspections.batch import CONFLICT_HOLDER, LETTER, OBSERVATION, VISIT, VISIT_PLAN
from linli.inspections.models import Observation, PendingConflict, Visit
from linli.inspections.providing import SLUG, SOURCE, Observations
from linli.inspections.workflow import FINDING
from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.places.models import Place
from linli.standards import facts, observed
from linli.work import holders
from linli.work.kinds import Kind, register

VIEW = "inspection.view"


def _over(actor: Actor, place_id: int | None) -> bool:
    if place_id is None:
        return False
    path = Place.objects.filter(pk=place_id).values_list("path", flat=True).first()
    return path is not None and actor.may(VIEW, place_path=str(path))


def _observation(actor: Actor, number: int) -> bool:
    return _over(actor, Observation.objects.filter(pk=number).values_list("site_id", flat=True).first())


def _visit(actor: Actor, number: int) -> bool:
    return _over(actor, Visit.objects.filter(pk=number).values_list("place_id", flat=True).first())


def _conflict(actor: Actor, number: int) -> bool:
    return _over(actor, PendingConflict.objects.filter(pk=number).values_list("site_id", flat=True).first())


def install() -> None:
    """Register the kind of work and the holders of evidence."""
    register(
        Kind(
            "finding",
            Label("巡查发现", "Finding"),
            FINDING,
            erase=erasure.erase_of_item,
            of_person=erasure.findings_of,
        )
    )
    erasure.install()
    campaigns.install()
    letters.install()
    mutual_telling.install()
    holders.register(OBSERVATION, _observation)
    holders.register(VISIT, _visit)
    holders.register(LETTER, letter_selectors.may_see, address="/desk/letters/{id}/")
    holders.register(VISIT_PLAN, visit_selectors.may_see_plan, address="/desk/visits/plans/{id}/")
    holders.register(CONFLICT_HOLDER, _conflict)
    observed.register(SLUG, Observations())
    facts.register(SOURCE)
    working.install()
