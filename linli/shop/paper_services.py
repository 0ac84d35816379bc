"""Settlements (结算单): what a partner handed over in a month, frozen; the signed paper comes back as a scan."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.shop import rules
from linli.shop.models import Partner, Settlement, SettlementLine
from linli.shop.refusals import refused
from linli.shop.selectors import handed_by_good
from linli.shop.stock_services import MANAGE, field_refused
from linli.work.evidence_links import Held, hold

SETTLEMENT_HOLDER = "shop_settlement"


def settle(actor: Actor, partner_id: int, month: date) -> Settlement:
    """The settlement of a partner for a month that is over; asked again it is the same one."""
    first = month.replace(day=1)
    partner = Partner.objects.select_related("place").filter(pk=partner_id).first()
    if partner is None:
        raise ObjectHidden(MANAGE)
    require(actor, MANAGE, place_path=str(partner.place.path), hidden=True)
    known = Settlement.objects.filter(partner=partner, month=first).first()
    if known is not None:
        return known
    if rules.month_after(first) > timezone.localdate():
        raise refused("month_runs", "这个月还没过完，下月初再结算。", "The month is not over; settle it next month.")
    with transaction.atomic():
        Partner.objects.select_for_update(no_key=True).get(pk=partner_id)
        lines = handed_by_good(partner, first)
        row, fresh = Settlement.objects.get_or_create(
            partner=partner, month=first,
            defaults={
                "orders": sum(line["orders"] for line in lines), "points": sum(line["points"] for line in lines),
                "made_by_id": actor.person_id, "made_at": timezone.now(),
            },
        )  # fmt: skip
        if fresh:
            SettlementLine.objects.bulk_create(SettlementLine(settlement=row, **line) for line in lines)
            record("shop.settled", actor_id=actor.person_id, subject=f"settlement:{row.pk}")
    return row


def take_signed(actor: Actor, settlement_id: int, token: str, signed_on: date) -> Settlement:
    """Keep the scan of the settlement that both have signed."""
    if signed_on > timezone.localdate():
        raise field_refused("signed_on", "日期不能晚于今天。", "The day lies in the future.")
    with transaction.atomic():
        row = (
            Settlement.objects.select_for_update(of=("self",))
            .select_related("partner__place")
            .filter(pk=settlement_id)
            .first()
        )
        if row is None:
            raise ObjectHidden(MANAGE)
        require(actor, MANAGE, place_path=str(row.partner.place.path), hidden=True)
        if not token:
            raise field_refused("scan", "请上传签字后的照片或扫描件。", "Upload a photo or scan of the signed paper.")
        row.scan_id = hold([Held(SETTLEMENT_HOLDER, row.pk, (token,))], actor, timezone.now())[row.pk][0]
        row.signed_on = signed_on
        row.save(update_fields=["scan", "signed_on"])
        record("shop.settled", actor_id=actor.person_id, subject=f"settlement:{row.pk}", what="signed")
    return row
