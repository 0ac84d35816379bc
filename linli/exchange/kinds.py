"""What a kind of data is to the importer. Each room furnishes its kinds and registers them when it starts.

A kind says which fields its rows have (with every heading that people write over such a column), and brings a
planner. The planner looks up in the register of its room, says of every row what it would do (`plan`, which writes
nothing), and hands good rows to the services of its room (`write`, called in a transaction that the importer holds,
a chunk of rows at a time). What a planner cannot decide it asks (`Run.ask`); what it wrote it notes in the ledger,
so that the batch can be undone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from linli.kernel.labels import Label

NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"
REJECTED, DOUBTFUL, SKIPPED = "rejected", "doubtful", "skipped"
OUTCOMES: dict[str, Label] = {
    NEW: Label("新增", "New"),
    CHANGED: Label("更新", "Changed"),
    UNCHANGED: Label("不变", "Unchanged"),
    REJECTED: Label("退回", "Rejected"),
    DOUBTFUL: Label("待确认", "In doubt"),
    SKIPPED: Label("跳过", "Left out"),
}
WRITTEN = (NEW, CHANGED)
TAKEN_BACK = "undone"
"""The outcome of a row whose batch is undone chunk by chunk, once that is done."""

Parser = Callable[[Any, "Run"], Any]
"""Takes a raw cell (never blank) and answers with the value; raises CellProblem with what to do."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a row may say.

    `aliases` are headings people write; `looks` says of a text whether it looks like such a value (for columns whose
    heading says nothing); `fill_down`: a blank may mean "as above"; `many`: several columns may be given, their
    texts are joined by 、; `personal`: never shown in previews; `shared`: a value in a cell that is merged over several
    rows is theirs together (points), and the row says so (`Row.spans`).
    """

    name: str
    label: Label
    parse: Parser
    aliases: tuple[str, ...] = ()
    required: bool = False
    fill_down: bool = False
    many: bool = False
    personal: bool = False
    shared: bool = False
    looks: Callable[[str], bool] | None = None
    hint: Label | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is refused; `field` names the cell, empty means the whole row."""

    message: str
    field: str = ""


