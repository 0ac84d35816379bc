"""One call of every writing service of the ledger on the small world (L11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from linli.credits import announcing, correcting, expiring, funding, holding, ledger, membership, opening, posting
from linli.credits.ledger import Posting
from linli.people.models import Person
from tests.credits.simulator import clock_at
from tests.support.world import World

Act = Callable[[], Any]
Case = Callable[[World], Act]


def _pool(world: World) -> int:
    return ledger.pool(world.places["street"].pk)


def _member(world: World, points: int = 10, days: int | None = 400, name: str = "resident") -> int:
    """The account of somebody who takes part and has points in two lots."""
    account = ledger.join(world.users[name].person_id or 0, actor=None, place_id=world.places["street"].pk)
    ledger.post([_award(world, account, points, days), _award(world, account, points, None)], actor=None)
    return account


def _award(world: World, account: int, points: int, days: int | None, key: str = "") -> Posting:
    today = timezone.localdate()
    return Posting(
        key or f"award:{account}:{points}:{days}", "award", _pool(world), account, points, "rule", today, "test", 1,
        None if days is None else today + timedelta(days=days),
    )  # fmt: skip


def _redeemed(world: World) -> int:
    return ledger.open_account("redeemed", world.places["street"].pk)


def _post(world: World) -> Act:
    one, two, sink = _member(world), _member(world, name="captain"), _redeemed(world)
    today = timezone.localdate()
    asked = [
        _award(world, one, 7, 30, "p1"),
        _award(world, two, 8, None, "p2"),
        Posting("p3", "redemption", one, sink, 15, "order", today, "test", 1),
    ]
    return lambda: ledger.post(asked, actor=world.actor("street"))


def _reverse(world: World) -> Act:
    """What was spent from two lots, of which one is over by now, goes back to both."""
    account, today = _member(world, days=5), timezone.localdate()
    asked = Posting("spent", "redemption", account, _redeemed(world), 15, "order", today, "test", 1)
    (spent,) = ledger.post([asked], actor=None)

    def act() -> None:
        with clock_at(today + timedelta(days=9), 0):
            posting.reverse(spent.transfer_id, key="back", reason="error", actor=world.actor("street"))

    return act


def _held(world: World) -> int:
    account, until = _member(world), timezone.now() + timedelta(days=1)
    return ledger.hold("h", account, 15, until=until, source_type="test", source_id=1, actor=None)


def _hold(world: World) -> Act:
    account, until = _member(world), timezone.now() + timedelta(days=1)
    return lambda: holding.hold("h", account, 15, until=until, source_type="test", source_id=1, actor=None)


def _collect(world: World) -> Act:
    hold, sink = _held(world), _redeemed(world)
    return lambda: holding.collect(hold, key="c", credit_account=sink, actor=None)


def _void(world: World) -> Act:
    hold = _held(world)
    return lambda: holding.void(hold, key="v", reason="cancelled", actor=None)


def _lapse(world: World) -> Act:
    _held(world)
    return lambda: holding.lapse(timezone.now() + timedelta(days=2))


def _expire(world: World) -> Act:
    _member(world, days=5)
    _member(world, days=6, name="captain")
    _redeemed(world)
    day = timezone.localdate() + timedelta(days=9)

    def act() -> None:
        with clock_at(day, 0):
            expiring.expire(day)

    return act


def _join(world: World) -> Act:
    """Somebody who left comes back."""
    person = world.users["resident"].person_id or 0
    _member(world)
    membership.leave(person, actor=None)
    return lambda: membership.join(person, actor=None)


def _leave(world: World) -> Act:
    _member(world)
    return lambda: membership.leave(world.users["resident"].person_id or 0, actor=None, give_up=True)


def _accounts(world: World) -> Act:
    now = timezone.now()
    people = Person.objects.bulk_create([Person(kind="resident", created_at=now) for _ in range(3)])
    return lambda: opening.member_accounts([person.pk for person in people])


def _tranches(world: World) -> Act:
    pool = _pool(world)
    ledger.fund(pool, 100, key="f", actor=None)
    return lambda: funding.fund_tranches(pool, 100, key="t", actor=None)


def _correct(world: World) -> Act:
    account = _member(world)
    (award,) = ledger.post([_award(world, account, 3, None, "wrong")], actor=None)
    return lambda: correcting.correct(world.actor("street"), award.transfer_id, "twice")


def _budget(world: World) -> Act:
    _pool(world)
    return lambda: correcting.fund(world.actor("director"), world.places["street"].pk, 1000, key="b")


def _announce(world: World) -> Act:
    _member(world, days=5)
    return announcing.announce


CASES: dict[str, Case] = {
    "credits.posting.post": _post,
    "credits.posting.reverse": _reverse,
    "credits.holding.hold": _hold,
    "credits.holding.collect": _collect,
    "credits.holding.void": _void,
    "credits.holding.lapse": _lapse,
    "credits.expiring.expire": _expire,
    "credits.membership.join": _join,
    "credits.membership.leave": _leave,
    "credits.opening.member_accounts": _accounts,
    "credits.funding.fund_tranches": _tranches,
    "credits.correcting.correct": _correct,
    "credits.correcting.fund": _budget,
    "credits.announcing.announce": _announce,
}

# One statement, or part of the transaction of whoever calls it; `install` only names the service.
NOT_ALONE = frozenset({
    "credits.erasure.erase", "credits.erasure.install", "credits.expiring.clear", "credits.funding.fund",
    "credits.office.streets_of", "credits.opening.member_account", "credits.opening.open_account",
    "credits.opening.owned_account", "credits.opening.pool", "credits.opening.stock_account",
    "credits.posting.post_many", "credits.reserving.hold_together", "credits.writing.write",
})  # fmt: skip
# Whole in one statement each; what is not made is made by the next run.
RUN_AGAIN = frozenset({"credits.checkpoints.make", "credits.sealing.seal"})
