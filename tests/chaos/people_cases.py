"""One call of every writing service of people on the small world."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from linli.inspections.visits import record_visit
from linli.people import accounts, delegation, duty, erasing, handover, residents_in_bulk, second_factor, services
from linli.people.models import Appointment, Handover, Organisation, User
from linli.people.personal import find_or_create_resident
from linli.people.phone import account_of_phone, accounts_of_phone
from linli.requests.services import advance_with_link, report
from tests.chaos.casing import Act, Case, a_report, signed, within
from tests.support.world import World


def _hand_over(world: World) -> Act:
    signed(world)
    giver, receiver = world.users["handler"].person_id, world.users["handler2"].person_id
    assert giver and receiver
    return lambda: handover.hand_over(world.actor("security"), giver, receiver, leaving=True)


def _sign_hand_over(world: World) -> Act:
    made: Handover = handover.hand_over(
        world.actor("security"), world.users["handler"].person_id, world.users["handler2"].person_id, leaving=False
    )
    return lambda: handover.sign(world.actor("handler2"), made.pk)


def _delegated(world: World) -> Appointment:
    base = Appointment.objects.get(person_id=world.users["dispatcher"].person_id)
    today = timezone.localdate()
    return delegation.delegate(
        world.actor("dispatcher"), base.pk, world.users["duty"].person_id, valid_from=today,
        valid_to=today + timedelta(days=3),
    )  # fmt: skip


def _revoke(world: World) -> Act:
    row = _delegated(world)
    return lambda: delegation.revoke(world.actor("dispatcher"), row.pk)


def _unit(world: World, name: str) -> Organisation:
    return world.units[name]


def _shift(world: World) -> Any:
    now = timezone.now()
    return duty.add_shift(
        world.actor("director"), world.units["office"].pk, world.users["duty"].person_id, now, now + timedelta(hours=8)
    )


def _cancel_shift(world: World) -> Act:
    row = _shift(world)
    return lambda: duty.cancel_shift(world.actor("director"), row.pk)


def _appointment(world: World, name: str) -> int:
    return Appointment.objects.get(person_id=world.users[name].person_id).pk


def _resident(world: World) -> int:
    """Somebody with a phone, an account and a request that has ended."""
    number = find_or_create_resident(name="赵铁柱", phone="13805327788")
    account_of_phone("13805327788")
    made = report(world.actor("anonymous"), a_report(world, phone="13805327788"), key="k-erased", device="tests")
    advance_with_link(world.actor("anonymous"), made.item_id, made.tracking_token, [("withdraw", {})], key="k-gone")
    return number


def _asked(world: World) -> erasing.Erasure:
    return erasing.ask(world.actor("duty"), _resident(world))


def _confirm(world: World) -> Act:
    row = _asked(world)
    record_visit(
        world.actor("grid"), world.places["east_grid1"].pk, kind="home", outcome="met",
        words="赵铁柱说楼道灯不亮", key=UUID(int=80),
    )  # fmt: skip
    return lambda: erasing.confirm(world.actor("director"), row.pk)


def _turn_down(world: World) -> Act:
    row = _asked(world)
    return lambda: erasing.turn_down(world.actor("director"), row.pk, "law_keeps")


def _take_back(world: World) -> Act:
    person = world.users["resident"].person_id
    assert person
    erasing.ask(world.actor("resident"), person)
    return lambda: erasing.take_back(world.actor("resident"))


def _ask(world: World) -> Act:
    number = _resident(world)
    return lambda: erasing.ask(world.actor("duty"), number)


def _ask_by_phone(world: World) -> Act:
    _resident(world)
    return lambda: erasing.ask_by_phone(world.actor("duty"), "13805327788", "asked_by_person")


def _change_password(world: World) -> Act:
    user = world.users["handler"]
    user.set_password("correct horse battery")
    user.save()
    old, new = "correct horse battery", "Qx7-mnbv-2wsx-ploi"
    return lambda: accounts.change_password(User.objects.get(pk=user.pk), old, new, keep_session=None)


def _user(name: str, act: Callable[[World, User], Any]) -> Case:
    """A service on an account that has everything there is to lose: a second factor, codes and a token."""

    def case(world: World) -> Act:
        second_factor.enrol(world.users[name], second_factor.new_secret(), None)
        world.actors.pop(name, None)
        accounts.make_token(world.actor(name), "tests")
        return lambda: act(world, User.objects.get(pk=world.users[name].pk))

    return case


def _closed(name: str) -> Case:
    def case(world: World) -> Act:
        accounts.close_account(world.actor("security"), world.users[name])
        return lambda: accounts.reopen_account(world.actor("security"), User.objects.get(pk=world.users[name].pk))

    return case


def _revoke_token(world: World) -> Act:
    token, _raw = accounts.make_token(world.actor("handler"), "tests")
    return lambda: accounts.revoke_token(world.actor("handler"), token.pk)


def _bare_person(world: World) -> Act:
    person, _password = services.create_staff(world.actor("security"), name="新人")
    return lambda: accounts.create_account(world.actor("security"), person, "newcomer")


def _bare_people(world: World) -> Act:
    people = [services.create_staff(world.actor("security"), name=name)[0] for name in ("新人甲", "新人乙")]
    return lambda: accounts.open_accounts(world.actor("security"), people)


_CASES: dict[str, Case] = {
    "residents_in_bulk.residents": lambda _w: (
        lambda: residents_in_bulk.residents([("张三", "13805320011"), ("李四", "13805320011")])
    ),
    "services.create_organisation": lambda w: (
        lambda: services.create_organisation(
            w.actor("admin"),
            name="新单位",
            kind="station",
            parent_id=_unit(w, "sanitation").pk,
            functions=["sanitation"],
        )
    ),
    "services.change_organisation": lambda w: (
        lambda: services.change_organisation(w.actor("admin"), _unit(w, "water").pk, name="改名", active=False)
    ),
    "services.create_staff": lambda w: (
        lambda: services.create_staff(w.actor("security"), name="新人", phone="13805320000", username="newcomer")
    ),
    "services.change_staff": lambda w: (
        lambda: services.change_staff(
            w.actor("security"), w.users["handler"].person_id, name="改名", phone="13805321111"
        )
    ),
    "services.appoint": lambda w: (
        lambda: services.appoint(w.actor("security"), w.users["handler"].person_id, "system_administrator")
    ),
    "services.end_appointment": lambda w: (
        lambda: services.end_appointment(w.actor("security"), _appointment(w, "admin"))
    ),
    "erasing.ask": _ask,
    "erasing.ask_by_phone": _ask_by_phone,
    "erasing.confirm": _confirm,
    "erasing.turn_down": _turn_down,
    "erasing.take_back": _take_back,
    "phone.account_of_phone": lambda w: lambda: account_of_phone("13805327788"),
    "phone.accounts_of_phone": lambda w: lambda: accounts_of_phone("13805327788"),
    "accounts.create_account": _bare_person,
    "accounts.open_accounts": _bare_people,
    "accounts.reset_password": _user("handler", lambda w, user: accounts.reset_password(w.actor("security"), user)),
    "accounts.remove_second_factor": _user(
        "handler", lambda w, user: accounts.remove_second_factor(w.actor("security"), user)
    ),
    "accounts.close_account": _user("handler", lambda w, user: accounts.close_account(w.actor("security"), user)),
    "accounts.reopen_account": _closed("handler"),
    "accounts.change_password": _change_password,
    "accounts.end_other_sessions": lambda w: (
        lambda: accounts.end_other_sessions(w.users["handler"].pk, w.users["handler"].person_id, keep_session=None)
    ),
    "accounts.make_token": lambda w: lambda: accounts.make_token(w.actor("handler"), "tests"),
    "accounts.revoke_token": _revoke_token,
    "second_factor.enrol": lambda w: (
        lambda: second_factor.enrol(User.objects.get(pk=w.users["handler"].pk), second_factor.new_secret(), None)
    ),
    "second_factor.make_recovery_codes": _user("handler", lambda w, user: second_factor.make_recovery_codes(user)),
    "delegation.delegate": lambda w: lambda: _delegated(w),
    "delegation.revoke": _revoke,
    "duty.add_shift": lambda w: lambda: _shift(w),
    "duty.cancel_shift": _cancel_shift,
    "duty.write_log": lambda w: lambda: duty.write_log(w.actor("director"), w.units["office"].pk, "一切正常"),
    "handover.hand_over": _hand_over,
    "handover.sign": _sign_hand_over,
}


CASES = within("people", _CASES)
