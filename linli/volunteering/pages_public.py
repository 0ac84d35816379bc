"""Public pages: verifying a certificate, star levels in public notice, the rules of hours in plain words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.kernel.numbers import whole_number
from linli.people import personal
from linli.people.masking import mask_name
from linli.places.home import frame
from linli.volunteering import lines, pages_common, selectors
from linli.volunteering.certifying import normal_code, shown_code
from linli.volunteering.models import Certificate
from linli.volunteering.pages_common import resident_page
from linli.volunteering.ruling import SEED, as_rules, certificate_notice_days, rules_row


@never_cache
@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Type a code."""
    code = normal_code(request.GET.get("code", ""))
    if code:
        return redirect("volunteering:verified", shown_code(code))
    return resident_page(request, "verify.html", {"asked": False})


@never_cache
@require_safe
def verified(request: HttpRequest, code: str) -> HttpResponse:
    """Whether a certificate is true: masked name, hours, issuer, number and day; or that there is none (404)."""
    row = selectors.certificate_by_code(code)
    if row is None:
        return resident_page(request, "verify.html", {"asked": True, "code": code[:40]}, status=404)
    person = row.person
    name = mask_name(personal.opened(person, "name") or person.display_name)
    context = {
        "asked": True, "line": lines.certificate_line(row), "row": row, "name": name,
        "valid": row.state == Certificate.ISSUED,
    }  # fmt: skip
    return resident_page(request, "verify.html", context)


@never_cache
@require_safe
def stars(request: HttpRequest) -> HttpResponse:
    """Levels in public notice in the visitor's district: masked names of those who applied, no hours, no order."""
    district = frame(request)["district"]
    rows = selectors.stars_in_notice(district.path) if district is not None else []
    names = lines.masked_names(row.person_id for row in rows)
    shown = [
        lines.star_line(row) | {"name": mask_name(names[row.person_id].name) if row.person_id in names else ""}
        for row in rows
    ]
    return resident_page(request, "stars.html", {"stars": shown}, own=False)


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """How hours are reckoned here, in plain words."""
    known = pages_common.places()
    chosen = known.get(whole_number(request.GET.get("place"))) or frame(request, known)["district"]
    row = rules_row(chosen.path, timezone.localdate()) if chosen is not None else None
    context = {
        "rules": as_rules(row) if row else SEED, "row": row, "place": chosen,
        "notice_days": certificate_notice_days(chosen.path, timezone.localdate()) if chosen is not None else 0,
        "cap_hours": (as_rules(row) if row else SEED).cap / 60,
    }  # fmt: skip
    return resident_page(request, "rules.html", context, own=False)
