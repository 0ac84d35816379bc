"""Commands typed at the shell of a machine where Linli is installed: they mean that installation, and run as its user.

The service gets its settings from `/etc/linli/linli.env` by systemd. A command that did not read them would look for
the data in another place, and one that root runs would leave files that the service cannot read.
"""

from __future__ import annotations

import errno
import os
import pwd
from collections.abc import Callable, MutableMapping
from pathlib import Path

from linli.config.embedded import POINTER, read_pointer
from linli.config.home import linli_home

SETTINGS = Path("/etc/linli/linli.env")
HOME = "LINLI_HOME"
FULL = (errno.ENOSPC, errno.EDQUOT)
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


class InstallationRefused(RuntimeError):
    """The command cannot run like this; the message says as whom it can."""


def settings_in(text: str) -> dict[str, str]:
    """The variables of a file as systemd reads it (EnvironmentFile=): NAME=value, also in quotes, # comments."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, sign, value = line.strip().partition("=")
        if not sign or name.startswith(("#", ";")) or not (name.startswith("LINLI_") or name == "PORT"):
            continue
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found[name] = value
    return found


def take_settings(environment: MutableMapping[str, str], file: Path = SETTINGS) -> None:
    """Let what the shell does not say be as the service has it.

    Nothing is taken where the shell names another LINLI_HOME: the drill of a restore must not meet the service's own
    database. Raises InstallationRefused where the file may not be read and nothing else says which home is meant.
    """
    try:
        found = settings_in(file.read_text(encoding="utf-8"))
    except PermissionError as error:
        if environment.get(HOME):
            return
        raise InstallationRefused(
            f"{file} 不可读，请以 root 或服务用户运行 / cannot be read: run this as root or as the service's user"
        ) from error
    except OSError:
        return
    if HOME in found and environment.get(HOME, found[HOME]) == found[HOME]:
        for name, value in found.items():
            environment.setdefault(name, value)


def become_owner(say: Callable[[str], None]) -> None:
    """As root, go on as the user to whom LINLI_HOME belongs; a home that root made stays root's."""
    if os.geteuid() != 0:
        return
    home = linli_home()
    try:
        owner = pwd.getpwuid(home.stat().st_uid)
    except (OSError, KeyError):
        return
    pointer = read_pointer(home) if (home / POINTER).is_file() else None
    if owner.pw_uid == 0 or (pointer is not None and pointer.service_user):
        return
    os.initgroups(owner.pw_name, owner.pw_gid)
    os.setgid(owner.pw_gid)
    os.setuid(owner.pw_uid)
    os.umask(0o077)
    os.environ.update(HOME=owner.pw_dir, USER=owner.pw_name, LOGNAME=owner.pw_name)
    say(f"linli: 以用户 {owner.pw_name} 运行 / running as {owner.pw_name}, to whom {home} belongs")


def machine_says(error: BaseException) -> str:
    """What the machine refused, not Linli, in a sentence: the disk is full, no right; empty for anything else."""
    if not isinstance(error, OSError) or error.errno not in (*FULL, *CLOSED):
        return ""
    where = f" {error.filename}" if error.filename else ""
    if error.errno in FULL:
        return f"磁盘已满 / the disk is full:{where or ' ' + str(error.strerror)}"
    return f"没有权限 / not permitted:{where} ({error.strerror})"
