"""`linli restore`: an archive becomes an installation again, compared figure by figure before it is committed.

Order: the whole archive is read and checked; version, server and keys are compared; files are stored; then the
database is loaded, counted and compared in one transaction that also puts the old tables away. Killed at any moment,
the database is as it was; files that were stored already harm nobody, because no row names them.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.core.files.base import ContentFile

from linli import __version__
from linli.config import databases, installation, verification
from linli.config.backup import archive, facts
from linli.config.backup.programs import Programs, client_programs
from linli.config.backup.progress import Steps, steps
from linli.config.backup.session import RestoreError, Transaction
from linli.config.databases import DatabaseAddress
from linli.config.embedded import read_pointer
from linli.config.home import linli_home
from linli.config.provision import check_search_path, ensure_extensions, superuser_connection
from linli.config.session import prepare_for_migration, running_database, switch_role

_LOCK = 0x4C494E4C49524553  # "LINLIRES": one restore at a time


@dataclass
class Restored:
    """What a restore found and did."""

    manifest: dict[str, Any]
    facts: facts.Facts = field(default_factory=dict)
    files: int = 0
    migrated: bool = False
    whole: bool = False


# --- Before anything is touched -----------------------------------------------------------------------------------


def read_archive(path: Path, shown: Steps) -> dict[str, Any]:
    """Check the whole archive; its manifest. Raises ArchiveError."""
    if not path.is_file():
        raise RestoreError(f"{path} 不存在 / does not exist")
    size = path.stat().st_size
    shown.begin("检查备份 / checking the archive", size)
    return archive.check(path, lambda done: shown.megabytes(done, size))


def check_version(manifest: dict[str, Any]) -> None:
    """Refuse an archive of a newer Linli: this one does not know its tables. An older one is migrated afterwards."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations} | {
        f"{app}.{name}" for migration in loader.disk_migrations.values() for app, name in migration.replaces
    }
    ours = {app for app, _ in loader.disk_migrations}
    strange = [name for name in manifest["migrations"]["applied"] if name not in known and name.split(".")[0] in ours]
    if strange:
        raise RestoreError(
            f"备份来自更新的 Linli / the archive is of a newer Linli ({manifest['linli']}; here {__version__}): "
            f"{strange[0]}. 请先安装该版本 / install that version first"
        )


def check_keys(manifest: dict[str, Any], offered: Path | None) -> Path | None:
    """Refuse a missing or wrong key file before anything is done. Answers the offered file if it is to be copied."""
    from django.conf import settings

    from linli.people import crypto

    place, wanted = Path(str(settings.LINLI_KEYS)), manifest["keys"]["fingerprints"]
    if not manifest["keys"]["used"]:
        return None
    source = offered if offered is not None and not place.exists() else place
    if not source.is_file():
        raise RestoreError(
            f"缺少密钥文件 / the key file is missing: {source}. 备份不含密钥；请把另存的 keys.json 放到该处，或用 "
            "--keys 指明 / a backup never holds the keys: put your copy of keys.json there, or name it with --keys FILE"
        )
    try:
        found = crypto.read_keyring(source).fingerprints()
    except crypto.CryptoError as error:
        raise RestoreError(str(error)) from error
    wrong = [name for name, value in wanted.items() if found.get(name) != value]
    if wrong:
        told = ", ".join(f"{name} = {wanted[name]}（{found.get(name, '没有 / none')}）" for name in wrong)
        raise RestoreError(
            f"{source} 不是这个备份的密钥 / is not the key file of this backup. 需要的指纹 / fingerprints wanted: "
            f"{told}. 请使用备份当时的 keys.json / use the keys.json of the time of the backup"
        )
    return offered if source == offered else None


def check_server(manifest: dict[str, Any], server: int) -> None:
    """Refuse a server of an older major version than the one that was dumped."""
    theirs = manifest["postgresql"]["server"] // 10000
    if server // 10000 < theirs:
        raise RestoreError(
            f"备份来自 PostgreSQL {theirs}，目标是 {server // 10000}，不能降级 / the archive is of PostgreSQL {theirs} "
            f"and cannot go down to {server // 10000}: use a server of version {theirs} or newer"
        )


def _ask(connection: psycopg.Connection) -> facts.Ask:
    def ask(query: str) -> str:
        row = connection.execute(query).fetchone()
        value = row[0] if row else None
        return value if isinstance(value, str) else json.dumps(value)

    return ask


def check_target(address: DatabaseAddress, *, replace: bool) -> int:
    """Refuse a target that holds something unless told to replace it, and one that is in use; the server's version."""
    app = databases.address(linli_home(), databases.APP)
    with psycopg.connect(**address.psycopg()) as connection:
        tables = facts.tables_of(_ask(connection), address.schema)
        if tables and not replace:
            raise RestoreError(
                f"{address.name}（schema {address.schema}）里已有 {len(tables)} 张表 / holds tables already. "
                "要用备份取代它们，请加 --replace / add --replace to put the backup in their place"
            )
        users = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = %s"
            " AND pid <> pg_backend_pid()",
            [app.user],
        ).fetchone()
        if tables and users and users[0] and app.user != address.user:
            raise RestoreError(
                f"还有 {users[0]} 个连接在使用数据库 / connections of {app.user} still use it: stop linli serve "
                "and linli worker first"
            )
        return connection.info.server_version


