"""Bringing data in: what can be imported, and the page of one file from its columns to its result."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from linli.desk import jobs
from linli.desk.importing import batch_context, closed_for, fits_better, may_see, own_ground
from linli.desk.shell import staff
from linli.desk.wording import language
from linli.exchange import services, storage
from linli.exchange.column_maps import ImportMap, map_text
from linli.exchange.errors import ExchangeProblem
from linli.exchange.kinds import Answer, Kind, kind_of, kinds
from linli.exchange.limits import MAX_BYTES
from linli.exchange.models import ImportBatch
from linli.exchange.services import Importer
from linli.exchange.undoing import Obstacles
from linli.people.access import Actor, ObjectHidden, refuse
from linli.people.gates import actor_on
from linli.people.importers import PERMISSION, importer_for

CHECKED_AT_ONCE = 40 * 1024
CARRIED_OUT_AT_ONCE = 300
SHOWN = 30


def _allowed(actor: Actor) -> list[Kind]:
    """The kinds the actor may import somewhere; refused when there is none."""
    found = [kind for kind in kinds() if actor.may_somewhere(kind.permission)]
    if not found:
        refuse(actor, PERMISSION)
    return found


def _batch(request: HttpRequest, batch_id: int) -> ImportBatch:
    batch = ImportBatch.objects.filter(pk=batch_id).first()
    if batch is None or not may_see(actor_on(request), batch):
        raise ObjectHidden(PERMISSION)
    return batch


def _importer(request: HttpRequest, batch: ImportBatch) -> Importer:
    return importer_for(actor_on(request), batch.under_place_id)


@staff
@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    """What can be brought in, in the order in which a district begins; the latest files."""
    actor = actor_on(request)
    allowed = _allowed(actor)
    tongue = language()
    batches = [batch for batch in ImportBatch.objects.order_by("-id")[: SHOWN * 4] if may_see(actor, batch)][:SHOWN]
    wanted = request.GET.get("kind", "")
    closed = [(kind, closed_for(actor, kind)) for kind in allowed]
    offered = [kind for kind, why in closed if not why]
    context = {
        "chosen": wanted if wanted in {kind.slug for kind in offered} else offered[0].slug if offered else "",
        "kinds": [
            {"slug": kind.slug, "label": kind.label.text(tongue), "duty": kind.duty.text(tongue) if kind.duty else "",
             "fields": [field.label.text(tongue) for field in kind.fields if field.required]}
            for kind in offered
        ],
        "closed": [(kind.label.text(tongue), why) for kind, why in closed if why],
        "batches": [batch_context(batch, short=True) for batch in batches],
        "limit": MAX_BYTES // (1024 * 1024),
    }  # fmt: skip
    return render(request, "desk/imports.html", context)


@staff
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file in and look at it; small ones at once, large ones by a job."""
    actor = actor_on(request)
    _allowed(actor)
    kind = kind_of(request.POST.get("kind", ""))
    file = request.FILES.get("file")
    if kind is None or not isinstance(file, UploadedFile) or file.size is None:
        messages.error(request, _("请选择数据种类和文件。"))
        return _chosen_again(kind)
    try:
        if file.size > MAX_BYTES:
            raise ExchangeProblem("too_large", _("文件超过 50 MB。请分成几个文件导入。"))
        importer = importer_for(actor, own_ground(actor, kind.permission))
        batch = services.receive(importer, kind.slug, file.read(), file.name or "")
    except ExchangeProblem as problem:
        messages.error(request, problem.message)
        return _chosen_again(kind)
    return _checked(request, batch)


def _chosen_again(kind: Kind | None) -> HttpResponse:
    """The form again, with the kind that was chosen: another file is to be taken for it, not for the first kind."""
    return redirect(f"{reverse('desk:imports')}?kind={kind.slug}" if kind else reverse("desk:imports"))


def _checked(request: HttpRequest, batch: ImportBatch) -> HttpResponse:
    """Check again what was changed, then show it."""
    if batch.size > CHECKED_AT_ONCE:
        jobs.check_later(batch.pk, actor_on(request).user_id)
    else:
        try:
            services.check(batch, _importer(request, batch))
        except ExchangeProblem as problem:
            services.fail(batch, problem.message)
            messages.error(request, problem.message)
    return redirect("desk:import", batch_id=batch.pk)


