"""Writers of sheets of stickers (小红花): made with a budget, printed, handed out, brought back, void, ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from linli.awards import sticker_points
from linli.awards.models import Rule, Sticker, StickerMove, StickerSheet
from linli.awards.rules import forbidden_word
from linli.awards.sticker_papers import Printed, sheet_pdf
from linli.awards.sticker_rules import claims_until, digest, new_code, runs
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.people.masking import mask_text
from linli.people.models import Person
from linli.places.models import Place
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.work.engine import StepRefused
from linli.work.idempotency import make_once

PERMISSION = "awards.stickers"
THEME_MAX, POINTS_MAX, COUNT_MAX, DAYS_MAX = 24, 20, 240, 366
PLACES = ("street", "community", "grid")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A sheet as an office asks for it. With a rule its points and validity are the rule's."""

    place_id: int
    theme: str
    count: int
    valid_from: date
    valid_until: date
    points: int = 1
    rule_id: int | None = None
    synthetic: bool = False


def refused(code: str, zh: str, en: str, field: str = "", status: int = 422) -> StepRefused:
    """A refusal with the field it belongs to."""
    return StepRefused(code, Label(zh, en), status=status, field=field)


def sticker_rules_of(street_id: int, today: date) -> QuerySet[Rule]:
    """The street's rules for stickers that are in force on a day."""
    open_end = Q(rule_set__valid_to=None) | Q(rule_set__valid_to__gt=today)
    return Rule.objects.filter(
        open_end, source="sticker", rule_set__place_id=street_id, rule_set__state="published",
        rule_set__valid_from__lte=today,
    ).order_by("position", "pk")  # fmt: skip


def street_of(place_id: int) -> int:
    """The street whose pool pays at a place; refused (422) above streets."""
    places = place_snapshot(registry_versions())
    row = places.get(place_id)
    street = places.ancestor_of_kind(place_id, "street") if row is not None else None
    if row is None or row.kind not in PLACES or street is None:
        raise refused("bad_place", "请选择街道、社区或网格。", "Choose a street, a community or a grid.", "place")
    return street.id


def make_sheet(actor: Actor, wanted: Wanted, *, key: str) -> StickerSheet:
    """A new sheet with its stickers and its budget; again with the same key it is the same one.

    Raises StepRefused (422) for values, (409) when the street's pool has not enough, PermissionRefused.
    """
    place = Place.objects.filter(pk=wanted.place_id, active=True).first()
    if place is None:
        raise refused("bad_place", "没有这个地点，请重新选择。", "There is no such place; choose again.", "place")
    require(actor, PERMISSION, place_path=str(place.path))
    street_id, theme = street_of(place.pk), _checked(wanted)

    def made() -> StickerSheet:
        sheet = _made(actor, wanted, theme, street_id)
        record("awards.stickers", actor_id=actor.person_id, subject=f"sheet:{sheet.pk}", did="made")
        return sheet

    return make_once(actor, "awards.sheet", key, [wanted], StickerSheet, made)


def _checked(wanted: Wanted) -> str:
    theme = mask_text(" ".join("".join(sign for sign in wanted.theme if sign.isprintable()).split()))
    if not 0 < len(theme) <= THEME_MAX:
        raise refused("bad_theme", f"请写主题，不超过{THEME_MAX}个字。", f"1 to {THEME_MAX} characters.", "theme")
    if forbidden_word(theme):
        raise refused("bad_theme", "宗教、健康、信访、投诉、举报不能记积分。", "No points are given for this.", "theme")
    if not 0 < wanted.count <= COUNT_MAX:
        raise refused("bad_count", f"每版 1 到 {COUNT_MAX} 枚。", f"1 to {COUNT_MAX} stickers on a sheet.", "count")
    if not 0 < wanted.points <= POINTS_MAX:
        raise refused("bad_points", f"每枚 1 到 {POINTS_MAX} 分。", f"1 to {POINTS_MAX} points each.", "points")
    if wanted.valid_until < max(wanted.valid_from, timezone.localdate()):
        raise refused("bad_days", "截止日期不能早于开始和今天。", "The last day has passed already.", "valid_until")
    if (wanted.valid_until - wanted.valid_from).days > DAYS_MAX:
        raise refused("bad_days", "有效期最长一年。", "A sheet is good for one year at most.", "valid_until")
    return theme


