"""The readers of the shop for staff: goods, stock, receipts, counts, partners, and figures with the lists behind them.

Figures speak of goods, counters and months; there is none of persons.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce, TruncMonth
from django.utils import timezone

from linli.people.access import Actor, ObjectHidden
from linli.people.models import Appointment
from linli.shop.models import (
    Counter,
    Donation,
    Good,
    Order,
    Partner,
    Receipt,
    Settlement,
    Stocktake,
    StocktakeLine,
    Supply,
)
from linli.shop.selectors import month_span

VIEW, MANAGE = "shop.view", "shop.manage"
PAGE = 50
ROWS_MAX = 500
MONTHS_MAX = 24


def _inside(actor: Actor, field: str, *, around: bool = False) -> Q:
    """Rows whose place lies where the actor may see the shop; with `around` also places that enclose it."""
    scopes = actor.scopes(VIEW)
    if scopes.everything:
        return Q()
    found = Q(pk__in=[])
    for path in scopes.place_paths:
        found |= Q(**{f"{field}__descendant_of": path})
        if around:
            found |= Q(**{f"{field}__ancestor_of": path})
    return found


def goods(actor: Actor) -> QuerySet[Good]:
    """Goods of the shops that concern the actor: of their places, and of the street around their community."""
    return Good.objects.select_related("place", "partner").filter(_inside(actor, "place__path", around=True))


def good(actor: Actor, good_id: int) -> Good:
    """One of them; ObjectHidden otherwise."""
    found = goods(actor).filter(pk=good_id).first()
    if found is None:
        raise ObjectHidden(VIEW)
    return found


def counters(actor: Actor) -> QuerySet[Counter]:
    """Counters where the actor may see the shop."""
    return Counter.objects.select_related("place", "partner").filter(_inside(actor, "place__path")).order_by("pk")


def counter(actor: Actor, counter_id: int) -> Counter:
    """One of them; ObjectHidden otherwise."""
    found = counters(actor).filter(pk=counter_id).first()
    if found is None:
        raise ObjectHidden(VIEW)
    return found


def staff_of(row: Counter, day: date) -> list[str]:
    """Work names of the volunteers appointed to the counter's place or one around it (1 statement)."""
    rows = Appointment.objects.filter(
        role="counter_volunteer", place__path__ancestor_of=str(row.place.path), valid_from__lte=day,
        person__erased_at=None,
    ).exclude(valid_to__lte=day)  # fmt: skip
    return list(rows.order_by("person__display_name").values_list("person__display_name", flat=True).distinct())


def _supplies(actor: Actor) -> QuerySet[Supply]:
    rows = Supply.objects.select_related("good", "counter", "account")
    return rows.filter(_inside(actor, "counter__place__path"), account__isnull=False).exclude(
        ends_at__lt=timezone.now()
    )


def stock(actor: Actor, *, counter_id: int | None = None, good_id: int | None = None) -> list[Supply]:
    """Supplies with their accounts, at the actor's counters (1 statement). Slots that are over are left out."""
    rows = _supplies(actor)
    if counter_id is not None:
        rows = rows.filter(counter_id=counter_id)
    if good_id is not None:
        rows = rows.filter(good_id=good_id)
    return list(rows.order_by("counter_id", "good__name", "begins_at", "pk")[:ROWS_MAX])


def receipts(actor: Actor, *, page: int = 1, good_id: int | None = None) -> list[Receipt]:
    """What came to the actor's counters, the latest first; one more than a page (1 statement)."""
    rows = Receipt.objects.select_related(
        "supply__good", "supply__counter", "donation", "moved_from__counter"
    ).filter(_inside(actor, "supply__counter__place__path"))  # fmt: skip
    if good_id is not None:
        rows = rows.filter(supply__good_id=good_id)
    start = (page - 1) * PAGE
    return list(rows.order_by("-received_on", "-pk")[start : start + PAGE + 1])


def donations(actor: Actor) -> QuerySet[Donation]:
    """Donations to the shops that concern the actor, the latest first."""
    rows = Donation.objects.select_related("place").filter(_inside(actor, "place__path", around=True))
    return rows.order_by("-received_on", "-pk")


def stocktakes(actor: Actor) -> list[Stocktake]:
    """Counts at the actor's counters, those that wait first (1 statement)."""
    rows = Stocktake.objects.select_related("counter", "counted_by", "decided_by").filter(
        _inside(actor, "counter__place__path")
    )
    # Ordered before it is cut: one that waits is never pushed out by later ones.
    first = Case(When(state=Stocktake.WAITING, then=0), default=1)
    return list(rows.order_by(first, "-counted_on", "-pk")[:PAGE])


def stocktakes_for(actor: Actor) -> int:
    """Counts that wait for the actor as the second person, for the card on the desk (at most 1 statement)."""
    scopes = actor.scopes(MANAGE)
    if scopes.empty:
        return 0
    rows = Stocktake.objects.filter(state=Stocktake.WAITING).exclude(counted_by_id=actor.person_id or 0)
    if not scopes.everything:
        rows = rows.filter(counter__place__path__descendant_of_any=list(scopes.place_paths))
    return rows.count()


