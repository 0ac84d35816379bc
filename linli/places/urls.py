"""Addresses of the room `places`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.places import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("places/<int:place_id>/map.json", views.map_json, name="place-map-json"),
]
