"""Addresses of the room `wishes`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.wishes import pages_desk, pages_own, pages_public

app_name = "wishes"

urlpatterns: list[URLPattern | URLResolver] = [
    path("wishes/", pages_public.wall, name="wall"),
    path("wishes/new/", pages_public.new, name="new"),
    path("wishes/mine/", pages_own.mine, name="mine"),
    path("wishes/w/<slug:token>/", pages_own.follow, name="follow"),
    path("wishes/w/<slug:token>/sent/", pages_own.sent_page, name="sent"),
    path("wishes/<slug:number>/", pages_public.wish, name="wish"),
    path("wishes/<slug:number>/contact/", pages_public.contact, name="contact"),
    path("wishes/<slug:number>/mine/", pages_own.own, name="own"),
    path("desk/wishes/", pages_desk.index, name="desk"),
    path("desk/wishes/new/", pages_desk.new, name="desk-new"),
    path("desk/wishes/export.xlsx", pages_desk.export, name="export"),
    path("desk/wishes/<slug:number>/wisher/", pages_desk.wisher, name="wisher"),
]
