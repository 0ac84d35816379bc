"""Staff pages of certificates, star levels and the rules of hours."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.numbers import whole_number
from linli.people.access import require
from linli.people.gates import actor_on, staff_page
from linli.volunteering import certifying, lines, noticing, pages_common, papers, ruling, selectors, starring
from linli.volunteering.models import HoursRules
from linli.volunteering.pages_common import tried, words_of
from linli.volunteering.refusing import refused
from linli.work.engine import StepRefused

CERTIFY, VIEW = certifying.CERTIFY, selectors.VIEW


@staff_page(CERTIFY)
@require_safe
def certificates(request: HttpRequest) -> HttpResponse:
    """Certificates that were asked for, then those that went out."""
    return _certificates(request)


def _certificates(request: HttpRequest, refusal: StepRefused | None = None, which: int = 0) -> HttpResponse:
    actor = actor_on(request)
    rows = selectors.certificates(actor)
    said = selectors.objections([row for row in rows if row.state == row.NOTICE])
    names = lines.masked_names(row.person_id for row in rows)
    changed, decided = selectors.changed_since(rows), selectors.decisions(rows)
    asked = {str(row.place.path) for row in rows if row.state == row.ASKED}
    days = ruling.notice_days_of(asked, timezone.localdate()) if asked else {}
    shown = [
        lines.certificate_line(row, changed, said.get(row.pk, ()))
        | {
            "name": names[row.person_id].name or _("未留姓名"), "own": row.person_id == actor.person_id,
            "problem": words_of(refusal) if refusal and row.pk == which else "",
            "decided": [lines.decision_line(one) for one in decided.get(row.pk, ())],
            "days": days.get(str(row.place.path), 0),
        }
        for row in rows
    ]  # fmt: skip
    context = {"certificates": shown, "typed": request.POST, "tab": "certificates", "me": actor.person_id}
    return render(request, "volunteering/desk/certificates.html", context, status=refusal.status if refusal else 200)


@staff_page(CERTIFY)
@require_POST
def certificate(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """Put on notice, issue, refuse, open again or revoke."""
    actor, data = actor_on(request), request.POST

    def work() -> Any:
        reason = data.get("reason", "")
        if data.get("act") == "notice":
            return noticing.begin(actor, certificate_id)
        if data.get("act") == "issue":
            return certifying.issue(actor, certificate_id)
        if data.get("act") == "refuse":
            return certifying.refuse_asked(actor, certificate_id, reason=reason)
        if data.get("act") == "reopen":
            return certifying.reopen(actor, certificate_id, reason=reason)
        if data.get("act") == "revoke":
            return certifying.revoke(actor, certificate_id, reason=reason)
        raise refused("bad_choice", "请选择怎样办理。", "Choose what to do.")

    _done, refusal = tried(work)
    if refusal is not None:
        return _certificates(request, refusal, certificate_id)
    messages.success(request, _("已办理。"))
    return redirect("volunteering:certificates")


@staff_page(CERTIFY)
@require_POST
def objection(request: HttpRequest, objection_id: int) -> HttpResponse:
    """Answer an objection to a certificate on notice; one that is right ends it."""
    actor, data = actor_on(request), request.POST
    upheld = data.get("act") == "uphold"
    _done, refusal = tried(lambda: noticing.answer(actor, objection_id, data.get("answer", ""), upheld=upheld))
    if refusal is not None:
        return _certificates(request, refusal, selectors.certificate_of_objection(objection_id))
    messages.success(request, _("已答复。"))
    return redirect("volunteering:certificates")


@staff_page(CERTIFY)
@require_safe
def certificate_pdf(request: HttpRequest, certificate_id: int) -> HttpResponse:
    """The PDF of a certificate, for staff who certify there."""
    return papers.answer(selectors.certificate_for(actor_on(request), certificate_id))


@staff_page(VIEW)
@require_safe
def stars(request: HttpRequest) -> HttpResponse:
    """Star levels of the actor's places, those in public notice first."""
    return _stars(request)


