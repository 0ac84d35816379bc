"""Why the register of places refuses a change: a code for programs, a sentence that says what to do."""

from __future__ import annotations


class PlaceProblem(Exception):
    """A change of the register that cannot be made. `message` is shown to the person as it is."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
