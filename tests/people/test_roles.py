"""The role table: sensible separations that a change must not lose."""

from __future__ import annotations

import pathlib

import pytest

from linli.people.permission_labels import PERMISSION_LABELS
from linli.people.role_table import role_table_markdown
from linli.people.roles import PERMISSIONS, ROLES

ADMINISTRATORS = ("system_administrator", "security_administrator", "auditor")
HANDLING = {"request.reply", "request.sign"}


def test_every_permission_has_words_and_a_holder():
    held = set().union(*(role.permissions for role in ROLES.values()))
    by_rules_only = {code for code in PERMISSIONS if code.startswith("request.system_")}
    assert held | by_rules_only == PERMISSIONS
    assert all(label.zh and label.en for label in PERMISSION_LABELS.values())


@pytest.mark.parametrize("slug", ADMINISTRATORS)
def test_administrators_see_no_requests_and_exclude_each_other(slug):
    role = ROLES[slug]
    assert not any(code.startswith(("request.", "work.", "evidence.")) for code in role.permissions)
    assert role.excludes == set(ADMINISTRATORS) - {slug}
    assert role.scope == "instance" and not role.delegable


def test_only_administrators_hold_everywhere():
    assert {slug for slug, role in ROLES.items() if role.scope == "instance"} == set(ADMINISTRATORS)


def test_who_appoints_does_not_configure_and_who_audits_changes_nothing():
    assert "people.appoint" not in ROLES["system_administrator"].permissions
    assert "system.configure" not in ROLES["security_administrator"].permissions
    assert all(code.endswith(".view") for code in ROLES["auditor"].permissions)
    assert [slug for slug, role in ROLES.items() if "people.appoint" in role.permissions] == ["security_administrator"]
    assert [slug for slug, role in ROLES.items() if "audit.view" in role.permissions] == ["auditor"]


def test_who_is_accused_does_not_learn_who_informed():
    for slug, role in ROLES.items():
        if "work.view_informer" in role.permissions:
            assert slug in ("duty_officer", "office_director")
            assert not HANDLING & role.permissions


def test_whoever_asks_does_not_decide():
    for role in ROLES.values():
        for matter in ("extension", "suspension", "termination", "exclusion", "return"):
            assert not {f"request.ask_{matter}", f"request.decide_{matter}"} <= role.permissions, (role.slug, matter)


def test_units_do_not_verify_and_residents_do_not_see_the_desk():
    for slug in ("unit_head", "unit_handler", "property_manager"):
        assert "request.verify" not in ROLES[slug].permissions
    for slug in ("resident", "anonymous"):
        assert "work.view" not in ROLES[slug].permissions and ROLES[slug].scope == "own"


def test_all_staff_need_a_second_factor():
    assert all(role.second_factor for role in ROLES.values() if role.staff)


def test_the_documented_table_is_the_table():
    page = pathlib.Path(__file__).parents[2] / "docs" / "people.md"
    assert role_table_markdown() in page.read_text(encoding="utf-8"), "run: python -m linli.people.role_table"


def test_every_permission_of_a_workflow_is_in_the_table_and_the_other_way_round():
    from linli.work.kinds import kinds

    named = {transition.permission for kind in kinds() for transition in kind.workflow.transitions}
    unknown = named - PERMISSIONS
    assert not unknown
    # Named here and asked outside the workflow's steps.
    elsewhere = {code for code in PERMISSIONS if code.startswith("request.")} - named
    assert elsewhere <= {"request.import", "request.comment", "request.report_on_behalf"}, elsewhere
