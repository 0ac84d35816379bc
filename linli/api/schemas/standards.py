"""Standards: what is asked of places, version by version."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel

from linli.api.schemas.common import Named


class VersionOut(BaseModel):
    """One edition. It holds on days `valid_from` ≤ day < `valid_to`; a published one never changes."""

    id: int
    number: int
    state: str
    valid_from: date | None
    valid_to: date | None


class StandardOut(BaseModel):
    """A standard with those of its versions that the caller may see, newest first. `example`: made up."""

    id: int
    name: str
    place: Named
    note: str
    example: bool
    versions: list[VersionOut]


class NodeUnitOut(BaseModel):
    """A unit that answers for a node, its own or from the node above: `lead` or `supporting`."""

    unit: Named
    part: str


class NodeOut(BaseModel):
    """An item, a content or a criterion. `weight` is the points of the node with all below it, as a decimal.

    `lineage` is the same for the same criterion in every version. Method, rule, evidence and kinds of sites are
    those of criteria.
    """

    id: int
    parent: int | None
    lineage: str
    level: str
    code: str
    title: str
    guidance: str
    weight: str
    method: str
    rule: dict[str, Any] | None
    evidence: list[dict[str, Any]]
    site_kinds: list[str]
    category: str
    units: list[NodeUnitOut]


class TreeOut(BaseModel):
    """A version with its whole tree, parents before children."""

    standard: Named
    version: VersionOut
    nodes: list[NodeOut]
