"""What many answers share: refusals, labels in both languages, an id with its name."""

from __future__ import annotations

from pydantic import BaseModel


class Problem(BaseModel):
    """A refusal (RFC 9457). `code` is stable; `detail` is a sentence in the caller's language."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    errors: list[dict[str, str]] | None = None
    state: str | None = None
    version: int | None = None


class Text(BaseModel):
    """A label in both languages."""

    zh: str
    en: str


class Named(BaseModel):
    """An id and what people call it."""

    id: int
    name: str
