"""The demo's text messages: what a phone would have received."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.people import demo_messages


@never_cache
@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """`/demo/messages/`; there is no such page outside the demo, nor from another machine."""
    if not demo_messages.shown_to(request):
        raise Http404
    return render(request, "people/demo_messages.html", {"messages_sent": demo_messages.latest()})
