"""Commands at the shell mean the installation of the machine, run as its user, and say what the machine refuses."""

from __future__ import annotations

import errno
import os
import pwd
from pathlib import Path

import pytest

from linli.config import system_install
from linli.config.home import write_private_json
from linli.config.system_install import InstallationRefused, become_owner, machine_says, settings_in, take_settings

DEPLOYED = Path(__file__).resolve().parents[2] / "deploy" / "linli.env"


def test_the_file_of_the_service_is_read_as_systemd_reads_it() -> None:
    text = "# x\n;y\nLINLI_HOME=/srv/linli\nLINLI_DATABASE_URL='postgresql://a:b@db/x?schema=d&sslmode=require'\nPORT=8001\n"
    found = settings_in(text + 'LINLI_PRIVACY_CONTACT="电话 1"\nPATH=/evil\nnonsense\n')
    assert found == {
        "LINLI_HOME": "/srv/linli", "LINLI_DATABASE_URL": "postgresql://a:b@db/x?schema=d&sslmode=require",
        "PORT": "8001", "LINLI_PRIVACY_CONTACT": "电话 1",
    }  # fmt: skip
    assert settings_in(DEPLOYED.read_text(encoding="utf-8"))["LINLI_HOME"] == "/srv/linli"


def test_what_the_shell_says_goes_first_and_another_home_takes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "linli.env"
    file.write_text("LINLI_HOME=/srv/linli\nLINLI_DATABASE_URL=postgresql://app@db/linli\nPORT=8001\n")
    environment = {"PORT": "9000"}
    take_settings(environment, file)
    assert environment == {
        "PORT": "9000", "LINLI_HOME": "/srv/linli", "LINLI_DATABASE_URL": "postgresql://app@db/linli",
    }  # fmt: skip
    drill = {"LINLI_HOME": "/srv/linli-drill"}
    take_settings(drill, file)
    assert drill == {"LINLI_HOME": "/srv/linli-drill"}, "a drill never meets the database of the service"
    nothing: dict[str, str] = {}
    take_settings(nothing, tmp_path / "missing.env")
    assert nothing == {}


def test_whoever_may_not_read_the_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(self: Path, encoding: str) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_text", closed)
    with pytest.raises(InstallationRefused, match="run this as root"):
        take_settings({}, tmp_path)
    take_settings({"LINLI_HOME": "/tmp/own"}, tmp_path)


@pytest.mark.parametrize(("uid", "service_user", "dropped"), [(4321, "", True), (4321, "linli", False), (0, "", False)])
def test_root_goes_on_as_the_one_to_whom_the_home_belongs(
    uid: int, service_user: str, dropped: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[object] = []
    monkeypatch.setenv("LINLI_HOME", str(tmp_path))
    for name in ("HOME", "USER", "LOGNAME"):
        monkeypatch.setenv(name, "root")
    write_private_json(tmp_path / "postgres.json", {
        "home": str(tmp_path), "data": "d", "socket": "s", "programs": "p", "service_user": service_user,
        "passwords": {},
    })  # fmt: skip
    owner = pwd.struct_passwd(("linli", "x", uid, 77, "", "/srv/linli", "/usr/sbin/nologin"))
    monkeypatch.setattr(system_install.os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_install.pwd, "getpwuid", lambda number: owner)
    for name in ("initgroups", "setgid", "setuid", "umask"):
        monkeypatch.setattr(system_install.os, name, lambda *values, name=name: done.append((name, *values)))
    said: list[str] = []
    become_owner(said.append)
    if dropped:
        assert done == [("initgroups", "linli", 77), ("setgid", 77), ("setuid", uid), ("umask", 0o077)]
        assert os.environ["HOME"] == "/srv/linli" and "linli" in said[0]
    else:
        assert done == [] and said == []


def test_a_full_disk_and_a_closed_folder_are_told_in_a_sentence() -> None:
    assert "磁盘已满" in machine_says(OSError(errno.ENOSPC, "No space left on device", "/srv/x"))
    assert "/srv/x" in machine_says(PermissionError(errno.EACCES, "Permission denied", "/srv/x"))
    assert machine_says(OSError(errno.ENOENT, "No such file")) == machine_says(ValueError("x")) == ""
