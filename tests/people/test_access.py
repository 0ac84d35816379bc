"""The gate: scopes, refusal by default, one statement, delegation that never widens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import Http404
from django.utils import timezone

from linli.people import delegation, refusals, services
from linli.people.access import (
    Actor,
    Grant,
    ObjectHidden,
    PermissionRefused,
    anonymous,
    covers,
    require,
    require_somewhere,
    system_actor,
)
from linli.people.accounts import make_token, revoke_token
from linli.people.errors import PeopleProblem
from linli.people.loading import load_actor, load_actor_from_token, token_digest
from linli.people.models import AccessRefusal, ApiToken, Appointment
from linli.people.roles import PERMISSIONS, ROLES

SCOPED = [role for role in ROLES.values() if role.scope in ("place", "organisation")]


def test_covers_whole_labels_only():
    assert covers("1.2", "1.2") and covers("1.2", "1.2.3")
    assert not covers("1.2", "1.23") and not covers("1.2", "1") and not covers("", "1")


@pytest.mark.parametrize("role", ROLES.values(), ids=lambda role: role.slug)
def test_a_role_may_exactly_what_it_names_where_it_holds(role):
    grant = {
        "place": Grant(role.permissions, place_path="1.2", role=role.slug),
        "organisation": Grant(role.permissions, organisation_id=7, role=role.slug, organisation_ids=frozenset({7, 8})),
        "instance": Grant(role.permissions, role=role.slug, everything=True),
        "own": Grant(role.permissions, role=role.slug, own=True),
    }[role.scope]
    actor = Actor(grants=(grant,))
    everywhere, by_place, by_unit = (role.scope == scope for scope in ("instance", "place", "organisation"))
    for permission in sorted(PERMISSIONS):
        named = permission in role.permissions
        assert actor.may(permission) == (named and role.scope in ("instance", "own"))
        assert actor.may(permission, place_path="1.2.9") == (named and (everywhere or by_place))
        assert actor.may(permission, place_path="1.2") == (named and (everywhere or by_place))
        assert actor.may(permission, place_path="1.3") == (named and everywhere)
        assert actor.may(permission, place_path="1.29") == (named and everywhere)
        assert actor.may(permission, place_path="1") == (named and everywhere)
        assert actor.may(permission, organisation_ids=[8]) == (named and (everywhere or by_unit))
        assert actor.may(permission, organisation_ids=[9, None]) == (named and everywhere)
        assert actor.may(permission, place_path="1.3", organisation_ids=[7]) == (named and (everywhere or by_unit))
        assert actor.may_somewhere(permission) == named
        scopes = actor.scopes(permission)
        assert scopes.everything == (named and everywhere)
        assert scopes.place_paths == (("1.2",) if named and by_place else ())
        assert scopes.organisation_ids == ((7, 8) if named and by_unit else ())
        assert scopes.empty == (not named or role.scope == "own")


def test_an_unknown_permission_is_refused_to_everybody():
    for actor in (system_actor(), anonymous(), Actor()):
        assert not actor.may("request.invented") and not actor.may_somewhere("request.invented")


def test_nested_places_are_reduced():
    permissions = frozenset({"work.view"})
    actor = Actor(grants=tuple(Grant(permissions, place_path=path) for path in ("1.2.3", "1.2", "1.20", "4")))
    assert actor.scopes("work.view").place_paths == ("1.2", "1.20", "4")


def test_the_grant_that_holds_is_named():
    actor = Actor(
        grants=(
            Grant(frozenset({"work.view"}), place_path="1", role="dispatcher"),
            Grant(frozenset({"work.view"}), organisation_id=3, organisation_ids=frozenset({3}), role="unit_head"),
        )
    )
    assert actor.grant_for("work.view", place_path="1.5").role == "dispatcher"
    assert actor.grant_for("work.view", organisation_ids=[3]).role == "unit_head"
    assert actor.grant_for("work.view") is None
    assert actor.grant_for("work.view", place_path="2") is None


def test_loading_takes_one_statement(district, query_counter):
    person = district.person()
    for place in ("street_b", "street_c", "grid_1"):
        district.appoint(person, "street_officer", place=place)
    district.appoint(person, "unit_head", unit="bureau")
    with query_counter(at_most=1) as counted:
        actor = district.load(person)
    assert len(counted) == 1
    assert actor.roles == {"street_officer", "unit_head", "resident"}
    assert len(actor.appointment_ids) == 4
    assert actor.organisation_id == district.units["bureau"].pk
    assert actor.may("request.accept", place_path=str(district.places["grid_1"].path))


def test_a_head_has_the_units_below_a_handler_only_the_own(district):
    head = district.actor("unit_head", unit="bureau")
    handler = district.actor("unit_handler", unit="bureau")
    station = district.units["station"].pk
    assert head.may("request.sign", organisation_ids=[station])
    assert not handler.may("request.sign", organisation_ids=[station])
    assert not head.may("request.sign", organisation_ids=[district.units["other"].pk])


@pytest.mark.parametrize("role", SCOPED, ids=lambda role: role.slug)
def test_a_role_without_its_scope_grants_nothing(district, role):
    person = district.person()
    district.appoint(person, role.slug)
    actor = district.load(person)
    assert actor.roles == {"resident"}
    assert not any(actor.may_somewhere(code) for code in PERMISSIONS - ROLES["resident"].permissions)


def test_dates(district):
    today = timezone.localdate()
    person = district.person()
    district.appoint(person, "grid_worker", place="grid_1", valid_from=today, valid_to=today + timedelta(days=2))
    held = [
        "grid_worker" in district.load(person, today=today + timedelta(days=shift)).roles for shift in (-1, 0, 1, 2, 3)
    ]
    assert held == [False, True, True, False, False]


def test_a_word_that_is_no_role_grants_nothing(district):
    assert "emperor" not in ROLES
    actor = district.actor("emperor", place="district")
    assert actor.roles == {"resident"}


def test_without_a_second_factor_roles_that_need_one_are_withheld(district):
    person = district.person()
    district.appoint(person, "dispatcher", place="district")
    district.appoint(person, "building_captain", place="grid_1")
    weak = district.load(person, strong=False)
    assert weak.withheld and weak.roles == {"building_captain", "resident"} and not weak.is_staff
    assert not weak.may("request.dispatch", place_path=str(district.places["district"].path))
    strong = district.load(person)
    assert strong.may("request.dispatch", place_path=str(district.places["grid_2"].path)) and strong.is_staff


def test_closed_accounts_and_people_who_left_are_nobody(district):
    person = district.person()
    district.appoint(person, "dispatcher", place="district")
    person.left_on = timezone.localdate()
    person.save()
    assert load_actor(person.user.pk, strong=True) is None
    person.left_on = None
    person.save()
    person.user.is_active = False
    person.user.save()
    assert load_actor(person.user.pk, strong=True) is None


def test_delegation_holds_for_its_dates_and_never_widens(district):
    today = timezone.localdate()
    giver, helper = district.person(), district.person()
    base = district.appoint(giver, "street_officer", place="street_b", valid_to=today + timedelta(days=30))
    actor = district.load(giver)
    days = {"valid_from": today, "valid_to": today + timedelta(days=3)}
    row = delegation.delegate(actor, base.pk, helper.pk, place_id=district.places["community"].pk, **days)
    received = district.load(helper)
    inside, outside = str(district.places["grid_1"].path), str(district.places["street_b"].path)
    assert received.may("request.accept", place_path=inside) and received.grants[0].delegated
    assert not received.may("request.accept", place_path=outside)
    assert not district.load(helper, today=today + timedelta(days=3)).may("request.accept", place_path=inside)
    with pytest.raises(PeopleProblem, match="不能委托"):
        delegation.delegate(received, row.pk, giver.pk, **days)
    # What the table says beyond the appointment behind it does not count.
    for widened in ({"role": "office_director"}, {"place": district.places["district"]}, {"place": None}):
        Appointment.objects.filter(pk=row.pk).update(**widened)
        assert not district.load(helper).may("request.accept", place_path=outside)
        assert not district.load(helper).may_somewhere("request.supervise")
        Appointment.objects.filter(pk=row.pk).update(role="street_officer", place=district.places["community"])
    Appointment.objects.filter(pk=base.pk).update(valid_to=today)
    assert not district.load(helper).may_somewhere("request.accept")


def test_delegation_is_refused_beyond_dates_scope_and_persons(district):
    today = timezone.localdate()
    giver, helper = district.person(), district.person()
    base = district.appoint(giver, "street_officer", place="street_b", valid_to=today + timedelta(days=5))
    admin = district.appoint(giver, "auditor")
    actor = district.load(giver)
    soon = {"valid_from": today, "valid_to": today + timedelta(days=2)}
    cases = [
        (base.pk, helper.pk, {"valid_from": today, "valid_to": today + timedelta(days=6)}, "outside_appointment"),
        (base.pk, helper.pk, {"valid_from": today, "valid_to": today}, "bad_dates"),
        (base.pk, helper.pk, {"valid_from": today - timedelta(days=1), "valid_to": today}, "bad_dates"),
        (base.pk, helper.pk, {**soon, "place_id": district.places["street_c"].pk}, "wider"),
        (base.pk, helper.pk, {**soon, "place_id": district.places["district"].pk}, "wider"),
        (base.pk, helper.pk, {**soon, "organisation_id": district.units["bureau"].pk}, "wider"),
        (base.pk, giver.pk, soon, "not_oneself"),
        (base.pk, 10**9, soon, "no_such_person"),
        (admin.pk, helper.pk, soon, "not_delegable"),
    ]
    for number, to, values, code in cases:
        with pytest.raises(PeopleProblem) as caught:
            delegation.delegate(actor, number, to, **values)
        assert caught.value.code == code
    with pytest.raises(ObjectHidden):
        delegation.delegate(district.load(helper), base.pk, giver.pk, **soon)
    made = delegation.delegate(actor, base.pk, helper.pk, **soon)
    with pytest.raises(ObjectHidden):
        delegation.revoke(district.actor("dispatcher", place="district"), made.pk)
    delegation.revoke(actor, made.pk)
    assert not district.load(helper).may_somewhere("request.accept")


def test_api_token(district, query_counter):
    person = district.person()
    district.appoint(person, "dispatcher", place="district")
    actor = district.load(person)
    token, raw = make_token(actor, "电话系统", days=30)
    stored = ApiToken.objects.get(pk=token.pk)
    assert raw.startswith("lnl_") and raw.encode() not in bytes(stored.digest) and raw not in str(stored.__dict__)
    with query_counter(at_most=1):
        found = load_actor_from_token(raw)
    assert found is not None and found.person_id == person.pk and found.token_id == token.pk and found.strong
    assert found.may("request.dispatch", place_path=str(district.places["grid_1"].path))
    assert ApiToken.objects.get(pk=token.pk).last_used_on == timezone.localdate()
    with pytest.raises(PermissionRefused):
        make_token(found, "a token makes no token")
    assert load_actor_from_token(raw + "x") is None and load_actor_from_token("") is None
    revoke_token(actor, token.pk)
    assert load_actor_from_token(raw) is None
    other, raw = make_token(actor, "b")
    ApiToken.objects.filter(pk=other.pk).update(expires_at=timezone.now())
    assert load_actor_from_token(raw) is None
    with pytest.raises(PeopleProblem):
        revoke_token(district.actor("dispatcher", place="district"), other.pk)


def test_a_token_needs_the_permission(district):
    with pytest.raises(PermissionRefused):
        make_token(district.actor("building_captain", place="grid_1"), "x")


def test_require_writes_one_row_each(district):
    actor = district.actor("grid_worker", place="grid_1")
    require(actor, "request.check", place_path=str(district.places["grid_1"].path))
    assert AccessRefusal.objects.count() == 0
    with pytest.raises(PermissionRefused):
        require(actor, "request.check", place_path="999")
    with pytest.raises(Http404):
        require(actor, "work.view", organisation_ids=[5], hidden=True)
    with pytest.raises(PermissionRefused):
        require_somewhere(actor, "system.configure")
    rows = list(AccessRefusal.objects.order_by("id").values_list("permission", "place_path", "person_id"))
    assert rows == [
        ("request.check", "999", actor.person_id),
        ("work.view", "", actor.person_id),
        ("system.configure", "", actor.person_id),
    ]


def test_refusals_of_a_request_are_written_once_after_it(db):
    with refusals.collected() as found:
        for _again in range(2):
            with pytest.raises(PermissionRefused):
                require(anonymous(), "work.view")
        assert AccessRefusal.objects.count() == 0
    refusals.write(found, method="GET", route="desk/")
    assert AccessRefusal.objects.count() == 1


def test_a_kept_actor_is_never_stale(district, query_counter):
    person = district.person()
    row = district.appoint(person, "dispatcher", place="district")
    grid = str(district.places["grid_1"].path)
    _token, raw = make_token(district.load(person), "电话系统", days=30)
    first = load_actor_from_token(raw)
    with query_counter(at_most=1):
        again = load_actor_from_token(raw)
    assert again is first and first is not None and first.may("request.dispatch", place_path=grid)

    def loses(change, back) -> None:
        change()
        now = load_actor_from_token(raw)
        assert now is None or not now.may("request.dispatch", place_path=grid)
        back()
        found = load_actor_from_token(raw)
        assert found is not None and found.may("request.dispatch", place_path=grid)

    today = timezone.localdate()
    held, users = Appointment.objects.filter(pk=row.pk), type(person.user).objects.filter(pk=person.user.pk)
    loses(lambda: held.update(valid_to=today), lambda: held.update(valid_to=None))
    loses(lambda: held.update(role="building_captain"), lambda: held.update(role="dispatcher"))
    loses(
        lambda: held.update(place=district.places["street_c"]), lambda: held.update(place=district.places["district"])
    )
    loses(lambda: users.update(is_active=False), lambda: users.update(is_active=True))
    person.display_name = "改名"
    person.save()
    renamed = load_actor_from_token(raw)
    assert renamed is not None and renamed.name == "改名"
    tomorrow = load_actor_from_token(raw, today=today + timedelta(days=1))
    assert tomorrow is not None and ApiToken.objects.get(digest=token_digest(raw)).last_used_on > today


def test_a_new_unit_below_widens_what_its_people_reach(district):
    person = district.person()
    district.appoint(person, "unit_head", unit="bureau")
    before = district.load(person)
    child = services.create_organisation(
        district.actor("system_administrator"), name="新科室", kind="department", parent_id=district.units["bureau"].pk
    )
    after = district.load(person)
    assert child.pk not in before.scopes("work.view").organisation_ids
    assert child.pk in after.scopes("work.view").organisation_ids
