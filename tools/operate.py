"""Run the commands of docs/operate.md: `python -m tools.operate` (`make operate`).

Every fenced block of the guide carries a mark in a comment before it:

    run                in a sandbox of temporary folders, in the order of the page
    run: serves        in the background, until the page stops the service
    run: sql           as superuser of a throw-away server
    run: outside       with the database of that server
    run: old database  on data that an older major version of PostgreSQL wrote
    checked: …         needs root, systemd or another machine: parsed, and held against deploy/ by tests/test_operate.py

Paths of the guide are put below the sandbox; nothing outside it is touched. A step that fails ends the run.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from linli.config.embedded import SUPERUSER, read_pointer
from linli.config.postgres import Cluster, wheel_programs
from tools.proxy import check_proxy
from tools.test_pg import system_programs

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "operate.md"
KINDS = frozenset({"run", "run: serves", "run: sql", "run: outside", "run: old database"})
CHECKED = frozenset({"checked: root", "checked: systemd", "checked: another machine"})
_BLOCK = re.compile(r"(?:<!-- ([\w: ]+) -->\n)?```(sh|sql|bash|shell|ini)\n(.*?)```", re.DOTALL)
_PATHS = ("/srv/", "/var/backups/", "/media/safe", "/opt/linli")


@dataclass(frozen=True)
class Block:
    """One fenced block of the guide; `mark` is empty when it carries none."""

    line: int
    mark: str
    language: str
    text: str


def blocks(page: str) -> Iterator[Block]:
    """The blocks with commands, in order."""
    for found in _BLOCK.finditer(page):
        yield Block(page[: found.start()].count("\n") + 1, found[1] or "", found[2], found[3])


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Sandbox:
    """Temporary folders for the paths of the guide, and one environment that the blocks hand on."""

    root: Path
    port: int = field(default_factory=free_port)
    server: Cluster | None = None
    serving: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.root.chmod(0o711)  # the database's user passes through
        for name in ("srv/linli", "var/backups/linli", "media", "opt"):
            (self.root / name).mkdir(parents=True)
        (self.root / "opt" / "linli").symlink_to(ROOT)
        self.variables = self.root / "environment.sh"
        self.variables.write_text("")

    def translated(self, text: str) -> str:
        """The text with paths, port and server of the sandbox."""
        for path in _PATHS:
            text = re.sub(rf"(?<![\w.]){re.escape(path)}", f"{self.root}{path}", text)
        text = text.replace(":8000", f":{self.port}").replace("--port 8000", f"--port {self.port}")
        if "@db/" in text and self.server is not None:
            pointer = read_pointer(self.server.home)
            if pointer is not None:
                text = re.sub(r"@db/(\w+\?schema=\w+)", rf"@/\1&host={quote(str(pointer.socket), safe='')}", text)
        return text

    @property
    def environment(self) -> dict[str, str]:
        """Without anything of the caller's Linli; `linli` is the one of this checkout."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("LINLI_", "DJANGO_", "PG"))}
        return clean | {"PATH": f"{Path(sys.executable).parent}:{clean['PATH']}", "TERM": "dumb", "COLUMNS": "120"}

    def shell(self, text: str) -> None:
        """Run a block; what it exports is there for the next ones. Raises CalledProcessError."""
        around = (
            f"set -eu\n. {shlex.quote(str(self.variables))}\n{text}\nexport -p > {shlex.quote(str(self.variables))}\n"
        )
        subprocess.run(["bash", "-c", around], env=self.environment, check=True, stdin=subprocess.DEVNULL)

    def serve(self, text: str) -> None:
        """Start the service as it runs behind the proxy, and wait for it."""
        settings = "LINLI_PUBLIC_URL=https://linli.example LINLI_BEHIND_PROXY=1 LINLI_TRUSTED_PROXIES=127.0.0.1"
        command = f". {shlex.quote(str(self.variables))}\nexport {settings}\nexec {text.strip()}"
        self.serving = subprocess.Popen(["bash", "-c", command], env=self.environment)
        until = time.monotonic() + 120
        while self.serving.poll() is None and time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.2)
        raise RuntimeError("the service did not start")

    def stop(self) -> None:
        """Stop the service as systemd does."""
        if self.serving is not None:
            self.serving.send_signal(signal.SIGTERM)
            if self.serving.wait(60) != 0:
                raise RuntimeError(f"the service ended with {self.serving.returncode}")
            self.serving = None

    def sql(self, text: str) -> None:
        """Start a throw-away server and run the block as its superuser."""
        self.server = Cluster(self.root / "srv" / "server", say=lambda said: None)
        pointer = self.server.acquire()
        words = [
            "--no-psqlrc",
            "--set=ON_ERROR_STOP=1",
            "--host",
            str(pointer.socket),
            "--username",
            SUPERUSER,
            "postgres",
        ]
        subprocess.run(
            [wheel_programs() / "psql", *words], input=text, text=True, check=True,
            env=self.environment | {"PGPASSWORD": pointer.passwords[SUPERUSER]},
        )  # fmt: skip

    def old_database(self, text: str) -> str:
        """Make a district with the oldest supported PostgreSQL of this system, and run the block on it."""
        programs = system_programs()
        if programs is None:
            return "NOT RUN: no older PostgreSQL here (apt-get install postgresql)"
        home, password = self.root / "srv" / "old", self.root / "srv" / "linli" / "first-password"
        make = (
            "import functools, pathlib, sys; from linli.config import session; from linli import cli;"
            f"session.Cluster = functools.partial(session.Cluster, programs=pathlib.Path({str(programs)!r}));"
            "sys.argv = ['linli', 'init', '--code', '211302', '--username', 'anquan',"
            f" '--password-file', {str(password)!r}];"
            "cli.main()"
        )
        environment = self.environment | {"LINLI_HOME": str(home)}
        subprocess.run([sys.executable, "-c", make], env=environment, check=True, cwd=ROOT, stdin=subprocess.DEVNULL)
        refused = subprocess.run(["linli", "verify"], env=environment, check=False, capture_output=True, text=True)
        if "linli upgrade-database" not in refused.stderr:
            raise RuntimeError(f"the old data were not refused: {refused.stderr}")
        subprocess.run(["bash", "-c", f"set -eu\n{text}"], env=environment, check=True)
        return f"ran on data of {programs.parent.name}"

    def remove(self) -> None:
        """Leave nothing behind, also where the database's user could not reach the sandbox."""
        if self.serving is not None and self.serving.poll() is None:
            self.serving.kill()
            self.serving.wait()
        if self.server is not None:
            self.server.release()
        for pointer_file in self.root.glob("srv/*/postgres.json"):
            pointer = read_pointer(pointer_file.parent)
            if pointer is not None and not pointer.data.is_relative_to(self.root):
                shutil.rmtree(pointer.data.parent, ignore_errors=True)
        shutil.rmtree(self.root, ignore_errors=True)


