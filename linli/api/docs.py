"""The OpenAPI document as a page for people: what an address is for, what it takes and answers, a call to copy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from linli.api.openapi import COOKIE

BASE = "https://linli.example.org"


@dataclass(frozen=True, slots=True)
class Part:
    """A parameter, or a field of the body."""

    name: str
    where: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One address with its method. `signed_in`: nobody unknown may call it; `call` is a line for the shell."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    signed_in: bool
    parts: Sequence[Part]
    call: str
    answer: str
    statuses: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one kind of thing."""

    name: str
    operations: Sequence[Operation]


def groups(document: Mapping[str, Any]) -> list[Group]:
    """All operations by their tag, in the order of the document."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, entry in methods.items():
            found.setdefault(entry["tags"][0], []).append(_operation(document, path, method.upper(), entry))
    return [Group(name, operations) for name, operations in found.items()]


@cache
def _pretty(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False, indent=1)


def _operation(document: Mapping[str, Any], path: str, method: str, entry: Mapping[str, Any]) -> Operation:
    answers = entry["responses"]
    return Operation(
        id=entry["operationId"], method=method, path=path, summary=entry.get("summary", ""),
        description=entry.get("description", ""), signed_in={} not in entry.get("security", [{}]),
        parts=[*_parameters(document, entry), *_fields(document, entry)], call=_call(path, method, entry),
        answer=next((_example(answer) for status, answer in answers.items() if status.startswith("2")), ""),
        statuses=[(status, answer.get("description", "")) for status, answer in sorted(answers.items())],
    )  # fmt: skip


def _parameters(document: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[Part]:
    for one in entry.get("parameters", []):
        described = one.get("description") or one["schema"].get("description", "")
        yield Part(one["name"], one["in"], _kind(document, one["schema"]), one.get("required", False), described)


def _fields(document: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[Part]:
    for media, content in entry.get("requestBody", {}).get("content", {}).items():
        schema = _resolved(document, content.get("schema", {}))
        needed = schema.get("required", [])
        for name, one in schema.get("properties", {}).items():
            where = "body" if media == "application/json" else "form"
            yield Part(name, where, _kind(document, one), name in needed, one.get("description", ""))


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """What a value is, in a few words: `string`, `integer, null`, `a | b`, `list of string`."""
    schema = _resolved(document, schema)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        return ", ".join(dict.fromkeys(_kind(document, one) for one in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_kind(document, schema.get('items', {})) or 'anything'}"
    return str(schema.get("format") or schema.get("type", ""))


def _example(answer: Mapping[str, Any]) -> str:
    for content in answer.get("content", {}).values():
        if "example" in content:
            return _pretty(json.dumps(content["example"]))
    return ""


def _call(path: str, method: str, entry: Mapping[str, Any]) -> str:
    """The call for a shell, with the values of the examples."""
    asked = []
    for one in entry.get("parameters", []):
        example = one.get("example")
        if one["in"] == "path":
            path = path.replace("{" + one["name"] + "}", str(example if example is not None else one["name"].upper()))
        elif one["in"] == "query" and one.get("required"):
            asked.append(f"{one['name']}={example if example is not None else one['name'].upper()}")
    lines = [f"curl{'' if method == 'GET' else f' -X {method}'} '{BASE}{path}{'?' + '&'.join(asked) if asked else ''}'"]
    if any(COOKIE in one for one in entry.get("security", [])) and {} not in entry["security"]:
        lines.append("-H 'Authorization: Bearer lnl_…'")
    if any(one["name"] == "Idempotency-Key" and one.get("required") for one in entry.get("parameters", [])):
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    for media, content in entry.get("requestBody", {}).get("content", {}).items():
        if media == "application/json":
            body = json.dumps(content.get("example", {}), ensure_ascii=False).replace("'", "’")
            lines += ["-H 'Content-Type: application/json'", f"-d '{body}'"]
        else:
            lines.append("-F file=@photo.jpg")
    return " \\\n  ".join(lines)
