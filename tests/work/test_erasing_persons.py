"""The right to erasure: asked by one, confirmed by another, and then nothing of the person is left in the database."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from linli.people import erasing, personal, sessions
from linli.people.access import PermissionRefused
from linli.people.errors import PeopleProblem
from linli.people.loading import load_actor
from linli.people.models import AuditRecord, Erasure, Person, PhoneCode, User
from linli.requests.selectors import contact_of
from linli.work import uploads
from linli.work.inbox import notify
from linli.work.models import Event, Evidence, Item, Notification, Upload
from linli.work.sealing import seal
from linli.work.telling import tell
from linli.work.verify import verify
from tests.matrix.test_urls import cookie
from tests.requests.walk import WAYS, Walker
from tests.support.calling import Caller
from tests.support.world import World
from tests.work.conftest import encoded, picture

NAME, PHONE, WORDS, ADDRESS = "赵铁柱", "13805327788", "楼道里的纸箱堵住了轮椅", "7号楼3单元602"
SECRETS = (NAME, PHONE, "纸箱堵住", "3单元602", "轮椅")


def everything() -> str:
    """Every row of every table as text; what is stored as bytes or in base 64 is opened as far as that goes."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename, has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT') FROM pg_tables"
            " WHERE schemaname = current_schema()"
        )
        tables = dict(cursor.fetchall())
        assert tables["people_person"] and len(tables) > 30
        assert {name for name, readable in tables.items() if not readable} <= {"django_migrations"}
        for table in (name for name, readable in tables.items() if readable):
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            found += [row[0] for row in cursor.fetchall()]
    text = "\n".join(found)
    hexes = b"\n".join(bytes.fromhex(run) for run in re.findall(r"\\\\x((?:[0-9a-f]{2})+)", text))
    packed = []
    for run in re.findall(r"[A-Za-z0-9+/_-]{16,}", text):
        packed.append(base64.urlsafe_b64decode(run[: len(run) // 4 * 4].replace("+", "-").replace("/", "_")))
    return text + (hexes + b"\n".join(packed)).decode("utf-8", "ignore")


def left() -> list[str]:
    stored = everything()
    return [secret for secret in SECRETS if secret in stored]


@pytest.fixture
def resident(world: World) -> User:
    """Somebody who signed in by phone."""
    person = Person.objects.get(pk=personal.find_or_create_resident(name=NAME, phone=PHONE, address=ADDRESS))
    return User.objects.create(username=f"r-{PHONE}", person=person, created_at=person.created_at)


def reported(world: World, user: User | None, way: str = "closed", **more: Any) -> Walker:
    """A matter with a photo, comments that name the reporter, told to everybody, walked to an end."""
    photo = uploads.receive(BytesIO(encoded(picture())), owner="d1")
    walker = Walker(world)
    values = {"contact_name": NAME, "phone": PHONE, "category": "0102", **more}
    walker.begin(words=f"我是{NAME}，{WORDS}", address=ADDRESS, uploads=(str(photo.token),), **values)
    if user is not None:
        Item.objects.filter(pk=walker.item_id).update(reporter_id=user.person_id)
    walker.run([("grid", "comment", {"advice": f"{NAME}（{PHONE}）说{WORDS}"})])
    walker.run(WAYS[way])
    tell(walker.item_id, 1, Event.objects.filter(item_id=walker.item_id).count())
    return walker


def actor_of(user: User) -> Any:
    return load_actor(user.pk, strong=True)


def opened_contact(world: World, walker: Walker) -> str:
    seen = contact_of(world.actor("director"), walker.item_id, str(walker.item.place_path), [])
    return str(seen["clear_name"])


def test_nothing_of_the_person_is_left_anywhere_and_the_chain_verifies(
    world: World, resident: User, media: Any, django_capture_on_commit_callbacks: Any
) -> None:
    own, unsigned = reported(world, resident), reported(world, None)
    other = Walker(world)
    other.begin(words="楼下垃圾没人清理", contact_name="钱小芳", phone="13900000001")
    Client().post("/login/phone/", {"phone": PHONE})
    assert PhoneCode.objects.count() == 1
    notify([resident.person_id or 0], "breached.handle", item_id=own.item_id, data={"who": NAME})
    uploads.receive(BytesIO(encoded(picture())), owner=f"p{resident.person_id}")
    session = cookie(resident)
    seal()
    assert set(left()) == set(SECRETS), "the look finds what is there"

    wish = erasing.ask(actor_of(resident), resident.person_id or 0)
    assert erasing.ask(actor_of(resident), resident.person_id or 0) == wish
    with django_capture_on_commit_callbacks(execute=True):
        done = erasing.confirm(world.actor("director"), wish.pk)

    assert done.state == erasing.DONE and done.counts == {"items": 2}
    assert left() == [] and "钱小芳" in opened_contact(world, other), "another phone, another person: kept"
    assert all(Item.objects.get(pk=walker.item_id).title == "（内容已删除）" for walker in (own, unsigned))
    report = verify()
    assert report.whole, report.faults
    assert not PhoneCode.objects.exists() and not Notification.objects.filter(person=resident.person).exists()
    assert not Upload.objects.filter(owner=f"p{resident.person_id}").exists()
    assert Evidence.objects.count() == 2 and not Evidence.objects.filter(removed_at=None).exists()
    resident.refresh_from_db()
    assert not resident.is_active and not resident.username.endswith(PHONE)
    assert not sessions.SessionStore(session).exists(session)
    assert AuditRecord.objects.filter(action="person.erased", subject=f"person:{resident.person_id}").exists()


def test_what_is_being_worked_on_ends_first_unless_it_is_ordered(world: World, resident: User) -> None:
    walker = reported(world, resident, "signed")
    wish = erasing.ask(actor_of(resident), resident.person_id or 0)
    with pytest.raises(PeopleProblem) as refused:
        erasing.confirm(world.actor("director"), wish.pk)
    assert (refused.value.code, refused.value.status) == ("still_handled", 409)
    assert NAME in everything()
    erasing.take_back(actor_of(resident))
    ordered = erasing.ask_by_phone(world.actor("duty"), PHONE, erasing.ORDERED)
    erasing.confirm(world.actor("director"), ordered.pk)
    assert left() == [] and Item.objects.get(pk=walker.item_id).state == "handling"


def test_two_people_who_share_a_phone_are_told_apart(world: World, resident: User) -> None:
    mine, hers = reported(world, resident), reported(world, None, contact_name="孙丽")
    her = personal.find_or_create_resident(name="孙丽", phone=PHONE)
    wish = erasing.ask(actor_of(resident), resident.person_id or 0)
    assert erasing.confirm(world.actor("director"), wish.pk).counts == {"items": 1}
    assert Item.objects.get(pk=mine.item_id).address == "" and Item.objects.get(pk=hers.item_id).address == ADDRESS
    assert personal.opened(Person.objects.get(pk=her), "phone") == PHONE


def test_all_or_nothing(world: World, resident: User, monkeypatch: pytest.MonkeyPatch) -> None:
    reported(world, resident)

    def broken(subject: Any, actor: Any, reason: str) -> int:
        raise RuntimeError

    monkeypatch.setattr(erasing, "_registry", dict(erasing._registry))
    erasing.register("later", lambda subject: erasing.Held(), broken, label=erasing.STATES["done"])
    wish = erasing.ask(actor_of(resident), resident.person_id or 0)
    with pytest.raises(RuntimeError):
        erasing.confirm(world.actor("director"), wish.pk)
    assert set(left()) == set(SECRETS)
    assert Erasure.objects.get(pk=wish.pk).state == erasing.PENDING


def test_whoever_asked_does_not_confirm_and_outsiders_can_do_neither(world: World, resident: User) -> None:
    reported(world, resident)
    wish = erasing.ask_by_phone(world.actor("director"), PHONE, "recorded_wrongly")
    with pytest.raises(PeopleProblem) as refused:
        erasing.confirm(world.actor("director"), wish.pk)
    assert refused.value.code == "not_oneself"
    for name in ("duty", "dispatcher", "supervisor", "grid", "security", "admin", "resident", "anonymous"):
        with pytest.raises(PermissionRefused):
            erasing.confirm(world.actor(name), wish.pk)
        with pytest.raises(PermissionRefused):
            erasing.turn_down(world.actor(name), wish.pk, "law_keeps")
        if name != "duty":
            with pytest.raises(PermissionRefused):
                erasing.ask(world.actor(name), resident.person_id or 0)
    assert set(left()) == set(SECRETS)


def test_an_unknown_phone_and_staff_in_office_are_refused(world: World) -> None:
    duty, handler = world.actor("duty"), world.users["handler"].person_id or 0
    for number, code in (("13700000000", "no_such_person"), ("12", "invalid_phone")):
        with pytest.raises(PeopleProblem) as refused:
            erasing.ask_by_phone(duty, number, "ordered")
        assert refused.value.code == code
    with pytest.raises(PeopleProblem) as refused:
        erasing.ask(duty, handler, "ordered")
    assert refused.value.code == "in_office"
    assert not Person.objects.filter(phone_blind__isnull=False).exists(), "asking leaves no trace of the number"


def test_the_resident_asks_reads_what_stays_and_takes_it_back(world: World, resident: User) -> None:
    reported(world, resident)
    browser = Client()
    assert browser.get("/my/erasure/")["Location"].startswith("/login/phone/")
    browser.cookies["sessionid"] = cookie(resident)
    page = browser.get("/my/erasure/").content.decode()
    assert "会删除" in page and "会留下" in page and "不能恢复" in page
    assert browser.post("/my/erasure/", {"action": "ask"}).status_code == 302
    assert "正在等待确认" in browser.get("/my/erasure/").content.decode()
    wish = Erasure.objects.get()
    assert wish.reason == erasing.ASKED and wish.asked_by_id == resident.person_id
    browser.post("/my/erasure/", {"action": "take_back"})
    assert Erasure.objects.get().state == erasing.TAKEN_BACK
    assert browser.post("/my/erasure/", {"action": "take_back"}).status_code == 409
    again = erasing.ask(actor_of(resident), resident.person_id or 0)
    erasing.turn_down(world.actor("director"), again.pk, "law_keeps")
    assert "法律规定的保存期未满" in browser.get("/my/erasure/").content.decode()


def test_staff_take_it_down_and_another_confirms_on_the_page(world: World, resident: User) -> None:
    reported(world, resident)
    duty, director = Client(), Client()
    duty.cookies["sessionid"], director.cookies["sessionid"] = cookie(world.users["duty"]), cookie(
        world.users["director"]
    )  # fmt: skip
    address = "/desk/people/erasures/"
    wrong = duty.post(address, {"phone": "13700000000", "reason": "ordered"})
    assert wrong.status_code == 422 and "13700000000" in wrong.content.decode(), "what was typed stays"
    assert duty.post(address, {"phone": PHONE, "reason": "asked_by_person"}).status_code == 302
    page = director.get(address).content.decode()
    assert "赵**" in page and NAME not in page and PHONE not in page and "确认删除" in page
    assert "确认删除" not in duty.get(address).content.decode()
    wish = Erasure.objects.get()
    assert duty.post(f"{address}{wish.pk}/confirm/").status_code == 403
    director.post(f"{address}{wish.pk}/confirm/")
    assert Erasure.objects.get().state == erasing.DONE and left() == []


def test_the_same_over_rest(world: World, resident: User) -> None:
    reported(world, resident)
    call = Caller(world)
    world.users["leaver"] = resident
    assert call.get("/me/erasure", "leaver").data == {"total": 1, "live": 0, "wish": None}
    wish = call.post("/me/erasure", {}, "leaver", key_="")
    assert (wish["state"], wish["asked_by_oneself"]) == ("pending", True)
    assert [row["id"] for row in call.get("/erasures", "duty").data] == [wish["id"]]
    assert call.get("/erasures", "handler").status == 403
    address = f"/erasures/{wish['id']}/decision"
    assert call.post(address, {"decision": "refuse"}, "director", key_="").status == 422
    assert call.post(address, {"decision": "confirm"}, "duty", key_="").status == 403
    done = call.post(address, {"decision": "confirm"}, "director", key_="")
    assert (done["state"], done["counts"]) == ("done", {"items": 1})
    assert call.post(address, {"decision": "confirm"}, "director", key_="")["code"] == "already_decided"
    assert call.get("/me/erasure", "leaver").status == 401 and left() == []
