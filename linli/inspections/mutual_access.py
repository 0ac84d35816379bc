"""Who may act on a mutual check (互查): staff of the place, and the people of the two shops. Nobody checks itself.

A person may answer for several shops, and somebody of the staff may keep one: whoever belongs to the shop that is
looked at writes down no result of it.
"""

from __future__ import annotations

from linli.inspections.models import MutualCheck
from linli.inspections.mutual_telling import OWN_SHOP
from linli.inspections.promises import PROMISE
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require
from linli.people.models import Organisation
from linli.work.engine import StepRefused

OWN = Label("自己的店由别人来查，请换一个人记录。", "Others look at your own shop: let somebody else record it.")


def locked_check(actor: Actor, check_id: int, own: str) -> tuple[MutualCheck, bool]:
    """A check, locked, that staff of the place may act on, or the people of the shop that is its `own` (checker,
    checked); and whether the actor is of those people. In the caller's transaction; ObjectHidden (404) otherwise."""
    rows = MutualCheck.objects.select_for_update(of=("self",)).select_related("checked", "checker")
    row = rows.filter(pk=check_id).first()
    if row is None:
        raise ObjectHidden(PROMISE)
    belongs = is_of(actor, row.checker_id if own == "checker" else row.checked_id)
    if not belongs:
        require(actor, PROMISE, place_path=str(row.checked.path), hidden=True)
    return row, belongs


def is_of(actor: Actor, site_id: int) -> bool:
    """Whether the actor is one of a shop's own people (at most 1 statement)."""
    units = actor.scopes(OWN_SHOP).organisation_ids
    return bool(units) and Organisation.objects.filter(pk__in=units, place_id=site_id, active=True).exists()


def not_own(actor: Actor, row: MutualCheck) -> None:
    """Refuse (409) a result that somebody of the looked-at shop would write down (at most 1 statement)."""
    if is_of(actor, row.checked_id):
        raise StepRefused("own_shop", OWN, status=409)
