"""A small whole world for tests: a district of one street, two communities, four grids, units, and staff in every role.

Grids are squares of about 1 km around (120.45, 36.38). `world()` builds it with the rooms' own writers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone
from shapely.geometry import box

from linli.people.access import Actor, anonymous
from linli.people.loading import load_actor
from linli.people.models import Appointment, Organisation, Person, User
from linli.places.calendar_services import seed_calendar
from linli.places.models import Place, RegistryVersion
from linli.places.services import bump_registry, create_place
from linli.work.models import Category
from linli.work.seed import seed_catalogue

WEST, SOUTH, STEP = 120.44, 36.37, 0.01
INSIDE = {"east": (120.4552, 36.3752), "west": (120.4452, 36.3752)}
OUTSIDE = (121.9, 36.9)


@dataclass
class World:
    """Names of what was built, and actors by role."""

    places: dict[str, Place] = field(default_factory=dict)
    units: dict[str, Organisation] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """The actor of a role, loaded as a request would load them (with a second factor)."""
        if name == "anonymous":
            return anonymous()
        if name not in self.actors:
            found = load_actor(self.users[name].pk, strong=True)
            assert found is not None
            self.actors[name] = found
        return self.actors[name]

    def category(self, code: str) -> Category:
        """The valid category with a code."""
        return Category.objects.get(code=code, valid_to=None)


def _places(world: World) -> None:
    common: dict[str, Any] = {"actor_label": "test", "valid_from": date(2020, 1, 1)}
    whole = box(WEST, SOUTH, WEST + 2 * STEP, SOUTH + 2 * STEP)
    district = create_place(
        kind="district", name="试验区", code="370299", code_scheme="GB/T 2260", geometry=whole, **common
    )
    street = create_place(kind="street", name="试验街道", parent_id=district.pk, geometry=whole, **common)
    world.places |= {"district": district, "street": street}
    for column, name in enumerate(("west", "east")):
        x = WEST + column * STEP
        community = create_place(
            kind="community", name={"west": "西湖社区", "east": "东山社区"}[name], parent_id=street.pk,
            geometry=box(x, SOUTH, x + STEP, SOUTH + 2 * STEP), point=(x + STEP / 2, SOUTH + STEP), **common,
        )  # fmt: skip
        world.places[name] = community
        for row in (0, 1):
            y = SOUTH + row * STEP
            world.places[f"{name}_grid{row + 1}"] = create_place(
                kind="grid", name=f"{community.name}第{row + 1}网格", parent_id=community.pk,
                geometry=box(x, y, x + STEP, y + STEP), point=(x + STEP / 2, y + STEP / 2), **common,
            )  # fmt: skip


def _unit(world: World, name: str, label: str, kind: str, place: str, functions: tuple[str, ...], **more: Any) -> None:
    parent = world.units.get(more.pop("parent", ""))
    unit = Organisation.objects.create(
        name=label, short_name=label, kind=kind, place=world.places[place], functions=list(functions), path="0",
        parent=parent, **more,
    )  # fmt: skip
    unit.path = f"{parent.path}.{unit.pk}" if parent else str(unit.pk)
    unit.save(update_fields=["path"])
    world.units[name] = unit


def _units(world: World) -> None:
    _unit(world, "office", "区创建办", "department", "district", ("civil_city", "hotline"))
    _unit(world, "enforcement", "区综合执法局", "enforcement", "district", ("urban_management",), can_order=True)
    _unit(world, "sanitation", "区环卫中心", "department", "district", ("sanitation",))
    _unit(world, "housing", "区住建局", "department", "district", ("housing",))
    _unit(world, "water", "区水务局", "department", "district", ("water",))
    _unit(world, "street", "试验街道办", "street_office", "street", ())
    _unit(world, "east", "东山社区居委会", "community_committee", "east", ("community",), parent="street")
    _unit(world, "west", "西湖社区居委会", "community_committee", "west", ("community",), parent="street")
    _unit(world, "property", "东山物业", "property_manager", "east", ("property",))


# name, role, display name, place, unit
STAFF: tuple[tuple[str, str, str, str, str], ...] = (
    ("dispatcher", "dispatcher", "杜鹏", "district", "office"),
    ("duty", "duty_officer", "段宁", "district", "office"),
    ("duty2", "duty_officer", "邓冉", "district", "office"),
    ("supervisor", "supervisor", "苏敏", "district", "office"),
    ("director", "office_director", "季伟", "district", "office"),
    ("callback", "callback_officer", "白露", "district", "office"),
    ("street", "street_officer", "史磊", "street", "street"),
    ("community", "community_officer", "康静", "east", "east"),
    ("community_west", "community_officer", "邢岚", "west", "west"),
    ("grid", "grid_worker", "葛青", "east_grid1", "east"),
    ("grid2", "grid_worker", "顾北", "east_grid2", "east"),
    ("grid_west", "grid_worker", "耿西", "west_grid1", "west"),
    ("captain", "building_captain", "楼大爷", "east_grid1", "east"),
    ("head", "unit_head", "贺强", "", "sanitation"),
    ("handler", "unit_handler", "韩立", "", "sanitation"),
    ("handler2", "unit_handler", "郝仁", "", "sanitation"),
    ("enforcer", "unit_handler", "鄂州", "", "enforcement"),
    ("enforcer_head", "unit_head", "冯远", "", "enforcement"),
    ("property", "property_manager", "庞然", "", "property"),
    ("admin", "system_administrator", "安正", "", ""),
    ("security", "security_administrator", "沈安", "", ""),
    ("auditor", "auditor", "严查", "", ""),
)


def _staff(world: World) -> None:
    now, today = timezone.now(), date(2024, 1, 1)
    for name, role, label, place, unit in STAFF:
        person = Person.objects.create(kind="staff", display_name=label, created_at=now)
        world.users[name] = User.objects.create(username=name, person=person, created_at=now)
        Appointment.objects.create(
            person=person, role=role, place=world.places.get(place), organisation=world.units.get(unit),
            valid_from=today, created_at=now,
        )  # fmt: skip
    resident = Person.objects.create(kind="resident", created_at=now)
    world.users["resident"] = User.objects.create(username="resident", person=resident, created_at=now)


def build_world() -> World:
    """Build it in the present database."""
    world = World()
    _places(world)
    _units(world)
    _staff(world)
    seed_catalogue()
    rubbish = world.category("01")
    indoors = Category.objects.create(
        scheme="test", code="0102x", parent=rubbish, path="0", name="垃圾费咨询", function="sanitation",
        needs_site_check=False, valid_from=timezone.now(),
    )  # fmt: skip
    indoors.path = f"{rubbish.path}.{indoors.pk}"
    indoors.save(update_fields=["path"])
    seed_calendar(2026, 2027, actor_label="test")
    bump_registry(RegistryVersion.ORGANISATIONS)
    return world
