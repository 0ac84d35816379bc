"""Placing an order (下单): what is offered, what a person has had, and the rows of the order.

Bare statements, prepared once. The order and its event are written by the ledger's own statement, beside the holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from linli.credits import reserving
from linli.credits.reserving import Along
from linli.credits.sql import fetch
from linli.people.access import Actor
from linli.shop import refusals, rules
from linli.shop.models import Order


@dataclass(frozen=True, slots=True)
class Offered:
    """A supply with its good and counter, as it is offered at the moment. `order_id` is that of the order to come."""

    order_id: int
    supply_id: int
    account_id: int
    free: int
    begins_at: datetime | None
    ends_at: datetime | None
    counter_id: int
    open: bool
    good_id: int
    unit: str
    price: int
    limit_quantity: int | None
    limit_period: str
    days_kept: int
    suspended: bool
    suspended_for: str


_OFFERED = """
SELECT o.id, nextval('shop_order_id_seq'), s.id, a.id, a.balance - a.held, s.begins_at, s.ends_at, c.id, c.active, g.id,
  g.unit, g.price, g.limit_quantity, g.limit_period, g.days_kept, g.suspended_at IS NOT NULL, g.suspended_for
FROM (SELECT) AS one
LEFT JOIN shop_order o ON o.person_id = $2::bigint AND o.key = $3::text
LEFT JOIN (shop_supply s JOIN shop_good g ON g.id = s.good_id JOIN shop_counter c ON c.id = s.counter_id
  JOIN credits_account a ON a.id = s.account_id) ON s.id = $1::bigint
"""
_TAKEN = """
SELECT coalesce(sum(quantity), 0) FROM shop_order
WHERE person_id = $1::bigint AND good_id = $2::bigint AND state IN ('reserved', 'collected')
  AND reserved_at >= $3::timestamptz
"""
_FIRST = reserving.FIRST_FREE
_KINDS = (
    "bigint", "text", "bigint", "bigint", "bigint", "bigint", "smallint", "int", "text", "text", "timestamptz",
    "timestamptz", "bigint", "text",
)  # fmt: skip
_ID, _KEY, _PERSON, _SUPPLY, _GOOD, _COUNTER, _QUANTITY, _POINTS, _CODE, _STATE, _NOW, _BY, _ACTOR, _CHANNEL = (
    f"${number}::{kind}" for number, kind in enumerate(_KINDS, start=_FIRST)
)
_PLACED = f"""
placed AS (
  INSERT INTO shop_order (id, key, person_id, supply_id, good_id, counter_id, quantity, points, code, state,
    points_hold_id, pieces_hold_id, reserved_at, collect_by, ending_key)
  SELECT {_ID}, {_KEY}, {_PERSON}, {_SUPPLY}, {_GOOD}, {_COUNTER}, {_QUANTITY}, {_POINTS}, {_CODE}, {_STATE},
    points_hold, pieces_hold, {_NOW}, {_BY}, '' FROM numbered
), noted AS (
  INSERT INTO shop_orderevent (order_id, what, person_id, channel, at)
  SELECT {_ID}, {_STATE}, {_ACTOR}, {_CHANNEL}, {_NOW} FROM numbered
)
"""


class Known(Exception):
    """The person has reserved with this key before."""


def offered(supply_id: int, quantity: int, person_id: int, key: str, now: datetime) -> Offered:
    """The supply, when it is offered at the moment (1 statement). Raises StepRefused with the reason when it is not.

    Raises Known, whatever is offered now, when the person's key has an order. Whoever comes when all is gone is told
    so without a lock; that nothing is promised twice is seen to by the hold.
    """
    known, *row = fetch(_OFFERED, [str(supply_id), str(person_id), key])[0]
    if known is not None:
        raise Known
    if row[1] is None:
        raise refusals.unknown_good()
    found = Offered(*row)
    if not found.open:
        raise refusals.unknown_good()
    if found.suspended:
        raise refusals.suspended(found.suspended_for)
    if found.begins_at is not None and found.begins_at <= now:
        raise refusals.slot_over()
    if found.free < quantity:
        raise refusals.sold_out(found.free, found.unit)
    return found


def within_limit(wanted: Offered, quantity: int, person_id: int, now: datetime) -> None:
    """Refuse more than one person may have in the period. Asked after the person's account was looked at: whoever else
    reserves for the same person turns that account.
    """
    if wanted.limit_quantity is None:
        return
    taken = _taken_in_period(wanted, person_id, now)
    if taken + quantity > wanted.limit_quantity:
        raise refusals.limit_reached(wanted.limit_quantity, wanted.limit_period, wanted.unit, taken)


def _taken_in_period(wanted: Offered, person_id: int, now: datetime) -> int:
    """How many pieces of the good the person has reserved or collected in the running period of its limit."""
    local = timezone.localtime(now)
    first = rules.period_start(wanted.limit_period, local.date())
    since = (
        local.replace(year=2000) if first is None else datetime(first.year, first.month, first.day, tzinfo=local.tzinfo)
    )
    return int(fetch(_TAKEN, [str(person_id), str(wanted.good_id), since])[0][0])


def placed(order: Order, actor: Actor) -> Along:
    """An order and that it was reserved, to be written beside its holds."""
    values = [
        str(order.pk), order.key, str(order.person_id), str(order.supply_id), str(order.good_id), str(order.counter_id),
        str(order.quantity), str(order.points), order.code, order.state, order.reserved_at, order.collect_by,
        None if actor.person_id is None else str(actor.person_id), actor.channel,
    ]  # fmt: skip
    return Along(_PLACED, values)
