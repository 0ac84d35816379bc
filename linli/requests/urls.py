"""Addresses of the room `requests`: none of its own yet; `site`, `desk` and `api` compose what it offers."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
