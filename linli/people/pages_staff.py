"""Staff pages: the list of staff, one person with appointments, hand-over, delegation."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.kernel.numbers import whole_number
from linli.people import accounts, delegation, handover, handover_parts, selectors, services
from linli.people.errors import PeopleProblem
from linli.people.forms import AppointmentForm, DelegationForm, HandoverForm, StaffForm
from linli.people.gates import actor_on, needs
from linli.people.models import Appointment, Person
from linli.people.pages_organisations import in_english, place_by_words
from linli.people.pages_signin import show_problem
from linli.people.roles import ROLES
from linli.places.snapshot import PlaceSnapshot, place_snapshot

WIDE = frozenset({"province", "city", "district", "street", "community"})
"""Places whose name says enough; a grid or a building is named with its community."""


def role_name(slug: str) -> str:
    """The role in the page's language."""
    role = ROLES.get(slug)
    return slug if role is None else role.label.text("en" if in_english() else "zh")


def scope_name(row: Appointment, places: PlaceSnapshot | None = None) -> str:
    """Where an appointment holds, in words; with the places at hand a first grid says of which community."""
    place = row.place.name if row.place else ""
    if places is not None and row.place is not None and row.place.kind not in WIDE:
        place = places.full_name(row.place_id, "community") or place
    return " · ".join(part for part in (place, row.organisation.name if row.organisation else "") if part)


def described(rows: list[Appointment], places: PlaceSnapshot | None = None) -> list[dict[str, Any]]:
    """Appointments as they are shown: role, scope, whether in force."""
    today = timezone.localdate()
    return [
        {
            "row": row,
            "role": role_name(row.role),
            "scope": scope_name(row, places),
            "current": row.valid_from <= today and (row.valid_to is None or row.valid_to > today),
            "ended": row.valid_to is not None and row.valid_to <= today,
        }
        for row in rows
    ]


@needs("people.view")
@require_safe
def staff(request: HttpRequest) -> HttpResponse:
    """The list of staff with their appointments."""
    query = request.GET
    page = selectors.staff_page(
        actor_on(request),
        words=query.get("q", ""),
        role=query.get("role", ""),
        organisation_id=whole_number(query.get("organisation", "")),
        number=whole_number(query.get("page", "1")) or 1,
    )
    places = place_snapshot()
    context: dict[str, Any] = {
        "page": page,
        "people": [(row, described(row.current, places)) for row in page.people],  # type: ignore[attr-defined]
        "words": query.get("q", ""),
        "role": query.get("role", ""),
        "organisation": query.get("organisation", ""),
        "roles": [(slug, role_name(slug)) for slug, role in ROLES.items() if role.scope != "own"],
        "may_appoint": actor_on(request).may("people.appoint"),
    }
    if context["may_appoint"]:
        context["without"] = selectors.without_account(actor_on(request)).count()
    return render(request, "people/staff.html", context)


@never_cache
@needs("people.appoint")
@require_http_methods(["GET", "POST"])
def new_staff(request: HttpRequest) -> HttpResponse:
    """Add a member of staff; the first password is shown once."""
    form, status = StaffForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            person, password = services.create_staff(
                actor_on(request), name=data["name"], phone=data["phone"], username=data["username"]
            )
        except PeopleProblem as problem:
            status = show_problem(form, problem)
        else:
            if not password:
                return redirect("people:person", person_id=person.pk)
            context = {"person": person, "username": data["username"].lower(), "password": password}
            return render(request, "people/first_password.html", context)
    elif request.method == "POST":
        status = 422
    return render(request, "people/staff_new.html", {"form": form}, status=status)


def person_seen(request: HttpRequest, person_id: int) -> Person:
    """The member of staff whom the actor may see; 404 otherwise."""
    row = selectors.staff_member(actor_on(request), person_id)
    if row is None:
        raise Http404
    return row


@never_cache
@needs("people.view")
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """One member of staff; posting appoints."""
    row = person_seen(request, person_id)
    actor = actor_on(request)
    initial = {"valid_from": timezone.localdate()}
    form, status = AppointmentForm(request.POST or None, initial=initial, english=in_english()), 200
    if request.method == "POST" and form.is_valid():
        try:
            _appoint(request, row, form.cleaned_data)
        except PeopleProblem as problem:
            status = show_problem(form, problem)
        else:
            messages.success(request, _("已任职。"))
            return redirect("people:person", person_id=row.pk)
    elif request.method == "POST":
        status = 422
    context = {
        "person": row,
        **(_account(row) if actor.may("people.appoint") else {}),
        "appointments": described(row.history, place_snapshot()),  # type: ignore[attr-defined]
        "form": form,
        "may_appoint": actor.may("people.appoint"),
        "may_hand_over": handover.may_hand_over(actor, row.pk),
        "is_self": actor.person_id == row.pk,
    }
    return render(request, "people/person.html", context, status=status)


