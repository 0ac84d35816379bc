"""Writers of registrations: by oneself or through staff, changing, leaving. Nobody is registered against will."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from linli.people import crypto, personal
from linli.people.access import Actor, ObjectHidden, refuse, require
from linli.people.audit import record
from linli.people.masking import normalise_phone
from linli.people.models import Organisation, Person, Team, TeamMember
from linli.places.models import Place
from linli.volunteering import trained
from linli.volunteering.models import Volunteer
from linli.volunteering.refusing import clean, known, refused
from linli.volunteering.vocabulary import CONSENT_VERSION, ROLES, SKILLS, TEAM_KINDS, TIMES

REGISTER = "volunteering.register"
NUMBER_CONTEXT, NUMBER = "volunteering.volunteer.number:{pk}", "volunteer.number"
NAME_MOST, PHONE_DIGITS = 60, 11


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a registration says. `adult_on` only for minors: the day of coming of age; then a guardian is named."""

    place_id: int
    name: str = ""
    phone: str = ""
    organisation_id: int | None = None
    number: str = ""
    skills: tuple[str, ...] = ()
    skills_text: str = ""
    times: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    team_id: int | None = None
    adult_on: date | None = None
    guardian_name: str = ""
    guardian_phone: str = ""
    guardian_consents: bool = False
    consents: bool = False
    synthetic: bool = False


def join(actor: Actor, wanted: Wanted) -> Volunteer:
    """Register oneself; again, it changes the registration. Raises StepRefused (422) with what to do."""
    if actor.person_id is None:
        refuse(actor, REGISTER, hidden=True)
    assert actor.person_id is not None, "refuse raises"
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=actor.person_id)
        if not personal.opened(person, "name"):
            _name(person, clean(wanted.name, "name", NAME_MOST))
        return _register(actor, person, wanted, by_self=True)


def register(actor: Actor, wanted: Wanted) -> Volunteer:
    """Staff register somebody who has consented on paper, by name and phone."""
    place = _place(wanted.place_id)
    require(actor, REGISTER, place_path=str(place.path))
    name, phone = clean(wanted.name, "name", NAME_MOST), clean_phone(wanted.phone, "phone")
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=person_for(name, phone))
        if person.pk == actor.person_id:
            raise refused("own", "登记自己请到“我的志愿服务”。", "Register yourself on your own page.", "name")
        return _register(actor, person, wanted, by_self=False)


def person_for(name: str, phone: str) -> int:
    """The resident of this name and phone; an account that signed in by the phone and has no name yet gets it."""
    blind = crypto.blind(phone, personal.PHONE)
    named = Person.objects.filter(phone_blind=blind, kind=Person.Kind.RESIDENT, erased_at=None)
    if not named.filter(name_blind=crypto.blind(name, personal.NAME)).exists():
        nameless = named.filter(name_blind=None).order_by("pk").first()
        if nameless is not None:
            _name(nameless, name)
            return nameless.pk
    return personal.find_or_create_resident(name=name, phone=phone)


def _name(person: Person, name: str) -> None:
    old = {field: personal.opened(person, field) for field in ("phone", "id_number", "address")}
    for column, value in personal.sealed(person.uid, name=name, **old).items():
        setattr(person, column, value)
    person.save()


def clean_phone(text: str, field: str) -> str:
    """A mobile number; refused when it is none."""
    phone = normalise_phone(text)
    if len(phone) != PHONE_DIGITS or not phone.startswith("1"):
        raise refused("bad_phone", "请填写11位手机号。", "Give a mobile number of 11 digits.", field)
    return phone


def _place(place_id: int) -> Place:
    place = Place.objects.filter(pk=place_id, active=True).first()
    if place is None:
        raise refused("unknown_place", "没有这个地点，请重新选择。", "There is no such place; choose again.", "place")
    return place


