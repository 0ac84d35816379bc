"""Staff pages of this room: print an item's papers, take signed papers back, the inbox."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.numbers import whole_number
from linli.people.access import ObjectHidden
from linli.people.gates import needs, signed_in
from linli.people.models import Organisation
from linli.places.selectors import registry_versions
from linli.work import holders, inbox, printing, scans, storage, uploads
from linli.work.engine import StepRefused
from linli.work.models import Item, Leg, PrintedDocument
from linli.work.printing.services import PDF, PERMISSION, pdf_of
from linli.work.refused import FileRefused
from linli.work.scanpages import pages_of
from linli.work.selectors import item_id_for
from linli.work.senders import actor_of, owner_of
from linli.work.services import new_key
from linli.work.terms import catalogue
from linli.work.uploading import FORM_BYTES_MAX, throttled, too_long

PILE_BYTES_MAX = 64 * 1024 * 1024


# --- Printing -----------------------------------------------------------------------------------------------------


def _item(request: HttpRequest, number: str) -> tuple[Item, list[int]]:
    """The item behind a number, for those who may see it, and the units of its legs."""
    item_id = item_id_for(actor_of(request), number)
    legs = Leg.objects.filter(item_id=item_id, organisation__isnull=False)
    units = [int(unit) for unit in legs.values_list("organisation_id", flat=True) if unit is not None]
    return Item.objects.get(pk=item_id), units


def _columns(item: Item) -> dict[str, Any]:
    return {
        "meaning": item.meaning,
        "place_path": item.place_path,
        "responsible_organisation_id": item.responsible_organisation_id,
    }


@never_cache
@needs(PERMISSION)
@require_safe
def papers(request: HttpRequest, number: str) -> HttpResponse:
    """The papers that can be printed of an item, and those that went out."""
    item, units = _item(request, number)
    actor = actor_of(request)
    offered = printing.templates_for(actor, _columns(item), units=units)
    rows = PrintedDocument.objects.filter(item_id=item.pk).select_related("issuer", "scan").order_by("-id")[:50]
    printed = [(row, printing.PAPERS[row.template].label.text(actor.language)) for row in rows]
    offers = [(paper, paper.label.text(actor.language)) for paper in offered]
    return render(request, "work/papers.html", {"item": item, "offers": offers, "printed": printed})


@never_cache
@needs(PERMISSION)
@require_http_methods(["GET", "POST"])
def print_page(request: HttpRequest, number: str, slug: str) -> HttpResponse:
    """What a paper asks for before it is printed; sent, it answers with the PDF."""
    item, units = _item(request, number)
    actor = actor_of(request)
    paper = printing.PAPERS.get(slug)
    if paper is None:
        raise Http404
    refusal: StepRefused | None = None
    if request.method == "POST":
        try:
            issuer = request.POST.get("issuer", "")
            done = printing.print_paper(
                actor,
                item.pk,
                slug,
                request.POST.dict(),
                key=request.POST.get("key", ""),
                issuer_id=whole_number(issuer),
            )
            return redirect("work:paper", number=number, document_id=done.document.pk)
        except StepRefused as refused:
            refusal = refused
    return _print_form(request, item, units, paper, refusal)


def _print_form(
    request: HttpRequest, item: Item, units: list[int], paper: printing.Paper, refusal: StepRefused | None
) -> HttpResponse:
    actor = actor_of(request)
    terms = catalogue(registry_versions())
    own = printing.issuers(actor, paper, terms)
    fields = [
        {
            "name": field.name,
            "label": field.label.text(actor.language),
            "hint": field.hint.text(actor.language) if field.hint else "",
            "kind": field.kind,
            "required": field.required,
            "most": field.most,
            "value": request.POST.get(field.name, _prefilled(field.name, item)),
            "wrong": refusal is not None and refusal.field == field.name,
        }
        for field in paper.fields
    ]
    context = {
        "item": item,
        "paper": paper,
        "paper_label": paper.label.text(actor.language),
        "fields": fields,
        "issuers": Organisation.objects.filter(pk__in=own).order_by("pinyin"),
        "may": paper in printing.templates_for(actor, _columns(item), terms=terms, units=units),
        "refusal": refusal.label.text(actor.language) if refusal else "",
        "key": request.POST.get("key") or new_key(),
        "today": timezone.localdate().isoformat(),
    }
    status = refusal.status if refusal else 200
    return render(request, "work/print.html", context, status=status)


def _prefilled(name: str, item: Item) -> str:
    if name == "by" and item.handle_due is not None and item.handle_due > timezone.now():
        return timezone.localdate(item.handle_due).isoformat()
    if name == "addressee" and item.responsible_organisation is not None:
        return item.responsible_organisation.name
    return ""


@never_cache
@needs(PERMISSION)
@require_safe
def paper_pdf(request: HttpRequest, number: str, document_id: int) -> HttpResponse:
    """The PDF of a paper as it was printed."""
    item, _units = _item(request, number)
    document = PrintedDocument.objects.filter(pk=document_id, item_id=item.pk).first()
    if document is None:
        raise Http404
    return _pdf(document, f"linli-{item.number}-{document.pk}")


@never_cache
@needs(PERMISSION)
@require_safe
def held_paper(request: HttpRequest, document_id: int) -> HttpResponse:
    """The PDF of a paper of what is no item, for those who may see its holder."""
    document = PrintedDocument.objects.filter(pk=document_id, item=None).first()
    if document is None or not holders.may_see(actor_of(request), document.holder, document.holder_id or 0):
        raise Http404
    return _pdf(document, f"linli-{document.holder}-{document.pk}")


def _pdf(document: PrintedDocument, name: str) -> HttpResponse:
    try:
        data = pdf_of(document)
    except FileNotFoundError as error:
        raise Http404 from error
    response = HttpResponse(data, content_type=PDF)
    response["Content-Disposition"] = f'inline; filename="{name}{storage.SUFFIXES[PDF]}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


# --- Scans --------------------------------------------------------------------------------------------------------


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def scan(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a paper's QR: which paper it is, and where its signed form goes."""
    if request.method == "POST" and too_long(request, PILE_BYTES_MAX):
        return HttpResponse(_("文件太大，请分开上传。"), status=413, content_type="text/plain; charset=utf-8")
    return csrf_protect(signed_in(_scan))(request, token)


