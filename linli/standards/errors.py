"""Why the room refuses what was asked of it: a code for programs, a sentence that says what to do."""

from __future__ import annotations


class StandardsProblem(Exception):
    """Something that cannot be done. `field` names the field of a form, `status` is for HTTP."""

    def __init__(self, code: str, message: str, *, status: int = 422, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.field = field
