"""Shops for the small world: sites of the kinds that sign and check each other, and a keeper with an account."""

from __future__ import annotations

import uuid
from datetime import date

from django.utils import timezone

from linli.inspections import mutual_services, promises
from linli.inspections.models import MutualCheck
from linli.people.access import Actor
from linli.people.models import Appointment, Organisation, Person, User
from linli.places.models import Place, RegistryVersion
from linli.places.services import bump_registry, create_place
from tests.support.world import SOUTH, STEP, WEST, World


def open_shops(world: World, count: int = 4, grid: str = "east_grid1", kind: str = "shop") -> list[Place]:
    """So many shops in a grid, named 商铺1 …"""
    x, y = WEST + STEP + 0.001, SOUTH + 0.001
    return [
        create_place(
            kind="site", site_kind=kind, name=f"商铺{number + 1}", parent_id=world.places[grid].pk,
            point=(x + number * 0.0005, y), actor_label="test", valid_from=date(2024, 1, 1),
        )
        for number in range(count)
    ]  # fmt: skip


def give_keeper(world: World, shop: Place, name: str = "keeper") -> User:
    """An account for the people of a shop: a unit at the site, a person appointed to it. `world.users[name]`."""
    now = timezone.now()
    person = Person.objects.create(kind="staff", display_name=f"{shop.name}店主", created_at=now)
    world.users[name] = User.objects.create(username=name, person=person, created_at=now)
    keep_too(world, name, shop)
    return world.users[name]


def keep_too(world: World, name: str, shop: Place) -> Actor:
    """Somebody who has an account keeps this shop (too): a unit at the site, and an appointment to it."""
    unit = Organisation.objects.create(name=shop.name, short_name=shop.name, kind="shop", place=shop, path="0")
    unit.path = str(unit.pk)
    unit.save(update_fields=["path"])
    Appointment.objects.create(
        person=world.users[name].person, role="shop_keeper", organisation=unit, valid_from=date(2024, 1, 1),
        created_at=timezone.now(),
    )  # fmt: skip
    bump_registry(RegistryVersion.ORGANISATIONS)
    world.actors.pop(name, None)
    return world.actor(name)


def a_promised_shop(world: World) -> dict[str, str]:
    """A shop with a keeper, an agreement and a mutual check with its neighbour; ids by the names of addresses."""
    shop, other = open_shops(world, 2)
    give_keeper(world, shop)
    today, grid = timezone.localdate(), world.actor("grid")
    given = promises.give_responsibility(
        grid, shop.pk, organisation_id=world.units["housing"].pk, since=today, key=uuid.uuid4()
    )
    signed = promises.sign_agreement(grid, shop.pk, ["clean"], signed_on=today, key=uuid.uuid4())
    batch = uuid.uuid4()
    mutual_services.begin_mutual_checks(grid, [shop.pk, other.pk], "互查", today, key=batch)
    check = MutualCheck.objects.get(batch=batch, checker=shop)
    return {
        "site_id": str(shop.pk), "responsibility_id": str(given.pk), "agreement_id": str(signed.pk),
        "check_id": str(check.pk), "batch": str(batch),
    }  # fmt: skip
