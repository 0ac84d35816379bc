"""The only readers of the room: volunteers by scope, the five record groups, what waits for a decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When
from django.utils import timezone

from linli.people import crypto, personal
from linli.people.access import Actor, ObjectHidden, Scopes
from linli.people.models import TeamMember
from linli.people.personal import Contact
from linli.volunteering.certifying import normal_code
from linli.volunteering.models import (
    Appeal,
    Certificate,
    CertificateEntry,
    CertificateObjection,
    Commendation,
    Evaluation,
    HoursEntry,
    Service,
    StarAward,
    Training,
    Volunteer,
)
from linli.volunteering.registering import NUMBER
from linli.volunteering.vocabulary import TEAM_KINDS

VIEW = "volunteering.view"
PAGE, SERVICES_SHOWN, WAITING_SHOWN = 50, 100, 200


def reach(scopes: Scopes) -> Q:
    """Rows with a `place` that the scopes cover."""
    if scopes.everything:
        return Q()
    return Q(place__path__descendant_of_any=list(scopes.place_paths))


@dataclass(frozen=True, slots=True)
class Search:
    """What a list of volunteers is narrowed to; `words` are a whole name, a phone or a volunteer number."""

    words: str = ""
    place_path: str = ""
    role: str = ""
    skill: str = ""
    left: bool = False
    page: int = 1


@dataclass(slots=True)
class Line:
    """One volunteer in a list: masked unless the reader may see it."""

    row: Volunteer
    contact: Contact
    minutes: int
    services: int


@dataclass(slots=True)
class Listed:
    """A page of volunteers and how many there are."""

    lines: list[Line]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages."""
        return max(1, -(-self.total // PAGE))


def found(actor: Actor, search: Search) -> QuerySet[Volunteer]:
    """The volunteers the actor sees, narrowed."""
    rows = Volunteer.objects.filter(reach(actor.scopes(VIEW)), left_on__isnull=not search.left)
    if search.place_path:
        rows = rows.filter(place__path__descendant_of=search.place_path)
    if search.role:
        rows = rows.filter(roles__contains=[search.role])
    if search.skill:
        rows = rows.filter(skills__contains=[search.skill])
    words = search.words.strip()
    if words:
        digits = "".join(sign for sign in words if sign.isdigit())
        known = Q(person__name_blind=crypto.blind(words, personal.NAME)) | Q(person__display_name=words)
        known |= Q(number_blind=crypto.blind(words.upper().replace(" ", ""), NUMBER))
        if len(digits) >= 11:
            known |= Q(person__phone_blind=crypto.blind(digits[-11:], personal.PHONE))
        rows = rows.filter(known)
    return rows


def volunteers(actor: Actor, search: Search) -> Listed:
    """One page of volunteers with their confirmed minutes, in the order of places, never ranked (4 statements)."""
    rows = found(actor, search)
    total = rows.count()
    page = min(max(1, search.page), max(1, -(-total // PAGE)))
    shown = list(
        rows.select_related("place", "organisation").order_by("place__path", "pk")[(page - 1) * PAGE : page * PAGE]
    )
    people = [row.person_id for row in shown]
    contacts, sums = personal.contacts(people, clear=False), sums_of(people)
    lines = [Line(row, contacts[row.person_id], *sums.get(row.person_id, (0, 0))) for row in shown]
    return Listed(lines, total, page)


EXPORTED = Q(member=None) | Q(origin=Service.CHECKIN)
"""Services that exports tell of: not those that were entered for joined members, whose membership stands in none."""


def sums_of(person_ids: Iterable[int], which: Q | None = None) -> dict[int, tuple[int, int]]:
    """(confirmed minutes, services) by person (1 statement)."""
    rows = Service.objects.filter(person_id__in=list(person_ids), state=Service.CONFIRMED).values("person_id")
    rows = rows if which is None else rows.filter(which)
    return {row["person_id"]: (row["m"], row["n"]) for row in rows.annotate(m=Sum("minutes"), n=Count("pk"))}


def volunteer_for(actor: Actor, volunteer_id: int) -> Volunteer:
    """A volunteer the actor may see; hidden otherwise (1 statement)."""
    rows = Volunteer.objects.select_related("place", "organisation", "person", "guardian")
    row = rows.filter(reach(actor.scopes(VIEW)), pk=volunteer_id).first()
    if row is None or actor.scopes(VIEW).empty:
        raise ObjectHidden(VIEW)
    return row


def own(actor: Actor) -> Volunteer | None:
    """The actor's own registration (1 statement)."""
    rows = Volunteer.objects.select_related("place", "organisation", "person", "guardian")
    return rows.filter(person_id=actor.person_id or 0).first()


@dataclass(slots=True)
class Record:
    """The five record groups (志愿服务条例 art. 19): the first is the registration itself."""

    volunteer: Volunteer
    minutes: int
    services_count: int
    services: list[Service]
    trainings: list[Training]
    commendations: list[Commendation]
    evaluations: list[Evaluation]
    certificates: list[Certificate]
    stars: list[StarAward]
    teams: list[TeamMember] = field(default_factory=list)
    appeals: Mapping[int, Appeal] = field(default_factory=dict)


def record_of(row: Volunteer, *, page: int = 1) -> Record:
    """Everything that is recorded of a volunteer (9 statements, flat with history)."""
    person = row.person_id
    first = (max(1, page) - 1) * SERVICES_SHOWN
    services = list(
        Service.objects.filter(person_id=person)
        .select_related("place")
        .order_by("-happened_on", "-pk")[first : first + SERVICES_SHOWN]
    )
    appeals = Appeal.objects.filter(person_id=person, service__in=[one.pk for one in services]).order_by("pk")
    minutes, count = sums_of([person]).get(person, (0, 0))
    stars = StarAward.objects.filter(person_id=person).order_by("-level", "-pk")
    return Record(
        row, minutes, count, services,
        list(Training.objects.filter(person_id=person).order_by("-happened_on", "-pk")[:50]),
        list(Commendation.objects.filter(person_id=person).order_by("-given_on", "-pk")[:50]),
        list(Evaluation.objects.filter(person_id=person).order_by("-given_on", "-pk")[:50]),
        list(Certificate.objects.filter(person_id=person).select_related("issuer").order_by("-asked_at")[:20]),
        list(stars[:10]),
        list(
            TeamMember.objects.filter(person_id=person, valid_to=None, team__kind__in=TEAM_KINDS)
            .select_related("team").order_by("pk")[:20]
        ),
        {appeal.service_id: appeal for appeal in appeals},
    )  # fmt: skip


def service_for(actor: Actor, service_id: int) -> Service:
    """A service for its own volunteer, or for staff of the place; hidden otherwise (1 statement)."""
    rows = Service.objects.select_related("place", "activity", "organisation", "person")
    row = rows.filter(pk=service_id).first()
    if row is None:
        raise ObjectHidden(VIEW)
    mine = actor.person_id is not None and row.person_id == actor.person_id
    if not mine and not actor.may(VIEW, place_path=str(row.place.path)):
        raise ObjectHidden(VIEW)
    return row


def history(service: Service) -> list[HoursEntry]:
    """Every decision on a service, the latest first (1 statement)."""
    return list(service.entries.select_related("by").order_by("-version"))


# --- What waits ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for a decision in the actor's places."""

    hours: int
    appeals: int
    certificates: int
    stars: int


def waiting(actor: Actor) -> Waiting:
    """The four numbers on top of the list (4 statements)."""
    scope = reach(actor.scopes(VIEW))
    appealed = Appeal.objects.filter(state=Appeal.OPEN, service__in=Service.objects.filter(scope))
    return Waiting(
        Service.objects.filter(scope, state=Service.PROPOSED).count(),
        appealed.count(),
        Certificate.objects.filter(scope, state__in=Certificate.OPEN).count(),
        StarAward.objects.filter(scope, state=StarAward.NOTICE).count(),
    )


def certificates(actor: Actor) -> list[Certificate]:
    """Certificates of the actor's places: open ones first, those asked for longest on top, then the latest.

    1 statement.
    """
    rows = Certificate.objects.filter(reach(actor.scopes(VIEW))).select_related("place", "issuer")
    return list(rows.order_by(*open_first(Certificate.OPEN, "asked_at"))[:WAITING_SHOWN])


def open_first(states: Sequence[str], moment: str) -> list[Any]:
    """What waits comes first, the oldest on top, so that none of it is cut off; then the latest."""
    waits = Q(state__in=states)
    longest = Case(When(waits, then=F(moment))).asc(nulls_last=True)
    return [Case(When(waits, then=0), default=1), longest, f"-{moment}", "pk"]


def objections(rows: Sequence[Certificate]) -> dict[int, list[CertificateObjection]]:
    """What was said against certificates of a list, by certificate, the first first (1 statement)."""
    found: dict[int, list[CertificateObjection]] = {}
    made = CertificateObjection.objects.filter(certificate__in=[row.pk for row in rows]).select_related("answered_by")
    for one in made.order_by("pk"):
        found.setdefault(one.certificate_id, []).append(one)
    return found


def own_objections(certificate_id: int, person_id: int | None) -> list[CertificateObjection]:
    """What somebody said against a certificate, with the answers, also when the notice is over (1 statement)."""
    rows = CertificateObjection.objects.filter(certificate_id=certificate_id, person_id=person_id or 0)
    return list(rows.order_by("pk"))


def certificate_of_objection(objection_id: int) -> int:
    """The certificate that an objection is about; 0 for none (1 statement)."""
    rows = CertificateObjection.objects.filter(pk=objection_id)
    return rows.values_list("certificate_id", flat=True).first() or 0


def certificates_in_notice(place_path: str) -> list[Certificate]:
    """Certificates whose public notice runs below a place (1 statement)."""
    rows = _running().filter(place__path__descendant_of=place_path)
    return list(rows.order_by("notice_until", "place__path", "pk")[:WAITING_SHOWN])


def certificate_in_notice(certificate_id: int) -> Certificate:
    """A certificate whose public notice runs, for everybody; hidden otherwise (1 statement)."""
    row = _running().filter(pk=certificate_id).first()
    if row is None:
        raise ObjectHidden(VIEW)
    return row


def _running() -> QuerySet[Certificate]:
    rows = Certificate.objects.filter(state=Certificate.NOTICE, notice_until__gte=timezone.localdate())
    return rows.select_related("place", "person")


def decisions(rows: Sequence[Certificate]) -> dict[int, list[CertificateEntry]]:
    """What was decided on certificates that were ever refused, by certificate, the first first (1 statement)."""
    found: dict[int, list[CertificateEntry]] = {}
    entries = CertificateEntry.objects.filter(certificate__in=[row.pk for row in rows]).select_related("by")
    for entry in entries.order_by("pk"):
        found.setdefault(entry.certificate_id, []).append(entry)
    return {number: made for number, made in found.items() if any(one.act == one.REFUSED for one in made)}


def certificate_for(actor: Actor, certificate_id: int, permission: str = "volunteering.certify") -> Certificate:
    """A certificate for its own volunteer or for staff who certify there; hidden otherwise (1 statement)."""
    row = Certificate.objects.select_related("place", "person", "issuer", "handler", "responsible").filter(
        pk=certificate_id
    ).first()  # fmt: skip
    if row is None:
        raise ObjectHidden(permission)
    mine = actor.person_id is not None and row.person_id == actor.person_id
    if not mine and not actor.may(permission, place_path=str(row.place.path)):
        raise ObjectHidden(permission)
    return row


def certificate_by_code(text: str) -> Certificate | None:
    """The certificate with a code, however it was typed; for anybody (1 statement)."""
    code = normal_code(text)
    rows = Certificate.objects.select_related("person", "issuer").exclude(code="")
    return rows.filter(code=code).first() if code else None


def changed_since(rows: Sequence[Certificate]) -> set[int]:
    """Certificates whose hours are others now: fewer than issued, or not those on notice (1 statement for all)."""
    issued = [row for row in rows if row.state in (Certificate.ISSUED, Certificate.NOTICE)]
    days: dict[int, list[tuple[Any, int]]] = {}
    people = {row.person_id for row in issued}
    services = Service.objects.filter(person_id__in=people, state=Service.CONFIRMED)
    for person, day, minutes in services.values_list("person_id", "happened_on", "minutes"):
        days.setdefault(person, []).append((day, minutes))
    now = {
        row.pk: sum(
            minutes
            for day, minutes in days.get(row.person_id, ())
            if day <= row.until and (row.since is None or day >= row.since)
        )
        for row in issued
    }
    return {
        row.pk
        for row in issued
        if row.minutes > now[row.pk] or (row.state == Certificate.NOTICE and row.minutes < now[row.pk])
    }


def stars_in_notice(place_path: str) -> list[StarAward]:
    """Levels in public notice below a place (1 statement)."""
    rows = StarAward.objects.filter(state=StarAward.NOTICE, place__path__descendant_of=place_path)
    return list(rows.select_related("place").order_by("notice_until", "place__path", "pk")[:WAITING_SHOWN])


def stars(actor: Actor) -> list[StarAward]:
    """Levels of the actor's places, those in notice first (1 statement)."""
    rows = StarAward.objects.filter(reach(actor.scopes(VIEW))).select_related("place")
    return list(rows.order_by(*open_first((StarAward.NOTICE,), "asked_at"))[:WAITING_SHOWN])
