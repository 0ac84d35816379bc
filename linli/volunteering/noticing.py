"""Writers of the public notice of certificates (证明公示): begun by staff, objected to by anybody signed in, answered.

Source: 民发〔2015〕149号 asks that what is certified is made public for seven days at least. 志愿服务条例 art. 20
forbids to tell of a volunteer without consent, and art. 19 gives the certificate to whoever asks: so the notice names
nobody who does not consent (it shows community and hours then), and nobody's certificate hangs on that consent. Off
until the rules of a place ask for it.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from linli.people.access import Actor, ObjectHidden, refuse, require
from linli.people.audit import record
from linli.volunteering import certifying, telling
from linli.volunteering.certifying import CERTIFY, check_other, keep, locked, measure
from linli.volunteering.models import Certificate, CertificateEntry, CertificateObjection
from linli.volunteering.refusing import clean, refused
from linli.volunteering.ruling import certificate_notice_days

OBJECT = "volunteering.object"
TEXT_MOST = 500
UPHELD = "公示期间有异议，经核实成立"


@transaction.atomic
def begin(actor: Actor, certificate_id: int) -> Certificate:
    """Put what was asked for on public notice, with the hours as they are now; again, it is the same notice.

    Where the hours have changed since, the notice begins anew.
    """
    row = locked(actor, certificate_id)
    if row.state not in Certificate.OPEN:
        raise refused("decided", "这份证明已经办理过了。", "It has been dealt with.", status=409)
    check_other(actor, row)
    today = timezone.localdate()
    days = certificate_notice_days(str(row.place.path), today)
    if not days:
        raise refused(
            "no_notice", "这里的证明不用公示，可以直接出具。", "No notice is asked for here; issue it.", status=409
        )
    measured = measure(row)
    if row.state == Certificate.NOTICE and measured == (row.minutes, row.services, row.contents):
        return row
    row.state, row.reason = Certificate.NOTICE, ""
    row.minutes, row.services, row.contents = measured
    # Today is not a whole day: as many whole ones follow.
    row.notice_from, row.notice_until = today, today + timedelta(days=days)
    row.save()
    keep(actor, row, CertificateEntry.NOTICED)
    return row


@transaction.atomic
def show_name(actor: Actor, certificate_id: int, *, shown: bool) -> Certificate:
    """The volunteer's own consent to a masked name on the notice, given or taken back; the notice goes on."""
    row = Certificate.objects.select_for_update().filter(pk=certificate_id).first()
    if row is None:
        raise ObjectHidden(CERTIFY)
    if actor.person_id is None or row.person_id != actor.person_id:
        refuse(actor, CERTIFY, hidden=True)
    if row.state not in Certificate.OPEN:
        raise refused("over", "公示已经结束。", "The notice is over.", status=409)
    row.name_shown_at = (row.name_shown_at or timezone.now()) if shown else None
    row.save(update_fields=["name_shown_at"])
    return row


@transaction.atomic
def object_to(actor: Actor, certificate_id: int, text: str) -> CertificateObjection:
    """Say something against a certificate while it is on notice; while one waits for an answer, it is the same."""
    require(actor, OBJECT)
    row = Certificate.objects.select_for_update().filter(pk=certificate_id).first()
    if row is None or actor.person_id is None:
        raise ObjectHidden(OBJECT)
    if row.state != Certificate.NOTICE or row.notice_until is None or timezone.localdate() > row.notice_until:
        raise refused("over", "公示已经结束。", "The notice is over.", status=409)
    if row.person_id == actor.person_id:
        raise refused("own", "这是您自己的证明。", "This certificate is your own.", status=403)
    known = row.objections.filter(person_id=actor.person_id, answered_at=None).first()
    if known is not None:
        return known
    made = CertificateObjection.objects.create(
        certificate=row, person_id=actor.person_id, text=clean(text, "text", TEXT_MOST), made_at=timezone.now()
    )
    record("certificate.objected", actor_id=actor.person_id, subject=f"certificate:{row.pk}")
    return made


@transaction.atomic
def answer(actor: Actor, objection_id: int, text: str, *, upheld: bool) -> CertificateObjection:
    """Answer an objection; one that is right ends the notice, and the certificate is not issued.

    Never by who objected, nor by the volunteer. Answered by the same person in the same way, it is the same.
    """
    number = CertificateObjection.objects.filter(pk=objection_id).values_list("certificate_id", flat=True).first()
    row = locked(actor, number or 0)
    found = CertificateObjection.objects.get(pk=objection_id)
    if found.answered_at is not None:
        if found.answered_by_id == actor.person_id and found.upheld == upheld:
            return found
        raise refused("decided", "这条异议已经答复过了。", "It was answered before.", status=409)
    check_other(actor, row)
    if found.person_id == actor.person_id:
        raise refused("same_person", "自己提的异议请别人答复。", "Somebody else answers your objection.", status=403)
    found.answer, found.upheld = clean(text, "answer", TEXT_MOST), upheld
    found.answered_at, found.answered_by_id = timezone.now(), actor.person_id
    found.save()
    telling.tell(telling.OBJECTION, found.person_id, {"certificate": row.pk})
    if upheld and row.state == Certificate.NOTICE:
        certifying.refuse_asked(actor, row.pk, reason=UPHELD)
    else:
        record("certificate.decided", actor_id=actor.person_id, subject=f"certificate:{row.pk}", what="answered")
    return found
