"""Addresses of the room `awards`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "awards"

urlpatterns: list[URLPattern | URLResolver] = []
