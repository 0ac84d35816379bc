"""Which functions write, found in the code itself, so that none is forgotten.

A function writes when its own body does (a statement of SQL, a call of the ORM that changes rows), or when it calls
one that does. Calls are followed by name through the imports of each module.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import linli

ROOT = Path(linli.__file__).parent
ROOMS = (
    "exchange", "places", "people", "work", "standards", "requests", "campaigns", "inspections", "assessment",
    "insight", "credits", "shop", "activities", "volunteering", "awards", "wishes",
)  # fmt: skip
_DATA = r"/(migrations|management|models)/|/(demo\w*|models|apps|admin)\.py$"
_FACES = r"/(pages\w*|api|urls|jobs|middleware)\.py$"
LEFT_OUT = re.compile(f"{_DATA}|{_FACES}")
_SQL = re.compile(r"\s*(WITH\b.*)?\b(INSERT INTO|UPDATE \w+|DELETE FROM)\b", re.DOTALL)
_ORM = {"create", "save", "bulk_create", "bulk_update", "update_or_create", "get_or_create"}


@dataclass
class Function:
    """One top-level function or method of a module."""

    name: str
    writes: bool = False
    calls: set[str] = field(default_factory=set)


def modules() -> Iterator[tuple[str, ast.Module]]:
    """The rooms' modules that hold rules, readers and writers."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if not LEFT_OUT.search(path.as_posix()):
                name = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
                yield name, ast.parse(path.read_text(encoding="utf-8"))


def _imports(tree: ast.Module) -> dict[str, str]:
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _writes(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return bool(_SQL.match(node.value))
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    target = ast.unparse(node.func.value)
    of_rows = "objects" in target or "filter(" in target or "_manager" in target
    if node.func.attr in _ORM:
        return not target.startswith(("image", "super()")) and (node.func.attr != "save" or not node.args)
    return node.func.attr in ("update", "delete") and (of_rows or target in ("rows", "same", "row"))


def _read(module: str, body: ast.FunctionDef, imports: dict[str, str], local: set[str]) -> Function:
    found = Function(f"{module}.{body.name}")
    for node in ast.walk(body):
        found.writes = found.writes or _writes(node)
        if isinstance(node, ast.Name):
            name = node.id
            if name in local:
                found.calls.add(f"{module}.{name}")
            elif name in imports:
                found.calls.add(imports[name])
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imports:
            found.calls.add(f"{imports[node.value.id]}.{node.attr}")
    return found


def functions() -> dict[str, Function]:
    """All top-level functions by their full name, and what each calls."""
    found: dict[str, Function] = {}
    for module, tree in modules():
        imports = _imports(tree)
        tops = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        local = {node.name for node in tops}
        constants = {
            target.id
            for node in tree.body if isinstance(node, ast.Assign) and any(_writes(part) for part in ast.walk(node))
            for target in node.targets if isinstance(target, ast.Name)
        }  # fmt: skip
        for node in tops:
            entry = _read(module, node, imports, local)
            used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            entry.writes = entry.writes or bool(used & constants)
            found[entry.name] = entry
    return found


def writers() -> set[str]:
    """The public functions that write, themselves or through others, without `linli.` in front."""
    known = functions()
    writing = {name for name, entry in known.items() if entry.writes}
    while True:
        more = {name for name, entry in known.items() if entry.calls & writing} - writing
        if not more:
            break
        writing |= more
    return {name.removeprefix("linli.") for name in writing if not name.rsplit(".", 1)[1].startswith("_")}
