"""Files go out only through here: who may see the item may see its evidence; nothing is served by name.

`/media/<evidence id>/<size>/` with size 320, 1280 or full. The reporter's follow link opens what is public of its
own item (`?t=<token>`). Answers say nosniff, may be kept by the browser only, and cannot run anything.
"""

from __future__ import annotations

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header, http_date
from django.views.decorators.http import require_http_methods

from linli.people.access import Actor
from linli.people.masking import mask_text
from linli.work import holders, storage
from linli.work.kinds import kinds
from linli.work.models import Evidence, Upload
from linli.work.selectors import may_see_item
from linli.work.senders import actor_of, owner_of
from linli.work.uploads import DOCUMENT, upload_of

SIZES: dict[str, int | None] = {"320": 320, "1280": 1280, "full": None}
CACHE_SECONDS = 3600
SHOWING = "default-src 'none'; sandbox"
READING = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'"
"""Of documents: the browser's own reader of PDFs does not open in a sandbox, and styles itself."""
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})$")


def evidence_for(actor: Actor, evidence_id: int, *, token: str = "") -> Evidence:
    """The evidence when the actor may see it; Http404 otherwise, whether it exists or not (≤ 3 statements)."""
    row = (
        Evidence.objects.select_related("item")
        .only(
            "id",
            "item_id",
            "item__kind",
            "holder",
            "holder_id",
            "kind",
            "sha256",
            "media_type",
            "size",
            "caption",
            "visibility",
            "added_at",
        )
        .filter(pk=evidence_id, removed_at=None)
        .first()
    )
    if row is None:
        raise Http404
    if row.item_id is None:
        if actor.may_somewhere("evidence.view_internal") and holders.may_see(actor, row.holder, row.holder_id or 0):
            return row
        raise Http404
    if row.visibility == "public":
        holder = _by_link(actor, token) if token else actor
        if may_see_item(holder, row.item_id):
            return row
    if actor.may_somewhere("evidence.view_internal") and may_see_item(actor, row.item_id):
        return row
    raise Http404


def _by_link(actor: Actor, token: str) -> Actor:
    """The actor together with what the follow link proves."""
    for kind in kinds():
        holder = kind.with_link(actor, token)
        if holder is not None:
            return holder
    return actor


@require_http_methods(["GET", "HEAD"])
def media(request: HttpRequest, evidence_id: int, size: str) -> HttpResponse:
    """One photo in one size, one recording, one scan."""
    row = evidence_for(actor_of(request), evidence_id, token=request.GET.get("t", "")[:64])
    if size not in SIZES or (not _is_drawn(row) and size != "full"):
        raise Http404
    side = SIZES[size]
    etag = f'"{row.sha256[:32]}-{size}"'
    if request.headers.get("If-None-Match") == etag:
        return _headed(HttpResponse(status=304), row, size, etag)
    try:
        data = storage.read(row.sha256, row.media_type, side=side)
    except FileNotFoundError as error:
        raise Http404 from error
    content_type = storage.THUMBNAIL_TYPE if side is not None else row.media_type
    return _headed(_answer(request, data, content_type), row, size, etag)


def _is_drawn(row: Evidence | Upload) -> bool:
    """Whether there are small pictures of it: of a photo, or of the first page of a document."""
    return row.media_type.startswith("image/") or row.kind == DOCUMENT


def _answer(request: HttpRequest, data: bytes, content_type: str) -> HttpResponse:
    """All of it, or the one range that was asked for (players need it to seek). At most some 10 MiB."""
    total = len(data)
    asked = _RANGE.match(request.headers.get("Range", ""))
    if asked is None or not (asked[1] or asked[2]):
        return HttpResponse(data, content_type=content_type)
    start = int(asked[1]) if asked[1] else max(0, total - int(asked[2]))
    end = min(int(asked[2]), total - 1) if asked[1] and asked[2] else total - 1
    if start > end or start >= total:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{total}"})
    response = HttpResponse(data[start : end + 1], status=206, content_type=content_type)
    response["Content-Range"] = f"bytes {start}-{end}/{total}"
    return response


def _headed(response: HttpResponse, row: Evidence, size: str, etag: str) -> HttpResponse:
    suffix = ".webp" if SIZES[size] is not None else storage.SUFFIXES[row.media_type]
    # A document is one that was made here, of pictures: it may be read in the browser.
    inline = row.media_type.startswith(("image/", "audio/")) or row.kind == DOCUMENT
    called = mask_text(row.caption) if row.kind == DOCUMENT and size == "full" else ""
    name = f"{called or f'linli-{row.pk}-{size}'}{suffix}"
    response["Content-Disposition"] = content_disposition_header(not inline, name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = READING if row.kind == DOCUMENT and size == "full" else SHOWING
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = f"private, max-age={CACHE_SECONDS}"
    response["Vary"] = "Cookie, Authorization"
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    response["Last-Modified"] = http_date(row.added_at.timestamp())
    return response


@require_http_methods(["GET", "HEAD"])
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """The small copy of an upload that is not claimed yet, for the one who sent it."""
    row = upload_of(token, owner_of(request))
    if row is None or not _is_drawn(row):
        raise Http404
    data = storage.read(row.sha256, row.media_type, side=320)
    response = HttpResponse(data, content_type=storage.THUMBNAIL_TYPE)
    response["Content-Disposition"] = 'inline; filename="preview.webp"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SHOWING
    response["Cache-Control"] = "private, max-age=3600"
    return response
