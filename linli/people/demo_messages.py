"""Text messages of the demo (演示短信): kept in a file of LINLI_HOME instead of sent, and shown at `/demo/messages/`.

Only in a loaded demo, read on the very machine: where anybody else could read them, nothing is kept and nothing shown.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from linli.people import conf
from linli.people.addresses import is_loopback
from linli.people.masking import mask_phone

KEPT_MAX = 100
TRIMMED_ABOVE = 128 * 1024
"""Bytes of the file above which the older messages go."""
_ADDRESS = re.compile(r"(https?://[!-~]+)")


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it would have been sent: when, to which phone (masked), and its words in parts, addresses apart."""

    at: datetime
    phone: str
    parts: tuple[tuple[str, bool], ...]


def _file() -> Path:
    return Path(str(settings.LINLI_HOME)) / "demo-messages.jsonl"


def keep(phone: str, text: str) -> None:
    """Keep a message; the phone is masked before it is written."""
    line = json.dumps(
        {"at": timezone.now().isoformat(timespec="seconds"), "phone": mask_phone(phone), "text": text},
        ensure_ascii=False,
    )  # fmt: skip
    path = _file()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    if path.stat().st_size > TRIMMED_ABOVE:
        fresh = path.with_suffix(".new")
        fresh.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[-KEPT_MAX:]), "utf-8")
        fresh.chmod(0o600)
        fresh.replace(path)


def shown_to(request: HttpRequest) -> bool:
    """Whether this visitor may read them: in a loaded demo, on the machine itself."""
    return conf.on_page_codes() and is_loopback(request)


def latest() -> list[Message]:
    """The messages, the newest first."""
    path = _file()
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[-KEPT_MAX:]]
    return [
        Message(
            datetime.fromisoformat(row["at"]), row["phone"],
            tuple((part, bool(_ADDRESS.fullmatch(part))) for part in _ADDRESS.split(row["text"]) if part),
        )
        for row in reversed(rows)
    ]  # fmt: skip
