"""Why the room refuses what was asked of it, in words for people and a code for programs."""

from __future__ import annotations


class PeopleProblem(Exception):
    """A request that cannot be done: `code` for programs, the text for people, `status` for HTTP."""

    def __init__(self, code: str, text: str, *, status: int = 422, field: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.status = status
        self.field = field


class TooManyTries(PeopleProblem):
    """The throttle refused; `retry_after_seconds` says when to come back."""

    def __init__(self, text: str, retry_after_seconds: int) -> None:
        super().__init__("too_many_tries", text, status=429)
        self.retry_after_seconds = retry_after_seconds
