"""The plan in docs/architecture.md is held against the code; generated documentation is fresh."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLResolver, get_resolver

from tools import docs

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "linli"
STARTERS = {"config", "cli", "__main__"}
NOT_ROOMS = {"static", "templates", "locale"}


def plan() -> list[list[str]]:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    block = re.search(r"```plan\n(.*?)```", text, re.DOTALL)
    assert block is not None, "docs/architecture.md has lost its plan"
    return [[room.strip() for room in line.split("|")] for line in block.group(1).strip().splitlines()]


def rooms_imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("linli.") and name.count(".")}
    return found


def test_every_package_stands_in_the_plan_once() -> None:
    planned = [room for line in plan() for room in line]
    packages = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} - {"config"} - NOT_ROOMS
    assert len(planned) == len(set(planned))
    assert packages <= set(planned)
    assert set(planned) - packages == {"cli"}


def test_arrows_run_downwards() -> None:
    height = {room: level for level, line in enumerate(plan()) for room in line}
    wrong = []
    for room, level in height.items():
        if room == "cli":
            continue
        for path in sorted((PACKAGE / room).rglob("*.py")):
            for target in rooms_imported(path) - {room}:
                if target in STARTERS or height.get(target, 99) <= level:
                    wrong.append(f"{path.relative_to(ROOT)} imports linli.{target}")
    assert wrong == []


@pytest.mark.parametrize("name", sorted(docs.PAGES))
def test_drawn_pages_are_fresh(name: str) -> None:
    stored = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert stored == docs.PAGES[name](), "run: python -m tools.docs update"


def test_links_of_the_documentation_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} → {target}")
    assert broken == []


def test_templates_name_addresses_that_exist() -> None:
    """`{% url … as x %}` is silent about a name that does not exist: the map it should fill would stay empty."""
    known = {name for name in _address_names(get_resolver(), "") if name}
    wrong = [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in PACKAGE.rglob("templates/**/*.html")
        for name in re.findall(r'{% url "([^"]+)"', path.read_text(encoding="utf-8"))
        if name not in known
    ]
    assert known and not wrong


def _address_names(resolver: URLResolver, space: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _address_names(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif entry.name:
            yield f"{space}{entry.name}"
