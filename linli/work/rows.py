"""The rows of a statement by the names of its columns, for readers that write their SQL themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection


def fetch(statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a statement as dictionaries (1 statement)."""
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(values) if isinstance(values, Mapping) else list(values))
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
