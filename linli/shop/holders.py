"""Who may see the photos of goods and the signed settlements through the common address of files."""

from __future__ import annotations

from linli.people.access import Actor
from linli.shop.goods_services import GOOD_HOLDER
from linli.shop.models import Good, Settlement
from linli.shop.paper_services import SETTLEMENT_HOLDER
from linli.work import holders

VIEW = "shop.view"


def _sees_good(actor: Actor, good_id: int) -> bool:
    row = Good.objects.select_related("place").filter(pk=good_id).first()
    return row is not None and actor.may(VIEW, place_path=str(row.place.path))


def _sees_settlement(actor: Actor, settlement_id: int) -> bool:
    row = Settlement.objects.select_related("partner__place").filter(pk=settlement_id).first()
    return row is not None and actor.may(VIEW, place_path=str(row.partner.place.path))


def register() -> None:
    """Tell the room of files about the shop's two kinds."""
    holders.register(GOOD_HOLDER, _sees_good, address="/desk/shop/goods/{id}/")
    holders.register(SETTLEMENT_HOLDER, _sees_settlement, address="/desk/shop/settlements/{id}/")
