"""How the pages look to this visitor: language, light or dark, large type, district. Kept in cookies, no account."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from linli.places.snapshot import place_snapshot
from linli.site.district import COOKIE as DISTRICT_COOKIE
from linli.site.district import districts
from linli.site.pages.common import page

YEAR = 365 * 24 * 3600
THEMES = ("auto", "light", "dark")
ELDER = ("off", "on")


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """`/preferences/`: each choice is a button; after it the visitor is back on the page before."""
    places = place_snapshot()
    served = districts(places)
    if request.method != "POST":
        context = {"next": _next(request, request.GET.get("next", "")), "served": served}
        return page(request, "preferences.html", context, places=places)
    response = HttpResponseRedirect(_next(request, request.POST.get("next", "")))
    allowed = {
        "theme": ("linli_theme", THEMES),
        "elder": ("linli_elder", ELDER),
        "language": (settings.LANGUAGE_COOKIE_NAME, [code for code, _name in settings.LANGUAGES]),
        "district": (DISTRICT_COOKIE, [row.code for row in served]),
    }
    for name, (cookie, values) in allowed.items():
        value = request.POST.get(name, "")
        if value in values:
            response.set_cookie(cookie, value, max_age=YEAR, samesite="Lax", httponly=True, secure=settings.LINLI_HTTPS)
    return response


def _next(request: HttpRequest, address: str) -> str:
    """Only addresses of our own; the first page otherwise."""
    ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None, require_https=request.is_secure())
    return address if ours and address.startswith("/") else "/"
