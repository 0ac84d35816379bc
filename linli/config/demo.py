"""`linli demo`: the demo district, loaded once, then served on loopback."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
from rich import box
from rich.console import Console
from rich.table import Table

from linli.config import databases, installation
from linli.config.home import PACKAGE, linli_home, write_private_json
from linli.config.serve import Server, is_loopback
from linli.config.session import choose_settings, running_database, switch_role

LOGINS = "demo-logins.json"
STAGE = "370215"
"""Jimo: the district that the demo opens with."""


class DemoRefused(RuntimeError):
    """The demo cannot be had here; the message says why."""


def run(host: str, port: int, *, serve: bool = True) -> None:
    """Load what is missing, show the logins and serve. The second time nothing is loaded."""
    if not (databases.uses_embedded() and is_loopback(host)):
        raise DemoRefused(
            "演示只在本机和内置数据库上运行 / the demo runs only on loopback with the embedded database: "
            "unset LINLI_DATABASE_URL and use 127.0.0.1"
        )
    console = Console()
    home = linli_home()
    os.environ.setdefault("LINLI_DISTRICT", STAGE)
    choose_settings(databases.OWNER)
    server = Server(host, port, say=console.print)
    # What was loaded once will soon be served; the first time there is enough else to do.
    early = server.loading_early() if serve and (home / LOGINS).is_file() else nullcontext()
    with early, running_database() as cluster:
        prepare(home, console)
        rows = read_logins(home)
        if not serve:
            print_logins(rows)
            return
        server.check()

        def ready(url: str) -> None:
            print_logins(rows)
            console.print(f"账号也在 / logins also in {home / LOGINS}", soft_wrap=True, highlight=False)
            console.print(
                f"公布数字与记录 / published figures from records: linli reproduce · {url.rstrip('/')}/about/figures/",
                soft_wrap=True, highlight=False,
            )  # fmt: skip
            console.print(f"\n[bold]邻里 Linli → {url}[/bold]    (Ctrl-C 停止 / stops)\n", highlight=False)

        server.run(cluster=cluster, on_ready=ready)


def prepare(home: Path, console: Console) -> None:
    """Migrate and load whatever this database has not had yet. Raises DemoRefused where it is a real district's."""
    with psycopg.connect(**databases.address(home, databases.APP).psycopg()) as connection:
        known = installation.remembered(connection)
        if installation.DEMO not in known and installation.has_accounts(connection):
            raise DemoRefused(
                f"{home} 里已经有您自己的区县，演示数据不会装进去；请给 LINLI_HOME 另选一个目录 / it holds a district "
                "of your own; the demo is not loaded into it: set LINLI_HOME to another folder"
            )
    outdated = known.get(installation.MIGRATIONS) != installation.migrations_key()
    if outdated:
        import django

        console.print("建立数据库 / preparing the database …")
        django.setup()
        from linli.config.migrate import migrate

        migrate(quiet=True)
    from linli.config.settings import LINLI_DEMO_LOADERS, LINLI_DEMO_VERSION

    mark = known.get(installation.DEMO, {})
    wanted = {path for path in LINLI_DEMO_LOADERS if exists(path)}
    whole = mark.get("version") == LINLI_DEMO_VERSION and wanted <= set(mark.get("loaded", ()))
    if not whole or not (home / LOGINS).is_file():
        load(home, known, console)


def load(home: Path, known: dict[str, Any], console: Console) -> None:
    """Run each room's loader in turn, with a mark after each, and write the logins."""
    import django

    django.setup()
    from django.conf import settings

    switch_role(databases.APP)
    for path in settings.LINLI_SETUP_HOOKS:
        hook = find(path)
        # The demo's places are drawn, so what a real district's set-up would enter is not wanted here.
        if hook is not None and not path.startswith("linli.places."):
            hook(None)
    mark = known.get(installation.DEMO, {})
    if mark.get("version") != settings.LINLI_DEMO_VERSION:
        mark = {"version": settings.LINLI_DEMO_VERSION, "loaded": []}
    with console.status("装入演示数据 / loading the demo district …") as status:
        for path in settings.LINLI_DEMO_LOADERS:
            loader = find(path)
            if loader is None or path in mark["loaded"]:
                continue
            room = path.split(".")[1]
            loader(lambda text, room=room: status.update(f"演示数据 / demo data · {room} · {text}"))
            mark["loaded"].append(path)
            with psycopg.connect(**databases.address(home, databases.OWNER).psycopg()) as connection:
                installation.remember(connection, installation.DEMO, mark)
            console.print(f"演示数据 / demo data · {room} ✓")
    with psycopg.connect(**databases.address(home, databases.OWNER).psycopg(), autocommit=True) as connection:
        # The planner must not wait for autovacuum to know how much there is now.
        connection.execute("ANALYZE")
    logins = find("linli.people.demo.logins")
    write_private_json(home / LOGINS, [dict(row) for row in logins()] if logins else [])


def exists(path: str) -> bool:
    """Whether the module of a dotted path is there, without importing it."""
    module = PACKAGE.joinpath(*path.split(".")[1:-1])
    return module.with_suffix(".py").is_file() or (module / "__init__.py").is_file()


def find(path: str) -> Callable[..., Any] | None:
    """What a dotted path names, or None when its module does not exist (a room without that file)."""
    if not exists(path):
        return None
    module_name, _, name = path.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(module_name), name)
    return found


def read_logins(home: Path) -> list[dict[str, Any]]:
    """The rows of demo-logins.json."""
    rows: list[dict[str, Any]] = json.loads((home / LOGINS).read_text(encoding="utf-8"))
    return rows


def print_logins(rows: Sequence[dict[str, Any]]) -> None:
    """Print the logins as a table whose cells are never broken, so that they can be copied."""
    table = Table(title="演示账号 / demo logins", title_justify="left", box=box.SIMPLE)
    columns = list(dict.fromkeys(key for row in rows for key in row))
    for column in columns:
        table.add_column(column, no_wrap=True)
    for row in rows:
        table.add_row(*(str(row.get(column) or "") for column in columns))
    Console(width=max(Console().width, 200)).print(table)
