"""Signing in: two steps, throttles that cannot be turned against anybody, codes good for one use."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client, RequestFactory
from django.utils import timezone
from freezegun import freeze_time

from linli.people import accounts, phone, second_factor, sessions, signin, throttle
from linli.people.addresses import client_address, is_loopback, shortened_address, throttle_address
from linli.people.errors import PeopleProblem
from linli.people.models import AuditRecord, PhoneCode, RecoveryCode, Session, ThrottleBucket, User
from linli.people.second_factor import code_at, now_counter
from tests.support.people import signed_in_client

PASSWORD = "correct horse battery"
RIGHT, WRONG = {"username": "wang", "password": PASSWORD}, {"username": "wang", "password": "wrong"}


@pytest.fixture
def wang(district):
    person = district.person("王芳", username="wang", password=PASSWORD)
    district.appoint(person, "dispatcher", place="district")
    secret = district.enrolled(person)
    return person.user, secret


def sign_in(client, secret, **headers):
    client.post("/login/", RIGHT, **headers)
    return client.post("/second-factor/", {"code": code_at(secret, now_counter())}, **headers)


def test_two_steps_and_what_each_opens(wang):
    user, secret = wang
    client = Client()
    assert client.get("/account/").status_code == 302
    first = client.post("/login/", RIGHT | {"next": "/account/"})
    assert first["Location"] == "/second-factor/"
    assert client.get("/account/").status_code == 302, "the password alone opens nothing"
    done = client.post("/second-factor/", {"code": code_at(secret, now_counter())})
    assert done["Location"] == "/account/" and client.get("/account/").status_code == 200
    assert done["Cache-Control"].find("no-store") >= 0
    assert Session.objects.get(user=user).address == "127.0.0.0/24"


def test_what_was_read_stays_in_no_cache(wang):
    """On a computer that several people use the way back leads nowhere once somebody has signed out."""
    client = Client()
    sign_in(client, wang[1])
    for page in ("/desk/", "/desk/search/"):
        answer = client.get(page)
        assert answer.status_code == 200 and "no-store" in answer["Cache-Control"], page
    assert client.post("/logout/")["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in client.get("/") and "no-store" not in client.get("/").get("Cache-Control", "")


def test_the_demo_shows_text_messages_on_a_page_of_this_machine_only(settings, tmp_path, db):
    from linli.people import demo_messages, gateways

    settings.LINLI_HOME, settings.LINLI_ON_PAGE_CODES = tmp_path, True
    settings.LINLI_SMS_GATEWAY = "linli.people.gateways.OnPageGateway"
    words = "有人认领了：http://127.0.0.1:8000/wishes/mine/，用本手机号登录。"
    assert not gateways.tells() and not gateways.tell("13800138000", "wish_agreed", {}, words), "no demo is loaded"
    with pytest.raises(gateways.GatewayError):
        gateways.OnPageGateway().tell("13800138000", "wish_agreed", {}, words)
    assert Client().get("/demo/messages/").status_code == 404
    assert "/demo/messages/" not in Client().get("/login/").content.decode()
    (tmp_path / "demo-logins.json").write_text("[]", encoding="utf-8")
    assert "还没有短信" in Client().get("/demo/messages/").content.decode()
    assert gateways.tells() and gateways.tell("13800138000", "wish_agreed", {}, words)
    page = Client().get("/demo/messages/").content.decode()
    assert "138****8000" in page and "13800138000" not in page + demo_messages._file().read_text(encoding="utf-8")
    assert '<a href="http://127.0.0.1:8000/wishes/mine/">' in page
    assert "/demo/messages/" in Client().get("/login/").content.decode()
    assert demo_messages._file().stat().st_mode & 0o077 == 0
    for elsewhere in (Client(HTTP_X_FORWARDED_FOR="203.0.113.4"), Client(REMOTE_ADDR="203.0.113.4")):
        assert elsewhere.get("/demo/messages/").status_code == 404
        assert "/demo/messages/" not in elsewhere.get("/login/").content.decode()


def test_who_came_for_one_thing_lands_on_its_page(district):
    for role, address in (("counter_volunteer", "/desk/counter/"), ("activity_leader", "/activities/lead/")):
        person = district.person()
        district.appoint(person, role, place="community")
        assert signed_in_client(person.user, kind="staff").get("/login/done/")["Location"] == address


def test_the_demo_keeps_the_latest_messages(settings, tmp_path, monkeypatch):
    from linli.people import demo_messages

    settings.LINLI_HOME = tmp_path
    monkeypatch.setattr(demo_messages, "TRIMMED_ABOVE", 2000)
    for number in range(150):
        demo_messages.keep("13800138000", f"第 {number} 条")
    latest = demo_messages.latest()
    assert latest[0].parts == (("第 149 条", False),) and len(latest) <= demo_messages.KEPT_MAX
    assert demo_messages._file().stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_stays_on_this_site(wang, target):
    client = Client()
    client.post("/login/", RIGHT | {"next": target})
    done = client.post("/second-factor/", {"code": code_at(wang[1], now_counter())})
    assert done["Location"] == "/login/done/"


def test_the_session_key_changes_and_is_stored_as_a_digest(wang):
    client = Client()
    client.post("/login/", RIGHT)
    before = client.cookies["sessionid"].value
    client.post("/second-factor/", {"code": code_at(wang[1], now_counter())})
    after = client.cookies["sessionid"].value
    assert before != after
    stored = set(Session.objects.values_list("session_key", flat=True))
    assert stored == {sessions.key_digest(after)} and after not in stored
    assert client.cookies["sessionid"]["httponly"]


def test_answers_are_the_same_for_every_reason(wang, district):
    closed = district.person(username="zhang", password=PASSWORD)
    accounts.close(closed.user, by=None)

    def answer(name, password):
        page = Client().post("/login/", {"username": name, "password": password}).content.decode()
        page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)
        return page.replace(name, "NAME")

    pages = {answer("wang", "wrong"), answer("nobody", "wrong"), answer("zhang", PASSWORD)}
    assert len(pages) == 1
    assert AuditRecord.objects.filter(action="sign_in.password", passed=False).count() == 3


def test_five_tries_for_account_and_address_and_forged_headers_do_not_help(wang):
    client = Client()
    for number in range(5):
        page = client.post("/login/", WRONG, HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")
        assert page.status_code == 200
    locked = client.post("/login/", RIGHT, HTTP_X_FORWARDED_FOR="10.9.9.9")
    assert locked.status_code == 429 and int(locked["Retry-After"]) > 800
    # Whoever sits elsewhere is not locked out by it.
    other = Client(REMOTE_ADDR="203.0.113.9")
    assert other.post("/login/", RIGHT)["Location"] == "/second-factor/"
    with freeze_time(timezone.now() + timedelta(minutes=15, seconds=1)):
        assert client.post("/login/", RIGHT)["Location"] == "/second-factor/"


def test_behind_a_trusted_proxy_the_client_counts(wang, settings):
    settings.LINLI_TRUSTED_PROXIES = ["127.0.0.1", "10.1.0.0/16"]
    client = Client()
    for number in range(5):
        client.post("/login/", WRONG, HTTP_X_FORWARDED_FOR=f"198.51.100.{number}, 203.0.113.7")
    assert client.post("/login/", RIGHT, HTTP_X_FORWARDED_FOR="1.2.3.4, 203.0.113.7, 10.1.2.3").status_code == 429
    assert client.post("/login/", RIGHT, HTTP_X_FORWARDED_FOR="203.0.113.8").status_code == 302


def test_a_lock_on_the_account_spares_browsers_that_know_it(wang, monkeypatch):
    known = Client()
    sign_in(known, wang[1])
    known.post("/logout/")
    monkeypatch.setattr(throttle, "LOGIN_ACCOUNT", throttle.Limit("login:account", 3, timedelta(hours=1)))
    for number in range(4):
        Client(REMOTE_ADDR=f"203.0.113.{number}").post("/login/", WRONG)
    assert Client(REMOTE_ADDR="203.0.113.99").post("/login/", RIGHT).status_code == 429
    assert known.post("/login/", RIGHT).status_code == 302
    forged = Client(REMOTE_ADDR="203.0.113.98")
    forged.cookies[signin.DEVICE_COOKIE] = signing.dumps({str(wang[0].pk): "x"}, salt="another")
    assert forged.post("/login/", RIGHT).status_code == 429


def test_a_code_is_good_once(wang):
    client, again = Client(), Client()
    client.post("/login/", RIGHT)
    again.post("/login/", RIGHT)
    code = code_at(wang[1], now_counter())
    assert client.post("/second-factor/", {"code": code}).status_code == 302
    replay = again.post("/second-factor/", {"code": code})
    assert replay.status_code == 200 and not again.session.get("_auth_user_id")
    older = again.post("/second-factor/", {"code": code_at(wang[1], now_counter() - 1)})
    assert older.status_code == 200
    assert again.post("/second-factor/", {"code": code_at(wang[1], now_counter() + 1)}).status_code == 302


def test_codes_outside_the_window_fail_and_tries_are_limited(wang):
    client = Client()
    client.post("/login/", RIGHT)
    for step in (-3, -2, 2, 3, 4):
        assert client.post("/second-factor/", {"code": code_at(wang[1], now_counter() + step)}).status_code == 200
    assert client.post("/second-factor/", {"code": code_at(wang[1], now_counter())}).status_code == 429


def test_recovery_codes_work_once_each(wang):
    user, _secret = wang
    codes = second_factor.make_recovery_codes(user)
    assert len(set(codes)) == 10
    assert not RecoveryCode.objects.filter(digest=codes[0].encode()).exists()
    client = Client()
    client.post("/login/", RIGHT)
    assert client.post("/second-factor/", {"code": codes[0].lower().replace("-", " ")}).status_code == 302
    again = Client()
    again.post("/login/", RIGHT)
    assert again.post("/second-factor/", {"code": codes[0]}).status_code == 200
    assert RecoveryCode.objects.filter(user=user, used_at=None).count() == 9
    second_factor.make_recovery_codes(user)
    assert again.post("/second-factor/", {"code": codes[1]}).status_code == 200, "new ones replace the old"


def test_enrolling(district):
    person = district.person(username="wang", password=PASSWORD)
    district.appoint(person, "dispatcher", place="district")
    client = Client()
    assert client.post("/login/", RIGHT)["Location"] == "/second-factor/enrol/"
    page = client.get("/second-factor/enrol/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page)[1]
    assert "data:image/svg+xml" in page
    session_row = Session.objects.get()
    assert secret not in str(session_row.get_decoded())
    assert client.post("/second-factor/enrol/", {"code": "000000"}).status_code == 422
    done = client.post("/second-factor/enrol/", {"code": code_at(secret, now_counter())})
    assert len(re.findall(r"<code>[2-9A-Z-]{14}</code>", done.content.decode())) == 10
    assert client.get("/desk/people/").status_code == 200
    user = User.objects.get(pk=person.user.pk)
    assert secret.encode() not in bytes(user.second_factor_secret_encrypted)
    assert client.get("/second-factor/enrol/").status_code == 302, "only once"


def test_a_captain_needs_no_second_factor(district):
    person = district.person(username="wang", password=PASSWORD)
    district.appoint(person, "building_captain", place="grid_1")
    client = Client()
    assert client.post("/login/", RIGHT)["Location"] == "/login/done/"


def test_the_first_step_expires(wang):
    client = Client()
    client.post("/login/", RIGHT)
    with freeze_time(timezone.now() + signin.PENDING_LIMIT + timedelta(seconds=5)):
        assert client.get("/second-factor/")["Location"] == "/login/"


def test_idle_and_absolute_time_outs(wang, settings):
    settings.LINLI_SESSION_IDLE_MINUTES, settings.LINLI_SESSION_HOURS = 60, 3
    client, began = Client(), timezone.now()
    sign_in(client, wang[1])

    def alive(minutes):
        with freeze_time(began + timedelta(minutes=minutes)):
            return client.get("/account/").status_code == 200

    assert alive(50) and alive(100) and alive(155), "each visit prolongs"
    assert not alive(181), "but not beyond the absolute limit"
    fresh = Client()
    with freeze_time(began + timedelta(minutes=200)):
        sign_in(fresh, wang[1])
    with freeze_time(began + timedelta(minutes=261)):
        assert fresh.get("/account/").status_code == 302, "an hour of rest ends it"


def test_authentication_takes_two_statements(wang, query_counter):
    client = Client()
    sign_in(client, wang[1])
    with query_counter() as counted:
        assert client.get("/desk/people/roles/").status_code == 200
    assert len(counted) == 2, str(counted)
    with query_counter() as counted:
        Client().get("/login/")
    beside_the_frame = [text for text in counted.statements if "places_registryversion" not in text]
    assert beside_the_frame == [], str(counted)


def test_own_sessions_and_password_change(wang):
    here, there = Client(), Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
    sign_in(here, wang[1])
    User.objects.update(second_factor_last_counter=0)
    sign_in(there, wang[1])
    assert "Firefox · Windows" in here.get("/account/").content.decode()
    assert here.post("/account/sessions/end/").status_code == 302
    assert there.get("/account/").status_code == 302 and here.get("/account/").status_code == 200
    User.objects.update(second_factor_last_counter=0)
    sign_in(there, wang[1])
    weak = here.post("/account/password/", {"old_password": PASSWORD, "new_password": "password12"})
    assert weak.status_code == 422
    wrong = here.post("/account/password/", {"old_password": "x", "new_password": "five odd words here"})
    assert wrong.status_code == 422
    done = here.post("/account/password/", {"old_password": PASSWORD, "new_password": "five odd words here"})
    assert done.status_code == 302
    assert there.get("/account/").status_code == 302 and here.get("/account/").status_code == 200
    assert User.objects.get(username="wang").check_password("five odd words here")


def test_closing_an_account_ends_its_sessions_at_once(wang):
    client = Client()
    sign_in(client, wang[1])
    accounts.close(wang[0], by=None)
    assert client.get("/account/").status_code == 302 and not Session.objects.filter(user=wang[0]).exists()


def test_a_first_password_must_be_changed_before_work(wang):
    User.objects.update(must_change_password=True)
    client = Client()
    sign_in(client, wang[1])
    assert client.get("/desk/people/")["Location"] == "/account/password/"


def test_every_writing_address_wants_a_csrf_token(wang):
    client = Client(enforce_csrf_checks=True)
    for address in ("/login/", "/login/phone/", "/logout/", "/account/tokens/", "/desk/people/organisations/new/"):
        assert client.post(address, RIGHT).status_code == 403


def test_admin_has_no_door_of_its_own(wang, district):
    client = Client()
    page = client.post("/admin/login/?next=/admin/", RIGHT)
    assert page["Location"].startswith("/login/?next=")
    sign_in(client, wang[1])
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    district.appoint(wang[0].person, "system_administrator")
    assert client.get("/admin/").status_code == 200


class TestPhone:
    """Residents by one-time code."""

    @pytest.fixture(autouse=True)
    def shown(self, monkeypatch, db):
        self.codes = []

        class Gateway:
            def send(inner, number, code, minutes):
                self.codes.append((number, code))

        monkeypatch.setattr(phone, "gateway", Gateway)

    def start(self, client, number="138 0013 8000"):
        return client.post("/login/phone/", {"phone": number})

    def test_signing_in(self, district):
        client = Client()
        assert self.start(client)["Location"] == "/login/phone/code/"
        assert self.codes[0][0] == "13800138000"
        stored = PhoneCode.objects.get()
        assert self.codes[0][1].encode() not in bytes(stored.digest)
        assert "8000" in client.get("/login/phone/code/").content.decode()
        assert client.post("/login/phone/code/", {"code": self.codes[0][1]})["Location"] == "/"
        assert client.get("/account/").status_code == 200
        assert User.objects.get().person.kind == "resident"
        again = Client()
        self.start(again)
        assert again.post("/login/phone/code/", {"code": self.codes[0][1]}).status_code in (302, 200)
        assert "_auth_user_id" not in again.session, "a code is good once"

    def test_five_tries(self):
        client = Client()
        self.start(client)
        right = self.codes[0][1]
        for number in range(5):
            wrong = f"{(int(right) + 1 + number) % 1_000_000:06d}"
            assert client.post("/login/phone/code/", {"code": wrong}).status_code == 200
        client.post("/login/phone/code/", {"code": right})
        assert "_auth_user_id" not in client.session

    def test_five_minutes(self):
        client = Client()
        self.start(client)
        with freeze_time(timezone.now() + timedelta(minutes=5, seconds=1)):
            client.post("/login/phone/code/", {"code": self.codes[0][1]})
        assert "_auth_user_id" not in client.session

    def test_a_newer_code_replaces_the_older(self):
        client = Client()
        self.start(client)
        with freeze_time(timezone.now() + timedelta(seconds=61)):
            self.start(client)
            client.post("/login/phone/code/", {"code": self.codes[0][1]})
            assert "_auth_user_id" not in client.session
            client.post("/login/phone/code/", {"code": self.codes[1][1]})
            assert "_auth_user_id" in client.session

    def test_sending_is_limited(self):
        assert self.start(Client()).status_code == 302
        assert self.start(Client(REMOTE_ADDR="203.0.113.5")).status_code == 429, "one a minute per phone"
        for number in range(25):
            last = self.start(Client(), f"1380013{number:04d}")
        assert last.status_code == 429, "twenty an hour per client"

    def test_what_is_no_mobile_number(self):
        assert self.start(Client(), "0532-88512345").status_code == 422 and not self.codes

    def test_staff_who_sign_in_by_phone_do_not_get_staff_rights(self, district):
        person = district.person("王芳")
        district.appoint(person, "dispatcher", place="district")
        from linli.people.personal import sealed

        type(person).objects.filter(pk=person.pk).update(**sealed(person.uid, phone="13800138000"))
        client = Client()
        self.start(client)
        client.post("/login/phone/code/", {"code": self.codes[0][1]})
        assert client.session["_auth_user_id"] == str(person.user.pk)
        assert client.get("/desk/people/").status_code in (302, 403)
        assert client.get("/second-factor/enrol/")["Location"] == "/login/"


def test_codes_show_on_the_page_in_the_demo_only(wang, settings, tmp_path):
    settings.LINLI_HOME, settings.LINLI_ON_PAGE_CODES = tmp_path, True

    def shown(**headers):
        client = Client(**headers)
        client.post("/login/", RIGHT)
        return "data-demo-code" in client.get("/second-factor/").content.decode()

    assert not shown(), "no demo was loaded here"
    (tmp_path / "demo-logins.json").write_text("[]", encoding="utf-8")
    assert shown()
    assert not shown(HTTP_X_FORWARDED_FOR="203.0.113.4"), "a proxy has passed it on"
    assert not shown(REMOTE_ADDR="203.0.113.4")
    settings.LINLI_ON_PAGE_CODES = False
    assert not shown()


def test_gateways(settings, tmp_path, capsys, monkeypatch):
    from linli.people import gateways

    settings.LINLI_HOME, settings.LINLI_ON_PAGE_CODES = tmp_path, False
    with pytest.raises(gateways.GatewayError):
        gateways.OnPageGateway().send("13800138000", "123456", 5)
    settings.LINLI_SMS_GATEWAY = "linli.people.gateways.FileGateway"
    assert gateways.gateway().send("13800138000", "123456", 5) is None
    file = tmp_path / "sms.log"
    assert "123456" in file.read_text(encoding="utf-8") and file.stat().st_mode & 0o077 == 0
    gateways.ConsoleGateway().send("13800138000", "123456", 5)
    assert "138****8000: 123456" in capsys.readouterr().err
    assert gateways.tells() and gateways.tell("13800138000", "wish_agreed", {"number": "7"}, "有人认领了")
    assert (tmp_path / "sms-news.log").read_text(encoding="utf-8").endswith("13800138000 wish_agreed 有人认领了\n")
    gateways.ConsoleGateway().tell("13800138000", "wish_agreed", {}, "有人认领了")
    assert "138****8000: 有人认领了" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("remote", "forwarded", "trusted", "client"),
    [
        ("203.0.113.1", "1.1.1.1", [], "203.0.113.1"),
        ("10.0.0.1", "1.1.1.1, 2.2.2.2", ["10.0.0.0/8"], "2.2.2.2"),
        ("10.0.0.1", "1.1.1.1, 2.2.2.2, 10.0.0.9", ["10.0.0.0/8"], "2.2.2.2"),
        ("10.0.0.1", "1.1.1.1, rubbish", ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", "", ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", "[2001:db8::1]:443", ["10.0.0.0/8"], "2001:db8::1"),
        ("::ffff:10.0.0.1", "2.2.2.2:5000", ["10.0.0.0/8"], "2.2.2.2"),
        ("", "1.1.1.1", ["10.0.0.0/8"], "unknown"),
    ],
)
def test_client_address(settings, remote, forwarded, trusted, client):
    settings.LINLI_TRUSTED_PROXIES = trusted
    request = RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == client


def test_addresses_for_counting_and_for_audit():
    request = RequestFactory().get("/", REMOTE_ADDR="2001:db8:1:2:3::4")
    assert throttle_address(request) == "2001:db8:1:2::/64"
    assert shortened_address(request) == "2001:db8:1::/48"
    assert shortened_address(RequestFactory().get("/", REMOTE_ADDR="203.0.113.77")) == "203.0.113.0/24"
    assert is_loopback(RequestFactory().get("/", REMOTE_ADDR="127.0.0.1"))


def test_throttle(db, query_counter):
    limit = throttle.Limit("test", 2, timedelta(minutes=1))
    with query_counter(at_most=1):
        assert throttle.hit(limit, "a").allowed
    assert throttle.hit(limit, "a").remaining == 0
    refused = throttle.hit(limit, "a")
    assert not refused.allowed and 0 < refused.retry_after_seconds <= 61
    assert throttle.hit(limit, "b").allowed and throttle.hit(throttle.Limit("other", 1, limit.window), "a").allowed
    with query_counter(at_most=1):
        both = throttle.hit_all([(limit, "a"), (limit, "c")])
    assert not both.allowed
    with freeze_time(timezone.now() + timedelta(seconds=61)):
        assert throttle.hit(limit, "a").remaining == 1
        throttle.clear(limit, "a")
        assert throttle.hit(limit, "a").remaining == 1
    stored = ThrottleBucket.objects.first()
    assert bytes(stored.key) != b"a" and len(stored.key) == 32
    with freeze_time(timezone.now() + timedelta(hours=3)):
        assert throttle.purge() == ThrottleBucket.objects.count() + 4


def test_passwords_are_judged(wang):
    for password, fits in (("short", False), ("1234567890", False), ("wangwangwang!!", True), ("x" * 129, False)):
        try:
            accounts.check_new_password(wang[0], password)
            assert fits
        except PeopleProblem:
            assert not fits
