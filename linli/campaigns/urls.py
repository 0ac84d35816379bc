"""Addresses of the room `campaigns`, all under /desk/campaigns/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.campaigns import pages, pages_tying

app_name = "campaigns"

urlpatterns: list[URLPattern | URLResolver] = [
    path("desk/campaigns/", pages.index, name="index"),
    path("desk/campaigns/new/", pages.new, name="new"),
    path("desk/campaigns/<int:campaign_id>/", pages.campaign, name="campaign"),
    path("desk/campaigns/<int:campaign_id>/items/", pages_tying.items, name="items"),
    path("desk/campaigns/items/<str:number>/", pages_tying.item, name="item"),
    path("desk/campaigns/<int:campaign_id>/edit/", pages.edit, name="edit"),
    path("desk/campaigns/<int:campaign_id>/records/<slug:slug>/", pages.records, name="records"),
]
