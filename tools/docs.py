"""Pages of the documentation that are drawn from the code: `python -m tools.docs update` or `… check`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def workflow_page() -> str:
    """The life of a request: states, steps, who, fields, guards, effects on clocks, source of the rule; a diagram."""
    from linli.kernel.workflow import diagram
    from linli.requests.workflow import REQUEST
    from linli.work.guards import GUARDS

    lines = [
        "# The life of a request (诉求办理流程)",
        "",
        "Drawn from `linli/requests/workflow.py` by `python -m tools.docs update`; a test holds the two together.",
        "",
        "## States",
        "",
        "| code | 状态 | state | meaning | what the reporter reads |",
        "|---|---|---|---|---|",
    ]
    for state in REQUEST.states:
        lines.append(
            f"| `{state.code}` | {state.label.zh} | {state.label.en} | {state.meaning.value} | {state.plain.zh} |"
        )
    lines += [
        "",
        "## Steps",
        "",
        "| step | from | to | who | permission | needs | only if | clocks | source |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for step in REQUEST.transitions:
        sources = "any live" if len(step.sources) > 8 else ", ".join(sorted(step.sources)) or "–"
        target = {"=": "same", "<": "the state before"}.get(step.target, step.target)
        needs = ", ".join(field.label.zh + ("" if field.required else "?") for field in step.fields)
        only = "; ".join(GUARDS[name].explanation.en for name in step.guards)
        deadline = step.deadline.en if step.deadline else ""
        row = (f"{step.label.zh} {step.label.en} `{step.code}`", sources, target, step.who.en, f"`{step.permission}`",
               needs, only, deadline, step.basis)  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |")
    lines += ["", "## Diagram", "", "```mermaid", diagram(REQUEST, "zh-hans").rstrip(), "```", ""]
    return "\n".join(lines)


def decisions_page() -> str:
    """The decisions by number with their titles."""
    lines = [
        "# Decisions",
        "",
        "What was decided that others meet, and why; one page each. `python -m tools.docs update` draws this list; a",
        "number that is missing was never given.",
        "",
    ]
    for page in sorted((DOCS / "decisions").glob("[0-9]*.md")):
        number, _space, title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").partition(" ")
        lines.append(f"- [{number}]({page.name}) {title}")
    return "\n".join([*lines, ""])


PAGES = {"request-workflow.md": workflow_page, "decisions/README.md": decisions_page}


def main(words: list[str]) -> int:
    """Write the pages, or say which ones differ."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    import django

    django.setup()
    stale = []
    for name, draw in PAGES.items():
        path, text = DOCS / name, draw()
        if words == ["update"]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        print(f"stale: {', '.join(stale)} — run: python -m tools.docs update")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
