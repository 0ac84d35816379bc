"""Calls the REST interface in-process, and holds every answer against the OpenAPI document."""

from __future__ import annotations

import itertools
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import jsonschema_rs
from django.test import Client
from django.utils import timezone

from linli.api.urls import api
from linli.people.loading import token_digest
from linli.people.models import ApiToken
from tests.support.world import INSIDE, World

_numbers = itertools.count()
RUBBISH = "楼下垃圾堆了三天没人清理，臭味很大。请尽快处理"


def key() -> str:
    """A fresh idempotency key."""
    return f"tests-{next(_numbers):06d}-{secrets.token_hex(8)}"


@cache
def _addresses() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    found = []
    for address, operations in api.document()["paths"].items():
        pattern = re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(address))
        found.append((re.compile(pattern + "$"), operations))
    # literal addresses before those with parameters
    return sorted(found, key=lambda entry: entry[0].pattern.count("[^/]+"))


def operation(method: str, path: str) -> dict[str, Any] | None:
    """The operation that the document describes for an address, or None."""
    bare = path.partition("?")[0]
    for pattern, operations in _addresses():
        if pattern.match(bare) and method.lower() in operations:
            found: dict[str, Any] = operations[method.lower()]
            return found
    return None


@cache
def _validator(text: str) -> Any:
    schema = json.loads(text)
    return jsonschema_rs.validator_for({**schema, "components": api.document()["components"]})


def check_value(schema: dict[str, Any], value: Any) -> None:
    """Raise when the value is not what the schema says."""
    _validator(json.dumps(schema, sort_keys=True)).validate(value)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    data: Any
    content: bytes

    def __getitem__(self, name: str) -> Any:
        return self.data[name]


@dataclass
class Caller:
    """Calls as anybody of the small world. Every answer is checked against the document."""

    world: World
    tokens: dict[str, str] = field(default_factory=dict)
    language: str = ""
    address: str = "127.0.0.1"

    def token(self, name: str) -> str:
        """An API token of a user of the world."""
        if name not in self.tokens:
            raw, now = f"lt_{secrets.token_urlsafe(32)}", timezone.now()
            ApiToken.objects.create(
                user=self.world.users[name], name="tests", digest=token_digest(raw), hint=raw[-4:], created_at=now,
                expires_at=now + timedelta(days=30),
            )  # fmt: skip
            self.tokens[name] = raw
        return self.tokens[name]

    def headers(self, who: str, **more: str) -> dict[str, str]:
        """Headers of a call as somebody."""
        found = dict(more)
        if who != "anonymous":
            found["Authorization"] = f"Bearer {self.token(who)}"
        if self.language:
            found["Accept-Language"] = self.language
        return found

    def get(self, path: str, who: str = "anonymous", **headers: str) -> Answer:
        """GET."""
        response = Client(REMOTE_ADDR=self.address).get(f"/api/v1{path}", headers=self.headers(who, **headers))
        return self._answer("get", path, response)

    def post(self, path: str, body: Any, who: str = "anonymous", *, key_: str | None = None, **headers: str) -> Answer:
        """POST of JSON with a fresh idempotency key (or the given one; empty sends none)."""
        used = key() if key_ is None else key_
        sent = self.headers(who, **({"Idempotency-Key": used} if used else {}), **headers)
        text = body if isinstance(body, str | bytes) else json.dumps(body, ensure_ascii=False)
        response = Client(REMOTE_ADDR=self.address).post(
            f"/api/v1{path}", data=text, content_type="application/json", headers=sent
        )
        return self._answer("post", path, response)

    def report(self, who: str = "anonymous", *, key_: str | None = None, place: str = "east", **more: Any) -> Answer:
        """A report in the small world."""
        lon, lat = INSIDE[place]
        body = {"kind": "complaint", "words": RUBBISH, "longitude": lon, "latitude": lat, "crs": "EPSG:4490", **more}
        return self.post("/requests", body, who, key_=key_)

    def step(self, number: str, who: str, transition: str, **data: Any) -> Answer:
        """One step."""
        return self.post(f"/requests/{number}/steps", {"steps": [{"transition": transition, "data": data}]}, who)

    def _answer(self, method: str, path: str, response: Any) -> Answer:
        content = b"".join(response.streaming_content) if response.streaming else response.content
        kind = response.get("Content-Type", "")
        data = json.loads(content) if "json" in kind and content else None
        check_answer(method, f"/api/v1{path}", response.status_code, kind, data)
        return Answer(response.status_code, dict(response.headers), data, content)


def check_answer(method: str, path: str, status: int, kind: str, data: Any) -> None:
    """Hold an answer against the document; problems must be problems everywhere."""
    if status >= 400:
        assert kind.startswith("application/problem+json"), f"{method} {path} answered {status} as {kind}"
        check_value({"$ref": "#/components/schemas/Problem"}, data)
        assert data["status"] == status
        assert data["type"].endswith(data["code"])
        assert data["title"]
        assert data["detail"]
    described = operation(method, path)
    if described is None:
        assert status in (404, 405), f"{method} {path} is not in the document, yet it answered {status}"
        return
    if status == 405:
        return
    assert str(status) in described["responses"], f"{method} {path} answered {status}, which the document does not say"
    for media, shape in described["responses"][str(status)].get("content", {}).items():
        if "json" in kind and status < 400:
            assert kind.startswith(media)
            check_value(shape["schema"], data)
