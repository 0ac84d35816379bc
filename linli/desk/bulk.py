"""Steps on many items at once: one key per item, one result per item; what failed is told and stays selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from linli.desk.wording import language
from linli.people.access import Actor, ObjectHidden
from linli.people.masking import mask_text
from linli.work.desk import DeskRow, expected_transition
from linli.work.engine import StepRefused
from linli.work.selectors import rows_of
from linli.work.services import advance
from linli.work.terms import Catalogue

ITEMS_MAX = 100


@dataclass(frozen=True, slots=True)
class Failure:
    """An item that could not be moved, and the sentence that says why."""

    number: str
    title: str
    reason: str


@dataclass(slots=True)
class BulkResult:
    """What a bulk action came to."""

    code: str
    done: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)


def take(
    actor: Actor,
    selected: Sequence[str],
    code: str,
    data: dict[str, Any],
    *,
    key: str,
    terms: Catalogue,
    quiet: bool = False,
) -> BulkResult:
    """Take a step on each selected item (`number` or `number:version`), one transaction each.

    `quiet`: the caller tells people of all of them at once.

    The step `expected` takes on each item the step that is expected of it; a dispatch without a unit goes to the
    unit that the catalogue suggests. A version that is no longer the present one is a failure, not an overwrite.
    """
    wanted = dict(_split(entry) for entry in selected[:ITEMS_MAX])
    rows = {row.number: row for row in rows_of(actor, list(wanted))}
    result = BulkResult(code)
    for number, version in wanted.items():
        row = rows.get(number)
        if row is None:
            result.failed.append(Failure(number, "", _("没有这件事项，或者不在您的范围内。")))
            continue
        _take_one(actor, row, version, code, data, f"{key}:{number}", terms, result, quiet)
    for number in selected[ITEMS_MAX:]:
        result.failed.append(Failure(_split(number)[0], "", _("一次最多 %(n)s 件。") % {"n": ITEMS_MAX}))
    return result


def _split(entry: str) -> tuple[str, int | None]:
    number, _colon, version = entry.partition(":")
    return number[:32], int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None


def _take_one(
    actor: Actor,
    row: DeskRow,
    version: int | None,
    code: str,
    data: dict[str, Any],
    key: str,
    terms: Catalogue,
    result: BulkResult,
    quiet: bool,
) -> None:
    step, values = code, dict(data)
    if step == "expected" or (step == "approve_reply" and row.state == "replied"):
        step = expected_transition(row)
    if step == "dispatch" and not values.get("lead"):
        suggestion = terms.dispatch(row.category_id, row.place_path)
        if suggestion.lead is None:
            result.failed.append(Failure(row.number, mask_text(row.title), _("派单目录没有建议单位，请打开后选择。")))
            return
        values = {**values, "lead": suggestion.lead, "co_handlers": list(suggestion.co_handlers)}
    try:
        advance(actor, row.id, [(step, values)], key=key[:96], expected_version=version, quiet=quiet)
    except StepRefused as refusal:
        result.failed.append(Failure(row.number, mask_text(row.title), refusal.label.text(language())))
    except ObjectHidden:
        result.failed.append(Failure(row.number, mask_text(row.title), _("没有这件事项，或者不在您的范围内。")))
    else:
        result.done.append(row.number)


def recall(actor: Actor, numbers: Sequence[str], *, key: str) -> BulkResult:
    """Take back the last step on each item, within the 8 seconds that the workflow allows."""
    result = BulkResult("recall")
    rows = {row.number: row for row in rows_of(actor, list(numbers)[:ITEMS_MAX])}
    for number in numbers[:ITEMS_MAX]:
        row = rows.get(number)
        if row is None:
            result.failed.append(Failure(number, "", _("没有这件事项，或者不在您的范围内。")))
            continue
        try:
            advance(actor, row.id, [("recall", {})], key=f"{key}:{number}"[:96])
        except StepRefused as refusal:
            result.failed.append(Failure(number, mask_text(row.title), refusal.label.text(language())))
        else:
            result.done.append(number)
    return result
