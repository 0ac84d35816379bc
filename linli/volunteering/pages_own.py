"""Residents' pages: my hours and my record, joining and leaving, one service with its appeal, certificates, stars."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.numbers import page_number, whole_number
from linli.people import personal
from linli.people.access import ObjectHidden
from linli.people.gates import actor_on, signed_in
from linli.volunteering import (
    appeals,
    certifying,
    evidence,
    lines,
    pages_common,
    papers,
    proposing,
    registering,
    selectors,
    starring,
    telling,
    vocabulary,
)
from linli.volunteering.models import Appeal, Service, Volunteer
from linli.volunteering.pages_common import resident_page, tried, words_of
from linli.volunteering.refusing import refused
from linli.volunteering.rules import may_appeal
from linli.volunteering.ruling import certificate_notice_days, rules_at
from linli.work import inbox
from linli.work.engine import StepRefused
from linli.work.services import new_key
from linli.work.themes import THEMES

NEWS_SHOWN = 5


def volunteer_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only for who has registered as a volunteer; others are sent to where that is done."""

    @wraps(view)
    @signed_in
    def guarded(request: HttpRequest, *args: Any, **keywords: Any) -> HttpResponse:
        row = selectors.own(actor_on(request))
        if row is None:
            return redirect("volunteering:home")
        return view(request, row, *args, **keywords)

    return guarded


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """My hours and my record; for others what volunteering is and how to join."""
    actor = actor_on(request)
    row = selectors.own(actor) if actor.person_id is not None else None
    if row is None:
        return resident_page(request, "welcome.html", {"signed_in": actor.is_signed_in})
    page = page_number(request.GET.get("page"))
    record = selectors.record_of(row, page=page)
    today = timezone.localdate()
    rules = rules_at(str(row.place.path), today)
    star = lines.star_state(record.minutes, rules)
    said = selectors.objections([one for one in record.certificates if one.state == one.NOTICE])
    held = max((one.level for one in record.stars if one.state != "stopped"), default=0)
    context = {
        "record": record, "row": row, "name": personal.opened(row.person, "name") or row.person.display_name,
        "star": star, "may_apply": row.left_on is None and star["level"] > held, "rules": rules, "page": page,
        "services": [lines.service_line(one, record.appeals.get(one.pk)) for one in record.services],
        "has_more": len(record.services) == selectors.SERVICES_SHOWN,
        "certificates": [lines.certificate_line(one, (), said.get(one.pk, ())) for one in record.certificates],
        "stars": [lines.star_line(one) for one in record.stars],
        "trainings": [(one, lines.validity(one.valid_until, today)) for one in record.trainings],
        "evaluations": [(one, vocabulary.said(vocabulary.EVALUATORS, one.by_kind)) for one in record.evaluations],
        "skills": vocabulary.all_said(vocabulary.SKILLS, row.skills),
        "times": vocabulary.all_said(vocabulary.TIMES, row.times),
        "roles": vocabulary.all_said(vocabulary.ROLES, row.roles),
        "number": registering.number_of(row), "asked": any(one.state in one.OPEN for one in record.certificates),
        "notice_days": certificate_notice_days(str(row.place.path), today),
        "news": inbox.of_kind([row.person_id], telling.PREFIX, get_language() or "zh-hans", limit=NEWS_SHOWN),
    }  # fmt: skip
    return resident_page(request, "home.html", context)


def wanted_of(request: HttpRequest) -> registering.Wanted:
    """A registration as it was typed."""
    data = request.POST
    minor = bool(data.get("minor"))
    adult_on = pages_common.day(data.get("adult_on")) if minor else None
    if minor and adult_on is None:
        raise refused("no_day", "请填写年满18岁的日期。", "Give the day of turning 18.", "adult_on")
    return registering.Wanted(
        place_id=whole_number(data.get("place")) or 0, name=data.get("name", ""), phone=data.get("phone", ""),
        organisation_id=whole_number(data.get("organisation")), number=data.get("number", ""),
        skills=tuple(data.getlist("skills")), skills_text=data.get("skills_text", ""),
        times=tuple(data.getlist("times")), roles=tuple(data.getlist("roles")),
        team_id=whole_number(data.get("team")), adult_on=adult_on,
        guardian_name=data.get("guardian_name", ""), guardian_phone=data.get("guardian_phone", ""),
        guardian_consents=bool(data.get("guardian_consents")), consents=bool(data.get("consents")),
    )  # fmt: skip


