"""The OpenAPI document is complete and true: every operation is described, exemplified, and called here."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from linli.api.schemas import ReportIn
from linli.api.urls import api
from linli.requests.vocabulary import CHANNELS, REQUEST_KINDS
from linli.requests.workflow import REQUEST
from linli.work.kinds import kinds
from tests.chaos.assessment_cases import opened
from tests.support import small_standard, wishing
from tests.support.calling import Answer, Caller, check_value

DOCUMENT = api.document()
OPERATIONS = {
    operation["operationId"]: (method, address, operation)
    for address, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}


def photo() -> bytes:
    """A small JPEG."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 60)).save(file, "JPEG")
    return file.getvalue()


def upload(call: Caller, content: bytes, who: str = "anonymous", **form: str) -> Answer:
    """POST /uploads."""
    file = io.BytesIO(content)
    file.name = "photo.jpg"
    response = Client().post("/api/v1/uploads", {"file": file, **form}, headers=call.headers(who))
    return call._answer("post", "/uploads", response)


def _number(call: Caller) -> str:
    return str(call.report()["number"])


def _token(call: Caller) -> str:
    return str(call.report()["tracking_token"])


def _withdraw(call: Caller) -> Answer:
    return call.post(f"/follow/{_token(call)}/steps", {"steps": [{"transition": "withdraw"}]})


def _assessed(what: str) -> Callable[[Caller], Answer]:
    return lambda call: call.get(f"/assessments/{opened(call.world).pk}/{what}", "director")


def _wish(call: Caller) -> Answer:
    call.report(phone="13800005678")
    body = {"phone": "13800005678", "reason": "ordered"}
    return call.post("/erasures", body, "duty", key_="")


def _decided(call: Caller) -> Answer:
    return call.post(f"/erasures/{_wish(call)['id']}/decision", {"decision": "confirm"}, "director", key_="")


def _revealed(call: Caller) -> Answer:
    number = call.report(phone="13800005678", contact_name="王小明")["number"]
    return call.post(f"/requests/{number}/contact", {}, "handler", key_="")


def _version(call: Caller) -> int:
    return small_standard.enter(call.world.actor("director"), call.world.places["district"])[0].pk


def _grid(call: Caller) -> int:
    return int(call.world.places["east_grid1"].pk)


def _round(call: Caller) -> Answer:
    today = timezone.localdate()
    body = {
        "title": "本周巡查", "place": call.world.places["east"].pk, "since": str(today), "until": str(today),
        "teams": [{"name": "第一组", "longitude": 120.45, "latitude": 36.37}],
    }  # fmt: skip
    return call.post("/rounds", body, "community")


def _dropped(call: Caller) -> Answer:
    made = _round(call)
    return call.post(f"/rounds/{made['id']}/teams/{made['teams'][0]['id']}/drop", {}, "community", key_="")


def _sync(call: Caller) -> Answer:
    response = Client().post(
        "/api/v1/patrol/sync",
        {"batch": json.dumps({"device": "phone", "observations": []})},
        headers=call.headers("grid"),
    )
    return call._answer("post", "/patrol/sync", response)


def _conflict(call: Caller) -> Answer:
    """A round that there is not: the record is kept, and given up."""
    one = {
        "client_key": str(uuid.uuid4()), "round_id": 999999, "site_id": _grid(call), "criterion_id": 1,
        "result": "pass", "observed_at": timezone.now().isoformat(),
    }  # fmt: skip
    body = {"batch": json.dumps({"device": "phone", "observations": [one]})}
    response = Client().post("/api/v1/patrol/sync", body, headers=call.headers("grid"))
    (outcome,) = response.json()["outcomes"]
    return call.post(f"/patrol/conflicts/{outcome['conflict']['id']}", {"choice": "discard"}, "grid", key_="")


def _wished(call: Caller) -> Answer:
    return wishing.post(call)


def _claimed(call: Caller) -> Answer:
    number = wishing.brought_to(call.world, "on_wall").number
    return call.post(f"/wishes/{number}/steps", {"steps": [{"transition": "claim"}]}, "resident")


