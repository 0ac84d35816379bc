"""The only writers of goods, counters and partners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.people.models import Organisation
from linli.places.models import Place
from linli.shop import rules
from linli.shop.models import Counter, Good, Order, Partner
from linli.shop.refusals import refused
from linli.shop.stock_services import MANAGE, field_refused
from linli.work.engine import StepRefused
from linli.work.evidence_links import Held, hold
from linli.work.models import Evidence

GOOD_HOLDER = "shop_good"
PRICE_MAX, WORDS_MAX = 1_000_000, 1000


@dataclass(frozen=True, slots=True)
class GoodWanted:
    """What is entered of a good or service; all of it but its place can be changed later."""

    place_id: int
    name: str
    unit: str
    price: int
    kind: str = Good.GOODS
    words: str = ""
    limit_quantity: int | None = None
    limit_period: str = "month"
    days_kept: int = 7
    partner_id: int | None = None
    photo: str = ""
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class CounterWanted:
    """What is entered of a counter."""

    place_id: int
    name: str
    address: str = ""
    hours: Sequence[tuple[int, str, str]] = ()
    partner_id: int | None = None
    active: bool = True
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class PartnerWanted:
    """What is entered of a partner."""

    place_id: int
    kind: str
    name: str
    since: date
    until: date | None = None
    agreement_number: str = ""
    organisation_id: int | None = None
    synthetic: bool = False


def _managed(actor: Actor, place_id: int) -> Place:
    place = Place.objects.filter(pk=place_id, active=True).first()
    if place is None:
        raise ObjectHidden(MANAGE)
    require(actor, MANAGE, place_path=str(place.path), hidden=True)
    return place


def _text(field: str, text: str, most: int) -> str:
    if not text.strip() or len(text.strip()) > most or "\0" in text:
        raise field_refused(field, f"请填写，不超过{most}字。", f"Fill this in, at most {most} characters.")
    return text.strip()


def _taken(field: str) -> StepRefused:
    return refused("name_taken", "已经有同名的了，请换个名称。", "There is one of this name.", field=field, status=422)


def _check_good(wanted: GoodWanted, place: Place) -> None:
    _text("name", wanted.name, 60)
    _text("unit", wanted.unit, 8)
    if len(wanted.words) > WORDS_MAX:
        raise field_refused("words", f"说明不超过{WORDS_MAX}字。", f"At most {WORDS_MAX} characters.")
    found = rules.cash_like(f"{wanted.name} {wanted.words}")
    if found:
        raise field_refused(
            "name", f"积分不兑现金，也不兑和现金一样的东西（“{found}”）。请换成实物或服务。",
            f"Points never buy money or what is as good as money (“{found}”). Offer goods or services.",
        )  # fmt: skip
    if wanted.kind not in rules.KINDS or wanted.limit_period not in rules.PERIODS:
        raise field_refused("kind", "有选项不存在，请重新选择。", "A choice does not exist; choose again.")
    if not 0 < wanted.price <= PRICE_MAX:
        raise field_refused("price", "请填写所需积分，至少1分。", "Give the price in points, at least 1.")
    if wanted.limit_quantity is not None and not 0 < wanted.limit_quantity <= 1000:
        raise field_refused("limit", "限兑数量至少1；不限就留空。", "The limit is at least 1; leave it empty for none.")
    if not 1 <= wanted.days_kept <= 60:
        raise field_refused("days_kept", "保留天数1到60。", "It is kept for 1 to 60 days.")
    if wanted.partner_id is not None and not Partner.objects.filter(pk=wanted.partner_id, place=place).exists():
        raise field_refused("partner", "没有这个合作商户。", "There is no such partner.")


def save_good(actor: Actor, wanted: GoodWanted, good_id: int | None = None) -> Good:
    """A new good or service, or the changed one. The price of what is reserved already stays as it was."""
    place = _managed(actor, wanted.place_id)
    _check_good(wanted, place)
    try:
        with transaction.atomic():
            row = _good(actor, good_id, place) if good_id else Good(created_at=timezone.now(), place=place)
            if good_id and row.kind != wanted.kind and row.supplies.exists():
                raise field_refused("kind", "已有库存，类别不能再改。", "It has stock; its kind stays as it is.")
            for name in ("kind", "unit", "price", "limit_quantity", "limit_period", "days_kept", "partner_id"):
                setattr(row, name, getattr(wanted, name))
            row.name, row.words = wanted.name.strip(), wanted.words.strip()
            row.unit, row.synthetic = wanted.unit.strip(), wanted.synthetic or row.synthetic
            if row.pk is None:
                row.created_by_id = actor.person_id
            row.save()
            if wanted.photo:
                _take_photo(row, wanted.photo, actor)
            record("shop.changed", actor_id=actor.person_id, subject=f"good:{row.pk}")
    except IntegrityError as error:
        if "shop_good_once" in str(error):
            raise _taken("name") from error
        raise
    return row


def _good(actor: Actor, good_id: int, place: Place | None = None) -> Good:
    row = Good.objects.select_for_update(of=("self",)).select_related("place").filter(pk=good_id).first()
    if row is None or (place is not None and row.place_id != place.pk):
        raise ObjectHidden(MANAGE)
    require(actor, MANAGE, place_path=str(row.place.path), hidden=True)
    return row


def _take_photo(row: Good, token: str, actor: Actor) -> None:
    """The upload becomes the good's photo; the one before is removed from sight."""
    now = timezone.now()
    made = hold([Held(GOOD_HOLDER, row.pk, (token,))], actor, now)[row.pk]
    if row.photo_id is not None:
        Evidence.objects.filter(pk=row.photo_id).update(removed_at=now)
    row.photo_id = made[0]
    row.save(update_fields=["photo"])


