"""A small seeded district for browser tests, in a database of its own that the server process uses as well."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone
from PIL import Image, ImageDraw
from shapely.geometry import LineString, Point, box

from linli.people import crypto, sessions
from linli.people.access import Actor, Grant, system_actor
from linli.people.loading import load_actor
from linli.people.models import Appointment, Person, User
from linli.people.roles import PERMISSIONS
from linli.people.services import create_organisation
from linli.people.sessions import SessionStore
from linli.places.calendar_services import seed_calendar
from linli.places.models import RegistryVersion
from linli.places.services import bump_registry
from linli.places.sheet import Sheet, SheetRow
from linli.requests.reporting import Report
from linli.requests.services import Reported, report
from linli.work.models import Category
from linli.work.seed import seed_catalogue
from linli.work.services import Outcome, advance
from linli.work.uploads import receive
from tests.support import databases
from tests.support.databases import TestServer

WEST, SOUTH, STEP = 120.440, 36.380, 0.004
COMMUNITIES = (("墨河社区", "通济街道"), ("集发阳光城社区", "通济街道"), ("东关社区", "环秀街道"))
GRIDS_PER_COMMUNITY = 4
PASSWORD = "correct-horse-battery-staple"

# username: (role, place key, organisation key)
STAFF: Mapping[str, tuple[str, str, str]] = {
    "duty": ("duty_officer", "district", "hotline"),
    "dispatcher": ("dispatcher", "district", "office"),
    "supervisor": ("supervisor", "district", "office"),
    "callback": ("callback_officer", "district", "hotline"),
    "director": ("office_director", "district", "office"),
    "street": ("street_officer", "street", "street"),
    "community": ("community_officer", "community", "community"),
    "grid": ("grid_worker", "grid", "community"),
    "captain": ("building_captain", "building", ""),
    "unithead": ("unit_head", "", "sanitation"),
    "handler": ("unit_handler", "", "sanitation"),
    "squad": ("unit_head", "", "enforcement"),
    "property": ("property_manager", "", "property"),
    "editor": ("content_editor", "district", "office"),
    "admin": ("system_administrator", "", ""),
    "security": ("security_administrator", "", ""),
    "auditor": ("auditor", "", ""),
}

ORGANISATIONS: Sequence[tuple[str, str, str, str, str, tuple[str, ...], bool]] = (
    ("office", "即墨区文明创建办公室", "区创建办", "department", "district", ("civil_city",), False),
    ("hotline", "即墨区便民热线受理中心", "区热线中心", "hotline", "district", ("hotline",), False),
    (
        "housing",
        "即墨区住房和城乡建设局",
        "区住建局",
        "department",
        "district",
        ("housing", "roads", "lighting"),
        False,
    ),
    ("greening", "即墨区园林绿化中心", "区园林中心", "department", "district", ("greening", "environment"), False),
    ("water", "即墨区水务局", "区水务局", "department", "district", ("water",), False),
    ("police", "即墨区公安交警大队", "交警大队", "police", "district", ("traffic", "police"), True),
    ("market", "即墨区市场监督管理局", "区市场监管局", "department", "district", ("market",), True),
    ("street", "通济街道办事处", "通济街道办", "street_office", "street", ("street", "civil_affairs"), False),
    ("sanitation", "通济街道环境卫生管理所", "通济街道环卫所", "station", "street", ("sanitation",), False),
    ("enforcement", "通济街道综合行政执法中队", "通济执法中队", "enforcement", "street", ("urban_management",), True),
    ("community", "墨河社区居民委员会", "墨河社区", "community_committee", "community", ("community",), False),
    ("property", "墨河祥和物业服务有限公司", "祥和物业（墨河）", "property_manager", "community", ("property",), False),
)


@dataclass(frozen=True)
class Member:
    """One of the staff: how they sign in, and who they are."""

    username: str
    user_id: int
    person_id: int


@dataclass
class World:
    """What the tests may lean on. `inside()` points Django of the test's own process at this database."""

    name: str
    inside: Callable[[], AbstractContextManager[None]]
    places: dict[str, int] = field(default_factory=dict)
    organisations: dict[str, int] = field(default_factory=dict)
    staff: dict[str, Member] = field(default_factory=dict)
    home_point: tuple[float, float] = (WEST + STEP / 2, SOUTH + STEP / 2)
    outside_point: tuple[float, float] = (116.39, 39.90)

    def actor(self, username: str) -> Actor:
        """The actor behind a member of staff, signed in with both factors."""
        with self.inside():
            found = load_actor(self.staff[username].user_id, strong=True)
        assert found is not None
        return found

    def cookie(self, username: str, *, strong: bool = True) -> dict[str, Any]:
        """A browser cookie with which the member of staff is signed in."""
        with self.inside():
            user = User.objects.get(username=username)
            store = SessionStore()
            store[sessions.USER] = str(user.pk)
            store["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
            store["_auth_user_hash"] = user.get_session_auth_hash()
            store[sessions.KIND], store[sessions.STRONG] = "staff", strong
            store[sessions.BEGAN] = timezone.now().isoformat()
            store.create()
        return {"name": settings.SESSION_COOKIE_NAME, "value": store.session_key}

    def category(self, code: str) -> int:
        """The category of a code that is in force."""
        with self.inside():
            return Category.objects.get(code=code, valid_to=None).pk

    def report(self, words: str = "楼下垃圾桶满了，两天没人清运，气味很大", **more: Any) -> Reported:
        """A resident's report in the first grid, as the public page would send it."""
        values: dict[str, Any] = {"kind": "help", "longitude": self.home_point[0], "latitude": self.home_point[1]}
        with self.inside():
            return report(
                Actor(**_anonymous()), Report(words=words, **(values | more)), key=uuid.uuid4().hex, device="tests"
            )

    def upload(self, shade: int = 90) -> str:
        """A small photo, received and waiting to be claimed; its token."""
        image = Image.effect_noise((640, 480), 30).convert("RGB")
        ImageDraw.Draw(image).rectangle((80, 160, 560, 440), fill=(shade, 110, 70))
        file = BytesIO()
        image.save(file, "JPEG", quality=85)
        with self.inside():
            return str(receive(BytesIO(file.getvalue()), owner="dtests", kind_hint="photo").token)

    def take(self, username: str, item_id: int, code: str, **data: Any) -> Outcome:
        """One step of a member of staff (or of "system") on an item."""
        with self.inside():
            actor = system_actor() if username == "system" else self.actor(username)
            return advance(actor, item_id, [(code, data)], key=uuid.uuid4().hex)

    def close(self, made: Reported) -> None:
        """Walk a dispatched request to its end: signed, answered, approved, verified by someone else."""
        self.take("handler", made.item_id, "sign")
        self.take(
            "handler", made.item_id, "reply", outcome="solved", answer="已清运并冲洗地面，今后每天两次。",
            after=[self.upload(150)],
        )  # fmt: skip
        self.take("unithead", made.item_id, "endorse_reply")
        self.take("dispatcher", made.item_id, "approve_reply")
        self.take("grid", made.item_id, "verify_pass")


def _anonymous() -> dict[str, Any]:
    from linli.people.access import anonymous

    actor = anonymous()
    return {"roles": actor.roles, "grants": actor.grants, "channel": actor.channel, "language": actor.language}


def somebody_who_may_all() -> Actor:
    """Whoever sets up the world."""
    return Actor(grants=(Grant(PERMISSIONS, everything=True, role="system"),), channel="system")


def build(server: TestServer, template: str, unblock: Callable[[], AbstractContextManager[None]]) -> World:
    """Make the database and put the district into it."""
    name = server.fresh(template)

    @contextmanager
    def inside() -> Iterator[None]:
        before = str(connections.databases["default"]["NAME"])
        if before == name:
            yield
            return
        with unblock():
            databases.use(server.app, name)
            try:
                yield
            finally:
                connections["default"].close()
                databases.use(server.app, before)

    world = World(name, inside)
    with inside():
        crypto.ensure_keys()
        with transaction.atomic():
            _places(world)
            seed_calendar(timezone.localdate().year - 1, timezone.localdate().year + 2, actor_label="tests")
            seed_catalogue()
            _organisations(world)
            _staff(world)
            bump_registry(RegistryVersion.ORGANISATIONS)
    return world


def _places(world: World) -> None:
    sheet = Sheet()
    keys: dict[str, int] = {}
    width, height = STEP * 2 * len(COMMUNITIES), STEP * 2
    top = sheet.add(SheetRow("province", "山东省", None, code="370000", code_scheme="gb2260"))
    top = sheet.add(SheetRow("city", "青岛市", top, code="370200", code_scheme="gb2260"))
    whole = box(WEST, SOUTH, WEST + width, SOUTH + height)
    keys["district"] = top = sheet.add(
        SheetRow("district", "即墨区", top, code="370215", code_scheme="gb2260", geometry=whole)
    )
    for number, (community, street) in enumerate(COMMUNITIES):
        west = WEST + number * STEP * 2
        if street not in keys:
            span = STEP * 2 * sum(1 for entry in COMMUNITIES if entry[1] == street)
            keys[street] = sheet.add(
                SheetRow(
                    "street", street, top, code=f"37021500{3 - len(keys) + 1}", code_scheme="gb10114",
                    geometry=box(west, SOUTH, west + span, SOUTH + height), boundary_synthetic=True,
                )
            )  # fmt: skip
        area = box(west, SOUTH, west + STEP * 2, SOUTH + height)
        code = f"370215003{number + 1:03d}"
        keys[community] = sheet.add(
            SheetRow("community", community, keys[street], code=code, code_scheme="statistics", geometry=area)
        )
        _grids(sheet, keys, community, west, code)
    sheet.add(
        SheetRow(
            "road", "鹤山路", keys["通济街道"], synthetic=True,
            geometry=LineString([(WEST, SOUTH + STEP), (WEST + width, SOUTH + STEP)]),
        )
    )  # fmt: skip
    ids = sheet.write()
    bump_registry(RegistryVersion.PLACES)
    world.places = {key: ids[index] for key, index in keys.items()}
    world.places |= {"street": world.places["通济街道"], "community": world.places["墨河社区"]}
    world.places |= {"grid": world.places["墨河社区1"], "building": world.places["墨河社区1楼"]}


def _grids(sheet: Sheet, keys: dict[str, int], community: str, west: float, code: str) -> None:
    street = dict(COMMUNITIES)[community]
    for n in range(GRIDS_PER_COMMUNITY):
        left, low = west + (n % 2) * STEP, SOUTH + (n // 2) * STEP
        key = f"{community}{n + 1}"
        keys[key] = sheet.add(
            SheetRow(
                "grid", f"{street}{community}第{n + 1}网格", keys[community], code=f"{code}{n + 1:03d}",
                code_scheme="grid", household_count=280 + n, synthetic=True,
                geometry=box(left, low, left + STEP, low + STEP),
            )
        )  # fmt: skip
        short = community.removesuffix("社区")
        keys[f"{key}楼"] = sheet.add(
            SheetRow(
                "building", f"{short}小区{n + 1}号楼", keys[key], synthetic=True,
                geometry=box(left + 0.0012, low + 0.0012, left + 0.0018, low + 0.0016),
            )
        )  # fmt: skip
        sheet.add(
            SheetRow(
                "landmark", f"{short}便民服务站{n + 1}", keys[key], site_kind="service_centre", synthetic=True,
                geometry=Point(left + 0.003, low + 0.003),
            )
        )  # fmt: skip


def _organisations(world: World) -> None:
    actor = somebody_who_may_all()
    for key, name, short, kind, place, functions, can_order in ORGANISATIONS:
        row = create_organisation(
            actor, name=name, short_name=short, kind=kind, place_id=world.places[place], functions=functions,
            can_order=can_order, contact="0532-8855 0000",
        )  # fmt: skip
        world.organisations[key] = row.pk


def _staff(world: World) -> None:
    now = timezone.now()
    for username, (role, place, organisation) in STAFF.items():
        person = Person.objects.create(
            uid=uuid.uuid4(), kind=Person.Kind.STAFF, display_name=f"王{username}", pinyin=username, created_at=now
        )
        Appointment.objects.create(
            person=person, role=role, place_id=world.places.get(place), created_at=now,
            organisation_id=world.organisations.get(organisation), valid_from=timezone.localdate() - timedelta(days=90),
        )  # fmt: skip
        user = User(username=username, person=person, created_at=now, is_staff=username == "admin")
        user.set_password(PASSWORD)
        user.must_change_password = False
        user.save(force_insert=True)
        world.staff[username] = Member(username, user.pk, person.pk)
