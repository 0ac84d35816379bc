"""The planner of staff: persons by telephone or name, and their appointments.

An import appoints to daily work only: administrators, and whoever may import, are appointed by the security
administrator, one by one; and nobody appoints themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from linli.exchange.fields import language
from linli.exchange.kinds import CHANGED, NEW, UNCHANGED, Choice, Ledger, Planner, Question, Row, Run, Vanished
from linli.exchange.undoing import image, watching
from linli.people import crypto, services
from linli.people.errors import PeopleProblem
from linli.people.importers import PERMISSION, entitled
from linli.people.models import Appointment, Person
from linli.people.organisation_planner import Units
from linli.people.personal import PHONE
from linli.people.roles import APPOINTABLE, ROLES
from linli.places.errors import PlaceProblem
from linli.places.matching import Directory, Unsettled
from linli.places.models import Place, RegistryVersion
from linli.places.services import bump_registry
from linli.places.snapshot import PlaceRow, place_snapshot

GIVEN_BY_IMPORT = tuple(
    slug
    for slug in APPOINTABLE
    if ROLES[slug].scope in ("place", "organisation") and PERMISSION not in ROLES[slug].permissions
)


@dataclass(slots=True)
class PlannedPerson:
    """One person of a row: known or new, and what the appointment still lacks."""

    name: str
    phone: str
    person_id: int | None = None
    appointed: bool = False
    new_phone: bool = False


@dataclass(slots=True)
class PlannedStaff:
    """A row as it will be written."""

    role: str
    place_id: int | None
    organisation_id: int | None
    valid_from: date | None
    valid_to: date | None
    people: list[PlannedPerson] = field(default_factory=list)


class StaffPlanner(Planner):
    """Persons and appointments."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.units = Units(run)
        self.places = place_snapshot()
        self.directory = Directory(self.places, run)
        self.known = self._known_staff()
        self.by_phone = {person.phone_blind: person for person in self.known if person.phone_blind}
        self.by_name: dict[str, list[Any]] = {}
        for person in self.known:
            self.by_name.setdefault(person.display_name, []).append(person)
        self.buildings: dict[int, dict[str, list[int]]] = {}
        self.held: dict[int, list[Appointment]] = {}
        for entry in services.in_force(timezone.localdate()):
            self.held.setdefault(entry.person_id, []).append(entry)

    def _known_staff(self) -> list[Any]:
        people = list(Person.objects.filter(kind=Person.Kind.STAFF, erased_at=None, left_on=None))
        for person in people:
            person.phone_blind = bytes(person.phone_blind) if person.phone_blind is not None else None
        return people

    # --- planning ------------------------------------------------------------------------------------------------

    def plan(self, rows: Sequence[Row]) -> None:
        """Pair names and numbers, find place and unit, compare with the appointments in force."""
        seen: dict[tuple[Any, ...], int] = {}
        for row in rows:
            if not row.open:
                continue
            try:
                planned = self._planned(row)
            except (PeopleProblem, PlaceProblem) as problem:
                row.reject(str(problem), getattr(problem, "field", "") or "community")
                continue
            except Unsettled:
                continue
            row.plan = planned
            for person in planned.people:
                key = (person.name, person.phone, planned.role, planned.place_id, planned.organisation_id)
                if key in seen:
                    text = _("与第 %(line)d 行重复（%(key)s）。请删去一行。")
                    row.reject(text % {"line": seen[key], "key": person.name}, "name")
                seen[key] = row.line
            if row.open:
                self._compare(row, planned)

    def _planned(self, row: Row) -> PlannedStaff:
        values = row.values
        place = self._place(row)
        unit = self.units.find(row, values["organisation"]).id if values.get("organisation") else None
        role = values.get("role") or self._asked_role(row, place, unit)
        self._check_scope(role, place, unit)
        row.area = self._area(place) or values.get("organisation", "")
        planned = PlannedStaff(
            role, place.id if place is not None and ROLES[role].scope == "place" else None, unit,
            values.get("valid_from"), values.get("valid_to"),
        )  # fmt: skip
        numbers = list(values.get("phone", ()))
        named = values["name"]
        if numbers and len(named) > 1 and len(numbers) not in (1, len(named)):
            raise PeopleProblem("unpaired", _("这一格有几个人和几个电话，配不成对。请每人一行。"), field="phone")
        for index, person in enumerate(named):
            own = numbers[index] if len(named) == len(numbers) else numbers[0] if len(named) == 1 and numbers else ""
            planned.people.append(self._person(row, person.name, own or person.phone, planned))
        return planned

    def _place(self, row: Row) -> PlaceRow | None:
        values = row.values
        found = self.directory.place_of(row, {
            "grid": values.get("grid", ""), "community": values.get("community", ""),
            "street": values.get("street", ""),
        })  # fmt: skip
        name = values.get("building", "")
        if found is None or not name:
            return found
        keys = self._buildings(found).get("".join(name.split()), [])
        if len(keys) != 1:
            raise PlaceProblem(
                "no_building",
                _("“%(place)s”里没有楼栋“%(name)s”。请先导入楼栋。") % {"place": found.name, "name": name[:40]},
            )
        return self.places.get(keys[0])

    def _buildings(self, above: PlaceRow) -> dict[str, list[int]]:
        """The buildings and compounds below a place by name; read once for all rows of the place."""
        if above.id not in self.buildings:
            below = Place.objects.filter(path__descendant_of=above.path, kind__in=("building", "site"), active=True)
            found = self.buildings[above.id] = {}
            for key, name in below.values_list("pk", "name"):
                found.setdefault("".join(name.split()), []).append(key)
            self.places.preload(key for keys in found.values() for key in keys)
        return self.buildings[above.id]

    def _area(self, place: PlaceRow | None) -> str:
        if place is None:
            return ""
        above = self.places.ancestor_of_kind(place.id, "community")
        return above.name if above else place.name

    def _asked_role(self, row: Row, place: PlaceRow | None, unit: int | None) -> str:
        likely = {
            "grid": "grid_worker",
            "community": "community_officer",
            "street": "street_officer",
            "building": "building_captain",
        }
        suggested = likely.get(place.kind, "") if place is not None else "unit_handler" if unit else ""
        choices = tuple(Choice(slug, ROLES[slug].label.text(language())) for slug in GIVEN_BY_IMPORT)
        kind = place.kind if place is not None else "unit"
        sentence = _("名单没有写角色。%(where)s的人员是什么角色？") % {
            "where": row.values.get("grid") or self._area(place) or row.values.get("organisation", "")
        }
        answer = self.run.ask(
            Question("role_of_list", kind, sentence, choices, remember=False, suggestion=suggested), row
        )
        if answer is None or not answer.value:
            raise Unsettled
        return answer.value

    def _check_scope(self, role: str, place: PlaceRow | None, unit: int | None) -> None:
        scope = ROLES[role].scope
        if scope == "place" and place is None:
            raise PeopleProblem("needs_place", _("这个角色须指定地点。"), field="community")
        if scope == "organisation" and unit is None:
            raise PeopleProblem("needs_organisation", _("这个角色须指定单位。"), field="organisation")

    def _person(self, row: Row, name: str, phone: str, planned: PlannedStaff) -> PlannedPerson:
        known = self.by_phone.get(crypto.blind(phone, PHONE)) if phone else None
        if known is not None and known.display_name != name:
            choices = (Choice("same", _("是同一个人")),)
            sentence = _("“%(name)s”的电话登记的是“%(known)s”。是同一个人吗？") % {
                "name": name,
                "known": known.display_name,
            }
            question = Question("same_person", f"{name}/{known.display_name}", sentence, choices)
            if self.run.ask(question, row) is None or not row.open:
                raise Unsettled
        if known is None:
            known = self._by_name(name, phone, planned)
        return PlannedPerson(
            name, phone, known.pk if known else None, new_phone=bool(known and phone and not known.phone_blind)
        )

    def _by_name(self, name: str, phone: str, planned: PlannedStaff) -> Any:
        """Somebody of this name who is there already: in the same place or unit, and with no other telephone."""
        for person in self.by_name.get(name, ()):
            if phone and person.phone_blind:
                continue
            for held in self.held.get(person.pk, ()):
                same_place = planned.place_id is not None and held.place_id == planned.place_id
                if same_place or (
                    planned.organisation_id is not None and held.organisation_id == planned.organisation_id
                ):
                    return person
        return None

    def _compare(self, row: Row, planned: PlannedStaff) -> None:
        for person in planned.people:
            if person.person_id is not None and person.person_id == getattr(self.run.actor, "person_id", None):
                row.reject(_("不能给自己任职，请另一位安全管理员办理。"), "name")
                return
            person.appointed = person.person_id is not None and any(
                (held.role, held.place_id) == (planned.role, planned.place_id)
                and (ROLES[planned.role].scope == "place" or held.organisation_id == planned.organisation_id)
                for held in self.held.get(person.person_id, ())
            )
        if any(person.person_id is None for person in planned.people):
            row.outcome = NEW
        elif all(person.appointed and not person.new_phone for person in planned.people):
            row.outcome = UNCHANGED
        else:
            row.outcome = CHANGED

    # --- writing -------------------------------------------------------------------------------------------------

    def write(self, rows: Sequence[Row], ledger: Ledger) -> None:
        """Persons and appointments, through the services of the room."""
        actor = entitled(self.run.actor, "people.appoint")
        made: dict[tuple[str, str], int] = {}
        for row in rows:
            planned: PlannedStaff = row.plan
            for person in planned.people:
                key = self._stored(actor, row, person, made, ledger)
                if person.appointed:
                    continue
                entry = services.appoint(
                    actor, key, planned.role, place_id=planned.place_id, organisation_id=planned.organisation_id,
                    valid_from=planned.valid_from, valid_to=planned.valid_to,
                )  # fmt: skip
                after = {
                    "person_id": key,
                    "role": planned.role,
                    "valid_to": planned.valid_to.isoformat() if planned.valid_to else None,
                }
                ledger.created(row, "people.Appointment", entry.pk, after)

    def _stored(
        self, actor: Any, row: Row, person: PlannedPerson, made: dict[tuple[str, str], int], ledger: Ledger
    ) -> int:
        known = person.person_id or (made.get((person.name, person.phone)) if person.phone else None)
        if known is None:
            found = Person.objects.filter(
                kind=Person.Kind.STAFF, erased_at=None, left_on=None, display_name=person.name,
                phone_blind=crypto.blind(person.phone, PHONE),
            ).first() if person.phone else None  # fmt: skip
            known = found.pk if found is not None else None
        if known is None:
            fresh, _password = services.create_staff(actor, name=person.name, phone=person.phone)
            ledger.created(row, "people.Person", fresh.pk, image(fresh, ("display_name", "phone_blind", "left_on")))
            known = fresh.pk
        elif person.new_phone:
            with watching(Person.objects.filter(pk=known)) as effects:
                services.change_staff(actor, known, name=person.name, phone=person.phone)
            ledger.note(row, effects)
        made[person.name, person.phone] = known
        return known

    def vanished(self, rows: Sequence[Row]) -> list[Vanished]:
        """Appointments to the same roles in the communities of the file whose persons it does not name."""
        plans = [row.plan for row in rows if row.plan is not None]
        named = {person.person_id for planned in plans for person in planned.people}
        roles = {planned.role for planned in plans}
        areas = {row.area for row in rows if row.plan is not None and row.area}
        names = {person.pk: person.display_name for person in self.known}
        others = [
            (person_id, entry)
            for person_id, held in self.held.items() if person_id in names and person_id not in named
            for entry in held if entry.role in roles and entry.place_id
        ]  # fmt: skip
        self.places.preload(entry.place_id for _person_id, entry in others)
        found = []
        for person_id, entry in others:
            area = self._area(self.places.get(entry.place_id))
            if area in areas:
                found.append(Vanished(f"{names[person_id]} {ROLES[entry.role].label.text(language())}", area))
        return found

    def undone(self, count: int) -> None:
        """Let every process read the organisations and who works where again."""
        bump_registry(RegistryVersion.ORGANISATIONS)
