"""The user the embedded database runs as. PostgreSQL refuses to run as root, so root lends it a service user."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATE = Path("/var/lib/linli")
"""Where root keeps programs and data that the service user cannot reach in their own place."""


class ServiceUserError(RuntimeError):
    """No user could be had to run the database as."""


@dataclass(frozen=True)
class Runner:
    """Runs programs as the service user, or as ourselves when `name` is empty."""

    name: str
    uid: int
    gid: int

    def run(self, command: Sequence[str | Path], **keywords: Any) -> subprocess.CompletedProcess[str]:
        """`subprocess.run` as that user, from a folder it may be in, with an environment of its own."""
        environment = {
            key: value
            for key, value in os.environ.items()
            if key in ("PATH", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
        }
        if self.name:
            environment.pop("TMPDIR", None)
            environment["HOME"] = str(STATE)
            keywords |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        keywords.setdefault("text", True)
        return subprocess.run(
            [str(word) for word in command],
            check=False,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            **keywords,
        )

    def own_folder(self, folder: Path) -> None:
        """Create a folder that only this user can enter; parents that are missing are made passable by it."""
        if not folder.parent.is_dir():
            folder.parent.mkdir(parents=True, mode=0o755)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        if self.name:
            os.chown(folder, self.uid, self.gid)

    def own_file(self, path: Path, text: str) -> None:
        """Write a file that only this user can read."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        if self.name:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Whether the user can pass through a folder and all above it (asked by trying)."""
        if not self.name:
            return os.access(folder, os.X_OK)
        return self.run([shutil.which("test") or "/usr/bin/test", "-x", folder]).returncode == 0

    def can_run(self, program: Path) -> bool:
        """Whether the user can start a program where it lies (asked by trying)."""
        try:
            return self.run([program, "--version"], capture_output=True).returncode == 0
        except OSError:
            return False


def runner(name: str | None = None) -> Runner:
    """The user to run the database as.

    As an ordinary user: ourselves. As root: LINLI_SERVICE_USER (default `linli`), created as a system user
    without login when it is missing. `name` names the one that an existing installation already uses.
    """
    if os.geteuid() != 0:
        return Runner("", os.geteuid(), os.getegid())
    wanted = name or os.environ.get("LINLI_SERVICE_USER", "linli")
    try:
        entry = pwd.getpwnam(wanted)
    except KeyError:
        _create(wanted)
        entry = pwd.getpwnam(wanted)
    if entry.pw_uid == 0:
        raise ServiceUserError("LINLI_SERVICE_USER must not be root: PostgreSQL refuses to run as root")
    return Runner(wanted, entry.pw_uid, entry.pw_gid)


def _create(name: str) -> None:
    """Create a system user, or say what to do."""
    program = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        raise ServiceUserError(
            f"PostgreSQL does not run as root and there is no useradd here to create the user {name!r}; "
            "create one and name it in LINLI_SERVICE_USER, or run linli as an ordinary user"
        )
    made = subprocess.run(
        [program, "--system", "--no-create-home", "--home-dir", str(STATE), "--shell", "/usr/sbin/nologin",
         "--user-group", name],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    # 9: somebody else created it in the meantime.
    if made.returncode not in (0, 9):
        raise ServiceUserError(f"could not create the system user {name!r}: {made.stderr.strip()}")
