"""Pages of forecast and repairs, and of audit packs."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.assessment import foreseeing, packing, selectors, services, simulation
from linli.assessment.models import AuditPack
from linli.assessment.pages_common import Frame, chart, frame, label_of, language, score_words
from linli.people.access import ObjectHidden, require
from linli.people.gates import actor_on, staff_page
from linli.places.kinds import SITE_KINDS
from linli.standards.rules import RuleError
from linli.work import storage
from linli.work.engine import StepRefused

EFFORTS_SHOWN = 400
REPAIRS_SHOWN = 2000
WAITING = (AuditPack.QUEUED, AuditPack.RUNNING)


@staff_page("assessment.view")
@require_http_methods(["GET", "POST"])
def plan_page(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The blind visit as it would come out, what costs most, and the cheapest repairs that reach the target."""
    found = frame(request, assessment_id)
    problem = _save(request, found) if request.method == "POST" else ""
    if request.method == "POST" and not problem:
        return redirect(found.url("plan"))
    plan = foreseeing.plan_of(found.row)
    wanted, states = foreseeing.repair_plan(found.row, plan.target, found.place.path)
    before = foreseeing.forecast(found.row, found.place.path)
    after = foreseeing.forecast(found.row, found.place.path, mended=wanted.repairs) if wanted.repairs else None
    losses = before.losses[:10]
    context = {
        **found.context, "plan": plan, "wanted": wanted, "expected": before, "after": after, "problem": problem,
        **_inputs(found, plan, {state.question.id: len(state.open) + state.stuck for state in states}, request.POST),
        "stuck": sum(state.stuck for state in states),
        "repairs": _repair_lines(found, wanted), "now_score": score_words(wanted.now),
        "best": score_words(wanted.best), "reached": score_words(wanted.reached),
        "above": f"{wanted.above:.1%}", "losses": [
            {"label": label_of(found.tree.nodes[loss.question.id]), "points": loss.points,
             "failing": 100 * loss.failing, "url": found.url("node", loss.question.id, result="fail")}
            for loss in losses],
        "chart": chart("rows", [found.tree.nodes[loss.question.id].code or "—"
                                for loss in losses], {_("预计失分"): [loss.points for loss in losses]},
                       [found.url("node", loss.question.id, result="fail") for loss in losses], digits=2),
        "spread": chart("bar", [str(low) for low, _count in before.spread],
                        {_("次数"): [float(count) for _low, count in before.spread]}),
        "spread_rows": before.spread,
    }  # fmt: skip
    return render(request, "assessment/plan.html", context, status=422 if problem else 200)


def _inputs(
    found: Frame, plan: foreseeing.Plan, open_now: Mapping[int, int], typed: Mapping[str, str]
) -> dict[str, Any]:
    """The fields of the form: what holds, or what was typed and refused."""

    def shown(name: str, value: float) -> str:
        return typed.get(name, "") or f"{value:g}"

    ground = foreseeing.ground_of(found.place.path)
    samples = [
        {"kind": kind, "label": SITE_KINDS[kind].text(language()) if kind in SITE_KINDS else kind,
         "sites": len(ground.sites[kind]),
         "count": shown(f"sample-{kind}", min(plan.samples.get(kind, simulation.SITES_PER_KIND),
                                              len(ground.sites[kind])))}
        for kind in ground.kinds
    ]  # fmt: skip
    efforts: list[dict[str, Any]] = [
        {"node": node, "label": label_of(node), "open": open_now[node.pk],
         "effort": shown(f"effort-{node.lineage}", plan.effort(node)), "url": found.url("failing", node=node.pk),
         "stuck": f"stuck-{node.lineage}" in typed if typed else str(node.lineage) in plan.stuck}
        for node in found.tree.criteria if open_now.get(node.pk)
    ]  # fmt: skip
    efforts.sort(key=lambda line: -line["open"])
    return {
        "samples": samples, "efforts": efforts[:EFFORTS_SHOWN], "target_typed": shown("target", plan.target),
        "half_life_typed": shown("half_life", plan.half_life),
    }  # fmt: skip


def _repair_lines(found: Frame, wanted: Any) -> dict[str, Any]:
    """The plan by criterion with its sites; the most effort first."""
    shown = wanted.repairs[:REPAIRS_SHOWN]
    found.places.preload(repair.site for repair in shown)
    per = Counter(repair.criterion for repair in wanted.repairs)
    groups = []
    for criterion, count in per.most_common():
        own = [repair for repair in shown if repair.criterion == criterion]
        if own:
            groups.append({
                "label": label_of(found.tree.nodes[criterion]), "count": count, "effort": own[0].effort * count,
                "url": found.url("failing", node=criterion),
                "sites": [
                    {"name": found.places.name(repair.site), "url": reverse("desk:site", args=[repair.site])}
                    for repair in own
                ],
            })  # fmt: skip
    return {"groups": groups, "total": len(wanted.repairs), "rest": max(0, len(wanted.repairs) - len(shown))}


