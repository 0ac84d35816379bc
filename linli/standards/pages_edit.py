"""Staff pages that write: new standards and drafts, the editor of a draft's nodes, publishing and retiring."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from linli.kernel.numbers import whole_number
from linli.people.access import require
from linli.people.gates import actor_on, needs
from linli.places.models import Place
from linli.standards import node_services, pages, selectors, services
from linli.standards.errors import StandardsProblem
from linli.standards.forms import NodeForm, PublishForm, StandardForm, form_for
from linli.standards.models import Node, Version
from linli.standards.pages import PUBLISH
from linli.standards.selectors import EDIT, VIEW
from linli.standards.values import PARENTS, cleaned, print_of

ACTIONS = {"publish": PUBLISH, "retire": PUBLISH, "draft": EDIT, "drop": EDIT}
"""What can be done with a version as a whole, each at an address, and the permission for it."""


def _key(request: HttpRequest) -> UUID:
    """The key that the form carries; a form without one gets a new key and cannot be told from another."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


def _problem(form: Any, problem: StandardsProblem) -> int:
    """Put a problem at its field (or on top); the status of the answer."""
    name = problem.field if problem.field in form.fields else None
    form.add_error(name, problem.message)
    return problem.status


@needs(EDIT)
@require_POST
def new_standard(request: HttpRequest) -> HttpResponse:
    """A new standard for the district of the actor; its draft is opened."""
    actor = actor_on(request)
    form, status = StandardForm(request.POST), 422
    if form.is_valid():
        try:
            version = services.create_standard(
                actor, name=form.cleaned_data["name"], note=form.cleaned_data["note"], place_id=_home(request),
                organisation_id=actor.organisation_id, key=_key(request),
            )  # fmt: skip
        except StandardsProblem as problem:
            status = _problem(form, problem)
        else:
            messages.success(request, _("已新建草稿，可以添加测评项目，也可以导入表格。"))
            return redirect("standards:version", version_id=version.pk)
    context = {
        "rows": selectors.standards(actor), "may_edit": True, "form": form, "key": request.POST.get("key", ""),
        "may_import": actor.may_somewhere("data.import"),
    }  # fmt: skip
    return render(request, "standards/standards.html", context, status=status)


def _home(request: HttpRequest) -> int:
    """The place over which the actor edits standards: the widest of the own scopes."""
    scopes = actor_on(request).scopes(EDIT)
    rows = Place.objects.filter(active=True)
    if scopes.everything:
        found = rows.filter(kind="district").order_by("id").first()
    else:
        found = rows.filter(path__in=scopes.place_paths).order_by("path__depth", "id").first()
    if found is None:
        raise StandardsProblem("unknown_place", _("您的任职没有地点，不能新建测评体系。"))
    return found.pk


@needs(VIEW)
@require_POST
def act(request: HttpRequest, version_id: int, action: str) -> HttpResponse:
    """Publish, retire, copy into a new draft, or throw a draft away."""
    actor = actor_on(request)
    version = selectors.version(actor, version_id)
    require(actor, ACTIONS[action], place_path=version.standard.place.path)
    try:
        if action == "publish":
            return _publish(request, version)
        if action == "retire":
            services.retire(actor, version_id)
            messages.success(request, _("已停用。用它检查过的记录都保留。"))
        elif action == "draft":
            version = services.draft_from(actor, version_id, key=_key(request))
            source = version.based_on or version
            messages.success(request, _("已以第 %(number)d 版为底稿建立草稿。") % {"number": source.number})
        else:
            services.delete_draft(actor, version_id)
            messages.success(request, _("草稿已删除。"))
            return redirect("standards:standards")
    except StandardsProblem as problem:
        context = pages.version_context(request, version_id, problem=problem.message)
        return render(request, "standards/version.html", context, status=problem.status)
    return redirect("standards:version", version_id=version.pk)


def _publish(request: HttpRequest, version: Version) -> HttpResponse:
    form, status = PublishForm(request.POST), 422
    if form.is_valid():
        try:
            services.publish(actor_on(request), version.pk, valid_from=form.cleaned_data["valid_from"])
        except StandardsProblem as problem:
            status = _problem(form, problem)
        else:
            messages.success(request, _("已发布。"))
            return redirect("standards:version", version_id=version.pk)
    context = pages.version_context(request, version.pk, publish_form=form)
    return render(request, "standards/version.html", context, status=status)


@needs(VIEW)
@require_http_methods(["GET", "POST"])
def node(request: HttpRequest, node_id: int) -> HttpResponse:
    """A node: to read, and in a draft to edit for those who may."""
    actor = actor_on(request)
    row = selectors.node(actor, node_id)
    editing = row.version.state == Version.DRAFT and selectors.may(actor, EDIT, row.version.standard)
    status = 200
    own = [unit for unit in selectors.units_of(row.version) if unit.node_id == row.pk]
    form_class = form_for(row.level)
    form = form_class(request.POST or None, initial=form_class.initial_of(row, own)) if editing else None
    changed = False
    if request.method == "POST" and form is None:
        # Not editable here and now: the service says why, or refuses.
        try:
            node_services.change_node(actor, node_id, values={})
        except StandardsProblem as problem:
            messages.error(request, problem.message)
        return redirect("standards:node", node_id=node_id)
    if request.method == "POST" and form is not None:
        units = _units(form, row.level) if form.is_valid() else None
        if units is not None:
            try:
                node_services.change_node(
                    actor, node_id, values=form.values(), units=units, seen=request.POST.get("seen", "")
                )
            except StandardsProblem as problem:
                status, changed = _problem(form, problem), problem.code == "changed_meanwhile"
                row = selectors.node(actor, node_id)
            else:
                messages.success(request, _("已保存。"))
                return redirect(_back(row))
        else:
            status = 422
    context = {
        "node": row, "version": row.version, "standard": row.version.standard, "form": form, "changed": changed,
        "units": pages.units_shown(row), "seen": print_of(row, selectors.unit_ids(row)),
        "parents": _parents(row) if editing else [], "below": Node.objects.filter(parent=row).count(),
    }  # fmt: skip
    return render(request, "standards/node.html", context, status=status)


