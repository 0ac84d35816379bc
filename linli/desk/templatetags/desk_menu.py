"""`{% desk_menu as groups %}`: the side menu for whoever looks, on every page of staff."""

from __future__ import annotations

from django import template

from linli.desk import menu

register = template.Library()


@register.simple_tag(takes_context=True)
def desk_menu(context: template.Context) -> list[menu.Part]:
    """The groups of the menu; none where nobody is known (an error page)."""
    request = context.get("request")
    actor = getattr(request, "actor", None)
    return menu.parts(actor, request.path) if request is not None and actor is not None else []
