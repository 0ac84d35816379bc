"""`linli backup`: database, files and seals of one moment in one archive, while everybody goes on working.

One transaction sees the database as it was at one moment (REPEATABLE READ), and pg_dump reads that very snapshot.
Files are stored before the row that names them is committed, so whatever the snapshot names is there; what was
erased in the meantime is listed and is no fault.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.db import connection, transaction

from linli import __version__
from linli.config import databases, installation
from linli.config.backup import archive, facts, keeping
from linli.config.backup.archive import Writer
from linli.config.backup.programs import Programs, client_programs, environment
from linli.config.backup.progress import Steps, steps
from linli.config.databases import DatabaseAddress
from linli.config.embedded import read_pointer
from linli.config.home import linli_home
from linli.config.provision import EXTENSIONS

_CHUNK = 1 << 20

NOT_IN_IT = {
    "keys.json": "个人信息的密钥。没有它，姓名、电话等读不出来；请另存一份，与备份分开保管。/ The keys of personal "
    "data. Without them names and phones cannot be read: keep a copy apart from the backups, and the older copies as "
    "long as the backups that need them.",
    "secret.key": "签名密钥。没有它，所有人需重新登录。/ Signs sessions; without it everybody signs in anew.",
    "postgres.json": "内置数据库的口令；恢复时重新生成。/ The embedded database's passwords; made anew by a restore.",
    "environment": "LINLI_… 环境变量、systemd 与 nginx 配置。/ Settings in the environment, of systemd and nginx.",
    "logs": "运行日志。/ Logs.",
}


class BackupRefused(RuntimeError):
    """No backup can be made like this; the message says why and what to do."""


@dataclass
class Made:
    """A finished backup."""

    path: Path
    manifest: dict[str, Any]
    removed: list[Path] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether every file that it should hold was there and as it was stored."""
        return not (self.manifest["files"]["missing"] or self.manifest["files"]["damaged"])


def refuse_without_database() -> None:
    """Refuse before an empty database is made where none is. Raises BackupRefused."""
    if databases.uses_embedded() and read_pointer(linli_home()) is None:
        raise BackupRefused(f"{linli_home()} 里没有数据库 / holds no database: is LINLI_HOME the right one?")


def make(folder: Path, *, keep: int = 0, programs: Programs | None = None) -> Made:
    """Make a backup into a folder; afterwards remove all but the newest `keep` (0: none is removed).

    Runs as OWNER with the database up. Raises BackupRefused, ProgramsError, or OSError (no space, no right); then
    nothing is left in the folder.
    """
    home, address = linli_home(), databases.address(linli_home(), databases.current_role())
    prefix, now = keeping.label(home, address), datetime.now(UTC)
    target = folder / keeping.fresh_name(prefix, now)
    if target.exists():
        raise BackupRefused(f"{target} 已存在 / is there already; try again in a second")
    with steps() as shown:
        with keeping.drafted(target) as file:
            writer = Writer(file, now.timestamp())
            manifest = writer.finish(_written(writer, shown, address, now, programs))
            file.flush()
            _read_back(Path(file.name), shown)
        made = Made(target, manifest)
        if made.whole:
            made.removed = keeping.remove_old(folder, prefix, keep)
    return made


def _read_back(path: Path, shown: Steps) -> None:
    """What was written is read again before it gets its name."""
    size = path.stat().st_size
    shown.begin("复核 / reading back", size)
    archive.check(path, lambda done: shown.megabytes(done, size))


