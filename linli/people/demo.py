"""The demo's people: units of all seven districts, staff of the stage, and logins to try every role.

Logins, passwords and codes exist only where the demo may run: on loopback, with the embedded database.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from linli.people import accounts, conf, crypto, personal, second_factor
from linli.people.demo_names import names
from linli.people.demo_staff import SINCE, roster, staff_buildings, staff_grids, staff_units
from linli.people.loading import token_digest
from linli.people.models import ApiToken, Appointment, Organisation, Person, RecoveryCode, User
from linli.people.roles import ROLES
from linli.people.units import Unit, district_units, enter_units, street_stations
from linli.places.models import Place, RegistryVersion
from linli.places.pinyin import sort_key
from linli.places.services import bump_registry

JIMO, TONGJI, HUANXIU, YANBEI, GASIXIANG = "370215", "370215003", "370215002", "211302010", "630104005005"
STAGE_COMMUNITY = "370215003017"
RESIDENT_PHONE, RESIDENT_NAME = "13800138000", "周晓梅"
PROPERTY_BRANDS = (
    "祥和",
    "安居",
    "阳光",
    "和润",
    "金桂",
    "汇景",
    "家和",
    "星海",
    "德馨",
    "锦绣",
    "惠民",
    "康庭",
    "嘉禾",
)
TOKEN_NAME = "demo"  # noqa: S105 - what it is called


@dataclass(frozen=True)
class Login:
    """A demo login: user name and appointments as (role, key of the place, key of the unit)."""

    username: str
    appointments: tuple[tuple[str, str, str], ...]


LOGINS: tuple[Login, ...] = (
    Login("duty", (("duty_officer", "district", "hotline"),)),
    Login("dispatcher", (("dispatcher", "district", "office"),)),
    Login("supervisor", (("supervisor", "district", "office"),)),
    Login("callback", (("callback_officer", "district", "hotline"),)),
    Login("director", (("office_director", "district", "office"),)),
    Login("street", (("street_officer", "street", "street"), ("unit_handler", "", "street"))),
    Login("community", (("community_officer", "community", "community"), ("unit_handler", "", "community"))),
    Login("grid", (("grid_worker", "grid", "community"),)),
    Login("captain", (("building_captain", "building", ""),)),
    Login("unithead", (("unit_head", "", "sanitation"),)),
    Login("handler", (("unit_handler", "", "sanitation"),)),
    Login("squad", (("unit_head", "", "enforcement"),)),
    Login("bureau", (("unit_head", "", "bureau"), ("unit_handler", "", "bureau"))),
    Login("property", (("property_manager", "", "property"),)),
    Login("shop", (("shop_keeper", "", "shop"),)),
    Login("editor", (("content_editor", "district", "office"),)),
    Login("yanbei", (("street_officer", "yanbei", "yanbei"),)),
    Login("gasixiang", (("community_officer", "gasixiang", "gasixiang"),)),
    Login("admin", (("system_administrator", "", ""),)),
    Login("security", (("security_administrator", "", ""),)),
    Login("auditor", (("auditor", "", ""),)),
    Login("counter", (("counter_volunteer", "community", ""),)),
)

_made: list[dict[str, Any]] | None = None


class DemoNotAllowed(RuntimeError):
    """The demo's logins may not exist here."""


def load(progress: Callable[[str], object] | None = None) -> int:
    """Load organisations, staff and logins; how many persons. A second call changes nothing."""
    tell = progress or (lambda _text: None)
    _check_allowed()
    crypto.ensure_keys()
    if Organisation.objects.filter(synthetic=True).exists():
        return 0
    with transaction.atomic():
        tell("单位 / organisations")
        rows = _organisations()
        tell("人员 / staff")
        stage = _stage(rows)
        staff_units([row for row in rows if _is_staffed(row, stage)])
        communities = {row.place_id: row for row in rows if row.kind == "community_committee" and row.place_id}
        staff_grids(stage.places["district"], communities, {stage.places["grid"].pk})
        for key in ("yanbei_street", "gasixiang"):
            staff_grids(stage.places[key], communities, set())
        captained = {stage.places["building"].pk} if "building" in stage.places else set()
        staff_buildings(stage.places["street"], captained)
        tell("登录 / logins")
        global _made
        _made = _accounts(stage)
        bump_registry(RegistryVersion.ORGANISATIONS)
    return Person.objects.count()