@dataclass(slots=True)
class Row:
    """One row of the file on its way into the register.

    `position` counts the rows of the file and stays the same at every reading: it is the row's key in the batch.
    `spans` names, for shared fields, the merged cell from which the value came. `area` is the community (or wider
    place) under which the row is counted; `plan` belongs to the planner.
    """

    position: int
    sheet: str
    line: int
    values: dict[str, Any] = field(default_factory=dict)
    spans: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    outcome: str = ""
    area: str = ""
    plan: Any = None
    done: bool = False

    def reject(self, message: str, field_name: str = "") -> None:
        """Refuse the row, for one more reason."""
        self.problems.append(Problem(message, field_name))
        self.outcome = REJECTED

    def skip(self) -> None:
        """Leave the row out, as somebody has decided."""
        self.outcome = SKIPPED

    @property
    def open(self) -> bool:
        """Whether nothing speaks against the row so far."""
        return self.outcome not in (REJECTED, DOUBTFUL, SKIPPED)


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to answer a doubt."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """A doubt. It is asked once for each distinct `text`, however many rows have it.

    `remember`: the answer holds for this district from now on (the name of a unit), not only for this file (its
    coordinate system). `context` keeps apart what is written alike but means different things (a street's name).
    `suggestion` is the value of a choice, or "+" for making what is named.
    """

    topic: str
    text: str
    sentence: str
    choices: tuple[Choice, ...] = ()
    context: str = ""
    may_create: bool = False
    may_skip: bool = True
    remember: bool = True
    suggestion: str = ""

    @property
    def key(self) -> str:
        """What makes two doubts the same."""
        return "|".join((self.topic, self.context, self.text))


USE, CREATE, SKIP = "use", "create", "skip"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a doubt was settled: use a choice, create what is named, or leave the rows out."""

    action: str
    value: str = ""


@dataclass(slots=True)
class Doubt:
    """A question with the rows that wait for its answer."""

    question: Question
    count: int = 0
    first: str = ""
    answer: Answer | None = None


@dataclass
class Run:
    """One pass over a file: who imports, for which place, with which options and answers; collects the doubts.

    `actor` is handed on to the rooms' services, which check the permission. `under` is the id of the place to which
    everything belongs unless a row says more. `record` writes an audit row; `titles` is what stands above the tables;
    `columns` are the fields for which the file has a column, `headings` what stands over each, `unread` the headings of
    columns with texts that are taken for none. The option `take_suggestions` settles
    doubts by what they suggest, where nobody can be asked (the first set-up of a district).
    """

    actor: Any = None
    actor_label: str = ""
    under: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    today: date = field(default_factory=date.today)
    file_name: str = ""
    titles: str = ""
    batch_id: int | None = None
    record: Callable[..., None] | None = None
    columns: frozenset[str] = frozenset()
    headings: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    doubts: dict[str, Doubt] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    row: Row | None = None

    def ask(self, question: Question, row: Row | None = None) -> Answer | None:
        """The answer, or None when nobody has given one yet: the row then waits in doubt.

        An answer to leave out marks the row as skipped.
        """
        row = row if row is not None else self.row
        answer = self.answers.get(question.key)
        if answer is None and question.suggestion and self.options.get("take_suggestions"):
            answer = Answer(CREATE) if question.suggestion == "+" else Answer(USE, question.suggestion)
        if answer is not None and answer.action == USE and question.choices:
            known = {choice.value for choice in question.choices}
            answer = answer if answer.value in known else None
        doubt = self.doubts.get(question.key)
        if doubt is None:
            doubt = self.doubts[question.key] = Doubt(question, answer=answer)
        doubt.count += 1
        if row is not None:
            doubt.first = doubt.first or f"{row.sheet} #{row.line}".strip()
            if answer is None and row.outcome not in (REJECTED, SKIPPED):
                row.outcome = DOUBTFUL
                row.doubts.append(question.key)
            elif answer is not None and answer.action == SKIP:
                row.skip()
        return answer

    def notice(self, text: str) -> None:
        """Tell the person something about the whole file, once."""
        if text not in self.notices:
            self.notices.append(text)


@dataclass(frozen=True, slots=True)
class Effect:
    """One stored row that an import made (`before` is None), changed, or removed (`after` is None).

    `before` and `after` hold columns as `undoing.image` writes them; of a made row `after` holds those which must be
    unchanged when the batch is undone.
    """

    model: str
    key: Any
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None

    def as_json(self) -> list[Any]:
        """The effect as it is kept with the row."""
        return [self.model, self.key, self.before, self.after]


class Ledger:
    """What a chunk did, row by row; the batch is undone from it."""

    def __init__(self) -> None:
        self.effects: dict[int, list[Effect]] = {}

    def created(self, row: Row, model: str, key: Any, after: Mapping[str, Any] | None = None) -> None:
        """The row made a stored row, e.g. ("places.Place", 17)."""
        self.effects.setdefault(row.position, []).append(Effect(model, key, None, after or {}))

    def note(self, row: Row, effects: Iterable[Effect]) -> None:
        """The row did this; what `undoing.watching` has seen."""
        self.effects.setdefault(row.position, []).extend(effects)


@dataclass(frozen=True, slots=True)
class Vanished:
    """Something known in the places the file speaks of that the file no longer names. It is told, never deleted."""

    label: str
    area: str = ""


class Planner(ABC):
    """Plans and writes the rows of one file. Made anew for every pass, so it reads the register once."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @abstractmethod
    def plan(self, rows: Sequence[Row]) -> None:
        """Say of every open row what it would do: `outcome`, `area` and `plan`, or reject it, or ask. Writes nothing.

        Gets all rows of the file at once, for rows may name each other. Rows with `done` were written before the
        process was killed: they are in the register already and only serve others as parents.
        """

    @abstractmethod
    def write(self, rows: Sequence[Row], ledger: Ledger) -> None:
        """Write one chunk of rows whose outcome is new or changed, through the room's services.

        The importer holds the transaction. A row that cannot be written after all raises what it raises: the chunk
        is rolled back, then tried row by row, and the row is rejected with the sentence of the error.
        """

    def in_order(self, rows: Iterable[Row]) -> list[Row]:
        """The rows in the order in which they must be written (parents before children)."""
        return list(rows)

    def vanished(self, rows: Sequence[Row]) -> list[Vanished]:
        """What the register knows there and the file does not name."""
        return []

    def finished(self, written: int) -> None:  # noqa: B027
        """Called once in the last transaction of the batch: audit row, version of the register."""

    def obstacles(self, effects: Sequence[Effect]) -> list[str]:
        """What else speaks against undoing, beyond what refers to the rows and what was changed in them."""
        return []

    def undo(self, effects: Sequence[Effect]) -> list[str] | None:
        """Undo all in a way of one's own; answers with what stands in the way. None: the general way is taken."""
        return None

    def undone(self, count: int) -> None:  # noqa: B027
        """Called in the transaction of the undoing, after it: audit row, version of the register."""


class PartwisePlanner(Planner):
    """A planner whose batches are taken back some rows at a time, in a way of its own: those too many for one
    transaction, or whose rows leave something behind."""

    undo_rows: ClassVar[int]
    """So many rows are taken back in a transaction."""

    @abstractmethod
    def take_back(self, effects: Sequence[Effect]) -> list[str]:
        """Take the effects of some rows back; what stays, and why. Safe to call again."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that holds for the whole file: a coordinate system, a default, a time zone.

    `required`: without it nothing can be said of any row; it is asked for first.
    """

    name: str
    label: Label
    choices: tuple[tuple[str, Label], ...] = ()
    hint: Label | None = None
    required: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of data that can be brought in.

    `order` is its place in the day-one order; `permission` is asked by the pages and again by the services;
    `sheet_field` is the field that the name of a sheet fills where a book has one sheet per community, and a heading
    that stands between the rows; `inner_field` the one that headings of a second level fill.
    """

    slug: str
    label: Label
    permission: str
    fields: tuple[Field, ...]
    planner: Callable[[Run], Planner]
    order: int = 0
    duty: Label | None = None
    chunk_rows: int = 500
    sheet_field: str = ""
    inner_field: str = ""
    options: tuple[Option, ...] = ()
    refusals: tuple[type[Exception], ...] = ()
    """Errors of the services whose text is a sentence for a person (with `.message` or `.label`)."""
    closed: Callable[[str], str] | None = None
    """Why nothing of this kind is taken from the place of this path (empty: everywhere), in a sentence; else empty.

    Asked before a file is chosen, and again when one comes: nobody is to learn it from every single row.
    """

    def field(self, name: str) -> Field | None:
        """The field with this name."""
        return next((entry for entry in self.fields if entry.name == name), None)


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known; a room calls it when it starts."""
    _KINDS[kind.slug] = kind


def kinds() -> tuple[Kind, ...]:
    """All kinds in the order in which a district brings its data in."""
    return tuple(sorted(_KINDS.values(), key=lambda kind: (kind.order, kind.slug)))


def kind_of(slug: str) -> Kind | None:
    """The kind, or nothing."""
    return _KINDS.get(slug)
