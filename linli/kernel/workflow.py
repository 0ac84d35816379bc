"""Workflow as data: states, transitions and what each of them does, with a checker.

A workflow is a value. Buttons, forms, permission matrix, API, diagrams and the published procedure (办事流程)
are generated from it; the engine in `linli.work` interprets it. Nothing here touches a database.

Transition targets are a state code, `SAME` (the state stays) or `BACK` (the state before the last change that
is being undone). `START` among the sources means that the transition creates the item.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from linli.kernel.labels import Label

START = ""
SAME = "="
BACK = "<"


class Meaning(StrEnum):
    """What a state means to desks, rates and the public, whatever it is called."""

    OPEN = "open"
    WAITING = "waiting"
    DONE = "done"
    DROPPED = "dropped"
    VOID = "void"
    """Brought in by mistake and taken back: in no list, map, search or figure; only its history remains."""

    @property
    def is_live(self) -> bool:
        """Whether work is still owed."""
        return self in (Meaning.OPEN, Meaning.WAITING)


class Party(StrEnum):
    """On what ground an actor may take a step (the permission is checked against it)."""

    PLACE = "place"  # holds the permission over the item's place
    LEG = "leg"  # belongs to the unit, or is the person, of the leg acted on
    REPORTER = "reporter"  # is the reporter (signed in, or by the unguessable link)
    ANYONE = "anyone"  # creation by whoever holds the permission anywhere
    SYSTEM = "system"  # timers and rules only


class FieldKind(StrEnum):
    """Kinds of values a step takes. Texts go to the erasable part of the history; the others are codes."""

    TEXT = "text"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    NUMBER = "number"
    DATETIME = "datetime"
    ORGANISATION = "organisation"
    ORGANISATIONS = "organisations"
    PERSON = "person"
    ITEM = "item"
    EVIDENCE = "evidence"
    CATEGORY = "category"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Field:
    """One value that a step takes. `public` texts are shown to the reporter; evidence may be `documents` (PDF) too."""

    name: str
    label: Label
    kind: FieldKind = FieldKind.TEXT
    required: bool = True
    public: bool = False
    choices: tuple[tuple[str, Label], ...] = ()
    hint: Label | None = None
    documents: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing a transition does besides moving the state, e.g. `Effect("start", "handle")`."""

    operation: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A state of an item.

    `plain` is what a resident reads. `awaits` lists the transitions expected next, the first being the one
    primary button; the permission of the first decides on whose desk the item waits.
    """

    code: str
    label: Label
    meaning: Meaning
    plain: Label
    awaits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """A permitted step. Without a named permission it is refused by the checker and by the engine."""

    code: str
    label: Label
    sources: frozenset[str]
    target: str
    permission: str
    party: Party
    who: Label
    fields: tuple[Field, ...] = ()
    guards: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    deadline: Label | None = None
    basis: str = ""
    plain: Label | None = None
    danger: bool = False

    def field_named(self, name: str) -> Field | None:
        """The field called `name`, or None."""
        return next((entry for entry in self.fields if entry.name == name), None)

    @property
    def creates(self) -> bool:
        """Whether this transition opens a new item."""
        return START in self.sources


def row(
    code: str, zh: str, en: str, sources: str | frozenset[str], target: str, permission: str, party: Party,
    who: Label, fields: tuple[Field, ...] = (), guards: str = "", effects: str = "", deadline: str = "",
    basis: str = "", plain: tuple[str, str] | None = None, danger: bool = False,
) -> Transition:  # fmt: skip
    """A transition written as one row of a table.

    `sources` and `guards` are separated by blanks, `effects` are "operation:subject" words and `deadline` holds
    "中文 / English". No sources: it begins the thing.
    """
    deadline_zh, _, deadline_en = deadline.partition(" / ")
    return Transition(
        code=code,
        label=Label(zh, en),
        sources=frozenset(sources.split()) if isinstance(sources, str) and sources else frozenset(sources or {START}),
        target=target,
        permission=permission,
        party=party,
        who=who,
        fields=fields,
        guards=tuple(guards.split()),
        effects=tuple(Effect(*word.split(":")) for word in effects.split()),
        deadline=Label(deadline_zh, deadline_en) if deadline else None,
        basis=basis,
        plain=Label(*plain) if plain else None,
        danger=danger,
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault that the checker found: its kind, where, and a sentence that says what to mend."""

    code: str
    subject: str
    message: str


@dataclass(frozen=True)
class Workflow:
    """States and transitions of one kind of item, looked up by code."""

    kind: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    by_code: Mapping[str, Transition] = field(init=False, repr=False)
    state_by_code: Mapping[str, State] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_code", {entry.code: entry for entry in self.transitions})
        object.__setattr__(self, "state_by_code", {entry.code: entry for entry in self.states})

    def state(self, code: str) -> State:
        """The state `code`; KeyError when the workflow has none of that name."""
        return self.state_by_code[code]

    def transition(self, code: str) -> Transition:
        """The transition `code`; KeyError when the workflow has none of that name."""
        return self.by_code[code]

    def leaving(self, state: str) -> tuple[Transition, ...]:
        """Transitions that may be taken in `state`, expected ones first."""
        expected = self.state_by_code[state].awaits if state else ()
        found = [entry for entry in self.transitions if state in entry.sources]
        order = {code: place for place, code in enumerate(expected)}
        return tuple(sorted(found, key=lambda entry: order.get(entry.code, len(order))))


