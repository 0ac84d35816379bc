"""The checker refuses workflows that could trap an item, let anybody act, or speak of things that do not exist."""

from __future__ import annotations

import pytest

from linli.kernel.labels import Label
from linli.kernel.workflow import (
    SAME,
    START,
    Effect,
    Meaning,
    Party,
    State,
    Transition,
    Workflow,
    check,
    diagram,
)
from linli.requests.workflow import REQUEST
from linli.work.effects import OPERATIONS
from linli.work.guards import GUARDS
from linli.work.supervision import SUPERVISION

WORD = Label("字", "word")


def state(code: str, meaning: Meaning = Meaning.OPEN, awaits: tuple[str, ...] = ()) -> State:
    return State(code, WORD, meaning, WORD, awaits)


def step(code: str, source: str, target: str, permission: str = "x.y", **more: object) -> Transition:
    return Transition(code, WORD, frozenset({source}), target, permission, Party.PLACE, WORD, **more)  # type: ignore[arg-type]


GOOD = Workflow(
    "good",
    (state("new", awaits=("finish",)), state("done", Meaning.DONE)),
    (step("open", START, "new"), step("finish", "new", "done"), step("note", "new", SAME)),
)


def codes(workflow: Workflow, **known: object) -> set[tuple[str, str]]:
    return {(problem.code, problem.subject) for problem in check(workflow, **known)}  # type: ignore[arg-type]


def test_a_sound_workflow_passes() -> None:
    assert check(GOOD) == []


@pytest.mark.parametrize(
    ("states", "transitions", "expected"),
    [
        ((), (step("bare", "new", "done", permission=" "),), ("no_permission", "bare")),
        ((), (step("lost", "new", "nowhere"),), ("unknown_state", "lost")),
        ((), (step("guarded", "new", "done", guards=("moon_is_full",)),), ("unknown_guard", "guarded")),
        ((), (step("magic", "new", "done", effects=(Effect("abracadabra"),)),), ("unknown_effect", "magic")),
        ((state("island", Meaning.DONE),), (), ("unreachable", "island")),
        ((state("trap", awaits=("note2",)),), (step("fall", "new", "trap"), step("note2", "trap", SAME)), ("dead_end", "trap")),  # noqa: E501
        ((state("idle"),), (step("rest", "new", "idle"), step("wake", "idle", "done")), ("nobody_waits", "idle")),
        ((), (step("finish", "new", "done"),), ("doubled_transition", "finish")),
        ((state("new", awaits=("finish",)),), (), ("doubled_state", "new")),
        ((), (step("create", START, SAME),), ("bad_target", "create")),
    ],
)  # fmt: skip
def test_a_fault_is_named(
    states: tuple[State, ...], transitions: tuple[Transition, ...], expected: tuple[str, str]
) -> None:
    faulty = Workflow("faulty", GOOD.states + states, GOOD.transitions + transitions)
    assert expected in codes(faulty)


def test_an_expectation_that_cannot_be_met_is_named() -> None:
    faulty = Workflow("faulty", (state("new", awaits=("open",)), *GOOD.states[1:]), GOOD.transitions)
    assert ("impossible_expectation", "new") in codes(faulty)


def test_a_permission_that_nobody_can_hold_is_named() -> None:
    assert ("unknown_permission", "finish") in codes(GOOD, permissions={"other.one"})


@pytest.mark.parametrize("workflow", [REQUEST, SUPERVISION], ids=lambda w: w.kind)
def test_the_product_s_workflows_are_sound(workflow: Workflow) -> None:
    assert check(workflow, guards=GUARDS, operations=OPERATIONS) == []


def test_every_label_of_the_request_is_in_both_languages() -> None:
    labels = [state.label for state in REQUEST.states] + [state.plain for state in REQUEST.states]
    for transition in REQUEST.transitions:
        labels += [transition.label, transition.who, *(field.label for field in transition.fields)]
        labels += [label for label in (transition.plain, transition.deadline) if label is not None]
    assert all(label.zh.strip() and label.en.strip() for label in labels)


def test_the_diagram_shows_every_state() -> None:
    drawn = diagram(REQUEST, "zh-hans")
    assert all(f"{state.code}: {state.label.zh}" in drawn for state in REQUEST.states)
    assert "[*] --> received" in drawn
