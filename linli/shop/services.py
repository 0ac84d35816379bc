"""Orders: reserve, give back, call off, hand over, lapse. Each is one transaction over points, pieces and the order.

Locks are taken in one order: the order's row (where there is one), the person's account, the supply's account. A
reservation counts against its limit after it has looked at the person's account, and is written only if that is as it
was seen, so that two at once cannot both pass.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from linli.credits import reserving
from linli.credits.errors import Busy, LedgerProblem
from linli.people.access import Actor, ObjectHidden, refuse, require
from linli.people.audit import record
from linli.shop import books, placing, refusals, rules, telling
from linli.shop.models import Order, OrderEvent
from linli.work.engine import StepRefused
from linli.work.services import KeyConflict

REDEEM, COUNTER, MANAGE = "shop.redeem", "shop.counter", "shop.manage"
TRIES_MAX = 3
EXPIRED_AT_ONCE = 200
REMIND_BEFORE, REMIND_AFTER = timedelta(hours=24), timedelta(hours=6)
"""So long before a reservation ends its person is reminded, but not so soon after they made it."""
REMINDED = "reminded"
KEY_LENGTH_MAX = 96


@dataclass(frozen=True, slots=True)
class Done:
    """An order after what was asked; `repeated` says that the same key had done it before."""

    order: Order
    repeated: bool = False


def reserve(
    actor: Actor, supply_id: int, quantity: int, *, key: str, price: int | None = None, now: datetime | None = None
) -> Done:
    """Reserve pieces of a supply for the actor's points. Again with the same key it is the same order.

    `price`: what one piece cost when it was shown. Raises StepRefused with what to do: too few points, sold out, limit
    reached, suspended, price changed, no member; KeyConflict (409) where the key was used for another reservation.
    Nothing is held then.
    """
    require(actor, REDEEM)
    if actor.person_id is None:
        raise ObjectHidden(REDEEM)
    person_id = actor.person_id
    if not key or len(key) > KEY_LENGTH_MAX or not key.isprintable():
        raise refusals.refused(
            "invalid_key", "页面已过期，请刷新后再试。", "The page is too old; reload it.", status=422
        )
    if not 1 <= quantity <= rules.QUANTITY_MAX:
        raise refusals.bad_quantity()
    moment = now or timezone.now()
    for attempt in range(1, TRIES_MAX + 1):
        try:
            last = attempt == TRIES_MAX
            with transaction.atomic() if last or connection.in_atomic_block else nullcontext():
                if last:
                    reserving.lock(person_id)
                return _reserve(actor, person_id, supply_id, quantity, key, price, moment)
        except placing.Known:
            return _known(person_id, key, supply_id, quantity)
        except (StepRefused, Busy, IntegrityError, reserving.Changed) as problem:
            # Many at once: the lock did not come in time, or the person's points have moved since they were seen. Or
            # the same was sent twice at the same moment, or (once in millions) the pick-up code is that of another.
            # It is tried again, at last with the person's account locked.
            if isinstance(problem, StepRefused) and problem.code != refusals.BUSY:
                raise
            if last:
                raise refusals.busy() from problem
    raise AssertionError("unreachable")


def _known(person_id: int, key: str, supply_id: int, quantity: int) -> Done:
    order = Order.objects.get(person_id=person_id, key=key)
    if (order.supply_id, order.quantity) != (supply_id, quantity):
        raise KeyConflict
    return Done(order, repeated=True)


def _reserve(
    actor: Actor, person_id: int, supply_id: int, quantity: int, key: str, price: int | None, now: datetime
) -> Done:
    """Two looks, and one statement that writes everything; one look more where the thing has a limit."""
    wanted = placing.offered(supply_id, quantity, person_id, key, now)
    if price is not None and price != wanted.price:
        raise refusals.price_changed(wanted.price)
    seen = reserving.look(person_id)
    order = Order(
        pk=wanted.order_id, key=key, person_id=person_id, supply_id=wanted.supply_id, good_id=wanted.good_id,
        counter_id=wanted.counter_id, quantity=quantity, points=wanted.price * quantity, code=rules.new_code(),
        reserved_at=now, collect_by=rules.collect_by(timezone.localtime(now), wanted.days_kept, wanted.ends_at),
    )  # fmt: skip
    placing.within_limit(wanted, quantity, person_id, now)
    books.hold(order, seen, wanted.account_id, wanted.unit, actor, placing.placed(order, actor))
    return Done(order)


def _note(order: Order, actor: Actor | None, what: str, now: datetime) -> None:
    OrderEvent.objects.create(
        order=order, what=what, person_id=actor.person_id if actor else None,
        channel=actor.channel if actor else "system", at=now,
    )  # fmt: skip


def _kept(key: str) -> str:
    """A key of an ending as it is stored; one that no page has made is none."""
    return key[:KEY_LENGTH_MAX] if key.isprintable() else ""


def _locked(order_id: int) -> Order | None:
    return (
        Order.objects.select_for_update(of=("self",), no_key=True)
        .select_related("good", "counter__place", "supply")
        .filter(pk=order_id)
        .first()
    )


def _end(order: Order, state: str, actor: Actor | None, key: str, now: datetime) -> None:
    order.state, order.ended_at, order.ending_key = state, now, key
    order.ended_by_id = actor.person_id if actor else None
    order.save(update_fields=["state", "ended_at", "ended_by", "ended_for", "ending_key", "partner"])
    _note(order, actor, state, now)


def give_back(actor: Actor, order_id: int, *, key: str, now: datetime | None = None) -> Done:
    """The person gives a reservation back: points return to the lots they came from, pieces to the counter.

    Only one's own (ObjectHidden otherwise). Again it is the same; StepRefused when it was collected or has lapsed.
    """
    require(actor, REDEEM)
    with transaction.atomic():
        order = _locked(order_id)
        if order is None:
            raise ObjectHidden(REDEEM)
        if order.person_id != actor.person_id:
            refuse(actor, REDEEM, hidden=True)
        if order.state == Order.VOIDED:
            return Done(order, repeated=True)
        if order.state != Order.RESERVED:
            raise refusals.ended(order.state)
        books.release(order, actor, "member")
        _end(order, Order.VOIDED, actor, _kept(key), now or timezone.now())
    return Done(order)


def call_off(actor: Actor, order_id: int, reason: str, *, now: datetime | None = None) -> Done:
    """The shop cannot deliver: points and pieces go back as if the person had given it back, who is told why.

    `reason` is one of `rules.CALLED_OFF`. Again it is the same; StepRefused when it was collected or has lapsed.
    """
    with transaction.atomic():
        order = _locked(order_id)
        if order is None:
            raise ObjectHidden(MANAGE)
        require(actor, MANAGE, place_path=str(order.counter.place.path), hidden=True)
        if reason not in rules.CALLED_OFF:
            raise refusals.refused("bad_reason", "请选择原因。", "Choose a reason.", field="reason", status=422)
        if order.state == Order.VOIDED:
            return Done(order, repeated=True)
        if order.state != Order.RESERVED:
            raise refusals.ended(order.state)
        release_order(order, actor, reason, now or timezone.now())
        telling.tell(telling.CALLED_OFF, order)
        record("shop.called_off", actor_id=actor.person_id, subject=f"order:{order.pk}", what=reason)
    return Done(order)


def release_order(order: Order, actor: Actor, reason: str, now: datetime) -> None:
    """Give a locked reservation back for a reason that is not the person's. In the caller's transaction."""
    books.release(order, actor, reason)
    order.ended_for = reason
    _end(order, Order.VOIDED, actor, "", now)


def hand_over(actor: Actor, order_id: int, *, key: str, now: datetime | None = None) -> Done:
    """Hand over what was reserved, at its counter. Again with the same key it is the same hand-over.

    Raises StepRefused when it has ended otherwise or too late, ObjectHidden where the actor does not work.
    """
    moment = now or timezone.now()
    with transaction.atomic():
        order = _locked(order_id)
        if order is None:
            raise ObjectHidden(COUNTER)
        require(actor, COUNTER, place_path=str(order.counter.place.path), hidden=True)
        if order.state == Order.COLLECTED and order.ending_key and order.ending_key == _kept(key):
            return Done(order, repeated=True)
        if order.state != Order.RESERVED:
            raise refusals.ended(order.state)
        if order.collect_by < moment:
            raise refusals.too_late()
        if order.person_id == actor.person_id:
            raise refusals.refused(
                "own_order", "自己的兑换要请另一位志愿者办理。", "Have another volunteer hand over your own order."
            )
        try:
            books.collect(order, actor)
        except LedgerProblem as problem:
            raise refusals.refused(problem.code, problem.label.zh, problem.label.en, status=problem.status) from problem
        order.partner_id = order.good.partner_id
        _end(order, Order.COLLECTED, actor, _kept(key), moment)
    return Done(order)


def expire(now: datetime | None = None, *, limit: int = EXPIRED_AT_ONCE) -> int:
    """Give back what was not collected in time; how many. By several workers at once, each order by one of them.

    A transaction for each: who reserves holds a person's account and waits for a counter's, so nobody may hold the
    counter's of one order and wait for the person's of the next.
    """
    moment, total, last = now or timezone.now(), 0, 0
    while True:
        due = list(
            Order.objects.filter(state=Order.RESERVED, collect_by__lt=moment, pk__gt=last)
            .order_by("pk").values_list("pk", flat=True)[:limit]
        )  # fmt: skip
        total += sum(_lapse(order_id, moment) for order_id in due)
        if len(due) < limit:
            return total
        last = due[-1]


@transaction.atomic
def _lapse(order_id: int, moment: datetime) -> bool:
    """Let one order lapse, unless somebody else is at it or was faster."""
    order = (
        Order.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .select_related("good")
        .filter(pk=order_id, state=Order.RESERVED, collect_by__lt=moment)
        .first()
    )
    if order is None:
        return False
    books.release(order, None, "expired")
    _end(order, Order.EXPIRED, None, "", moment)
    telling.tell(telling.LAPSED, order)
    return True


@transaction.atomic
def remind_due(now: datetime | None = None, *, limit: int = EXPIRED_AT_ONCE) -> int:
    """Remind those whose reservation ends within a day, each once; how many. By several workers at once."""
    moment = now or timezone.now()
    reminded = OrderEvent.objects.filter(order=OuterRef("pk"), what=REMINDED)
    due = (
        Order.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        .filter(
            ~Exists(reminded), state=Order.RESERVED, collect_by__gt=moment, collect_by__lte=moment + REMIND_BEFORE,
            reserved_at__lte=moment - REMIND_AFTER,
        )
        .order_by("pk")[:limit]
    )  # fmt: skip
    told = list(due)
    for order in told:
        _note(order, None, REMINDED, moment)
        telling.tell(telling.DUE, order)
    return len(told)