def _made(actor: Actor, wanted: Wanted, theme: str, street_id: int) -> StickerSheet:
    rules = {rule.pk: rule for rule in sticker_rules_of(street_id, timezone.localdate())}
    rule = rules.get(wanted.rule_id or 0)
    if wanted.rule_id is not None and rule is None:
        raise refused("no_rule", "这条规则已不再执行，请重新选择。", "The rule is not in force; choose again.", "rule")
    if rules and rule is None:
        raise refused("needs_rule", "本街道有小红花规则，请选一条。", "Choose one of the street's rules.", "rule")
    points = rule.points if rule else wanted.points
    sticker_points.ask_budget(street_id, wanted.count * points)
    sheet = StickerSheet.objects.create(
        place_id=wanted.place_id, street_id=street_id, theme=theme, rule=rule,
        points=points,
        validity_months=rule.validity_months if rule else 12, count=wanted.count, valid_from=wanted.valid_from,
        valid_until=wanted.valid_until, claims_until=claims_until(wanted.valid_until), made_by_id=actor.person_id,
        made_at=timezone.now(), synthetic=wanted.synthetic,
    )  # fmt: skip
    Sticker.objects.bulk_create(Sticker(sheet=sheet, number=number) for number in range(1, wanted.count + 1))
    return sheet


def locked(actor: Actor, sheet_id: int) -> StickerSheet:
    """The sheet under lock, for whoever may hand out there; ObjectHidden (404) for others. Inside a transaction."""
    sheet = StickerSheet.objects.select_for_update(of=("self",)).select_related("place").filter(pk=sheet_id).first()
    if sheet is None:
        raise ObjectHidden(PERMISSION)
    require(actor, PERMISSION, place_path=str(sheet.place.path), hidden=True)
    return sheet


def print_sheet(actor: Actor, sheet_id: int, printings: int) -> bytes:
    """Draw new codes for the stickers in the drawer and give their PDF; `printings`: how often it was printed so far.

    Codes are kept as digests only, so an earlier printing of what is still in the drawer is worth nothing afterwards.
    A form that is sent twice is refused the second time (409) and the first PDF stays good.
    """
    with transaction.atomic():
        sheet, stickers = draw_codes(actor, sheet_id, printings)
        return sheet_pdf(
            sheet.theme, sheet.place.name, sheet.points, sheet.valid_until, stickers, synthetic=sheet.synthetic
        )


@transaction.atomic
def draw_codes(actor: Actor, sheet_id: int, printings: int) -> tuple[StickerSheet, list[Printed]]:
    """New codes for the stickers in the drawer; they are nowhere but in the answer."""
    sheet = locked(actor, sheet_id)
    if sheet.ended_at is not None:
        raise refused("ended", "这一版已经结束，不能再打印。", "This sheet has ended.", status=409)
    if sheet.printings != printings:
        raise refused(
            "printed", "这一版刚才已经打印过，请用已下载的文件。", "It has just been printed; use that file.",
            status=409,
        )  # fmt: skip
    rows = list(_in_drawer(sheet).order_by("number").values_list("pk", "number"))
    if not rows:
        raise refused("nothing", "没有在库的小红花可打印。", "No sticker is left in the drawer.", status=409)
    codes = {pk: new_code() for pk, _number in rows}
    _store_codes(codes)
    now = timezone.now()
    StickerSheet.objects.filter(pk=sheet.pk).update(printings=printings + 1, printed_at=now)
    _moved(sheet, StickerMove.Kind.PRINTED, rows[0][1], rows[-1][1], None, actor, now)
    record("awards.stickers", actor_id=actor.person_id, subject=f"sheet:{sheet.pk}", did="printed")
    return sheet, [Printed(f"{sheet.pk}-{number:03d}", codes[pk]) for pk, number in rows]


def _in_drawer(sheet: StickerSheet) -> QuerySet[Sticker]:
    return sheet.stickers.filter(holder=None, voided_at=None, redeemed_at=None, claimed_at=None)


