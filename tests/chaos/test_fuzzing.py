"""Schemathesis: whatever is sent to the interface, by whom, is answered as the document says, and never with a 5xx.

Half of the requests are what the document allows, half are what it does not; many of them meet requests that exist,
in every state, and steps whose fields are filled in as the workflow declares them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from hypothesis import HealthCheck, strategies
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chaos.tally import is_full, tell, time_is_up, tries
from linli.api.urls import api
from linli.inspections.models import PendingConflict
from linli.kernel.workflow import Field, FieldKind, Workflow
from linli.people import erasing
from linli.requests.workflow import REQUEST
from linli.wishes.workflow import WISH
from linli.work.kinds import kinds
from linli.work.models import Item
from tests.chaos.assessment_cases import opened
from tests.inspections.conftest import patrolled
from tests.matrix.test_ground_fields import walked
from tests.requests.walk import WAYS, Walker
from tests.support import wishing
from tests.support.calling import Caller

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
NAMES = sorted(o["operationId"] for operations in api.document()["paths"].values() for o in operations.values())
WHO = (
    "anonymous", "resident", "grid", "community", "handler", "head", "dispatcher", "supervisor", "director", "admin",
    "auditor",
)  # fmt: skip
READING = frozenset(
    operations["get"]["operationId"] for operations in api.document()["paths"].values() if "get" in operations
)
STATES = ("received", "dispatched", "signed", "waiting", "replied", "handled", "closed")
STEPS = {"take_steps": REQUEST, "take_own_steps": REQUEST, "take_wish_steps": WISH, "take_wisher_steps": WISH}
"""Operations that take steps, and of which workflow."""
# Operations that change something, or whose parameters reach furthest, get more of the requests.
WEIGHTS = {"take_steps": 4, "take_own_steps": 3, "create_request": 4, "list_requests": 3, "upload": 2}
CHUNK = 500
AS_MANY = 3 if is_full() else 9
"""Each request is sent by so many people: drawing one costs more than answering it."""
ANYTHING = strategies.one_of(
    strategies.none(),
    strategies.booleans(),
    strategies.integers(),
    strategies.floats(allow_nan=False, allow_infinity=False),
    strategies.text(),
    strategies.lists(strategies.text(max_size=3), max_size=3),
    strategies.dictionaries(strategies.text(max_size=3), strategies.integers(), max_size=2),
)


def share(name: str) -> int:
    """How many requests an operation gets."""
    everything = sum(WEIGHTS.get(each, 1) for each in NAMES)
    return -(-tries("fuzz") * WEIGHTS.get(name, 1) // everything)


@contextmanager
def kept_connection() -> Iterator[None]:
    """As inside Django's own test client: the end of a request does not end the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def quiet() -> Iterator[None]:
    """Refusals are what is wanted here; nobody reads thousands of lines about them."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def schema() -> Any:
    """The document as schemathesis reads it, from the WSGI application itself."""
    with kept_connection():
        return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


def requests_in_states(call: Caller) -> dict[str, list[str]]:
    """Numbers and links of requests that stand in different states."""
    found: dict[str, list[str]] = {"number": [], "token": []}
    for state in STATES:
        made = call.report(kind="report" if state == "received" else "complaint")
        walker = Walker(call.world, Item.objects.get(number=made["number"]).pk)
        walker.run(WAYS[state])
        found["number"].append(made["number"])
        found["token"].append(made["tracking_token"])
    return found


def of_the_ground(call: Caller, wanted: set[str]) -> dict[str, list[Any]]:
    """What other parameters of addresses may be: a round with its team and a record to decide, an assessment …"""
    world = call.world
    found: dict[str, list[Any]] = {}
    if "place_id" in wanted:
        found["place_id"] = [place.pk for place in world.places.values()]
    if "kind" in wanted:
        found["kind"] = [entry.workflow.kind for entry in kinds()]
    if wanted & {"round_id", "team_id", "version_id", "conflict_id"}:
        patrol = patrolled(world)
        found["round_id"], found["version_id"] = [patrol.round.pk], [patrol.version.pk]
        found["team_id"] = list(patrol.round.teams.values_list("pk", flat=True))
        if "conflict_id" in wanted:
            walked(patrol)
            found["conflict_id"] = list(PendingConflict.objects.values_list("pk", flat=True))
    if "assessment_id" in wanted:
        found["assessment_id"] = [opened(world).pk]
    if wanted & {"wish_number", "wish_token"}:
        states = ("recorded", "on_wall", "claimed", "matched", "fulfilled", "closed")
        found["wish_number"] = [wishing.brought_to(world, state).number for state in states]
        wish = wishing.made(world)
        wishing.step(world, wish.item_id, "community", "approve", **wishing.APPROVED)
        found["wish_token"] = [wish.token, wishing.made(world).token]
    if "erasure_id" in wanted:
        found["erasure_id"] = [erasing.ask(world.actor("resident"), world.users["resident"].person_id or 0).pk]
    return found


def test_every_parameter_of_an_address_has_something_that_is_there(call: Caller) -> None:
    wanted = {name for each in NAMES for name in _parameters(each)}
    found = requests_in_states(call) | of_the_ground(call, wanted)
    assert wanted == set(found)
    assert all(found.values()), "of each there is one"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_sent_breaks_the_interface(call: Caller, schema: Any, name: str, quiet: None) -> None:
    wanted = set(_parameters(name))
    known = requests_in_states(call) if {"number", "token"} & wanted else of_the_ground(call, wanted)
    good = 0
    for who in WHO:
        call.headers(who)
    left, round_ = -(-share(name) // AS_MANY), 0
    seed = int(os.environ.get("LINLI_CHAOS_SEED", "0"))
    with kept_connection():
        while left > 0 and not time_is_up():
            with transaction.atomic():
                sender = Sender(call, schema.find_operation_by_id(name), known)
                sender.run(name, min(left, CHUNK), seed + round_ if is_full() else None)
                transaction.set_rollback(True)
            tell("fuzz", sender.sent, server_errors=0, schema_violations=0, good_answers=sender.good)
            # An operation with few parameters is drawn dry before its share is sent: other seeds go on until it is.
            drawn = max(1, sender.sent // AS_MANY) if is_full() else CHUNK
            left, round_, good = left - drawn, round_ + 1, good + sender.good
    assert good or not known or name not in READING or time_is_up(), (
        "what is there was never found: only refusals were proved"
    )


def _parameters(name: str) -> list[str]:
    for operations in api.document()["paths"].values():
        for operation in operations.values():
            if operation["operationId"] == name:
                return [part["name"] for part in operation.get("parameters", []) if part["in"] == "path"]
    return []


class Sender:
    """Sends what Hypothesis draws for one operation."""

    def __init__(self, call: Caller, operation: Any, known: dict[str, list[Any]]) -> None:
        self.call, self.operation, self.known = call, operation, known
        self.sent = self.good = 0
        self.ids = {
            "units": [unit.pk for unit in call.world.units.values()],
            "persons": [user.person_id for user in call.world.users.values()],
            "categories": [call.world.category("01").pk],
        }
        self.allowed = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        self.refused = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

    def run(self, name: str, examples: int, seed: int | None) -> None:
        """So many requests; the same ones at every run unless a seed is given."""

        @hypothesis.settings(
            max_examples=examples, derandomize=seed is None, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), phases=[hypothesis.Phase.generate],
        )  # fmt: skip
        @hypothesis.given(data=strategies.data())
        def send(data: Any) -> None:
            self._send(name, data)

        (hypothesis.seed(seed)(send) if seed is not None else send)()

    def _send(self, name: str, data: Any) -> None:
        case = data.draw(self.allowed if data.draw(strategies.integers(0, 9)) < 6 else self.refused)
        for parameter in set(case.path_parameters or {}) & set(self.known):
            if data.draw(strategies.integers(0, 9)) < 8:
                case.path_parameters[parameter] = data.draw(strategies.sampled_from(self.known[parameter]))
        has_steps = name in STEPS and isinstance(case.body, dict)
        if has_steps and data.draw(strategies.integers(0, 9)) < 8:
            case.body = {"steps": [self._step(data, STEPS[name])]}
        headers = dict(case.headers or {})
        first = data.draw(strategies.integers(0, len(WHO) - 1))
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM people_throttlebucket")
        for who in (*WHO, *WHO)[first : first + AS_MANY]:
            case.headers = {**headers, **self.call.headers(who, **{"Accept-Encoding": "identity"})}
            self.sent += 1
            response = case.call_and_validate(checks=CHECKS)
            self.good += response.status_code < 300

    def _step(self, data: Any, workflow: Workflow) -> dict[str, Any]:
        transition = data.draw(strategies.sampled_from(workflow.transitions))
        told = {
            field.name: data.draw(self._value(field))
            for field in transition.fields
            if field.required or data.draw(strategies.booleans())
        }
        return {"transition": transition.code, "data": told}

    def _value(self, field: Field) -> Any:
        """What the workflow says the field holds, and now and then something else."""
        kinds: dict[FieldKind, Any] = {
            FieldKind.TEXT: strategies.text(max_size=40),
            FieldKind.ITEM: strategies.sampled_from(self.known.get("number", ["1"])),
            FieldKind.BOOLEAN: strategies.booleans(),
            FieldKind.NUMBER: strategies.integers(0, 2**70),
            FieldKind.DATETIME: strategies.datetimes(timezones=strategies.just(UTC)).map(lambda at: at.isoformat()),
            FieldKind.ORGANISATION: strategies.sampled_from(self.ids["units"]),
            FieldKind.ORGANISATIONS: strategies.lists(strategies.sampled_from(self.ids["units"]), max_size=3),
            FieldKind.PERSON: strategies.sampled_from(self.ids["persons"]),
            FieldKind.CATEGORY: strategies.sampled_from(self.ids["categories"]),
            FieldKind.EVIDENCE: strategies.lists(strategies.uuids().map(str), max_size=2),
            FieldKind.SIGNATURE: strategies.uuids().map(str),
            FieldKind.CHOICE: strategies.sampled_from([code for code, _ in field.choices] or [""]),
        }
        return strategies.one_of(kinds[field.kind], kinds[field.kind], kinds[field.kind], ANYTHING)