def _unwished(call: Caller) -> Answer:
    address = f"/wishes/followed/{_wished(call)['tracking_token']}/steps"
    return call.post(address, {"steps": [{"transition": "withdraw"}]})


def _wisher(call: Caller) -> Answer:
    number = wishing.brought_to(call.world, "matched").number
    return call.post(f"/wishes/{number}/wisher", {}, "resident", key_="")


CALLS: dict[str, Callable[[Caller], Answer]] = {
    "list_wishes": lambda call: call.get("/wishes?shown=came_true"),
    "create_wish": _wished,
    "list_own_wishes": lambda call: call.get("/wishes/mine", "resident"),
    "list_handled_wishes": lambda call: call.get("/wishes/handled?tab=on_wall", "community"),
    "follow_wish": lambda call: call.get(f"/wishes/followed/{_wished(call)['tracking_token']}"),
    "take_wisher_steps": _unwished,
    "read_wish": lambda call: call.get(f"/wishes/{wishing.brought_to(call.world, 'on_wall').number}"),
    "take_wish_steps": _claimed,
    "reveal_wisher": _wisher,
    "read_patrol_session": lambda call: call.get("/patrol/session", "grid"),
    "read_patrol_day": lambda call: call.get("/patrol/day", "grid"),
    "sync_patrol": _sync,
    "decide_patrol_conflict": _conflict,
    "create_request": lambda call: call.report(),
    "list_requests": lambda call: call.get("/requests", "dispatcher"),
    "read_request": lambda call: call.get(f"/requests/{_number(call)}", "dispatcher"),
    "reveal_contact": _revealed,
    "read_history": lambda call: call.get(f"/requests/{_number(call)}/history", "dispatcher"),
    "read_steps": lambda call: call.get(f"/requests/{_number(call)}/steps", "handler"),
    "take_steps": lambda call: call.step(_number(call), "handler", "sign"),
    "follow": lambda call: call.get(f"/follow/{_token(call)}"),
    "track": lambda call: call.post(
        "/track", {"number": call.report(phone="13800005678")["number"], "phone_tail": "5678"}, key_=""
    ),
    "take_own_steps": _withdraw,
    "upload": lambda call: upload(call, photo()),
    "list_categories": lambda call: call.get("/categories"),
    "suggest_categories": lambda call: call.get("/categories/suggest?words=垃圾"),
    "read_workflow": lambda call: call.get("/workflows/request"),
    "list_organisations": lambda call: call.get("/organisations"),
    "list_standards": lambda call: call.get("/standards", "street"),
    "read_standard_version": lambda call: call.get(f"/standards/versions/{_version(call)}", "street"),
    "list_rounds": lambda call: call.get("/rounds", "street"),
    "read_round": lambda call: call.get(f"/rounds/{_round(call)['id']}", "street"),
    "create_round": lambda call: _round(call),
    "plan_round": lambda call: call.post(f"/rounds/{_round(call)['id']}/plan", {}, "community", key_=""),
    "drop_round_team": _dropped,
    "end_round": lambda call: call.post(f"/rounds/{_round(call)['id']}/end", {}, "community", key_=""),
    "list_roles": lambda call: call.get("/roles"),
    "read_me": lambda call: call.get("/me", "handler"),
    "read_own_erasure": lambda call: call.get("/me/erasure", "resident"),
    "ask_own_erasure": lambda call: call.post("/me/erasure", {}, "resident", key_=""),
    "list_doubts": lambda call: call.get(f"/erasures/{_wish(call)['id']}/doubts", "director"),
    "list_erasures": lambda call: call.get("/erasures", "director"),
    "ask_erasure": _wish,
    "decide_erasure": _decided,
    "list_assessments": lambda call: call.get("/assessments", "director"),
    "read_score": _assessed("score"),
    "read_forecast": _assessed("forecast"),
    "list_indicator_tasks": _assessed("tasks"),
    "places_kinds": lambda call: call.get("/places/kinds"),
    "places_tree": lambda call: call.get("/places/tree"),
    "places_locate": lambda call: call.get("/places/locate?lon=120.4552&lat=36.3752"),
    "places_by_name": lambda call: call.get("/places/locate-by-name?q=东山社区"),
    "places_search": lambda call: call.get("/places/search?q=东山"),
    "places_place": lambda call: call.get(f"/places/{_grid(call)}"),
    "places_geojson": lambda call: call.get(f"/places/{call.world.places['district'].pk}/geojson"),
}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_answers_as_described(call: Caller, name: str) -> None:
    answer = CALLS[name](call)
    assert str(answer.status) in OPERATIONS[name][2]["responses"]
    assert 200 <= answer.status < 300