def _units(form: NodeForm, level: str) -> dict[str, list[int]] | None:
    """The units named in a form; None where something is wrong, with every sentence at its field."""
    known, found = selectors.unit_names(), {}
    for part, names in form.unit_names().items():
        try:
            found[part] = node_services.units_named(names, known, part)
        except StandardsProblem as problem:
            _problem(form, problem)
    try:
        cleaned(level, form.values())
    except StandardsProblem as problem:
        _problem(form, problem)
    return None if form.errors else found


def _parents(row: Node) -> list[tuple[int, str]]:
    """Other nodes of the draft under which this one could hang."""
    wanted = [level for level in PARENTS[row.level] if level]
    found = [entry for entry in selectors.nodes_of(row.version) if entry.level in wanted and entry.pk != row.parent_id]
    return [(entry.pk, f"{entry.code} {entry.title}".strip()[:60]) for entry in found]


def _back(row: Node) -> str:
    """Where the node stands in its tree, with its item unfolded."""
    item = row
    while item.parent is not None:
        item = item.parent
    return f"{reverse('standards:version', args=[row.version_id])}?open={item.pk}#n{row.pk}"


@needs(EDIT)
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, version_id: int) -> HttpResponse:
    """A new node of a draft: `?level=item|content|criterion&parent=<node>`."""
    actor = actor_on(request)
    version = selectors.version(actor, version_id)
    level = request.GET.get("level", Node.ITEM)
    above = whole_number(request.GET.get("parent"))
    if level not in PARENTS or not selectors.may(actor, EDIT, version.standard):
        raise Http404
    if version.state != Version.DRAFT:
        messages.error(request, _("这一版已经发布，不能再改。请以它为底稿新建草稿。"))
        return redirect("standards:version", version_id=version.pk)
    parent = selectors.node(actor, above) if above is not None else None
    form, status = form_for(level)(request.POST or None, initial=_like_last(parent, level)), 200
    units = _units(form, level) if request.method == "POST" and form.is_valid() else None
    if units is not None:
        try:
            made = node_services.add_node(
                actor, version_id, level=level, parent_id=parent.pk if parent else None, values=form.values(),
                units=units, key=_key(request),
            )  # fmt: skip
        except StandardsProblem as problem:
            status = _problem(form, problem)
        else:
            messages.success(request, _("已新增。"))
            return redirect(request.get_full_path() if request.POST.get("more") else _back(made))
    elif request.method == "POST":
        status = 422
    context = {
        "version": version, "standard": version.standard, "level": level, "parent": parent, "form": form,
        "key": request.POST.get("key") if status != 200 else uuid4(),
    }  # fmt: skip
    return render(request, "standards/add.html", context, status=status)


def _like_last(parent: Node | None, level: str) -> dict[str, Any]:
    """A new criterion begins with what the last one beside it has, so that a series is typed quickly."""
    if level != Node.CRITERION or parent is None:
        return {}
    last = Node.objects.filter(parent=parent, level=level).order_by("-position").first()
    if last is None:
        return {"rule": "proportion", "method": Node.FIELD}
    found = form_for(level).initial_of(last, [])
    return {
        name: found[name]
        for name in ("weight", "method", "rule", "points", "basis", "grades", "site_kinds", "category")
    }


@needs(EDIT)
@require_POST
def move(request: HttpRequest, node_id: int) -> HttpResponse:
    """One step up or down among its brothers, or under another node."""
    actor = actor_on(request)
    row = selectors.node(actor, node_id)
    under, way = whole_number(request.POST.get("parent")), request.POST.get("way", "")
    try:
        if under is not None:
            node_services.move_node(actor, node_id, parent_id=under)
        else:
            node_services.move_node(actor, node_id, steps={"up": -1, "down": 1}.get(way, 0))
    except StandardsProblem as problem:
        messages.error(request, problem.message)
    return redirect(_back(row))


@needs(EDIT)
@require_POST
def delete(request: HttpRequest, node_id: int) -> HttpResponse:
    """Take a node out of a draft, with all below it."""
    actor = actor_on(request)
    row = Node.objects.filter(pk=node_id).first()
    if row is None:
        messages.info(request, _("这一条已经删除了。"))
        return redirect("standards:standards")
    row = selectors.node(actor, node_id)
    try:
        count = node_services.delete_node(actor, node_id)
    except StandardsProblem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("已删除 %(count)d 条。") % {"count": count})
    return redirect("standards:version", version_id=row.version_id)