def check(
    workflow: Workflow,
    *,
    guards: Iterable[str] = (),
    operations: Iterable[str] = (),
    permissions: Iterable[str] | None = None,
) -> list[Problem]:
    """Find what would make a workflow unsafe or unusable; an empty list means it may be installed.

    Refuses: doubled codes, unknown states, guards, effects or permissions, transitions without permission,
    states that nothing reaches, live states that cannot come to an end, ended states still awaited.
    """
    problems = _check_names(workflow)
    problems += _check_transitions(workflow, frozenset(guards), frozenset(operations), permissions)
    if not problems:
        problems += _check_reachability(workflow)
        problems += _check_expectations(workflow)
    return problems


def _check_names(workflow: Workflow) -> list[Problem]:
    problems = []
    for what, codes in (
        ("state", [entry.code for entry in workflow.states]),
        ("transition", [entry.code for entry in workflow.transitions]),
    ):
        for code in sorted({code for code in codes if codes.count(code) > 1}):
            problems.append(Problem(f"doubled_{what}", code, f"The {what} {code!r} is defined twice."))
    return problems


def _check_transitions(
    workflow: Workflow,
    guards: frozenset[str],
    operations: frozenset[str],
    permissions: Iterable[str] | None,
) -> list[Problem]:
    known = None if permissions is None else frozenset(permissions)
    problems = []
    for entry in workflow.transitions:
        if not entry.permission.strip():
            problems.append(Problem("no_permission", entry.code, f"{entry.code}: name the permission."))
        elif known is not None and entry.permission not in known:
            message = f"{entry.code}: no role can hold {entry.permission!r}."
            problems.append(Problem("unknown_permission", entry.code, message))
        unknown = (set(entry.sources) | {entry.target}) - set(workflow.state_by_code) - {START, SAME, BACK}
        for name in sorted(unknown):
            problems.append(Problem("unknown_state", entry.code, f"{entry.code}: there is no state {name!r}."))
        if entry.target == START or (entry.creates and entry.target in (SAME, BACK)):
            problems.append(Problem("bad_target", entry.code, f"{entry.code}: say which state it leads to."))
        for name in sorted(set(entry.guards) - guards):
            problems.append(Problem("unknown_guard", entry.code, f"{entry.code}: no guard {name!r} exists."))
        for effect in entry.effects:
            if effect.operation not in operations:
                message = f"{entry.code}: no effect {effect.operation!r} exists."
                problems.append(Problem("unknown_effect", entry.code, message))
    return problems


def _check_reachability(workflow: Workflow) -> list[Problem]:
    moves = [
        (source, entry.target)
        for entry in workflow.transitions
        if entry.target not in (SAME, BACK)
        for source in entry.sources
    ]
    reached = _closure({START}, moves)
    ended = {entry.code for entry in workflow.states if not entry.meaning.is_live}
    can_end = _closure(ended, [(target, source) for source, target in moves])
    problems = []
    for state in workflow.states:
        if state.code not in reached:
            message = f"Nothing leads to the state {state.code!r}."
            problems.append(Problem("unreachable", state.code, message))
        if state.meaning.is_live and state.code not in can_end:
            message = f"From {state.code!r} an item can never come to an end."
            problems.append(Problem("dead_end", state.code, message))
    return problems


def _closure(start: set[str], moves: list[tuple[str, str]]) -> set[str]:
    reached, frontier = set(start), set(start)
    while frontier:
        frontier = {target for source, target in moves if source in frontier} - reached
        reached |= frontier
    return reached


def _check_expectations(workflow: Workflow) -> list[Problem]:
    problems = []
    for state in workflow.states:
        for code in state.awaits:
            transition = workflow.by_code.get(code)
            if transition is None or state.code not in transition.sources:
                message = f"{state.code!r} awaits {code!r}, which cannot be taken there."
                problems.append(Problem("impossible_expectation", state.code, message))
        if state.meaning.is_live and not state.awaits:
            message = f"{state.code!r} is live but nobody's next step is named."
            problems.append(Problem("nobody_waits", state.code, message))
    return problems


def diagram(workflow: Workflow, language: str = "en") -> str:
    """The workflow as Mermaid text, drawn from the data, for the documentation and the procedure page."""
    lines = ["stateDiagram-v2"]
    for state in workflow.states:
        lines.append(f"    {state.code}: {state.label.text(language)}")
    for entry in workflow.transitions:
        for source in sorted(entry.sources):
            target = source if entry.target in (SAME, BACK) else entry.target
            if entry.target in (SAME, BACK):
                continue
            lines.append(f"    {source or '[*]'} --> {target}: {entry.label.text(language)}")
    lines += [f"    {state.code} --> [*]" for state in workflow.states if not state.meaning.is_live]
    return "\n".join(lines) + "\n"
