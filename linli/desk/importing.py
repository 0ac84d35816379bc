"""What the pages of imports show of a batch, and who may see it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from linli.desk.pages_new import home_place
from linli.desk.wording import language
from linli.exchange.columns import known_headings
from linli.exchange.kinds import OUTCOMES, Kind, kind_of
from linli.exchange.models import ImportBatch
from linli.exchange.words import heading_key
from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.places.snapshot import place_snapshot

STATES: dict[str, Label] = {
    "received": Label("待核对", "To be checked"),
    "checking": Label("核对中", "Being checked"),
    "ready": Label("待导入", "Ready"),
    "running": Label("导入中", "Being imported"),
    "done": Label("已导入", "Imported"),
    "failed": Label("没有完成", "Not finished"),
    "undoing": Label("撤销中", "Being undone"),
    "undone": Label("已撤销", "Undone"),
    "dropped": Label("已放弃", "Given up"),
}
_DIGITS = re.compile(r"\d{7,}")
AREAS_SHOWN = 60
DOUBTS_SHOWN = 100


def may_see(actor: Actor, batch: ImportBatch) -> bool:
    """Whether the actor may import such data there."""
    kind = kind_of(batch.kind)
    return kind is not None and actor.is_staff and actor.may(kind.permission, place_path=batch.under_path or None)


def own_ground(actor: Actor, permission: str) -> int | None:
    """The place for which the actor imports: the district, or the widest place where they may (a street)."""
    places = place_snapshot()
    found = places.ancestor_of_kind(home_place(actor, places), "district")
    if found is not None and not actor.may(permission, place_path=found.path):
        paths = sorted(actor.scopes(permission).place_paths, key=len)
        if paths:
            return int(paths[0].rpartition(".")[2])
    return found.id if found else None


def closed_for(actor: Actor, kind: Kind) -> str:
    """Why the actor, who holds the permission, can bring in nothing of this kind from their ground; empty: they can."""
    if kind.closed is None:
        return ""
    row = place_snapshot().get(own_ground(actor, kind.permission))
    return kind.closed(row.path if row is not None else "")


def fits_better(batch: ImportBatch, kinds: Sequence[Kind]) -> Kind | None:
    """Another kind whose headings the file bears plainly more than those of the one that was chosen: the wrong line of
    the form is easily taken."""
    headings = {heading_key(entry["heading"].rsplit("/", 1)[-1]) for entry in batch.report.get("columns", ())}
    fitting = {kind.slug: _fitting(kind, headings) for kind in kinds}
    best = max(kinds, key=lambda kind: fitting[kind.slug], default=None)
    if best is None or best.slug == batch.kind or fitting[best.slug] < fitting.get(batch.kind, 0) + 2:
        return None
    return best


def _fitting(kind: Kind, headings: set[str]) -> int:
    known = known_headings(kind)
    return len({known[heading] for heading in headings if heading in known})


def batch_context(batch: ImportBatch, *, short: bool = False) -> dict[str, Any]:
    """The context of a batch's page; `short` for a line in the list."""
    kind, tongue, report = kind_of(batch.kind), language(), batch.report
    counts = report.get("counts", {})
    outcomes = [(name, label.text(tongue), counts.get(name, 0)) for name, label in OUTCOMES.items()]
    context: dict[str, Any] = {
        "batch": batch,
        "kind": kind.label.text(tongue) if kind else batch.kind,
        "state": STATES[batch.state].text(tongue),
        "outcomes": [entry for entry in outcomes if entry[2]],
        "place": place_snapshot().name(batch.under_place_id),
    }
    if short or kind is None:
        return context
    doubts = [_doubt(number, entry) for number, entry in enumerate(report.get("doubts", ()))]
    unsettled = [doubt for doubt in doubts if not doubt["settled"]]
    labels = {field.name: field.label.text(tongue) for field in kind.fields}
    missing = [labels.get(name, name) for name in report.get("missing", ())]
    taken = counts.get("new", 0) + counts.get("changed", 0)
    refused = counts.get("rejected", 0) + counts.get("doubtful", 0)
    return {
        **context,
        "columns": [_column(entry, kind) for entry in report.get("columns", ())],
        "fields": [(field.name, field.label.text(tongue), field.required) for field in kind.fields],
        "constants": _constants(batch, kind),
        "options": (options := _options(batch, kind)),
        "needed": [option for option in options if option["required"] and not option["value"]],
        "doubts": unsettled[:DOUBTS_SHOWN],
        "doubts_more": max(0, len(unsettled) - DOUBTS_SHOWN),
        "settled": [doubt for doubt in doubts if doubt["settled"]][:DOUBTS_SHOWN],
        "missing": missing,
        "sheets": report.get("tables", ()),
        "heads": [(name, label.text(tongue)) for name, label in OUTCOMES.items() if counts.get(name)],
        "area_name": labels.get(kind.sheet_field) or _("社区"),
        "areas": [
            (area or _("（未分）"), [row.get(name, 0) for name, _label in OUTCOMES.items() if counts.get(name)])
            for area, row in report.get("areas", ())[:AREAS_SHOWN]
        ],
        "areas_more": max(0, len(report.get("areas", ())) - AREAS_SHOWN),
        "rejects": [
            {**entry, "problems": [(labels.get(name, ""), text) for name, text in entry["problems"]]}
            for entry in report.get("rejects", ())
        ],
        "rejects_more": max(0, counts.get("rejected", 0) - len(report.get("rejects", ()))),
        "refused": refused,
        "taken": taken,
        "vanished": report.get("vanished", ()),
        "vanished_more": max(0, report.get("vanished_count", 0) - len(report.get("vanished", ()))),
        "notices": report.get("notices", ()),
        "may_change": batch.state in ("received", "checking", "ready"),
        "may_run": batch.state == "ready" and not missing and taken > 0,
        "waiting": batch.state in ("checking", "running", "undoing"),
        "unchecked": batch.state in ("received", "ready") and not counts and batch.purged_at is None,
        "staying": report.get("staying", ()),
        "history_stays": batch.kind == "requests",
        "edition": batch.kind == "standard",
        "may_undo": batch.state in ("done", "running") and batch.rows_done > 0,
        "may_get_rejects": batch.state in ("ready", "done") and refused > 0 and batch.purged_at is None,
    }


