"""nginx with deploy/nginx.conf before a running Linli, on free ports of loopback with a self-signed certificate."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOST = "linli.example"
WRONG = 8
"""Wrong passwords that are tried; five within 15 minutes are let through to the comparison."""


def program() -> str | None:
    """nginx, which Debian keeps where only root looks."""
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


def rendered(conf: str, folder: Path, upstream: int, ports: tuple[int, int]) -> str:
    """The project's file with other ports and certificate, inside the smallest main file that holds it."""
    plain, secure = ports
    conf = conf.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    conf = re.sub(r"listen \[::\]:.*\n", "", conf)
    conf = conf.replace("listen 80;", f"listen 127.0.0.1:{plain};").replace(
        "listen 443 ", f"listen 127.0.0.1:{secure} "
    )
    conf = re.sub(r"/etc/letsencrypt/live/linli\.example/(\w+)\.pem", rf"{folder}/\1.pem", conf)
    return (
        f"pid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n"
        + "".join(
            f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + conf
        + "}\n"
    )


def prepare(conf: Path, folder: Path, upstream: int) -> tuple[Path, tuple[int, int]]:
    """Write main file and certificate; (main file, ports)."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as first, socket.socket() as second:
        for probe in (first, second):
            probe.bind(("127.0.0.1", 0))
        ports = (int(first.getsockname()[1]), int(second.getsockname()[1]))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={HOST}",
         "-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    main = folder / "nginx.conf"
    main.write_text(rendered(conf.read_text(encoding="utf-8"), folder, upstream, ports), encoding="utf-8")
    return main, ports


def check_configuration(main: Path) -> str:
    """What `nginx -t` says. Raises RuntimeError when it refuses."""
    done = subprocess.run([str(program()), "-t", "-c", str(main)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stderr


@contextmanager
def running(main: Path, port: int) -> Iterator[None]:
    """nginx with that main file."""
    process = subprocess.Popen([str(program()), "-c", str(main), "-g", "daemon off;"])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(20)


def curl(*words: str, port: int, host: str = HOST) -> str:
    """Headers and body of one request through the proxy."""
    fixed = ["--silent", "--insecure", "--include", "--max-time", "60", "--resolve", f"{host}:{port}:127.0.0.1"]
    done = subprocess.run(["curl", *fixed, *words], capture_output=True, text=True, check=True)
    return done.stdout


def status(answer: str) -> int:
    """The status of an answer."""
    found = re.match(r"HTTP/[\d.]+ (\d+)", answer)
    if found is None:
        raise RuntimeError(f"no answer: {answer[:200]}")
    return int(found[1])


def check_proxy(conf: Path, folder: Path, upstream: int) -> str:
    """Real requests through it: HTTPS, redirect, cookies, and a client that forges its address. Raises RuntimeError."""
    if program() is None:
        return "NOT RUN: no nginx here (apt-get install nginx)"
    main, (plain, secure) = prepare(conf, folder, upstream)
    check_configuration(main)
    with running(main, secure):
        redirected = curl(f"http://{HOST}:{plain}/login/?a=b", port=plain)
        page = curl(f"https://{HOST}:{secure}/login/", port=secure)
        health = curl(f"https://{HOST}:{secure}/health", port=secure)
        forged = [_wrong_password(secure, f"198.51.100.{number}", "nobody") for number in range(WRONG)]
    wanted = {
        "http is sent to https": status(redirected) == 301 and f"https://{HOST}/login/?a=b" in redirected,
        "the sign-in page comes through": status(page) == 200,
        "HSTS is set": "strict-transport-security:" in page.lower(),
        "cookies are secure": bool(re.search(r"(?im)^set-cookie:\s*csrftoken=.*secure", page)),
        "health": status(health) == 200,
        "a forged address does not reset the limit": forged[-1] == 429 and 429 not in forged[:5],
    }
    wrong = [name for name, good in wanted.items() if not good]
    if wrong:
        raise RuntimeError(f"{'; '.join(wrong)} ({forged})")
    # The control: a trusted proxy that tells other addresses is believed, so each of them has a limit of its own.
    direct = [_wrong_password(upstream, f"198.51.100.{number}", "somebody", direct=True) for number in range(WRONG)]
    if 429 in direct:
        raise RuntimeError(f"the control: addresses told by a trusted proxy are not kept apart ({direct})")
    return f"nginx -t, and requests through it; forged addresses: {forged}; told by a trusted proxy: {direct}"


def _wrong_password(port: int, address: str, username: str, *, direct: bool = False) -> int:
    scheme, host = ("http", "127.0.0.1") if direct else ("https", HOST)
    told = ["--header", f"X-Forwarded-For: {address}", "--header", f"Origin: https://{HOST}"]
    told += ["--header", f"Host: {HOST}", "--header", "X-Forwarded-Proto: https"] if direct else []
    told += ["--header", f"Referer: https://{HOST}/login/"]
    page = curl(f"{scheme}://{host}:{port}/login/", *told, port=port)
    cookie = re.search(r"(?im)^set-cookie:\s*csrftoken=([^;]+)", page)
    field = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if cookie is None or field is None:
        raise RuntimeError(f"no form to sign in: {page[:300]}")
    form = ["--cookie", f"csrftoken={cookie[1]}", "--data", f"csrfmiddlewaretoken={field[1]}"]
    form += ["--data", f"username={username}", "--data", "password=not-the-password"]
    return status(curl(f"{scheme}://{host}:{port}/login/", *told, *form, port=port))
