"""Addresses of the room `credits`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "credits"

urlpatterns: list[URLPattern | URLResolver] = []
