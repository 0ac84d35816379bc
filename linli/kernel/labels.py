"""Labels in both languages of the product, for words that are data (states, roles, kinds)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """A short text in Simplified Chinese and in English."""

    zh: str
    en: str

    def text(self, language: str = "zh-hans") -> str:
        """The text in `language` (any `en*` code is English, everything else Chinese)."""
        return self.en if language.lower().startswith("en") else self.zh
