"""Sets a checkout up: `.venv` from the lock files, the front end, system libraries. Called by `make demo`, `make test`.

`server` does what `demo` does and compiles programs and translations: a service runs as a user who may not write there.
Uses only the standard library. What is already there and unchanged is left alone, so a second call takes a moment.
pip, npm and apt run at the same time.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOGS = ROOT / ".linli-bootstrap"
FRONTEND = ROOT / "frontend"
BUILD = ROOT / "linli" / "static" / "build"

LOCKS = {"demo": "runtime.txt", "test": "dev.txt"}
PROFILES = (*LOCKS, "server")
PRINT_PACKAGES = ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-noto-cjk"]
TEST_PACKAGES = [*PRINT_PACKAGES, "chromium"]
# Chromium without windows: the same engine, with a third less work for each page. Not every system has it.
SHELL = "chromium-headless-shell"
BEGAN = time.monotonic()


class BootstrapError(RuntimeError):
    """A step that cannot be done; the message says what to do."""


def main(wanted: str) -> int:
    """Do what is missing for a profile; 0 when the checkout is ready."""
    profile = "demo" if wanted == "server" else wanted
    if wanted == "server":
        os.umask(0o022)  # the service's user reads what root makes here
    LOGS.mkdir(exist_ok=True)
    with (LOGS / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        steps: list[tuple[str, Callable[[], None]]] = []
        packages = missing_packages(profile)
        if packages:
            steps.append((f"system packages: {' '.join(packages)}", lambda: install_packages(packages, profile)))
        if profile == "test" and "chromium" not in packages and can_add_shell():
            steps.append((f"system package: {SHELL}", install_shell))
        if not python_is_ready(profile):
            steps.append((f"Python packages (requirements/{LOCKS[profile]})", lambda: install_python(profile)))
        if not frontend_is_ready():
            steps.append(("front end", build_frontend))
        done = run(steps) if steps else 0
        if done == 0 and wanted == "server":
            done = run([("programs and translations", compile_everything)])
        return done


def run(steps: list[tuple[str, Callable[[], None]]]) -> int:
    """Run the steps at the same time and report each."""

    def one(step: tuple[str, Callable[[], None]]) -> str:
        name, act = step
        say(f"{name} …")
        try:
            act()
        except BootstrapError as error:
            return str(error)
        say(f"{name} ✓")
        return ""

    with ThreadPoolExecutor() as pool:
        problems = [problem for problem in pool.map(one, steps) if problem]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def say(text: str) -> None:
    """Tell what is going on, with the seconds since the start."""
    print(f"[{time.monotonic() - BEGAN:5.1f} s] {text}", flush=True)


def call(log_name: str, command: list[str], **keywords: object) -> None:
    """Run a command with its output in a log; on failure the log's end becomes the message."""
    log = LOGS / f"{log_name}.log"
    with log.open("a") as output:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, **keywords)  # type: ignore[call-overload]
    if done.returncode:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        raise BootstrapError(f"failed: {' '.join(command)}\n{end}\n(the whole log: {log})")


# --- Python -------------------------------------------------------------------------------------------------------


def lock_digest(profile: str) -> str:
    """What a profile's packages depend on: its lock file and the interpreter."""
    text = (ROOT / "requirements" / LOCKS[profile]).read_bytes()
    return hashlib.sha256(text + sys.version.encode() + str(ROOT).encode()).hexdigest()


def python_is_ready(profile: str) -> bool:
    """Whether .venv holds this profile's packages (the tests' packages include the demo's)."""
    if not (VENV / "bin" / "python").exists():
        return False
    return any(
        (VENV / f".linli-{name}").is_file() and (VENV / f".linli-{name}").read_text() == lock_digest(name)
        for name in {profile, "test"}
    )


def install_python(profile: str) -> None:
    """Create .venv and install the locked packages, checked against their hashes."""
    if not (VENV / "bin" / "pip").exists():
        make_venv()
    for old in VENV.glob(".linli-*"):
        old.unlink()
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    wanted = ["install", "--quiet", "--no-compile", "--require-hashes"]
    call("pip", [*pip, *wanted, "-r", str(ROOT / "requirements" / LOCKS[profile])])
    make_command()
    (VENV / f".linli-{profile}").write_text(lock_digest(profile))


def make_venv() -> None:
    """Create .venv; on Debian its module may first have to be installed."""
    make = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    try:
        call("venv", make)
    except BootstrapError:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not can_install():
            raise BootstrapError(f"Python has no venv here. Run: {apt_line([version])}") from None
        apt_install([version])
        call("venv", make)


def make_command() -> None:
    """Let `.venv/bin/linli` run this checkout."""
    (site,) = VENV.glob("lib/python*/site-packages")
    (site / "linli-checkout.pth").write_text(f"{ROOT}\n")
    command = VENV / "bin" / "linli"
    command.write_text(f'#!/bin/sh\nexec "{VENV}/bin/python" -m linli "$@"\n')
    command.chmod(0o755)


