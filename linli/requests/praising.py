"""Who is praised (被表扬人): staff name somebody who takes part in points; found true and closed, it is a deed.

The deed is told in the transaction of the step that closes the item, and withdrawn in that of the step that opens it
again. Paid staff and officials earn none for duty, so none of them can be named; nobody is named by their own praise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from linli.credits.membership import members_among
from linli.kernel.labels import Label
from linli.kernel.workflow import Field, FieldKind, Meaning
from linli.people import crypto, masking, personal
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.people.models import Person
from linli.people.roles import ROLES
from linli.people.services import in_force
from linli.requests import contact
from linli.requests.models import Praised, RequestDetail
from linli.work import deeds, moments, remarks, themes
from linli.work.book import Book
from linli.work.engine import StepRefused
from linli.work.models import Item
from linli.work.noting import note
from linli.work.remarks import Remark
from linli.work.visibility import may_see_item

NAME = "request.answer"
"""Whoever answers a praise says whom it is about."""
KIND = "praise"
NAMED, STRUCK = "praised_named", "praised_struck"
FOUND: dict[str, Label] = {
    "reporter": Label("问过表扬的人", "Asked whoever praised"),
    "community": Label("问过社区或邻居", "Asked the community or neighbours"),
    "seen": Label("工作人员在场，或有照片", "Staff were there, or there are photos"),
}
NOT_SO = frozenset({"cannot", "enforcement"})
"""Outcomes by which a praise was closed without being found true."""
_STAFF = tuple(slug for slug, role in ROLES.items() if role.staff)
_HOW = Field("found", Label("怎样核实", "How it was made sure"), FieldKind.CHOICE, choices=tuple(FOUND.items()))


def name(actor: Actor, item_id: int, *, phone: str, person_name: str, found: str, theme: str = "") -> Praised:
    """Name who is praised, by phone and name; once more the same person is the same row.

    Raises ObjectHidden (404) for an item the actor may not answer, StepRefused (422, 409) with what to do.
    """
    with transaction.atomic():
        item, me = _locked(actor, item_id), actor.person_id
        if me is None:
            raise ObjectHidden(NAME)
        if item.subkind != KIND:
            raise _refused(
                "not_praise", "只有表扬可以记被表扬人。", "Only praise is about somebody praised.", status=409
            )
        if found not in FOUND:
            raise _refused("no_proof", "请选择是怎样核实的。", "Choose how it was made sure.", "found")
        if theme and theme not in themes.THEMES:
            raise _refused("bad_theme", "请选择好事的类别。", "Choose the kind of deed.", "theme")
        person_id = _member(actor, item, phone, person_name)
        known = Praised.objects.filter(item=item, struck_at=None).first()
        if known is not None and known.person_id == person_id:
            return known
        if known is not None:
            raise _refused(
                "named", "已经记了一个人。记错了，请先撤去。", "Somebody is named; strike that first.", status=409
            )
        note(actor, item_id, {NAMED: True, "found": found}, permission=NAME, unit=actor.organisation_id)
        row = Praised.objects.create(
            item=item, person_id=person_id, found=found, theme=theme, named_by_id=me,
            named_at=moments.now(),
        )  # fmt: skip
        record("praise.named", actor_id=actor.person_id, subject=f"item:{item_id}", person=person_id, what="named")
        if item.meaning == Meaning.DONE.value:
            _tell(row, item.place_id, item.received_at, item.outcome)
        return row


def strike(actor: Actor, item_id: int) -> None:
    """Strike out who was named by mistake; the deed is withdrawn. Striking again changes nothing."""
    with transaction.atomic():
        _locked(actor, item_id)
        row = Praised.objects.filter(item_id=item_id, struck_at=None).first()
        if row is None:
            return
        note(actor, item_id, {STRUCK: True}, permission=NAME, unit=actor.organisation_id)
        row.struck_at, row.struck_by_id = moments.now(), actor.person_id
        row.save(update_fields=["struck_at", "struck_by"])
        record("praise.named", actor_id=actor.person_id, subject=f"item:{item_id}", person=row.person_id, what="struck")
        _take_back(row)


def turned(book: Book) -> None:
    """A praise was closed: the deed is told; it is open again: withdrawn. One statement where nobody is named."""
    if book.item["subkind"] != KIND:
        return
    row = Praised.objects.filter(item_id=book.item["id"], struck_at=None).first()
    if row is None:
        return
    if book.item["meaning"] == Meaning.DONE.value:
        _tell(row, book.item["place_id"], book.item["received_at"], book.item["outcome"])
    else:
        _take_back(row)


def shown(actor: Actor, item: Mapping[str, Any], *, language: str) -> dict[str, Any]:
    """Who is named, masked, whether the deed stands, and whether the actor may name; empty for other items.

    At most 3 statements, none for what is no praise.
    """
    if item["subkind"] != KIND or item["kind"] != "request":
        return {}
    may = actor.person_id is not None and actor.may(NAME, place_path=str(item["place_path"] or "") or None)
    row = Praised.objects.filter(item_id=item["id"], struck_at=None).first()
    if row is None:
        how = [(code, label.text(language)) for code, label in FOUND.items()]
        return {"may": may, "how": how, "themes": themes.choices(language)} if may else {}
    return {
        "may": may, "row": row, "who": personal.contacts([row.person_id], clear=False)[row.person_id],
        "found": FOUND[row.found].text(language), "theme": themes.theme_named(row.theme, language),
        "told": row.version > 0 and deeds.stands(deeds.praised_key(row.item_id, row.version)),
        "done": item["meaning"] == Meaning.DONE.value,
    }  # fmt: skip


def _locked(actor: Actor, item_id: int) -> Item:
    item = Item.objects.select_for_update().filter(pk=item_id, kind="request").first()
    if item is None or not may_see_item(actor, item_id):
        raise ObjectHidden(NAME)
    require(actor, NAME, place_path=str(item.place_path or "") or None, hidden=True)
    return item


def _member(actor: Actor, item: Item, phone: str, person_name: str) -> int:
    """The one member with this phone and name who may be praised here; refused with what to do otherwise."""
    number, called = masking.normalise_phone(phone), person_name.replace("\x00", "").strip()
    if len(number) != 11 or not number.isdigit():
        raise _refused("bad_phone", "请填11位手机号。", "A mobile number has 11 digits.", "phone")
    if not called or len(called) > 40:
        raise _refused("no_name", "请填姓名，免得记错人。", "Give the name, so that it is the right person.", "name")
    rows = list(Person.objects.filter(phone_blind=crypto.blind(number, personal.PHONE), erased_at=None).order_by("pk"))
    same = [row.pk for row in rows]
    if in_force(timezone.localdate(item.received_at)).filter(person_id__in=same, role__in=_STAFF).exists():
        raise _refused(
            "duty", "这是在职工作人员，履职不计积分，不用记。", "Paid staff earn none for duty; leave it out.", "phone",
            status=409,
        )  # fmt: skip
    if actor.person_id in same or item.reporter_id in same or _is_reporter(item, number):
        raise _refused(
            "oneself",
            "不能是表扬的人自己，也不能是您自己。",
            "Neither whoever praised nor yourself.",
            "phone",
            status=409,
        )
    joined = members_among(same)
    fitting = [row for row in rows if row.pk in joined and personal.opened(row, "name") in ("", called)]
    if not fitting:
        raise _refused(
            "no_member", "没有找到参加积分的这个人：请核对姓名和手机号，或请对方先自愿加入。",
            "No member has this name and phone: check both, or ask them to join first if they wish.", "phone",
        )  # fmt: skip
    return max(fitting, key=lambda row: personal.opened(row, "name") == called).pk


def _is_reporter(item: Item, phone: str) -> bool:
    return RequestDetail.objects.filter(pk=item.pk, phone_blind=contact.phone_blind(phone)).exists()


def _tell(row: Praised, place_id: int | None, received_at: Any, outcome: str | None) -> None:
    if place_id is None or outcome in NOT_SO:
        return
    earlier = Praised.objects.filter(item_id=row.item_id).aggregate(most=Max("version"))["most"] or 0
    row.version = earlier + 1
    row.save(update_fields=["version"])
    deeds.record([
        deeds.Done(
            key=deeds.praised_key(row.item_id, row.version), kind=deeds.PRAISED, person_id=row.person_id,
            place_id=place_id, happened_on=timezone.localdate(received_at), source=("item", row.item_id),
            facts={"theme": row.theme},
        )
    ])  # fmt: skip


def _take_back(row: Praised) -> None:
    if row.version:
        deeds.withdraw([deeds.praised_key(row.item_id, row.version)])


def _refused(code: str, zh: str, en: str, field: str = "", *, status: int = 422) -> StepRefused:
    return StepRefused(code, Label(zh, en), status=status, field=field)


def install() -> None:
    """Name what it notes in an item's history."""
    remarks.register(Remark(NAMED, Label("记下被表扬人", "Who is praised was named"), (_HOW,)))
    remarks.register(Remark(STRUCK, Label("撤去记错的被表扬人", "Who was named by mistake was struck out")))
