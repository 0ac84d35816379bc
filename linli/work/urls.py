"""Addresses of the room `work`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.work import media, pages, uploading

app_name = "work"

urlpatterns: list[URLPattern | URLResolver] = [
    path("uploads", uploading.upload, name="upload"),
    path("uploads/<str:token>/", media.preview, name="preview"),
    path("media/<int:evidence_id>/<str:size>/", media.media, name="media"),
    path("scan/<str:token>/", pages.scan, name="scan"),
    path("desk/scan/", pages.pile, name="pile"),
    path("desk/inbox/", pages.inbox_page, name="inbox"),
    path("desk/inbox/read/", pages.inbox_read, name="inbox_read"),
    path("desk/items/<str:number>/papers/", pages.papers, name="papers"),
    path("desk/items/<str:number>/papers/<int:document_id>/", pages.paper_pdf, name="paper"),
    path("desk/papers/<int:document_id>/", pages.held_paper, name="held_paper"),
    path("desk/items/<str:number>/print/<slug:slug>/", pages.print_page, name="print"),
]
