"""Staff pages: the tree of organisations, one organisation, its editing; the table of roles."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.kernel.numbers import whole_number
from linli.people import duty, selectors, services
from linli.people.errors import PeopleProblem
from linli.people.forms import OrganisationForm
from linli.people.gates import actor_on, needs, signed_in
from linli.people.models import Organisation
from linli.people.pages_signin import show_problem
from linli.people.permission_labels import PERMISSION_LABELS
from linli.people.roles import ROLES
from linli.places.search import search_places


def in_english() -> bool:
    """Whether the page is in English."""
    return (get_language() or "").startswith("en")


def place_by_words(text: str, field: str = "place") -> int | None:
    """The one place meant by a name or code; None for no words; `PeopleProblem` when none or several fit."""
    words = text.strip()
    if not words:
        return None
    found = search_places(words, limit=10)
    exact = [hit for hit in found if words in (hit.row.name, hit.row.code)]
    best = exact or found
    if not best:
        raise PeopleProblem("no_such_place", _("没有找到这个地点。"), field=field)
    if len(best) > 1 and len(exact) != 1:
        names = "、".join(f"{hit.row.name}（{hit.row.code or hit.row.id}）" for hit in best[:5])
        raise PeopleProblem("several_places", _("有多个地点，请填代码：%s") % names, field=field)
    return best[0].row.id


@needs("people.view")
@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """The tree, or what a search found."""
    words = request.GET.get("q", "").strip()
    opened = whole_number(request.GET.get("open"))
    if words:
        lines = [(0, row, False) for row in selectors.find_organisations(words)]
    else:
        start = actor_on(request).organisation_id if opened is None else opened
        lines = selectors.organisation_tree(start)  # type: ignore[assignment]
    context = {"lines": lines, "words": words, "may_edit": actor_on(request).may("people.edit")}
    return render(request, "people/organisations.html", context)


@needs("people.view")
@require_http_methods(["GET", "POST"])
def organisation(request: HttpRequest, organisation_id: int) -> HttpResponse:
    """One organisation: who belongs to it, and its editing for those who may."""
    row = selectors.organisation(organisation_id)
    if row is None:
        raise Http404
    actor = actor_on(request)
    form, status = _form(request, row), 200
    if request.method == "POST" and form.is_valid():
        try:
            services.change_organisation(actor, row.pk, **_values(form))
        except PeopleProblem as problem:
            status = show_problem(form, problem)
        else:
            messages.success(request, _("已保存。"))
            return redirect("people:organisation", organisation_id=row.pk)
    elif request.method == "POST":
        status = 422
    context = {
        "row": row,
        "form": form,
        "staff": selectors.staff_of(row.pk),
        "may_edit": actor.may("people.edit"),
        "may_see_roster": row.pk in actor.organisation_ids or duty.may_roster(actor, row),
        "roles": ROLES,
    }
    return render(request, "people/organisation.html", context, status=status)


@needs("people.edit")
@require_http_methods(["GET", "POST"])
def new_organisation(request: HttpRequest) -> HttpResponse:
    """Add an organisation below `?parent=`."""
    number = whole_number(request.GET.get("parent"))
    parent = selectors.organisation(number) if number is not None else None
    form, status = _form(request, None), 200
    if request.method == "POST" and form.is_valid():
        try:
            values = _values(form)
            values.pop("active")
            row = services.create_organisation(actor_on(request), parent_id=parent.pk if parent else None, **values)
        except PeopleProblem as problem:
            status = show_problem(form, problem)
        else:
            messages.success(request, _("已新增。"))
            return redirect("people:organisation", organisation_id=row.pk)
    elif request.method == "POST":
        status = 422
    return render(request, "people/organisation_new.html", {"form": form, "parent": parent}, status=status)


def _form(request: HttpRequest, row: Organisation | None) -> OrganisationForm:
    initial = {}
    if row is not None:
        initial = {
            "name": row.name,
            "short_name": row.short_name,
            "kind": row.kind,
            "place": (row.place.code or row.place.name) if row.place else "",
            "functions": row.functions,
            "can_order": row.can_order,
            "contact": row.contact,
            "active": row.active,
        }
    return OrganisationForm(request.POST or None, initial=initial, english=in_english())


def _values(form: OrganisationForm) -> dict[str, Any]:
    data = dict(form.cleaned_data)
    data["place_id"] = place_by_words(data.pop("place"))
    return data


@signed_in
@require_safe
def role_table(request: HttpRequest) -> HttpResponse:
    """What each role may do, made from the table that access itself reads."""
    english = in_english()
    roles = [
        {
            "slug": role.slug,
            "label": role.label.en if english else role.label.zh,
            "duty": role.duty.en if english else role.duty.zh,
            "role": role,
        }
        for role in ROLES.values()
    ]
    rows = [
        {
            "code": code,
            "label": label.en if english else label.zh,
            "held": [(entry["label"], code in entry["role"].permissions) for entry in roles],  # type: ignore[attr-defined]
        }
        for code, label in PERMISSION_LABELS.items()
    ]
    return render(request, "people/roles.html", {"roles": roles, "rows": rows})
