"""The dispatch catalogue: categories, who answers for them where, within which time. Seed data says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.desk.choices import ordered_categories
from linli.desk.shell import staff
from linli.desk.wording import CLOCKS, SUBKINDS, URGENCY, language, urgency_word, word
from linli.kernel.deadlines import UNIT_LABELS
from linli.kernel.numbers import whole_number
from linli.people.access import ObjectHidden, require_somewhere
from linli.people.gates import actor_on
from linli.people.kinds import FUNCTIONS
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceSnapshot, place_snapshot
from linli.work import catalogue as services
from linli.work.engine import StepRefused
from linli.work.kinds import kinds
from linli.work.models import Category, DeadlineRule, DispatchRule
from linli.work.terms import Catalogue, CategoryRow, catalogue

VIEW = "catalogue.view"
EDIT = "catalogue.edit"
HISTORY_SHOWN = 20
LIMITED = ("request", "finding")
"""Kinds whose limits depend on the category."""


@dataclass(frozen=True, slots=True)
class Line:
    """A category in the list: how deep, who answers, within which time."""

    row: CategoryRow
    depth: int
    label: str
    function: str
    urgency: str
    limit: str


def _limit(terms: Catalogue, row: CategoryRow) -> str:
    probe = {"category_id": row.id, "place_path": "", "kind": "request", "subkind": "", "urgency": row.urgency}
    rule = terms.deadline_rule("handle", probe)
    return f"{rule.value} {word(UNIT_LABELS, rule.unit)}" if rule else ""


def _lines(terms: Catalogue, words: str) -> list[Line]:
    rows = ordered_categories(terms)
    if words:
        hits = {
            row.id for row in rows if words in row.name or words in row.code or any(words in w for w in row.keywords)
        }
        wanted = {int(part) for row in rows if row.id in hits for part in row.path.split(".")}
        rows = [row for row in rows if row.id in wanted]
    return [
        Line(
            row, row.path.count("."), row.label(language()), word(FUNCTIONS, row.function) if row.function else "",
            urgency_word(row.urgency), _limit(terms, row),
        )
        for row in rows
    ]  # fmt: skip


@staff
@require_safe
def catalogue_page(request: HttpRequest) -> HttpResponse:
    """All categories with their unit and limit; the limits and dispatch rules that hold for all."""
    return _catalogue(request)


def _catalogue(
    request: HttpRequest,
    *,
    typed: Mapping[str, str] | None = None,
    problem: str = "",
    refused: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The page; after a refused addition with what was typed, and what is wrong with it."""
    actor = actor_on(request)
    require_somewhere(actor, VIEW)
    versions = registry_versions()
    terms, places = catalogue(versions), place_snapshot(versions)
    words = request.GET.get("q", "").strip()[:40]
    general = DeadlineRule.objects.filter(active=True, category=None).order_by("kind", "clock", "id")
    context = {
        "lines": _lines(terms, words),
        "words": words,
        "general": [_deadline(rule, places) for rule in general.select_related("place")],
        "dispatch": [_dispatch(rule, terms, places) for rule in _general_dispatch()],
        "may_edit": actor.may_somewhere(EDIT),
        "total": len(terms.categories),
        "seeds": sum(1 for row in terms.categories.values() if row.is_seed),
        "typed": typed or {},
        "problem": problem,
        **_choices(terms, places),
        **(refused or {}),
    }
    return render(request, "desk/catalogue.html", context, status=422 if problem or refused else 200)


def _general_dispatch() -> Any:
    return DispatchRule.objects.filter(active=True, category=None).select_related("place").order_by("id")


def _kind_names() -> dict[str, str]:
    """Kinds of items by name: a request and a finding of the same category may have different limits."""
    return {entry.slug: entry.label.text(language()) for entry in kinds()}


def _deadline(rule: DeadlineRule, places: PlaceSnapshot) -> dict[str, Any]:
    return {
        "row": rule, "clock": word(CLOCKS, rule.clock), "kind": _kind_names()[rule.kind],
        "subkind": word(SUBKINDS, rule.subkind) if rule.subkind else "",
        "limit": f"{rule.value} {word(UNIT_LABELS, rule.unit)}",
        "place": places.full_name(rule.place_id) if rule.place_id else "",
    }  # fmt: skip


def _dispatch(rule: DispatchRule, terms: Catalogue, places: PlaceSnapshot) -> dict[str, Any]:
    unit = terms.organisation_name(rule.organisation_id)
    return {
        "row": rule, "who": unit or word(FUNCTIONS, rule.function), "by_function": not unit,
        "place": places.full_name(rule.place_id) if rule.place_id else "",
    }  # fmt: skip


def _choices(terms: Catalogue, places: PlaceSnapshot) -> dict[str, Any]:
    tongue = language()
    streets = places.of_kind("street")
    return {
        "functions": [(slug, label.text(tongue)) for slug, label in FUNCTIONS.items()],
        "urgencies": [(level, label.text(tongue)) for level, label in URGENCY.items()],
        "units": [(unit.id, unit.short_name or unit.name) for unit in terms.organisations.values()],
        "streets": [(row.id, places.full_name(row.id)) for row in streets],
        "kinds": [(code, name) for code, name in _kind_names().items() if code in LIMITED],
        "clocks": [(code, label.text(tongue)) for code, label in CLOCKS.items() if code != "review"],
        "limits": [(code, label.text(tongue)) for code, label in UNIT_LABELS.items()],
    }