def typed_of(request: HttpRequest) -> dict[str, Any]:
    """What was typed, to be shown again."""
    many = ("skills", "times", "roles")
    return {name: value for name, value in request.POST.items() if name not in many} | {
        name: request.POST.getlist(name) for name in many
    }


def _stored(row: Volunteer | None) -> dict[str, Any]:
    if row is None:
        return {"skills": [], "times": [], "roles": []}
    return {
        "place": str(row.place_id), "skills": row.skills, "times": row.times, "roles": row.roles,
        "skills_text": row.skills_text, "organisation": str(row.organisation_id or ""),
        "minor": row.adult_on is not None, "adult_on": row.adult_on.isoformat() if row.adult_on else "",
        "guardian_name": personal.opened(row.guardian, "name") if row.guardian else "",
        "guardian_phone": personal.opened(row.guardian, "phone") if row.guardian else "",
    }  # fmt: skip


@signed_in
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Register oneself, or change what was registered; what was typed stays when something is refused."""
    actor = actor_on(request)
    row = selectors.own(actor)
    refusal: StepRefused | None = None
    if request.method == "POST":
        _done, refusal = tried(lambda: registering.join(actor, wanted_of(request)))
        if refusal is None:
            messages.success(request, _("已登记，谢谢您。") if row is None else _("已保存。"))
            return redirect("volunteering:home")
    known = pages_common.places()
    context = {
        "row": row, "groups": pages_common.communities(request, known), "refusal": refusal,
        "problem": words_of(refusal) if refusal else "", "typed": typed_of(request) if refusal else _stored(row),
        "named": row is not None and bool(personal.opened(row.person, "name") or row.person.display_name),
        "skills": vocabulary.choices(vocabulary.SKILLS), "times": vocabulary.choices(vocabulary.TIMES),
        "roles": vocabulary.choices(vocabulary.ROLES),
    }  # fmt: skip
    return resident_page(request, "join.html", context, status=refusal.status if refusal else 200)


@volunteer_page
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, row: Volunteer) -> HttpResponse:
    """What leaving means, and leaving."""
    if request.method == "POST":
        registering.leave(actor_on(request), row.person_id)
        messages.success(request, _("已退出。您的时长和证明都还在。"))
        return redirect("volunteering:home")
    return resident_page(request, "leave.html", {"row": row})


def _own_service(request: HttpRequest, row: Volunteer, service_id: int) -> Service:
    service = selectors.service_for(actor_on(request), service_id)
    if service.person_id != row.person_id:
        raise ObjectHidden(selectors.VIEW)
    return service


@volunteer_page
@require_http_methods(["GET", "POST"])
def service(request: HttpRequest, row: Volunteer, service_id: int) -> HttpResponse:
    """One service: how its hours came about, every decision, and the appeal."""
    actor = actor_on(request)
    found = _own_service(request, row, service_id)
    refusal: StepRefused | None = None
    if request.method == "POST":
        _made, refusal = tried(
            lambda: appeals.appeal(
                actor, found.pk, wanted=pages_common.minutes_from(request.POST.get("hours", "")),
                text=request.POST.get("text", ""),
            )
        )  # fmt: skip
        if refusal is None:
            messages.success(request, _("异议已提交，会由别人核对后答复。"))
            return redirect("volunteering:service", found.pk)
    rules = rules_at(str(found.place.path), found.happened_on)
    entries = selectors.history(found)
    decided = timezone.localdate(found.decided_at) if found.decided_at else None
    made = list(Appeal.objects.filter(service=found).order_by("-pk"))
    context = {
        "line": lines.service_line(found), "entries": [lines.entry_line(one) for one in entries], "rules": rules,
        "reckoned": next((one.reckoned for one in entries if one.reckoned), None),
        "appeals": [(one, vocabulary.said(vocabulary.APPEAL_STATES, one.state)) for one in made],
        "may_appeal": decided is not None
        and may_appeal(decided, timezone.localdate(), rules)
        and not any(one.state == Appeal.OPEN for one in made),
        "typed": request.POST if refusal else {}, "problem": words_of(refusal) if refusal else "",
        "checked_in": evidence.check_in_of(actor, found, own=True),
    }  # fmt: skip
    return resident_page(request, "service.html", context, status=refusal.status if refusal else 200)


@volunteer_page
@require_POST
def take_back(request: HttpRequest, row: Volunteer, appeal_id: int) -> HttpResponse:
    """Take one's own appeal back."""
    taken = appeals.take_back(actor_on(request), appeal_id)
    messages.success(request, _("异议已收回。"))
    return redirect("volunteering:service", taken.service_id)


