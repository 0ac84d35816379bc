"""LINLI_HOME: the folder with everything an installation owns, and the small owner-only files in it."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent.parent
"""The folder of the package `linli`."""

CHECKOUT = PACKAGE.parent
"""The folder around the package: the checkout, or site-packages when installed from a wheel."""


def linli_home() -> Path:
    """The absolute LINLI_HOME: the environment variable, else `.linli` in the checkout or working folder."""
    named = os.environ.get("LINLI_HOME")
    if named:
        return Path(named).expanduser().absolute()
    around = CHECKOUT if (CHECKOUT / "pyproject.toml").is_file() else Path.cwd()
    return around / ".linli"


def ensure_home(home: Path) -> None:
    """Create LINLI_HOME when it is missing.

    Its files are owner-only each. The folder itself is 0700, but 0711 when we are root: the database then runs
    as a service user, who must be able to pass through to its own 0700 folder. An existing folder is left
    as it is.
    """
    if home.is_dir():
        return
    home.parent.mkdir(parents=True, exist_ok=True)
    try:
        home.mkdir()
    except FileExistsError:
        # Another process was quicker.
        return
    home.chmod(0o711 if os.geteuid() == 0 else 0o700)


def write_private(path: Path, text: str) -> None:
    """Write an owner-only file (0600) in one step: whoever reads sees the old text or the new, never half."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def write_private_json(path: Path, value: Any) -> None:
    """Write a value as an owner-only JSON file."""
    write_private(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def secret_key(home: Path, *, create: bool = False) -> str:
    """The key Django signs with: LINLI_SECRET_KEY, else `secret.key` in LINLI_HOME.

    With `create` a missing file is written first; without it (a linter, a type checker) the key is one of
    the moment.
    """
    named = os.environ.get("LINLI_SECRET_KEY")
    if named:
        return named
    path = home / "secret.key"
    if not path.is_file():
        fresh = secrets.token_urlsafe(64)
        if not create:
            return fresh
        ensure_home(home)
        write_private(path, fresh)
    return path.read_text(encoding="utf-8").strip()
