"""Addresses of the room `shop`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "shop"

urlpatterns: list[URLPattern | URLResolver] = []
