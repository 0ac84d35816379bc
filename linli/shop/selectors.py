"""The readers of the shop for residents and the counter: what is offered, one's own orders, the order behind a code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, F, Sum
from django.utils import timezone

from linli.credits.models import Account
from linli.people.access import Actor
from linli.people.personal import contact
from linli.shop import rules
from linli.shop.models import Counter, Donation, Good, Order, Partner, Supply

GOODS_SHOWN, ORDERS_SHOWN, SLOTS_SHOWN, DONATIONS_PAGE, WAITING_SHOWN = 200, 50, 40, 50, 500
COUNTER = "shop.counter"


@dataclass(slots=True)
class Offer:
    """A good with what of it may still be reserved, by counter (and slot)."""

    good: Good
    supplies: list[Supply] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Pieces that may still be reserved, at all counters together."""
        return sum(supply.free for supply in self.supplies)

    @property
    def best(self) -> Supply | None:
        """The supply that is chosen beforehand: the first that has any."""
        return next((supply for supply in self.supplies if supply.free > 0), None)


def _supplies(now: datetime) -> Any:
    """Supplies that are offered at the moment: at open counters, slots that have not begun."""
    return (
        Supply.objects.select_related("account", "counter")
        .filter(counter__active=True, account__isnull=False)
        .exclude(begins_at__lte=now)
        .order_by("begins_at", "counter_id", "id")
    )


def offers(*, place_ids: Iterable[int] | None = None, kind: str = "", now: datetime | None = None) -> list[Offer]:
    """What residents see: goods that are not suspended, cheapest first (2 statements)."""
    moment = now or timezone.now()
    goods = Good.objects.select_related("place", "partner").filter(suspended_at=None).order_by("price", "name", "id")
    if place_ids is not None:
        goods = goods.filter(place_id__in=list(place_ids))
    if kind in rules.KINDS:
        goods = goods.filter(kind=kind)
    found = {good.pk: Offer(good) for good in goods[:GOODS_SHOWN]}
    for supply in _supplies(moment).filter(good_id__in=list(found)):
        found[supply.good_id].supplies.append(supply)
    return list(found.values())


def offer(good_id: int, now: datetime | None = None) -> Offer | None:
    """One good with its supplies, also when it is suspended; None when there is none (2 statements)."""
    good = Good.objects.select_related("place", "partner").filter(pk=good_id).first()
    if good is None:
        return None
    return Offer(good, list(_supplies(now or timezone.now()).filter(good=good)[:SLOTS_SHOWN]))


def shop_places() -> list[tuple[int, str]]:
    """The streets that have a shop: id and name (1 statement)."""
    return list(
        Good.objects.filter(suspended_at=None).order_by("place__code", "place_id")
        .values_list("place_id", "place__name").distinct()
    )  # fmt: skip


def available_points(person_id: int) -> int | None:
    """What the person may spend now; None when they have no account (at most 3 statements).

    As the ledger reckons: what is held or has expired is not among it.
    """
    from linli.credits import ledger

    number = Account.objects.filter(person_id=person_id, kind="member").values_list("pk", flat=True).first()
    return None if number is None else ledger.balance(number).available


def own_orders(person_id: int, *, limit: int = ORDERS_SHOWN) -> list[Order]:
    """A person's orders: those to be collected first, then the latest (1 statement)."""
    rows = Order.objects.select_related("good", "counter", "supply").filter(person_id=person_id)
    found = list(rows.order_by("-reserved_at")[:limit])
    return sorted(found, key=lambda row: row.state != Order.RESERVED)


def own_order(person_id: int, order_id: int) -> Order | None:
    """One's own order (1 statement)."""
    rows = Order.objects.select_related("good", "counter", "supply")
    return rows.filter(pk=order_id, person_id=person_id).first()


# --- the counter ---


def counters_for(actor: Actor) -> list[Counter]:
    """The counters where the actor works (1 statement)."""
    return list(_where(Counter.objects.filter(active=True), actor, COUNTER, "place__path").order_by("place_id", "pk"))


def _where(rows: Any, actor: Actor, permission: str, path: str) -> Any:
    """Rows whose place lies where the permission holds."""
    scopes = actor.scopes(permission)
    if scopes.everything:
        return rows
    if not scopes.place_paths:
        return rows.none()
    from django.db.models import Q

    wanted = Q()
    for outer in scopes.place_paths:
        wanted |= Q(**{f"{path}__descendant_of": outer})
    return rows.filter(wanted)


