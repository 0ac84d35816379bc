"""The procedure as residents may read it, made from the workflow's data: a table of steps and a drawing."""

from __future__ import annotations

from dataclasses import dataclass, field

from linli.kernel.workflow import BACK, SAME, START, Meaning, Party, State, Transition, Workflow
from linli.site.words import text

BOX_WIDTH, BOX_HEIGHT, GAP = 146, 48, 56
SIDE_LEFT, SIDE_GAP = 186, 12
SIDE_WIDTH = 162
MARGIN = 4
TRUNK = 174


@dataclass(frozen=True, slots=True)
class Step:
    """One way out of a state, in words."""

    code: str
    label: str
    who: str
    leads_to: str
    deadline: str
    basis: str
    by_reporter: bool


@dataclass(slots=True)
class Stage:
    """A state and the steps that may be taken in it."""

    code: str
    label: str
    plain: str
    ended: bool
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Box:
    """A state in the drawing; `x`, `y` is its upper left corner, in pixels."""

    x: int
    y: int
    width: int
    height: int
    label: str
    side: bool

    @property
    def middle(self) -> int:
        """The x of its middle."""
        return self.x + self.width // 2

    @property
    def text_y(self) -> int:
        """The base line of its text."""
        return self.y + self.height // 2 + 5


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line from one box to another, with the step's name beside it."""

    x1: int
    y1: int
    x2: int
    y2: int
    label: str
    label_x: int
    label_y: int
    headless: bool = False

    @property
    def head(self) -> str:
        """The corners of the arrow's head, as the attribute `points` takes them."""
        if self.x1 == self.x2:
            return f"{self.x2},{self.y2} {self.x2 - 5},{self.y2 - 9} {self.x2 + 5},{self.y2 - 9}"
        return f"{self.x2},{self.y2} {self.x2 - 9},{self.y2 - 5} {self.x2 - 9},{self.y2 + 5}"


@dataclass(slots=True)
class Drawing:
    """Boxes and arrows with the size of the whole."""

    boxes: list[Box]
    arrows: list[Arrow]
    width: int
    height: int


def main_path(workflow: Workflow) -> list[tuple[State, str]]:
    """The states a matter passes when everything goes well, each with the name of the step that leads on.

    From the first state always the first expected step is taken that leads to another state.
    """
    opening = next(entry for entry in workflow.transitions if START in entry.sources)
    state = workflow.state(opening.target)
    path: list[tuple[State, str]] = []
    seen = set()
    while state.code not in seen:
        seen.add(state.code)
        ahead = [workflow.transition(code) for code in state.awaits]
        onward = next((entry for entry in ahead if entry.target not in (SAME, BACK) and entry.target not in seen), None)
        path.append((state, text(onward.label) if onward else ""))
        if onward is None:
            break
        state = workflow.state(onward.target)
    return path


def stages(workflow: Workflow) -> list[Stage]:
    """Every state with its steps: first the main path, then the others in the order of the data.

    What was never a matter (an import taken back) is no concern of residents.
    """
    order = [state.code for state, _step in main_path(workflow)]
    order += [state.code for state in workflow.states if state.code not in order and state.meaning is not Meaning.VOID]
    found = []
    for code in order:
        state = workflow.state(code)
        stage = Stage(code, text(state.label), _plain(state), not state.meaning.is_live)
        stage.steps = [
            _step(workflow, entry)
            for entry in workflow.transitions
            if code in entry.sources and entry.party is not Party.SYSTEM and entry.code not in ("recall", "comment")
        ]
        found.append(stage)
    return found


def openings(workflow: Workflow) -> list[Step]:
    """The ways in which a matter begins."""
    return [_step(workflow, entry) for entry in workflow.transitions if START in entry.sources]


def _plain(state: State) -> str:
    return text(state.plain).replace("{unit}", "×××").replace("{due}", "×月×日")


def _step(workflow: Workflow, entry: Transition) -> Step:
    same = entry.target in (SAME, BACK)
    target = "" if same else text(workflow.state(entry.target).label)
    return Step(
        entry.code, text(entry.label), text(entry.who), target, text(entry.deadline), entry.basis,
        entry.party is Party.REPORTER,
    )  # fmt: skip


def drawing(workflow: Workflow) -> Drawing:
    """The main path downwards; to the right of each state where it may turn off to."""
    path = main_path(workflow)
    drawn = {state.code for state, _step in path}
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    y, right = MARGIN, MARGIN + BOX_WIDTH
    for number, (state, step) in enumerate(path):
        box = Box(MARGIN, y, BOX_WIDTH, BOX_HEIGHT, text(state.label), side=False)
        boxes.append(box)
        sides = _turnings(workflow, state, drawn)
        drawn |= {target.code for target, _label in sides}
        for column, (target, label) in enumerate(sides):
            side = Box(
                SIDE_LEFT, y + column * (BOX_HEIGHT + SIDE_GAP), SIDE_WIDTH, BOX_HEIGHT, text(target.label), side=True
            )
            boxes.append(side)
            middle = side.y + BOX_HEIGHT // 2
            # The first one starts at the box; the others turn off from a line that leads down beside it.
            start = box.x + box.width if column == 0 else TRUNK
            arrows.append(Arrow(start, middle, side.x, middle, label, 0, 0))
            right = max(right, side.x + side.width)
        if len(sides) > 1:
            first, last = y + BOX_HEIGHT // 2, y + (len(sides) - 1) * (BOX_HEIGHT + SIDE_GAP) + BOX_HEIGHT // 2
            arrows.append(Arrow(TRUNK, first, TRUNK, last, "", 0, 0, headless=True))
        below = y + max(BOX_HEIGHT, len(sides) * (BOX_HEIGHT + SIDE_GAP) - SIDE_GAP) + GAP
        if number + 1 < len(path):
            arrows.append(
                Arrow(box.middle, y + BOX_HEIGHT, box.middle, below, step, box.middle + 12, y + BOX_HEIGHT + 28)
            )
        y = below
    return Drawing(boxes, arrows, right + MARGIN, y - GAP + MARGIN)


def _turnings(workflow: Workflow, state: State, drawn: set[str]) -> list[tuple[State, str]]:
    """The states off the path that are first reached from here."""
    found: dict[str, str] = {}
    for entry in workflow.transitions:
        if state.code not in entry.sources or entry.target in (SAME, BACK):
            continue
        # What may be done anywhere (withdraw, merge) belongs to the first state in which it may be.
        if entry.target not in drawn | found.keys() and workflow.state(entry.target).meaning is not Meaning.VOID:
            found[entry.target] = text(entry.label)
    return [(workflow.state(code), label) for code, label in found.items()]
