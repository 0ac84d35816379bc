"""What LINLI_HOME remembers of the embedded database: where its data, socket and programs are, its passwords."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linli.config.home import write_private_json

POINTER = "postgres.json"
SUPERUSER = "linli_superuser"
ROLES = (SUPERUSER, "linli_owner", "linli_app")


@dataclass(frozen=True)
class Pointer:
    """The contents of `postgres.json`; `service_user` is empty when the caller's own user runs the database."""

    home: Path
    data: Path
    socket: Path
    programs: Path
    service_user: str
    passwords: dict[str, str]

    @property
    def log(self) -> Path:
        """The server's log, beside its data."""
        return self.data.parent / "postgres.log"


def read_pointer(home: Path) -> Pointer | None:
    """The embedded database that belongs to a LINLI_HOME, or None when none was made yet."""
    path = home / POINTER
    if not path.is_file():
        return None
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Pointer(
        home=Path(kept["home"]),
        data=home / kept["data"],
        socket=home / kept["socket"],
        programs=Path(kept["programs"]),
        service_user=kept["service_user"],
        passwords=kept["passwords"],
    )


def write_pointer(home: Path, pointer: Pointer) -> None:
    """Keep a pointer in LINLI_HOME (0600). Paths below LINLI_HOME are kept relative, so that it can be moved."""

    def kept(path: Path) -> str:
        return str(path.relative_to(home)) if path.is_relative_to(home) else str(path)

    value = {
        "home": str(home),
        "data": kept(pointer.data),
        "socket": kept(pointer.socket),
        "programs": str(pointer.programs),
        "service_user": pointer.service_user,
        "passwords": pointer.passwords,
    }
    write_private_json(home / POINTER, value)


def fresh_passwords() -> dict[str, str]:
    """A random password for each role."""
    return {role: secrets.token_urlsafe(32) for role in ROLES}
