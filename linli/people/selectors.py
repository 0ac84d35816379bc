"""The only readers of organisations, staff, roster and audit for pages and the API. Scopes first, then rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Replace
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.people.access import Actor
from linli.people.errors import PeopleProblem
from linli.people.models import (
    AccessRefusal,
    Appointment,
    AuditRecord,
    Delegation,
    DutyLogEntry,
    DutyShift,
    Handover,
    Organisation,
    Person,
    User,
)
from linli.people.roles import APPOINTABLE, ROLES
from linli.people.services import in_force
from linli.people.snapshot import OrganisationRow, organisation_snapshot

PAGE = 50
NEED_A_PASSWORD = tuple(slug for slug in APPOINTABLE if ROLES[slug].second_factor)
"""Roles whose holders sign in with password and second factor; the others' may do so by phone."""


def current_appointments(day: date | None = None) -> QuerySet[Appointment]:
    """Appointments in force, with what is shown of them."""
    found: QuerySet[Appointment] = in_force(day or timezone.localdate())
    return found.select_related("place", "organisation").order_by("id")


def visible_staff(actor: Actor) -> QuerySet[Person]:
    """The staff whom the actor may see: with an appointment in force inside the scope of `people.view`."""
    scopes = actor.scopes("people.view")
    people = Person.objects.filter(kind=Person.Kind.STAFF, erased_at=None)
    if scopes.everything:
        return people
    if scopes.empty:
        return people.none()
    wanted = Q(organisation_id__in=scopes.organisation_ids)
    if scopes.place_paths:
        wanted |= Q(place__path__descendant_of_any=list(scopes.place_paths))
        wanted |= Q(organisation__place__path__descendant_of_any=list(scopes.place_paths))
    inside = in_force(timezone.localdate()).filter(wanted, person_id=OuterRef("pk"))
    return people.filter(Q(Exists(inside)) | Q(pk=actor.person_id))


@dataclass(frozen=True)
class StaffPage:
    """One page of the list of staff."""

    people: list[Person]
    total: int
    number: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.total // PAGE))

    @property
    def has_more(self) -> bool:
        """Whether a page follows."""
        return self.number < self.pages


