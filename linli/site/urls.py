"""Addresses of the public pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.site.pages import captain, captain_report, erasure, figures, follow, home, preferences, public, report, shop

app_name = "site"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("report/", report.report_page, name="report"),
    path("report/categories/", report.suggest_categories, name="report-categories"),
    path("report/places/", report.find_places, name="report-places"),
    path("report/here/", report.name_point, name="report-here"),
    path("track/", follow.track, name="track"),
    path("track/<slug:number>/", follow.tracked, name="tracked"),
    path("track/<slug:number>/files/<int:evidence_id>/<str:size>/", follow.tracked_file, name="tracked-file"),
    path("r/<slug:token>/", follow.follow, name="follow"),
    path("r/<slug:token>/sent/", follow.sent, name="sent"),
    path("my/", follow.my, name="my"),
    path("my/erasure/", erasure.erasure, name="erasure"),
    path("my/<slug:number>/", follow.my_request, name="my-request"),
    path("captain/", captain.captain, name="captain"),
    path("captain/report/", captain_report.report_page, name="captain-report"),
    path("captain/mine/", captain.mine, name="captain-mine"),
    path("captain/grid/", captain.grid, name="captain-grid"),
    path("shop/", shop.shop, name="shop"),
    path("map/", public.public_map, name="map"),
    path("map/counts.json", public.map_counts, name="map-counts"),
    path("categories/", public.categories, name="categories"),
    path("procedure/", public.procedure_page, name="procedure"),
    path("privacy/", public.privacy, name="privacy"),
    path("about/", public.about, name="about"),
    path("about/figures/", figures.figures, name="figures"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("robots.txt", public.robots, name="robots"),
]
