"""Writers of appeals: made by the volunteer within the set time, decided by somebody who did not decide before."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from linli.activities.signups import own_ids
from linli.people.access import Actor, ObjectHidden, refuse, require
from linli.people.audit import record
from linli.volunteering import telling
from linli.volunteering.hours import CONFIRM, settle
from linli.volunteering.models import Appeal, HoursEntry, Service
from linli.volunteering.refusing import clean, refused
from linli.volunteering.rules import DAY, may_appeal
from linli.volunteering.ruling import rules_at

TEXT_MOST = 500


def appeal(actor: Actor, service_id: int, *, wanted: int, text: str) -> Appeal:
    """Object to the minutes of one's own service; while one is open, it is the same one."""
    words = clean(text, "text", TEXT_MOST)
    if not 0 < wanted <= DAY:
        raise refused("bad_minutes", "时长要大于0，不超过24小时。", "More than 0, at most 24 hours.", "hours")
    with transaction.atomic():
        row = Service.objects.select_for_update(of=("self",)).select_related("place").filter(pk=service_id).first()
        if row is None:
            raise ObjectHidden(CONFIRM)
        if actor.person_id is None or row.person_id != actor.person_id:
            refuse(actor, CONFIRM, place_path=str(row.place.path), hidden=True)
        known = Appeal.objects.filter(service=row, state=Appeal.OPEN).first()
        if known is not None:
            return known
        if row.decided_at is None:
            raise refused("undecided", "时长还没有确认。", "The hours are not confirmed yet.", status=409)
        rules = rules_at(str(row.place.path), row.happened_on)
        if not may_appeal(timezone.localdate(row.decided_at), timezone.localdate(), rules):
            raise refused(
                "too_late", f"已超过{rules.appeal_days}天的异议期。",
                f"Appeals end after {rules.appeal_days} days.", status=409,
            )  # fmt: skip
        try:
            with transaction.atomic():
                return Appeal.objects.create(
                    service=row, person_id=row.person_id, text=words, wanted=wanted, made_at=timezone.now()
                )
        except IntegrityError:
            return Appeal.objects.get(service=row, state=Appeal.OPEN)


@transaction.atomic
def take_back(actor: Actor, appeal_id: int) -> Appeal:
    """Take one's own open appeal back; again, nothing happens."""
    row = Appeal.objects.select_for_update().filter(pk=appeal_id).first()
    if row is None:
        raise ObjectHidden(CONFIRM)
    if actor.person_id is None or row.person_id != actor.person_id:
        refuse(actor, CONFIRM, hidden=True)
    if row.state == Appeal.OPEN:
        row.state, row.decided_at = Appeal.WITHDRAWN, timezone.now()
        row.save(update_fields=["state", "decided_at"])
    return row


@transaction.atomic
def decide(actor: Actor, appeal_id: int, *, upheld: bool, minutes: int, answer: str) -> Appeal:
    """Decide an appeal with an answer; upheld, the minutes are replaced. Never by the appellant or the last decider."""
    words = clean(answer, "answer", TEXT_MOST)
    found = Appeal.objects.filter(pk=appeal_id).values_list("service_id", flat=True).first()
    service = Service.objects.select_for_update(of=("self",)).select_related("place").filter(pk=found or 0).first()
    row = Appeal.objects.select_for_update().filter(pk=appeal_id).first()
    if row is None or service is None:
        raise ObjectHidden(CONFIRM)
    require(actor, CONFIRM, place_path=str(service.place.path), hidden=True)
    if row.state != Appeal.OPEN:
        if row.decided_by_id == actor.person_id and (row.state == Appeal.UPHELD) == upheld:
            return row
        raise refused("decided", "已经答复过。", "It has been answered.", status=409)
    if row.person_id in own_ids(actor) or decided_by(service) == actor.person_id:
        raise refused(
            "same_person", "异议要由没有确认过这条时长的人办理。", "Somebody else than who confirmed decides.",
            status=403,
        )  # fmt: skip
    if upheld:
        if not 0 < minutes <= DAY:
            raise refused("bad_minutes", "时长要大于0，不超过24小时。", "More than 0, at most 24 hours.", "hours")
        settle(service, HoursEntry.DECIDED, minutes, Service.CONFIRMED, words[:200], actor.person_id)
    row.state, row.answer = Appeal.UPHELD if upheld else Appeal.REFUSED, words
    row.decided_at, row.decided_by_id = timezone.now(), actor.person_id
    row.save(update_fields=["state", "answer", "decided_at", "decided_by"])
    record("hours.decided", actor_id=actor.person_id, subject=f"appeal:{row.pk}", count=1)
    telling.tell(telling.APPEAL, row.person_id, {"service": service.pk, "minutes": service.minutes})
    return row


def decided_by(service: Service) -> int | None:
    """Who took the last decision on the minutes (1 statement)."""
    entries = HoursEntry.objects.filter(service=service).exclude(act=HoursEntry.PROPOSED).order_by("-version")
    return entries.values_list("by_id", flat=True).first()