def _save(request: HttpRequest, found: Frame) -> str:
    """Keep what was entered; the sentence to say where a number is wrong, and then nothing of the form is kept half."""
    data = request.POST
    try:
        samples = {name[7:]: _whole(text) for name, text in data.items() if name.startswith("sample-")}
        efforts = {name[7:]: _real(text) for name, text in data.items() if name.startswith("effort-")}
        change = services.PlanChange(
            {kind: count for kind, count in samples.items() if kind in SITE_KINDS},
            {lineage: effort for lineage, effort in efforts.items() if _is_lineage(lineage)},
            _real(data["target"]) if data.get("target") else None,
            _real(data["half_life"]) if data.get("half_life") else None,
            {lineage: f"stuck-{lineage}" in data for lineage in efforts if _is_lineage(lineage)},
        )
        services.set_plan(found.actor, found.row.pk, change)
    except StepRefused as refusal:
        return refusal.label.text(language())
    except (ValueError, RuleError):
        return _("请填写数字，例如 3 或 1.5。没有保存。")
    messages.success(request, _("已保存，按新的参数重新计算。"))
    return ""


def _whole(text: Any) -> int:
    return int(str(text).strip()[:9])


def _real(text: Any) -> float:
    found = float(str(text).strip()[:12])
    if found != found:
        raise ValueError(text)
    return found


def _is_lineage(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


# --- audit packs ----------------------------------------------------------------------------------------------------


@staff_page("assessment.pack")
@require_http_methods(["GET", "POST"])
def packs(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The packs that were made; a new one is made in the background."""
    found = frame(request, assessment_id)
    require(found.actor, "assessment.pack", place_path=str(found.row.place.path), hidden=True)
    if request.method == "POST":
        pack = services.ask_pack(found.actor, found.row.pk)
        return redirect("assessment:pack", found.row.pk, pack.pk)
    return render(request, "assessment/packs.html", {**found.context, "packs": selectors.packs(found.row)})


def _pack(request: HttpRequest, assessment_id: int, pack_id: uuid.UUID) -> tuple[Frame, AuditPack]:
    found = frame(request, assessment_id)
    require(found.actor, "assessment.pack", place_path=str(found.row.place.path), hidden=True)
    pack = AuditPack.objects.filter(pk=pack_id, assessment=found.row).select_related("asked_by").first()
    if pack is None:
        raise ObjectHidden("assessment.pack")
    return found, pack


@staff_page("assessment.pack")
@require_safe
def pack_page(request: HttpRequest, assessment_id: int, pack_id: uuid.UUID) -> HttpResponse:
    """One pack: how far it has come, or its file."""
    found, pack = _pack(request, assessment_id, pack_id)
    waiting = pack.state in WAITING
    return render(request, "assessment/pack.html", {**found.context, "pack": pack, "waiting": waiting})


@staff_page("assessment.pack")
@require_safe
def pack_progress(request: HttpRequest, assessment_id: int, pack_id: uuid.UUID) -> HttpResponse:
    """How far the making has come; tells the page to load itself when it has ended."""
    found, pack = _pack(request, assessment_id, pack_id)
    if pack.state not in WAITING:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("assessment:pack", args=[found.row.pk, pack.pk])
        return response
    return render(request, "assessment/_pack_progress.html", {**found.context, "pack": pack})


@staff_page("assessment.pack")
@require_safe
def pack_file(request: HttpRequest, assessment_id: int, pack_id: uuid.UUID) -> Any:
    """The ZIP itself."""
    _found, pack = _pack(request, assessment_id, pack_id)
    name = packing.file_name(pack)
    if pack.state != AuditPack.DONE or not storage.backend().exists(name):
        raise ObjectHidden("assessment.pack")
    response = FileResponse(
        storage.backend().open(name, "rb"),
        as_attachment=True,
        filename=packing.download_name(pack),
    )
    response["Cache-Control"] = "private, no-store"
    return response


@staff_page("assessment.pack")
@require_POST
def link_now(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Look again for what already happened, now and not tonight."""
    actor = actor_on(request)
    fresh = services.link_now(actor, assessment_id)
    messages.success(request, _("新关联 %(n)s 条佐证。") % {"n": fresh})
    return redirect("assessment:board", assessment_id)
