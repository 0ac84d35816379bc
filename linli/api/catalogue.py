"""What is the same for everybody: categories, workflows as data, units, roles. And who the caller is."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Router
from ninja.params import functions as param

from linli.api import schemas
from linli.api.callers import SignedIn, caller
from linli.api.problems import language
from linli.api.shown import both, place_named
from linli.kernel.workflow import Field, Transition, diagram
from linli.people.permission_labels import PERMISSION_LABELS
from linli.people.roles import ROLES
from linli.people.snapshot import organisation_snapshot
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.requests.reporting import WORDS_LENGTH_MAX
from linli.requests.triage import suggest
from linli.work.kinds import kinds
from linli.work.terms import catalogue

router = Router(tags=["catalogue"])

Words = Annotated[str, param.Query(min_length=1, max_length=WORDS_LENGTH_MAX)]


@router.get("/categories", response=list[schemas.CategoryOut], summary="The categories in force")
def list_categories(request: HttpRequest) -> list[dict[str, Any]]:
    """The whole tree, parents before children."""
    words = language()
    return [
        {
            "id": row.id,
            "code": row.code,
            "parent": row.parent_id,
            "name": row.label(words),
            "plain_name": row.plain_name,
            "urgency": row.urgency,
            "kinds": list(row.request_kinds),
            "function": row.function,
            "photo_reason": row.photo_reason,
            "needs_site_check": row.needs_site_check,
            "seed": row.is_seed,
        }
        for row in catalogue().categories.values()
    ]


@router.get("/categories/suggest", response=list[schemas.SuggestionOut], summary="Categories that words point to")
def suggest_categories(request: HttpRequest, words: Words, kind: schemas.Kind = "complaint") -> list[dict[str, Any]]:
    """At most five, best first. Keywords only: no model, no delay."""
    found = suggest(words, kind, catalogue(), language=language())
    return [{"id": entry.category_id, "name": entry.name, "score": entry.score} for entry in found]


@router.get("/workflows/{kind}", response=schemas.WorkflowOut, summary="A workflow as data")
def read_workflow(request: HttpRequest, kind: Annotated[str, param.Path(pattern=r"^[a-z_]{1,32}$")]) -> dict[str, Any]:
    """States, transitions with permission, fields, guards, effects and basis; a diagram as Mermaid text."""
    found = next((entry for entry in kinds() if entry.slug == kind), None)
    if found is None:
        raise Http404
    return {
        "kind": found.slug,
        "label": both(found.label),
        "states": [
            {
                "code": state.code,
                "label": both(state.label),
                "meaning": state.meaning.value,
                "plain": both(state.plain),
                "awaits": list(state.awaits),
            }
            for state in found.workflow.states
        ],
        "transitions": [_transition_out(entry) for entry in found.workflow.transitions],
        "diagram": diagram(found.workflow, "en" if language().startswith("en") else "zh"),
    }


def _transition_out(entry: Transition) -> dict[str, Any]:
    return {
        "code": entry.code,
        "label": both(entry.label),
        "sources": sorted(entry.sources),
        "target": entry.target,
        "permission": entry.permission,
        "party": entry.party.value,
        "who": both(entry.who),
        "fields": [_field_out(field) for field in entry.fields],
        "guards": list(entry.guards),
        "effects": [f"{effect.operation}:{effect.subject}".rstrip(":") for effect in entry.effects],
        "deadline": both(entry.deadline) if entry.deadline else None,
        "basis": entry.basis,
        "plain": both(entry.plain) if entry.plain else None,
    }


def _field_out(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": both(field.label),
        "kind": field.kind.value,
        "required": field.required,
        "public": field.public,
        "choices": [{"code": code, **both(label)} for code, label in field.choices],
    }


@router.get("/organisations", response=list[schemas.OrganisationOut], summary="Units")
def list_organisations(request: HttpRequest) -> list[dict[str, Any]]:
    """All units that are active, parents before children: public bodies and companies, no persons."""
    versions = registry_versions()
    units, places = organisation_snapshot(versions), place_snapshot(versions)
    found: list[dict[str, Any]] = []
    for root in units.children(None):
        for row in (root, *units.descendants(root.id)):
            found.append(
                {
                    "id": row.id,
                    "parent": row.parent_id,
                    "kind": row.kind,
                    "name": row.name,
                    "short_name": row.short_name,
                    "place": place_named(places, row.place_id),
                    "functions": list(row.functions),
                    "can_order": row.can_order,
                }
            )
    return found


@router.get("/roles", response=list[schemas.RoleOut], summary="Roles and what each may do")
def list_roles(request: HttpRequest) -> list[dict[str, Any]]:
    """The role table, from the data by which access is decided."""
    words = language()
    return [
        {
            "slug": role.slug,
            "label": role.label.text(words),
            "duty": role.duty.text(words),
            "scope": role.scope,
            "staff": role.staff,
            "second_factor": role.second_factor,
            "permissions": [
                {"code": code, "label": PERMISSION_LABELS[code].text(words)} for code in sorted(role.permissions)
            ],
        }
        for role in ROLES.values()
    ]


@router.get("/me", response=schemas.MeOut, summary="Who I am and what I may do", auth=SignedIn())
def read_me(request: HttpRequest) -> dict[str, Any]:
    """The caller with their appointments in force."""
    actor, words = caller(request), language()
    return {
        "username": actor.username,
        "name": actor.name,
        "channel": actor.channel,
        "language": actor.language,
        "second_factor": actor.strong,
        "grants": [
            {
                "role": grant.role,
                "label": ROLES[grant.role].label.text(words),
                "place": grant.place_path,
                "unit": grant.organisation_id,
                "everywhere": grant.everything,
                "delegated": grant.delegated,
            }
            for grant in actor.grants
        ],
        "permissions": sorted({code for grant in actor.grants for code in grant.permissions}),
    }
