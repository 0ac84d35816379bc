"""Words of forms, read and refused: what every writer of this room needs."""

from __future__ import annotations

from collections.abc import Iterable

from linli.kernel.labels import Label
from linli.people.masking import mask_text
from linli.work.engine import StepRefused

WORD_MAX, WORDS_MAX = 40, 12


def refuse(code: str, field: str, zh: str, en: str, *, status: int = 422) -> StepRefused:
    """A refusal that names the field."""
    return StepRefused(code, Label(zh, en), status=status, field=field)


def clean(text: str, field: str, most: int, *, needed: bool = False) -> str:
    """What somebody wrote, without marks that cannot be seen; StepRefused (422) when too long, or missing."""
    found = "".join(ch for ch in text.replace("\r\n", "\n").strip() if ch == "\n" or ch.isprintable())
    if len(found) > most:
        raise refuse("too_long", field, f"最多{most}字。", f"At most {most} characters.")
    if needed and not found:
        raise refuse("nothing_said", field, "请填写这一项。", "Fill this in.")
    return found


def public(text: str, field: str, most: int, *, needed: bool = False) -> str:
    """Words that stand on a public page: as `clean`, and without phones, ID and card numbers, mail addresses."""
    found = clean(text, field, most, needed=needed)
    if mask_text(found) != found:
        raise refuse(
            "personal_data", field, "这里会公开，请不要写电话、证件号等个人信息。",
            "This is public: leave out phones, ID numbers and the like.",
        )  # fmt: skip
    return found


def listed(words: Iterable[str], field: str) -> list[str]:
    """A list of short words, each once."""
    found = list(dict.fromkeys(public(word, field, WORD_MAX) for word in words if word.strip()))
    if len(found) > WORDS_MAX:
        raise refuse("too_many", field, f"最多{WORDS_MAX}项。", f"At most {WORDS_MAX}.")
    return found