def refuse_while_served(home: Path) -> None:
    """Refuse while `linli serve` runs on this home."""
    lock = home / "serve.lock"
    if not lock.is_file():
        return
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RestoreError("linli serve 正在运行，请先停止 / linli serve is running: stop it first") from error


# --- Files --------------------------------------------------------------------------------------------------------


def restore_files(path: Path, shown: Steps, total: int) -> int:
    """Store every file of the archive and read it back; what is there already and equal stays. How many there are."""
    from linli.work import storage

    store, done = storage.backend(), 0
    shown.begin("文件 / files", total)
    with archive.opened(path) as tar:
        for name, member in archive.members(tar):
            if not archive.FILE_NAME.fullmatch(name):
                continue
            data = b"".join(archive.chunks_of(tar, member))
            wanted = hashlib.sha256(data).digest()
            if _stored_digest(store, name) != wanted:
                store.delete(name)
                store.save(name, ContentFile(data))
                if _stored_digest(store, name) != wanted:
                    raise RestoreError(f"{name}: 写入后读出不同 / is not read back as it was written")
            done += 1
            shown.tell(done, total)
    return done


def _stored_digest(store: Any, name: str) -> bytes | None:
    try:
        with store.open(name, "rb") as file:
            return hashlib.sha256(file.read()).digest()
    except FileNotFoundError:
        return None


# --- Database -----------------------------------------------------------------------------------------------------


def load_and_compare(
    path: Path, manifest: dict[str, Any], address: DatabaseAddress, programs: Programs, shown: Steps
) -> facts.Facts:
    """Load the dump, compare every figure, commit. Raises RestoreError, and the database is as it was."""
    source, target = manifest["database"]["schema"], address.schema
    here, there = facts.identifier(target), facts.identifier(source)
    old, aside = facts.identifier(f"{target[:40]}_before_restore"), facts.identifier(f"{source[:40]}_set_aside")
    with Transaction(programs, address) as psql:
        psql.send(f"SELECT 'locked' FROM (SELECT pg_catalog.pg_advisory_xact_lock({_LOCK})) AS wait;")
        psql.send("SET LOCAL maintenance_work_mem = '256MB';", *(f"{line};" for line in facts.SESSION))
        psql.send(f"ALTER SCHEMA {here} RENAME TO {old};")
        others = source != target and _schema_is_there(psql, source)
        if others:
            # The dump names the schema it came from. Nobody sees the change: it is undone in the same transaction.
            psql.send(f"ALTER SCHEMA {there} RENAME TO {aside};")
        shown.begin("数据库 / database")
        psql.load(path, lambda done, total: shown.megabytes(done, total))
        psql.send(*(f"{line};" for line in facts.SESSION))
        if source != target:
            psql.send(f"ALTER SCHEMA {there} RENAME TO {here};")
        if others:
            psql.send(f"ALTER SCHEMA {aside} RENAME TO {there};")
        psql.send(f"DROP SCHEMA {old} CASCADE;")
        shown.begin("对比 / comparing")
        found = facts.all_facts(psql.ask, target, lambda name, done, total: shown.tell(done, total, name))
        differing = list(facts.differences(manifest, found))
        if differing:
            told = "恢复后与备份不同，未提交 / is not what was backed up, nothing was changed:"
            raise RestoreError("\n".join([told, *differing[:20]]))
        psql.commit()
    return found


def _schema_is_there(psql: Transaction, name: str) -> bool:
    return psql.ask(f"SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = {facts.literal(name)}") != "0"


def _let_in(address: DatabaseAddress) -> None:
    """The new schema has no grants yet: let the two roles in, as when an installation is made."""
    pointer = read_pointer(linli_home()) if databases.uses_embedded() else None
    app = databases.address(linli_home(), databases.APP)
    if pointer is not None:
        with superuser_connection(pointer, address.name) as connection:
            ensure_extensions(connection, address.schema, address.user, app.user)
    else:
        prepare_for_migration()
    with psycopg.connect(**app.psycopg()) as connection:
        check_search_path(connection, app)


def _take_keys(offered: Path | None) -> None:
    """Put the offered key file in its place, owner-only, in one step."""
    if offered is None:
        return
    from django.conf import settings

    from linli.config.home import ensure_home, write_private

    ensure_home(linli_home())
    write_private(Path(str(settings.LINLI_KEYS)), offered.read_text(encoding="utf-8"))


