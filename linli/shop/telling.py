"""People hear when a reservation is about to end, has ended or is called off: a line on their own page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from linli.kernel.labels import Label
from linli.shop.models import Order
from linli.work import inbox

DUE, LAPSED, CALLED_OFF = "shop.order_due", "shop.order_lapsed", "shop.order_called_off"
SENTENCES: Mapping[str, Label] = {
    DUE: Label("您预约的东西快过期了，请去领取", "Your reservation ends soon: please collect it"),
    LAPSED: Label("预约过期了，积分已退回", "Your reservation has ended; the points are back"),
    CALLED_OFF: Label("兑换台取消了您的预约，积分已退回", "The shop called off your reservation; the points are back"),
}


def tell(what: str, order: Order) -> None:
    """Write the line to the person's inbox, in the transaction of what happened (1 statement)."""
    inbox.notify([order.person_id], what, data={"order": order.pk})


def _titles(data: Sequence[Mapping[str, Any]]) -> list[str]:
    numbers = [int(entry.get("order", 0)) for entry in data]
    names = dict(Order.objects.filter(pk__in=numbers).values_list("pk", "good__name"))
    return [names.get(number, "") for number in numbers]


def install() -> None:
    """Say what the lines mean and where they lead."""
    for what, label in SENTENCES.items():
        inbox.say(what, label, address="/points/shop/orders/{order}/", titles=_titles)
