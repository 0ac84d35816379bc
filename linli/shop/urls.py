"""Addresses of `shop`: residents under /points/shop/, counters under /desk/counter/, staff under /desk/shop/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.shop import pages, pages_books, pages_counter, pages_partners, pages_staff

app_name = "shop"

urlpatterns: list[URLPattern | URLResolver] = [
    path("points/shop/", pages.goods, name="goods"),
    path("points/shop/goods/<int:good_id>/", pages.good, name="good"),
    path("points/shop/photos/<int:good_id>/<str:size>/", pages.photo, name="photo"),
    path("points/shop/orders/", pages.orders, name="orders"),
    path("points/shop/orders/<int:order_id>/", pages.order, name="order"),
    path("points/shop/donations/", pages.donations, name="donations"),
    path("desk/counter/", pages_counter.counter, name="counter"),
    path("desk/counter/hand-over/", pages_counter.hand_over, name="hand-over"),
    path("desk/counter/today/", pages_counter.today, name="counter-today"),
    path("desk/shop/", pages_staff.overview, name="staff"),
    path("desk/shop/goods/", pages_staff.goods, name="staff-goods"),
    path("desk/shop/goods/new/", pages_staff.good_new, name="staff-good-new"),
    path("desk/shop/goods/<int:good_id>/", pages_staff.good, name="staff-good"),
    path("desk/shop/counters/", pages_staff.counters, name="staff-counters"),
    path("desk/shop/counters/new/", pages_staff.counter_new, name="staff-counter-new"),
    path("desk/shop/counters/<int:counter_id>/", pages_staff.counter, name="staff-counter"),
    path("desk/shop/counters/<int:counter_id>/count/", pages_books.stocktake_new, name="staff-count"),
    path("desk/shop/stock/", pages_staff.stock, name="staff-stock"),
    path("desk/shop/receipts/", pages_books.receipts, name="staff-receipts"),
    path("desk/shop/receipts/new/", pages_books.receipt_new, name="staff-receipt-new"),
    path("desk/shop/donations/", pages_books.donations, name="staff-donations"),
    path("desk/shop/donations/new/", pages_books.donation_new, name="staff-donation-new"),
    path("desk/shop/stocktakes/", pages_books.stocktakes, name="staff-stocktakes"),
    path("desk/shop/stocktakes/<int:stocktake_id>/", pages_books.stocktake, name="staff-stocktake"),
    path("desk/shop/partners/", pages_partners.partners, name="staff-partners"),
    path("desk/shop/partners/new/", pages_partners.partner_new, name="staff-partner-new"),
    path("desk/shop/partners/<int:partner_id>/", pages_partners.partner, name="staff-partner"),
    path("desk/shop/partners/<int:partner_id>/settle/", pages_partners.settle, name="staff-settle"),
    path("desk/shop/settlements/<int:settlement_id>/", pages_partners.settlement, name="staff-settlement"),
    path(
        "desk/shop/settlements/<int:settlement_id>/<slug:kind>/",
        pages_partners.settlement_file,
        name="staff-settlement-file",
    ),
    path("desk/shop/reports/", pages_partners.reports, name="staff-reports"),
    path("desk/shop/orders/", pages_partners.orders, name="staff-orders"),
    path("desk/shop/orders/<int:order_id>/", pages_partners.order, name="staff-order"),
]
