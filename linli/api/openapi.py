"""What the OpenAPI document says beyond the signatures: problems, security, examples, headers."""

from __future__ import annotations

import re
from typing import Any

from linli.api import examples, examples_wishes
from linli.api.problems import MEDIA_TYPE, TITLES
from linli.api.schemas import Problem
from linli.work.fields import PHOTOS
from linli.work.uploads import BYTES_MAX

__all__ = ["DESCRIPTION", "complete"]

DESCRIPTION = f"""\
Linli (邻里): the life of a request from report to rating, and of a wish from the wall to its coming true.

Sign in with an API token (`Authorization: Bearer …`, made on the page *Account*), or with the cookies of a browser
session (changes then need the header `X-CSRFToken`). Many addresses need neither. Refusals are problem details
(RFC 9457) whose `code` is stable and whose `detail` is in the language of `Accept-Language` (zh-Hans, en).
What does not exist and what you may not see look alike (404). Changes carry an `Idempotency-Key`; sent again with the
same content they give the first answer, with other content 409. Unknown fields are refused. Times are ISO 8601 in UTC.
Files: at most {BYTES_MAX // (1024 * 1024)} MB each; a step's field `{PHOTOS.name}` takes the tokens of POST /uploads.
"""

BEARER, COOKIE = "token", "session"
SECURITY = {
    BEARER: {"type": "http", "scheme": "bearer", "description": "An API token; it acts with its owner's appointments"},
    COOKIE: {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "A browser session"},
}
ERASURE = ("read_own_erasure", "ask_own_erasure", "list_erasures", "list_doubts", "ask_erasure", "decide_erasure")
PATROL = ("read_patrol_session", "read_patrol_day", "sync_patrol", "decide_patrol_conflict")
ASSESSMENT = ("list_assessments", "read_score", "read_forecast", "list_indicator_tasks")
ROUNDS = ("list_rounds", "read_round", "create_round", "plan_round", "drop_round_team", "end_round")
WISHES = ("list_own_wishes", "list_handled_wishes", "take_wish_steps", "reveal_wisher")
_ADDRESS = re.compile(r"^/api/v1")
READ = (400, 401, 403, 404, 422)
WRITE = (400, 401, 403, 404, 409, 413, 415, 422, 429)
_LOCATION = {"Location": {"description": "Where it can be read", "schema": {"type": "string"}}}
_VERSION = {"ETag": {"description": "The version, for If-Match", "schema": {"type": "string"}}}
HEADERS: dict[str, dict[str, Any]] = {
    "create_request": _LOCATION, "create_round": _LOCATION, "read_request": _VERSION, "follow": _VERSION,
    "create_wish": _LOCATION, "read_wish": _VERSION, "follow_wish": _VERSION,
}  # fmt: skip


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """The document with what every operation shares."""
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
    must_sign_in = {"list_requests", "read_me", *ERASURE, *PATROL, *ASSESSMENT, *ROUNDS, *WISHES}
    components["securitySchemes"] = SECURITY
    for address, operations in document["paths"].items():
        for method, operation in operations.items():
            name = operation["operationId"]
            either: list[dict[str, list[str]]] = [{BEARER: []}, {COOKIE: []}]
            operation["security"] = either if name in must_sign_in else [{}, *either]
            _complete_responses(operation, WRITE if method == "post" else READ)
            _complete_examples(operation, name)
        assert _ADDRESS.match(address)
    return document


def _complete_responses(operation: dict[str, Any], statuses: tuple[int, ...]) -> None:
    for status in statuses:
        example = examples.problem(status)
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
        operation["responses"][str(status)] = {"description": TITLES[status].en, "content": content}
    for status, answer in operation["responses"].items():
        if status.startswith("2") and operation["operationId"] in HEADERS:
            answer["headers"] = HEADERS[operation["operationId"]]
    if operation["operationId"] == "places_geojson":
        schema = {"type": "object", "required": ["type", "features"], "properties": {"features": {"type": "array"}}}
        operation["responses"]["200"]["content"] = {"application/geo+json": {"schema": schema}}
        operation["responses"]["304"] = {"description": "Not changed since the ETag that was sent"}


def _complete_examples(operation: dict[str, Any], name: str) -> None:
    wanted = examples.OPERATIONS.get(name) or examples_wishes.OPERATIONS.get(name)
    if wanted is None:
        return
    for part in operation.get("parameters", []):
        if part["name"] in wanted.get("parameters", {}):
            part["example"] = wanted["parameters"][part["name"]]
    for media in operation.get("requestBody", {}).get("content", {}).values():
        if "body" in wanted:
            media["example"] = wanted["body"]
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            for media in answer.get("content", {}).values():
                media["example"] = wanted["answer"]
