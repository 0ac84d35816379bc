"""Staff pages of rules: versions of each street, the editor of a draft, try-out on past deeds, publishing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.awards import nominating, rule_services, selectors, words
from linli.awards.deciding import refused
from linli.awards.models import Rule, RuleSet
from linli.awards.pages_common import day_of, language, number, text_of
from linli.awards.rule_services import Head, Wanted
from linli.awards.selectors import VIEW
from linli.awards.trial import try_out
from linli.people.access import ObjectHidden, require
from linli.people.gates import actor_on, staff_page
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.work.engine import StepRefused
from linli.work.services import new_key
from linli.work.uploading import photos_of_form

RULES = "awards.rules"
TRY_DAYS = (30, 90, 180, 365)


@staff_page(VIEW)
@require_safe
def rule_sets(request: HttpRequest) -> HttpResponse:
    """Each street's rules in all versions."""
    actor = actor_on(request)
    rows = selectors.sets_for(actor)
    groups: dict[int, dict[str, Any]] = {}
    for row in rows:
        group = groups.setdefault(row.place_id, {"place": row.place, "rows": []})
        group["rows"].append((row, words.SET_STATES[row.state].text(language())))
    places = place_snapshot(registry_versions())
    free = [row for row in selectors.places_for(actor, RULES, places) if row.id not in groups]
    context = {"groups": list(groups.values()), "free": free, "today": timezone.localdate()}
    return render(request, "awards/desk_rules.html", context)


@staff_page(RULES)
@require_POST
def new_draft(request: HttpRequest) -> HttpResponse:
    """A draft for a street: empty, or a copy of the version before."""
    try:
        row = rule_services.draft(actor_on(request), number(text_of(request, "place")) or 0)
    except StepRefused as refusal:
        messages.error(request, refusal.label.text(language()))
        return redirect("awards:rule-sets")
    return redirect("awards:rule-set", row.pk)


def _whole(request: HttpRequest, name: str) -> int | None:
    """A number that may be blank; refused when it is none."""
    text = text_of(request, name).strip()
    found = number(text)
    if text and found is None:
        raise refused("bad_number", "请填整数。", "A whole number.", name)
    return found


def _head(request: HttpRequest) -> Head:
    return Head(
        text_of(request, "title"), text_of(request, "introduction"), _whole(request, "day_cap"),
        _whole(request, "month_cap"), _whole(request, "notice_days") or 0, _whole(request, "appeal_days") or 0,
        _whole(request, "catch_up_days") or 0,
    )  # fmt: skip


