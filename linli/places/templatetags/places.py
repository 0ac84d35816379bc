"""What the frame of public pages says of the district, on every page, also where a view has not thought of it."""

from __future__ import annotations

from django import template

from linli.places.home import frame

register = template.Library()


@register.simple_tag(takes_context=True)
def site_frame(context: template.Context) -> str:
    """Put `district` and `synthetic` into the context where they are missing (1 statement at most)."""
    request = context.get("request")
    if request is not None and not ("district" in context and "synthetic" in context):
        for name, value in frame(request).items():
            context.setdefault(name, value)
    return ""