def staff_page(
    actor: Actor, *, words: str = "", role: str = "", organisation_id: int | None = None, number: int = 1
) -> StaffPage:
    """Staff by name, pinyin or user name, of a role, of a unit; with appointments; two statements and the count."""
    people = visible_staff(actor)
    text = words.strip().lower()
    if text:
        latin = Replace(F("pinyin"), Value(" "), Value(""))
        people = people.annotate(latin=latin).filter(
            Q(display_name__icontains=text) | Q(latin__istartswith=text.replace(" ", "")) | Q(user__username=text)
        )
    if role or organisation_id is not None:
        held = in_force(timezone.localdate()).filter(person_id=OuterRef("pk"))
        held = held.filter(role=role) if role else held
        held = held.filter(organisation_id=organisation_id) if organisation_id is not None else held
        people = people.filter(Exists(held))
    total = people.count()
    number = max(1, min(number, -(-total // PAGE) or 1))
    rows = people.select_related("user").prefetch_related(
        Prefetch("appointments", queryset=current_appointments(), to_attr="current")
    )
    first = (number - 1) * PAGE
    return StaffPage(list(rows.order_by("pinyin", "id")[first : first + PAGE]), total, number)


def staff_member(actor: Actor, person_id: int) -> Person | None:
    """One member of staff with all appointments; None when missing or not to be seen."""
    return (
        visible_staff(actor)
        .filter(pk=person_id)
        .select_related("user")
        .prefetch_related(
            Prefetch(
                "appointments",
                queryset=Appointment.objects.select_related("place", "organisation", "delegated_from__person").order_by(
                    F("valid_to").desc(nulls_first=True), "-id"
                ),
                to_attr="history",
            )
        )
        .first()
    )


def without_account(actor: Actor) -> QuerySet[Person]:
    """Staff in office who cannot sign in: their role needs a password and they have none; by where they work."""
    held = in_force(timezone.localdate()).filter(person_id=OuterRef("pk"), role__in=NEED_A_PASSWORD).order_by("id")
    return (
        visible_staff(actor)
        .filter(Q(user=None) | Q(user__is_active=True, user__password__startswith=UNUSABLE_PASSWORD_PREFIX))
        .filter(Exists(held), left_on=None)
        .annotate(where=Subquery(held.values("place__path")[:1]))
        .prefetch_related(Prefetch("appointments", queryset=current_appointments(), to_attr="current"))
        .order_by(F("where").asc(nulls_last=True), "pinyin", "id")
    )


def roles_held() -> dict[str, int]:
    """How many persons hold each role today."""
    counted = in_force(timezone.localdate()).values("role").annotate(n=Count("person", distinct=True))
    return dict(counted.values_list("role", "n"))


def find_staff(text: str, actor: Actor | None = None) -> Person:
    """The one person in office meant by a work name or a user name; `PeopleProblem` when none or several.

    With an actor the problem names those with a like name whom the actor may see: it is to be chosen, never guessed.
    """
    words = text.strip()
    people = Person.objects.filter(kind=Person.Kind.STAFF, left_on=None, erased_at=None)
    found = list(people.filter(user__username=words.lower())[:1]) or list(people.filter(display_name=words)[:3])
    if len(found) == 1:
        return found[0]
    like = [_called(row) for row in people_like(actor, words, 5)] if actor is not None and words else []
    names = _("您要找的是：%s") % "、".join(like) if like else ""
    if not found:
        text = _("没有找到“%s”。") % words
        raise PeopleProblem("no_such_person", f"{text}{names}", field="person")
    text = _("有多人叫“%s”，请填用户名。") % words
    raise PeopleProblem("several_people", f"{text}{names}", status=409, field="person")


def _called(row: Person) -> str:
    username = account_name(row)
    return f"{row.display_name}（{username}）" if username else row.display_name


def account_name(row: Person) -> str:
    """The user name of a person in office; empty without an account."""
    user = getattr(row, "user", None)
    return str(user.username) if user is not None else ""


def people_like(actor: Actor, words: str, limit: int) -> list[Person]:
    """People in office whose name, pinyin or user name begins like the words, with what they are (2 statements)."""
    text = words.strip().lower()
    if not text:
        return []
    latin = Replace(F("pinyin"), Value(" "), Value(""))
    people = visible_staff(actor).filter(left_on=None, erased_at=None).annotate(latin=latin)
    wanted = Q(display_name__icontains=text) | Q(latin__istartswith=text.replace(" ", ""))
    people = people.filter(wanted | Q(user__username__istartswith=text)).select_related("user")
    current = Prefetch("appointments", queryset=current_appointments(), to_attr="current")
    return list(people.prefetch_related(current).order_by("pinyin", "id")[:limit])


def organisation_tree(opened: int | None) -> list[tuple[int, OrganisationRow, bool]]:
    """The tree as (depth, unit, has units below), opened along the way to one unit and one level below it."""
    snapshot = organisation_snapshot()
    way = {row.id for row in snapshot.ancestors(opened)}
    lines: list[tuple[int, OrganisationRow, bool]] = []

    def walk(parent: int | None, depth: int) -> None:
        for row in snapshot.children(parent):
            lines.append((depth, row, bool(snapshot.children(row.id))))
            if row.id in way:
                walk(row.id, depth + 1)

    walk(None, 0)
    return lines


def find_organisations(words: str, limit: int = PAGE) -> list[Organisation]:
    """Organisations by name, short name or pinyin."""
    text = words.strip()
    rows = Organisation.objects.filter(active=True).select_related("place")
    latin = Replace(F("pinyin"), Value(" "), Value(""))
    rows = rows.annotate(latin=latin)
    wanted = Q(name__icontains=text) | Q(short_name__icontains=text)
    wanted |= Q(latin__istartswith=text.lower().replace(" ", ""))
    return list(rows.filter(wanted).order_by("path__depth", "pinyin", "id")[:limit])


def organisation(organisation_id: int) -> Organisation | None:
    """One organisation with its place and parent."""
    return Organisation.objects.select_related("place", "parent").filter(pk=organisation_id).first()


def staff_of(organisation_id: int) -> list[Appointment]:
    """Who belongs to a unit now."""
    return list(
        current_appointments()
        .filter(organisation_id=organisation_id, person__erased_at=None)
        .select_related("person", "place")
        .order_by("role", "person__pinyin")[:200]
    )


@dataclass(frozen=True)
class RosterDay:
    """One day of the roster."""

    day: date
    shifts: list[DutyShift]


def roster_week(organisation_id: int, monday: date) -> list[RosterDay]:
    """The seven days of a week with their shifts, in one statement."""
    zone = timezone.get_current_timezone()
    begin = datetime.combine(monday, time(0), tzinfo=zone)
    rows = DutyShift.objects.filter(
        organisation_id=organisation_id,
        cancelled_at=None,
        starts_at__lt=begin + timedelta(days=7),
        ends_at__gt=begin,
    ).select_related("person")
    days: dict[date, list[DutyShift]] = {monday + timedelta(days=number): [] for number in range(7)}
    for row in rows.order_by("starts_at", "id"):
        day = max(timezone.localtime(row.starts_at).date(), monday)
        days[day].append(row)
    return [RosterDay(day, shifts) for day, shifts in days.items()]


def on_duty(organisation_id: int, at: datetime | None = None) -> list[Person]:
    """Who is on duty for a unit."""
    moment = at or timezone.now()
    return list(
        Person.objects.filter(
            shifts__organisation_id=organisation_id,
            shifts__cancelled_at=None,
            shifts__starts_at__lte=moment,
            shifts__ends_at__gt=moment,
        ).distinct()
    )


def duty_log(organisation_id: int, limit: int = PAGE) -> list[DutyLogEntry]:
    """The latest lines of the duty log."""
    rows = DutyLogEntry.objects.filter(organisation_id=organisation_id).select_related("person", "handed_over_to")
    return list(rows.order_by("-at", "-id")[:limit])


def roster_units(actor: Actor) -> list[Organisation]:
    """The units whose roster concerns the actor: those it belongs to and those that have shifts it may keep."""
    scopes = actor.scopes("people.roster")
    wanted = Q(pk__in=actor.organisation_ids) | Q(pk__in=scopes.organisation_ids, shifts__isnull=False)
    if scopes.place_paths:
        wanted |= Q(place__path__descendant_of_any=list(scopes.place_paths), shifts__isnull=False)
    rows = Organisation.objects.filter(wanted, active=True).select_related("place").distinct()
    return list(rows.order_by("path__depth", "pinyin")[:200])


def delegations(actor: Actor) -> list[Delegation]:
    """What the actor has delegated or received, newest first."""
    return list(
        Delegation.objects.filter(Q(granted_by_id=actor.person_id) | Q(appointment__person_id=actor.person_id))
        .select_related("granted_by", "appointment__person", "appointment__place", "appointment__organisation")
        .order_by("-id")[:PAGE]
    )


def handovers(actor: Actor) -> list[Handover]:
    """The hand-overs that the actor gave, received or made, newest first."""
    mine = Q(giver_id=actor.person_id) | Q(receiver_id=actor.person_id) | Q(created_by_id=actor.person_id)
    rows = Handover.objects.filter(mine).select_related("giver", "receiver").prefetch_related("lines")
    return list(rows.order_by("-id")[:PAGE])


def refusals(*, before: int | None = None) -> Sequence[AccessRefusal]:
    """The latest refused acts; `before` is the last id of the page before."""
    rows = AccessRefusal.objects.select_related("person").order_by("-id")
    return list((rows.filter(pk__lt=before) if before else rows)[:PAGE])


def audit_records(*, before: int | None = None, subject: str = "") -> Sequence[AuditRecord]:
    """The latest acts on accounts and people."""
    rows = AuditRecord.objects.select_related("actor").order_by("-id")
    if subject:
        rows = rows.filter(subject=subject)
    return list((rows.filter(pk__lt=before) if before else rows)[:PAGE])


def account_of(person: Person) -> User | None:
    """The account of a person, if there is one."""
    return getattr(person, "user", None)


def own_appointments(actor: Actor) -> list[Appointment]:
    """The actor's own appointments in force that were not delegated to it."""
    rows: Any = current_appointments().filter(person_id=_known(actor), delegated_from=None)
    return list(rows)


def _known(actor: Actor) -> int:
    """The actor's person; 0, which is nobody, when there is none."""
    return actor.person_id or 0