def _register(actor: Actor, person: Person, wanted: Wanted, *, by_self: bool) -> Volunteer:
    place = _place(wanted.place_id)
    if not wanted.consents:
        raise refused("no_consent", "同意后才能登记。", "Registering needs consent.", "consents")
    if wanted.organisation_id is not None and not Organisation.objects.filter(pk=wanted.organisation_id).exists():
        raise refused("unknown_unit", "没有这个单位。", "There is no such unit.", "organisation")
    guardian_id = _guardian(person, wanted)
    row = Volunteer.objects.select_for_update().filter(person=person).first()
    fresh = row is None
    row = row or Volunteer(person=person, joined_on=timezone.localdate(), registered_by_id=actor.person_id)
    row.place, row.left_on, row.synthetic = place, None, wanted.synthetic
    row.organisation_id = wanted.organisation_id
    row.skills, row.times = known(wanted.skills, SKILLS, "skills"), known(wanted.times, TIMES, "times")
    row.skills_text = clean(wanted.skills_text, "skills_text", 120, needed=False)
    row.roles, row.adult_on, row.guardian_id = known(wanted.roles, ROLES, "roles"), wanted.adult_on, guardian_id
    row.consent = Volunteer.GUARDIAN if guardian_id else Volunteer.SELF if by_self else Volunteer.PAPER
    row.consent_version, row.consented_at = CONSENT_VERSION, timezone.now()
    row.save()
    set_number(row, wanted.number)
    if wanted.team_id is not None:
        join_team(row, wanted.team_id)
    trained.catch_up(row, actor)
    record(
        "volunteer.registered" if fresh else "volunteer.changed", actor_id=actor.person_id,
        subject=f"volunteer:{row.pk}",
    )  # fmt: skip
    return row


def _guardian(person: Person, wanted: Wanted) -> int | None:
    """The guardian of a minor, who has consented; nobody for adults."""
    if wanted.adult_on is None or wanted.adult_on <= timezone.localdate():
        return None
    if not wanted.guardian_consents:
        raise refused(
            "no_guardian", "未满18岁，要监护人同意。", "A minor needs the guardian's consent.", "guardian_consents"
        )
    name = clean(wanted.guardian_name, "guardian_name", NAME_MOST)
    found = person_for(name, clean_phone(wanted.guardian_phone, "guardian_phone"))
    if found == person.pk:
        raise refused("own_guardian", "监护人要填另一个人。", "The guardian is another person.", "guardian_name")
    return found


def set_number(row: Volunteer, number: str) -> None:
    """Keep the national volunteer number, sealed; an empty one stays as it is."""
    text = clean(number, "number", 24, needed=False).upper().replace(" ", "")
    if not text:
        return
    if not text.isalnum():
        raise refused("bad_number", "志愿者编号只有数字和字母。", "The number has digits and letters.", "number")
    row.number_encrypted = crypto.encrypt(text, NUMBER_CONTEXT.format(pk=row.pk))
    row.number_blind = crypto.blind(text, NUMBER)
    try:
        with transaction.atomic():
            row.save(update_fields=["number_encrypted", "number_blind"])
    except IntegrityError as clash:
        raise refused(
            "number_taken", "这个编号已经登记在另一个人名下。", "This number is another person's.", "number"
        ) from clash


def number_of(row: Volunteer) -> str:
    """The national volunteer number in the clear; empty when there is none."""
    data = row.number_encrypted
    return "" if data is None else crypto.decrypt(data, NUMBER_CONTEXT.format(pk=row.pk))


def join_team(row: Volunteer, team_id: int) -> None:
    """Put a volunteer into a team of volunteers (红袖标、石榴籽家园 …); being in it already changes nothing."""
    team = Team.objects.filter(pk=team_id, kind__in=TEAM_KINDS, active=True).first()
    if team is None:
        raise refused("unknown_team", "没有这支队伍。", "There is no such team.", "team")
    TeamMember.objects.get_or_create(
        team=team, person_id=row.person_id, valid_to=None, defaults={"valid_from": timezone.localdate()}
    )


def make_team(actor: Actor, place_id: int, name: str, kind: str = "volunteers") -> Team:
    """A team of volunteers in a place; the one that bears the name already is the same."""
    place = _place(place_id)
    require(actor, REGISTER, place_path=str(place.path))
    if kind not in TEAM_KINDS:
        raise refused("bad_choice", "没有这种队伍。", "There is no such kind of team.", "kind")
    team, _made = Team.objects.get_or_create(
        name=clean(name, "team_name", 80), place=place, active=True, defaults={"kind": kind}
    )
    return team


def leave(actor: Actor, person_id: int) -> Volunteer:
    """End a registration: one's own, or as staff. Hours stay; the second time changes nothing."""
    with transaction.atomic():
        row = (
            Volunteer.objects.select_for_update(of=("self",))
            .select_related("place")
            .filter(person_id=person_id)
            .first()
        )
        if row is None:
            raise ObjectHidden(REGISTER)
        if actor.person_id != person_id:
            require(actor, REGISTER, place_path=str(row.place.path), hidden=True)
        if row.left_on is None:
            row.left_on = timezone.localdate()
            row.skills, row.skills_text, row.times, row.roles = [], "", [], []
            row.save()
            TeamMember.objects.filter(person_id=person_id, valid_to=None, team__kind__in=TEAM_KINDS).update(
                valid_to=timezone.localdate()
            )
            record("volunteer.left", actor_id=actor.person_id, subject=f"volunteer:{row.pk}")
    return row
