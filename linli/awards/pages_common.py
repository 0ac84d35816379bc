"""What the room's pages share: doors, typed values, pages of lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_date
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

from linli.kernel.labels import Label
from linli.people.gates import signed_in
from linli.work import uploads
from linli.work.engine import StepRefused
from linli.work.refused import FileRefused
from linli.work.senders import owner_of


def photos_of_form(request: HttpRequest, most: int) -> tuple[str, ...]:
    """Photos that came with a form: uploaded before (tokens), or with it where there are no scripts.

    Raises StepRefused with what is wrong with a file.
    """
    came = [file for file in request.FILES.getlist("photos_files")[:most] if isinstance(file, UploadedFile)]
    try:
        sent = [uploads.receive(file, owner=owner_of(request), kind_hint=uploads.PHOTO) for file in came if file.size]
    except FileRefused as problem:
        label = Label(problem.message, problem.message)
        raise StepRefused(problem.code, label, status=problem.status, field="photos") from problem
    return (*request.POST.getlist("photos"), *(str(upload.token) for upload in sent))


def own_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page about the person who reads it: signed in, never cached, never indexed."""

    @wraps(view)
    @never_cache
    @signed_in
    def guarded(request: HttpRequest, *args: Any, **keywords: Any) -> HttpResponse:
        response = view(request, *args, **keywords)
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return guarded


def language() -> str:
    """The reader's language."""
    return get_language() or "zh-hans"


def number(text: str) -> int | None:
    """A whole number as it was typed; None for anything else."""
    words = text.strip()
    return int(words) if words.isascii() and words.isdigit() and len(words) < 10 else None


def page_of(request: HttpRequest) -> int:
    """The page of a list that was asked for."""
    return max(1, number(request.GET.get("page", "")) or 1)


def text_of(request: HttpRequest, name: str) -> str:
    """A text that was sent."""
    return str(request.POST.get(name, "")).replace("\x00", "")


def day_of(text: str) -> date | None:
    """A day as it was typed; None for anything else."""
    try:
        return parse_date(text)
    except ValueError:
        return None
