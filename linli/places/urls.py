"""Addresses of the room `places`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.places import pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("places/<int:place_id>/map.json", pages.map_json, name="place-map-json"),
]
