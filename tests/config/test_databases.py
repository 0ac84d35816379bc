"""Database URLs are understood or refused with a reason that never shows the password."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from linli.config import databases
from linli.config.databases import DatabaseUrlError, parse_database_url
from linli.config.home import linli_home


def test_reads_a_url_with_a_schema() -> None:
    address = parse_database_url("postgresql://app:p%40ss@db.example:5433/linli?schema=d370215&sslmode=require")
    assert (address.user, address.password, address.host, address.port) == ("app", "p@ss", "db.example", "5433")
    assert address.search_path == "d370215, extensions"
    assert address.django()["OPTIONS"] == {"sslmode": "require"}
    assert address.psycopg()["sslmode"] == "require"


def test_reads_a_unix_socket_and_the_default_schema() -> None:
    address = parse_database_url("postgres:///linli?host=/run/postgresql")
    assert address.host == "/run/postgresql"
    assert address.schema == "public"
    assert "user" not in address.psycopg()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://u:secret@h/d", "postgresql://"),
        ("postgresql://u:secret@h", "names no database"),
        ("postgresql://u:secret@h:x/d", "port"),
        ("postgresql://u:secret@h/d?schema=D-1", "schema"),
        ("postgresql://u:secret@h/d?schema=pg_catalog", "schema"),
        ("postgresql://u:secret@h/d?schema=extensions", "schema"),
        ("postgresql://u:secret@h/d?options=-cfsync", "options nobody knows"),
    ],
)
def test_refuses_with_a_reason(url: str, reason: str) -> None:
    with pytest.raises(DatabaseUrlError, match=reason) as refused:
        parse_database_url(url)
    assert "secret" not in str(refused.value)


def test_owner_and_app_must_name_one_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_DATABASE_URL", "postgresql://app@h/d?schema=d370215")
    monkeypatch.setenv("LINLI_DATABASE_OWNER_URL", "postgresql://owner@h/d?schema=d370216")
    with pytest.raises(DatabaseUrlError, match="different schemas"):
        databases.address(linli_home(), databases.OWNER)


def test_a_role_is_owner_or_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINLI_DATABASE_ROLE", "superuser")
    with pytest.raises(DatabaseUrlError):
        databases.current_role()


def test_a_server_that_does_not_answer_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = f"postgresql://linli_app:secret-9@/linli?host={tmp_path}"
    monkeypatch.setenv("LINLI_DATABASE_URL", url)
    with pytest.raises(psycopg.OperationalError) as nobody:
        psycopg.connect(**parse_database_url(url).psycopg())
    told = databases.unreachable(nobody.value)
    assert "LINLI_DATABASE_URL" in told and "secret-9" not in told
    assert databases.unreachable(ValueError("other")) == ""
    monkeypatch.delenv("LINLI_DATABASE_URL")
    assert databases.unreachable(nobody.value) == ""