def test_no_call_is_left_of_an_operation_that_is_gone() -> None:
    assert set(CALLS) == set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_is_described(name: str) -> None:
    method, _, operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["tags"]
    assert operation["security"]
    problems = [answer for status, answer in operation["responses"].items() if int(status) >= 400]
    assert len(problems) >= 4
    for answer in problems:
        (media,) = answer["content"].items()
        assert media[0] == "application/problem+json"
        check_value(media[1]["schema"], media[1]["example"])
    if method == "post":
        assert {"409", "413", "415", "422", "429"} <= set(operation["responses"])
    for part in operation.get("parameters", []):
        if part.get("required"):
            assert "example" in part, part["name"]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_example_is_true_to_its_schema(name: str) -> None:
    _, _, operation = OPERATIONS[name]
    answers = [a for status, a in operation["responses"].items() if status.startswith("2")]
    for media in (media for answer in answers for media in answer["content"].values()):
        check_value(media["schema"], media["example"])
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        assert "example" in media
        if kind == "application/json":
            check_value(media["schema"], media["example"])


def test_the_document_is_served_and_is_openapi_3_1(call: Caller) -> None:
    response = Client().get("/api/v1/openapi.json")
    assert response.json() == DOCUMENT
    assert DOCUMENT["openapi"] == "3.1.0"
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_words_of_the_interface_are_those_of_the_rooms() -> None:
    properties: dict[str, Any] = ReportIn.model_json_schema()["properties"]
    assert properties["kind"]["enum"] == list(REQUEST_KINDS)
    assert set(properties["channel"]["anyOf"][0]["enum"]) == set(CHANNELS)
    assert set(properties["transition"]["enum"]) == {t.code for t in REQUEST.transitions if t.creates}


@pytest.mark.parametrize("slug", ["request", "supervision"])
def test_workflows_are_told_as_they_are(call: Caller, slug: str) -> None:
    told = call.get(f"/workflows/{slug}")
    workflow = next(kind.workflow for kind in kinds() if kind.slug == slug)
    assert [t["code"] for t in told["transitions"]] == [t.code for t in workflow.transitions]
    assert all(t["permission"] for t in told["transitions"])
    assert told["diagram"].startswith("stateDiagram")
    assert call.get("/workflows/nonsense").status in (404, 422)


def test_roles_document_themselves_and_i_know_who_i_am(call: Caller) -> None:
    roles = {role["slug"]: role for role in call.get("/roles").data}
    assert {"code": "request.sign", "label": "签收"} in roles["unit_handler"]["permissions"]
    me = call.get("/me", "handler")
    assert (me["username"], me["channel"]) == ("handler", "staff")
    assert call.get("/me").status == 401


@pytest.mark.django_db
def test_the_page_for_people_shows_every_address_with_a_call(client: Client, query_counter: Any) -> None:
    client.get("/api/v1/docs/")
    with query_counter() as counted:
        answer = client.get("/api/v1/docs/")
    page, shown = answer.content.decode(), [entry for group in answer.context["groups"] for entry in group.operations]
    assert answer.status_code == 200 and len(counted) <= 2
    assert {(entry.id, entry.method.lower(), entry.path) for entry in shown} == {
        (name, method, address) for name, (method, address, _operation) in OPERATIONS.items()
    }
    assert all(f'id="{name}"' in page for name in OPERATIONS)
    assert all("{" not in entry.call.splitlines()[0] for entry in shown), "the path of a call is filled in"
    track = next(entry for entry in shown if entry.id == "track")
    assert {part.name for part in track.parts if part.where == "body"} == {"number", "phone_tail"}
    assert client.post("/api/v1/docs/")["Content-Type"] == "application/problem+json"