def _written(
    writer: Writer, shown: Steps, address: DatabaseAddress, now: datetime, programs: Programs | None
) -> dict[str, Any]:
    """Write all members; what the manifest says."""
    with _snapshot() as snapshot:
        _refuse_empty(address)
        server = connection.connection.info.server_version
        chosen = programs or client_programs(server // 10000)
        keys = _keys(address.schema)
        shown.begin("数据库 / database")
        writer.add_member(archive.DUMP, _dumped(chosen, address, snapshot, shown))
        shown.begin("校验数据 / counting rows")
        figures = facts.all_facts(_ask, address.schema, lambda name, done, total: shown.tell(done, total, name))
        files = _files(writer, shown)
        writer.add_member(archive.SEALS, _seals(figures["history"]["last_seal"] or 0))
        roles, extensions = _roles(address), _extensions()
        writer.add_member(archive.ROLES, iter((_roles_sql(roles, extensions, address).encode(),)))
        applied = _applied()
    _forgive_erased(files)
    return {
        "format": archive.FORMAT,
        "linli": __version__,
        "made_at": now.isoformat(timespec="seconds"),
        "database": {"name": address.name, "schema": address.schema, "embedded": databases.uses_embedded()},
        "postgresql": {"server": server, "programs": chosen.major},
        "migrations": applied,
        "roles": roles,
        "extensions": extensions,
        "keys": keys,
        "files": files,
        "not_in_it": NOT_IN_IT,
        **figures,
    }


@contextmanager
def _snapshot() -> Iterator[str]:
    """A transaction that sees one moment; the name under which pg_dump sees the same."""
    connection.ensure_connection()
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for statement in facts.SESSION:
            cursor.execute(statement.replace("SET ", "SET LOCAL ", 1))
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        yield str(cursor.fetchone()[0])


def _ask(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        value = cursor.fetchone()[0]
    return value if isinstance(value, str) else json.dumps(value)


def _refuse_empty(address: DatabaseAddress) -> None:
    if "work_item" not in facts.tables_of(_ask, address.schema):
        raise BackupRefused(
            f"{address.name}（schema {address.schema}）里没有 Linli 的数据 / holds no Linli: is LINLI_HOME "
            f"({linli_home()}) or LINLI_DATABASE_URL the right one?"
        )


def _dumped(programs: Programs, address: DatabaseAddress, snapshot: str, shown: Steps) -> Iterator[bytes]:
    """What pg_dump writes, in pieces. Raises BackupRefused when it fails."""
    words = ["--format=custom", "--compress=3", f"--schema={address.schema}", f"--snapshot={snapshot}"]
    words += ["--no-comments", "--no-security-labels", "--no-password", "--lock-wait-timeout=120s"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            programs.command("pg_dump", *words),
            env=environment(address), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said,
        )  # fmt: skip
        done = 0
        try:
            output: IO[bytes] = process.stdout  # type: ignore[assignment]
            while chunk := output.read(_CHUNK):
                done += len(chunk)
                shown.megabytes(done)
                yield chunk
        except BaseException:
            process.terminate()
            raise
        finally:
            process.stdout.close()  # type: ignore[union-attr]
            process.wait()
        if process.returncode:
            said.seek(0)
            raise BackupRefused(f"pg_dump: {said.read().decode(errors='replace').strip()}")


# --- Files --------------------------------------------------------------------------------------------------------


def _files(writer: Writer, shown: Steps) -> dict[str, Any]:
    """Write every content that the snapshot names, with its smaller copies; what was missing, and what was damaged."""
    from linli.work import storage, stored

    store, total = storage.backend(), stored.count_contents()
    shown.begin("文件 / files", total)
    missing: list[str] = []
    damaged: list[str] = []
    for done, content in enumerate(stored.contents()):
        shown.tell(done, total, f"{writer.bytes / (1 << 20):.1f} MB")
        data = _content(store, content.name)
        if data is None:
            missing.append(content.name)
            continue
        if hashlib.sha256(data).hexdigest() != content.sha256:
            damaged.append(content.name)
            continue
        writer.add_file(content.name, data)
        for name in content.copies:
            copy = _content(store, name)
            if copy is not None:
                writer.add_file(name, copy)
    return {
        "count": writer.files, "bytes": writer.bytes, "missing": missing, "damaged": damaged, "erased_meanwhile": [],
    }  # fmt: skip


def _content(store: Any, name: str) -> bytes | None:
    try:
        with store.open(name, "rb") as file:
            data: bytes = file.read()
    except FileNotFoundError:
        return None
    return data


def _forgive_erased(files: dict[str, Any]) -> None:
    """What was gone because it was erased while the backup was made is no fault. (Outside the snapshot.)"""
    from linli.work.stored import named_now

    still = named_now(files["missing"])
    files["erased_meanwhile"] = [name for name in files["missing"] if name not in still]
    files["missing"] = [name for name in files["missing"] if name in still]


def _seals(last: int) -> Iterator[bytes]:
    """The lines of seals.jsonl that the snapshot knows: one that was made since then is in the next backup."""
    from linli.work.sealing import read_exported, seals_file

    for _number, line in read_exported(seals_file()):
        if line is not None and line["seal"] <= last:
            yield (json.dumps(line, ensure_ascii=False) + "\n").encode()


# --- What the manifest says besides -------------------------------------------------------------------------------


def _keys(schema: str) -> dict[str, Any]:
    """Which keys the data needs and by which fingerprints they are recognised; never the keys."""
    from linli.people.crypto import CryptoError, keyring

    used = facts.keys_used(_ask, schema)
    try:
        prints = keyring().fingerprints()
    except CryptoError as error:
        if used:
            raise BackupRefused(
                f"{error}. 数据库里有加密的个人信息，缺了密钥备份无法使用 / the database holds personal data; "
                "without its keys a backup could not be used. Put the key file back first."
            ) from error
        prints = {}
    lost = sorted(set(used) - set(prints))
    if lost:
        raise BackupRefused(
            f"密钥文件里缺少 / the key file lacks: {', '.join(lost)}. Put the right key file back first."
        )
    return {"used": used, "fingerprints": {name: prints[name] for name in [*used, "blind"] if name in prints}}


def _roles(address: DatabaseAddress) -> list[dict[str, Any]]:
    app = databases.address(linli_home(), databases.APP)
    found = []
    for user, purpose in dict.fromkeys(((address.user, databases.OWNER), (app.user, databases.APP))):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT r.rolconnlimit, coalesce((SELECT s.setconfig FROM pg_db_role_setting s JOIN pg_database d"
                " ON d.oid = s.setdatabase WHERE s.setrole = r.oid AND d.datname = current_database()), '{}')"
                " FROM pg_roles r WHERE r.rolname = %s",
                [user],
            )
            limit, settings = cursor.fetchone() or (-1, [])
        found.append({"name": user, "purpose": purpose, "connection_limit": limit, "settings": list(settings)})
    return found


def _extensions() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname, extversion FROM pg_extension WHERE extname = ANY(%s)", [list(EXTENSIONS)])
        return dict(cursor.fetchall())


def _roles_sql(roles: list[dict[str, Any]], extensions: dict[str, str], address: DatabaseAddress) -> str:
    """How an administrator makes what a restore needs on another server; passwords are theirs to choose."""
    database, owner = facts.identifier(address.name), facts.identifier(roles[0]["name"])
    lines = ["-- Roles, database and extensions of this backup. Passwords are not in it: set new ones (\\password).\n"]
    for role in roles:
        options = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE"
        lines.append(f"CREATE ROLE {facts.identifier(role['name'])} {options};\n")
    lines.append(f"CREATE DATABASE {database} OWNER {owner} ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;\n")
    lines += [f"GRANT CONNECT ON DATABASE {database} TO {facts.identifier(role['name'])};\n" for role in roles]
    lines.append("-- linli restore itself makes the schemas, these extensions and the search paths:\n")
    lines += [f"--   {name} {version}\n" for name, version in sorted(extensions.items())]
    return "".join(lines)


def _applied() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        applied = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT value #>> '{}' FROM linli_installation WHERE key = %s", [installation.MIGRATIONS])
        row = cursor.fetchone()
    return {"key": row[0] if row else None, "applied": applied}


def run(folder: Path | None, keep: int, *, say: Callable[[str], None]) -> bool:
    """`linli backup`: make it and say what is in it and what is not; False when a file was missing or damaged."""
    import django

    django.setup()
    made = make(folder or linli_home() / "backups", keep=keep)
    manifest, files = made.manifest, made.manifest["files"]
    rows = sum(table["rows"] for table in manifest["tables"].values())
    history = manifest["history"]
    say(f"{made.path}  {made.path.stat().st_size / (1 << 20):.1f} MB")
    say(f"{len(manifest['tables'])} 张表 tables · {rows} 行 rows · {files['count']} 个文件 files")
    say(f"{history['items']} 件 items · {history['events']} 条记录 events · heads {history['heads'][:16]}…")
    say(f"{history['seals']} 个封条 seals · 最后 last {(history['last_seal_hash'] or '–')[:16]}")
    if files["erased_meanwhile"]:
        say(f"备份期间按规定删除 / erased while the backup was made: {len(files['erased_meanwhile'])}")
    for path in made.removed:
        say(f"已删除旧备份 / removed an old backup: {path.name}")
    say("\n不在备份里 / not in it:")
    for name, reason in NOT_IN_IT.items():
        say(f"  {name}: {reason}")
    prints = ", ".join(f"{name} = {value}" for name, value in manifest["keys"]["fingerprints"].items()) or "–"
    say(f"  需要的密钥（指纹） / keys it needs (fingerprints): {prints}")
    for kind, text in (("missing", "缺失的文件 / files that are missing"), ("damaged", "已损坏的文件 / damaged files")):
        for name in files[kind]:
            say(f"{text}: {name}")
    if not made.whole:
        say("备份已保存，但不完整；旧备份未删除 / kept, but not whole; no older backup was removed")
    return made.whole