@staff
@require_http_methods(["GET", "POST"])
def category_page(request: HttpRequest, category_id: int) -> HttpResponse:
    """One category: what it is, who answers, how long; its earlier wordings; its form for who may edit."""
    actor = actor_on(request)
    require_somewhere(actor, VIEW)
    row = Category.objects.filter(pk=category_id, valid_to=None).select_related("parent").first()
    if row is None:
        raise ObjectHidden(VIEW)
    error, wrong, typed = "", "", None
    if request.method == "POST":
        try:
            return _change(request, category_id)
        except StepRefused as refusal:
            error, wrong, typed = refusal.label.text(language()), refusal.field, request.POST
    return _category(request, row, error, wrong, typed)


def _change(request: HttpRequest, category_id: int) -> HttpResponse:
    actor = actor_on(request)
    if request.POST.get("close"):
        services.close_category(actor, category_id)
        messages.success(request, _("已停用这个类别。"))
        return redirect("desk:catalogue")
    names = (*services.TEXTS, "keywords", "urgency", "function")
    values: dict[str, Any] = {name: request.POST[name] for name in names if name in request.POST}
    values |= {name: bool(request.POST.get(name)) for name in services.FLAGS}
    services.change_category(actor, category_id, values)
    messages.success(request, _("已保存，新的上报马上按新的内容办理。"))
    return redirect("desk:category", category_id=category_id)


def _category(
    request: HttpRequest,
    row: Category,
    error: str = "",
    wrong: str = "",
    typed: Any = None,
    refused: Mapping[str, Any] | None = None,
) -> HttpResponse:
    versions = registry_versions()
    terms, places = catalogue(versions), place_snapshot(versions)
    own = {"category_id": row.pk, "active": True}
    earlier = Category.objects.filter(scheme=row.scheme, code=row.code, valid_to__isnull=False).order_by("-revision")
    shown = {name: getattr(row, name) for name in (*services.TEXTS, "urgency", "function", *services.FLAGS)}
    shown["keywords"] = " ".join(row.keywords)
    if typed is not None:
        shown |= {name: typed.get(name, "") for name in shown}
    context = {
        "category": row,
        "shown": shown,
        "limit": _limit(terms, terms.categories[row.pk]) if row.pk in terms.categories else "",
        "deadlines": [_deadline(rule, places) for rule in DeadlineRule.objects.filter(**own).order_by("clock", "id")],
        "dispatch": [_dispatch(rule, terms, places) for rule in DispatchRule.objects.filter(**own).order_by("id")],
        "earlier": list(earlier[:HISTORY_SHOWN]),
        "children": list(Category.objects.filter(parent=row, valid_to=None).order_by("code")),
        "may_edit": actor_on(request).may_somewhere(EDIT),
        "error": error,
        "wrong": wrong,
        **_choices(terms, places),
        **(refused or {}),
    }
    return render(request, "desk/category.html", context, status=422 if error or refused else 200)


@staff
@require_POST
def new_category(request: HttpRequest) -> HttpResponse:
    """A category of the district's own."""
    parent = whole_number(request.POST.get("parent"))
    values = {name: request.POST[name] for name in ("name", "name_en", "function", "keywords") if name in request.POST}
    try:
        row = services.add_category(actor_on(request), parent, request.POST.get("code", ""), values)
    except StepRefused as refusal:
        return _catalogue(request, typed=request.POST.dict(), problem=refusal.label.text(language()))
    return redirect("desk:category", category_id=row.pk)


def _number(request: HttpRequest, name: str) -> int | None:
    return whole_number(request.POST.get(name))


def _done(category_id: int | None) -> HttpResponse:
    return redirect("desk:category", category_id=category_id) if category_id else redirect("desk:catalogue")


def _refused(request: HttpRequest, category_id: int | None, what: str, refusal: StepRefused) -> HttpResponse:
    """The page again, with the form of the rule open, what was typed in it, and what is wrong."""
    refused = {"refused": what, "sent": request.POST, "rule_problem": refusal.label.text(language())}
    rows = Category.objects.filter(valid_to=None).select_related("parent")
    row = rows.filter(pk=category_id).first() if category_id is not None else None
    return _category(request, row, refused=refused) if row else _catalogue(request, refused=refused)


@staff
@require_POST
def change_deadline(request: HttpRequest) -> HttpResponse:
    """A limit for a clock, for a category, for a street; or the end of one."""
    category_id = _number(request, "category")
    try:
        if ended := _number(request, "end"):
            services.end_rule(actor_on(request), DeadlineRule, ended)
        else:
            services.set_deadline(
                actor_on(request), clock=request.POST.get("clock", ""), unit=request.POST.get("unit", ""),
                value=_number(request, "value") or 0, category_id=category_id, place_id=_number(request, "place"),
                kind=request.POST.get("kind", "request"), legal_basis=request.POST.get("legal_basis", ""),
            )  # fmt: skip
    except StepRefused as refusal:
        return _refused(request, category_id, "deadline", refusal)
    messages.success(request, _("时限已更新。正在计时的事项仍按原来的规则。"))
    return _done(category_id)


@staff
@require_POST
def change_dispatch(request: HttpRequest) -> HttpResponse:
    """Who answers for a category in a street; or the end of a rule."""
    category_id = _number(request, "category")
    try:
        if ended := _number(request, "end"):
            services.end_rule(actor_on(request), DispatchRule, ended)
        else:
            services.set_dispatch(
                actor_on(request), category_id=category_id, place_id=_number(request, "place"),
                role=request.POST.get("role", "lead"), organisation_id=_number(request, "organisation"),
                function="" if _number(request, "organisation") else request.POST.get("function", ""),
                automatic=bool(request.POST.get("automatic")), basis=request.POST.get("basis", ""),
            )  # fmt: skip
    except StepRefused as refusal:
        return _refused(request, category_id, "dispatch", refusal)
    messages.success(request, _("派单规则已更新。"))
    return _done(category_id)
