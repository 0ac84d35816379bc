"""Which rows of a file are not taken, and why: of a batch that is done, or of a plan before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from linli.exchange import storage
from linli.exchange.kinds import DOUBTFUL, REJECTED
from linli.exchange.models import ImportBatch
from linli.exchange.planning import Plan


@dataclass(slots=True)
class Refused:
    """A row that came back: where it stands and why, by field."""

    sheet: str
    line: int
    problems: list[tuple[str, str]] = field(default_factory=list)


def refused_rows(batch: ImportBatch) -> list[Refused]:
    """The rows of a finished batch that were rejected or stayed in doubt."""
    rows = batch.rows.filter(outcome__in=("rejected", "doubtful")).order_by("position")
    doubts = _("这一行有待确认的地方，确认后再导入。")
    return [
        Refused(sheet, line, [(name, text) for name, text in problems] or [("", doubts)])
        for sheet, line, problems in rows.values_list("sheet", "line", "problems")
    ]


def refused_in(plan: Plan) -> list[Refused]:
    """The rows that would come back, before anything is written: whoever likes to mend the file first."""
    doubts = _("这一行有待确认的地方，确认后再导入。")
    return [
        Refused(row.sheet, row.line, [(one.field, one.message) for one in row.problems] or [("", doubts)])
        for row in plan.rows if row.outcome in (REJECTED, DOUBTFUL)
    ]  # fmt: skip


def note(batch: ImportBatch, plan: Plan) -> None:
    """Keep what a check has refused: marking a large file is slow enough without checking it again."""
    storage.keep_marks(batch.uid, [[row.sheet, row.line, row.problems] for row in refused_in(plan)])


def noted(batch: ImportBatch) -> list[Refused] | None:
    """What the last check has refused; None where that was not kept."""
    marks = storage.fetch_marks(batch.uid)
    if marks is None:
        return None
    return [Refused(sheet, line, [(name, text) for name, text in problems]) for sheet, line, problems in marks]
