"""Writers of the other record groups: training, commendation, evaluation (志愿服务条例 art. 19)."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from linli.activities.signups import own_ids
from linli.people.access import Actor, ObjectHidden, require
from linli.volunteering.models import Commendation, Evaluation, Service, Training, Volunteer
from linli.volunteering.refusing import clean, refused
from linli.volunteering.registering import REGISTER
from linli.volunteering.vocabulary import EVALUATORS


def _volunteer(actor: Actor, person_id: int) -> Volunteer:
    row = Volunteer.objects.select_related("place").filter(person_id=person_id).first()
    if row is None:
        raise ObjectHidden(REGISTER)
    require(actor, REGISTER, place_path=str(row.place.path), hidden=True)
    if person_id in own_ids(actor):
        raise refused("own", "自己的记录请别人登记。", "Somebody else records about you.", status=403)
    return row


def _past(day: date, field: str) -> date:
    if day > timezone.localdate():
        raise refused("future", "日期不能晚于今天。", "The day is not in the future.", field)
    return day


@transaction.atomic
def train(
    actor: Actor, person_id: int, *, title: str, happened_on: date, organiser: str = "", minutes: int = 0,
    valid_until: date | None = None,
) -> Training:  # fmt: skip
    """Record a training; the same title on the same day is one, with its validity as last entered."""
    row = _volunteer(actor, person_id)
    if valid_until is not None and valid_until < happened_on:
        raise refused("bad_days", "有效期要晚于培训日期。", "It is valid after it took place.", "valid_until")
    if not 0 <= minutes <= 32_000:
        raise refused("bad_minutes", "时长不对，请检查。", "Check the duration.", "hours")
    made, _fresh = Training.objects.update_or_create(
        person_id=person_id, title=clean(title, "title", 120), happened_on=_past(happened_on, "happened_on"),
        defaults={
            "place": row.place, "organiser": clean(organiser, "organiser", 120, needed=False), "minutes": minutes,
            "valid_until": valid_until, "recorded_at": timezone.now(), "recorded_by_id": actor.person_id,
        },
    )  # fmt: skip
    return made


@transaction.atomic
def commend(
    actor: Actor, person_id: int, *, title: str, given_by: str, given_on: date, document: str = ""
) -> Commendation:
    """Record a commendation; the same title on the same day is one."""
    row = _volunteer(actor, person_id)
    made, _fresh = Commendation.objects.update_or_create(
        person_id=person_id, title=clean(title, "title", 120), given_on=_past(given_on, "given_on"),
        defaults={
            "place": row.place, "given_by": clean(given_by, "given_by", 120),
            "document": clean(document, "document", 120, needed=False), "recorded_at": timezone.now(),
            "recorded_by_id": actor.person_id,
        },
    )  # fmt: skip
    return made


@transaction.atomic
def evaluate(
    actor: Actor, person_id: int, *, grade: int, text: str = "", by_kind: str = Evaluation.ORGANISER,
    service_id: int | None = None,
) -> Evaluation:  # fmt: skip
    """Record how a service was found. One evaluation of each side for a service: the last one stands."""
    row = _volunteer(actor, person_id)
    if by_kind not in EVALUATORS or not 1 <= grade <= 5:
        raise refused("bad_grade", "请选择1到5星。", "Choose 1 to 5 stars.", "grade")
    if service_id is not None and not Service.objects.filter(pk=service_id, person_id=person_id).exists():
        raise refused("unknown_service", "没有这次服务。", "There is no such service.", "service")
    given_on = timezone.localdate()
    keys = {"service_id": service_id} if service_id is not None else {"service": None, "given_on": given_on}
    made, _fresh = Evaluation.objects.update_or_create(
        person_id=person_id, by_kind=by_kind, **keys,
        defaults={
            "place": row.place, "grade": grade, "text": clean(text, "text", 200, needed=False), "given_on": given_on,
            "recorded_at": timezone.now(), "recorded_by_id": actor.person_id,
        },
    )  # fmt: skip
    return made
