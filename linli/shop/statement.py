"""What a line of a statement of account was, where points went to the shop: which good, and where it was collected."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from linli.credits import explaining, words
from linli.credits.explaining import Explanation
from linli.shop.books import ORDER
from linli.shop.models import Order


def _title(order: Order) -> str:
    return f"{order.good.name} × {order.quantity} {order.good.unit}"


def by_order(ids: Iterable[int], language: str) -> dict[int, str]:
    """Orders by their number (1 statement)."""
    return {row.pk: _title(row) for row in Order.objects.filter(pk__in=list(ids)).select_related("good")}


def explain_order(source_id: int, person_id: int, language: str) -> Explanation | None:
    """What an order in somebody's own statement was (1 statement)."""
    row = Order.objects.filter(pk=source_id, person_id=person_id).select_related("good", "counter").first()
    if row is None:
        return None
    lines = [
        _("%(day)s 预约，用 %(points)d 分。")
        % {"day": f"{timezone.localtime(row.reserved_at):%Y-%m-%d}", "points": row.points}
    ]
    if row.state == Order.COLLECTED and row.ended_at is not None:
        ended = {"day": f"{timezone.localtime(row.ended_at):%Y-%m-%d}", "counter": row.counter.name}
        lines.append(_("%(day)s 在%(counter)s领取。") % ended)
    return Explanation(_title(row), tuple(lines))


def install() -> None:
    """Tell the pages of the ledger."""
    words.register(ORDER, by_order)
    explaining.register(ORDER, explain_order)
    explaining.lead(ORDER, "shop:order")
