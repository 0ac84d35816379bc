"""Addresses of the room `credits`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.credits import pages, pages_ledger

app_name = "credits"

urlpatterns: list[URLPattern | URLResolver] = [
    path("points/", pages.own_points, name="own"),
    path("points/lines/<int:transfer_id>/", pages.line, name="line"),
    path("points/joining/", pages.joining, name="joining"),
    path("points/pool/", pages.pools, name="pools"),
    path("points/pool/<int:street_id>/given/", pages.given, name="given"),
    path("desk/points/ledger/", pages_ledger.overview, name="ledger"),
    path("desk/points/ledger/find/", pages_ledger.find, name="find"),
    path("desk/points/ledger/pools/<int:street_id>/", pages_ledger.pool, name="pool"),
    path("desk/points/ledger/pools/<int:street_id>/fund/", pages_ledger.fund, name="fund"),
    path("desk/points/ledger/pools/<int:street_id>/export/", pages_ledger.export, name="export"),
    path("desk/points/ledger/accounts/<int:account_id>/", pages_ledger.account, name="account"),
    path("desk/points/ledger/transfers/<int:transfer_id>/correct/", pages_ledger.correct, name="correct"),
]