def _store_codes(codes: dict[int, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE awards_sticker s SET code_digest = n.code"
            " FROM unnest(%s::bigint[], %s::bytea[]) AS n(id, code) WHERE s.id = n.id",
            [list(codes), [digest(code) for code in codes.values()]],
        )


def _moved(
    sheet: StickerSheet, kind: str, first: int, last: int, holder_id: int | None, actor: Actor, at: datetime
) -> None:
    StickerMove.objects.create(
        sheet=sheet, kind=kind, first=first, last=last, holder_id=holder_id, recorded_by_id=actor.person_id, at=at
    )


def _numbers(sheet: StickerSheet, first: int, last: int) -> list[Sticker]:
    if not 0 < first <= last <= sheet.count:
        raise refused(
            "bad_numbers", f"号码从 1 到 {sheet.count}，前小后大。", f"Numbers run from 1 to {sheet.count}.", "first"
        )
    return list(sheet.stickers.select_for_update().filter(number__range=(first, last)).order_by("number"))


def _all_of(rows: Sequence[Sticker], fits: Callable[[Sticker], bool], zh: str, en: str) -> None:
    """Refuse, with their numbers, when not all stickers of a run are as they should be."""
    wrong = runs([row.number for row in rows if not fits(row)])
    if wrong:
        raise refused("not_so", f"{wrong} 号{zh}", f"No. {wrong} {en}", "first", status=409)


def _untaken(row: Sticker) -> bool:
    return row.redeemed_at is None and row.claimed_at is None and row.voided_at is None


@transaction.atomic
def hand_out(actor: Actor, sheet_id: int, holder_id: int, first: int, last: int) -> int:
    """Give the stickers `first`…`last` to a member of staff who will give them out; how many. Twice is once."""
    sheet = locked(actor, sheet_id)
    holder = Person.objects.filter(pk=holder_id, kind=Person.Kind.STAFF, left_on=None, erased_at=None).first()
    if holder is None:
        raise refused("no_holder", "请选择在岗的工作人员。", "Choose somebody of the staff.", "holder")
    if sheet.ended_at is not None or sheet.valid_until < timezone.localdate():
        raise refused("ended", "这一版已经结束或过期，不能再发。", "This sheet has ended.", status=409)
    rows = _numbers(sheet, first, last)
    if all(_untaken(row) and row.holder_id == holder.pk for row in rows):
        return len(rows)
    _all_of(rows, lambda row: row.code_digest is not None, "还没有打印，请先打印。", "was not printed yet.")
    _all_of(rows, lambda row: row.holder_id is None and _untaken(row), "不在库里。", "is not in the drawer.")
    sheet.stickers.filter(pk__in=[row.pk for row in rows]).update(holder=holder)
    _moved(sheet, StickerMove.Kind.TAKEN, first, last, holder.pk, actor, timezone.now())
    record("awards.stickers", actor_id=actor.person_id, subject=f"sheet:{sheet.pk}", did="taken")
    return len(rows)


@transaction.atomic
def bring_back(actor: Actor, sheet_id: int, first: int, last: int) -> int:
    """Stickers that were not given out come back into the drawer, from one holder at a time; how many."""
    sheet = locked(actor, sheet_id)
    rows = _numbers(sheet, first, last)
    _all_of(
        rows, lambda row: row.holder_id is not None and _untaken(row), "没有领出，或已被收下。", "is not with staff."
    )
    _all_of(
        rows, lambda row: row.holder_id == rows[0].holder_id, "不在同一个人手里，请分开登记。", "is with somebody else."
    )
    holder_id = rows[0].holder_id
    sheet.stickers.filter(pk__in=[row.pk for row in rows]).update(holder=None)
    _moved(sheet, StickerMove.Kind.RETURNED, first, last, holder_id, actor, timezone.now())
    record("awards.stickers", actor_id=actor.person_id, subject=f"sheet:{sheet.pk}", did="returned")
    return len(rows)


@transaction.atomic
def make_void(actor: Actor, sheet_id: int, first: int, last: int, kind: str) -> int:
    """Lost or damaged stickers are good for nothing any more, and their budget is free again; how many."""
    if kind not in (StickerMove.Kind.LOST, StickerMove.Kind.DAMAGED):
        raise refused("bad_kind", "请选择遗失或损坏。", "Choose lost or damaged.", "kind")
    sheet = locked(actor, sheet_id)
    rows = _numbers(sheet, first, last)
    _all_of(rows, _untaken, "已被收下或已作废。", "was taken or is void already.")
    now = timezone.now()
    sheet.stickers.filter(pk__in=[row.pk for row in rows]).update(voided_at=now)
    _moved(sheet, kind, first, last, None, actor, now)
    record("awards.stickers", actor_id=actor.person_id, subject=f"sheet:{sheet.pk}", did=kind)
    return len(rows)


@transaction.atomic
def end_sheet(actor: Actor, sheet_id: int) -> int:
    """End a sheet early: what nobody has taken is void and its budget free again; how many stickers. Twice is once."""
    sheet = locked(actor, sheet_id)
    if sheet.ended_at is not None:
        return 0
    now = timezone.now()
    left = sheet.stickers.filter(voided_at=None, redeemed_at=None, claimed_at=None)
    gone = left.update(voided_at=now)
    sheet.ended_at = now
    sheet.save(update_fields=["ended_at"])
    _moved(sheet, StickerMove.Kind.ENDED, 1, sheet.count, None, actor, now)
    record("awards.stickers", actor_id=actor.person_id, subject=f"sheet:{sheet.pk}", did="ended")
    return gone