@staff
@require_safe
def batch_page(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One file: its columns, its doubts, what it would do or did."""
    batch = _batch(request, batch_id)
    return render(request, "desk/import.html", _shown(request, batch))


def _shown(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    context = batch_context(batch)
    if context.get("may_change"):
        other = fits_better(batch, _allowed(actor_on(request)))
        context["other_kind"] = {"slug": other.slug, "label": other.label.text(language())} if other else None
    return context


@staff
@require_safe
def progress(request: HttpRequest, batch_id: int) -> HttpResponse:
    """How far a job has come; tells the page to load itself when it has ended."""
    batch = _batch(request, batch_id)
    if batch.state not in ("checking", "running", "undoing"):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("desk:import", args=[batch.pk])
        return response
    return render(request, "desk/_import_progress.html", batch_context(batch))


@staff
@require_POST
def columns(request: HttpRequest, batch_id: int) -> HttpResponse:
    """What the columns mean, what holds for all rows, options of the file; what a form leaves out stays."""
    batch = _batch(request, batch_id)
    headings, targets = request.POST.getlist("heading"), request.POST.getlist("target")
    typed = {name: request.POST[name] for name in request.POST}
    said = ImportMap.from_json(batch.mapping)
    constants = {name[9:]: text for name, text in typed.items() if name.startswith("constant-")}
    options = {name[7:]: text for name, text in typed.items() if name.startswith("option-")}
    chosen = dict(zip(headings, targets, strict=False)) if headings else said.columns
    try:
        services.set_columns(batch, chosen, {**said.constants, **constants}, {**said.options, **options})
    except ExchangeProblem as problem:
        messages.error(request, problem.message)
        return redirect("desk:import", batch_id=batch.pk)
    return _checked(request, batch)


@staff
@require_POST
def answers(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Settle doubts; those left open stay open."""
    batch = _batch(request, batch_id)
    given: dict[str, Answer] = {}
    for number, entry in enumerate(batch.report.get("doubts", ())):
        text = request.POST.get(f"answer-{number}", "")
        if text in ("skip", "create"):
            given[entry["key"]] = Answer(text)
        elif text.startswith("use:"):
            given[entry["key"]] = Answer("use", text[4:])
    try:
        services.answer(batch, _importer(request, batch), given)
    except ExchangeProblem as problem:
        messages.error(request, problem.message)
        return redirect("desk:import", batch_id=batch.pk)
    return _checked(request, batch)


@staff
@require_POST
def carry_out(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Begin, or go on after something stopped it."""
    batch = _batch(request, batch_id)
    importer = _importer(request, batch)
    try:
        if batch.rows_total <= CARRIED_OUT_AT_ONCE:
            services.begin(batch)
            services.run(batch, importer)
        else:
            with transaction.atomic():
                services.begin(batch)
                jobs.run_later(batch.pk, actor_on(request).user_id)
    except services.AnotherRuns:
        messages.info(request, _("另一个进程正在导入这批数据。"))
    except ExchangeProblem as problem:
        messages.error(request, problem.message)
    return redirect("desk:import", batch_id=batch.pk)


@staff
@require_POST
def undo(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Take the whole batch back, or say what was built upon it."""
    batch = _batch(request, batch_id)
    importer = _importer(request, batch)
    try:
        with transaction.atomic():
            by_job = batch.rows_done > CARRIED_OUT_AT_ONCE
            if by_job:
                services.undo_later(batch, importer)
                jobs.undo_later(batch.pk, actor_on(request).user_id)
        if not by_job:
            services.undo(batch, importer)
            messages.success(request, _("已撤销，登记恢复到导入之前。"))
    except Obstacles as obstacles:
        context = {**_shown(request, batch), "obstacles": obstacles.lines}
        return render(request, "desk/import.html", context, status=409)
    except ExchangeProblem as problem:
        messages.error(request, problem.message)
    return redirect("desk:import", batch_id=batch.pk)


@staff
@require_POST
def drop(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Give up a file that was not imported."""
    batch = _batch(request, batch_id)
    try:
        services.drop(batch)
        messages.success(request, _("已放弃，文件已删除。"))
    except ExchangeProblem as problem:
        messages.error(request, problem.message)
    return redirect("desk:imports")


@staff
@require_safe
def rejects(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The file as it came, with the rows that were not taken marked."""
    from linli.exchange.refused import noted, refused_in, refused_rows
    from linli.exchange.rejects import rejects_file

    batch = _batch(request, batch_id)
    kind = kind_of(batch.kind)
    try:
        data = storage.fetch(batch.uid)
        if batch.state == ImportBatch.State.READY:
            known = noted(batch)
            planned = services.plan_of(batch, _importer(request, batch), data=data) if known is None else None
            refused = refused_in(planned) if planned is not None else known or []
        else:
            refused = refused_rows(batch)
    except ExchangeProblem as problem:
        messages.error(request, problem.message)
        return redirect("desk:import", batch_id=batch.pk)
    if kind is None or not refused:
        raise ObjectHidden(PERMISSION)
    content, name, media = rejects_file(kind, data, batch.file_name, ImportMap.from_json(batch.mapping), refused)
    return _download(content, name, media)


@staff
@require_safe
def map_file(request: HttpRequest, batch_id: int) -> HttpResponse:
    """How the columns were read, as a map for the command line."""
    batch = _batch(request, batch_id)
    mapping = ImportMap.from_json(batch.mapping)
    mapping.kind = batch.kind
    mapping.columns = {entry["heading"]: entry["field"] for entry in batch.report.get("columns", ())}
    return _download(map_text(mapping).encode(), f"{batch.kind}.toml", "application/toml")


def _download(content: bytes, name: str, media: str) -> HttpResponse:
    response = HttpResponse(content, content_type=media)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "private, no-store"
    return response
