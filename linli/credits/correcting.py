"""Writers of the office's side of the ledger: a wrong award is taken back with a reason, a pool gets a budget.

Correction is a reversal (冲正): the wrong line stays, its opposite follows. The room in which an award arose may have
registered how it is taken back there, so that its own record says so too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import get_language

from linli.credits import ledger, words
from linli.credits.models import Account, Transfer
from linli.credits.sql import fetch, numbers
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.places.models import Place
from linli.work import inbox
from linli.work.engine import StepRefused

VIEW, CORRECT, FUND = "credits.view", "credits.correct", "credits.fund"
CORRECTABLE = ("award", "claim", "opening", "adjust")
FUND_MAX = 10_000_000
POOL_KINDS = ("district", "street", "community")
REASONS: dict[str, Label] = {
    "wrong_person": Label("记错了人", "Given to the wrong person"),
    "twice": Label("同一件事记了两次", "Given twice for one deed"),
    "wrong_points": Label("分值有误", "Wrong number of points"),
    "not_so": Label("事实不符", "The deed was not so"),
}
"""Why an award is taken back; a choice, so that nothing personal is written into the ledger."""

NOTICE = "credits.corrected"

Taking = Callable[[int, str, Actor], bool]
"""Source id, reason's code, who acts; whether the points were taken back (False: they are spent)."""
_taking: dict[str, Taking] = {}

SPENT = Label(
    "这笔积分已被兑换，不能冲正；余额从不为负。",
    "These points are spent and cannot be taken back; nobody goes below zero.",
)


def register(source_type: str, taking: Taking) -> None:
    """Have `taking` take back what arose in another room, instead of the ledger alone."""
    _taking[source_type] = taking


def place_of(transfer: Transfer) -> Place:
    """The place whose pool gave the points (1 statement)."""
    return Place.objects.get(pk=Account.objects.values_list("place_id", flat=True).get(pk=transfer.debit_id))


def correctable(transfer_id: int) -> Transfer | None:
    """The transfer when it gave points to a member, and so may be taken back (1 statement)."""
    members = Account.objects.filter(kind="member").values("pk")
    return Transfer.objects.filter(pk=transfer_id, kind__in=CORRECTABLE, credit_id__in=members).first()


def correct(actor: Actor, transfer_id: int, reason: str) -> bool:
    """Take back a wrong award, once, and tell its owner; False when it was taken back before.

    Raises ObjectHidden where the actor may not, StepRefused (409) when the points are spent or have expired.
    """
    row = correctable(transfer_id)
    if row is None:
        raise ObjectHidden(CORRECT)
    require(actor, CORRECT, place_path=str(place_of(row).path), hidden=True)
    if reason not in REASONS:
        raise StepRefused("bad_reason", Label("请选择原因。", "Choose a reason."), status=422, field="reason")
    with transaction.atomic():
        if Transfer.objects.filter(reverses_id=row.pk).exists():
            return False
        _take_back(row, reason, actor)
        owner = Account.objects.values_list("person_id", flat=True).get(pk=row.credit_id)
        if owner is not None:
            inbox.notify([owner], NOTICE, data={"transfer": row.pk, "points": row.amount})
        record("credits.corrected", actor_id=actor.person_id, subject=f"transfer:{row.pk}", reason=reason)
    return True


def _take_back(row: Transfer, reason: str, actor: Actor) -> None:
    taking = _taking.get(row.source_type)
    try:
        if taking is not None and not taking(row.source_id, reason, actor):
            raise StepRefused("spent", SPENT, status=409)
        if not Transfer.objects.filter(reverses_id=row.pk).exists():
            ledger.reverse(row.pk, key=f"correct:{row.pk}", reason=reason, actor=actor)
    except ledger.Insufficient as error:
        raise StepRefused("spent", SPENT, status=409) from error
    except ledger.LedgerProblem as problem:
        raise StepRefused(problem.code, problem.label, status=problem.status) from problem


def fund(actor: Actor, street_id: int, amount: int, *, key: str) -> int:
    """Give a street's pool (or that of another place with rules of its own) a budget of so many points more.

    The answer is what its tranches then hold. Twice is once.

    From the first budget on the pool gives no more than it has. Raises StepRefused (422), PermissionRefused.
    """
    place = Place.objects.filter(pk=street_id, kind__in=POOL_KINDS).first()
    if place is None:
        raise ObjectHidden(FUND)
    require(actor, FUND, place_path=str(place.path), hidden=True)
    if not 100 <= amount <= FUND_MAX:
        label = Label("每次拨付 100 到 1000 万分。", "Between 100 and 10,000,000 points at a time.")
        raise StepRefused("bad_amount", label, status=422, field="amount")
    if not 0 < len(key) <= 64:
        raise StepRefused("bad_key", Label("请刷新后重试。", "Reload and try again."), status=422)
    with transaction.atomic():
        pool = ledger.pool(street_id)
        try:
            ledger.fund(pool, amount, key=f"fund:{street_id}:{key}", actor=actor)
            ledger.fund_tranches(pool, amount, key=f"budget:{street_id}:{key}", actor=actor)
        except ledger.LedgerProblem as problem:
            raise StepRefused(problem.code, problem.label, status=problem.status) from problem
        record("credits.funded", actor_id=actor.person_id, subject=f"place:{street_id}", points=amount)
    rows = fetch(
        "SELECT sum(balance)::bigint FROM credits_account WHERE parent_id = ANY($1::bigint[])", [numbers([pool])]
    )
    return int(rows[0][0] or 0)


def _titles(data: Sequence[Mapping[str, Any]]) -> list[str]:
    language = get_language() or "zh-hans"
    return [
        Label(f"更正了记错的 {entry.get('points')} 分", f"{entry.get('points')} points that were given wrongly").text(
            language
        )
        for entry in data
    ]


def install() -> None:
    """Say what the line in the inbox means and where it leads, and what the reasons are called in a statement."""
    inbox.say(
        NOTICE, Label("有一笔积分更正了", "Points were corrected"), address="/points/lines/{transfer}/", titles=_titles
    )  # fmt: skip
    words.REASONS.update(REASONS)
