"""Every address × method × role, generated from the URL map, asked in the APP role, held against expected.csv."""

from __future__ import annotations

import logging
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from linli.exchange import services as import_services
from linli.exchange import storage
from linli.inspections.dissuasion import record_dissuasion, setup_themes
from linli.inspections.letters import urge
from linli.inspections.models import DissuasionTheme
from linli.inspections.visits import plan_visits
from linli.people.importers import importer_for, operator
from linli.people.models import User
from linli.people.roles import ROLES
from tests.matrix.looking import cookie
from tests.matrix.room_scene import appoint
from tests.matrix.table import UPDATING, Table, differences, settle
from tests.support import rooms, small_standard
from tests.support.calling import Caller
from tests.support.shops import a_promised_shop
from tests.support.world import World

METHODS = ("GET", "POST")
# So that several processes measure at the same time; the table is written anew by one.
SHARES = 1 if UPDATING else 4
# username in the small world by role
USERS = {
    "anonymous": "", "resident": "resident", "building_captain": "captain", "grid_worker": "grid",
    "community_officer": "community", "street_officer": "street", "unit_handler": "handler", "unit_head": "head",
    "property_manager": "property", "shop_keeper": "keeper", "duty_officer": "duty", "activity_leader": "leader",
    "counter_volunteer": "counter",
    "dispatcher": "dispatcher", "supervisor": "supervisor",
    "callback_officer": "callback", "office_director": "director", "content_editor": "editor",
    "system_administrator": "admin", "security_administrator": "security", "auditor": "auditor",
}  # fmt: skip
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
browser = Client(raise_request_exception=False)
# pages below /desk/ that anybody signed in may read
OPEN = frozenset({"desk/people/roles/", "desk/inbox/", "desk/inbox/read/"})
# addresses whose answer is not theirs to give: Django's own administration is one row
FOREIGN = ("admin/",)


