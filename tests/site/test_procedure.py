"""The procedure page is the workflow, not a copy of it."""

from __future__ import annotations

from dataclasses import replace

from linli.kernel.workflow import Party
from linli.requests.workflow import REQUEST
from linli.site.procedure import BOX_WIDTH, drawing, main_path, openings, stages


def test_the_main_path_is_the_one_of_the_pattern() -> None:
    assert [state.code for state, _step in main_path(REQUEST)] == [
        "received", "accepted", "dispatched", "handling", "replied", "handled", "closed",
    ]  # fmt: skip


def test_the_main_path_follows_the_data() -> None:
    shorter = replace(
        REQUEST,
        states=tuple(replace(s, awaits=("approve_and_close",)) if s.code == "replied" else s for s in REQUEST.states),
    )
    assert [state.code for state, _step in main_path(shorter)][-2:] == ["replied", "closed"]


def test_every_step_that_people_take_stands_in_the_table() -> None:
    shown = {step.code for stage in stages(REQUEST) for step in stage.steps} | {step.code for step in openings(REQUEST)}
    taken = {entry.code for entry in REQUEST.transitions if entry.party is not Party.SYSTEM}
    assert shown == taken - {"recall", "comment"}


def test_every_state_is_drawn_once_and_no_box_covers_another() -> None:
    boxes = drawing(REQUEST).boxes
    assert len(boxes) == len(REQUEST.states) - 1
    # An import that was taken back is no concern of residents.
    assert "导入已撤销" not in {box.label for box in boxes} | {stage.label for stage in stages(REQUEST)}
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one.x + one.width <= other.x or other.x + other.width <= one.x
            below = one.y + one.height <= other.y or other.y + other.height <= one.y
            assert apart or below, (one.label, other.label)


def test_the_drawing_fits_on_a_phone() -> None:
    assert drawing(REQUEST).width <= 390 - 2 * 16
    assert BOX_WIDTH >= 44
