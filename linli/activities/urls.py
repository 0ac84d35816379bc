"""Addresses of the room `activities`: public and own pages under /activities/, staff pages under /desk/activities/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.activities import pages_desk, pages_form, pages_formats, pages_lead, pages_own, pages_phone, pages_public

app_name = "activities"

urlpatterns: list[URLPattern | URLResolver] = [
    path("activities/", pages_public.index, name="index"),
    path("activities/calendar.ics", pages_public.feed, name="feed"),
    path("activities/calendar/<slug:token>.ics", pages_public.own_feed, name="own_feed"),
    path("activities/worker.js", pages_phone.worker, name="worker"),
    path("activities/mine/", pages_own.mine, name="mine"),
    path("activities/lead/", pages_lead.leading, name="leading"),
    path("activities/<int:activity_id>/", pages_public.activity, name="activity"),
    path("activities/<int:activity_id>/poster.pdf", pages_public.poster, name="poster"),
    path("activities/<int:activity_id>/calendar.ics", pages_public.single, name="single"),
    path("activities/<int:activity_id>/here/", pages_own.here, name="here"),
    path("activities/<int:activity_id>/here/later/", pages_phone.later_sent, name="later"),
    path("activities/<int:activity_id>/lead/", pages_lead.lead, name="lead"),
    path("activities/<int:activity_id>/lead/code/", pages_lead.code, name="code"),
    path("activities/<int:activity_id>/lead/code/key.json", pages_lead.code_key, name="code_key"),
    path("activities/<int:activity_id>/lead/ticks/", pages_lead.ticks, name="ticks"),
    path("desk/activities/", pages_desk.index, name="desk"),
    path("desk/activities/register.xlsx", pages_desk.register_xlsx, name="register"),
    path("desk/activities/new/", pages_form.new, name="new"),
    path("desk/activities/formats/", pages_formats.index, name="formats"),
    path("desk/activities/formats/new/", pages_formats.new, name="new_format"),
    path("desk/activities/formats/<int:format_id>/", pages_formats.one, name="format"),
    path("desk/activities/<int:activity_id>/", pages_desk.activity, name="desk_activity"),
    path("desk/activities/<int:activity_id>/edit/", pages_form.edit, name="edit"),
    path("desk/activities/<int:activity_id>/act/", pages_desk.act, name="act"),
    path("desk/activities/<int:activity_id>/people.xlsx", pages_desk.people_xlsx, name="people"),
]
