"""How the room refuses, and what it takes from forms: texts without surplus blanks, codes that exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from linli.kernel.labels import Label
from linli.work.engine import StepRefused


def refused(code: str, zh: str, en: str, field: str = "", *, status: int = 422) -> StepRefused:
    """A refusal in both languages that names the field."""
    return StepRefused(code, Label(zh, en), status=status, field=field)


def clean(text: str, field: str, most: int, *, needed: bool = True) -> str:
    """A text of at most `most` characters; refused when it is missing or too long."""
    words = " ".join(text.split())
    if needed and not words:
        raise refused("missing", "请填写这一项。", "Fill this in.", field)
    if len(words) > most:
        raise refused("too_long", f"不超过{most}字。", f"At most {most} characters.", field)
    return words


def known(codes: Iterable[str], labels: Mapping[str, Label], field: str) -> list[str]:
    """The codes without repeats, in the order of the list; refused when one does not exist."""
    wanted = set(codes)
    if wanted - set(labels):
        raise refused("bad_choice", "有选项不存在，请重新选择。", "A choice does not exist; choose again.", field)
    return [code for code in labels if code in wanted]