def _check_allowed() -> None:
    if not getattr(settings, "LINLI_DEMO_ALLOWED", False):
        raise DemoNotAllowed("the demo's logins exist only on loopback with the embedded database")


def _organisations() -> list[Organisation]:
    rows: list[Organisation] = []
    brands = 0
    for district in Place.objects.filter(kind="district", code_scheme="gb2260").order_by("code"):
        units = district_units(district, stations=district.code == JIMO)
        for number, unit in enumerate(list(units)):
            place = _stage_street(district, unit)
            if place is not None and district.code != JIMO:
                units.extend(street_stations(place, number))
            if unit.kind == "community_committee" and _has_property_manager(unit):
                brand = PROPERTY_BRANDS[brands % len(PROPERTY_BRANDS)]
                name = f"{unit.short_name.removesuffix('社区')}{brand}物业服务有限公司"
                short = f"{brand}物业（{unit.short_name.removesuffix('社区')}）"
                units.append(Unit(name, "property_manager", number, short, unit.place_id, ("property",)))
                brands += 1
        rows.extend(enter_units(units, synthetic=True))
    return rows


_codes: dict[int, str] = {}


def _code(place_id: int | None) -> str:
    if not _codes:
        _codes.update(Place.objects.filter(kind__in=("street", "community")).values_list("id", "code"))
    return _codes.get(place_id or 0, "")


def _stage_street(district: Place, unit: Unit) -> Place | None:
    """The street of Yanbei or of Gasixiang community, when the unit is its office."""
    if unit.kind == "street_office" and _code(unit.place_id) in (YANBEI, GASIXIANG[:9]):
        return Place.objects.get(pk=unit.place_id or 0)
    return None


def _has_property_manager(unit: Unit) -> bool:
    return _code(unit.place_id).startswith((TONGJI, HUANXIU, YANBEI, GASIXIANG[:9]))


@dataclass
class _Stage:
    places: dict[str, Place]
    units: dict[str, Organisation]


def _stage(rows: list[Organisation]) -> _Stage:
    """The places and units at which the logins work."""
    place = Place.objects.get
    places = {
        "district": place(code=JIMO, code_scheme="gb2260"),
        "street": place(code=TONGJI, kind="street"),
        "community": place(code=STAGE_COMMUNITY, kind="community"),
        "yanbei_street": place(code=YANBEI, kind="street"),
        "gasixiang": place(code=GASIXIANG, kind="community"),
    }
    places["yanbei"] = places["yanbei_street"]
    grids = Place.objects.filter(parent=places["community"], kind="grid", layer="governance").order_by("code", "id")
    places["grid"] = grids[0]
    building = Place.objects.filter(path__descendant_of=grids[0].path, kind="building").order_by("id").first()
    if building is not None:
        places["building"] = building

    def unit(place_key: str, kind: str, function: str = "") -> Organisation:
        return next(
            row
            for row in rows
            if row.place_id == places[place_key].pk and row.kind == kind and (not function or function in row.functions)
        )

    units = {
        "office": unit("district", "department", "civil_city"),
        "hotline": unit("district", "hotline"),
        "street": unit("street", "street_office"),
        "community": unit("community", "community_committee"),
        "sanitation": unit("street", "station", "sanitation"),
        "enforcement": unit("street", "enforcement"),
        "bureau": unit("district", "enforcement", "urban_management"),
        "property": unit("community", "property_manager"),
        "yanbei": unit("yanbei", "street_office"),
        "gasixiang": unit("gasixiang", "community_committee"),
        # Its place is a site, which the demo of inspections brings.
        "shop": enter_units([Unit("示例便民超市", "shop")], synthetic=True)[0],
    }
    return _Stage(places, units)


def _is_staffed(row: Organisation, stage: _Stage) -> bool:
    """Units of Jimo's streets and departments, of Yanbei and of Gasixiang have staff; the rest stands empty."""
    if row.place_id == stage.places["district"].pk:
        return True
    return _code(row.place_id).startswith((JIMO, YANBEI, GASIXIANG))


