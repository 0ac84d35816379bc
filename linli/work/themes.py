"""Kinds of good deeds (善行类别): what rules of points tell apart, and activities and services say of themselves.

Codes are stable: they stand in rules, deeds, activities and services.
"""

from __future__ import annotations

from linli.kernel.labels import Label

THEMES: dict[str, Label] = {
    "environment": Label("环境整治", "Environment"),
    "mutual_help": Label("邻里互助", "Mutual help"),
    "elder_care": Label("敬老爱老", "Care of elders"),
    "saving": Label("节约", "Saving"),
    "civil_traffic": Label("文明交通", "Civil traffic"),
    "customs": Label("移风易俗", "Changing customs"),
    "volunteering": Label("志愿服务", "Volunteering"),
    "public_spirit": Label("公益善举", "Public spirit"),
}


def theme_named(code: str, language: str) -> str:
    """The kind's name in a language; nothing for none."""
    label = THEMES.get(code)
    return label.text(language) if label is not None else ""


def choices(language: str) -> list[tuple[str, str]]:
    """All kinds as a form offers them."""
    return [(code, label.text(language)) for code, label in THEMES.items()]
