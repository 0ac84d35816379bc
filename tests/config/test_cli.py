"""The words of the command line that guides and messages name are words it knows."""

from __future__ import annotations

import re
from pathlib import Path

from django.core.management import get_commands

from linli.cli import own_commands

HOUSE = Path(__file__).resolve().parents[2]
_TOLD = re.compile(r"(?:`|^|run |运行 |undone: )linli (?!as )([a-z][a-z_-]+)", re.MULTILINE)


def test_every_command_that_is_told_exists() -> None:
    """A word that is none of Linli's own commands goes to Django, which has to know it."""
    known = own_commands() | set(get_commands()) | {"help"}
    told: dict[str, str] = {}
    pages = [HOUSE / "README.md", *(HOUSE / "docs").rglob("*.md"), *(HOUSE / "deploy").iterdir()]
    for page in [*pages, *(HOUSE / "linli").rglob("*.py")]:
        for word in _TOLD.findall(page.read_text(encoding="utf-8")):
            told[word] = page.name
    assert {"import-undo", "init", "serve", "backup", "rotate_keys", "migrate"} <= told.keys()
    assert {word: page for word, page in told.items() if word not in known} == {}
