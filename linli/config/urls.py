"""The map of addresses: each room brings its own."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from linli.config.health import health
from linli.config.style_page import style_page

handler500 = "linli.config.error_pages.server_error"

urlpatterns = [
    path("health", health, name="health"),
    path("style/", style_page, name="style"),
    path("admin/", admin.site.urls),
    path("api/", include("linli.api.urls")),
    path("", include("linli.people.urls")),
    path("", include("linli.places.urls")),
    path("", include("linli.work.urls")),
    path("", include("linli.standards.urls")),
    path("", include("linli.requests.urls")),
    path("", include("linli.campaigns.urls")),
    path("", include("linli.assessment.urls")),
    path("", include("linli.credits.urls")),
    path("", include("linli.activities.urls")),
    path("", include("linli.awards.urls")),
    path("", include("linli.shop.urls")),
    path("", include("linli.volunteering.urls")),
    path("", include("linli.wishes.urls")),
    path("desk/", include("linli.desk.urls")),
    path("patrol/", include("linli.patrol.urls")),
    path("", include("linli.site.urls")),
]
