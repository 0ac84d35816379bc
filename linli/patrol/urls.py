"""Addresses of the room `patrol`, all under /patrol/."""

from __future__ import annotations

from django.urls import path

from linli.patrol import pages

app_name = "patrol"

urlpatterns = [
    path("", pages.app, name="app"),
    path("worker.js", pages.worker, name="worker"),
    path("manifest.webmanifest", pages.manifest, name="manifest"),
]