def _scan(request: HttpRequest, token: str) -> HttpResponse:
    actor = actor_of(request)
    document = scans.paper_for(actor, token)
    problem, status = "", 200
    if request.method == "POST":
        try:
            _bring_back(request, token)
            messages.success(request, _("已交回，存入 %(number)s。") % {"number": scans.belongs(document)[0]})
            return redirect("work:scan", token=token)
        except FileRefused as refused:
            problem, status = refused.message, refused.status
        except StepRefused as refused:
            problem, status = refused.label.text(actor.language), refused.status
    label = printing.paper_named(document.template).label.text(actor.language)
    number, address = scans.belongs(document)
    context = {
        "document": document, "label": label, "problem": problem, "key": new_key(), "token": token,
        "belongs": number, "address": address,
    }  # fmt: skip
    return render(request, "work/scan.html", context, status=status)


def _bring_back(request: HttpRequest, token: str) -> None:
    if throttled(request, actor_of(request)) is not None:
        raise FileRefused("too_many", _("上传太频繁，请稍后再试。"), status=429)
    files = request.FILES.getlist("file")
    if not files:
        raise FileRefused("no_file", _("没有收到文件，请重新选择。"))
    if len(files) > scans.PAGES_OF_ONE_MAX:
        raise FileRefused("pages", _("每份文书最多 %(most)s 页。") % {"most": scans.PAGES_OF_ONE_MAX})
    pages = [page for file in files for page in pages_of(uploads.read_limited(file, uploads.BYTES_MAX))]
    if any(page.token not in (None, token) for page in pages):
        raise FileRefused("other_paper", _("照片上是另一份文书的二维码，请核对后再上传。"))
    photos = [page.photo for page in pages]
    scans.bring_back(actor_of(request), token, photos, key=request.POST.get("key", ""), owner=owner_of(request))


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def pile(request: HttpRequest) -> HttpResponse:
    """A pile of scans at once; the QR on each page tells where it belongs."""
    if request.method == "POST" and too_long(request, PILE_BYTES_MAX + FORM_BYTES_MAX):
        return HttpResponse(_("文件太大，请分开上传。"), status=413, content_type="text/plain; charset=utf-8")
    return csrf_protect(needs(scans.PERMISSION)(_pile))(request)


def _pile(request: HttpRequest) -> HttpResponse:
    taken: list[scans.Taken] = []
    problem = ""
    if request.method == "POST":
        files = request.FILES.getlist("file")
        if throttled(request, actor_of(request)) is not None:
            problem = _("上传太频繁，请稍后再试。")
        elif not files:
            problem = _("没有收到文件，请重新选择。")
        else:
            named = [(str(file.name), file) for file in files]
            taken = scans.take_files(
                actor_of(request), named, key=request.POST.get("key", new_key())[:64], owner=owner_of(request)
            )
    rows = [(row, *(scans.belongs(row.document) if row.document else ("", ""))) for row in taken]
    context = {"taken": rows, "problem": problem, "key": new_key(), "most": scans.FILES_MAX}
    return render(request, "work/pile.html", context, status=422 if problem else 200)


# --- Inbox --------------------------------------------------------------------------------------------------------


@never_cache
@signed_in
@require_safe
def inbox_page(request: HttpRequest) -> HttpResponse:
    """What happened to things that concern me."""
    found = inbox.page(
        actor_of(request),
        before=whole_number(request.GET.get("before")),
        only_unread=request.GET.get("unread") == "1",
    )
    context = {"page": found, "only_unread": request.GET.get("unread") == "1"}
    return render(request, "work/inbox.html", context)


@signed_in
@require_POST
def inbox_read(request: HttpRequest) -> HttpResponse:
    """Mark one line or all as read; with `open` go on to its item."""
    chosen = [line for text in request.POST.getlist("id") if (line := whole_number(text)) is not None]
    actor = actor_of(request)
    inbox.mark_read(actor, ids=chosen or None)
    number = request.POST.get("open", "")
    if number:
        try:
            item_id_for(actor, number)
        except ObjectHidden:
            messages.error(request, _("这个事项已不在您可以查看的范围内。"))
            return redirect("work:inbox")
        return redirect(f"/desk/items/{number}/")
    return redirect("work:inbox")