def _restore_seals(path: Path) -> None:
    """The exported seals as they were; a file that tells of other seals is kept beside it.

    The archive holds the lines of the history's seals. Those of the ledger are in the database, and are written anew.
    """
    from linli.config.home import write_private
    from linli.credits import sealing as ledger_sealing
    from linli.work import sealing

    text, place = archive.wanted_member(path, archive.SEALS).decode(), sealing.seals_file()
    if place.is_file() and place.read_text(encoding="utf-8", errors="replace") != text:
        _set_aside(place)
    write_private(place, text)
    sealing.export()
    if ledger_sealing.seals_file().is_file():
        _set_aside(ledger_sealing.seals_file())
    ledger_sealing.export()


def _set_aside(place: Path) -> None:
    number = 1
    while (kept := place.with_name(f"{place.name}.before-restore-{number}")).exists():
        number += 1
    place.rename(kept)


def restore(path: Path, *, replace: bool = False, keys: Path | None = None, say: Callable[[str], None]) -> Restored:
    """Restore an archive into this installation, which is empty or is to be replaced, and verify. Runs as OWNER.

    Raises ArchiveError, RestoreError or ProgramsError; then the database is as it was.
    """
    import django

    django.setup()
    refuse_while_served(linli_home())
    with steps() as shown:
        manifest = read_archive(path, shown)
        check_version(manifest)
        offered = check_keys(manifest, keys)
        shown.end()
        with running_database():
            done = _into_database(path, manifest, offered, shown, replace=replace)
            shown.end()
            history, ledger = verification.run(None, say=say), verification.run_ledger(None, say=say)
            done.whole = history and ledger
    return done


def _into_database(
    path: Path, manifest: dict[str, Any], offered: Path | None, shown: Steps, *, replace: bool
) -> Restored:
    from django.conf import settings
    from django.db import connections

    from linli.config.migrate import migrate

    # The address is only known once the embedded database has been made.
    switch_role(databases.OWNER)
    address = databases.address(linli_home(), databases.OWNER)
    settings.LINLI_APP_ROLE = databases.address(linli_home(), databases.APP).user
    server = check_target(address, replace=replace)
    check_server(manifest, server)
    programs = client_programs(max(server // 10000, manifest["postgresql"]["programs"]))
    prepare_for_migration()
    files = restore_files(path, shown, manifest["files"]["count"])
    found = load_and_compare(path, manifest, address, programs, shown)
    _let_in(address)
    _take_keys(offered)
    outdated = manifest["migrations"]["key"] != installation.migrations_key()
    shown.begin("权限 / privileges" if not outdated else "升级到本版本 / migrating to this version")
    migrate(quiet=True)
    _restore_seals(path)
    with connections["default"].cursor() as cursor:
        cursor.execute("ANALYZE")
    return Restored(manifest, found, files, outdated)


# --- The command --------------------------------------------------------------------------------------------------


def check_only(path: Path, *, keys: Path | None, say: Callable[[str], None]) -> None:
    """`linli restore --check`: is the archive whole, and can these keys open it? Touches nothing."""
    import django

    django.setup()
    with steps() as shown:
        manifest = read_archive(path, shown)
    describe(manifest, say)
    say("备份完好 / the archive is whole")
    check_version(manifest)
    check_keys(manifest, keys)
    say("密钥相符 / the keys fit")


def describe(manifest: dict[str, Any], say: Callable[[str], None]) -> None:
    """What an archive holds, in a few lines."""
    rows = sum(table["rows"] for table in manifest["tables"].values())
    say(
        f"{manifest['made_at']} · Linli {manifest['linli']} · PostgreSQL {manifest['postgresql']['server'] // 10000}"
        f" · {len(manifest['tables'])} 张表 tables · {rows} 行 rows · {manifest['files']['count']} 个文件 files"
    )


def run(path: Path, *, replace: bool, keys: Path | None, say: Callable[[str], None]) -> bool:
    """Restore, print the comparison, verify; True when everything is equal and the history is whole."""
    done = restore(path, replace=replace, keys=keys, say=say)
    describe(done.manifest, say)
    print_comparison(done, say)
    for name in ("secret.key", "environment"):
        say(f"不在备份里 / was not in it · {name}: {done.manifest['not_in_it'][name]}")
    if done.migrated:
        say("已升级到本版本的结构 / migrated to this version")
    return done.whole


def print_comparison(done: Restored, say: Callable[[str], None]) -> None:
    """Backup and database side by side; they are equal, else nothing would have been committed."""
    before, now = done.manifest, done.facts
    lines: list[tuple[Any, ...]] = [("表 tables", len(before["tables"]), len(now["tables"]))]
    lines += [
        (f"  {name}", *(f"{each['rows']} · {each['digest'][-6:]}" for each in (table, now["tables"][name])))
        for name, table in before["tables"].items()
        if table["rows"]
    ]
    lines += [(f"history.{name}", value, now["history"][name]) for name, value in before["history"].items()]
    lines.append(("文件 files", before["files"]["count"], done.files))
    say(f"{'':40} {'备份 backup':>24} {'现在 now':>24}")
    for name, *values in lines:
        was, is_now = (str(value)[:22] if value is not None else "–" for value in values)
        say(f"{name:40} {was:>24} {is_now:>24} {'=' if was == is_now else '≠'}")
