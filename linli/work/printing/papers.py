"""The papers as data: what each is called, who may issue it, what it asks for before it is printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from linli.kernel.labels import Label

LIVE = frozenset({"open", "waiting"})


@dataclass(frozen=True, slots=True)
class PaperField:
    """One thing that is asked for before printing. `kind` is line, text or date; `most` limits the characters."""

    name: str
    label: Label
    kind: str = "line"
    required: bool = True
    most: int = 60
    hint: Label | None = None


ADDRESSEE = PaperField("addressee", Label("主送单位", "Addressee"))
DEMAND = PaperField("demand", Label("要求", "What is asked"), "text", most=500)
DEMAND_MAY = PaperField("demand", Label("办理要求", "What is asked"), "text", required=False, most=300)
BASIS = PaperField(
    "basis",
    Label("法律依据", "Legal basis"),
    most=200,
    hint=Label("写明法规名称和条款，如《山东省市容管理办法》第××条", "Name the law and the article"),
)
BY = PaperField("by", Label("完成期限", "To be done by"), "date")
BY_MAY = PaperField("by", Label("完成期限", "To be done by"), "date", required=False)


@dataclass(frozen=True, slots=True)
class Paper:
    """A kind of paper.

    `mark` goes into its number (通济街道提醒〔2026〕8号); `form` names the layout: a letter (信函格式), a notice with
    red head, or a form. `order` papers are issued only by organisations with authority to enforce (`can_order`).
    """

    slug: str
    label: Label
    mark: str
    form: str
    fields: tuple[PaperField, ...] = ()
    order: bool = False
    goes_back: bool = True
    suits: Callable[[Mapping[str, Any]], bool] = lambda item: True


def _is_live(item: Mapping[str, Any]) -> bool:
    return item["meaning"] in LIVE


def _has_unit(item: Mapping[str, Any]) -> bool:
    return item["responsible_organisation_id"] is not None


def _urged(item: Mapping[str, Any]) -> bool:
    return _is_live(item) and _has_unit(item)


_LIST = (
    Paper("slip", Label("交办单", "Hand-over slip"), "交办", "form", (DEMAND_MAY,), suits=_has_unit),
    Paper("reminder", Label("提醒函", "Reminder notice"), "提醒", "letter", (ADDRESSEE, DEMAND, BY)),
    Paper(
        "order",
        Label("责令整改通知书", "Rectification order"),
        "责改",
        "notice",
        (ADDRESSEE, BASIS, DEMAND, BY),
        order=True,
    ),
    Paper("urging", Label("催办函", "Urging letter"), "催办", "letter", (BY_MAY,), suits=_urged),
    Paper("visit", Label("走访登记表", "Visit form"), "走访", "form", suits=_is_live),
    Paper("receipt", Label("受理回执", "Receipt for the reporter"), "受理", "form", goes_back=False),
)

PAPERS: dict[str, Paper] = {paper.slug: paper for paper in _LIST}

_HELD = (
    Paper("property_reminder", Label("督促函", "Urging letter to a property manager"), "督促", "letter"),
    Paper("property_order", Label("责令整改通知书", "Rectification order"), "责改", "notice", order=True),
    Paper("visits", Label("走访登记表", "Form for visits"), "走访", "form"),
)

HELD_PAPERS: dict[str, Paper] = {paper.slug: paper for paper in _HELD}
"""Papers of what is no item of work; the rooms say what stands on them (`printing.print_held`)."""


def paper_named(slug: str) -> Paper:
    """A paper of either list."""
    return PAPERS.get(slug) or HELD_PAPERS[slug]