def _accounts(stage: _Stage) -> list[dict[str, Any]]:
    """A person, an account, a second factor and a token for each login; the rows of demo-logins.json."""
    people, now = names(2024), timezone.now()
    rows, on_duty = [], []
    for login in LOGINS:
        if any(place == "building" and "building" not in stage.places for _role, place, _unit in login.appointments):
            continue
        name, uid = next(people), uuid.uuid4()
        person = Person.objects.create(
            uid=uid,
            kind=Person.Kind.STAFF,
            display_name=name,
            pinyin=sort_key(name),
            created_at=now,
            **personal.sealed(uid, name=name),
        )
        for role, place, unit in login.appointments:
            Appointment.objects.create(
                person=person,
                role=role,
                place=stage.places[place] if place else None,
                organisation=stage.units[unit] if unit else None,
                valid_from=SINCE,
                created_at=now,
            )
        user = User(username=login.username, person=person, created_at=now, is_staff=login.username == "admin")
        rows.append(_credentials(user, login))
        if login.username in ("duty", "callback", "dispatcher"):
            on_duty.append(person.pk)
    roster(stage.units["hotline"], on_duty, on_duty[0])
    offices = Appointment.objects.filter(organisation=stage.units["street"]).order_by("person_id")
    roster(stage.units["street"], list(dict.fromkeys(offices.values_list("person_id", flat=True)))[-4:])
    return [*rows, _resident()]


def _credentials(user: User, login: Login) -> dict[str, Any]:
    """Give an account a new password, second factor and token, and describe it."""
    password = accounts.first_password()
    user.set_password(password)
    user.is_active, user.must_change_password = True, False
    user.save()
    role = ROLES[login.appointments[0][0]]
    secret = token = ""
    if role.second_factor:
        secret = second_factor.new_secret()
        RecoveryCode.objects.filter(user=user).delete()
        second_factor.enrol(user, secret, None)
    if "tokens.own" in role.permissions:
        token = accounts.TOKEN_PREFIX + secrets.token_urlsafe(32)
        ApiToken.objects.filter(user=user, name=TOKEN_NAME).delete()
        ApiToken.objects.create(
            user=user,
            name=TOKEN_NAME,
            digest=token_digest(token),
            hint=token[-4:],
            created_at=timezone.now(),
            expires_at=timezone.now() + timedelta(days=365),
        )
    return {
        "role": f"{role.label.zh} {role.label.en}",
        "username": user.username,
        "password": password,
        "totp_secret": secret,
        "api_token": token,
    }


def _resident() -> dict[str, Any]:
    """The resident signs in by phone; the code shows on the page."""
    person_id = personal.find_or_create_resident(name="", phone=RESIDENT_PHONE)
    if not User.objects.filter(person_id=person_id).exists():
        user = User(username="resident", person_id=person_id, created_at=timezone.now())
        user.set_unusable_password()
        user.save(force_insert=True)
    label = ROLES["resident"].label
    return {
        "role": f"{label.zh} {label.en}",
        "username": RESIDENT_PHONE,
        "password": "页面上的验证码 / code shown on the page",
        "totp_secret": "",
        "api_token": "",
    }


def logins() -> list[dict[str, Any]]:
    """The rows of demo-logins.json: those just made, those in the file, or, when it is lost, new ones."""
    global _made
    _check_allowed()
    if _made is None:
        _made = _from_file() or _renewed()
    return _made


def _from_file() -> list[dict[str, Any]] | None:
    try:
        rows = json.loads(conf.demo_logins_file().read_text(encoding="utf-8"))
        known = {row["username"]: row for row in rows}
        stored = dict(User.objects.filter(username__in=known).values_list("username", "password"))
        probe = LOGINS[0].username
        return rows if check_password(known[probe]["password"], stored[probe]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@transaction.atomic
def _renewed() -> list[dict[str, Any]]:
    users = {user.username: user for user in User.objects.filter(username__in=[row.username for row in LOGINS])}
    rows = [_credentials(users[login.username], login) for login in LOGINS if login.username in users]
    return [*rows, _resident()]