def order_by_code(actor: Actor, code: str) -> Order | None:
    """The latest order with this pick-up code at a counter where the actor works (1 statement)."""
    if not code:
        return None
    rows = Order.objects.select_related("good", "counter__place", "supply", "person")
    found: Order | None = (
        _where(rows, actor, COUNTER, "counter__place__path").filter(code=code).order_by("-reserved_at").first()
    )
    return found


def masked_name(order: Order) -> str:
    """Who reserved it, as the counter may see it: 王**; the tail of the phone where no name is known.

    The order's person was read along.
    """
    found = contact(order.person, clear=False)
    name, phone = found.name, found.phone
    if order.person.kind == "staff" and name:
        return f"{name[0]}**"
    return name or phone


def waiting_at(counter_ids: Iterable[int]) -> int:
    """Orders that wait at counters (1 statement)."""
    return Order.objects.filter(counter_id__in=list(counter_ids), state=Order.RESERVED).count()


def waiting_list(counter_ids: Iterable[int]) -> list[Order]:
    """What waits at counters, for laying it ready: goods and days, nobody's name (1 statement)."""
    rows = Order.objects.select_related("good", "counter", "supply")
    rows = rows.filter(counter_id__in=list(counter_ids), state=Order.RESERVED)
    return list(rows.order_by("collect_by", "pk")[:WAITING_SHOWN])


def handed_today(counter_ids: Iterable[int], now: datetime | None = None) -> list[Order]:
    """What was handed over at counters today, the latest first (1 statement)."""
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Order.objects.select_related("good", "counter").filter(
        counter_id__in=list(counter_ids), state=Order.COLLECTED, ended_at__gte=start
    )
    return list(rows.order_by("-ended_at")[:ORDERS_SHOWN])


# --- what the public and partners are told ---


def donations(place_ids: Iterable[int] | None = None, *, page: int = 1) -> list[Donation]:
    """Donations for the public, the latest first; one more than a page holds, to tell that there is another."""
    rows = Donation.objects.select_related("place").order_by("-received_on", "-pk")
    if place_ids is not None:
        rows = rows.filter(place_id__in=list(place_ids))
    start = (page - 1) * DONATIONS_PAGE
    return list(rows[start : start + DONATIONS_PAGE + 1])


_DONATED = """
SELECT count(*) FILTER (WHERE kind = 'goods'), count(*) FILTER (WHERE kind = 'funds'),
       coalesce(sum(amount_fen), 0),
       (SELECT coalesce(sum(r.cost_fen), 0) FROM shop_receipt r JOIN shop_supply s ON s.id = r.supply_id
        JOIN shop_good g ON g.id = s.good_id WHERE r.kind = 'bought' AND (%(all)s OR g.place_id = ANY(%(places)s)))
FROM shop_donation WHERE %(all)s OR place_id = ANY(%(places)s)
"""


def donated(place_ids: Iterable[int] | None = None) -> dict[str, int]:
    """Numbers of donations, money given and money spent on goods, in fen (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(_DONATED, {"all": place_ids is None, "places": list(place_ids or [])})
        goods, funds, given, spent = cursor.fetchone()
    return {"goods": goods, "funds": funds, "given_fen": int(given), "spent_fen": int(spent)}


def month_span(month: date) -> tuple[datetime, datetime]:
    """The moments between which a month lies in the district's time."""
    zone = timezone.get_current_timezone()
    first, after = month.replace(day=1), rules.month_after(month)
    return datetime(first.year, first.month, 1, tzinfo=zone), datetime(after.year, after.month, 1, tzinfo=zone)


def handed_by_good(partner: Partner, month: date) -> list[dict[str, int]]:
    """What a partner handed over in a month, by good: good_id, orders, quantity, points (1 statement)."""
    begin, end = month_span(month)
    rows = Order.objects.filter(partner=partner, state=Order.COLLECTED, ended_at__gte=begin, ended_at__lt=end)
    found: Any = (
        rows.values("good_id").order_by("good_id")
        .annotate(orders=Count("id"), pieces=Sum("quantity"), sum_points=Sum("points"))
        .values("good_id", "orders", quantity=F("pieces"), points=F("sum_points"))
    )  # fmt: skip
    return list(found)
