"""Setting a checkout up: which versions are fit, and that only what changed is done again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import bootstrap
from tools.test_pg import system_programs


@pytest.mark.parametrize(
    ("version", "fit"),
    [
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v20.20.2", True),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.1.0", True),
        ("v18.19.0", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_node_versions(version: str, fit: bool) -> None:
    assert bootstrap.node_is_fit(version) is fit


def test_old_pythons_are_refused_with_advice(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    tool = tmp_path / "checkout" / "tools"
    tool.mkdir(parents=True)
    script = tool / "bootstrap"
    script.write_text((bootstrap.ROOT / "tools" / "bootstrap").read_text())
    for name in ("dirname", "sh"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    done = subprocess.run(
        ["/bin/sh", script, "demo"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr


def test_python_is_installed_again_only_when_the_lock_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    locks = tmp_path / "requirements"
    locks.mkdir()
    for name in ("runtime.txt", "dev.txt"):
        (locks / name).write_text("django==5.2\n")
    assert not bootstrap.python_is_ready("demo")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / ".venv" / ".linli-test").write_text(bootstrap.lock_digest("test"))
    assert bootstrap.python_is_ready("test")
    assert bootstrap.python_is_ready("demo"), "the tests' packages include the demo's"
    (locks / "dev.txt").write_text("django==5.2.1\n")
    assert not bootstrap.python_is_ready("test")


def test_the_front_end_is_built_again_only_when_its_sources_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frontend, build = tmp_path / "frontend", tmp_path / "build"
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "FRONTEND", frontend)
    monkeypatch.setattr(bootstrap, "BUILD", build)
    assert bootstrap.frontend_is_ready(), "no front end, nothing to build"
    (frontend / "node_modules").mkdir(parents=True)
    (frontend / "package.json").write_text("{}")
    assert not bootstrap.frontend_is_ready()
    build.mkdir()
    (build / ".linli-stamp").write_text(bootstrap.digest(bootstrap.frontend_files()))
    (frontend / "node_modules" / "other.js").touch()
    assert bootstrap.frontend_is_ready()
    (frontend / "map.ts").write_text("export {}")
    assert not bootstrap.frontend_is_ready()


def test_without_root_the_exact_command_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "can_install", lambda: False)
    with pytest.raises(bootstrap.BootstrapError, match="sudo apt-get install --no-install-recommends chromium"):
        bootstrap.install_packages(["chromium"], "test")


def test_the_lighter_browser_is_a_wish_not_a_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, answer in (("LOGS", tmp_path), ("SHELL", "no-such-browser")):
        monkeypatch.setattr(bootstrap, name, answer)
    monkeypatch.setattr(bootstrap, "can_install", lambda: True)
    monkeypatch.setattr(bootstrap, "apt_knows", lambda package: True)
    assert bootstrap.can_add_shell()

    def refuse(packages: list[str]) -> None:
        raise bootstrap.BootstrapError("no network")

    monkeypatch.setattr(bootstrap, "apt_install", refuse)
    bootstrap.install_shell()
    assert "the tests take the browser that is here" in capsys.readouterr().out
    assert not bootstrap.can_add_shell(), "what was refused once is not asked for at every start"


@pytest.mark.parametrize("said", ["", "x:\n  Installed: (none)\n  Candidate: (none)\n"])
def test_a_package_that_apt_does_not_have_is_not_asked_for(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "apt-cache"
    policy.write_text(f"#!/bin/sh\nprintf '{said}'\n")
    policy.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not bootstrap.apt_knows("x")


def test_the_oldest_supported_system_server_is_taken(tmp_path: Path) -> None:
    for major in ("14", "15", "17"):
        (tmp_path / major / "bin").mkdir(parents=True)
        (tmp_path / major / "bin" / "postgres").touch()
    found = system_programs(tmp_path)
    assert found is not None
    assert found.parent.name == "15"
    assert system_programs(tmp_path / "nowhere") is None


def test_ci_hides_nothing() -> None:
    script = bootstrap.ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    commands = [line for line in script.read_text().splitlines() if line and not line.startswith(("#", "set", "cd"))]
    assert commands == ["exec make test"]


def locked(name: str) -> dict[str, set[str]]:
    """The versions that a lock file names for each package (more than one where they differ by Python)."""
    versions: dict[str, set[str]] = {}
    for line in (bootstrap.ROOT / "requirements" / name).read_text().splitlines():
        found = re.match(r"([a-z0-9._-]+)==([^ ;\\]+)", line)
        if found:
            versions.setdefault(found[1], set()).add(found[2])
    return versions


def test_the_tests_run_with_everything_the_demo_runs_with() -> None:
    runtime, tests = locked("runtime.txt"), locked("dev.txt")
    assert len(runtime) > 50
    assert {name: tests.get(name) for name in runtime} == runtime


@pytest.mark.parametrize("profile", ["runtime", "dev"])
def test_every_package_asked_for_is_locked(profile: str) -> None:
    asked = (bootstrap.ROOT / "requirements" / f"{profile}.in").read_text().splitlines()
    names = {re.split(r"[\[~=<> ]", line)[0].lower().replace("_", "-") for line in asked if not line.startswith("-r")}
    assert names - set(locked(f"{profile}.txt")) == set()


def test_the_locks_carry_no_addresses() -> None:
    for name in ("runtime.txt", "dev.txt"):
        text = (bootstrap.ROOT / "requirements" / name).read_text()
        assert "://" not in text and "--find-links" not in text and "index-url" not in text
