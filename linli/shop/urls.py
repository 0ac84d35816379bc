"""Addresses of `shop`: residents under /points/shop/, counters under /desk/counter/, staff under /desk/shop/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.shop import pages, pages_counter

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
]
