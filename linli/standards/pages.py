"""Staff pages that read: the list of standards, a version as a tree and in print, a node, two versions compared."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from linli.kernel.numbers import whole_number
from linli.people.gates import actor_on, needs
from linli.standards import selectors, wording
from linli.standards.forms import PublishForm, StandardForm
from linli.standards.models import Node, NodeUnit, Version
from linli.standards.selectors import EDIT, VIEW, Tree, TreeLine

PUBLISH = "standards.publish"


@needs(VIEW)
@require_safe
def standards(request: HttpRequest) -> HttpResponse:
    """All standards with their versions."""
    actor = actor_on(request)
    rows = selectors.standards(actor)
    context: dict[str, Any] = {
        "rows": rows,
        "may_edit": actor.may_somewhere(EDIT),
        "may_import": actor.may_somewhere("data.import"),
    }
    if context["may_edit"]:
        context |= {"form": StandardForm(), "key": uuid4()}
    return render(request, "standards/standards.html", context)


@needs(VIEW)
@require_safe
def version(request: HttpRequest, version_id: int) -> HttpResponse:
    """A version as a tree; `?kind=`, `?method=` and `?q=` show some of it."""
    return render(request, "standards/version.html", version_context(request, version_id))


def version_context(request: HttpRequest, version_id: int, **more: Any) -> dict[str, Any]:
    """What the page of a version shows."""
    actor = actor_on(request)
    row = selectors.version(actor, version_id)
    tree = selectors.tree(row)
    wanted = {name: request.GET.get(name, "").strip()[:60] for name in ("kind", "method", "q")}
    lines, opened = _filtered(tree, **wanted), whole_number(request.GET.get("open"))
    draft = row.state == Version.DRAFT
    may_edit = selectors.may(actor, EDIT, row.standard)
    may_publish = selectors.may(actor, PUBLISH, row.standard)
    return {
        "version": row, "standard": row.standard, "tree": tree, "items": nested(lines), "wanted": wanted,
        "opened": opened or 0, "narrowed": any(wanted.values()),
        "found": sum(1 for line in lines if line.node.level == Node.CRITERION),
        "kinds": [(slug, wording.site_kind_names([slug])[0]) for slug in tree.site_kinds],
        "methods": [(slug, wording.word(wording.METHODS, slug)) for slug in wording.METHODS],
        "editing": draft and may_edit, "may_edit": may_edit, "may_publish": may_publish,
        "others": list(Version.objects.filter(standard=row.standard).exclude(pk=row.pk).order_by("-number"))
        if may_edit else selectors.published_others(row),
        "publish_form": PublishForm(initial={"valid_from": timezone.localdate()}) if draft and may_publish else None,
        **more,
    }  # fmt: skip


def _filtered(tree: Tree, *, kind: str = "", method: str = "", q: str = "") -> list[TreeLine]:
    """The criteria that fit, with what stands above them."""
    if not (kind or method or q):
        return tree.lines
    words = q.lower()
    kept: set[int] = set()
    for line in reversed(tree.lines):
        node = line.node
        fits = (
            node.level == Node.CRITERION
            and (not kind or kind in node.site_kinds)
            and (not method or node.method == method)
            and (not words or words in f"{node.code} {node.title} {node.guidance} {_unit_words(line)}".lower())
        )
        if (fits or node.pk in kept) and node.parent_id is not None:
            kept.add(node.parent_id)
        if fits:
            kept.add(node.pk)
    return [line for line in tree.lines if line.node.pk in kept]


def _unit_words(line: TreeLine) -> str:
    return " ".join(f"{unit.organisation.name} {unit.organisation.short_name}" for unit in line.units)


def nested(lines: list[TreeLine]) -> list[dict[str, Any]]:
    """Lines as the template needs them: items with `groups` (a content or None, its criteria)."""
    items: list[dict[str, Any]] = []
    for line in lines:
        if line.node.level == Node.ITEM:
            items.append({"line": line, "groups": []})
        elif line.node.level == Node.CONTENT:
            items[-1]["groups"].append({"line": line, "criteria": []})
        else:
            groups = items[-1]["groups"]
            own = line.node.parent_id == items[-1]["line"].node.pk
            if not groups or (own and groups[-1]["line"] is not None):
                groups.append({"line": None, "criteria": []})
            groups[-1]["criteria"].append(line)
    return items


@needs(VIEW)
@require_safe
def printed(request: HttpRequest, version_id: int) -> HttpResponse:
    """A version on paper: one table, everything open."""
    row = selectors.version(actor_on(request), version_id)
    tree = selectors.tree(row)
    context = {"version": row, "standard": row.standard, "tree": tree, "today": timezone.localdate()}
    return render(request, "standards/print.html", context)


@needs(VIEW)
@require_safe
def compare(request: HttpRequest, version_id: int) -> HttpResponse:
    """What changed from another version (`?with=`, else the one it was made from) to this one."""
    actor = actor_on(request)
    new = selectors.version(actor, version_id)
    others = [
        row for row in Version.objects.filter(standard=new.standard).exclude(pk=new.pk).order_by("-number")
        if row.state != Version.DRAFT or selectors.may(actor, EDIT, new.standard)
    ]  # fmt: skip
    asked = request.GET.get("with", "")
    chosen = next((row for row in others if str(row.pk) == asked), None) or next(
        (row for row in others if row.pk == new.based_on_id), None
    ) or next((row for row in others if row.number < new.number), others[0] if others else None)  # fmt: skip
    context: dict[str, Any] = {"version": new, "standard": new.standard, "others": others, "old": chosen}
    if chosen is not None:
        compared = selectors.comparison(chosen, new)
        found, work = compared.found, compared.work
        context |= {
            "found": found,
            "added": [(row, ()) for row in found.added],
            "removed": [(row, work.get(row.lineage, ())) for row in found.removed],
            "changed": [
                (change, work.get(change.after.lineage, ())) for change in found.changed if not change.renumbered
            ],
            "renumbered": [change for change in found.changed if change.renumbered],
            "reassigned": [(row, work.get(row.lineage, ())) for row in compared.reassigned],
            "touched": compared.touched,
        }
    return render(request, "standards/compare.html", context)


def units_shown(node: Node) -> dict[str, list[NodeUnit]]:
    """The units of a node, its own or from above, by part."""
    nodes = selectors.nodes_of(node.version)
    rows = selectors.units_in_force(nodes, selectors.units_of(node.version)).get(node.pk, [])
    return {part: [unit for unit in rows if unit.part == part] for part in (NodeUnit.LEAD, NodeUnit.SUPPORTING)}
