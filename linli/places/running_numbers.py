"""Numbers by which a table counts its own rows (编号 1, 2, 3 in each community), and which are no codes of places."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from linli.exchange.kinds import Choice, Question, Run
from linli.places.matching import Directory, core
from linli.places.rows import PlannedRow

SHORT = 5
CODES, NUMBERS = "codes", "numbers"


def _may_be_one(row: PlannedRow) -> bool:
    return row.row.open and (row.code_scheme == "local" or (row.code.isdecimal() and len(row.code) <= SHORT))


def settle_numbers(planned: Sequence[PlannedRow], directory: Directory, run: Run) -> None:
    """Ask, once for the file, whether short codes that clash are codes at all; if they are not, they are left out.

    They clash where one of them stands for two names in the file, or where most of those that the register knows are
    other places there. Taken for codes they would give the places of another community new names.
    """
    rows = [row for row in planned if _may_be_one(row)]
    named: dict[str, set[str]] = {}
    for row in rows:
        named.setdefault(row.code, set()).add(row.name)
    known = [(row, name) for row in rows if (name := directory.name_of_code(row.code, row.code_scheme))]
    other = [(row, name) for row, name in known if core(name) != core(row.name)]
    twice = next((code for code, names in named.items() if len(names) > 1), "")
    if not twice and len(other) * 2 <= len(known):
        return
    code, name = (twice, sorted(named[twice])[0]) if twice else (other[0][0].code, other[0][1])
    sentence = _("编号有重复的（如 %(code)s 已是“%(name)s”）。它们是地点的编码，还是这份表自己的序号？")
    question = Question(
        "running_numbers", "?", sentence % {"code": code, "name": name},
        (Choice(NUMBERS, _("只是序号，不作编码")), Choice(CODES, _("是编码"))), may_skip=False, remember=False,
        suggestion=NUMBERS,
    )  # fmt: skip
    for row in rows:
        answer = run.ask(question, row.row)
        if answer is not None and answer.value == NUMBERS:
            row.code = row.code_scheme = ""