def suspend(actor: Actor, good_id: int, reason: str) -> Good:
    """Stop new reservations of a good; those that stand are still handed over."""
    with transaction.atomic():
        row = _good(actor, good_id)
        row.suspended_at = row.suspended_at or timezone.now()
        row.suspended_for = _text("reason", reason, 120)
        row.save(update_fields=["suspended_at", "suspended_for"])
        record("shop.changed", actor_id=actor.person_id, subject=f"good:{row.pk}", what="suspended")
    return row


def resume(actor: Actor, good_id: int) -> Good:
    """Offer a suspended good again."""
    with transaction.atomic():
        row = _good(actor, good_id)
        row.suspended_at, row.suspended_for = None, ""
        row.save(update_fields=["suspended_at", "suspended_for"])
        record("shop.changed", actor_id=actor.person_id, subject=f"good:{row.pk}", what="resumed")
    return row


def suspend_ended(today: date | None = None) -> int:
    """Stop new reservations of what partners gave whose agreement has ended; how many goods (1 statement)."""
    rows = Good.objects.filter(partner__until__lt=today or timezone.localdate(), suspended_at=None)
    return rows.update(suspended_at=timezone.now(), suspended_for="合作已到期")


def save_counter(actor: Actor, wanted: CounterWanted, counter_id: int | None = None) -> Counter:
    """A new counter, or the changed one."""
    place = _managed(actor, wanted.place_id)
    _text("name", wanted.name, 60)
    if len(wanted.address) > 120:
        raise field_refused("address", "地址不超过120字。", "At most 120 characters.")
    hours = [list(row) for row in wanted.hours]
    if not rules.valid_hours(hours):
        raise field_refused(
            "hours", "开放时间不对，例如 09:00 到 17:00。", "Opening hours are wrong, e.g. 09:00 to 17:00."
        )
    try:
        with transaction.atomic():
            row = Counter(created_at=timezone.now(), created_by_id=actor.person_id)
            if counter_id is not None:
                found = Counter.objects.select_for_update(of=("self",)).select_related("place").filter(pk=counter_id)
                row = found.first() or row
                if row.pk is None:
                    raise ObjectHidden(MANAGE)
                require(actor, MANAGE, place_path=str(row.place.path), hidden=True)
                if row.active and not wanted.active:
                    _nothing_waits(row)
            row.place, row.name, row.address = place, wanted.name.strip(), wanted.address.strip()
            row.hours, row.active, row.partner_id = hours, wanted.active, wanted.partner_id
            row.synthetic = wanted.synthetic or row.synthetic
            row.save()
            record("shop.changed", actor_id=actor.person_id, subject=f"counter:{row.pk}")
    except IntegrityError as error:
        if "shop_counter_once" in str(error):
            raise _taken("name") from error
        raise
    return row


def _nothing_waits(row: Counter) -> None:
    """A counter where something waits to be collected stays open: nobody comes to a closed one for what is theirs."""
    waiting = Order.objects.filter(counter=row, state=Order.RESERVED).count()
    if waiting:
        raise field_refused(
            "active", f"还有{waiting}个预约没领，先交付或取消，再停用。",
            f"{waiting} reservations wait here: hand them over or call them off first.",
        )  # fmt: skip


def save_partner(actor: Actor, wanted: PartnerWanted, partner_id: int | None = None) -> Partner:
    """A new partner, or the changed one."""
    place = _managed(actor, wanted.place_id)
    _text("name", wanted.name, 60)
    if wanted.kind not in rules.PARTNERS:
        raise field_refused("kind", "请选择类别。", "Choose the kind.")
    if wanted.until is not None and wanted.until < wanted.since:
        raise field_refused("until", "结束要晚于开始。", "The end follows the beginning.")
    unit = Organisation.objects.filter(pk=wanted.organisation_id or 0, active=True)
    if wanted.organisation_id is not None and not unit.exists():
        raise field_refused("organisation", "没有这个单位。", "There is no such unit.")
    try:
        with transaction.atomic():
            row = Partner(created_at=timezone.now(), created_by_id=actor.person_id, place=place)
            if partner_id is not None:
                row = Partner.objects.select_for_update(of=("self",)).filter(pk=partner_id, place=place).first() or row
                if row.pk is None:
                    raise ObjectHidden(MANAGE)
            row.kind, row.name, row.since, row.until = wanted.kind, wanted.name.strip(), wanted.since, wanted.until
            row.agreement_number = wanted.agreement_number.strip()[:40]
            row.organisation_id, row.synthetic = wanted.organisation_id, wanted.synthetic or row.synthetic
            row.save()
            record("shop.changed", actor_id=actor.person_id, subject=f"partner:{row.pk}")
    except IntegrityError as error:
        if "shop_partner_once" in str(error):
            raise _taken("name") from error
        raise
    return row
