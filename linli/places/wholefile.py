"""The first file of a new district: the whole of it, or nothing. Nobody can be asked there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from linli.exchange.column_maps import ImportMap
from linli.exchange.errors import ExchangeProblem
from linli.exchange.kinds import DOUBTFUL, REJECTED, Ledger, Run
from linli.exchange.planning import Plan, make_plan, open_file
from linli.places.errors import PlaceProblem
from linli.places.importing import PLACES
from linli.places.snapshot import today


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a line is refused: where, and what to do."""

    line: int
    message: str
    sheet: str = ""

    def text(self) -> str:
        """One sentence with the line number."""
        where = _("第 %(line)d 行") % {"line": self.line} if self.line else _("文件")
        place = f"{self.sheet} {where}" if self.sheet else where
        return _("%(place)s：%(message)s") % {"place": place, "message": self.message}


@dataclass(slots=True)
class ImportReport:
    """What a whole file did or would do."""

    done: bool
    dry_run: bool
    created: int
    updated: int
    unchanged: int
    by_parent: Mapping[str, int]
    problems: list[RowProblem]
    warnings: list[RowProblem]
    crs: str
    crs_stated: bool
    has_shapes: bool

    def text(self) -> str:
        """Several lines for a person: result, coordinate system, then every refused line and doubt."""
        if self.problems:
            head = _("有 %(count)d 处问题，什么也没有写入。改好后可整份重新导入。") % {"count": len(self.problems)}
        elif self.dry_run:
            head = _("试运行：将新增 %(created)d，更新 %(updated)d，不变 %(unchanged)d。") % self._figures()
        else:
            head = _("已导入：新增 %(created)d，更新 %(updated)d，不变 %(unchanged)d。") % self._figures()
        origin = _("已注明") if self.crs_stated else _("按与区界的吻合推定")
        lines = [head]
        if self.has_shapes:
            lines.append(_("坐标系：%(crs)s（%(origin)s）") % {"crs": self.crs, "origin": origin})
        lines += [f"  {name}  +{count}" for name, count in self.by_parent.items()]
        lines += [f"✗ {problem.text()}" for problem in self.problems]
        lines += [f"! {warning.text()}" for warning in self.warnings]
        return "\n".join(lines)

    def _figures(self) -> dict[str, int]:
        return {"created": self.created, "updated": self.updated, "unchanged": self.unchanged}


def import_places(
    source: Path | tuple[bytes, str],
    *,
    actor_label: str,
    under: int | None = None,
    kind: str = "",
    crs: str | None = None,
    valid_from: date | None = None,
    dry_run: bool = False,
) -> ImportReport:
    """Import a whole file (or content with its name) of places, or nothing of it: for the set-up of a district.

    Nobody can be asked there: doubts are settled by what they suggest, and those without a suggestion refuse the
    file. `under`: the place everything belongs to unless the file says more; `kind`: for rows that do not say theirs;
    `crs`: stated coordinate system; `valid_from`: first day of boundaries. Raises PlaceProblem.
    """
    data, name = (source.read_bytes(), source.name) if isinstance(source, Path) else source
    options = {
        "take_suggestions": True, "default_kind": kind, "crs": crs or "",
        "valid_from": valid_from.isoformat() if valid_from else "",
    }  # fmt: skip
    try:
        opened = open_file(PLACES, data, name, ImportMap("places"))
        if opened.book.declared_crs and not crs:
            options["crs"] = opened.book.declared_crs
        run = Run(actor_label=actor_label, under=under, options=options, today=today(), file_name=name)
        plan = make_plan(opened, run)
    except ExchangeProblem as problem:
        raise PlaceProblem(problem.code, problem.message) from None
    report = _report(plan, dry_run)
    if not report.problems and not dry_run:
        rows = [row for row in plan.planner.in_order(plan.rows) if row.outcome in ("new", "changed")]
        with transaction.atomic():
            plan.planner.write(rows, Ledger())
        report.done = True
    return report


def _report(plan: Plan, dry_run: bool) -> ImportReport:
    planner: Any = plan.planner
    counts = plan.counts()
    problems = [
        RowProblem(row.line, problem.message, row.sheet)
        for row in plan.rows if row.outcome == REJECTED for problem in row.problems
    ]  # fmt: skip
    for row in plan.rows:
        if row.outcome == DOUBTFUL:
            sentences = [plan.run.doubts[key].question.sentence for key in row.doubts]
            problems.append(RowProblem(row.line, " ".join(sentences), row.sheet))
    problems.sort(key=lambda problem: (problem.sheet, problem.line))
    by_parent: dict[str, int] = {}
    for planned in planner.planned:
        if planned.row.outcome == "new" and planned.parent_name:
            by_parent[planned.parent_name] = by_parent.get(planned.parent_name, 0) + 1
    warnings = [RowProblem(line, message, sheet) for line, sheet, message in planner.warnings]
    warnings += [RowProblem(0, text) for text in plan.run.notices if not any(w.message in text for w in warnings)]
    missing = _("文件里没有“%(name)s”，登记仍保留。如已撤销请停用。")
    warnings += [RowProblem(0, missing % {"name": gone.label}) for gone in plan.vanished]
    shapes = any(planned.raw_shape() is not None for planned in planner.planned)
    return ImportReport(
        False, dry_run, counts["new"], counts["changed"], counts["unchanged"], by_parent, problems, warnings,
        planner.crs, planner.crs_stated, shapes,
    )  # fmt: skip
