"""An import brings people, not passwords: how each of them gets in."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from linli.people import accounts, phone, selectors
from linli.people.errors import PeopleProblem
from linli.people.models import Person, User
from linli.people.personal import find_or_create_resident, sealed
from linli.places.pinyin import sort_key
from tests.people.conftest import District, administrator
from tests.support.people import signed_in_client

PHONE = "13800138000"
PASSWORD = re.compile(r"<code class=\"code\">([a-z0-9]{4}(?:-[a-z0-9]{4}){3})</code>")


def imported(name: str, number: str = "") -> Person:
    """Somebody as an import makes them: a name, perhaps a phone, no account."""
    uid = uuid.uuid4()
    return Person.objects.create(
        uid=uid, kind=Person.Kind.STAFF, display_name=name, pinyin=sort_key(name), created_at=timezone.now(),
        **sealed(uid, name=name, phone=number),
    )  # fmt: skip


@pytest.fixture
def security(district: District) -> Client:
    """A security administrator's browser."""
    person = district.person("安全")
    district.appoint(person, "security_administrator")
    return signed_in_client(person.user)


def test_those_who_cannot_sign_in_are_told_and_get_accounts_at_once(district: District, security: Client) -> None:
    people = [imported("李青"), imported("李清")]
    for person, grid in zip(people, ("grid_1", "grid_2"), strict=True):
        district.appoint(person, "grid_worker", place=grid)
    district.appoint(imported("楼长"), "building_captain", place="grid_1")
    district.appoint(imported("去年"), "grid_worker", place="grid_1", valid_to=timezone.localdate())
    assert "2 人有任职、没有账号" in security.get("/desk/people/staff/").content.decode()
    page = security.get("/desk/people/staff/accounts/").content.decode()
    assert "李青" in page and "liqing2" in page and "楼长 " not in page and "去年" not in page
    assert "网格员 · communitygrid_1" in page, "a first grid is one of a community"
    made = security.post("/desk/people/staff/accounts/", {"person": [person.pk for person in people]})
    passwords = PASSWORD.findall(made.content.decode())
    assert len(passwords) == 2 and "no-store" in made["Cache-Control"]
    users = [User.objects.get(person=person) for person in people]
    assert {user.username for user in users} == {"liqing", "liqing2"} and all(u.must_change_password for u in users)
    assert any(users[0].check_password(word) for word in passwords)
    again = security.post("/desk/people/staff/accounts/", {"person": [person.pk for person in people]})
    assert again.status_code == 422 and not PASSWORD.findall(again.content.decode())
    assert "没有账号，还不能登录" not in security.get("/desk/people/staff/").content.decode()


def test_who_got_an_account_in_the_meantime_is_left_out(district: District) -> None:
    first, second = imported("王一"), imported("王二")
    for person in (first, second):
        district.appoint(person, "grid_worker", place="grid_1")
    waiting = list(selectors.without_account(administrator()))
    accounts.create_account(administrator(), first, "wangyi")
    made = accounts.open_accounts(administrator(), waiting)
    assert [(person.pk, name) for person, name, _word in made] == [(second.pk, "wanger")]


def test_one_person_gets_an_account_and_another_phone(district: District, security: Client) -> None:
    person = imported("赵六", PHONE)
    district.appoint(person, "dispatcher", place="district")
    address = f"/desk/people/staff/{person.pk}/"
    assert 'value="zhaoliu"' in security.get(address).content.decode()
    security.post(f"{address}account/change/", {"name": "赵陆", "phone": "13900139000"})
    assert phone.account_of_phone(PHONE).person_id != person.pk
    made = security.post(f"{address}account/open/", {"username": "zhaolu"})
    assert PASSWORD.findall(made.content.decode()) and User.objects.get(username="zhaolu").person_id == person.pk
    assert "已有账号" in security.post(f"{address}account/open/", {"username": "another"}, follow=True).content.decode()
    person.refresh_from_db()
    assert person.display_name == "赵陆"


def test_a_captain_of_an_import_comes_in_by_phone_and_may_get_a_password_later(district: District) -> None:
    captain = imported("楼长", PHONE)
    district.appoint(captain, "building_captain", place="grid_1")
    (user,) = phone.accounts_of_phone(PHONE)
    assert user.person_id == captain.pk and not user.has_usable_password()
    assert phone.accounts_of_phone(PHONE) == [user]
    made, _word = accounts.create_account(administrator(), captain, "louzhang")
    assert made.pk == user.pk and made.has_usable_password()
    with pytest.raises(PeopleProblem):
        accounts.create_account(administrator(), captain, "louzhang2")


def test_a_closed_account_stays_closed_for_the_phone(district: District) -> None:
    captain = imported("楼长", PHONE)
    district.appoint(captain, "building_captain", place="grid_1")
    accounts.close_account(administrator(), phone.accounts_of_phone(PHONE)[0])
    assert all(user.person_id != captain.pk for user in phone.accounts_of_phone(PHONE))


def test_whose_phone_is_a_residents_and_a_captains_says_as_whom(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident = find_or_create_resident(name="", phone=PHONE)
    assert phone.account_of_phone(PHONE).person_id == resident
    captain = imported("楼长", PHONE)
    district.appoint(captain, "building_captain", place="grid_1")
    both = phone.accounts_of_phone(PHONE)
    assert [user.person_id for user in both] == [captain.pk, resident]
    assert phone.account_of_phone(PHONE).person_id == resident
    codes: list[str] = []
    monkeypatch.setattr(phone, "gateway", lambda: type("G", (), {"send": lambda s, n, code, m: codes.append(code)})())
    client = Client()
    client.post("/login/phone/", {"phone": PHONE})
    asked = client.post("/login/phone/code/", {"code": codes[0]})
    assert "楼长 · grid_1" in asked.content.decode() and "居民" in asked.content.decode()
    assert "_auth_user_id" not in client.session
    stranger = district.person("别人").user
    client.post("/login/phone/code/", {"as": str(stranger.pk)})
    assert "_auth_user_id" not in client.session, "only one of those whom the phone lets in"
    client.post("/login/phone/code/", {"as": str(both[0].pk)})
    assert client.session["_auth_user_id"] == str(both[0].pk)
