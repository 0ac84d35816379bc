"""What the database itself remembers of its installation: which migrations ran, whether it holds the demo district.

The table is not a Django model, so that `linli serve` can look without importing Django. APP may only read it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
from pathlib import Path
from typing import Any, Protocol

import psycopg

from linli.config.home import PACKAGE

MIGRATIONS = "migrations"
DEMO = "demo"

_CREATE = """
CREATE TABLE IF NOT EXISTS linli_installation (
    key text PRIMARY KEY,
    value jsonb NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
)
"""
_SET = """
INSERT INTO linli_installation (key, value) VALUES (%s, %s)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = now()
"""


class Executes(Protocol):
    """A cursor of Django's or of psycopg's."""

    def execute(self, query: Any, params: Any = None) -> Any:
        """Send a statement."""


def create_table(cursor: Executes) -> None:
    """Make the table; runs as OWNER."""
    cursor.execute(_CREATE)


def remember(cursor: Executes, key: str, value: Any) -> None:
    """Keep a value; runs as OWNER."""
    cursor.execute(_SET, [key, json.dumps(value)])


def remembered(connection: psycopg.Connection) -> dict[str, Any]:
    """All values; empty before the first migration."""
    try:
        with connection.transaction():
            return dict(connection.execute("SELECT key, value FROM linli_installation").fetchall())
    except psycopg.errors.UndefinedTable:
        return {}


def has_accounts(connection: psycopg.Connection) -> bool:
    """Whether anybody can sign in here; False before the first migration."""
    try:
        with connection.transaction():
            row = connection.execute("SELECT EXISTS (SELECT FROM people_user)").fetchone()
    except psycopg.errors.UndefinedTable:
        return False
    return bool(row and row[0])


def lacks_keys(connection: psycopg.Connection, home: Path) -> str:
    """Why there must be no working without the key file, where people are stored and it is gone; else empty.

    A new one would open nothing of what is there, and nobody known would be found again by phone.
    """
    keys = Path(os.environ.get("LINLI_KEYS") or home / "keys.json")
    if keys.is_file() or not has_accounts(connection):
        return ""
    return (
        f"缺少密钥文件 / the key file is missing: {keys}. 姓名、电话等用它加密，没有它读不出来；请把另存的 keys.json "
        "放回原处（属于服务用户，权限 600） / names and phones are encrypted with it: put your copy of keys.json back "
        "there, owned by the service's user, mode 600"
    )


def migrations_key(package: Path = PACKAGE) -> str:
    """A digest of all migrations and of what is granted after them."""
    digest = hashlib.sha256()
    for distribution in ("django", "procrastinate"):
        digest.update(importlib.metadata.version(distribution).encode())
    paths = [*package.glob("*/migrations/*.py"), package / "config" / "privileges.py"]
    paths += package.glob("*/models.py")
    paths += package.glob("*/models/*.py")
    for path in sorted(paths):
        digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]
