"""Addresses of the room `assessment`, all under /desk/assessment/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.assessment import pages, pages_node, pages_plan, pages_records, pages_tasks

app_name = "assessment"

_ROOT = "desk/assessment/"
_ONE = _ROOT + "<int:assessment_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_ROOT, pages.index, name="index"),
    path(_ROOT + "new/", pages.new, name="new"),
    path(_ONE, pages.home, name="home"),
    path(_ONE + "board/", pages.board, name="board"),
    path(_ONE + "forecast/", pages.forecast, name="forecast"),
    path(_ONE + "close/", pages.close, name="close"),
    path(_ONE + "link/", pages_plan.link_now, name="link"),
    path(_ONE + "tasks/", pages_tasks.tasks_page, name="tasks"),
    path(_ONE + "tasks/<int:item_id>/records/", pages_records.records_page, name="records"),
    path(_ONE + "units/<int:unit_id>/", pages_tasks.unit_page, name="unit"),
    path(_ONE + "nodes/<int:node_id>/", pages_node.node_page, name="node"),
    path(_ONE + "failing/", pages_node.failing, name="failing"),
    path(_ONE + "seen/", pages_node.seen_page, name="seen"),
    path(_ONE + "plan/", pages_plan.plan_page, name="plan"),
    path(_ONE + "packs/", pages_plan.packs, name="packs"),
    path(_ONE + "packs/<uuid:pack_id>/", pages_plan.pack_page, name="pack"),
    path(_ONE + "packs/<uuid:pack_id>/progress/", pages_plan.pack_progress, name="pack_progress"),
    path(_ONE + "packs/<uuid:pack_id>/pack.zip", pages_plan.pack_file, name="pack_file"),
]