def stocktake(actor: Actor, stocktake_id: int) -> tuple[Stocktake, list[StocktakeLine]]:
    """One count with its lines, those that differ first (2 statements); ObjectHidden otherwise."""
    rows = Stocktake.objects.select_related("counter__place", "counted_by", "decided_by")
    row = rows.filter(_inside(actor, "counter__place__path"), pk=stocktake_id).first()
    if row is None:
        raise ObjectHidden(VIEW)
    lines = list(row.lines.select_related("supply__good").order_by("supply__good__name", "pk"))
    return row, sorted(lines, key=lambda line: line.booked == line.counted)


def partners(actor: Actor) -> QuerySet[Partner]:
    """Partners of the shops that concern the actor."""
    return Partner.objects.select_related("place").filter(_inside(actor, "place__path", around=True)).order_by("name")


def partner(actor: Actor, partner_id: int) -> Partner:
    """One of them; ObjectHidden otherwise."""
    found = partners(actor).filter(pk=partner_id).first()
    if found is None:
        raise ObjectHidden(VIEW)
    return found


def settlement(actor: Actor, settlement_id: int) -> tuple[Settlement, list[Any]]:
    """One settlement with its lines (2 statements); ObjectHidden otherwise."""
    rows = Settlement.objects.select_related("partner__place", "made_by", "scan")
    row = rows.filter(_inside(actor, "partner__place__path", around=True), pk=settlement_id).first()
    if row is None:
        raise ObjectHidden(VIEW)
    return row, list(row.lines.select_related("good").order_by("good__name"))


def months_of(row: Partner) -> list[dict[str, Any]]:
    """Months in which a partner handed something over: month, orders, points; the latest first (1 statement)."""
    found = Order.objects.filter(partner=row, state=Order.COLLECTED).annotate(month=TruncMonth("ended_at"))
    return [
        entry | {"month": entry["month"].date()}
        for entry in found.values("month")
        .annotate(orders=Count("id"), sum_points=Sum("points"))
        .order_by("-month")[:MONTHS_MAX]
    ]


def orders(
    actor: Actor, *, state: str = "", good_id: int | None = None, counter_id: int | None = None,
    month: date | None = None,
) -> QuerySet[Order]:  # fmt: skip
    """Orders at the actor's counters, the latest first: the list behind each figure."""
    rows = Order.objects.select_related("good", "counter", "supply", "person").filter(
        _inside(actor, "counter__place__path")
    )
    if state:
        rows = rows.filter(state=state)
    if good_id is not None:
        rows = rows.filter(good_id=good_id)
    if counter_id is not None:
        rows = rows.filter(counter_id=counter_id)
    if month is not None:
        begin, end = month_span(month)
        field = "ended_at" if state and state != Order.RESERVED else "reserved_at"
        rows = rows.filter(**{f"{field}__gte": begin, f"{field}__lt": end})
    return rows.order_by("-reserved_at", "-pk")


def order(actor: Actor, order_id: int) -> Order:
    """One of them; ObjectHidden otherwise (1 statement)."""
    row = orders(actor).select_related("counter__place", "partner", "ended_by").filter(pk=order_id).first()
    if row is None:
        raise ObjectHidden(VIEW)
    return row


def redeemed(actor: Actor, month: date) -> list[dict[str, Any]]:
    """What was handed over in a month by good and counter: orders, pieces, points (1 statement)."""
    rows = orders(actor, state=Order.COLLECTED, month=month).order_by()
    found: Any = (
        rows.values("good_id", "counter_id", name=F("good__name"), unit=F("good__unit"), where=F("counter__name"))
        .annotate(orders=Count("id"), pieces=Sum("quantity"), sum_points=Sum("points"))
        .order_by("-sum_points", "name", "counter_id")[:ROWS_MAX]
    )
    return list(found)


def redeemed_sums(actor: Actor, month: date) -> dict[str, int]:
    """Orders and points of a month altogether, however many lines it has (1 statement)."""
    rows = orders(actor, state=Order.COLLECTED, month=month).order_by()
    return rows.aggregate(orders=Count("id"), points=Coalesce(Sum("points"), 0))


def months_redeemed(actor: Actor) -> list[dict[str, Any]]:
    """Months with what was handed over in each, the latest first (1 statement)."""
    rows = orders(actor, state=Order.COLLECTED).order_by().annotate(month=TruncMonth("ended_at"))
    found = rows.values("month").annotate(orders=Count("id"), sum_points=Sum("points")).order_by("-month")
    return [entry | {"month": entry["month"].date()} for entry in found[:MONTHS_MAX]]


def counted_orders(actor: Actor) -> dict[str, int]:
    """Orders that wait, and that lapse within two days (1 statement)."""
    rows = orders(actor, state=Order.RESERVED).order_by()
    return rows.aggregate(
        waiting=Count("id"), soon=Count("id", filter=Q(collect_by__lt=timezone.now() + timedelta(days=2)))
    )


_FREE = F("account__balance") - F("account__held")


def left_of_goods(actor: Actor) -> dict[int, int]:
    """How much of each good may still be reserved at the actor's counters, by good (1 statement)."""
    rows = _supplies(actor).order_by().values("good_id").annotate(left=Sum(_FREE))
    return dict(rows.values_list("good_id", "left"))


def run_out(actor: Actor) -> list[Supply]:
    """Goods of which nothing may be reserved any more, by counter (1 statement)."""
    rows = _supplies(actor).filter(begins_at=None).annotate(left=_FREE).filter(left__lte=0)
    return list(rows.order_by("counter_id", "good__name", "pk")[:ROWS_MAX])
