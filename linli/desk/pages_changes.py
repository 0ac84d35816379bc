"""What an open desk asks every few seconds: did anything change that I see?"""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.desk.shell import staff
from linli.kernel.numbers import whole_number
from linli.people.gates import actor_on
from linli.work.news import changed_since


def mark() -> int:
    """The moment up to which a page shows everything, in milliseconds."""
    return int(time.time() * 1000)


@never_cache
@staff
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """204 when nothing did; else how many items, with the way to see them. Asking keeps no session awake."""
    since = whole_number(request.GET.get("since")) or 0
    count = changed_since(actor_on(request), since)
    if count:
        answer = render(request, "desk/_news.html", {"count": count, "list_url": _list_url(request)})
    else:
        answer = HttpResponse(status=204)
    answer.unattended = True  # type: ignore[attr-defined]
    return answer


def _list_url(request: HttpRequest) -> str:
    """The list that is open: the page's own address, never another page's."""
    parts = urlsplit(request.headers.get("HX-Current-URL", ""))
    home = reverse("desk:home")
    return f"{home}?{parts.query}" if parts.path == home and parts.query else home
