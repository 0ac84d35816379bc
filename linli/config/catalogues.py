"""Compiled translations: made from the .po files when these are newer, so that nobody has to remember a step."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from linli.config.home import PACKAGE
from linli.config.system_install import CLOSED


def po_files(package: Path = PACKAGE) -> Iterator[Path]:
    """Every catalogue of every room."""
    yield from sorted(package.glob("**/locale/*/LC_MESSAGES/django.po"))


def compile_catalogues(package: Path = PACKAGE) -> list[Path]:
    """Compile the catalogues whose .mo is missing or older; returns what was written.

    Who may not write there (a service whose programs belong to root) goes on with what is there: `tools/bootstrap
    server` has compiled them, and without any the pages are in Chinese.
    """
    written = []
    for path in po_files(package):
        if _is_stale(path):
            try:
                written.append(compile_catalogue(path))
            except OSError as error:
                if error.errno not in CLOSED:
                    raise
    return written


def compile_catalogue(path: Path) -> Path:
    """Compile one catalogue, fuzzy entries left out; readers see the old file or the new one."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with path.open("rb") as source:
        catalogue = read_po(source, locale=path.parent.parent.name)
    target = path.with_suffix(".mo")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    with draft.open("wb") as file:
        write_mo(file, catalogue)
    draft.replace(target)
    return target


def _is_stale(path: Path) -> bool:
    target = path.with_suffix(".mo")
    return not target.is_file() or target.stat().st_mtime < path.stat().st_mtime
