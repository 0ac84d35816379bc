"""POST /uploads: one file in, its token out, for pages and programs alike; and the photos that come with a form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.people.addresses import throttle_address
from linli.people.throttle import Limit, Verdict, hit_all
from linli.work import uploads
from linli.work.engine import StepRefused
from linli.work.models import Upload
from linli.work.problems import problem
from linli.work.refused import FileRefused
from linli.work.senders import actor_of, owner_of, remember

PERMISSION, ADD_DOCUMENT = "evidence.add", "evidence.add_document"
FORM_BYTES_MAX = 64 * 1024
DEVICE_LIMIT = Limit("upload:sender", 120, timedelta(hours=1))
ADDRESS_LIMIT = Limit("upload:address", 600, timedelta(hours=1))
STAFF_LIMIT = Limit("upload:person", 1200, timedelta(hours=1))


def photos_of_form(request: HttpRequest, most: int) -> tuple[str, ...]:
    """Tokens of the photos of a form: uploaded before, or sent with it (`photos_files`) where there are no scripts.

    Raises StepRefused with what is wrong with a file.
    """
    came = [file for file in request.FILES.getlist("photos_files")[:most] if isinstance(file, UploadedFile)]
    try:
        made = [uploads.receive(file, owner=owner_of(request), kind_hint=uploads.PHOTO) for file in came if file.size]
    except FileRefused as refusal:
        label = Label(refusal.message, refusal.message)
        raise StepRefused(refusal.code, label, status=refusal.status, field="photos") from refusal
    return (*request.POST.getlist("photos"), *(str(upload.token) for upload in made))


def throttled(request: HttpRequest, actor: Actor) -> Verdict | None:
    """Count this try; the verdict when it is one too many (1 statement). Many residents share one address."""
    if actor.is_staff:
        tries: Sequence[tuple[Limit, str]] = [(STAFF_LIMIT, f"p{actor.person_id}")]
    else:
        address = throttle_address(request)
        tries = [(DEVICE_LIMIT, f"{owner_of(request)}|{address}"), (ADDRESS_LIMIT, address)]
    verdict = hit_all(tries)
    return None if verdict.allowed else verdict


def too_long(request: HttpRequest, limit: int = uploads.BYTES_MAX + FORM_BYTES_MAX) -> bool:
    """Whether the body says that it is longer than any file taken here; asked before it is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdigit() or int(length) > limit


@csrf_exempt
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Refuse by the announced length before the form is read; everything else happens behind the CSRF check."""
    if too_long(request):
        limit = uploads.BYTES_MAX // (1024 * 1024)
        message = _("文件太大（最多 %(limit)s MB），请缩小后再上传。") % {"limit": limit}
        return problem(413, "too_large", message)
    if request.headers.get("Authorization", "").startswith("Bearer "):
        # A token is sent by a program on purpose, never by a browser by itself: no CSRF.
        return _upload(request)
    return csrf_protect(_upload)(request)


def _upload(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not actor.may_somewhere(PERMISSION):
        return problem(403, "forbidden", _("您没有上传文件的权限。"))
    verdict = throttled(request, actor)
    if verdict is not None:
        response = problem(429, "too_many", _("上传太频繁，请稍后再试。"))
        response["Retry-After"] = str(verdict.retry_after_seconds)
        return response
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return problem(422, "no_file", _("没有收到文件，请重新选择。"))
    hint = str(request.POST.get("kind", ""))
    documents = hint == uploads.DOCUMENT
    if documents and not actor.may_somewhere(ADD_DOCUMENT):
        return problem(403, "forbidden", _("您不能上传 PDF，请上传照片。"))
    try:
        row = uploads.receive(
            file,
            owner=owner_of(request),
            kind_hint=hint if hint in (uploads.PHOTO, uploads.AUDIO) else "",
            told=uploads.told(request.POST),
            documents=documents,
            name=file.name or "",
        )
    except FileRefused as refused:
        return problem(refused.status, refused.code, refused.message)
    return remember(request, JsonResponse(answer(row), status=201))


def answer(row: Upload) -> dict[str, object]:
    """What the sender gets to know: the token, and how to show the file until it is claimed."""
    token = str(row.token)
    return {
        "token": token,
        "kind": row.kind,
        "pages": row.pages,
        "caption": row.caption,
        "width": row.width,
        "height": row.height,
        "seconds": row.duration_seconds,
        "taken_at": row.taken_at.isoformat() if row.taken_at else None,
        "located": row.longitude is not None,
        "thumb": f"/uploads/{token}/" if row.kind != uploads.AUDIO else None,
    }
