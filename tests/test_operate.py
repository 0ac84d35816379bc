"""docs/operate.md and deploy/: every block is marked, every command and unit in it exists. `make operate` runs them."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import typer

from linli.cli import app
from tools.operate import CHECKED, GUIDE, KINDS, Block, blocks
from tools.proxy import check_configuration, prepare, program, rendered

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])
PAGE = GUIDE.read_text(encoding="utf-8")
BLOCKS = list(blocks(PAGE))
DJANGO_COMMANDS = {"migrate", "seal", "rotate_keys"}


def options() -> dict[str, set[str]]:
    """The options of each command of `linli`."""
    group = typer.main.get_command(app)
    return {
        name: {word for each in command.params for word in (*each.opts, *each.secondary_opts)}
        for name, command in group.commands.items()
    }


def test_every_block_of_commands_is_run_or_checked() -> None:
    assert len(BLOCKS) > 20
    unmarked = [f"{block.line}: {block.text}" for block in BLOCKS if block.mark not in KINDS | CHECKED]
    assert unmarked == [], "put <!-- run --> or <!-- checked: … --> before it (tools/operate.py says what they mean)"
    assert PAGE.count("```") == 2 * len(BLOCKS), "a fenced block in a language that nobody looks at"


def test_what_has_no_mark_is_found() -> None:
    """The control."""
    found = list(blocks("a\n\n```sh\nlinli serve\n```\n\n<!-- run -->\n```sh\nlinli verify\n```\n"))
    assert [block.mark for block in found] == ["", "run"]


def test_every_block_of_the_shell_can_be_read_by_it() -> None:
    text = "\n".join(f"block_{block.line}() {{\n{block.text}\n}}" for block in BLOCKS if block.language == "sh")
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: str(block.line))
def test_commands_of_linli_and_their_options_exist(block: Block) -> None:
    known = options()
    for command, rest in re.findall(r"(?m)(?:^|bin/)linli ([a-z_-]+)(.*)$", block.text):
        if command in DJANGO_COMMANDS:
            continue
        assert command in known, f"docs/operate.md:{block.line}: linli {command}"
        assert set(re.findall(r"(?<=\s)--[a-z-]+", rest)) <= known[command], block.text


def test_files_and_units_that_the_guide_names_are_there() -> None:
    named = set(re.findall(r"deploy/([\w.-]+\.\w+)", PAGE)) | set(
        re.findall(r"\b(linli[\w-]*\.(?:service|timer))", PAGE)
    )
    assert {name for name in named if not (DEPLOY / name).is_file()} == set()
    assert {path.name for path in DEPLOY.iterdir()} <= named


def test_units_say_what_systemd_understands(tmp_path: Path) -> None:
    """Verified by systemd itself where it is, and read as what they are everywhere."""
    for unit in UNITS:
        parsed = configparser.ConfigParser(strict=False, interpolation=None)
        parsed.optionxform = str  # type: ignore[assignment,method-assign]
        parsed.read(unit, encoding="utf-8")
        if unit.suffix == ".service":
            words = parsed["Service"]["ExecStart"].split()
            assert words[0] == "/opt/linli/.venv/bin/linli"
            assert words[1] in options()
            assert {word for word in words if word.startswith("--")} <= options()[words[1]]
            assert parsed["Service"]["User"] == "linli"
            assert parsed["Service"]["NoNewPrivileges"] == "true"
            assert parsed["Service"]["ProtectSystem"] == "strict"
        # The program is not installed where a test runs.
        (tmp_path / unit.name).write_text(
            unit.read_text(encoding="utf-8").replace("/opt/linli/.venv/bin/linli", "/bin/sh")
        )
    if shutil.which("systemd-analyze"):
        words = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        told = [line for line in done.stderr.splitlines() if "linli" in line]
        assert told == []


def test_the_proxy_overwrites_what_clients_forge(tmp_path: Path) -> None:
    conf = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in conf
    assert "proxy_add_x_forwarded_for" not in conf
    shown = rendered(conf, tmp_path, 8001, (8080, 8443))
    assert "/etc/letsencrypt" not in shown
    assert shown.count("{") == shown.count("}")
    if program() is not None:
        main, _ports = prepare(DEPLOY / "nginx.conf", tmp_path / "proxy", 8001)
        assert "test is successful" in check_configuration(main)


def test_every_setting_that_is_read_is_explained() -> None:
    """What the product reads from the environment stands in the guide's table."""
    read = re.compile(r"""(?:environ(?:\.get)?[\[(]|_flag\(|_words\()["'](LINLI_[A-Z_]+)["']""")
    found = {
        name
        for path in (ROOT / "linli").rglob("*.py")
        for name in read.findall(path.read_text(encoding="utf-8"))
        if not name.startswith("LINLI_TEST_")
    }
    assert found > {"LINLI_HOME", "LINLI_PUBLIC_URL"}
    explained = set(re.findall(r"`(LINLI_[A-Z_]+)`", PAGE))
    assert found - explained == set()
    sample = set(re.findall(r"(?m)^#?(LINLI_[A-Z_]+)=", (DEPLOY / "linli.env").read_text(encoding="utf-8")))
    assert sample <= explained
