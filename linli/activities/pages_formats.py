"""Staff pages of formats (活动形式): all of one's area, a new one, one changed, offered or no longer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.activities import figures, formats, shown, typed
from linli.activities.access import PLAN
from linli.activities.formats import WantedFormat
from linli.activities.models import Format
from linli.activities.pages_desk import area_options, format_name
from linli.activities.pages_form import kept_post_values, post_values, posts_of, posts_shown
from linli.kernel.numbers import whole_number
from linli.people.access import ObjectHidden
from linli.people.gates import actor_on, staff_page
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.work.engine import StepRefused
from linli.work.themes import choices, theme_named


@staff_page(PLAN)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """`/desk/activities/formats/`: the formats of one's area, those no longer offered at the end (≤ 3 statements)."""
    actor = actor_on(request)
    rows = sorted(figures.formats(actor, also_off=True), key=lambda row: not row.active)
    lines = [
        {
            "row": row, "name": format_name(row), "theme": theme_named(row.theme, shown.tongue()),
            "may": formats.may_edit(actor, row), "posts": len(row.roles),
        }
        for row in rows
    ]  # fmt: skip
    return render(request, "activities/desk_formats.html", {"lines": lines})


@staff_page(PLAN)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """`/desk/activities/formats/new/`: add one for an area; what was typed stays when something is refused."""
    if request.method == "GET":
        return _form(request, {"minutes": "90", **post_values(0, _("参加者"), "20", (), "")}, None, None)
    sent = request.POST
    try:
        made = formats.add(actor_on(request), whole_number(sent.get("place")) or 0, _wanted(sent))
    except StepRefused as refusal:
        return _form(request, sent, None, typed.problem_of(refusal))
    messages.success(request, _("已增加“%(name)s”。") % {"name": made.name})
    return redirect("activities:formats")


@staff_page(PLAN)
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, format_id: int) -> HttpResponse:
    """`/desk/activities/formats/<number>/`: change one, offer it or no longer."""
    actor = actor_on(request)
    row = Format.objects.select_related("place").filter(pk=format_id).first()
    if row is None or not formats.may_edit(actor, row):
        raise ObjectHidden(PLAN)
    if request.method == "GET":
        return _form(request, _stored(row), row, None)
    sent = request.POST
    try:
        match sent.get("act"):
            case "off" | "on":
                formats.switch(actor, row.pk, active=sent.get("act") == "on")
            case _:
                formats.change(actor, row.pk, _wanted(sent))
    except StepRefused as refusal:
        return _form(request, sent, row, typed.problem_of(refusal))
    messages.success(request, _("已保存。"))
    return redirect("activities:formats")


def _wanted(sent: QueryDict) -> WantedFormat:
    def said(name: str) -> str:
        return typed.said(sent, name)

    return WantedFormat(
        said("name"), typed.whole(sent.get("minutes", ""), "minutes", 10_000), posts_of(sent), name_en=said("name_en"),
        theme=sent.get("theme", ""), purpose=said("purpose"), programme=said("programme"),
    )  # fmt: skip


def _stored(row: Format) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: getattr(row, name) for name in ("name", "name_en", "theme", "purpose", "programme", "minutes")
    }
    for number, post in enumerate(row.roles):
        values |= kept_post_values(number, post)
    return values


def _form(request: HttpRequest, values: Any, row: Format | None, problem: typed.Problem | None) -> HttpResponse:
    places = place_snapshot(registry_versions())
    context = {
        "row": row, "typed": values, "problem": problem, "posts": posts_shown(values),
        "places": area_options(actor_on(request), PLAN, places), "themes": choices(shown.tongue()),
    }  # fmt: skip
    return render(request, "activities/desk_format.html", context, status=problem.status if problem else 200)
