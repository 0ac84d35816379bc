"""How a file that cannot be taken is refused: a code for programs, a sentence for people."""

from __future__ import annotations


class FileRefused(Exception):
    """The file is not taken. `code` is stable; `message` says in the reader's language what to do."""

    def __init__(self, code: str, message: str, *, status: int = 422) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status
