"""Staff pages about people: each opens, writes what it should, and is closed to the wrong person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from linli.people import sessions
from linli.people.models import AccessRefusal, Appointment, DutyShift, Organisation, Person, User
from tests.support.people import signed_in_client


@pytest.fixture
def client_of(district):
    """A browser signed in as somebody with one appointment."""

    def made(role, **scope):
        person = district.person()
        district.appoint(person, role, **scope)
        client = signed_in_client(person.user)
        client.person = person
        return client

    return made


STAFF_PAGES = (
    "/desk/people/",
    "/desk/people/?q=station",
    "/desk/people/staff/",
    "/desk/people/staff/?q=x&role=dispatcher&page=2",
    "/desk/people/roster/",
    "/desk/people/roster/?week=2026-02-30",
    "/desk/people/delegations/",
    "/desk/people/hand-overs/",
    "/desk/people/roles/",
    "/account/",
    "/account/password/",
)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_staff_pages_open(client_of, language):
    client = client_of("unit_head", unit="bureau")
    client.cookies["linli_language"] = language
    for address in STAFF_PAGES:
        assert client.get(address).status_code == 200, address


def test_nobody_gets_in_without_signing_in(db):
    for address in (*STAFF_PAGES, "/desk/people/refusals/", "/desk/people/audit/", "/desk/people/staff/new/"):
        assert Client().get(address)["Location"].startswith("/login/?next="), address
    htmx = Client().get("/desk/people/", headers={"HX-Request": "true"})
    assert htmx.status_code == 204 and htmx["HX-Redirect"].startswith("/login/")


@pytest.mark.parametrize(
    ("role", "scope", "address"),
    [
        ("dispatcher", {"place": "district"}, "/desk/people/refusals/"),
        ("dispatcher", {"place": "district"}, "/desk/people/audit/"),
        ("dispatcher", {"place": "district"}, "/desk/people/staff/new/"),
        ("dispatcher", {"place": "district"}, "/desk/people/organisations/new/"),
        ("auditor", {}, "/desk/people/organisations/new/"),
        ("building_captain", {"place": "grid_1"}, "/desk/people/"),
        ("system_administrator", {}, "/desk/people/refusals/"),
    ],
)
def test_a_refused_page_leaves_one_row(client_of, role, scope, address):
    client = client_of(role, **scope)
    assert client.get(address).status_code == 403
    row = AccessRefusal.objects.get()
    assert row.person_id == client.person.pk and row.method == "GET" and row.address == "127.0.0.0/24"
    assert row.route.startswith("desk/people/")


def test_the_auditor_reads(client_of):
    Client().post("/login/", {"username": "x", "password": "y"})
    client = client_of("auditor")
    client_of("dispatcher", place="district").get("/desk/people/refusals/")
    for address in ("/desk/people/refusals/", "/desk/people/refusals/?before=1", "/desk/people/audit/"):
        assert client.get(address).status_code == 200
    assert "desk/people/refusals/" in client.get("/desk/people/refusals/").content.decode()


def test_organisations_by_page(client_of, district):
    client = client_of("system_administrator")
    parent = district.units["bureau"]
    values = {"name": "新站", "kind": "station", "place": "street_c", "functions": ["sanitation"], "active": "on"}
    made = client.post(f"/desk/people/organisations/new/?parent={parent.pk}", values)
    row = Organisation.objects.get(name="新站")
    assert made["Location"] == f"/desk/people/organisations/{row.pk}/"
    assert row.parent == parent and row.place == district.places["street_c"]
    assert client.get(made["Location"]).status_code == 200
    assert client.post(made["Location"], values | {"name": "改名"}).status_code == 302
    row.refresh_from_db()
    assert row.name == "改名" and row.active
    assert client.post(made["Location"], values | {"place": "nowhere at all"}).status_code == 422
    assert client.post(made["Location"], {"name": ""}).status_code == 422
    assert client.get("/desk/people/organisations/999999999/").status_code == 404
    other = client_of("unit_head", unit="bureau")
    assert other.post(made["Location"], values).status_code == 403
    row.refresh_from_db()
    assert row.name == "改名"


def test_staff_by_page(client_of, district):
    client = client_of("security_administrator")
    made = client.post("/desk/people/staff/new/", {"name": "王小明", "username": "wxm"})
    person = Person.objects.get(display_name="王小明")
    assert "<code" in made.content.decode() and "no-store" in made["Cache-Control"]
    address = f"/desk/people/staff/{person.pk}/"
    today = timezone.localdate()
    values = {"role": "unit_handler", "organisation": "station", "valid_from": today.isoformat()}
    assert client.post(address, values).status_code == 302
    row = Appointment.objects.get(person=person)
    assert row.organisation == district.units["station"] and row.appointed_by == client.person
    assert client.post(address, {"role": "dispatcher", "place": "grid_1", "valid_from": "x"}).status_code == 422
    assert client.post(address, values | {"organisation": "nobody"}).status_code == 422
    assert client.get(address).status_code == 200
    assert client.post(f"/desk/people/appointments/{row.pk}/end/").status_code == 302
    row.refresh_from_db()
    assert row.valid_to == today
    for action in ("reset-password", "remove-second-factor", "close"):
        assert client.post(f"{address}account/{action}/").status_code in (200, 302)
    assert not User.objects.get(person=person).is_active
    assert "account/reopen/" in client.get(address).content.decode()
    opened = client.post(f"{address}account/reopen/")
    user = User.objects.get(person=person)
    assert "<code" in opened.content.decode() and user.is_active and user.must_change_password
    assert client.post(f"{address}account/reopen/", follow=True).context["messages"]
    assert client.post(f"{address}account/explode/").status_code == 404
    assert client_of("dispatcher", place="street_c").get(address).status_code == 404, "not in sight"


def test_hand_over_by_page(client_of, district):
    client = client_of("security_administrator")
    giver, receiver = district.person("给"), district.person("收", username="shou")
    district.appoint(giver, "unit_handler", unit="bureau")
    district.appoint(receiver, "unit_handler", unit="bureau")
    address = f"/desk/people/staff/{giver.pk}/hand-over/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"receiver": "无此人"}).status_code == 422
    assert client.post(address, {"receiver": "shou", "leaving": "on"}).status_code == 302
    giver.refresh_from_db()
    assert giver.left_on
    reader = signed_in_client(receiver.user)
    page = reader.get("/desk/people/hand-overs/").content.decode()
    sign = next(part for part in page.split('"') if part.endswith("/sign/"))
    assert reader.post(sign).status_code == 302 and reader.post(sign).status_code == 404
    assert client_of("unit_handler", unit="other").get(address).status_code == 404


def test_delegating_by_page(client_of, district):
    client = client_of("dispatcher", place="district")
    helper = district.person("帮手")
    base, today = Appointment.objects.get(person=client.person), timezone.localdate()
    values = {
        "appointment": base.pk,
        "person": "帮手",
        "valid_from": today.isoformat(),
        "valid_to": (today + timedelta(days=3)).isoformat(),
    }
    assert client.post("/desk/people/delegations/", values | {"valid_to": today.isoformat()}).status_code == 422
    assert client.post("/desk/people/delegations/", values).status_code == 302
    row = Appointment.objects.get(person=helper)
    assert row.delegated_from == base
    stranger = client_of("dispatcher", place="street_c")
    assert stranger.post(f"/desk/people/delegations/{row.pk}/revoke/").status_code == 404
    assert client.post(f"/desk/people/delegations/{row.pk}/revoke/").status_code == 302
    row.refresh_from_db()
    assert row.valid_to == today


def test_roster_by_page(client_of, district):
    client = client_of("unit_head", unit="bureau")
    district.person("值班人")
    unit = district.units["bureau"].pk
    address = f"/desk/people/roster/?organisation={unit}&week=2026-11-23"
    values = {"person": "值班人", "starts_at": "2026-11-24T08:00", "ends_at": "2026-11-24T20:00"}
    assert client.post(address, values).status_code == 302
    assert "值班人" in client.get(address).content.decode()
    assert client.post(address, values).status_code in (409, 422)
    shift = DutyShift.objects.get()
    other = client_of("unit_head", unit="other")
    assert other.get(address).status_code == 404
    assert other.post(f"/desk/people/roster/{shift.pk}/cancel/").status_code == 404
    cancel = {"organisation": unit, "week": "2026-11-23"}
    assert client.post(f"/desk/people/roster/{shift.pk}/cancel/", cancel).status_code == 302
    assert client.post(f"/desk/people/duty-log/{unit}/", {"text": "平安无事"}).status_code == 302
    assert "平安无事" in client.get(address).content.decode()
    assert other.post(f"/desk/people/duty-log/{unit}/", {"text": "x"}).status_code == 404


def test_tokens_by_page(client_of):
    client = client_of("dispatcher", place="district")
    made = client.post("/account/tokens/", {"name": "电话", "days": 30})
    raw = next(part for part in made.content.decode().replace("<", ">").split(">") if part.startswith("lnl_"))
    page = client.get("/account/").content.decode()
    assert raw not in page and raw[-4:] in page
    program = Client(headers={"Authorization": f"Bearer {raw}"})
    assert program.get("/desk/people/roles/").status_code == 200
    assert Client(headers={"Authorization": "Bearer lnl_x"}).get("/desk/people/roles/").status_code == 302
    client.cookies.clear()
    bad = Client(headers={"Authorization": "Basic abc"})
    bad.cookies["sessionid"] = "x"
    assert bad.get("/account/").status_code == 302


@pytest.mark.parametrize("size", [1, 60])
def test_lists_take_the_same_statements_for_one_and_for_many(client_of, district, query_counter, size):
    client = client_of("auditor")
    for number in range(size):
        person = district.person(f"人{number}")
        district.appoint(person, "unit_handler", unit="bureau")
    for address, most in (("/desk/people/staff/", 6), ("/desk/people/", 6), ("/desk/people/audit/", 4)):
        client.get(address)
        with query_counter(at_most=most):
            assert client.get(address).status_code == 200


def test_a_session_is_touched_at_most_once_a_minute(client_of):
    client = client_of("auditor")
    row = sessions.Session.objects.get(user=client.person.user)
    client.get("/desk/people/roles/")
    assert sessions.Session.objects.get(pk=row.pk).last_seen_at == row.last_seen_at
    earlier = timezone.now() - timedelta(minutes=5)
    sessions.Session.objects.filter(pk=row.pk).update(last_seen_at=earlier)
    client.get("/desk/people/roles/")
    assert sessions.Session.objects.get(pk=row.pk).last_seen_at > earlier


def test_people_units_and_places_are_found_while_one_types(client_of, district):
    client = client_of("unit_head", unit="bureau")
    colleague = district.person()
    district.appoint(colleague, "unit_handler", unit="bureau")
    name = colleague.display_name

    def lines(what, words):
        page = client.get(f"/desk/people/find/{what}/", {"receiver": words})
        assert page.status_code == 200
        return [(line.value, line.name) for line in page.context["found"]]

    assert (colleague.user.username, name) in lines("person", name[:2])
    assert lines("organisation", "bur") == [("bureau", "bureau")]
    assert "street_b" in [value for value, _name in lines("place", "street_b")]
    assert lines("person", "") == [] and lines("place", "没有这里") == []
    assert client.get("/desk/people/find/secret/").status_code == 404


def test_a_name_that_is_not_whole_is_answered_with_whom_it_may_mean(client_of, district):
    client = client_of("unit_head", unit="bureau")
    colleague = district.person()
    district.appoint(colleague, "unit_handler", unit="bureau")
    today = timezone.localdate()
    own = Appointment.objects.get(person=client.person)
    values = {
        "appointment": own.pk, "person": colleague.display_name[:-1], "valid_from": today.isoformat(),
        "valid_to": (today + timedelta(days=3)).isoformat(),
    }  # fmt: skip
    page = client.post("/desk/people/delegations/", values)
    assert page.status_code == 422
    assert f"{colleague.display_name}（{colleague.user.username}）" in page.content.decode()
    assert Appointment.objects.filter(delegated_from=own).count() == 0


def test_the_roster_of_another_unit_is_found_by_name(client_of, district):
    client = client_of("office_director", place="district")
    page = client.get("/desk/people/roster/?unit=station")
    assert page.context["unit"] == district.units["station"]
    assert '<select id="organisation"' not in page.content.decode()
    assert client.get("/desk/people/roster/?unit=no-such").context["unit_problem"]


def test_days_stand_in_forms_as_browsers_want_them(client_of, district):
    client = client_of("security_administrator")
    colleague = district.person()
    district.appoint(colleague, "unit_handler", unit="bureau")
    page = client.get(f"/desk/people/staff/{colleague.pk}/").content.decode()
    assert f'name="valid_from" value="{timezone.localdate().isoformat()}"' in page


def test_a_form_about_what_is_hidden_leaves_one_audit_row_and_a_look_at_it_none(client_of):
    client = client_of("grid_worker", place="grid_1")
    hidden = "/desk/items/20990101-00001/"
    assert client.get(hidden).status_code == 404
    assert AccessRefusal.objects.count() == 0
    for many in (1, 2):
        assert client.post(f"{hidden}contact/").status_code == 404
        assert AccessRefusal.objects.count() == many


def test_a_unit_leads_to_its_roster_only_where_one_may_see_it(client_of, district):
    unit = district.units["bureau"].pk
    for client in (client_of("unit_head", unit="bureau"), client_of("auditor")):
        page = client.get(f"/desk/people/organisations/{unit}/").content.decode()
        link = f"/desk/people/roster/?organisation={unit}"
        assert (link in page) is (client.get(link).status_code == 200)
    assert link not in page
