"""Addresses of the room: standards, their versions, the editor of drafts."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.standards import pages, pages_edit

app_name = "standards"

urlpatterns: list[URLPattern | URLResolver] = [
    path("desk/standards/", pages.standards, name="standards"),
    path("desk/standards/new/", pages_edit.new_standard, name="new"),
    path("desk/standards/versions/<int:version_id>/", pages.version, name="version"),
    path("desk/standards/versions/<int:version_id>/print/", pages.printed, name="print"),
    path("desk/standards/versions/<int:version_id>/compare/", pages.compare, name="compare"),
    path("desk/standards/versions/<int:version_id>/add/", pages_edit.add, name="add"),
    *(
        path(f"desk/standards/versions/<int:version_id>/{name}/", pages_edit.act, {"action": name}, name=name)
        for name in pages_edit.ACTIONS
    ),
    path("desk/standards/nodes/<int:node_id>/", pages_edit.node, name="node"),
    path("desk/standards/nodes/<int:node_id>/move/", pages_edit.move, name="move"),
    path("desk/standards/nodes/<int:node_id>/delete/", pages_edit.delete, name="delete"),
]
