"""Filters that show roles, kinds and functions in the page's language, and what the actor may do."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language

from linli.kernel.labels import Label
from linli.people import demo_messages
from linli.people.access import Actor
from linli.people.kinds import FUNCTIONS, ORGANISATION_KINDS
from linli.people.masking import mask_text
from linli.people.roles import ROLES

register = template.Library()


def _text(label: Label | None, otherwise: str) -> str:
    return otherwise if label is None else label.text(get_language() or "zh-hans")


@register.filter
def role_name(slug: str) -> str:
    """The role in the page's language."""
    role = ROLES.get(slug)
    return _text(role.label if role else None, slug)


@register.filter
def organisation_kind(slug: str) -> str:
    """The kind of an organisation in the page's language."""
    return _text(ORGANISATION_KINDS.get(slug), slug)


@register.filter
def organisation_function(slug: str) -> str:
    """The function of an organisation in the page's language."""
    return _text(FUNCTIONS.get(slug), slug)


@register.filter
def masked(text: str | None) -> str:
    """A free text with phones and numbers in it masked: `{{ words|masked }}`."""
    return mask_text(text or "")


@register.filter
def may_somewhere(actor: Actor, permission: str) -> bool:
    """`{% if request.actor|may_somewhere:"audit.view" %}`: whether to show a link; views check again."""
    return actor.may_somewhere(permission)


@register.simple_tag(takes_context=True)
def demo_messages_shown(context: template.Context) -> bool:
    """Whether this visitor may read the text messages of the demo."""
    request = context.get("request")
    return request is not None and demo_messages.shown_to(request)


@register.filter
def steps(depth: int) -> range:
    """One step for each level of the tree, to indent by."""
    return range(depth)
