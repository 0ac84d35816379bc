"""Pages for everybody: the rules of each street in plain words, what is on public notice, naming somebody."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.awards import nominating, selectors, words
from linli.awards.models import Nomination, Rule
from linli.awards.pages_common import day_of, language, number, own_page, text_of
from linli.credits import public
from linli.credits.selectors import pool_figures
from linli.people.access import ObjectHidden
from linli.people.gates import actor_on, to_sign_in
from linli.places.home import frame
from linli.places.snapshot import place_snapshot
from linli.work.engine import StepRefused
from linli.work.services import new_key
from linli.work.uploading import photos_of_form


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """`/points/rules/`: the streets with rules; with only one, its rules at once."""
    shown = frame(request)
    found = selectors.public_sets(shown["district"])
    if len(found) == 1:
        return redirect("awards:rules-of", found[0].place_id)
    return render(request, "awards/rules.html", {**shown, "sets": found})


def _line(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule, "lines": words.rule_lines(rule), "source": words.SOURCES[rule.source].text(language()),
        "theme": words.CATEGORIES[rule.theme].text(language()) if rule.theme else "",
    }  # fmt: skip


@require_safe
def rules_of(request: HttpRequest, place_id: int) -> HttpResponse:
    """`/points/rules/<place>/`: what earns points here, what for, until when; reads without knowing anything."""
    found = selectors.rules_of(place_id, number(request.GET.get("version", "")))
    ordered = sorted(found.rules, key=lambda rule: list(words.CATEGORIES).index(rule.category))
    groups = [
        (words.CATEGORIES[category].text(language()), [_line(rule) for rule in rows])
        for category, rows in groupby(ordered, key=lambda rule: rule.category)
    ]
    honoured = selectors.honoured(place_id)
    names = selectors.public_names(row.person_id for row in honoured) if honoured else {}
    context = {
        **frame(request), "found": found, "set": found.now, "groups": groups,
        "caps": words.caps(found.now.day_cap, found.now.month_cap) if found.now else "",
        "honoured": [(names.get(row.person_id, ""), row) for row in honoured],
        "nominates": any(rule.source == "nominated" for rule in found.rules), "today": timezone.localdate(),
        "it": public.shown("", pool_figures([place_id])[place_id]),
    }  # fmt: skip
    return render(request, "awards/rules_of.html", context)


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """`/points/notices/`: who is named for what, with masked names, and until when one may object."""
    shown = frame(request)
    rows = selectors.on_notice(shown["district"])
    names = selectors.public_names(row.person_id for row in rows) if rows else {}
    lines = [{"row": row, "name": names.get(row.person_id, "")} for row in rows]
    return render(request, "awards/notices.html", {**shown, "lines": lines})


def _notice(request: HttpRequest, row: Nomination, refusal: StepRefused | None = None) -> HttpResponse:
    names = selectors.public_names([row.person_id])
    open_still = row.state == Nomination.NOTICE and row.notice_to is not None and row.notice_to >= timezone.localdate()
    context = {
        **frame(request), "row": row, "name": names.get(row.person_id, ""), "open": open_still, "refusal": refusal,
        "state": words.NOMINATION_STATES[row.state].text(language()), "key": text_of(request, "key") or new_key(),
        "typed": text_of(request, "text"), "signed_in": actor_on(request).is_signed_in,
        "said": selectors.own_objections(row.pk, actor_on(request).person_id),
    }  # fmt: skip
    return render(request, "awards/notice.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest, nomination_id: int) -> HttpResponse:
    """`/points/notices/<id>/`: one notice; whoever knows better says so, signed in, read by staff only."""
    actor = actor_on(request)
    try:
        row = selectors.noticed(nomination_id)
    except ObjectHidden:
        said = selectors.own_objections(nomination_id, actor.person_id)
        if not said or request.method == "POST":
            raise
        return render(request, "awards/notice_over.html", {**frame(request), "said": said})
    if request.method != "POST":
        return _notice(request, row)
    if not actor.is_signed_in:
        return to_sign_in(request)
    try:
        nominating.object_to(actor, row.pk, text_of(request, "text"), key=text_of(request, "key") or new_key())
    except StepRefused as refusal:
        return _notice(request, row, refusal)
    messages.success(request, _("收到了您的意见。街道核实后会答复，您的名字不公开。"))
    return redirect("awards:notice", row.pk)


def _form(request: HttpRequest, place_id: int, refusal: StepRefused | None = None) -> HttpResponse:
    found = nominating.rules_for(place_id)
    if not found:
        raise ObjectHidden(nominating.TAKE_PART)
    fields = ("rule", "name", "phone", "happened_on", "story", "witness", "key")
    typed = {name: text_of(request, name) for name in fields}
    if request.method != "POST":
        typed |= {"happened_on": timezone.localdate().isoformat(), "key": new_key(), "rule": str(found[0].pk)}
    place = place_snapshot().get(place_id)
    context = {
        **frame(request), "rules": [_line(rule) for rule in found], "typed": typed, "refusal": refusal,
        "place": place, "today": timezone.localdate(), "days": found[0].rule_set.notice_days,
        "photos": any(rule.evidence == "photo" for rule in found),
        "witness": any(rule.evidence == "witness" for rule in found),
        "witness_always": all(rule.evidence == "witness" for rule in found),
    }  # fmt: skip
    return render(request, "awards/nominate.html", context, status=refusal.status if refusal else 200)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def nominate(request: HttpRequest, place_id: int) -> HttpResponse:
    """`/points/nominate/<place>/`: name a neighbour for a deed; what was typed stays when something is missing."""
    if request.method != "POST":
        return _form(request, place_id)
    actor = actor_on(request)
    day = day_of(text_of(request, "happened_on")) or timezone.localdate()
    named = nominating.Named(
        number(text_of(request, "rule")) or 0, text_of(request, "name"), text_of(request, "phone"), day,
        text_of(request, "story"), witness=text_of(request, "witness"),
    )  # fmt: skip
    try:
        named = replace(named, photos=photos_of_form(request, nominating.PHOTOS_MAX))
        nominating.nominate(actor, named, key=text_of(request, "key") or new_key())
    except StepRefused as refusal:
        return _form(request, place_id, refusal)
    messages.success(request, _("谢谢您。街道审核后会公示，大家没有意见就授予积分。"))
    return redirect("awards:notices")
