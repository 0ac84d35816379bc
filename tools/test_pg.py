"""Run the tests on another PostgreSQL: `python -m tools.test_pg [URL [PYTEST ARGUMENTS…]]`.

The URL's role must be a superuser, for the tests make their own databases and roles, and the server must take 300
connections (`max_connections`), for two hundred people come at once. Without a URL a throw-away server is
started from Debian's programs, when they are there.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from linli.config.embedded import SUPERUSER
from linli.config.postgres import Cluster

ROOT = Path(__file__).resolve().parent.parent
OLDEST = 15
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}


def system_programs(base: Path = Path("/usr/lib/postgresql")) -> Path | None:
    """The folder of the oldest server programs that Linli supports, so that the tests prove the lower bound."""
    found = [path for path in base.glob("*/bin") if re.fullmatch(r"\d+", path.parent.name)]
    fit = sorted((int(path.parent.name), path) for path in found if (path / "postgres").is_file())
    return next((path for major, path in fit if major >= OLDEST), None)


def run_tests(url: str, words: list[str]) -> int:
    """pytest with the databases on that server; all tests, unless `words` choose some."""
    environment = os.environ | {"LINLI_TEST_DATABASE_URL": url, "LINLI_TEST_HOME": str(ROOT / ".linli-test-pg")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *(words or ["-n", "2"])], cwd=ROOT, env=environment
    ).returncode


def main(url: str, words: list[str]) -> int:
    """Run on the given server, or on a throw-away one."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    if url:
        return run_tests(url, words)
    programs = system_programs()
    if programs is None:
        print("No PostgreSQL of the system here: apt-get install postgresql, or name a server in DATABASE_URL.")
        return 2
    home = ROOT / ".linli-test-system-pg"
    cluster = Cluster(home, settings=FAST, programs=programs)
    pointer = cluster.acquire()
    try:
        password = quote(pointer.passwords[SUPERUSER], safe="")
        print(f"PostgreSQL in {programs}")
        socket = quote(str(pointer.socket), safe="")
        return run_tests(f"postgresql://{SUPERUSER}:{password}@/postgres?host={socket}", words)
    finally:
        cluster.release()
        if pointer.data.is_dir():
            shutil.rmtree(pointer.data.parent, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main((sys.argv[1:] or [""])[0], sys.argv[2:]))