def _stars(request: HttpRequest, refusal: StepRefused | None = None) -> HttpResponse:
    actor = actor_on(request)
    rows = selectors.stars(actor)
    names = lines.masked_names(row.person_id for row in rows)
    shown = [lines.star_line(row, names[row.person_id]) for row in rows]
    context = {
        "stars": shown, "problem": words_of(refusal) if refusal else "", "tab": "stars",
        "may_certify": actor.may_somewhere(CERTIFY),
    }  # fmt: skip
    return render(request, "volunteering/desk/stars.html", context, status=refusal.status if refusal else 200)


@staff_page(CERTIFY)
@require_POST
def stop_star(request: HttpRequest, star_id: int) -> HttpResponse:
    """Stop an application in notice, with the reason."""
    _done, refusal = tried(lambda: starring.stop(actor_on(request), star_id, reason=request.POST.get("reason", "")))
    if refusal is not None:
        return _stars(request, refusal)
    messages.success(request, _("已停止评定，申请人能看到理由。"))
    return redirect("volunteering:desk_stars")


@staff_page(CERTIFY)
@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """The rules of hours of a place as a new version; earlier versions stay listed."""
    actor = actor_on(request)
    places = pages_common.offered(actor, CERTIFY, pages_common.places())
    asked = whole_number(request.POST.get("place") or request.GET.get("place"))
    chosen = next((row for row in places if row.id == asked), places[0] if places else None)
    refusal: StepRefused | None = None
    if request.method == "POST":
        data = request.POST
        values = {name: data.get(name, "") for name in ruling.NUMBERS} | {
            "rounding_mode": data.get("rounding_mode", "down"), "stars": data.getlist("stars"),
        }  # fmt: skip
        _made, refusal = tried(lambda: ruling.set_rules(actor, asked or 0, values))
        if refusal is None:
            messages.success(request, _("新规则从今天起使用。"))
            return redirect(f"{request.path}?place={asked}")
    if chosen is not None:
        require(actor, CERTIFY, place_path=chosen.path)
    row = ruling.rules_row(chosen.path, timezone.localdate()) if chosen is not None else None
    found = ruling.as_rules(row) if row else ruling.SEED
    versions = HoursRules.objects.filter(place_id=chosen.id).order_by("-version")[:20] if chosen else []
    context = {
        "places": places, "place": chosen, "row": row, "rules": found, "versions": versions, "tab": "rules",
        "numbers": [
            {
                "name": name, "value": request.POST.get(name, "") if refusal else getattr(found, name),
                "label": LABELS[name](), "most": ruling.HIGHEST[name], "wrong": refusal and refusal.field == name,
            }
            for name in ruling.NUMBERS
        ],
        "stars": request.POST.getlist("stars") if refusal else found.stars,
        "mode": request.POST.get("rounding_mode") if refusal else found.rounding_mode,
        "problem": words_of(refusal) if refusal else "",
    }  # fmt: skip
    return render(request, "volunteering/desk/rules.html", context, status=refusal.status if refusal else 200)


LABELS = {
    "rounding": lambda: _("按多少分钟取整"), "minimum": lambda: _("不满多少分钟不计"),
    "break_after": lambda: _("连续多少分钟后扣一次休息（0为不扣）"), "break_minutes": lambda: _("每次休息扣多少分钟"),
    "cap": lambda: _("一次活动最多计多少分钟"), "grace": lambda: _("早到、晚走最多各计多少分钟"),
    "appeal_days": lambda: _("确认后多少天内可以提异议"), "late_after_days": lambda: _("过多少天登记算补录"),
    "notice_days": lambda: _("星级公示多少个工作日"),
    "certificate_notice_days": lambda: _("证明公示多少天再出具（0为不公示，要公示至少7天）"),
}  # fmt: skip