@volunteer_page
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest, row: Volunteer) -> HttpResponse:
    """Enter a service that no activity has recorded, with what shows it."""
    refusal: StepRefused | None = None
    if request.method == "POST":
        _made, refusal = tried(lambda: enter_from(request, row, row.place_id))
        if refusal is None:
            messages.success(request, _("已登记，等社区确认。"))
            return redirect("volunteering:home")
    context = {
        "row": row, "typed": request.POST if refusal else {}, "key": new_key(), "today": timezone.localdate(),
        "problem": words_of(refusal) if refusal else "", "roles": vocabulary.choices(vocabulary.ROLES),
        "rules": rules_at(str(row.place.path), timezone.localdate()), "themes": vocabulary.choices(THEMES),
    }  # fmt: skip
    return resident_page(request, "enter.html", context, status=refusal.status if refusal else 200)


def enter_from(request: HttpRequest, row: Volunteer, place_id: int) -> Service:
    """A service as it was typed, for a volunteer."""
    data = request.POST
    on = pages_common.needed_day(data.get("happened_on"), "happened_on")
    role = data.get("role", "")
    entered = proposing.Entered(
        row.person_id, place_id, on, pages_common.minutes_from(data.get("hours", "")), data.get("content", ""),
        data.get("evidence", ""), role if role in vocabulary.ROLES else "", row.organisation_id,
        starts_at=pages_common.moment(on, data.get("starts_at")), theme=data.get("theme", ""),
    )  # fmt: skip
    return proposing.enter(actor_on(request), entered, key=data.get("key") or new_key())


@volunteer_page
@require_POST
def ask_certificate(request: HttpRequest, row: Volunteer) -> HttpResponse:
    """Ask for a certificate of all confirmed hours, or of some days."""
    data = request.POST
    _made, refusal = tried(
        lambda: certifying.ask(
            actor_on(request), row.person_id,
            since=pages_common.day(data.get("since")), until=pages_common.day(data.get("until")),
            purpose=data.get("purpose", ""), name_shown=bool(data.get("name_shown")),
        )
    )  # fmt: skip
    if refusal is not None:
        messages.error(request, words_of(refusal))
    else:
        messages.success(request, _("已申请，社区出具后在这里下载。"))
    return redirect("volunteering:home")


@volunteer_page
@require_safe
def certificate(request: HttpRequest, row: Volunteer, certificate_id: int) -> HttpResponse:
    """The PDF of one's own certificate."""
    found = selectors.certificate_for(actor_on(request), certificate_id)
    if found.person_id != row.person_id:
        raise ObjectHidden(certifying.CERTIFY)
    return papers.answer(found)


@volunteer_page
@require_POST
def apply_star(request: HttpRequest, row: Volunteer) -> HttpResponse:
    """Apply for the star level that was reached."""
    made, refusal = tried(lambda: starring.apply(actor_on(request)))
    if refusal is not None:
        messages.error(request, words_of(refusal))
    else:
        until = made.notice_until.isoformat()
        messages.success(request, _("已申请，公示到 %(day)s，没有异议就评定。") % {"day": until})
    return redirect("volunteering:home")
