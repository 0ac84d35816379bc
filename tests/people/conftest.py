"""A small district with two streets, units in them, and people to appoint."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.people import second_factor
from linli.people.access import Actor, Grant
from linli.people.loading import load_actor
from linli.people.models import Appointment, Organisation, Person, User
from linli.people.roles import ROLES
from linli.places.models import Place
from linli.places.pinyin import sort_key


@dataclass
class District:
    """What the tests stand on."""

    places: dict[str, Place] = field(default_factory=dict)
    units: dict[str, Organisation] = field(default_factory=dict)
    _names: int = 0

    def place(self, key: str, kind: str, above: str | None = None) -> Place:
        row = Place.objects.create(kind=kind, name=key, parent=self.places.get(above or ""), path="0")
        row.path = f"{self.places[above].path}.{row.pk}" if above else str(row.pk)
        row.save()
        self.places[key] = row
        return row

    def unit(
        self, key: str, kind: str, above: str | None = None, place: str | None = None, **more: Any
    ) -> Organisation:
        row = Organisation.objects.create(
            kind=kind, name=key, pinyin=sort_key(key), parent=self.units.get(above), path="0",
            place=self.places.get(place), **more,
        )  # fmt: skip
        row.path = f"{self.units[above].path}.{row.pk}" if above else str(row.pk)
        row.save()
        self.units[key] = row
        return row

    def person(self, name: str = "", *, kind: str = "staff", username: str = "", password: str = "") -> Person:
        self._names += 1
        name = name or f"员工{self._names}"
        person = Person.objects.create(
            uid=uuid.uuid4(), kind=kind, display_name=name, pinyin=sort_key(name), created_at=timezone.now()
        )
        user = User(username=username or f"user{self._names}", person=person, created_at=timezone.now())
        user.set_password(password or "correct horse battery")
        user.save()
        return person

    def appoint(self, person: Person, role: str, *, place: str = "", unit: str = "", **more: Any) -> Appointment:
        values = {"valid_from": timezone.localdate() - timedelta(days=10), "created_at": timezone.now(), **more}
        return Appointment.objects.create(
            person=person, role=role, place=self.places.get(place), organisation=self.units.get(unit), **values
        )

    def actor(self, role: str, *, place: str = "", unit: str = "", strong: bool = True) -> Actor:
        person = self.person()
        self.appoint(person, role, place=place, unit=unit)
        return self.load(person, strong=strong)

    def load(self, person: Person, *, strong: bool = True, today: date | None = None) -> Actor:
        found = load_actor(person.user.pk, strong=strong, today=today)
        assert found is not None
        return found

    def enrolled(self, person: Person) -> str:
        secret = second_factor.new_secret()
        second_factor.enrol(person.user, secret, None)
        return secret


@pytest.fixture
def district(db: None) -> District:
    """District A with streets B and C, grids in B, a bureau with a station, two street offices."""
    made = District()
    made.place("district", "district")
    made.place("street_b", "street", "district")
    made.place("street_c", "street", "district")
    made.place("community", "community", "street_b")
    made.place("grid_1", "grid", "community")
    made.place("grid_2", "grid", "community")
    made.unit("government", "district_office", place="district")
    made.unit("bureau", "department", "government", "district", functions=["sanitation"])
    made.unit("station", "station", "bureau", "street_b", functions=["sanitation"])
    made.unit("other", "department", "government", "district", functions=["water"])
    made.unit("office_b", "street_office", "government", "street_b", functions=["street"])
    return made


def administrator(role: str = "security_administrator") -> Actor:
    """An actor with one administrator's role, not in the database."""
    grant = Grant(ROLES[role].permissions, role=role, everything=True)
    return Actor(user_id=None, roles=frozenset({role}), grants=(grant,), channel="staff", strong=True)