@staff_page(VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def rule_set(request: HttpRequest, set_id: int) -> HttpResponse:
    """One version: its rules; a draft is edited, somebody else publishes it."""
    actor = actor_on(request)
    refusal: StepRefused | None = None
    if request.method == "POST":
        try:
            return _changed(request, set_id)
        except StepRefused as problem:
            refusal = problem
    row = selectors.set_for(actor, set_id)
    rules = list(row.rules.order_by("position", "pk"))
    path = str(row.place.path)
    may = actor.may(RULES, place_path=path)
    context = {
        "set": row, "state": words.SET_STATES[row.state].text(language()), "refusal": refusal,
        "rules": [(rule, words.rule_lines(rule), words.CATEGORIES[rule.category].text(language())) for rule in rules],
        "may_edit": may and row.state == RuleSet.DRAFT, "may_retire": may and row.state == RuleSet.PUBLISHED,
        "may_copy": may and row.state != RuleSet.DRAFT, "own": row.written_by_id == actor.person_id,
        "tomorrow": timezone.localdate() + timedelta(days=1), "caps": words.caps(row.day_cap, row.month_cap),
        "typed": request.POST if refusal else row,
    }  # fmt: skip
    return render(request, "awards/desk_rule_set.html", context, status=refusal.status if refusal else 200)


def _changed(request: HttpRequest, set_id: int) -> HttpResponse:
    """What the buttons of a version do."""
    actor, act = actor_on(request), text_of(request, "act")
    selectors.set_for(actor, set_id)
    if act == "head":
        rule_services.save_head(actor, set_id, _head(request))
        messages.success(request, _("已保存。"))
    elif act == "publish":
        day = day_of(text_of(request, "valid_from"))
        if day is None:
            raise refused("bad_day", "请填生效日期。", "Enter the day from which it holds.", "valid_from")
        rule_services.publish(actor, set_id, day)
        messages.success(request, _("已发布，居民能看到了。"))
    elif act == "delete":
        rule_services.delete_draft(actor, set_id)
        messages.success(request, _("草稿已删除。"))
        return redirect("awards:rule-sets")
    elif act == "retire":
        rule_services.retire(actor, set_id)
        messages.success(request, _("从明天起停用。已得的积分不变。"))
    else:
        raise refused("no_act", "请选择要做什么。", "Choose what to do.")
    return redirect("awards:rule-set", set_id)


def _wanted(request: HttpRequest) -> Wanted:
    return Wanted(
        text_of(request, "category"), text_of(request, "title"), text_of(request, "source"),
        _whole(request, "points") or 0, text_of(request, "note"), text_of(request, "theme"), text_of(request, "unit"),
        text_of(request, "rounding"), _whole(request, "day_cap"), _whole(request, "month_cap"),
        text_of(request, "evidence"), text_of(request, "confirmer"), _whole(request, "second_above"),
        _whole(request, "validity_months"),
    )  # fmt: skip


_CHOICES = (
    ("category", words.CATEGORIES), ("source", words.SOURCES), ("unit", words.UNITS), ("rounding", words.ROUNDINGS),
    ("evidence", words.EVIDENCE), ("confirmer", words.CONFIRMERS), ("theme", words.CATEGORIES),
)  # fmt: skip


@staff_page(RULES)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_rule(request: HttpRequest, set_id: int, rule_id: int = 0) -> HttpResponse:
    """One rule of a draft; what was typed stays when something is refused."""
    actor = actor_on(request)
    row = selectors.set_for(actor, set_id)
    require(actor, RULES, place_path=str(row.place.path), hidden=True)
    rule = row.rules.filter(pk=rule_id).first() if rule_id else None
    if (rule_id and rule is None) or row.state != RuleSet.DRAFT:
        raise ObjectHidden(RULES)
    refusal: StepRefused | None = None
    if request.method == "POST":
        try:
            if text_of(request, "act") == "delete" and rule is not None:
                rule_services.delete_rule(actor, set_id, rule.pk)
            else:
                rule_services.save_rule(actor, set_id, _wanted(request), rule_id or None)
            return redirect("awards:rule-set", set_id)
        except StepRefused as problem:
            refusal = problem
    typed: Any = request.POST if refusal else rule or Rule(rule_set=row, points=2, source="hours", unit="hour")
    context: dict[str, Any] = {"set": row, "rule": rule, "typed": typed, "refusal": refusal}
    for name, labels in _CHOICES:
        context[f"{name}_choices"] = [(slug, label.text(language())) for slug, label in labels.items()]
    return render(request, "awards/desk_rule.html", context, status=refusal.status if refusal else 200)


@staff_page(VIEW)
@require_safe
def try_rules(request: HttpRequest, set_id: int) -> HttpResponse:
    """What a version would have given for the deeds of the last days; nothing is written."""
    row = selectors.set_for(actor_on(request), set_id)
    days = number(request.GET.get("days", "")) or 90
    days = days if days in TRY_DAYS else 90
    today = timezone.localdate()
    tried = try_out(row, today - timedelta(days=days))
    reasons = [(words.explain_short(code), count) for code, count in tried.reasons.most_common()]
    context = {
        "set": row, "tried": tried, "days": days, "choices": TRY_DAYS, "reasons": reasons,
        "month": round(tried.points * 30 / days) if tried.points else 0,
        "short": tried.budget_left is not None and tried.points > tried.budget_left,
    }  # fmt: skip
    return render(request, "awards/desk_try.html", context)


# --- nominating on the desk ----------------------------------------------------------------------------------------


@staff_page("awards.propose")
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, place_id: int) -> HttpResponse:
    """Name somebody on the desk, for what staff or a team have seen."""
    place = place_snapshot(registry_versions()).get(place_id)
    found = nominating.rules_for(place.id) if place is not None else []
    if place is None or not found:
        raise ObjectHidden(nominating.PROPOSE)
    require(actor_on(request), nominating.PROPOSE, place_path=place.path, hidden=True)
    refusal: StepRefused | None = None
    if request.method == "POST":
        came = "team" if text_of(request, "came_from") == "team" else "staff"
        named = nominating.Named(
            number(text_of(request, "rule")) or 0, text_of(request, "name"), text_of(request, "phone"),
            day_of(text_of(request, "happened_on")) or timezone.localdate(), text_of(request, "story"),
            number(text_of(request, "quantity")) or 1, came, witness=text_of(request, "witness"),
        )  # fmt: skip
        try:
            named = replace(named, photos=photos_of_form(request, nominating.PHOTOS_MAX))
            made = nominating.nominate(actor_on(request), named, key=text_of(request, "key") or new_key())
            return redirect("awards:nomination", made.pk)
        except StepRefused as problem:
            refusal = problem
    fields = ("rule", "name", "phone", "happened_on", "story", "witness", "quantity", "came_from", "key")
    typed = {name: text_of(request, name) for name in fields}
    if refusal is None:
        typed |= {"happened_on": timezone.localdate().isoformat(), "key": new_key(), "quantity": "1"}
    context = {
        "place": place, "rules": [(rule, words.rule_lines(rule)) for rule in found], "typed": typed,
        "refusal": refusal, "today": timezone.localdate(), "photos": any(rule.evidence == "photo" for rule in found),
        "witness": any(rule.evidence == "witness" for rule in found),
        "witness_always": all(rule.evidence == "witness" for rule in found),
    }  # fmt: skip
    return render(request, "awards/desk_propose.html", context, status=refusal.status if refusal else 200)
