"""The public notice of certificates: what is on notice, one with its objection, and the volunteer's own consent."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.people import personal
from linli.people.access import ObjectHidden
from linli.people.gates import actor_on, to_sign_in
from linli.people.masking import mask_name, mask_text
from linli.places.home import frame
from linli.volunteering import lines, noticing, selectors
from linli.volunteering.models import Certificate, Volunteer
from linli.volunteering.pages_common import resident_page, tried, words_of
from linli.volunteering.pages_own import volunteer_page
from linli.work.engine import StepRefused


def shown_line(row: Certificate) -> dict[str, Any]:
    """What everybody reads of a certificate on notice: a masked name only by consent, never the purpose."""
    name = ""
    if row.name_shown_at is not None and row.person.erased_at is None:
        name = mask_name(personal.opened(row.person, "name") or row.person.display_name)
    return lines.certificate_line(row) | {"name": name, "contents": [mask_text(text) for text in row.contents]}


@never_cache
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """`/volunteering/notices/`: certificates whose notice runs in the visitor's district (2 statements)."""
    district = frame(request)["district"]
    rows = selectors.certificates_in_notice(district.path) if district is not None else []
    return resident_page(request, "notices.html", {"lines": [shown_line(row) for row in rows]}, own=False)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """`/volunteering/notices/<id>/`: one of them; whoever knows otherwise says so, signed in, read by staff only."""
    actor = actor_on(request)
    said = selectors.own_objections(certificate_id, actor.person_id)
    try:
        row = selectors.certificate_in_notice(certificate_id)
    except ObjectHidden:
        if not said or request.method == "POST":
            raise
        return resident_page(request, "notice_over.html", {"said": said})
    refusal: StepRefused | None = None
    if request.method == "POST":
        if not actor.is_signed_in:
            return to_sign_in(request)
        _made, refusal = tried(lambda: noticing.object_to(actor, row.pk, request.POST.get("text", "")))
        if refusal is None:
            messages.success(request, _("收到了，社区核实后才出具。您的名字不公开。"))
            return redirect("volunteering:notice", row.pk)
    context = {
        "line": shown_line(row), "row": row, "signed_in": actor.is_signed_in, "own": row.person_id == actor.person_id,
        "problem": words_of(refusal) if refusal else "", "typed": request.POST.get("text", ""),
        "may_object": actor.may_somewhere(noticing.OBJECT), "said": said,
        "waits": any(one.answered_at is None for one in said),
    }  # fmt: skip
    return resident_page(request, "notice.html", context, status=refusal.status if refusal else 200)


@volunteer_page
@require_POST
def show_name(request: HttpRequest, row: Volunteer, certificate_id: int) -> HttpResponse:
    """Consent to a masked name on the notice of one's own certificate, or take the consent back."""
    shown = request.POST.get("shown") == "1"
    _done, refusal = tried(lambda: noticing.show_name(actor_on(request), certificate_id, shown=shown))
    if refusal is not None:
        messages.error(request, words_of(refusal))
    else:
        messages.success(request, _("公示里写隐去一部分的姓名。") if shown else _("公示里不再写您的姓名。"))
    return redirect("volunteering:home")
