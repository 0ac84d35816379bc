"""One call of every writing service of work and of requests on the small world."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

from django.utils import timezone

from linli.people import erasing
from linli.places import calendar_services
from linli.places.selectors import work_calendar
from linli.requests.services import advance_with_link, report
from linli.work import catalogue, deadline_recount, erasure, printing, scans, uploads, voiding
from linli.work.book import Acting
from linli.work.cleaning import clean_photo
from linli.work.models import Category, DeadlineRule, DispatchRule, Item
from linli.work.seed import seed_catalogue
from linli.work.services import advance
from tests.chaos.casing import Act, Case, a_report, signed, within
from tests.requests.walk import WAYS, Walker
from tests.support.world import World
from tests.work.conftest import encoded, picture

_PHOTO = encoded(picture(96, 72))


def _rubbish(world: World) -> Category:
    return world.category("01")


def _reported(world: World) -> Act:
    photo = uploads.receive(BytesIO(_PHOTO), owner="dtests")
    wanted = a_report(world, contact_name="赵铁柱", phone="13805327788", uploads=[str(photo.token)])
    return lambda: report(world.actor("anonymous"), wanted, key="k-report", device="tests")


def _withdrawn(world: World) -> Act:
    made = report(world.actor("anonymous"), a_report(world), key="k-link", device="tests")
    link = (made.item_id, made.tracking_token)
    return lambda: advance_with_link(world.actor("anonymous"), *link, [("withdraw", {})], key="k-withdraw")


def _advance(world: World) -> Act:
    walker = signed(world)
    photo = uploads.receive(BytesIO(_PHOTO), owner=f"p{world.users['handler'].person_id}")
    steps = [("reply", {"outcome": "solved", "answer": "已清理", "after": [str(photo.token)]})]
    return lambda: advance(world.actor("handler"), walker.item_id, steps, key="k-advance")


def _erase(world: World) -> Act:
    walker = signed(world)
    walker.take("supervisor", "supervise", supervision="三日内答复", reply_due=_in_days(3))
    return lambda: erasure.erase_item_texts(world.actor("director"), walker.item_id, "asked_by_person")


def _in_days(days: int) -> str:
    return (timezone.now() + timedelta(days=days)).isoformat()


def _erase_all(world: World) -> Act:
    for _ in range(2):
        report(world.actor("resident"), a_report(world), key=f"k-{_}-resident")
    person = world.users["resident"].person_id
    assert person
    subject = erasing.Subject(person, (person,), "", "")
    return lambda: erasure.erase_items_of_person(subject, world.actor("director"), "asked_by_person")


def _print(world: World) -> Act:
    walker = signed(world)
    return lambda: printing.print_paper(world.actor("community"), walker.item_id, "slip", {}, key="k-print")


def _bring_back(world: World) -> Act:
    walker = signed(world)
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
    walker, today = signed(world), timezone.localdate()
    for number in range(20):
        calendar_services.set_calendar_day(today + timedelta(days=number), "holiday", actor_label="tests")
    return lambda: deadline_recount.recount_item(walker.item_id, work_calendar())


WORK: dict[str, Case] = {
    "deadline_recount.recount_item": _recount,
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
    "services.advance_with_link": _withdrawn,
}


CASES: dict[str, Case] = {
    **within("work", WORK),
    **within("requests", REQUESTS),
    "work.services.open_item": _reported,
}
