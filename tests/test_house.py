"""The house as docs/architecture.md and CONTRIBUTING.md describe it is held against the code; drawn pages are fresh."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from django.urls import URLResolver, get_resolver

from tools import docs

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "linli"
STARTERS = {"config", "cli", "__main__"}
NOT_ROOMS = {"static", "templates", "locale"}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
WRITING_CALLS = {"save", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
WRITING_SQL = re.compile(r"\b(INSERT INTO|UPDATE \w+( AS)?( \w+)? SET|DELETE FROM)\b")
READERS = re.compile(r"(.*_)?selectors(_.*)?\.py|pages(_.*)?\.py|(.*_)?rules\.py|words\.py|vocabulary\.py")
READING_PLACES = {"pages", "templatetags"}
OF_THE_MACHINE = ("/etc", "/var", "/tmp", "/usr", "/opt", "/srv", "/home", "/dev", "/run", "/root")
FUNCTION_LINES_MAX, MODULE_LINES_MAX = 70, 500


def plan() -> list[list[str]]:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    block = re.search(r"```plan\n(.*?)```", text, re.DOTALL)
    assert block is not None, "docs/architecture.md has lost its plan"
    return [[room.strip() for room in line.split("|")] for line in block.group(1).strip().splitlines()]


@dataclass
class Module:
    """What the tests ask of a module, read in one pass: whole trees of all modules would be a burden to the others."""

    said: str = ""
    lines: int = 0
    rooms: set[str] = field(default_factory=set)
    writing: list[str] = field(default_factory=list)
    touching: list[str] = field(default_factory=list)
    long: list[str] = field(default_factory=list)


@cache
def module(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    found = Module((ast.get_docstring(tree) or "").partition("\n")[0], len(text.splitlines()))
    here = path.relative_to(ROOT)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = _imported(node)
            found.rooms |= {name.split(".")[1] for name in names if name.startswith("linli.") and name.count(".")}
            if any(name.startswith("django.db") for name in names):
                found.touching.append(f"{here}:{node.lineno}")
        elif isinstance(node, ast.Call | ast.Constant):
            if _writes(node):
                found.writing.append(f"{here}:{node.lineno}")
        elif isinstance(node, ast.Attribute) and node.attr == "objects":
            found.touching.append(f"{here}:{node.lineno}")
        elif isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES_MAX:
            found.long.append(f"{here}:{node.lineno} {node.name}")
    return found


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.module is None or node.level:
        return []
    return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]


def _writes(node: ast.Call | ast.Constant) -> bool:
    """Whether this changes rows: SQL that does, or a method of Django that writes, on a row, a manager or a query."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and WRITING_SQL.search(node.value) is not None
    if not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr not in {"create", "update", "delete"}:
        return node.func.attr in WRITING_CALLS
    on = ast.unparse(node.func.value)
    return on.endswith(".objects") or ".objects." in on or ".filter(" in on


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
            for target in module(path).rooms - {room}:
                if target in STARTERS or height.get(target, 99) <= level:
                    wrong.append(f"{path.relative_to(ROOT)} imports linli.{target}")
    assert wrong == []


def test_pages_and_selectors_and_rules_write_nothing() -> None:
    readers = [path for path in MODULES if READERS.fullmatch(path.name) or READING_PLACES & set(path.parts)]
    readers = [path for path in readers if path.parent.name != "models"]
    readers += [path for path in MODULES if path.is_relative_to(PACKAGE / "api")]
    assert [line for path in readers for line in module(path).writing] == []
    assert any(module(path).writing for path in MODULES if path.name == "services.py"), "the test can tell who writes"


def test_what_is_called_pure_touches_no_database() -> None:
    pure = [path for path in MODULES if "Pure" in module(path).said]
    assert len(pure) > 10 and [line for path in pure for line in module(path).touching] == []


def test_modules_say_what_they_are_and_keep_to_the_size_of_the_house() -> None:
    silent = [path for path in MODULES if module(path).lines and not module(path).said]
    long = [path for path in MODULES if module(path).lines > MODULE_LINES_MAX]
    assert (silent, long, [line for path in MODULES for line in module(path).long]) == ([], [], [])


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


def test_every_page_of_the_documentation_is_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+\.md)", page.read_text(encoding="utf-8"))
        waiting += {(page.parent / target).resolve() for target in targets} - reached
    assert sorted(set((ROOT / "docs").rglob("*.md")) - reached) == []


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


def test_addresses_in_the_documentation_exist() -> None:
    """`/desk/rounds/<id>/` of a page is an address of the house; those of REST may stand without their `/api/v1`."""
    shapes = {_shape(address) for address in _addresses(get_resolver(), "/")}
    known = {shape: re.compile(re.escape(shape).replace(r"\*", "[^/]+")) for shape in shapes}
    wrong = [
        f"{page.relative_to(ROOT)}: {address}"
        for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
        for address in re.findall(r"`(?:[A-Z]+ )?(/[a-z][^`\s]*)`", page.read_text(encoding="utf-8"))
        if not address.startswith(OF_THE_MACHINE)
        and not any(_leads(f"{start}{address}", known) for start in ("", "/api/v1"))
    ]
    assert len(known) > 300 and wrong == []


def _addresses(resolver: URLResolver, start: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _addresses(entry, f"{start}{entry.pattern}")
        else:
            yield f"{start}{entry.pattern}"


def _shape(address: str) -> str:
    """An address with `*` for what changes in it, without its query and its outer slashes."""
    return re.sub(r"<[^>]*>|\{[^}]*\}|[\^$\\]", lambda part: "*" if len(part[0]) > 1 else "", address).strip("/")


def _leads(written: str, known: dict[str, re.Pattern[str]]) -> bool:
    """Whether what a page writes is an address, an example of one, or the beginning of some."""
    shape = _shape(re.split(r"[?#]", written)[0])
    like = re.compile(re.escape(shape).replace("…", ".*").replace(r"\*", "[^/]+"))
    return shape in known or any(
        like.fullmatch(address) or address.startswith(f"{shape}/") or example.fullmatch(shape)
        for address, example in known.items()
    )


def _address_names(resolver: URLResolver, space: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _address_names(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif entry.name:
            yield f"{space}{entry.name}"
