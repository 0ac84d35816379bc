"""Staff pages of volunteers: the list, registering somebody, one volunteer's record and what is added to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.numbers import page_number, whole_number
from linli.people import personal
from linli.people.access import require
from linli.people.gates import actor_on, staff_page
from linli.people.models import Team
from linli.volunteering import (
    certifying,
    exporting,
    joined_selectors,
    lines,
    noticing,
    pages_common,
    records,
    registering,
    selectors,
    vocabulary,
)
from linli.volunteering.models import Volunteer
from linli.volunteering.pages_common import file, tried, words_of
from linli.volunteering.pages_own import enter_from, typed_of, wanted_of
from linli.volunteering.rules import hours_text
from linli.volunteering.ruling import certificate_notice_days, rules_at
from linli.volunteering.selectors import Search
from linli.work.engine import StepRefused
from linli.work.services import new_key
from linli.work.themes import THEMES

VIEW, REGISTER = selectors.VIEW, registering.REGISTER
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def search_of(request: HttpRequest) -> Search:
    """What the list is narrowed to, from the address."""
    data = request.GET
    place = pages_common.places().get(whole_number(data.get("place")))
    role, skill = data.get("role", ""), data.get("skill", "")
    return Search(
        data.get("q", "")[:60], place.path if place else "", role if role in vocabulary.ROLES else "",
        skill if skill in vocabulary.SKILLS else "", data.get("left") == "1", whole_number(data.get("page")) or 1,
    )  # fmt: skip


@staff_page(VIEW)
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Volunteers of the actor's places, masked, in the order of places; on top what waits for a decision."""
    actor = actor_on(request)
    search = search_of(request)
    listed = selectors.volunteers(actor, search)
    context = {
        "listed": listed, "search": search, "waiting": selectors.waiting(actor), "typed": request.GET,
        "lines": [
            (one, hours_text(one.minutes), vocabulary.all_said(vocabulary.ROLES, one.row.roles))
            for one in listed.lines
        ],
        "places": pages_common.offered(actor, VIEW, pages_common.places()), "has_more": listed.page < listed.pages,
        "roles": vocabulary.choices(vocabulary.ROLES), "skills": vocabulary.choices(vocabulary.SKILLS),
        "may_register": actor.may_somewhere(REGISTER), "may_certify": actor.may_somewhere(certifying.CERTIFY),
    }  # fmt: skip
    return render(request, "volunteering/desk/index.html", context)


@staff_page(REGISTER)
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The volunteers of the list as XLSX: names and phones masked."""
    return file(exporting.volunteers_xlsx(actor_on(request), search_of(request)), "volunteers.xlsx", XLSX)


@staff_page(REGISTER)
@require_safe
def export_hours(request: HttpRequest) -> HttpResponse:
    """Confirmed hours of a period (this year unless days are given) as XLSX: names masked."""
    today = timezone.localdate()
    since = pages_common.day(request.GET.get("since")) or today.replace(month=1, day=1)
    until = pages_common.day(request.GET.get("until")) or today
    return file(exporting.hours_xlsx(actor_on(request), since, until), "hours.xlsx", XLSX)


@staff_page(REGISTER)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Register somebody who has consented on paper."""
    actor = actor_on(request)
    refusal: StepRefused | None = None
    if request.method == "POST":
        row, refusal = tried(lambda: registering.register(actor, wanted_of(request)))
        if refusal is None:
            messages.success(request, _("已登记。"))
            return redirect("volunteering:volunteer", row.pk)
    places = pages_common.offered(actor, REGISTER, pages_common.places())
    teams = Team.objects.filter(kind__in=vocabulary.TEAM_KINDS, active=True, place__in=[row.id for row in places])
    context = {
        "typed": typed_of(request) if refusal else {"skills": [], "times": [], "roles": []},
        "problem": words_of(refusal) if refusal else "", "places": places, "teams": teams.order_by("name")[:100],
        "units": joined_selectors.offered_units(), "skills": vocabulary.choices(vocabulary.SKILLS),
        "times": vocabulary.choices(vocabulary.TIMES), "roles": vocabulary.choices(vocabulary.ROLES),
    }  # fmt: skip
    return render(request, "volunteering/desk/new.html", context, status=refusal.status if refusal else 200)