def run_block(sandbox: Sandbox, block: Block) -> str:
    """Run one block; what is to be said of it."""
    text = sandbox.translated(block.text)
    runs: dict[str, Callable[[str], str | None]] = {
        "run": sandbox.shell, "run: outside": sandbox.shell, "run: serves": sandbox.serve, "run: sql": sandbox.sql,
        "run: old database": sandbox.old_database,
    }  # fmt: skip
    if block.mark in runs:
        return runs[block.mark](text) or "ran"
    if "systemctl stop" in block.text:
        sandbox.stop()
        return "checked; the service ended cleanly"
    if "nginx -t" in block.text:
        return check_proxy(ROOT / "deploy" / "nginx.conf", sandbox.root / "proxy", sandbox.port)
    return "checked"


def main() -> int:
    """Run the guide; 1 when a block failed."""
    sandbox = Sandbox(Path(tempfile.mkdtemp(prefix="linli-operate-")))
    told: list[tuple[Block, str, float]] = []
    try:
        for block in blocks(GUIDE.read_text(encoding="utf-8")):
            print(f"\n=== docs/operate.md:{block.line} ({block.mark})\n{block.text}", flush=True)
            began = time.monotonic()
            told.append((block, run_block(sandbox, block), time.monotonic() - began))
    finally:
        sandbox.remove()
    print(f"\n{'line':>5}  {'mark':24} {'seconds':>8}  outcome")
    for block, outcome, seconds in told:
        print(f"{block.line:5}  {block.mark:24} {seconds:8.1f}  {outcome}")
    print("\nNot proved here: systemd itself (its units are verified), certificates of an authority, another machine.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