def _account(row: Person) -> dict[str, Any]:
    """The account, whether it has a password, the name that a new one would get, whether the phone lets in."""
    account = selectors.account_of(row)
    with_password = account is not None and account.has_usable_password()
    roles = {entry["row"].role for entry in described(row.history) if entry["current"]}  # type: ignore[attr-defined]
    return {
        "account": account,
        "with_password": with_password,
        "new_name": "" if with_password else accounts.free_usernames([row])[row.pk],
        "has_phone": row.phone_blind is not None,
        "by_phone": row.phone_blind is not None and bool(roles - set(selectors.NEED_A_PASSWORD)),
    }


def _appoint(request: HttpRequest, row: Person, data: dict[str, Any]) -> None:
    unit = None
    if data["organisation"].strip():
        found = selectors.find_organisations(data["organisation"], limit=6)
        exact = [hit for hit in found if data["organisation"].strip() in (hit.name, hit.short_name)]
        best = exact or found
        if len(best) != 1:
            names = "、".join(hit.name for hit in best[:5])
            raise PeopleProblem(
                "which_organisation", _("请填写确切的单位名称：%s") % (names or "—"), field="organisation"
            )
        unit = best[0].pk
    services.appoint(
        actor_on(request),
        row.pk,
        data["role"],
        place_id=place_by_words(data["place"]),
        organisation_id=unit,
        valid_from=data["valid_from"],
        valid_to=data["valid_to"],
    )


def told(request: HttpRequest, problem: PeopleProblem | None, text: str) -> None:
    """Say on the next page that it was done, or why not."""
    if problem is None:
        messages.success(request, text)
    else:
        messages.error(request, problem.text)


@needs("people.appoint")
@require_POST
def end_appointment(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """End an appointment at once."""
    row = Appointment.objects.filter(pk=appointment_id).first()
    if row is None:
        raise Http404
    problem = None
    try:
        services.end_appointment(actor_on(request), appointment_id)
    except PeopleProblem as error:
        problem = error
    told(request, problem, _("任职已结束。"))
    return redirect("people:person", person_id=row.person_id)


@needs("people.view")
@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, person_id: int) -> HttpResponse:
    """Everything one person holds, to another, in one step."""
    row = person_seen(request, person_id)
    actor = actor_on(request)
    form, status = HandoverForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            receiver = selectors.find_staff(data["receiver"], actor)
            handover.hand_over(actor, row.pk, receiver.pk, leaving=data["leaving"], note=data["note"])
        except PeopleProblem as problem:
            problem.field = "receiver"
            status = show_problem(form, problem)
        else:
            messages.success(request, _("已交接，等待接收人签收。"))
            return redirect("people:handovers")
    if not handover.may_hand_over(actor, row.pk):
        raise Http404
    english = in_english()
    parts = [(part.label.text("en" if english else "zh"), count) for part, count in handover_parts.open_counts(row.pk)]
    context = {"person": row, "form": form, "parts": parts, "appointments": described(row.history)}  # type: ignore[attr-defined]
    return render(request, "people/hand_over.html", context, status=status)


@needs("people.view")
@require_safe
def handovers(request: HttpRequest) -> HttpResponse:
    """Hand-overs that concern me, to sign."""
    names = {part.name: part.label.text("en" if in_english() else "zh") for part in handover_parts.registered()}
    actor = actor_on(request)
    rows = [
        (row, [(names.get(line.name, line.name), line) for line in row.lines.all()], row.receiver_id == actor.person_id)
        for row in selectors.handovers(actor)
    ]
    return render(request, "people/handovers.html", {"rows": rows})


@needs("people.view")
@require_POST
def sign_handover(request: HttpRequest, handover_id: int) -> HttpResponse:
    """The receiver signs."""
    handover.sign(actor_on(request), handover_id)
    messages.success(request, _("已签收。"))
    return redirect("people:handovers")


@needs("people.delegate")
@require_http_methods(["GET", "POST"])
def delegations(request: HttpRequest) -> HttpResponse:
    """My delegations, and a new one."""
    actor = actor_on(request)
    own = [row for row in selectors.own_appointments(actor) if ROLES[row.role].delegable]
    choices = [(str(row.pk), " · ".join(filter(None, (role_name(row.role), scope_name(row))))) for row in own]
    form, status = DelegationForm(request.POST or None, appointments=choices), 200
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            delegation.delegate(
                actor,
                int(data["appointment"]),
                selectors.find_staff(data["person"], actor).pk,
                valid_from=data["valid_from"],
                valid_to=data["valid_to"],
                reason=data["reason"],
            )
        except PeopleProblem as problem:
            status = show_problem(form, problem)
        else:
            messages.success(request, _("已委托，到期自动收回。"))
            return redirect("people:delegations")
    elif request.method == "POST":
        status = 422
    today = timezone.localdate()
    rows = [
        {
            "row": row,
            "role": role_name(row.appointment.role),
            "scope": scope_name(row.appointment),
            "live": row.revoked_at is None and (row.appointment.valid_to or today) > today,
        }
        for row in selectors.delegations(actor)
    ]
    return render(request, "people/delegations.html", {"form": form, "rows": rows}, status=status)


@needs("people.delegate")
@require_POST
def revoke_delegation(request: HttpRequest, appointment_id: int) -> HttpResponse:
    """Take a delegation back."""
    delegation.revoke(actor_on(request), appointment_id)
    messages.success(request, _("已收回。"))
    return redirect("people:delegations")
