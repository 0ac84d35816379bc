"""Takes files one by one, each in a process of its own, and tells what became of it.

`python -m tests.chaos.swallowing F`, where F is a file of pickled (name, content) pairs. For each a line of JSON: name,
outcome (refused, accepted, crashed, killed), code of the refusal, seconds of processor time, megabytes it took at most
beyond what the program itself takes, and whether anything of the secret that was put into the file is left in what
would be stored. Nothing is stored: the database's part is left out.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import sys
import time
from io import BytesIO
from pathlib import Path
from typing import Any

SECRET = b"SECRET-PLACE"
LIMIT_SECONDS = 20


def swallow(data: bytes) -> tuple[str, str, bool]:
    """What the reception of a file comes to."""
    from linli.work import documents, uploads
    from linli.work.refused import FileRefused

    kept: list[bytes] = []

    def keep(content: bytes, media_type: str, copies: dict[int, bytes], **columns: Any) -> None:
        kept.extend([content, *copies.values()])

    uploads._insert = keep  # type: ignore[assignment]
    # What takes too long is ended; here it is not waited for as long as elsewhere.
    documents.SECONDS_MAX = 1
    try:
        uploads.receive(BytesIO(data), owner="d1", documents=True, name=SECRET.decode())
    except FileRefused as refused:
        return "refused", refused.code, False
    left = any(SECRET in content or b"Exif\0" in content or b"<script" in content for content in kept)
    return "accepted", "", left


def in_a_process(data: bytes) -> dict[str, Any]:
    """The same in a child, so that it may take what it wants, or die."""
    reading, writing = os.pipe()
    begun = time.perf_counter()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_SECONDS, LIMIT_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        base = resource.getrusage(resource.RUSAGE_SELF)
        before, processor = _resident(), base.ru_utime + base.ru_stime
        try:
            told = swallow(data)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
            told = "crashed", repr(error)[:200], False
        used, drawing = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        took = used.ru_utime + used.ru_stime - processor + drawing.ru_utime + drawing.ru_stime
        # A process that draws begins with what a bare interpreter takes.
        more = max(0.0, used.ru_maxrss / 1024 - before) + max(0.0, drawing.ru_maxrss / 1024 - before)
        os.write(writing, json.dumps([*told, took, more]).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    outcome, code, left, seconds, megabytes = (
        json.loads(text) if text else ["killed", "", False, time.perf_counter() - begun, 0]
    )
    return {"outcome": outcome, "code": code, "left": left, "seconds": seconds, "megabytes": megabytes}


def _resident() -> float:
    """Megabytes that this process holds now."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text().split()[1]) * resource.getpagesize() / 1024 / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024


def main() -> None:
    """Swallow all files of the argument."""
    import django

    django.setup()
    import imagehash
    from PIL import Image

    from linli.work import uploads

    assert imagehash and uploads
    Image.init()
    for name, data in pickle.loads(Path(sys.argv[1]).read_bytes()):
        print(json.dumps({"name": name, **in_a_process(data)}), flush=True)


if __name__ == "__main__":
    main()
