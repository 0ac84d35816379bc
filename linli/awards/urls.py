"""Addresses of the room `awards`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from linli.awards import pages_desk, pages_flower, pages_own, pages_public, pages_rules, pages_stickers

app_name = "awards"

urlpatterns: list[URLPattern | URLResolver] = [
    path("points/rules/", pages_public.rules, name="rules"),
    path("points/rules/<int:place_id>/", pages_public.rules_of, name="rules-of"),
    path("points/notices/", pages_public.notices, name="notices"),
    path("points/notices/<int:nomination_id>/", pages_public.notice, name="notice"),
    path("points/nominate/<int:place_id>/", pages_public.nominate, name="nominate"),
    path("points/awards/", pages_own.own, name="own"),
    path("points/awards/<int:award_id>/appeal/", pages_own.appeal, name="appeal"),
    path("points/honour/<int:nomination_id>/", pages_own.honour, name="honour"),
    path("points/nominated/<int:nomination_id>/step-aside/", pages_own.step_aside, name="step-aside"),
    path("desk/points/", pages_desk.overview, name="overview"),
    path("desk/points/awards/", pages_desk.awards, name="awards"),
    path("desk/points/awards/<int:award_id>/", pages_desk.award, name="award"),
    path("desk/points/nominations/", pages_desk.nominations, name="nominations"),
    path("desk/points/nominations/<int:nomination_id>/", pages_desk.nomination, name="nomination"),
    path("desk/points/nominate/<int:place_id>/", pages_rules.propose, name="propose"),
    path("desk/points/appeals/", pages_desk.appeals, name="desk-appeals"),
    path("desk/points/appeals/<int:appeal_id>/", pages_desk.appeal, name="desk-appeal"),
    path("desk/points/rules/", pages_rules.rule_sets, name="rule-sets"),
    path("desk/points/rules/new/", pages_rules.new_draft, name="new-draft"),
    path("desk/points/rules/<int:set_id>/", pages_rules.rule_set, name="rule-set"),
    path("desk/points/rules/<int:set_id>/try/", pages_rules.try_rules, name="try"),
    path("desk/points/rules/<int:set_id>/rule/", pages_rules.edit_rule, name="new-rule"),
    path("desk/points/rules/<int:set_id>/rule/<int:rule_id>/", pages_rules.edit_rule, name="rule"),
    path("flower/", pages_flower.mine, name="flowers"),
    path("flower/<slug:code>/", pages_flower.flower, name="flower"),
    path("desk/points/flowers/", pages_stickers.index, name="sheets"),
    path("desk/points/flowers/new/", pages_stickers.new, name="new_sheet"),
    path("desk/points/flowers/stickers/", pages_stickers.stickers, name="stickers"),
    path("desk/points/flowers/<int:sheet_id>/", pages_stickers.sheet, name="sheet"),
    path("desk/points/flowers/<int:sheet_id>/print/", pages_stickers.print_it, name="print_sheet"),
    path("desk/points/flowers/<int:sheet_id>/moves/", pages_stickers.move, name="move"),
]
