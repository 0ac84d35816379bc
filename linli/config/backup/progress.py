"""Progress of long work on standard error: one line per step, with a bar where the end is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

MEGABYTE = 1 << 20


class Steps:
    """The step at work."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task: TaskID | None = None

    def begin(self, text: str, total: float | None = None) -> None:
        """Begin a step; the one before it has ended."""
        self.end()
        self._task = self._bar.add_task(text, total=total, note="")

    def tell(self, done: float, total: float | None = None, note: str = "") -> None:
        """How far it is, in the unit of `total`."""
        if self._task is not None:
            self._bar.update(self._task, completed=done, note=note)
            if total is not None:
                self._bar.update(self._task, total=total)

    def megabytes(self, done: int, total: int | None = None) -> None:
        """The same for bytes."""
        shown = f"{done / MEGABYTE:.1f} MB" + (f" / {total / MEGABYTE:.1f} MB" if total else "")
        self.tell(done, total, shown)

    def end(self) -> None:
        """The step has ended."""
        if self._task is not None:
            task = self._bar.tasks[self._task]
            self._bar.update(self._task, total=task.total or max(task.completed, 1))
            self._bar.update(self._task, completed=self._bar.tasks[self._task].total)
            self._task = None


@contextmanager
def steps() -> Iterator[Steps]:
    """Show progress on standard error; on a terminal it moves, in a log each step is one line at its end."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        shown = Steps(bar)
        yield shown
        shown.end()
