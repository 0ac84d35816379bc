"""Floors: the same server and database answering a view that inserts one row, or the same rows by bare SQL."""

from __future__ import annotations

import json
import os
import pickle
import re
import secrets
import uuid
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from linli.work import flush

CAPTURED = Path(os.environ.get("LINLI_HOME", ".")) / "captured.pickle"


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    """No database at all."""
    return JsonResponse({"ok": True})


@csrf_exempt
def taken(request: HttpRequest) -> HttpResponse:
    """Files are read from the form and forgotten."""
    return JsonResponse({"files": len(request.FILES)})


@csrf_exempt
def one_row(request: HttpRequest) -> HttpResponse:
    """Parse JSON, insert one row, answer."""
    body = json.loads(request.body)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_row (words) VALUES (%s) RETURNING id", [body["words"]])
        row_id = cursor.fetchone()[0]
    return JsonResponse({"id": row_id}, status=201)


@lru_cache(maxsize=1)
def captured() -> tuple[list[tuple[str, Any]], dict[str, Any]]:
    """The statements of one real creation, in order, and the identifiers in them that must be fresh each time."""
    statements, fresh = pickle.loads(CAPTURED.read_bytes())
    return statements, fresh


@csrf_exempt
def bare_sql(request: HttpRequest) -> HttpResponse:
    """The same rows as a creation, inserted as one writes it: an INSERT per table, and the job by the queue's call."""
    json.loads(request.body)
    statements, fresh = captured()
    with transaction.atomic(), connection.cursor() as cursor:
        item_id, swap = _fresh(cursor, fresh)
        for text, parameters in _per_table(statements[-1]):
            cursor.execute(text, [_swapped(swap, value) for value in parameters])
    return JsonResponse({"number": str(item_id)}, status=201)


@csrf_exempt
def same_statement(request: HttpRequest) -> HttpResponse:
    """The same rows by the product's own single prepared statement, with nothing around it."""
    json.loads(request.body)
    statements, fresh = captured()
    with transaction.atomic(), connection.cursor() as cursor:
        item_id, swap = _fresh(cursor, fresh)
        for text, parameters in statements:
            flush.send(text, [_swapped(swap, value) for value in parameters])
    return JsonResponse({"number": str(item_id)}, status=201)


def _fresh(cursor: Any, fresh: dict[str, Any]) -> tuple[int, dict[Any, Any]]:
    """The next item's id, and what replaces the identifiers of the captured rows."""
    cursor.execute("SELECT nextval('work_item_id_seq')")
    item_id = int(cursor.fetchone()[0])
    swap: dict[Any, Any] = {old: uuid.uuid4() for old in fresh["uuids"]}
    swap[fresh["item_id"]] = item_id
    swap[fresh["number"]] = str(item_id)
    swap[fresh["key"]] = secrets.token_hex(16)
    swap[fresh["digest"]] = secrets.token_bytes(32)
    return item_id, swap


def _swapped(swap: dict[Any, Any], value: Any) -> Any:
    return swap.get(value, value) if type(value) in HASHABLE else value


@lru_cache(maxsize=1)
def _split(text: str) -> tuple[str, ...]:
    """The product's statement taken apart into one statement per table, and the job's."""
    body, job = text.rsplit("SELECT procrastinate_defer", 1)
    parts = [part.rstrip(" )") + ")" for part in re.split(r"(?:WITH |, )w\d+ AS \(", body) if part.strip()]
    return (*parts, "SELECT procrastinate_defer" + job)


def _per_table(statement: tuple[str, Any]) -> list[tuple[str, list[Any]]]:
    text, parameters = statement
    numbered = re.compile(r"\$(\d+)")
    found = []
    for part in _split(text):
        places = [int(number) - 1 for number in numbered.findall(part)]
        found.append((numbered.sub("%s", part), [parameters[place] for place in places]))
    return found


HASHABLE = (int, str, bytes, uuid.UUID)
