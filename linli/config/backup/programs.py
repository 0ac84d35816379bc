"""pg_dump, pg_restore and psql: which ones fit a server, and how they reach a database without showing a password."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from linli.config.databases import DatabaseAddress
from linli.config.postgres import PostgresError, wheel_programs

SYSTEM = Path("/usr/lib/postgresql")
"""Where Debian and Ubuntu keep each major version's programs."""

_NEEDED = ("pg_dump", "pg_restore", "psql")
_VARIABLES = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "application_name": "PGAPPNAME",
}


class ProgramsError(RuntimeError):
    """No fitting programs are here; the message says what to install."""


@dataclass(frozen=True)
class Programs:
    """A folder with the three programs, and their major version."""

    folder: Path
    major: int

    def command(self, name: str, *words: str) -> list[str]:
        """The words that start one of them."""
        return [str(self.folder / name), *words]


def client_programs(server_major: int, folders: list[Path] | None = None) -> Programs:
    """The first programs that are not older than the server: the wheel's, then the system's.

    pg_dump refuses servers newer than itself and reads all that Linli supports. Raises ProgramsError.
    """
    found: list[Programs] = []
    for folder in folders if folders is not None else _folders():
        major = _major(folder)
        if major is not None:
            found.append(Programs(folder, major))
            if major >= server_major:
                return found[-1]
    seen = ", ".join(f"{programs.major} ({programs.folder})" for programs in found) or "无 / none"
    raise ProgramsError(
        f"数据库服务器是 PostgreSQL {server_major}，本机只有 / the server is PostgreSQL {server_major}, pg_dump "
        f"here is: {seen}. 请安装 / install: apt-get install postgresql-client-{server_major}"
    )


def _folders() -> Iterator[Path]:
    with suppress(PostgresError):
        yield wheel_programs()
    on_path = shutil.which("pg_dump")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    yield from sorted(SYSTEM.glob("*/bin"), key=lambda path: path.parent.name, reverse=True)


def _major(folder: Path) -> int | None:
    if not all((folder / name).is_file() for name in _NEEDED):
        return None
    try:
        told = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    number = re.search(r"\) (\d+)", told.stdout)
    return int(number[1]) if number else None


def environment(address: DatabaseAddress) -> dict[str, str]:
    """Environment variables by which libpq's programs find a database; the password is in no command line."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    wanted = {
        "PGDATABASE": address.name,
        "PGUSER": address.user,
        "PGPASSWORD": address.password,
        "PGHOST": address.host,
        "PGPORT": address.port,
    }
    wanted |= {_VARIABLES[name]: value for name, value in address.options}
    # Their messages are read by people and by us, so they are in one language.
    return kept | {key: value for key, value in wanted.items() if value} | {"LC_ALL": "C", "PGTZ": "UTC"}
