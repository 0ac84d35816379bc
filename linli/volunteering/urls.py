"""Addresses of the room `volunteering`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "volunteering"

urlpatterns: list[URLPattern | URLResolver] = []
