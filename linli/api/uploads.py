"""Files in, tokens out: a step that names the token makes the file evidence."""

from __future__ import annotations

import json
from typing import cast

from django.http import HttpRequest, HttpResponse
from ninja import File, Form, Router
from ninja.files import UploadedFile

from linli.api import schemas
from linli.api.callers import caller
from linli.api.problems import TOO_LARGE, Problem
from linli.api.requests import JSON
from linli.kernel.labels import Label
from linli.people.access import require_somewhere
from linli.work import uploads
from linli.work.senders import owner_of, remember
from linli.work.uploading import ADD_DOCUMENT, PERMISSION, answer, throttled, too_long

router = Router(tags=["uploads"])

TOO_MANY = Label("上传太频繁，请稍后再试。", "Too many uploads; try again later.")
UNKNOWN = Label("不认识的内容。", "Unknown field.")


@router.post("", response={201: schemas.UploadOut}, summary="Upload a photo, a recording, a PDF")
def upload(request: HttpRequest, file: File[UploadedFile], told: Form[schemas.UploadIn]) -> HttpResponse:
    """JPEG, PNG, WebP, M4A, MP3 or WAV. Re-encoded and stripped of EXIF after time and place were read.

    A PDF is taken as `kind` document, for steps of indicator tasks: drawn page by page and made anew of the pictures.
    """
    actor = caller(request)
    require_somewhere(actor, PERMISSION)
    if too_long(request):
        raise Problem(413, "too_large", TOO_LARGE, field="file")
    unknown = sorted(set(request.POST) - set(schemas.UploadIn.model_fields))
    if unknown:
        raise Problem(422, "extra_forbidden", UNKNOWN, field=unknown[0])
    verdict = throttled(request, actor)
    if verdict is not None:
        raise Problem(429, "too_many", TOO_MANY, headers={"Retry-After": str(verdict.retry_after_seconds)})
    documents = told.kind == uploads.DOCUMENT
    if documents:
        require_somewhere(actor, ADD_DOCUMENT)
    row = uploads.receive(
        cast(uploads.Readable, file), owner=owner_of(request), kind_hint="" if documents else told.kind,
        told=uploads.told(told.model_dump()), documents=documents, name=file.name or "",
    )  # fmt: skip
    response = HttpResponse(json.dumps(answer(row)), status=201, content_type=JSON)
    return remember(request, response)
