"""Writers of what neighbours promise and check: responsibilities and agreements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from linli.inspections.batch import refuse
from linli.inspections.models import (
    Agreement,
    AgreementCheck,
    AgreementDuty,
    Responsibility,
)
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.places.models import Place
from linli.work import moments
from linli.work.engine import StepRefused

PROMISE, URGE = "inspection.promise", "inspection.urge"
DUTIES: dict[str, Label] = {
    "clean": Label("包卫生", "Cleanliness"),
    "order": Label("包秩序", "Order"),
    "greenery": Label("包绿化", "Greenery"),
    "facilities": Label("包设施", "Facilities"),
    "civility": Label("包文明", "Civility"),
}
"""门前五包; a district may call them otherwise, the codes stay."""

WORDS_MAX = 2000


def place_over(actor: Actor, place_id: int, permission: str = PROMISE) -> Place:
    """A place over which the actor holds the permission; PermissionRefused (403) otherwise."""
    place = Place.objects.filter(pk=place_id, active=True).first()
    require(actor, permission, place_path=str(place.path) if place else None)
    assert place is not None, "require refuses without a place"
    return place


def clean_words(text: str, field: str, most: int = WORDS_MAX, *, needed: bool = False) -> str:
    """What somebody wrote, without marks that cannot be seen; StepRefused (422) when too long, or missing."""
    found = "".join(ch for ch in text.strip() if ch == "\n" or ch.isprintable())
    if len(found) > most:
        raise refuse("too_long", field, f"最多{most}字。", f"At most {most} characters.")
    if needed and not found:
        raise refuse("nothing_said", field, "请填写内容。", "Write something.")
    return found


@transaction.atomic
def give_responsibility(
    actor: Actor,
    place_id: int,
    *,
    person_id: int | None = None,
    organisation_id: int | None = None,
    duty: str = "",
    since: date,
    until: date | None = None,
    key: UUID,
) -> Responsibility:
    """包保: a person or a unit answers for a place from a day on; the same key again gives the same row."""
    place = place_over(actor, place_id)
    known = Responsibility.objects.filter(key=key).first()
    if known is not None:
        return known
    if person_id is None and organisation_id is None:
        raise refuse("nobody", "person_id", "请选择人或单位。", "Choose a person or a unit.")
    if until is not None and until <= since:
        raise refuse("bad_period", "until", "结束日期要在开始之后。", "The end comes after the beginning.")
    row = Responsibility.objects.create(
        place=place, person_id=person_id, organisation_id=organisation_id, duty=clean_words(duty, "duty", 200),
        since=since, until=until, created_by_id=actor.person_id, key=key,
    )  # fmt: skip
    record("inspection.promise", actor_id=actor.person_id, subject=f"responsibility:{row.pk}", place=place.pk)
    return row


@transaction.atomic
def end_responsibility(actor: Actor, responsibility_id: int, until: date) -> Responsibility:
    """End it on a day (the first on which it no longer holds); ObjectHidden (404) for others."""
    row = Responsibility.objects.select_for_update(of=("self",)).select_related("place").filter(
        pk=responsibility_id).first()  # fmt: skip
    if row is None:
        raise ObjectHidden(PROMISE)
    require(actor, PROMISE, place_path=str(row.place.path), hidden=True)
    if until <= row.since:
        raise refuse("bad_period", "until", "结束日期要在开始之后。", "The end comes after the beginning.")
    row.until = until
    row.save(update_fields=["until"])
    record("inspection.promise", actor_id=actor.person_id, subject=f"responsibility:{row.pk}", ended=True)
    return row


@transaction.atomic
def sign_agreement(
    actor: Actor,
    site_id: int,
    duties: Sequence[str],
    *,
    signer: str = "",
    organisation_id: int | None = None,
    signed_on: date,
    key: UUID,
) -> Agreement:
    """门前五包: what a shop has signed for its door; the same key again gives the same agreement.

    A new one takes the place of the one in force, which ends on that day: the past of the door stays readable.
    """
    site = place_over(actor, site_id)
    known = Agreement.objects.filter(key=key).first()
    if known is not None:
        return known
    wanted = list(dict.fromkeys(duties))
    if not wanted or any(duty not in DUTIES for duty in wanted):
        raise refuse("bad_duties", "duties", "请勾选约定的内容。", "Choose the duties agreed.")
    if signed_on > timezone.localdate():
        raise refuse("future", "signed_on", "签订日期不能在将来。", "The day lies in the future.")
    _end_before(site.pk, signed_on)
    row = Agreement.objects.create(
        site=site, organisation_id=organisation_id, signer=clean_words(signer, "signer", 60), signed_on=signed_on,
        created_by_id=actor.person_id, key=key,
    )  # fmt: skip
    AgreementDuty.objects.bulk_create(AgreementDuty(agreement=row, duty=duty) for duty in wanted)
    record("inspection.promise", actor_id=actor.person_id, subject=f"agreement:{row.pk}", site=site.pk)
    return row


def _end_before(site_id: int, day: date) -> None:
    """End the agreement that a new one replaces; refused when one was signed on that day or later."""
    in_force = Agreement.objects.select_for_update().filter(site_id=site_id).filter(Q(until=None) | Q(until__gt=day))
    for row in in_force:
        if row.signed_on >= day:
            raise refuse(
                "signed_already", "signed_on", "这一天或之后已经签过约定。", "There is one of that day or later."
            )
        row.until = day
        row.save(update_fields=["until"])


@transaction.atomic
def end_agreement(actor: Actor, agreement_id: int, until: date) -> Agreement:
    """End it on a day (the first on which it no longer holds), when a shop closes or moves; ObjectHidden (404)."""
    row = Agreement.objects.select_for_update(of=("self",)).select_related("site").filter(pk=agreement_id).first()
    if row is None:
        raise ObjectHidden(PROMISE)
    require(actor, PROMISE, place_path=str(row.site.path), hidden=True)
    if until <= row.signed_on:
        raise refuse("bad_period", "until", "结束日期要在签订之后。", "The end comes after the signing.")
    row.until = until
    row.save(update_fields=["until"])
    record("inspection.promise", actor_id=actor.person_id, subject=f"agreement:{row.pk}", ended=True)
    return row


@transaction.atomic
def check_agreement(
    actor: Actor, agreement_id: int, kept: Mapping[str, bool], words: str = "", *, key: UUID
) -> list[AgreementCheck]:
    """Whether duties were kept, as seen at the door; the same key again changes nothing.

    What was not kept is not punished here: it shows on the site and in the next visit.
    """
    row = Agreement.objects.select_for_update(of=("self",)).select_related("site").filter(pk=agreement_id).first()
    if row is None:
        raise ObjectHidden(PROMISE)
    require(actor, PROMISE, place_path=str(row.site.path), hidden=True)
    if AgreementCheck.objects.filter(key=key).exists():
        keys = [UUID(int=(key.int + number) % (1 << 128)) for number in range(len(DUTIES))]
        return list(AgreementCheck.objects.filter(duty__agreement=row, key__in=keys).order_by("id"))
    if row.until is not None and row.until <= timezone.localdate(moments.now()):
        raise StepRefused("ended", Label("这份约定已经结束，请先续签。", "It has ended; renew it first."), status=409)
    duties = {duty.duty: duty for duty in row.duties.all()}
    if not kept or set(kept) - set(duties):
        raise refuse("bad_duties", "duties", "请逐项记录约定的内容。", "Record the duties that were agreed.")
    now = moments.now()
    made = [
        AgreementCheck(
            duty=duties[duty], kept=good, words=clean_words(words, "words", 500), checked_at=now,
            checked_by_id=actor.person_id, key=UUID(int=(key.int + number) % (1 << 128)),
        )
        for number, (duty, good) in enumerate(sorted(kept.items()))
    ]  # fmt: skip
    return AgreementCheck.objects.bulk_create(made)
