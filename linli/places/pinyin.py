"""Pinyin of place names: a sort key (PostgreSQL here has no ICU) and the initials people type."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=8192)
def _syllables(text: str) -> tuple[str, ...]:
    # Its dictionary of phrases takes longer to load than all of Django, and only writing a name needs it.
    from pypinyin import Style, lazy_pinyin

    return tuple(lazy_pinyin(text, style=Style.NORMAL))


def sort_key(text: str) -> str:
    """Lower-case pinyin, syllables apart: 通济街道 → `tong ji jie dao`."""
    return " ".join(part.strip().lower() for part in _syllables(text) if part.strip())[:400]


def initials(text: str) -> str:
    """The first letter of every syllable: 通济街道 → `tjjd`; digits and letters stay."""
    parts = []
    for part in _syllables(text):
        clean = part.strip().lower()
        parts.append(clean if clean.isdigit() else clean[:1])
    return "".join(parts)[:120]