def _doubt(number: int, entry: dict[str, Any]) -> dict[str, Any]:
    answer = entry.get("answer")
    labels = dict(entry["choices"])
    words = {"skip": _("不导入这些行"), "create": _("新建")}
    made = "create" if entry["suggestion"] == "+" else "use"
    chosen = tuple(answer) if answer else (made, entry["suggestion"])
    return {
        **entry, "number": number, "settled": answer is not None, "chosen": chosen[1] if chosen[0] == "use" else "",
        "left_out": chosen[0] == "skip", "made": chosen[0] == "create",
        "said": (words.get(answer[0]) or labels.get(answer[1], answer[1])) if answer else "",
        "many": len(entry["choices"]) > 6,
    }  # fmt: skip


def _column(entry: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """A column with a few of its texts; personal ones, and numbers that may be, are hidden."""
    field = kind.field(entry["field"]) if entry["field"] else None
    hidden = field is not None and field.personal
    samples = ["•••"] if hidden and entry["samples"] else [_DIGITS.sub("•••", text) for text in entry["samples"]]
    sure = entry["confidence"]
    return {**entry, "samples": samples, "unsure": bool(entry["field"]) and sure < 0.75, "taken": field is not None}


def _constants(batch: ImportBatch, kind: Kind) -> list[dict[str, Any]]:
    """Fields without a column that may be said for all rows."""
    stated = batch.mapping.get("constants", {})
    taken = {entry["field"] for entry in batch.report.get("columns", ())}
    return [
        {"name": field.name, "label": field.label.text(language()), "value": stated.get(field.name, "")}
        for field in kind.fields if field.name not in taken and not field.personal
    ]  # fmt: skip


def _options(batch: ImportBatch, kind: Kind) -> list[dict[str, Any]]:
    stated = batch.mapping.get("options", {})
    return [
        {"name": option.name, "label": option.label.text(language()), "value": stated.get(option.name, ""),
         "choices": [(value, label.text(language())) for value, label in option.choices],
         "hint": option.hint.text(language()) if option.hint else "", "required": option.required}
        for option in kind.options
    ]  # fmt: skip
