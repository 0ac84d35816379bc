"""A psql that holds one transaction: a dump goes in, questions are asked, and only then it is committed or not."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

from linli.config.backup import archive
from linli.config.backup.programs import Programs, environment
from linli.config.databases import DatabaseAddress

_ASKED, _ANSWERED = "--linli-asked--", "--linli-answered--"
_CHUNK = 1 << 20
_NOT_BEFORE_17 = b"SET transaction_timeout = 0;\n"
"""pg_restore writes it whatever server it is for."""


class RestoreError(RuntimeError):
    """The restore failed or was refused and changed nothing; the message says why and what to do."""


class Transaction:
    """`with Transaction(…) as psql`: everything until `commit()` happens together or not at all, however we end."""

    def __init__(self, programs: Programs, address: DatabaseAddress) -> None:
        self._programs, self._address = programs, address
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__

    def __enter__(self) -> Transaction:
        words = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--no-password"]
        self._process = subprocess.Popen(
            self._programs.command("psql", *words), env=environment(self._address),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said,
        )  # fmt: skip
        self._in: IO[bytes] = self._process.stdin  # type: ignore[assignment]
        self._out: IO[bytes] = self._process.stdout  # type: ignore[assignment]
        self.send("BEGIN;", "SET LOCAL client_min_messages = warning;")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Without a COMMIT the end of psql's input is the end of the transaction: nothing of it stays.
        for pipe in (self._in, self._out):
            try:
                pipe.close()
            except OSError:
                continue
        if kind is not None:
            self._process.terminate()
        self._process.wait()
        self._said.close()

    def send(self, *statements: str) -> None:
        """Send statements; their failure is told by the next `ask` or `commit`."""
        try:
            self._in.write("".join(f"{statement}\n" for statement in statements).encode())
            self._in.flush()
        except BrokenPipeError as error:
            raise self._failed() from error

    def ask(self, query: str) -> str:
        """The one value of a SELECT, as text. Raises RestoreError when it or something before it failed."""
        self.send(f"\\echo {_ASKED}", f"{query};", f"\\echo {_ANSWERED}")
        lines: list[str] = []
        for raw in self._out:
            line = raw.decode().rstrip("\n")
            if line == _ANSWERED:
                return "\n".join(lines)
            # What the dump itself printed stands before the mark.
            lines = [] if line == _ASKED else [*lines, line]
        raise self._failed()

    def commit(self) -> None:
        """Commit. When this returns, the transaction is durable."""
        self.send("COMMIT;")
        self.ask("SELECT 1")

    def load(self, path: Path, tell: Callable[[int, int], None]) -> None:
        """Put the dump of an archive in, through pg_restore. `tell(bytes, all bytes)` as it goes."""
        words = ["--file=-", "--no-owner", "--no-acl", "--no-comments", "--no-security-labels"]
        with archive.opened(path) as tar, tempfile.TemporaryFile() as said:
            member = next(member for name, member in archive.members(tar) if name == archive.DUMP)
            process = subprocess.Popen(
                self._programs.command("pg_restore", *words),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said,
            )  # fmt: skip
            feeder = threading.Thread(target=_feed, args=(process, tar, member, tell), daemon=True)
            feeder.start()
            try:
                for chunk in _without_new_settings(process.stdout):  # type: ignore[arg-type]
                    self._in.write(chunk)
                self._in.flush()
            except BrokenPipeError as error:
                process.terminate()
                raise self._failed() from error
            finally:
                process.stdout.close()  # type: ignore[union-attr]
                process.wait()
                feeder.join()
            if process.returncode:
                said.seek(0)
                raise RestoreError(f"pg_restore: {said.read().decode(errors='replace').strip()}")

    def _failed(self) -> RestoreError:
        self._process.wait()
        self._said.seek(0)
        told = self._said.read().decode(errors="replace").strip()
        return RestoreError(f"数据库拒绝了，什么也没有改变 / the database refused, nothing was changed: {told[-2000:]}")


def _feed(
    process: subprocess.Popen[bytes], tar: tarfile.TarFile, member: tarfile.TarInfo, tell: Callable[[int, int], None]
) -> None:
    done = 0
    pipe: IO[bytes] = process.stdin  # type: ignore[assignment]
    try:
        with pipe:
            for chunk in archive.chunks_of(tar, member):
                pipe.write(chunk)
                done += len(chunk)
                tell(done, member.size)
    except (BrokenPipeError, archive.ArchiveError):
        # pg_restore ended or will end with a message of its own, which is the one to show.
        return


def _without_new_settings(output: IO[bytes]) -> Iterator[bytes]:
    """What pg_restore writes, without the one setting in its first lines that servers before 17 do not know."""
    yield (output.read(8192)).replace(_NOT_BEFORE_17, b"", 1)
    while chunk := output.read(_CHUNK):
        yield chunk
