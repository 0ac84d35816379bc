"""What the room's pages share: doors, typed values, pages of lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_date
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache

from linli.people.gates import signed_in


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
