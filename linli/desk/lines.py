"""Rows of the desk as pages show them: names for ids, the one next step, what the catalogue suggests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from linli.desk.wording import Feeling, feeling, language, state_word, urgency_word
from linli.kernel.workflow import FieldKind, Transition
from linli.people.access import Actor
from linli.people.masking import mask_text
from linli.places.snapshot import PlaceSnapshot
from linli.work import grams
from linli.work.desk import DeskRow, expected_transition
from linli.work.kinds import kind
from linli.work.terms import Catalogue, Dispatch
from linli.work.visibility import leg_permissions

BULK_STEPS = ("accept", "dispatch", "sign", "sign_co", "endorse_reply", "approve_reply", "approve_and_close", "remind")
"""Steps that make sense for many items at once: they ask for nothing but a unit."""
VERIFYING = frozenset({"verify_pass", "verify_fail"})


@dataclass(frozen=True, slots=True)
class Action:
    """The one primary action of a row: a tap that does it (`values` filled in), or a link to its form."""

    code: str
    label: str
    url: str
    one_tap: bool
    values: tuple[tuple[str, str], ...] = ()
    hint: str = ""

    @property
    def key(self) -> str:
        """The key that takes it: d dispatches as suggested, s signs."""
        return {"dispatch": "d", "sign": "s", "sign_co": "s"}.get(self.code, "") if self.one_tap else ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a list of items."""

    row: DeskRow
    title: str
    url: str
    state: str
    category: str
    unit: str
    place: str
    feeling: Feeling
    urgency: str
    action: Action | None
    mine: bool
    found: Found | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search shows of an item: its title and the passage that was found, in parts that are marked or not."""

    title: list[grams.Part]
    passage: list[grams.Part]


def mark(lines: Sequence[Line], words: str, texts: Mapping[int, str]) -> list[Line]:
    """The lines with what was searched marked; `texts` are the searchable texts, which are masked already."""
    terms = grams.terms(words)
    return [replace(line, found=_found(line, terms, texts.get(line.row.id, ""))) for line in lines]


def _found(line: Line, terms: list[str], text: str) -> Found:
    title = grams.marked(line.title, terms)
    shown = {part for part, is_term in title if is_term}
    elsewhere = [term for term in terms if not any(term in grams.normal(part) for part in shown)]
    return Found(title, grams.snippet(text, elsewhere))


def present(
    rows: Sequence[DeskRow], actor: Actor, terms: Catalogue, places: PlaceSnapshot, now: datetime
) -> list[Line]:
    """The rows with names and actions; at most one statement (places that are not in the snapshot)."""
    places.preload(row.place_id for row in rows)
    return [_line(row, actor, terms, places, now) for row in rows]


def _line(row: DeskRow, actor: Actor, terms: Catalogue, places: PlaceSnapshot, now: datetime) -> Line:
    category = terms.categories.get(row.category_id or 0)
    mine = is_expected(row, actor)
    return Line(
        row=row,
        title=mask_text(row.title),
        url=reverse("desk:item", args=[row.number]),
        state=state_word(row.kind, row.state),
        category=category.label(language()) if category else "",
        unit=terms.organisation_name(row.unit_id),
        place=short_place(places, row.place_id),
        feeling=feeling(row.due, now) if row.meaning in ("open", "waiting") else Feeling("", "ended"),
        urgency=urgency_word(row.urgency) if row.urgency > 1 else "",
        action=action_of(row, terms) if mine else None,
        mine=mine,
    )


def masked(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a selector with phones and numbers in its texts masked."""
    return {**row, **{name: mask_text(row[name]) for name in ("title", "summary") if row.get(name)}}


def short_place(places: PlaceSnapshot, place_id: int | None) -> str:
    """The place as its staff call it: community and grid, without the street above."""
    if not place_id:
        return ""
    name, street = places.full_name(place_id, "street"), places.ancestor_of_kind(place_id, "street")
    return name.removeprefix(street.name) or name if street else name


def is_expected(row: DeskRow, actor: Actor) -> bool:
    """Whether the next step is expected of this actor: a decision, a step of their own leg, or one over the place."""
    path = row.place_path or None
    if row.asked:
        return actor.may(row.asked, place_path=path)
    if row.meaning not in ("open", "waiting"):
        return False
    if row.leg_awaits:
        return actor.may_somewhere(row.leg_awaits)
    if not row.awaits or row.awaits in leg_permissions():
        return False
    return actor.may(row.awaits, place_path=path)


def action_of(row: DeskRow, terms: Catalogue) -> Action | None:
    """The expected step; a dispatch is filled in as the catalogue suggests."""
    code = expected_transition(row)
    if not code:
        return None
    transition = kind(row.kind).workflow.transition(code)
    label = transition.label.text(language())
    if code in VERIFYING:
        return Action(code, _("去核查"), reverse("desk:verify", args=[row.number]), False)
    if code == "dispatch":
        suggestion = terms.dispatch(row.category_id, row.place_path)
        if suggestion.lead is not None:
            return _dispatch_action(row, terms, suggestion)
    if takes_nothing(transition):
        return Action(code, label, reverse("desk:step", args=[row.number, code]), True)
    return Action(code, label, f"{reverse('desk:item', args=[row.number])}?step={code}#step", False)


def _dispatch_action(row: DeskRow, terms: Catalogue, suggestion: Dispatch) -> Action:
    values = [("lead", str(suggestion.lead)), *[("co_handlers", str(unit)) for unit in suggestion.co_handlers]]
    name = terms.organisation_name(suggestion.lead)
    return Action(
        "dispatch", _("派给 %(unit)s") % {"unit": name}, reverse("desk:step", args=[row.number, "dispatch"]), True,
        tuple(values), suggestion.basis,
    )  # fmt: skip


def takes_nothing(transition: Transition) -> bool:
    """Whether the step can be taken with one tap: it asks for nothing, or only for what may be left out."""
    if any(entry.required for entry in transition.fields):
        return False
    return not any(entry.kind is FieldKind.PERSON for entry in transition.fields)


def bulk_steps(lines: Iterable[Line]) -> list[str]:
    """The steps that fit at least one of the rows, in the order in which they are offered."""
    found = {line.action.code for line in lines if line.action is not None}
    if found & {"approve_reply", "approve_and_close"}:
        found |= {"approve_reply"}
    return [code for code in BULK_STEPS if code in found]