def addresses(entries: list[Any], before: str = "") -> Iterator[str]:
    """All routes of the URL map, as Django writes them."""
    for entry in entries:
        route = before + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLResolver):
            if before == "" and route in FOREIGN:
                yield route
            else:
                yield from addresses(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route


def sample(route: str, known: dict[str, str]) -> str:
    """A path for a route, with numbers, links and ids that exist in the small world."""

    def value(found: re.Match[str]) -> str:
        converter, name = found[1], found[2]
        return (
            known.get(f"{route} {name}")
            or known.get(name)
            or {"int": "1", "uuid": known["uuid"]}.get(converter or "", "x")
        )

    path = _PARAMETER.sub(value, route)
    return "/" + path.replace("$", "").replace("\\Z", "").replace("\\", "")


def ask(method: str, path: str, session: str) -> int:
    """The status of one request; what a POST changed is undone. (The browser is shared: its middleware is costly.)"""
    browser.cookies.clear()
    if session:
        browser.cookies[settings.SESSION_COOKIE_NAME] = session
    if method == "GET":
        return int(browser.get(path).status_code)
    with transaction.atomic():
        response = browser.generic(method, path, content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    return int(response.status_code)


def ask_all(method: str, path: str, keys: dict[str, str]) -> dict[str, int]:
    """The status for every role. A method that neither the first nor the strongest may use is no method there."""
    ends = {role: ask(method, path, keys[role]) for role in ("anonymous", "office_director")}
    if set(ends.values()) == {405}:
        return dict.fromkeys(keys, 405)
    return {role: ends[role] if role in ends else ask(method, path, key) for role, key in keys.items()}


def _import_batch(world: World) -> int:
    """A file of grids that waits to be imported into the world's district."""
    importer = importer_for(operator(), world.places["district"].pk)
    batch = import_services.receive(importer, "grids", "社区,网格名称\n没有的社区,甲网格\n".encode(), "a.csv")
    import_services.check(batch, importer)
    return batch.pk


def _neighbourly(world: World) -> dict[str, str]:
    """A plan of visits, a letter to a property manager and a record of dissuasion in the eastern community."""
    community, place, day = world.actor("community"), world.places["east"].pk, timezone.localdate()
    setup_themes()
    theme = DissuasionTheme.objects.order_by("pk")[0].pk
    key = iter([uuid.UUID(int=number) for number in range(1, 4)])
    plan = plan_visits(community, place, "走访", day, day, 9, key=next(key))
    letter = urge(community, place, world.units["property"].pk, "请清理楼道", day, key=next(key))
    record = record_dissuasion(world.actor("grid"), world.places["east_grid1"].pk, theme, 2, key=next(key))
    return {"plan_id": str(plan.pk), "letter_id": str(letter.pk), "record_id": str(record.pk)}


def known_values(world: World) -> dict[str, str]:
    """Numbers, links and ids for the parameters of routes, by name."""
    made = Caller(world).report()
    place, unit = world.places["east_grid1"].pk, world.units["sanitation"].pk
    person = world.users["handler"].person_id
    version, draft = small_standard.enter(world.actor("director"), world.places["district"])
    return {
        "version_id": str(version.pk), "node_id": str(draft.nodes.filter(level="criterion")[0].pk),
        "number": made["number"], "token": made["tracking_token"], "place_id": str(place), "organisation_id": str(unit),
        "batch_id": str(_import_batch(world)), **_neighbourly(world),
        **a_promised_shop(world), **rooms.everything(world),
        "person_id": str(person), "kind": "request", "what": "person", "uuid": "0190163d-8694-739b-aea5-966c26f8ad90",
    }  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("share", range(SHARES))
def test_every_address_answers_every_role_as_expected(
    world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, share: int
) -> None:
    # What a request did is taken back after it; a file that it removed would not come back.
    monkeypatch.setattr(storage, "remove", lambda uid: None)
    for name, role, label, place in (
        ("editor", "content_editor", "卞佳", "district"), ("leader", "activity_leader", "凌队", "east"),
        ("counter", "counter_volunteer", "桂台", "east"),
    ):  # fmt: skip
        if not User.objects.filter(username=name).exists():
            appoint(world, name, role, label, place)
    known = known_values(world)
    keys = {role: cookie(world.users[name]) if name else "" for role, name in USERS.items()}
    measured: Table = {}
    broken: list[str] = []
    logging.disable(logging.CRITICAL)
    request.addfinalizer(lambda: logging.disable(logging.NOTSET))
    routes = list(dict.fromkeys(addresses(get_resolver().url_patterns)))
    others = {route or "/" for number, route in enumerate(routes) if number % SHARES != share}
    for route in routes[share::SHARES]:
        path = sample(route, known)
        for method in METHODS:
            row = ask_all(method, path, keys)
            measured[(route or "/", method)] = {role: str(status) for role, status in row.items()}
            broken += [f"{method} {path} as {role}: {status}" for role, status in row.items() if status >= 500]
    assert not broken, "\n".join(broken)
    # An address that is no more belongs to nobody's share, so each of them tells.
    settle("expected.csv", ("address", "method"), measured, meant=lambda key: key[0] not in others)
    _check_doors(measured)


def _check_doors(measured: Table) -> None:
    """What holds whatever the table says."""
    shut, opened = {"302", "401", "403", "404", "405"}, []
    for (route, method), row in measured.items():
        if route.startswith(("desk/", "admin/")):
            outsiders = ("anonymous",) if route in OPEN else ("anonymous", "resident")
            opened += [f"{method} {route} to {who}: {row[who]}" for who in outsiders if row[who] not in shut]
    assert not opened, "\n".join(opened)
    assert len(measured) * SHARES > 180


def test_every_role_is_asked() -> None:
    assert set(USERS) == set(ROLES)


def test_the_matrix_runs_in_the_role_with_the_fewest_rights(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        name, superuser, creates = cursor.fetchone()
        assert name.endswith("app")
        assert not superuser
        assert not creates
    with transaction.atomic():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("DELETE FROM work_event")
        except Exception as error:  # noqa: BLE001 - Django wraps what psycopg raises
            assert isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege)
        else:
            raise AssertionError("APP may delete history")


def test_a_table_that_differs_is_told() -> None:
    """The control: a new address, one that is gone, and another status are all found."""
    row: dict[str, str] = {"anonymous": "404"}
    expected: Table = {("a", "GET"): row, ("b", "GET"): row}
    measured: Table = {("a", "GET"): {"anonymous": "200"}, ("c", "GET"): row}
    found = Counter(text.split(":")[0] for text in differences(expected, measured))
    assert found == {"no expected row": 1, "expected, but gone": 1, "a GET as anonymous": 1}
