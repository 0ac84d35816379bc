"""Forms of steps, generated from the fields a transition declares and filled with what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from linli.desk.wording import language
from linli.kernel.coordinates import distance_metres
from linli.kernel.labels import Label
from linli.kernel.numbers import whole_number
from linli.kernel.workflow import Field, FieldKind, Transition
from linli.people.gates import actor_on
from linli.work.senders import owner_of
from linli.work.terms import Catalogue
from linli.work.uploading import ADD_DOCUMENT
from linli.work.uploads import receive, told

RADIO_MAX = 6
FILE_SUFFIX = "_files"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be chosen; `why` says why it is proposed."""

    value: str
    label: str
    chosen: bool = False
    why: str = ""


@dataclass(slots=True)
class FieldView:
    """A field as the template draws it."""

    name: str
    label: str
    kind: str
    required: bool
    public: bool
    hint: str
    value: str = ""
    choices: list[Choice] = field(default_factory=list)
    error: str = ""
    multiple: bool = False
    documents: bool = False
    tokens: list[str] = field(default_factory=list)

    @property
    def filled(self) -> bool:
        """Whether a value is there already."""
        return bool(self.value or self.tokens or any(choice.chosen for choice in self.choices))


@dataclass(slots=True)
class StepForm:
    """A step that can be taken, with its fields."""

    code: str
    label: str
    who: str
    fields: list[FieldView]
    danger: bool
    deadline: str
    basis: str
    blocked: str = ""
    error: str = ""

    @property
    def one_tap(self) -> bool:
        """Whether nothing has to be filled in."""
        return not self.blocked and not any(entry.required and not entry.filled for entry in self.fields)

    @property
    def has_files(self) -> bool:
        """Whether files travel with it: then it is sent as a whole page, after they have arrived."""
        return any(entry.kind in ("evidence", "signature") for entry in self.fields)

    @property
    def plain(self) -> bool:
        """Whether it asks for nothing at all."""
        return not self.fields


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an item and helps to fill a form; `left_out` are fields that ask for nothing here."""

    category_id: int | None
    place_path: str
    terms: Catalogue
    asks: Sequence[Mapping[str, Any]] = ()
    own_units: Sequence[int] = ()
    people: Sequence[tuple[int, str]] = ()
    like: Sequence[tuple[str, str]] = ()
    left_out: frozenset[str] = frozenset()


def build(
    transition: Transition,
    known: Known,
    *,
    values: Mapping[str, Any] | None = None,
    blocked: Label | None = None,
    error: str = "",
    wrong_field: str = "",
) -> StepForm:
    """The form of a step; `values` are what was typed before, kept after a refusal."""
    tongue = language()
    fields = [_field(entry, known, values) for entry in transition.fields if entry.name not in known.left_out]
    if "may_be_answered_directly" in transition.guards:
        fields.append(_repeat(values))
    for entry in fields:
        if entry.name == wrong_field:
            entry.error = error
    return StepForm(
        code=transition.code,
        label=transition.label.text(tongue),
        who=transition.who.text(tongue),
        fields=fields,
        danger=transition.danger,
        deadline=transition.deadline.text(tongue) if transition.deadline else "",
        basis=transition.basis,
        blocked=blocked.text(tongue) if blocked else "",
        error=error if not any(entry.error for entry in fields) else "",
    )


def _repeat(values: Mapping[str, Any] | None) -> FieldView:
    chosen = bool(values and values.get("repeat"))
    label = _("这是重复反映，答复办理进展")
    return FieldView("repeat", label, "boolean", False, False, "", value="on" if chosen else "")


def _field(entry: Field, known: Known, values: Mapping[str, Any] | None) -> FieldView:
    tongue = language()
    raw = values.get(entry.name) if values else None
    view = FieldView(
        entry.name, entry.label.text(tongue), entry.kind.value, entry.required, entry.public,
        entry.hint.text(tongue) if entry.hint else "",
    )  # fmt: skip
    match entry.kind:
        case FieldKind.CHOICE:
            view.kind = "radio" if len(entry.choices) <= RADIO_MAX else "select"
            view.choices = [Choice(code, label.text(tongue), str(raw or "") == code) for code, label in entry.choices]
        case FieldKind.ORGANISATION | FieldKind.ORGANISATIONS:
            view.multiple = entry.kind is FieldKind.ORGANISATIONS
            view.kind = "units"
            view.choices = unit_choices(entry.name, known, raw, multiple=view.multiple, typed=values is not None)
        case FieldKind.PERSON:
            view.kind = "select"
            first = known.people[0][0] if known.people and raw is None else raw
            view.choices = [Choice(str(number), name, str(number) == str(first)) for number, name in known.people]
        case FieldKind.ITEM:
            view.value = str(raw or "")
            view.choices = [Choice(number, title, number == view.value) for number, title in known.like]
        case FieldKind.EVIDENCE | FieldKind.SIGNATURE:
            view.documents = entry.documents
            view.tokens = [str(token) for token in raw] if isinstance(raw, list | tuple) else []
        case FieldKind.DATETIME:
            view.value = raw.strftime("%Y-%m-%dT%H:%M") if isinstance(raw, datetime) else str(raw or "")
        case _:
            view.value = str(raw or "")
    return view


def unit_choices(name: str, known: Known, raw: Any, *, multiple: bool, typed: bool) -> list[Choice]:
    """Units to choose from without a search: what was chosen, then what the catalogue and the place suggest."""
    terms = known.terms
    sent = [whole_number(str(value or "")) for value in (raw if isinstance(raw, list | tuple) else [raw])]
    chosen = [number for number in sent if number is not None]
    suggested = _suggested(name, known)
    if not typed and name in ("lead", "co_handlers"):
        chosen = [unit for unit, why in suggested if why == "rule"]
        chosen = chosen if multiple else chosen[:1]
    order = dict.fromkeys([*chosen, *[unit for unit, _why in suggested]])
    reasons = dict(reversed(suggested))
    words = {"rule": _("派单目录"), "asked": _("退单单位建议"), "place": _("属地"), "below": _("下属")}
    return [
        Choice(str(unit), terms.organisation_name(unit), unit in chosen, words.get(reasons.get(unit, ""), ""))
        for unit in order
        if terms.organisation_name(unit)
    ]


def _suggested(name: str, known: Known) -> list[tuple[int, str]]:
    terms, path = known.terms, known.place_path
    found: list[tuple[int | None, str]] = []
    if name in ("lead", "co_handlers"):
        rule = terms.dispatch(known.category_id, path)
        if name == "lead":
            found.append((rule.lead, "rule"))
            found += [(ask["data"].get("proposed_unit"), "asked") for ask in known.asks if ask["state"] == "pending"]
        else:
            found += [(unit, "rule") for unit in rule.co_handlers]
    if name in ("local", "co_handlers"):
        found += [(terms.nearest(function, path), "place") for function in ("street", "community")]
    if name == "unit":
        own = set(known.own_units)
        found += [(unit.id, "below") for unit in terms.organisations.values() if unit.parent_id in own][:8]
        found += [(terms.nearest(function, path), "place") for function in ("community", "property")]
    return [(unit, why) for unit, why in found if unit is not None]


def read(transition: Transition, request: HttpRequest, *, with_files: bool = True) -> dict[str, Any]:
    """What was sent for a step: values by field name, photos received and turned into upload tokens.

    Without `with_files` what was typed alone: where a file is refused, the words are kept.
    """
    values: dict[str, Any] = {}
    for entry in transition.fields:
        if entry.kind in (FieldKind.ORGANISATIONS, FieldKind.EVIDENCE):
            sent: Any = [value for value in request.POST.getlist(entry.name) if value]
        else:
            sent = request.POST.get(entry.name, "")
        if with_files and entry.kind in (FieldKind.EVIDENCE, FieldKind.SIGNATURE):
            received = photos(request, entry.name + FILE_SUFFIX, documents=entry.documents)
            if entry.kind is FieldKind.SIGNATURE:
                sent = received[0] if received else sent
            else:
                sent = [*sent, *received]
        if sent not in ("", []):
            values[entry.name] = sent
    if request.POST.get("repeat"):
        values["repeat"] = True
    return values


def metres_from(request: HttpRequest, longitude: float | None, latitude: float | None) -> int | None:
    """How far from the spot the phone was when the form was sent; nothing where it did not say, or the spot is unknown.

    Where it was is not kept.
    """
    try:
        here = float(request.POST.get("here_lon", "")), float(request.POST.get("here_lat", ""))
    except ValueError:
        return None
    if longitude is None or latitude is None or not (-180 <= here[0] <= 180 and -90 <= here[1] <= 90):
        return None
    return round(distance_metres(here, (float(longitude), float(latitude))))


def photos(request: HttpRequest, name: str, *, documents: bool = False) -> list[str]:
    """Receive the files of an input, PDFs only where `documents` are asked for and may be added; raises FileRefused."""
    facts, owner = told(request.POST), owner_of(request)
    documents = documents and actor_on(request).may_somewhere(ADD_DOCUMENT)
    return [
        str(receive(file, owner=owner, told=facts, documents=documents, name=file.name or "").token)
        for file in request.FILES.getlist(name)
        if file
    ]


def earliest_date() -> str:
    """Now, as the `min` of a field for a moment."""
    return timezone.localtime().strftime("%Y-%m-%dT%H:%M")
