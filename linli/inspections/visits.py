"""Writers of visits (走访): plans, and the record of one visit with what has to be followed up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from linli.inspections.batch import PHOTOS_MAX, VISIT, NewFinding, refuse
from linli.inspections.finding_services import Where, open_finding
from linli.inspections.models import Visit, VisitPlan
from linli.inspections.promises import clean_words, place_over
from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.people.audit import record
from linli.people.masking import mask_text
from linli.places.models import Place
from linli.work import evidence_links, moments

HOME, FIRM = "home", "firm"
MET, ABSENT, DECLINED = "met", "absent", "declined"
VISIT_KINDS: dict[str, Label] = {HOME: Label("居民家", "Home"), FIRM: Label("单位、商户", "Firm or shop")}
OUTCOMES: dict[str, Label] = {
    MET: Label("见到人", "Somebody was in"),
    ABSENT: Label("没有人", "Nobody was in"),
    DECLINED: Label("不愿接待", "Declined"),
}
ADDRESS_MAX, WANTED_MAX = 120, 100_000
TITLE_MAX = 30
"""Of what was heard, so much becomes the title of the item."""


def without_personal(text: str, field: str) -> str:
    """A remark without phones, ID or card numbers and mail addresses; StepRefused (422) when there is one."""
    if mask_text(text) != text:
        raise refuse(
            "personal_data", field, "请不要写电话、证件号等个人信息。", "Leave out phones, ID numbers and the like."
        )
    return text


@transaction.atomic
def plan_visits(
    actor: Actor, place_id: int, title: str, since: date, until: date, wanted: int, *, key: UUID
) -> VisitPlan:
    """走访计划: how many homes or firms are to be visited in a place in a period, by the actor's unit."""
    place = place_over(actor, place_id)
    known = VisitPlan.objects.filter(key=key).first()
    if known is not None:
        return known
    if until < since or not 0 <= wanted <= WANTED_MAX:
        raise refuse("bad_plan", "until", "请检查日期和户数。", "Check the dates and the number.")
    row = VisitPlan.objects.create(
        title=clean_words(title, "title", 120, needed=True), place=place, organisation_id=actor.organisation_id,
        since=since, until=until, wanted=wanted, created_by_id=actor.person_id, key=key,
    )  # fmt: skip
    record("inspection.promise", actor_id=actor.person_id, subject=f"visit_plan:{row.pk}", place=place.pk)
    return row


def record_visit(
    actor: Actor,
    place_id: int,
    *,
    kind: str,
    outcome: str,
    words: str = "",
    address: str = "",
    visited_at: datetime | None = None,
    plan_id: int | None = None,
    photos: Sequence[str] = (),
    follow_up: NewFinding | None = None,
    key: UUID,
) -> Visit:
    """走访: one visit; what has to be followed up becomes an item of work in the same transaction, with the photos.

    Nobody in at a home: the door is needed, or nobody could go there again. The same key again gives the same visit.
    Raises PermissionRefused (403), StepRefused (422).
    """
    place = place_over(actor, place_id)
    if kind not in VISIT_KINDS or outcome not in OUTCOMES:
        raise refuse("bad_visit", "kind", "请选择走访对象和结果。", "Choose whom you visited and how it went.")
    now = moments.now()
    at = visited_at or now
    if at > now:
        raise refuse("future", "visited_at", "走访时间不能在将来。", "The visit lies in the future.")
    door = without_personal(clean_words(address, "address", ADDRESS_MAX), "address")
    if outcome == ABSENT and kind == HOME and not door:
        raise refuse("no_door", "address", "没有人的，请写楼号门牌，便于再去。", "Name the door, to go there again.")
    said = without_personal(clean_words(words, "words"), "words")
    if follow_up is not None and not said:
        raise refuse("nothing_said", "words", "请写明要跟进什么。", "Say what has to be followed up.")
    if len(photos) > PHOTOS_MAX:
        raise refuse("too_many_files", "photos", f"最多{PHOTOS_MAX}张照片。", f"At most {PHOTOS_MAX} photos.")
    new = Visit(
        plan_id=plan_id, place=place, kind=kind, outcome=outcome, words=said, visited_at=at, recorded_at=now,
        address=door, recorded_by_id=actor.person_id, key=key,
    )  # fmt: skip
    try:
        with transaction.atomic():
            return Visit.objects.filter(key=key).first() or _store(actor, new, place, follow_up, tuple(photos))
    except IntegrityError:
        # The same key came by another request meanwhile.
        known = Visit.objects.filter(key=key).first()
        if known is None:
            raise
        return known


def _store(actor: Actor, new: Visit, place: Place, follow_up: NewFinding | None, photos: tuple[str, ...]) -> Visit:
    day = timezone.localdate(new.visited_at)
    if new.plan_id is not None:
        plans = VisitPlan.objects.filter(pk=new.plan_id, place__path__ancestor_of=place.path)
        plan = plans.first()
        if plan is None:
            raise refuse("no_plan", "plan_id", "这个走访计划不包括这里。", "The plan does not cover this place.")
        if not plan.since <= day <= plan.until:
            raise refuse("outside_plan", "plan_id", "走访日期不在计划期间。", "The day lies outside the plan.")
    if follow_up is not None:
        title = new.words.splitlines()[0][:TITLE_MAX]
        where = Where(
            place.pk, str(place.path), place.name, place.lon, place.lat, title, new.words, photos,
            found_on=day, source="visit",
        )  # fmt: skip
        new.item_id = open_finding(actor, follow_up, where).item_id
    new.save(force_insert=True)
    if follow_up is None and photos:
        evidence_links.hold(
            [evidence_links.Held(VISIT, new.pk, photos, "report", place.lon, place.lat)], actor, new.recorded_at
        )
    return new