def _record(request: HttpRequest, row: Volunteer, refusal: StepRefused | None = None, what: str = "") -> HttpResponse:
    actor = actor_on(request)
    path = str(row.place.path)
    page = page_number(request.GET.get("page"))
    record = selectors.record_of(row, page=page)
    today = timezone.localdate()
    rules = rules_at(path, today)
    may_register = actor.may(REGISTER, place_path=path) and actor.person_id != row.person_id
    context = {
        "row": row, "record": record, "contact": personal.contact(row.person, clear=False),
        "number": "•" * 4 + registering.number_of(row)[-4:] if row.number_encrypted else "",
        "star": lines.star_state(record.minutes, rules), "page": page,
        "services": [lines.service_line(one, record.appeals.get(one.pk)) for one in record.services],
        "has_more": len(record.services) == selectors.SERVICES_SHOWN,
        "certificates": [
            lines.certificate_line(one, selectors.changed_since(record.certificates)) for one in record.certificates
        ] if record.certificates else [],
        "stars": [lines.star_line(one) for one in record.stars],
        "trainings": [(one, lines.validity(one.valid_until, today)) for one in record.trainings],
        "evaluations": [(one, vocabulary.said(vocabulary.EVALUATORS, one.by_kind)) for one in record.evaluations],
        "evaluators": vocabulary.choices(vocabulary.EVALUATORS), "today": today, "key": new_key(),
        "skills": vocabulary.all_said(vocabulary.SKILLS, row.skills),
        "times": vocabulary.all_said(vocabulary.TIMES, row.times),
        "roles": vocabulary.all_said(vocabulary.ROLES, row.roles), "all_roles": vocabulary.choices(vocabulary.ROLES),
        "themes": vocabulary.choices(THEMES),
        "consent": vocabulary.said(vocabulary.CONSENTS, row.consent), "may_register": may_register,
        "may_confirm": actor.may("volunteering.confirm", place_path=path) and actor.person_id != row.person_id,
        "may_certify": actor.may(certifying.CERTIFY, place_path=path) and actor.person_id != row.person_id,
        "notice_days": certificate_notice_days(path, today),
        "problem": words_of(refusal) if refusal else "", "what": what, "typed": request.POST if refusal else {},
    }  # fmt: skip
    return render(request, "volunteering/desk/volunteer.html", context, status=refusal.status if refusal else 200)


@staff_page(VIEW)
@require_safe
def volunteer(request: HttpRequest, volunteer_id: int) -> HttpResponse:
    """One volunteer's five record groups, with what may be added."""
    return _record(request, selectors.volunteer_for(actor_on(request), volunteer_id))


Adder = Callable[[HttpRequest, Volunteer], Any]


def _add_training(request: HttpRequest, row: Volunteer) -> Any:
    data = request.POST
    return records.train(
        actor_on(request), row.person_id, title=data.get("title", ""), organiser=data.get("organiser", ""),
        happened_on=pages_common.needed_day(data.get("happened_on"), "happened_on"),
        minutes=pages_common.minutes_from(data.get("hours") or "0"),
        valid_until=pages_common.day(data.get("valid_until")),
    )  # fmt: skip


def _add_commendation(request: HttpRequest, row: Volunteer) -> Any:
    data = request.POST
    return records.commend(
        actor_on(request), row.person_id, title=data.get("title", ""), given_by=data.get("given_by", ""),
        given_on=pages_common.needed_day(data.get("given_on"), "given_on"), document=data.get("document", ""),
    )  # fmt: skip


def _add_evaluation(request: HttpRequest, row: Volunteer) -> Any:
    data = request.POST
    return records.evaluate(
        actor_on(request), row.person_id, grade=whole_number(data.get("grade")) or 0, text=data.get("text", ""),
        by_kind=data.get("by_kind", ""),
    )  # fmt: skip


def _add_service(request: HttpRequest, row: Volunteer) -> Any:
    return enter_from(request, row, row.place_id)


def _add_certificate(request: HttpRequest, row: Volunteer) -> Any:
    data = request.POST
    asked = certifying.ask(
        actor_on(request), row.person_id,
        since=pages_common.day(data.get("since")), until=pages_common.day(data.get("until")),
        purpose=data.get("purpose", ""), name_shown=bool(data.get("name_shown")),
    )  # fmt: skip
    if asked.state == asked.ASKED and certificate_notice_days(str(row.place.path), timezone.localdate()):
        return noticing.begin(actor_on(request), asked.pk)
    return certifying.issue(actor_on(request), asked.pk)


def _leave(request: HttpRequest, row: Volunteer) -> Any:
    return registering.leave(actor_on(request), row.person_id)


ADDERS: Mapping[str, Adder] = {
    "training": _add_training, "commendation": _add_commendation, "evaluation": _add_evaluation,
    "service": _add_service, "certificate": _add_certificate, "leaving": _leave,
}  # fmt: skip


@staff_page(VIEW)
@require_POST
def add(request: HttpRequest, volunteer_id: int, part: str) -> HttpResponse:
    """Add to a record: training, commendation, evaluation, a service, a certificate; or end the registration."""
    row = selectors.volunteer_for(actor_on(request), volunteer_id)
    if part not in ADDERS:
        raise Http404
    if part in ("training", "commendation", "evaluation", "leaving"):
        require(actor_on(request), REGISTER, place_path=str(row.place.path))
    _made, refusal = tried(lambda: ADDERS[part](request, row))
    if refusal is not None:
        return _record(request, row, refusal, part)
    messages.success(request, _("已保存。"))
    return redirect("volunteering:volunteer", row.pk)
