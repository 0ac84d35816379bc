"""One call of every writing service on the small world; and what writes but is no service of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from django.utils import timezone
from shapely.geometry import box

from linli.exchange import services as exchange
from linli.exchange.models import ImportBatch
from linli.exchange.services import Importer
from linli.inspections.visits import record_visit
from linli.people import accounts, delegation, duty, erasing, handover, many, second_factor, services
from linli.people.importers import importer_for
from linli.people.models import Appointment, Handover, Organisation, User
from linli.people.personal import find_or_create_resident
from linli.people.phone import account_of_phone
from linli.places import calendar_services
from linli.places import services as places
from linli.places.selectors import work_calendar
from linli.requests.reporting import Report
from linli.requests.services import advance_as_reporter, advance_with_link, report
from linli.work import catalogue, dues, erasure, printing, scans, uploads, voiding
from linli.work.book import Acting
from linli.work.cleaning import clean_photo
from linli.work.models import Category, DeadlineRule, DispatchRule, Item
from linli.work.seed import seed_catalogue
from linli.work.services import advance
from tests.chaos import assessment_cases, credits_cases, inspections_cases, shop_cases, standards_cases
from tests.requests.walk import WAYS, Walker
from tests.support.world import INSIDE, World
from tests.work.conftest import encoded, picture

Act = Callable[[], Any]
Case = Callable[[World], Act]


def _named(words: str) -> frozenset[str]:
    return frozenset(words.split())


NOT_ALONE = (
    # One statement, or part of the transaction of whoever calls it: what opens the transaction has a case of its own.
    _named("""
        people.accounts.close people.audit.record people.personal.reseal people.second_factor.reseal
        people.services.end_all people.services.empty_person
        people.sessions.end_sessions people.units.enter_units places.services.bump_registry
        places.services.changing places.services.record requests.registration.erase work.handing.transfer
        work.evidence_links.hold work.evidence_links.rows work.uploads.keep work.flush.flush
        work.flush.insert_statement work.services.once inspections.finding_services.open_finding
        work.services.open_supervision work.telling.tell_clock work.uploads.store_photo
        work.uploads.store_clean work.inbox.mark_read
        work.inbox.notify work.telling.tell people.personal.find_or_create_resident
        inspections.rounds.request_plan inspections.dissuasion.setup_themes work.printing.services.keep_paper
        inspections.unreached.note inspections.unreached.store
    """)
    # Parts of `people.erasing.confirm`; of `work.erasure.erase_items_of_person` what findings hold.
    | _named("""
        assessment.erasure.erase_packs assessment.erasure.erase_words campaigns.erasure.erase
        campaigns.erasure.erase_doubts inspections.erasure.erase inspections.erasure.erase_doubts
        inspections.erasure.erase_of_item work.erasure.erase_held work.erasure.erase_waiting work.erasure.erase_words
    """)
    # Counts tries, refusals and signs of life outside the transaction they are about: a refused try counts.
    | _named("""
        people.access.refuse people.access.require people.access.require_somewhere
        people.importers.entitled people.importers.importer_for requests.tracking.find people.gates.needs
        requests.services.see_contact inspections.day_pack.day_pack inspections.promises.place_over
        assessment.framing.staff_page assessment.services.locked
        people.refusals.note people.refusals.write people.throttle.clear people.throttle.hit
        people.throttle.hit_all people.phone.check_code people.phone.send_code people.second_factor.check
        people.signin.check_password people.signin.check_second_factor work.uploading.throttled work.scans.paper_for
    """)
    # Parts of the transaction of whoever calls them: a change that is a deed, an import, an erasure.
    | _named("""
        people.log_erasure.erase people.log_erasure.erase_doubts people.log_erasure.install people.gates.staff_page
        people.personal.give_name requests.fixing.tell work.deeds.record work.deeds.withdraw
    """)
    | credits_cases.NOT_ALONE
    | shop_cases.NOT_ALONE
    # Only names or calls the one service that has a case.
    | _named("""
        assessment.erasure.install assessment.registration.install campaigns.erasure.install
        inspections.erasure.install inspections.registration.install people.erasing.doubts_of
        requests.registration.install work.handing.install work.uploading.upload work.housekeeping.seal_history
        assessment.services.link_now
        places.setup.enter_names places.importing.install places.importing.learn_alias work.erasure.install
        people.erasing.recent exchange.services.undo exchange.services.undo_later exchange.undoing.begin
        work.erasure.empty
    """)
)

# Goes in steps, each whole, and is run again after a break until nothing is left to do.
RUN_AGAIN = (
    _named("""
    people.keys.rotate people.keys.rotate_blind people.phone.purge people.sessions.purge people.throttle.purge
    people.setup.setup exchange.undoing.undo_by_chunks
    places.setup.setup work.setup.setup
    work.housekeeping.remove_unclaimed_uploads work.uploads.remove_unclaimed work.receiving.receive_all
    work.scans.take_files work.sweeps.sweep assessment.erasure.drop_stale_packs
    work.sealing.seal assessment.packing.make inspections.rounds.make_due_rounds
    places.calendar_services.renew_calendar work.dues.recount exchange.running.carry_out
    exchange.services.run exchange.services.begin exchange.services.check
    exchange.services.answer exchange.services.set_columns exchange.services.plan_of exchange.services.remember
    exchange.services.remember_doubts exchange.services.fail exchange.services.drop exchange.services.purge
