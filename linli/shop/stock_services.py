"""The only writers of what lies at the counters: donations, receipts, moves and stock-taking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from linli.credits.errors import Insufficient
from linli.people.access import Actor, ObjectHidden, covers, require
from linli.people.audit import record
from linli.places.models import Place
from linli.shop import books, rules
from linli.shop.models import Counter, Donation, Good, Receipt, Stocktake, StocktakeLine, Supply
from linli.shop.refusals import refused

MANAGE = "shop.manage"
QUANTITY_MAX, FEN_MAX = 100_000, 10_000_000_000


@dataclass(frozen=True, slots=True)
class Given:
    """A donation as it is entered from its slip."""

    place_id: int
    kind: str
    donor: str
    what: str
    slip_number: str
    received_on: date
    organisation: bool = False
    named: bool = False
    amount_fen: int | None = None
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """Pieces that come to a counter. `slot` is the (begin, end) of a service; `moved_from` a supply."""

    good_id: int
    counter_id: int
    quantity: int
    kind: str
    received_on: date
    slip_number: str = ""
    donation_id: int | None = None
    moved_from_id: int | None = None
    cost_fen: int | None = None
    slot: tuple[datetime, datetime] | None = None


def field_refused(field: str, zh: str, en: str) -> Exception:
    """A refusal of one field."""
    return refused("invalid_field", zh, en, field=field, status=422)


def give(actor: Actor, given: Given, *, key: str) -> Donation:
    """Enter a donation of goods or money from its slip; again with the same key it is the same one."""
    place = Place.objects.filter(pk=given.place_id, active=True).first()
    if place is None:
        raise ObjectHidden(MANAGE)
    require(actor, MANAGE, place_path=str(place.path), hidden=True)
    if given.kind not in (Donation.GOODS, Donation.FUNDS):
        raise field_refused("kind", "请选择捐物还是捐款。", "Choose goods or money.")
    for field, text, most in (("donor", given.donor, 60), ("what", given.what, 120), ("slip", given.slip_number, 40)):
        if not text.strip() or len(text) > most:
            raise field_refused(field, f"请填写，不超过{most}字。", f"Fill this in, at most {most} characters.")
    if (given.kind == Donation.FUNDS) != (given.amount_fen is not None):
        raise field_refused("amount", "捐款填金额，捐物不填。", "Give the amount for money only.")
    if given.amount_fen is not None and not 0 < given.amount_fen <= FEN_MAX:
        raise field_refused("amount", "金额要大于零。", "The amount must be above zero.")
    _not_future(given.received_on)
    try:
        with transaction.atomic():
            row, fresh = Donation.objects.get_or_create(
                key=_scoped(actor, key),
                defaults={
                    "place": place, "kind": given.kind, "donor": given.donor.strip(),
                    "organisation": given.organisation, "named": given.named or given.organisation,
                    "what": given.what.strip(), "amount_fen": given.amount_fen,
                    "slip_number": given.slip_number.strip(), "received_on": given.received_on,
                    "synthetic": given.synthetic, "created_by_id": actor.person_id, "created_at": timezone.now(),
                },
            )  # fmt: skip
            if fresh:
                record("shop.donated", actor_id=actor.person_id, subject=f"donation:{row.pk}")
    except IntegrityError as error:
        if "shop_donation_slip_once" not in str(error):
            raise
        raise field_refused("slip", "这个单号已经登记过了，请核对。", "This slip was entered before.") from error
    return row


def _scoped(actor: Actor, key: str) -> str:
    if not key or not key.isprintable():
        raise field_refused("key", "页面已过期，请刷新后再试。", "The page is too old; reload it.")
    return f"p{actor.person_id}:{key}"[:96]


def _not_future(day: date) -> None:
    if day > timezone.localdate():
        raise field_refused("received_on", "日期不能晚于今天。", "The day lies in the future.")


def take_in(actor: Actor, incoming: Incoming, *, key: str) -> Receipt:
    """Book pieces into a counter, as one transfer in the ledger; again with the same key it is the same one."""
    scoped = _scoped(actor, key)
    known = Receipt.objects.filter(key=scoped).first()
    if known is not None:
        return known
    good, counter = _good_and_counter(actor, incoming)
    _check_incoming(good, incoming)
    try:
        with transaction.atomic():
            supply = supply_of(good, counter, incoming.slot)
            row = Receipt.objects.create(
                key=scoped, supply=supply, kind=incoming.kind, quantity=incoming.quantity,
                donation_id=incoming.donation_id, moved_from_id=incoming.moved_from_id, cost_fen=incoming.cost_fen,
                slip_number=incoming.slip_number.strip(), received_on=incoming.received_on,
                created_by_id=actor.person_id, created_at=timezone.now(),
            )  # fmt: skip
            books.take_in(row, actor)
    except IntegrityError:
        # The form was sent twice at the same moment: the other one has booked it.
        known = Receipt.objects.filter(key=scoped).first()
        if known is None:
            raise
        return known
    except Insufficient as problem:
        raise field_refused(
            "quantity", f"那里只有{problem.available}{good.unit}可以调出（已预约的除外）。",
            f"Only {problem.available} can be moved from there (reserved ones stay).",
        ) from problem  # fmt: skip
    return row


def _good_and_counter(actor: Actor, incoming: Incoming) -> tuple[Good, Counter]:
    good = Good.objects.select_related("place").filter(pk=incoming.good_id).first()
    counter = Counter.objects.select_related("place").filter(pk=incoming.counter_id, active=True).first()
    if good is None or counter is None:
        raise ObjectHidden(MANAGE)
    # Goods are the street's, stock is the counter's: a community books what lies at its own counters.
    require(actor, MANAGE, place_path=str(counter.place.path), hidden=True)
    if not covers(str(good.place.path), str(counter.place.path)):
        raise ObjectHidden(MANAGE)
    if incoming.moved_from_id is not None:
        source = Supply.objects.select_related("counter__place").filter(pk=incoming.moved_from_id).first()
        require(actor, MANAGE, place_path=str(source.counter.place.path) if source else None, hidden=True)
    return good, counter


def _check_incoming(good: Good, incoming: Incoming) -> None:
    if incoming.kind not in rules.RECEIPTS:
        raise field_refused("kind", "请选择来源。", "Choose where it came from.")
    if not 0 < incoming.quantity <= QUANTITY_MAX:
        raise field_refused("quantity", "请填写数量。", "Give the quantity.")
    if incoming.slot is not None and good.kind != Good.SERVICE:
        raise field_refused("slot", "商品不填时段。", "Goods have no slot.")
    if incoming.slot is None and good.kind == Good.SERVICE and incoming.kind != Receipt.PROVIDED:
        raise field_refused(
            "slot", "服务要填时段；合作商户每天都提供的，来源选合作商户提供，可以不填。",
            "A service needs a slot, unless its partner gives it every day.",
        )  # fmt: skip
    if incoming.slot is not None and not timezone.now() < incoming.slot[0] < incoming.slot[1]:
        raise field_refused("slot", "时段要在以后，结束晚于开始。", "The slot lies ahead and ends after it begins.")
    if incoming.kind == Receipt.DONATED:
        donation = Donation.objects.filter(pk=incoming.donation_id or 0, place_id=good.place_id, kind=Donation.GOODS)
        if not donation.exists():
            raise field_refused("donation", "捐赠的东西要选它的捐赠单。", "Choose the slip of the donation.")
    if incoming.kind == Receipt.BOUGHT and not incoming.slip_number.strip():
        raise field_refused("slip", "采购要填票据号。", "Give the number of the bill.")
    if incoming.kind == Receipt.PROVIDED and good.partner_id is None:
        raise field_refused("kind", "这件商品没有合作商户。", "This has no partner.")
    if incoming.kind == Receipt.MOVED:
        source = Supply.objects.filter(pk=incoming.moved_from_id or 0, good=good).exclude(
            counter_id=incoming.counter_id
        )
        if good.kind != Good.GOODS or not source.exists():
            raise field_refused("moved_from", "请选择从哪个兑换台调出。", "Choose the counter it comes from.")
    if incoming.cost_fen is not None and not 0 <= incoming.cost_fen <= FEN_MAX:
        raise field_refused("cost", "金额不对。", "The amount is wrong.")
    _not_future(incoming.received_on)


def supply_of(good: Good, counter: Counter, slot: tuple[datetime, datetime] | None) -> Supply:
    """The supply of a good at a counter (and in a slot), made with its account when there is none yet."""
    begins, ends = slot if slot is not None else (None, None)
    row, _fresh = Supply.objects.get_or_create(
        good=good, counter=counter, begins_at=begins, defaults={"ends_at": ends, "created_at": timezone.now()}
    )
    if row.account_id is None:
        row.account_id = books.open_stock(row.pk, counter.place_id)
        row.save(update_fields=["account"])
    return row


def count_stock(
    actor: Actor, counter_id: int, counts: Mapping[int, tuple[int, str]], *, key: str, counted_on: date | None = None
) -> Stocktake:
    """Enter a count: pieces and reason (where they differ) by supply. Small differences are booked at once.

    Beyond the threshold (`rules.needs_second_person`) the count waits for a second person. Reserved pieces lie at the
    counter and are counted too.
    """
    scoped = _scoped(actor, key)
    known = Stocktake.objects.filter(key=scoped).first()
    if known is not None:
        return known
    counter = Counter.objects.select_related("place").filter(pk=counter_id).first()
    if counter is None:
        raise ObjectHidden(MANAGE)
    require(actor, MANAGE, place_path=str(counter.place.path), hidden=True)
    with transaction.atomic():
        Counter.objects.select_for_update(no_key=True).get(pk=counter_id)
        known = Stocktake.objects.filter(key=scoped).first()
        if known is not None:  # sent twice at the same moment
            return known
        if Stocktake.objects.filter(counter=counter, state=Stocktake.WAITING).exists():
            raise refused("waiting", "上一次盘点还在等复核。", "The last count still waits for its second person.")
        supplies = {
            row.pk: row
            for row in Supply.objects.select_related("good", "account").filter(
                counter=counter, begins_at=None, good__kind=Good.GOODS, account__isnull=False, pk__in=counts
            )
        }
        if not counts or set(counts) - set(supplies):
            raise field_refused("counts", "盘点表已过期，请刷新。", "The list is too old; reload it.")
        lines = [_line(supplies[number], *counts[number]) for number in sorted(counts)]
        row = Stocktake.objects.create(
            key=scoped, counter=counter, state=Stocktake.WAITING, counted_on=counted_on or timezone.localdate(),
            counted_by_id=actor.person_id, created_at=timezone.now(),
        )  # fmt: skip
        for line in lines:
            line.stocktake = row
        StocktakeLine.objects.bulk_create(lines)
        record("shop.counted", actor_id=actor.person_id, subject=f"stocktake:{row.pk}")
        differences = [(line.counted - line.booked, supplies[line.supply_id].good.price) for line in lines]
        if not rules.needs_second_person(differences):
            _book(row, lines, actor)
    return row


def _line(supply: Supply, counted: int, reason: str) -> StocktakeLine:
    booked = books.pieces(supply)
    if not 0 <= counted <= QUANTITY_MAX:
        raise field_refused(f"count_{supply.pk}", "请填写数量。", "Give the quantity.")
    if counted != booked and reason not in rules.REASONS:
        raise field_refused(
            f"reason_{supply.pk}", f"账上{booked}{supply.good.unit}，请选择不一致的原因。",
            f"The books say {booked}: choose why it differs.",
        )  # fmt: skip
    return StocktakeLine(supply=supply, booked=booked, counted=counted, reason=reason if counted != booked else "")


def decide_count(actor: Actor, stocktake_id: int, agree: bool) -> Stocktake:
    """The second person confirms the differences of a count, or sends it back to be counted again."""
    with transaction.atomic():
        row = (
            Stocktake.objects.select_for_update(of=("self",), no_key=True)
            .select_related("counter__place")
            .filter(pk=stocktake_id)
            .first()
        )
        if row is None:
            raise ObjectHidden(MANAGE)
        require(actor, MANAGE, place_path=str(row.counter.place.path), hidden=True)
        if row.state != Stocktake.WAITING:
            return row
        if row.counted_by_id == actor.person_id:
            raise refused(
                "same_person",
                "差异较大，要由另一个人复核。",
                "The differences are large: somebody else must confirm them.",
            )
        if agree:
            _book(row, list(row.lines.select_related("supply__good")), actor)
        else:
            row.state, row.decided_by_id, row.decided_at = Stocktake.REFUSED, actor.person_id, timezone.now()
            row.save(update_fields=["state", "decided_by", "decided_at"])
        record("shop.count_decided", actor_id=actor.person_id, subject=f"stocktake:{row.pk}")
    return row


def _book(row: Stocktake, lines: list[StocktakeLine], actor: Actor) -> None:
    for line in lines:
        if line.counted != line.booked:
            try:
                books.adjust(line, row, actor)
            except Insufficient as problem:
                raise refused(
                    "reserved", f"{line.supply.good.name}已有预约，账上至少要留够预约的数量。",
                    f"{line.supply.good.name} is reserved: the books must keep as many as are reserved.",
                ) from problem  # fmt: skip
    row.state, row.decided_by_id, row.decided_at = Stocktake.BOOKED, actor.person_id, timezone.now()
    row.save(update_fields=["state", "decided_by", "decided_at"])
