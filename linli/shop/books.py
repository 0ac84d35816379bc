"""What the shop asks of the ledger: the only module of the room that posts, holds, collects and voids.

Points of a reservation are held on the person's account, pieces on the supply's. Handing over turns both holds into
transfers: points to the street's `redeemed` account, pieces to its `handed` one.
"""

from __future__ import annotations

from datetime import timedelta

from linli.credits import ledger, reserving
from linli.credits.errors import AlreadyResolved, Busy, Insufficient
from linli.credits.models import Account, Membership
from linli.credits.reserving import Along, Seen
from linli.people.access import Actor
from linli.shop import refusals
from linli.shop.models import Order, Receipt, Stocktake, StocktakeLine, Supply

SUPPLY, ORDER, RECEIPT, STOCKTAKE, DIFFERENCE = (
    "shop.supply", "shop.order", "shop.receipt", "shop.stocktake", "shop.difference",
)  # fmt: skip
MARGIN = timedelta(days=3)
"""So much longer than the order a hold lasts, so that the order's own job ends both together."""


def open_stock(supply_id: int, place_id: int) -> int:
    """The account of a supply, in pieces."""
    return ledger.stock_account(SUPPLY, supply_id, place_id=place_id)


def pieces(supply: Supply) -> int:
    """What lies at the counter by the books, reserved pieces among them."""
    return int(Account.objects.values_list("balance", flat=True).get(pk=supply.account_id or 0))


def is_member(person_id: int) -> bool:
    """Whether the person takes part in the scheme of points."""
    return Membership.objects.filter(person_id=person_id, left_at=None).exists()


def take_in(receipt: Receipt, actor: Actor) -> None:
    """Pieces of a receipt come to the supply's account: from outside, or from another supply."""
    supply = receipt.supply
    source = (
        receipt.moved_from.account_id
        if receipt.moved_from is not None
        else ledger.open_account("supplied", supply.good.place_id, unit="pieces")
    )
    ledger.post(
        [ledger.Posting(
            key=f"{RECEIPT}:{receipt.pk}", kind="receipt", debit=source or 0, credit=supply.account_id or 0,
            amount=receipt.quantity, reason=receipt.kind, effective_on=receipt.received_on, source_type=RECEIPT,
            source_id=receipt.pk,
        )],
        actor=actor,
    )  # fmt: skip


def adjust(line: StocktakeLine, stocktake: Stocktake, actor: Actor) -> None:
    """Book the difference of a counted supply. Raises Insufficient when less would be left than is reserved."""
    supply, difference = line.supply, line.counted - line.booked
    other = ledger.owned_account("supplied", DIFFERENCE, supply.good.place_id, place_id=supply.good.place_id)
    debit, credit = (other, supply.account_id) if difference > 0 else (supply.account_id, other)
    ledger.post(
        [ledger.Posting(
            key=f"{STOCKTAKE}:{stocktake.pk}:{supply.pk}", kind="stocktake", debit=debit or 0, credit=credit or 0,
            amount=abs(difference), reason=line.reason, effective_on=stocktake.counted_on, source_type=STOCKTAKE,
            source_id=stocktake.pk,
        )],
        actor=actor,
    )  # fmt: skip


def hold(order: Order, seen: Seen, stock_id: int, unit: str, actor: Actor, along: Along) -> None:
    """Hold the points and the pieces of an order, and write `along`: all in one statement, or nothing.

    What is not there cannot be held, so nothing is promised twice. Raises StepRefused, and Changed when somebody else
    has moved the person's points since they were seen.
    """
    try:
        order.points_hold_id, order.pieces_hold_id = reserving.hold_together(
            seen, f"{ORDER}:{order.pk}", order.points, stock_id, order.quantity, until=order.collect_by + MARGIN,
            source_type=ORDER, source_id=order.pk, actor=actor, along=along,
        )  # fmt: skip
    except Insufficient as problem:
        if problem.account_id == stock_id:
            raise refusals.sold_out(problem.available, unit) from problem
        if not is_member(order.person_id):
            raise refusals.not_a_member() from problem
        raise refusals.too_few_points(problem.available, order.points) from problem
    except Busy as problem:
        raise refusals.busy() from problem


def collect(order: Order, actor: Actor) -> None:
    """The order is handed over: points go to what the street has redeemed, pieces to what it has handed out."""
    place_id = order.good.place_id
    redeemed = ledger.open_account("redeemed", place_id)
    handed = ledger.open_account("handed", place_id, unit="pieces")
    for hold_id, what, account in (
        (order.points_hold_id, "points", redeemed),
        (order.pieces_hold_id, "pieces", handed),
    ):
        ledger.collect(hold_id, key=f"{ORDER}:{order.pk}:collect:{what}", credit_account=account, actor=actor)


def release(order: Order, actor: Actor | None, reason: str) -> None:
    """Points go back to the lots they came from, pieces to the counter. A hold that has lapsed is gone already."""
    for hold_id, what in ((order.points_hold_id, "points"), (order.pieces_hold_id, "pieces")):
        try:
            ledger.void(hold_id, key=f"{ORDER}:{order.pk}:void:{what}", reason=reason, actor=actor)
        except AlreadyResolved as problem:
            if problem.outcome == "collected":
                raise


def give_up(person_id: int, actor: Actor) -> None:
    """Who is erased gives up what came back to them by their reservations."""
    ledger.leave(person_id, actor=actor, give_up=True)