""")
    | credits_cases.RUN_AGAIN
)


def _rubbish(world: World) -> Category:
    return world.category("01")


def _signed(world: World) -> Walker:
    walker = Walker(world)
    walker.begin(words="楼下垃圾没人清理", contact_name="赵铁柱", phone="13805327788")
    walker.run(WAYS["signed"])
    return walker


# --- Places -------------------------------------------------------------------------------------------------------

BY = "tests"


def _place(service: str, /, **values: Any) -> Case:
    def case(world: World) -> Act:
        given = {key: value(world) if callable(value) else value for key, value in values.items()}
        return lambda: getattr(places, service)(**given, actor_label=BY)

    return case


def _grid(world: World) -> int:
    return int(world.places["east_grid1"].pk)


_SQUARE = box(120.44, 36.37, 120.445, 36.375)
PLACES: dict[str, Case] = {
    "create_place": _place(
        "create_place", kind="community", name="新社区", parent_id=lambda w: w.places["street"].pk, geometry=_SQUARE,
        code="370299001099", code_scheme="statistics", aliases=("新村",),
    ),
    "rename_place": _place("rename_place", place_id=_grid, name="改名网格"),
    "recode_place": _place("recode_place", place_id=_grid, scheme="grid", code="999"),
    "add_alias": _place("add_alias", place_id=_grid, name="小王庄"),
    "move_place": _place("move_place", place_id=_grid, new_parent_id=lambda w: w.places["west"].pk),
    "set_boundary": _place("set_boundary", place_id=_grid, geometry=_SQUARE),
    "replace_boundary": _place(
        "replace_boundary", place_id=_grid, geometry=_SQUARE, on=timezone.localdate(), noted_crs="EPSG:4490"
    ),
    "set_members": _place("set_members", grid_id=_grid, members=["1号楼", "2号楼"]),
    "retire_place": _place("retire_place", place_id=_grid),
}  # fmt: skip


# --- Exchange -----------------------------------------------------------------------------------------------------

_SHEET = "名称,类别,上级\n北村社区,社区,试验街道\n南村社区,社区,试验街道\n".encode()


def _received(world: World) -> tuple[Importer, ImportBatch]:
    importer = importer_for(world.actor("director"), world.places["district"].pk)
    return importer, exchange.receive(importer, "places", _SHEET, "places.csv")


def _receive(world: World) -> Act:
    return lambda: _received(world)


def _undo(world: World) -> Act:
    importer, batch = _received(world)
    exchange.check(batch, importer)
    exchange.begin(batch)
    exchange.run(batch, importer)
    return lambda: exchange.undo(ImportBatch.objects.get(pk=batch.pk), importer)


CALENDAR: dict[str, Case] = {
    "seed_calendar": lambda w: lambda: calendar_services.seed_calendar(2031, 2031, actor_label=BY),
    "set_calendar_day": lambda w: (
        lambda: calendar_services.set_calendar_day(date(2026, 12, 24), "holiday", actor_label=BY)
    ),
    "publish_year": lambda w: (
        lambda: calendar_services.publish_year(2027, {date(2027, 3, 3): "本地节日"}, {}, source="通知", actor_label=BY)
    ),
}


# --- People -------------------------------------------------------------------------------------------------------


def _hand_over(world: World) -> Act:
    _signed(world)
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
    made = report(world.actor("anonymous"), _report(world, phone="13805327788"), key="k-erased", device="tests")
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


def _revoke_token(world: World) -> Act:
    token, _raw = accounts.make_token(world.actor("handler"), "tests")
    return lambda: accounts.revoke_token(world.actor("handler"), token.pk)


def _bare_person(world: World) -> Act:
    person, _password = services.create_staff(world.actor("security"), name="新人")
    return lambda: accounts.create_account(world.actor("security"), person, "newcomer")


PEOPLE: dict[str, Case] = {
    "many.residents": lambda _w: lambda: many.residents([("张三", "13805320011"), ("李四", "13805320011")]),
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
    "accounts.create_account": _bare_person,
    "accounts.reset_password": _user("handler", lambda w, user: accounts.reset_password(w.actor("security"), user)),
    "accounts.remove_second_factor": _user(
        "handler", lambda w, user: accounts.remove_second_factor(w.actor("security"), user)
    ),
    "accounts.close_account": _user("handler", lambda w, user: accounts.close_account(w.actor("security"), user)),
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


# --- Work and requests --------------------------------------------------------------------------------------------

_PHOTO = encoded(picture(96, 72))


def _report(world: World, **more: Any) -> Report:
    longitude, latitude = INSIDE["east"]
    return Report("complaint", "楼下垃圾没人清理", longitude=longitude, latitude=latitude, **more)


def _reported(world: World) -> Act:
    photo = uploads.receive(BytesIO(_PHOTO), owner="dtests")
    wanted = _report(world, contact_name="赵铁柱", phone="13805327788", uploads=[str(photo.token)])
    return lambda: report(world.actor("anonymous"), wanted, key="k-report", device="tests")


def _with_link(service: Callable[..., Any], *, by_item: bool) -> Case:
    def case(world: World) -> Act:
        made = report(world.actor("anonymous"), _report(world), key="k-link", device="tests")
        first = (made.item_id, made.tracking_token) if by_item else (made.tracking_token,)
        return lambda: service(world.actor("anonymous"), *first, [("withdraw", {})], key="k-withdraw")

    return case


def _advance(world: World) -> Act:
    walker = _signed(world)
    photo = uploads.receive(BytesIO(_PHOTO), owner=f"p{world.users['handler'].person_id}")
    steps = [("reply", {"outcome": "solved", "answer": "已清理", "after": [str(photo.token)]})]
    return lambda: advance(world.actor("handler"), walker.item_id, steps, key="k-advance")


def _erase(world: World) -> Act:
    walker = _signed(world)
    walker.take("supervisor", "supervise", supervision="三日内答复", reply_due=_in_days(3))
    return lambda: erasure.erase_item_texts(world.actor("director"), walker.item_id, "asked_by_person")


def _in_days(days: int) -> str:
    return (timezone.now() + timedelta(days=days)).isoformat()


def _erase_all(world: World) -> Act:
    for _ in range(2):
        report(world.actor("resident"), _report(world), key=f"k-{_}-resident")
    person = world.users["resident"].person_id
    assert person
    subject = erasing.Subject(person, (person,), "", "")
    return lambda: erasure.erase_items_of_person(subject, world.actor("director"), "asked_by_person")


def _print(world: World) -> Act:
    walker = _signed(world)
    return lambda: printing.print_paper(world.actor("community"), walker.item_id, "slip", {}, key="k-print")


def _bring_back(world: World) -> Act:
    walker = _signed(world)
    paper = printing.print_paper(world.actor("community"), walker.item_id, "slip", {}, key="k-print")
    from tests.work.test_scans import photographed, read

    pages = read(photographed(paper.pdf))
    token, page = pages[0].token, clean_photo(_PHOTO)
    return lambda: scans.bring_back(world.actor("community"), token, [page], key="k-scan", owner="p1")


def _seed(world: World) -> Act:
    DispatchRule.objects.all().delete()
    DeadlineRule.objects.all().delete()
    for row in Category.objects.order_by("-path"):
        row.delete()
    return seed_catalogue


def _end_rule(world: World) -> Act:
    rule = DispatchRule.objects.filter(active=True).first() or catalogue.set_dispatch(
        world.actor("admin"), category_id=_rubbish(world).pk, place_id=None, function="water"
    )
    return lambda: catalogue.end_rule(world.actor("admin"), DispatchRule, rule.pk)


def _close_category(world: World) -> Act:
    row = catalogue.add_category(world.actor("admin"), None, "x9", {"name": "临时"})
    return lambda: catalogue.close_category(world.actor("admin"), row.pk)


def _recount(world: World) -> Act:
    walker, today = _signed(world), timezone.localdate()
    for number in range(20):
        calendar_services.set_calendar_day(today + timedelta(days=number), "holiday", actor_label=BY)
    return lambda: dues.recount_item(walker.item_id, work_calendar())


WORK: dict[str, Case] = {
    "dues.recount_item": _recount,
    "services.advance": _advance,
    "catalogue.change_category": lambda w: (
        lambda: catalogue.change_category(w.actor("admin"), _rubbish(w).pk, {"name": "垃圾问题"})
    ),
    "catalogue.add_category": lambda w: lambda: catalogue.add_category(w.actor("admin"), None, "x9", {"name": "临时"}),
    "catalogue.close_category": _close_category,
    "catalogue.set_deadline": lambda w: (
        lambda: catalogue.set_deadline(
            w.actor("admin"), clock="handle", unit="working_day", value=3, category_id=_rubbish(w).pk
        )
    ),
    "catalogue.set_dispatch": lambda w: (
        lambda: catalogue.set_dispatch(w.actor("admin"), category_id=_rubbish(w).pk, place_id=None, function="water")
    ),
    "catalogue.end_rule": _end_rule,
    "erasure.erase_item_texts": _erase,
    "erasure.erase_items_of_person": _erase_all,
    "printing.services.print_paper": _print,
    "scans.bring_back": _bring_back,
    "seed.seed_catalogue": _seed,
    "voiding.void": lambda w: _void(w),
    "uploads.receive": lambda w: lambda: uploads.receive(BytesIO(_PHOTO), owner="d1"),
}


def _void(world: World) -> Act:
    walker = Walker(world)
    walker.begin(words="楼下垃圾没人清理")
    walker.run(WAYS["dispatched"])
    item = Item.objects.get(pk=walker.item.pk)
    return lambda: voiding.void({item.pk: item.version}, "undo_import", Acting(None, "import"))


REQUESTS: dict[str, Case] = {
    "services.report": _reported,
    "services.advance_with_link": _with_link(advance_with_link, by_item=True),
    "services.advance_as_reporter": _with_link(advance_as_reporter, by_item=False),
}
CASES: dict[str, Case] = {
    "exchange.services.receive": _receive,
    "exchange.undoing.undo": _undo,
    **{f"places.services.{name}": case for name, case in PLACES.items()},
    **{f"places.calendar_services.{name}": case for name, case in CALENDAR.items()},
    **{f"people.{name}": case for name, case in PEOPLE.items()},
    **{f"work.{name}": case for name, case in WORK.items()},
    **{f"requests.{name}": case for name, case in REQUESTS.items()},
    "work.services.open_item": _reported,
    **assessment_cases.CASES,
    **standards_cases.CASES,
    **inspections_cases.CASES,
    **credits_cases.CASES,
    **shop_cases.CASES,
}
