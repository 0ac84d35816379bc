"""Writes the table of roles and permissions into docs/people.md: `python -m linli.people.role_table docs/people.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from linli.people.permission_labels import PERMISSION_LABELS
from linli.people.roles import ROLES

BEGIN, END = "<!-- roles: begin -->", "<!-- roles: end -->"

_SCOPES = {
    "place": "place subtree",
    "organisation": "organisation",
    "instance": "everywhere",
    "own": "what is one's own",
}


def role_table_markdown() -> str:
    """The table as Markdown: one line a role, then one line a permission with its holders."""
    lines = ["| role | 角色 | scope | second factor | duty |", "|---|---|---|---|---|"]
    for role in ROLES.values():
        scope = _SCOPES[role.scope] + (" and units below" if role.sub_units else "")
        factor = "yes" if role.second_factor else "no"
        lines.append(f"| `{role.slug}` | {role.label.zh} | {scope} | {factor} | {role.duty.en} |")
    lines += ["", "| permission | 权限 | held by |", "|---|---|---|"]
    for code, label in PERMISSION_LABELS.items():
        holders = ", ".join(f"`{slug}`" for slug, role in ROLES.items() if code in role.permissions)
        lines.append(f"| `{code}` {label.en} | {label.zh} | {holders or 'rules and timers only'} |")
    return "\n".join(lines)


def write(path: Path) -> bool:
    """Put the table between its marks in a Markdown file; True when the file changed."""
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    fresh = f"{head}{BEGIN}\n{role_table_markdown()}\n{END}{tail}"
    if fresh == text:
        return False
    path.write_text(fresh, encoding="utf-8")
    return True


if __name__ == "__main__":
    write(Path(sys.argv[1]))