def compile_everything() -> None:
    """Compile what would else be compiled at each start, or not at all."""
    python = str(VENV / "bin" / "python")
    # Some packages carry examples that are no Python; nobody imports them.
    subprocess.run(
        [python, "-m", "compileall", "-q", "-j", "0", str(ROOT / "linli"), str(VENV / "lib")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    translate = "from linli.config.catalogues import compile_catalogues; compile_catalogues()"
    call("translations", [python, "-c", translate], cwd=ROOT)


# --- Front end ------------------------------------------------------------------------------------------------------


def node_is_fit(version: str) -> bool:
    """Whether a Node version (`v20.20.2`) is ^20.19 or at least 22.12, as Vite wants."""
    found = re.match(r"v?(\d+)\.(\d+)", version.strip())
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def frontend_files() -> Iterable[Path]:
    """Everything the build is made from, in a fixed order."""
    for folder, folders, files in os.walk(FRONTEND):
        folders[:] = sorted(name for name in folders if name not in ("node_modules", "dist"))
        for name in sorted(files):
            yield Path(folder) / name


def digest(paths: Iterable[Path]) -> str:
    """A digest of files and their names."""
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def frontend_is_ready() -> bool:
    """Whether the built front end is the one that these sources give."""
    if not (FRONTEND / "package.json").is_file():
        return True
    stamp = BUILD / ".linli-stamp"
    return stamp.is_file() and stamp.read_text() == digest(frontend_files())


def build_frontend() -> None:
    """npm ci when the lock changed, then Vite."""
    check_node()
    modules = FRONTEND / "node_modules"
    stamp = modules / ".linli-stamp"
    lock = digest([FRONTEND / "package-lock.json"])
    if not stamp.is_file() or stamp.read_text() != lock:
        call("npm", ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FRONTEND)
        stamp.write_text(lock)
    before = digest(frontend_files())
    call("vite", ["npm", "run", "build", "--silent"], cwd=FRONTEND)
    compress()
    (BUILD / ".linli-stamp").write_text(before)


def compress() -> None:
    """Lay a .gz beside each text file that it makes smaller; WhiteNoise sends it to browsers that take it."""
    for path in sorted(BUILD.rglob("*")):
        if path.suffix in (".js", ".css", ".svg", ".json", ".mjs"):
            data = path.read_bytes()
            packed = gzip.compress(data, 9, mtime=0)
            if len(packed) < 0.95 * len(data):
                path.with_name(f"{path.name}.gz").write_bytes(packed)


def check_node() -> None:
    """Refuse a missing or old Node with advice."""
    node = shutil.which("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout if node else ""
    if not node_is_fit(version) or shutil.which("npm") is None:
        found = f"found {version.strip()}" if version else "found none"
        raise BootstrapError(
            f"The front end needs Node 20.19 or newer (or 22.12 or newer) with npm; {found}. "
            "Install it from nodejs.org, nvm, Homebrew or your distribution."
        )


# --- System packages --------------------------------------------------------------------------------------------------


def missing_packages(profile: str) -> list[str]:
    """Debian packages that this profile needs and that are not there; elsewhere browsers come by Playwright."""
    if shutil.which("dpkg-query") is None:
        return ["browser"] if profile == "test" and not playwright_browser() else []
    wanted = TEST_PACKAGES if profile == "test" else PRINT_PACKAGES
    said = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}\n", *wanted], capture_output=True, text=True
    ).stdout
    there = {line.split()[0] for line in said.splitlines() if line.split()[1:] == ["ii"]}
    missing = [name for name in wanted if name not in there]
    # A browser from elsewhere (Ubuntu's snap, Google's package) is as good.
    if "chromium" in missing and (browser_program() or playwright_browser()):
        missing.remove("chromium")
    return missing


def browser_program() -> str | None:
    """A Chromium or Chrome on the PATH."""
    names = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)


def playwright_browser() -> bool:
    """Whether Playwright has fetched a Chromium of its own."""
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    mac = Path.home() / "Library" / "Caches" / "ms-playwright"
    places = [Path(named)] if named else [Path.home() / ".cache" / "ms-playwright", mac]
    return any(any(place.glob("chromium*")) for place in places)


def can_install() -> bool:
    """Whether we may install system packages without asking anybody."""
    if shutil.which("apt-get") is None:
        return False
    if os.geteuid() == 0:
        return True
    sudo = shutil.which("sudo")
    return sudo is not None and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0


def apt_knows(package: str) -> bool:
    """Whether apt's lists have a package."""
    if shutil.which("apt-cache") is None:
        return False
    said = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True).stdout
    return "Candidate:" in said and "Candidate: (none)" not in said


def can_add_shell() -> bool:
    """Whether the lighter browser is not here, may be had without asking anybody, and was not refused before."""
    if shutil.which(SHELL) or (LOGS / "without-shell").exists():
        return False
    return can_install() and apt_knows(SHELL)


def install_shell() -> None:
    """Install the lighter browser; without it the tests take the one that is here, and this is not tried again."""
    try:
        apt_install([SHELL])
    except BootstrapError:
        (LOGS / "without-shell").touch()
        say(f"{SHELL} could not be installed: the tests take the browser that is here, and longer")


def apt_line(packages: list[str]) -> str:
    """What a person types to install packages."""
    return f"sudo apt-get install --no-install-recommends {' '.join(packages)}"


def apt_install(packages: list[str]) -> None:
    """Install Debian packages as root."""
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive"]
    with (LOGS / "apt.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call("apt", [*environment, "apt-get", "-q", "update"])
        packages = [SHELL if name == "chromium" and apt_knows(SHELL) else name for name in packages]
        options = ["-q", "-y", "-o", "DPkg::Lock::Timeout=120", "--no-install-recommends"]
        call("apt", [*environment, "apt-get", "install", *options, *packages])


def install_packages(packages: list[str], profile: str) -> None:
    """Install what is missing, or say exactly how."""
    if packages == ["browser"]:
        raise BootstrapError("The browser tests need Chromium. Run: .venv/bin/python -m playwright install chromium")
    if can_install():
        apt_install(packages)
        return
    advice = f"Install them with: {apt_line(packages)}"
    if profile == "test":
        raise BootstrapError(f"The tests need system packages that are not here. {advice}")
    # Only printing (PDF) needs them; the demo runs without.
    say(f"Printing as PDF needs system packages. {advice}")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in PROFILES:
        sys.exit("usage: tools/bootstrap demo|test|server")
    sys.exit(main(sys.argv[1]))
