"""Codes whose leading noughts a spreadsheet has dropped: 901 for 0901. The register or other codes of the file tell."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from linli.exchange.kinds import Choice, Question, Row, Run

PAD, KEEP = "pad", "keep"


def restored(code: str, known: Collection[str], by_end: dict[str, list[str]], lengths: Collection[int]) -> str:
    """The code with the noughts that it most likely had; itself where nothing speaks for any.

    `known` are the codes of the register, `by_end` those that begin with a nought by the rest; `lengths` are how long
    the codes of the file are that begin with one.
    """
    if not code.isdecimal() or code in known or len(code) in lengths:
        return code
    same = by_end.get(code, [])
    if len(same) == 1:
        return same[0]
    longer = [length for length in lengths if length > len(code)]
    return code.zfill(min(longer)) if longer and not same else code


def restore(rows: Sequence[Row], fields: Sequence[str], known: Collection[str], run: Run) -> None:
    """Give the codes of these fields their noughts back, if somebody agrees (asked once for the whole file)."""
    by_end: dict[str, list[str]] = {}
    for code in known:
        if code.startswith("0") and code.isdecimal():
            by_end.setdefault(code.lstrip("0"), []).append(code)
    stated = [str(row.values[name]) for row in rows for name in fields if name in row.values]
    lengths = {len(code) for code in stated if code.startswith("0") and code.isdecimal() and len(code) > 1}
    if not by_end and not lengths:
        return
    lost = {code: full for code in dict.fromkeys(stated) if (full := restored(code, known, by_end, lengths)) != code}
    if not lost:
        return
    short, full = next(iter(lost.items()))
    sentence = _("有 %(count)d 个编码前面的 0 好像丢了（如 %(short)s，应是 %(full)s）。要补上吗？")
    question = Question(
        "leading_zeros", "?", sentence % {"count": len(lost), "short": short, "full": full},
        (Choice(PAD, _("补上")), Choice(KEEP, _("就是这样"))), may_skip=False, remember=False, suggestion=PAD,
    )  # fmt: skip
    for row in rows:
        names = [name for name in fields if str(row.values.get(name, "")) in lost]
        answer = run.ask(question, row) if names and row.open else None
        if answer is not None and answer.value == PAD:
            row.values |= {name: lost[str(row.values[name])] for name in names}
