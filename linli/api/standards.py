"""Standards, to read: which there are, and the tree of a version with its rules."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from ninja.params import functions as param

from linli.api import schemas
from linli.api.callers import SignedIn, caller
from linli.people.access import require_somewhere
from linli.standards import selectors
from linli.standards.models import Version
from linli.standards.rules import plain

router = Router(tags=["standards"], auth=SignedIn())

VersionId = Annotated[int, param.Path(ge=1, le=schemas.BIGGEST)]


@router.get("", response=list[schemas.StandardOut], summary="Standards with their versions")
def list_standards(request: HttpRequest) -> list[dict[str, Any]]:
    """Drafts only for those who may edit them."""
    actor = caller(request)
    require_somewhere(actor, selectors.VIEW)
    return [
        {
            "id": row.pk,
            "name": row.name,
            "place": {"id": row.place_id, "name": row.place.name},
            "note": row.note,
            "example": row.synthetic,
            "versions": [_version(entry) for entry in row.shown],  # type: ignore[attr-defined]
        }
        for row in selectors.standards(actor)
    ]


def _version(row: Version) -> dict[str, Any]:
    return {
        "id": row.pk,
        "number": row.number,
        "state": row.state,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
    }


@router.get("/versions/{version_id}", response=schemas.TreeOut, summary="A version with its tree")
def read_standard_version(request: HttpRequest, version_id: VersionId) -> dict[str, Any]:
    """Every node with weight, method, rule, evidence, kinds of sites and units."""
    actor = caller(request)
    require_somewhere(actor, selectors.VIEW)
    row = selectors.version(actor, version_id)
    return {
        "standard": {"id": row.standard_id, "name": row.standard.name},
        "version": _version(row),
        "nodes": [
            {
                "id": line.node.pk,
                "parent": line.node.parent_id,
                "lineage": str(line.node.lineage),
                "level": line.node.level,
                "code": line.node.code,
                "title": line.node.title,
                "guidance": line.node.guidance,
                "weight": plain(line.weight),
                "method": line.node.method,
                "rule": line.node.rule,
                "evidence": line.node.evidence,
                "site_kinds": line.node.site_kinds,
                "category": line.node.category,
                "units": [
                    {"unit": {"id": unit.organisation_id, "name": unit.organisation.name}, "part": unit.part}
                    for unit in line.units
                ],
            }
            for line in selectors.tree(row).lines
        ],
    }
