"""The patrol's phone: one page, its service worker, its manifest. What it records goes through /api/v1/patrol/."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.patrol.shell import files, version, worker_text
from linli.patrol.words import words
from linli.people.gates import needs

PERMISSION = "inspection.record"
COLOUR, GROUND = "#1c6b58", "#f6f7f3"


@never_cache
@require_safe
@needs(PERMISSION)
def app(request: HttpRequest) -> HttpResponse:
    """The page. It holds no data of its own: the phone asks for the day, and keeps it.

    The browser's own cache must not show it to the next person; the service worker keeps it on purpose.
    """
    return render(request, "patrol/app.html", {"words": words()})


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker with the version and the files of this build. Public: it names files that are public."""
    shell = {"version": version(), "page": reverse("patrol:app"), "files": files()}
    text = f"self.linliPatrol = {json.dumps(shell)};\n{worker_text()}"
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone needs to put the patrol beside its other applications."""
    start = reverse("patrol:app")
    content = {
        "id": start,
        "name": _("邻里巡查"),
        "short_name": _("巡查"),
        "description": _("没有网络也能用的巡查：今天的点位、检查内容和地图都在手机里。"),
        "lang": get_language() or "zh-hans",
        "start_url": start,
        "scope": start,
        "display": "standalone",
        "theme_color": COLOUR,
        "background_color": GROUND,
        "icons": [
            {"src": static(f"patrol/icon-{size}{kind}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
            | ({"purpose": "maskable"} if kind else {"purpose": "any"})
            for size in (192, 512)
            for kind in ("", "-maskable")
        ],
        "shortcuts": [
            {"name": pgettext("patrol", "发现问题"), "url": f"{start}#/problem"},
            {"name": _("待传"), "url": f"{start}#/queue"},
        ],
    }
    text = json.dumps(content, ensure_ascii=False)
    response = HttpResponse(text, content_type="application/manifest+json; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response
