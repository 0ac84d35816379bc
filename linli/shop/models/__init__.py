"""What the room `shop` stores: counters, partners, goods, supply, orders, donations, stock-taking, settlements."""

from linli.shop.models.counters import Counter, Partner
from linli.shop.models.goods import Donation, Good, Receipt, Supply
from linli.shop.models.orders import Order, OrderEvent
from linli.shop.models.papers import Settlement, SettlementLine, Stocktake, StocktakeLine

__all__ = [
    "Counter",
    "Donation",
    "Good",
    "Order",
    "OrderEvent",
    "Partner",
    "Receipt",
    "Settlement",
    "SettlementLine",
    "Stocktake",
    "StocktakeLine",
    "Supply",
]
