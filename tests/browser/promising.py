"""Shops that have signed and check each other, for the pictures and journeys of promises."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.utils import timezone

from linli.inspections import mutual_services, promises
from linli.inspections.models import MutualCheck
from linli.people.models import Appointment, Organisation, Person, User
from linli.places.models import Place, RegistryVersion
from linli.places.services import bump_registry, create_place
from tests.browser.world import Member, World

LONG_NAME = "鹤山路农贸综合市场东侧老王记粮油副食品批发零售便民服务店"


def promised(world: World) -> dict[str, str]:
    """Three shops in the stage's grid, two signed, a round of mutual checks with one result to be told; their ids."""
    with world.inside():
        officer, today = world.actor("street"), timezone.localdate()
        grid = Place.objects.get(pk=world.places["grid"])
        lon, lat = world.home_point
        shops = [
            create_place(kind="site", site_kind="shop", name=name, parent_id=grid.pk, point=(lon + n * 0.0002, lat),
                         actor_label="test", valid_from=today)
            for n, name in enumerate(("张记五金店", LONG_NAME, "李记面馆"))
        ]  # fmt: skip
        given = promises.give_responsibility(
            officer, grid.pk, person_id=world.staff["street"].person_id, duty="背街小巷、门前秩序",
            organisation_id=world.organisations["housing"], since=today - timedelta(days=40), key=uuid.uuid4(),
        )  # fmt: skip
        signed = [
            promises.sign_agreement(officer, shop.pk, list(promises.DUTIES), signer="张女士",
                                    signed_on=today - timedelta(days=100), key=uuid.uuid4())
            for shop in shops[:2]
        ]  # fmt: skip
        kept = {duty: duty != "order" for duty in promises.DUTIES}
        promises.check_agreement(officer, signed[1].pk, kept, "门口堆了纸箱", key=uuid.uuid4())
        batch = uuid.uuid4()
        ids = [shop.pk for shop in shops]
        mutual_services.begin_mutual_checks(officer, ids, "本月商户安全互查", today + timedelta(days=7), key=batch)
        check = MutualCheck.objects.get(batch=batch, checked=shops[0])
        mutual_services.record_mutual_check(officer, check.pk, False, "灭火器压力不足，要换")
        keeper = _keeper(world, shops[0])
        bump_registry(RegistryVersion.PLACES)
    return {
        "shop": str(shops[2].pk), "responsibility": str(given.pk), "agreement": str(signed[0].pk),
        "failing": str(signed[1].pk), "mutual": str(batch), "check": str(check.pk), "keeper": keeper,
    }  # fmt: skip


def _keeper(world: World, shop: Place) -> str:
    """An account for the people of a shop; its user name."""
    now = timezone.now()
    unit = Organisation.objects.create(name=shop.name, short_name=shop.name, kind="shop", place=shop, path="0")
    unit.path = str(unit.pk)
    unit.save(update_fields=["path"])
    person = Person.objects.create(kind="staff", display_name="张明", created_at=now)
    user = User.objects.create(username=f"keeper{shop.pk}", person=person, created_at=now)
    Appointment.objects.create(
        person=person, role="shop_keeper", organisation=unit, valid_from=timezone.localdate(), created_at=now
    )
    bump_registry(RegistryVersion.ORGANISATIONS)
    world.staff[user.username] = Member(user.username, user.pk, person.pk)
    return user.username
