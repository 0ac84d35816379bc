"""Addresses of the room `awards`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.awards import pages_flower, pages_stickers

app_name = "awards"

urlpatterns: list[URLPattern | URLResolver] = [
    path("flower/", pages_flower.mine, name="flowers"),
    path("flower/<slug:code>/", pages_flower.flower, name="flower"),
    path("desk/points/flowers/", pages_stickers.index, name="sheets"),
    path("desk/points/flowers/new/", pages_stickers.new, name="new_sheet"),
    path("desk/points/flowers/stickers/", pages_stickers.stickers, name="stickers"),
    path("desk/points/flowers/<int:sheet_id>/", pages_stickers.sheet, name="sheet"),
    path("desk/points/flowers/<int:sheet_id>/print/", pages_stickers.print_it, name="print_sheet"),
    path("desk/points/flowers/<int:sheet_id>/moves/", pages_stickers.move, name="move"),
]
