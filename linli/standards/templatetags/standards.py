"""Words of the room for its templates."""

from __future__ import annotations

from decimal import Decimal

from django import template

from linli.standards import wording
from linli.standards.models import Node, NodeUnit, Version

register = template.Library()

STATE_COLOURS = {Version.DRAFT: "amber", Version.PUBLISHED: "accent", Version.RETIRED: ""}


@register.filter
def points(value: Decimal | None) -> str:
    """Points without trailing zeros."""
    return wording.number(value) if value is not None else "0"


@register.filter
def method_name(slug: str) -> str:
    """The name of a method."""
    return wording.word(wording.METHODS, slug)


@register.filter
def level_name(slug: str) -> str:
    """The name of a level."""
    return wording.word(wording.LEVELS, slug)


@register.filter
def version_state(version: Version) -> str:
    """Draft, published, retired."""
    return wording.word(wording.STATES, version.state)


@register.filter
def state_colour(version: Version) -> str:
    """The colour of the state's chip."""
    return STATE_COLOURS.get(version.state, "")


@register.filter
def rule_text(node: Node) -> str:
    """The rule of a criterion in one line."""
    return wording.rule_text(node)


@register.filter
def site_kinds(node: Node) -> str:
    """The kinds of sites of a criterion in one line."""
    return wording.join(wording.site_kind_names(node.site_kinds))


@register.filter
def category_name(node: Node) -> str:
    """What a problem found by a criterion most likely is; the code where the catalogue has it no more."""
    return wording.category_names().get(node.category, node.category) if node.category else ""


@register.filter
def evidence_lines(node: Node) -> list[str]:
    """What a criterion asks for as proof."""
    return wording.evidence_texts(node)


@register.filter
def named(units: list[NodeUnit], part: str) -> str:
    """The units of a part in one line; of many only the first, and how many there are."""
    names = [unit.organisation.short_name or unit.organisation.name for unit in units if unit.part == part]
    return wording.some(names)


@register.filter
def all_named(units: list[NodeUnit], part: str) -> str:
    """All units of a part in one line."""
    return wording.join(unit.organisation.name for unit in units if unit.part == part)


@register.filter
def field_name(slug: str) -> str:
    """The label of a field."""
    return wording.word(wording.FIELD_LABELS, slug)
