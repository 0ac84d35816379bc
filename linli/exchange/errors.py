"""Why a file or a cell is not taken: a sentence that says what to do."""

from __future__ import annotations


class ExchangeProblem(Exception):
    """A file, a mapping or a batch that cannot be worked on. `message` is shown to the person as it is."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class CellProblem(Exception):
    """A cell that does not hold what its column should hold. Personal values are never repeated in the message."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
