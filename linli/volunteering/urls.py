"""Addresses of the room `volunteering`: residents' own pages, verifying, and the staff's below /desk/volunteers/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.volunteering import (
    pages,
    pages_certify,
    pages_hours,
    pages_joined,
    pages_members,
    pages_notices,
    pages_own,
    pages_public,
)

app_name = "volunteering"

_DESK = "desk/volunteers/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("volunteering/", pages_own.home, name="home"),
    path("volunteering/join/", pages_own.join, name="join"),
    path("volunteering/leave/", pages_own.leave, name="leave"),
    path("volunteering/enter/", pages_own.enter, name="enter"),
    path("volunteering/services/<int:service_id>/", pages_own.service, name="service"),
    path("volunteering/appeals/<int:appeal_id>/take-back/", pages_own.take_back, name="take_back"),
    path("volunteering/certificates/", pages_own.ask_certificate, name="ask_certificate"),
    path("volunteering/certificates/<int:certificate_id>.pdf", pages_own.certificate, name="certificate"),
    path("volunteering/certificates/<int:certificate_id>/name/", pages_notices.show_name, name="show_name"),
    path("volunteering/notices/", pages_notices.notices, name="notices"),
    path("volunteering/notices/<int:certificate_id>/", pages_notices.notice, name="notice"),
    path("volunteering/star/", pages_own.apply_star, name="apply_star"),
    path("volunteering/stars/", pages_public.stars, name="stars"),
    path("volunteering/rules/", pages_public.rules, name="rules"),
    path("verify/", pages_public.verify, name="verify"),
    path("verify/<str:code>/", pages_public.verified, name="verified"),
    path(_DESK, pages.index, name="index"),
    path(f"{_DESK}export.xlsx", pages.export, name="export"),
    path(f"{_DESK}hours.xlsx", pages.export_hours, name="export_hours"),
    path(f"{_DESK}new/", pages.new, name="new"),
    path(f"{_DESK}<int:volunteer_id>/", pages.volunteer, name="volunteer"),
    path(f"{_DESK}<int:volunteer_id>/<slug:part>/", pages.add, name="add"),
    path(f"{_DESK}hours/", pages_hours.waiting, name="hours"),
    path(f"{_DESK}hours/others/", pages_hours.others, name="others"),
    path(f"{_DESK}hours/activity/<int:activity_id>/", pages_hours.activity, name="activity"),
    path(f"{_DESK}services/<int:service_id>/", pages_hours.service, name="desk_service"),
    path(f"{_DESK}appeals/", pages_hours.appeals_list, name="appeals"),
    path(f"{_DESK}appeals/<int:appeal_id>/", pages_hours.appeal, name="appeal"),
    path(f"{_DESK}certificates/", pages_certify.certificates, name="certificates"),
    path(f"{_DESK}certificates/<int:certificate_id>/", pages_certify.certificate, name="desk_certificate"),
    path(f"{_DESK}certificates/<int:certificate_id>.pdf", pages_certify.certificate_pdf, name="certificate_pdf"),
    path(f"{_DESK}objections/<int:objection_id>/", pages_certify.objection, name="objection"),
    path(f"{_DESK}stars/", pages_certify.stars, name="desk_stars"),
    path(f"{_DESK}stars/<int:star_id>/", pages_certify.stop_star, name="stop_star"),
    path(f"{_DESK}rules/", pages_certify.rules, name="desk_rules"),
    path(f"{_DESK}joined/", pages_joined.index, name="joined"),
    path(f"{_DESK}joined.xlsx", pages_joined.export, name="export_joined"),
    path(f"{_DESK}joined/new/", pages_joined.new, name="joined_new"),
    path(f"{_DESK}joined/<int:joined_id>/", pages_joined.unit, name="joined_unit"),
    path(f"{_DESK}joined/<int:joined_id>/<slug:part>/", pages_joined.change, name="joined_change"),
    path(
        f"{_DESK}joined/<int:joined_id>/feedback-<int:year>-<int:quarter>.pdf", pages_joined.feedback_pdf,
        name="feedback_pdf",
    ),
    path(f"{_DESK}members/", pages_members.index, name="members"),
    path(f"{_DESK}members/units.xlsx", pages_members.export, name="export_employers"),
    path(f"{_DESK}members/<slug:part>/", pages_members.change, name="member_change"),
    path(f"{_DESK}concerns/", pages_joined.concerns, name="concerns"),
    path(f"{_DESK}concerns/<int:concern_id>/", pages_joined.concern, name="concern"),
]  # fmt: skip
