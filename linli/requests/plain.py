"""Plain sentences of the workflow, with the unit and the date put in: 已转给通济街道环卫所，明天 18:00 前处理."""

from __future__ import annotations

import re


def filled(template: str, *, unit: str, due: str) -> str:
    """The sentence; a clause whose value is not known is left out, so it may be empty."""
    values = {"unit": unit, "due": due}
    missing = [name for name in re.findall(r"\{(\w+)\}", template) if not values.get(name)]
    if missing:
        mark = "，" if "，" in template else "; " if "; " in template else ", "
        clauses = [part for part in template.split(mark) if not any(f"{{{name}}}" in part for name in missing)]
        template = mark.join(clauses)
    return template.format(**values)
