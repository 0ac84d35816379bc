"""Organisations, appointments, leaving with hand-over, the roster; who may and who may not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from linli.people import accounts, delegation, duty, handover, handover_parts, phone, selectors, services
from linli.people.access import ObjectHidden, PermissionRefused
from linli.people.errors import PeopleProblem
from linli.people.models import (
    AccessRefusal,
    Appointment,
    AuditRecord,
    DutyLogEntry,
    Handover,
    Organisation,
    Person,
    Session,
    User,
)
from linli.people.snapshot import organisation_snapshot
from linli.places.selectors import registry_versions
from tests.people.conftest import administrator


@pytest.fixture
def system():
    return administrator("system_administrator")


@pytest.fixture
def security():
    return administrator("security_administrator")


@pytest.fixture
def no_transfers(monkeypatch):
    monkeypatch.setattr(handover_parts, "_registry", {})


def code_of(error):
    return error.value.code


def test_organisations_are_entered_and_changed(district, system):
    versions = registry_versions()
    row = services.create_organisation(
        system,
        name="  通济  环卫二所 ",
        kind="station",
        parent_id=district.units["bureau"].pk,
        place_id=district.places["street_c"].pk,
        functions=["sanitation", "sanitation"],
    )
    assert row.name == "通济 环卫二所" and row.pinyin and row.functions == ["sanitation"]
    assert str(row.path) == f"{district.units['bureau'].path}.{row.pk}"
    after = registry_versions()
    assert after["organisations"] > versions.get("organisations", 0)
    snapshot = organisation_snapshot(after)
    assert snapshot.nearest("sanitation", str(district.places["street_c"].path)).id == row.pk
    assert snapshot.nearest("sanitation", str(district.places["grid_1"].path)).id == district.units["station"].pk
    assert snapshot.nearest("sanitation", str(district.places["district"].path)).id == district.units["bureau"].pk
    assert snapshot.nearest("invented", str(district.places["district"].path)) is None
    services.change_organisation(system, row.pk, name="新名", active=False)
    fresh = organisation_snapshot()
    assert fresh.get(row.pk).name == "新名" and snapshot.get(row.pk).name == "通济 环卫二所"
    assert fresh.nearest("sanitation", str(district.places["street_c"].path)).id == district.units["bureau"].pk
    assert [row.name for row in fresh.ancestors(district.units["station"].pk)] == ["government", "bureau", "station"]
    assert {row.name for row in fresh.descendants(district.units["government"].pk)} == {
        "bureau",
        "station",
        "other",
        "office_b",
    }


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": " ", "kind": "department"}, "no_name"),
        ({"name": "x" * 121, "kind": "department"}, "long_name"),
        ({"name": "x", "kind": "empire"}, "unknown_kind"),
        ({"name": "x", "kind": "department", "parent_id": 10**9}, "no_such_parent"),
        ({"name": "x", "kind": "department", "functions": ["magic"]}, "unknown_function"),
    ],
)
def test_what_is_no_organisation(district, system, values, code):
    with pytest.raises(PeopleProblem) as error:
        services.create_organisation(system, **values)
    assert code_of(error) == code


def test_a_unit_with_units_or_staff_is_not_closed(district, system):
    district.actor("unit_head", unit="station")
    for key, code in (("bureau", "has_units"), ("station", "has_staff")):
        with pytest.raises(PeopleProblem) as error:
            services.change_organisation(system, district.units[key].pk, active=False)
        assert code_of(error) == code


@pytest.mark.parametrize("role", ["dispatcher", "office_director", "grid_worker", "content_editor"])
def test_only_administrators_edit_people(district, role):
    actor = district.actor(role, place="district")
    person = district.person()
    before = Organisation.objects.count(), Person.objects.count(), Appointment.objects.count()
    for act in (
        lambda: services.create_organisation(actor, name="x", kind="department"),
        lambda: services.change_organisation(actor, district.units["bureau"].pk, name="y"),
        lambda: services.create_staff(actor, name="x"),
        lambda: services.change_staff(actor, person.pk, name="x"),
        lambda: services.appoint(actor, person.pk, "dispatcher", place_id=district.places["district"].pk),
        lambda: services.end_appointment(actor, Appointment.objects.first().pk),
        lambda: accounts.create_account(actor, person, "other"),
        lambda: accounts.reset_password(actor, person.user),
        lambda: accounts.remove_second_factor(actor, person.user),
        lambda: accounts.close_account(actor, person.user),
    ):
        refused = AccessRefusal.objects.count()
        with pytest.raises(PermissionRefused):
            act()
        assert AccessRefusal.objects.count() in (refused, refused + 1)
    assert before == (Organisation.objects.count(), Person.objects.count(), Appointment.objects.count())


def test_staff_with_an_account(db, security):
    person, password = services.create_staff(security, name="王小明", phone="138 1234 5678", username="Wang.XM")
    user = User.objects.get(username="wang.xm")
    assert user.check_password(password) and user.must_change_password and user.person == person
    assert person.pinyin.startswith("wang")
    for name, code in (("wang.xm", "username_taken"), ("-x", "bad_username"), ("王", "bad_username")):
        with pytest.raises(PeopleProblem) as error:
            services.create_staff(security, name="另一人", username=name)
        assert code_of(error) == code
    services.change_staff(security, person.pk, name="王晓明", phone="13900000000")
    person.refresh_from_db()
    assert person.display_name == "王晓明"
    assert AuditRecord.objects.filter(action="person.made", subject=f"person:{person.pk}").exists()


def test_appointing_checks_scope_dates_and_separation(district, security):
    person, today = district.person(), timezone.localdate()
    place, unit = district.places["street_b"].pk, district.units["bureau"].pk
    for role, values, code in (
        ("emperor", {}, "unknown_role"),
        ("resident", {}, "unknown_role"),
        ("dispatcher", {}, "needs_place"),
        ("unit_head", {"place_id": place}, "needs_organisation"),
        ("dispatcher", {"place_id": 10**9}, "no_such_place"),
        ("unit_head", {"organisation_id": 10**9}, "no_such_organisation"),
        ("dispatcher", {"place_id": place, "valid_from": today, "valid_to": today}, "bad_dates"),
    ):
        with pytest.raises(PeopleProblem) as error:
            services.appoint(security, person.pk, role, **values)
        assert code_of(error) == code
    services.appoint(security, person.pk, "dispatcher", place_id=place, organisation_id=unit)
    assert "dispatcher" in district.load(person).roles
    services.appoint(security, person.pk, "system_administrator")
    assert User.objects.get(person=person).is_staff
    for other in ("security_administrator", "auditor"):
        with pytest.raises(PeopleProblem) as error:
            services.appoint(security, person.pk, other)
        assert code_of(error) == "separate_duties"
    services.end_appointment(security, Appointment.objects.get(person=person, role="system_administrator").pk)
    assert not User.objects.get(person=person).is_staff and district.load(person).roles == {"dispatcher", "resident"}


def test_nobody_appoints_themselves(district):
    person = district.person()
    district.appoint(person, "security_administrator")
    actor = district.load(person)
    with pytest.raises(PeopleProblem) as error:
        services.appoint(actor, person.pk, "dispatcher", place_id=district.places["district"].pk)
    assert code_of(error) == "not_oneself"
    for act in (accounts.close_account, accounts.remove_second_factor, accounts.reopen_account):
        with pytest.raises(PeopleProblem):
            act(actor, person.user)


def test_who_only_had_a_phone_gets_a_name_that_can_be_typed_with_the_first_password(district, security):
    person = district.person("王小明")
    User.objects.filter(person=person).delete()
    user = phone._open(person, "phone")
    assert user.username == f"phone-{person.uid.hex}"
    accounts.close_account(security, user)
    secret = accounts.reopen_account(security, user)
    user.refresh_from_db()
    assert user.username == "wangxiaoming" and user.check_password(secret) and user.is_active
    accounts.close_account(security, user)
    accounts.reopen_account(security, user)
    assert user.username == "wangxiaoming", "a name that was chosen stays"


def test_ending_an_appointment_ends_what_was_delegated_from_it(district, security):
    giver, helper, today = district.person(), district.person(), timezone.localdate()
    base = district.appoint(giver, "dispatcher", place="district")
    delegation.delegate(district.load(giver), base.pk, helper.pk, valid_from=today, valid_to=today + timedelta(days=5))
    services.end_appointment(security, base.pk)
    assert "dispatcher" not in district.load(helper).roles
    assert Appointment.objects.get(person=helper).valid_to == today
    with pytest.raises(PeopleProblem):
        services.end_appointment(security, base.pk)


def test_leaving_hands_everything_over_in_one_step(district, security, no_transfers):
    held = {"items": ["Q1", "Q2"], "visits": [7]}
    owners = {}

    def register(name):
        def transfer(giver, receiver, actor):
            owners[name] = receiver
            return held[name]

        handover_parts.register(name, lambda person_id: len(held[name]), transfer)

    register("items")
    register("visits")
    giver, receiver = district.person("走的人"), district.person("来的人")
    district.appoint(giver, "unit_handler", unit="bureau")
    district.appoint(giver, "grid_worker", place="grid_1")
    actor = district.load(giver)
    _token, raw = accounts.make_token(actor, "x")
    assert [(part.name, count) for part, count in handover_parts.open_counts(giver.pk)] == [("items", 2), ("visits", 1)]
    made = handover.hand_over(security, giver.pk, receiver.pk, leaving=True, note="退休")
    assert owners == {"items": receiver.pk, "visits": receiver.pk}
    assert {line.name: (line.count, line.references) for line in made.lines.all()} == {
        "items": (2, ["Q1", "Q2"]),
        "visits": (1, [7]),
    }
    giver.refresh_from_db()
    assert giver.left_on == timezone.localdate() and not User.objects.get(person=giver).is_active
    assert not services.in_force(timezone.localdate()).filter(person=giver).exists()
    assert not Session.objects.filter(user__person=giver).exists()
    from linli.people.loading import load_actor, load_actor_from_token

    assert load_actor(giver.user.pk, strong=True) is None and load_actor_from_token(raw) is None
    with pytest.raises(ObjectHidden):
        handover.sign(actor, made.pk)
    district.appoint(receiver, "unit_handler", unit="bureau")
    handover.sign(district.load(receiver), made.pk)
    assert Handover.objects.get().signed_at is not None
    with pytest.raises(ObjectHidden):
        handover.sign(district.load(receiver), made.pk)


def test_a_failing_part_hands_nothing_over(district, security, no_transfers):
    def broken(giver, receiver, actor):
        raise PeopleProblem("stuck", "卡住")

    handover_parts.register("items", lambda person_id: 1, broken)
    giver, receiver = district.person(), district.person()
    district.appoint(giver, "grid_worker", place="grid_1")
    with pytest.raises(PeopleProblem, match="卡住"):
        handover.hand_over(security, giver.pk, receiver.pk, leaving=True)
    assert not Handover.objects.exists() and Person.objects.get(pk=giver.pk).left_on is None


def test_who_may_hand_over_for_whom(district, no_transfers):
    worker, receiver = district.person(), district.person()
    district.appoint(worker, "unit_handler", unit="station")
    own_head = district.actor("unit_head", unit="bureau")
    other_head = district.actor("unit_head", unit="other")
    assert handover.may_hand_over(own_head, worker.pk) and not handover.may_hand_over(other_head, worker.pk)
    with pytest.raises(ObjectHidden):
        handover.hand_over(other_head, worker.pk, receiver.pk, leaving=False)
    with pytest.raises(PeopleProblem):
        handover.hand_over(own_head, worker.pk, worker.pk, leaving=False)
    district.appoint(worker, "grid_worker", place="grid_1")
    assert not handover.may_hand_over(own_head, worker.pk), "only part of what the worker does is the head's"


def at(day, hour):
    return datetime.combine(day, datetime.min.time(), tzinfo=timezone.get_current_timezone()) + timedelta(hours=hour)


def test_roster_and_log(district):
    head = district.actor("unit_head", unit="bureau")
    person, today = district.person("值班人"), timezone.localdate()
    unit = district.units["bureau"].pk
    monday = today - timedelta(days=today.weekday())
    shift = duty.add_shift(head, unit, person.pk, at(monday, 8), at(monday, 20))
    for begin, end, code in ((19, 30, "double_shift"), (8, 8, "bad_times"), (8, 60, "bad_times")):
        with pytest.raises(PeopleProblem) as error:
            duty.add_shift(head, unit, person.pk, at(monday, begin), at(monday, end))
        assert code_of(error) == code
    week = selectors.roster_week(unit, monday)
    assert len(week) == 7 and [row.person_id for row in week[0].shifts] == [person.pk]
    assert [row.pk for row in selectors.on_duty(unit, at(monday, 9))] == [person.pk]
    assert selectors.on_duty(unit, at(monday, 21)) == []
    with pytest.raises(ObjectHidden):
        duty.add_shift(district.actor("unit_head", unit="other"), unit, person.pk, at(monday, 20), at(monday, 22))
    duty.cancel_shift(head, shift.pk)
    assert selectors.roster_week(unit, monday)[0].shifts == []
    duty.write_log(head, unit, " 一切正常 ")
    assert selectors.duty_log(unit)[0].text == "一切正常"
    with pytest.raises(ObjectHidden):
        duty.write_log(district.load(person), unit, "不在班")
    now = timezone.now()
    duty.add_shift(head, unit, person.pk, now - timedelta(hours=1), now + timedelta(hours=1))
    entry = duty.write_log(district.load(person), unit, "在班")
    assert entry.shift is not None
    for text in ("", "x" * 1001):
        with pytest.raises(PeopleProblem):
            duty.write_log(head, unit, text)


def test_audit_log_and_duty_log_cannot_be_changed(district):
    head = district.actor("unit_head", unit="bureau")
    duty.write_log(head, district.units["bureau"].pk, "x")
    for model in (DutyLogEntry, AuditRecord, AccessRefusal):
        for change in (lambda rows: rows.update(id=0), lambda rows: rows.delete()):
            with pytest.raises(ProgrammingError), transaction.atomic():
                change(model.objects.filter(pk__gte=0))


def test_the_list_of_staff_is_scoped(district, query_counter):
    inside = district.person("里面的人")
    district.appoint(inside, "grid_worker", place="grid_1")
    outside = district.person("外面的人")
    district.appoint(outside, "street_officer", place="street_c")
    officer = district.actor("street_officer", place="street_b")
    seen = set(selectors.visible_staff(officer).values_list("display_name", flat=True))
    assert "里面的人" in seen and "外面的人" not in seen
    assert selectors.staff_member(officer, outside.pk) is None and selectors.staff_member(officer, inside.pk)
    everyone = selectors.visible_staff(administrator("auditor")).count()
    assert everyone == Person.objects.filter(kind="staff").count()
    with query_counter(at_most=3):
        page = selectors.staff_page(administrator("auditor"), words="limian")
    assert [row.display_name for row in page.people] == ["里面的人"]
    assert selectors.staff_page(administrator("auditor"), role="grid_worker").total == 1


def test_finding_staff_by_words(district):
    district.person("张伟", username="zhangwei")
    district.person("张伟", username="zhangwei2")
    assert selectors.find_staff("zhangwei2").user.username == "zhangwei2"
    for words, code in (("张伟", "several_people"), ("无此人", "no_such_person")):
        with pytest.raises(PeopleProblem) as error:
            selectors.find_staff(words)
        assert code_of(error) == code
