"""Every act in every state of neighbours' things, by whoever may; held against room_lives.csv.

An act that the state does not allow is refused and changes nothing; one that was done already changes nothing either
("same"), so that a form that is sent twice does no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.matrix.lives import LIVES
from tests.matrix.table import Table, settle
from tests.matrix.test_acts import outcome, undone
from tests.support.digests import differing, digests, tables, writes, written
from tests.support.world import World


def became(act: Callable[[], Any], before: dict[str, str]) -> str:
    """done, same, or the refusal with its code; refused, it may have changed nothing."""
    begun = writes()
    said = outcome(act)
    changed = differing(before, digests(written(begun)))
    if said != "done":
        return f"{said} and changed {', '.join(changed)}" if changed else said
    return "done" if changed else "same"


@pytest.mark.long
def test_every_act_in_every_state(world: World) -> None:
    table: Table = {}
    staff, names = dict(world.actors), tables()
    for thing, life in LIVES.items():
        for state, make in life.states.items():
            world.actors = dict(staff)
            with undone():
                number, before = make(world), digests(names)
                for name, act in life.acts.items():
                    with undone():
                        table[thing, name, state] = {"outcome": became(lambda a=act, n=number: a(world, n), before)}
    wrong = [f"{' '.join(key)}: {row['outcome']}" for key, row in table.items() if "and changed" in row["outcome"]]
    assert not wrong, "\n".join(wrong)
    for thing, life in LIVES.items():
        for name in life.acts:
            outcomes = {row["outcome"] for key, row in table.items() if key[:2] == (thing, name)}
            assert "done" in outcomes, f"{thing} {name}: in no state"
    settle("room_lives.csv", ("thing", "act", "state"), table)
