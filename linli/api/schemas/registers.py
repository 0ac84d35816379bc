"""What slowly changes: categories, workflows, units, roles, and who the caller is."""

from __future__ import annotations

from pydantic import BaseModel

from linli.api.schemas.common import Named, Text


class CategoryOut(BaseModel):
    """A category of the catalogue; `seed` marks what nobody in this district has confirmed yet."""

    id: int
    code: str
    parent: int | None
    name: str
    plain_name: str
    urgency: int
    kinds: list[str]
    function: str
    photo_reason: str
    needs_site_check: bool
    seed: bool


class SuggestionOut(BaseModel):
    """A category that words point to; `score` only compares."""

    id: int
    name: str
    score: float


class FieldOut(BaseModel):
    """One value that a step takes."""

    name: str
    label: Text
    kind: str
    required: bool
    public: bool
    choices: list[dict[str, str]]


class TransitionOut(BaseModel):
    """A row of the workflow table."""

    code: str
    label: Text
    sources: list[str]
    target: str
    permission: str
    party: str
    who: Text
    fields: list[FieldOut]
    guards: list[str]
    effects: list[str]
    deadline: Text | None
    basis: str
    plain: Text | None


class StateOut(BaseModel):
    """A state; `plain` is what a resident reads."""

    code: str
    label: Text
    meaning: str
    plain: Text
    awaits: list[str]


class WorkflowOut(BaseModel):
    """A kind of work as data, and its diagram as Mermaid text."""

    kind: str
    label: Text
    states: list[StateOut]
    transitions: list[TransitionOut]
    diagram: str


class OrganisationOut(BaseModel):
    """A unit."""

    id: int
    parent: int | None
    kind: str
    name: str
    short_name: str
    place: Named | None
    functions: list[str]
    can_order: bool


class GrantOut(BaseModel):
    """One appointment in force."""

    role: str
    label: str
    place: str | None
    unit: int | None
    everywhere: bool
    delegated: bool


class MeOut(BaseModel):
    """The caller."""

    username: str
    name: str
    channel: str
    language: str
    second_factor: bool
    grants: list[GrantOut]
    permissions: list[str]


class PermissionOut(BaseModel):
    """A permission."""

    code: str
    label: str


class RoleOut(BaseModel):
    """A role documents itself."""

    slug: str
    label: str
    duty: str
    scope: str
    staff: bool
    second_factor: bool
    permissions: list[PermissionOut]
