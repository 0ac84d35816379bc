"""Writers of certificates (志愿服务证明): asked for, issued with number and code, refused, revoked. Free and truthful.

Their public notice stands in `noticing`.

Source: 志愿服务条例 art. 19; 民发〔2015〕149号 (number, hours, content, issuer, responsible person, handler, contact).
"""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from linli.activities.signups import own_ids
from linli.people import personal
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.people.masking import mask_text
from linli.people.models import Organisation
from linli.volunteering import telling
from linli.volunteering.models import Certificate, CertificateEntry, Service, Volunteer
from linli.volunteering.refusing import clean, refused
from linli.volunteering.rules import hours_text
from linli.volunteering.ruling import certificate_notice_days

CERTIFY = "volunteering.certify"
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No letters or digits that look alike: a code is read from paper and typed."""
CODE_LENGTH, CONTENTS_MOST = 12, 8


def ask(
    actor: Actor, person_id: int, *, since: date | None = None, until: date | None = None, purpose: str = "",
    name_shown: bool = False,
) -> Certificate:  # fmt: skip
    """Ask for a certificate for oneself, or as staff for a volunteer; while one is asked for, it is the same.

    `name_shown`: the volunteer consents to a masked name on the public notice, where there is one. What was refused
    last is not passed by asking anew in the volunteer's place: staff open it again with a reason.
    """
    row = Volunteer.objects.select_related("place").filter(person_id=person_id).first()
    if row is None:
        raise ObjectHidden(CERTIFY)
    if actor.person_id != person_id:
        require(actor, CERTIFY, place_path=str(row.place.path), hidden=True)
        _not_refused_last(person_id)
    today, now = timezone.localdate(), timezone.now()
    until = until or today
    if until > today or (since is not None and since > until):
        raise refused("bad_days", "起止日期不对，请检查。", "Check the days.", "until")
    open_ones = Certificate.objects.filter(person_id=person_id, state__in=Certificate.OPEN)
    try:
        with transaction.atomic():
            known = open_ones.first()
            return known or Certificate.objects.create(
                person_id=person_id, place=row.place, since=since, until=until, asked_at=now,
                purpose=clean(purpose, "purpose", 60, needed=False), asked_by_id=actor.person_id,
                name_shown_at=now if name_shown else None,
            )  # fmt: skip
    except IntegrityError:
        return open_ones.get()


@transaction.atomic
def issue(actor: Actor, certificate_id: int, *, issuer_id: int | None = None) -> Certificate:
    """Issue what was asked for in the name of one of the actor's units; again, it is the same certificate.

    Where the place asks for a public notice, only once that is over without an objection that is right or unanswered;
    then it certifies what was on notice.
    """
    row = locked(actor, certificate_id)
    if row.state in (Certificate.ISSUED, Certificate.REVOKED):
        return row
    if row.state == Certificate.REFUSED:
        raise refused(
            "refused", "这份申请已不予出具。要出具，请先写明理由重新办理。",
            "It was refused; to issue it, open it again with a reason first.", status=409,
        )  # fmt: skip
    check_other(actor, row)
    issuer_id = issuer_id or actor.organisation_id
    issuer = Organisation.objects.filter(pk=issuer_id or 0).first()
    if issuer is None or issuer.pk not in actor.organisation_ids:
        raise refused("no_issuer", "请选择您所在的单位作为出具单位。", "Choose one of your own units.", "issuer")
    measured = measure(row)
    _check_notice(row, measured)
    now = timezone.now()
    row.state, row.code, row.issuer = Certificate.ISSUED, fresh_code(), issuer
    row.minutes, row.services, row.contents = measured
    row.number = f"{issuer.short_name or issuer.name}志证〔{timezone.localdate(now).year}〕{row.pk}号"
    row.handler_id = row.responsible_id = actor.person_id
    row.decided_at = now
    row.synthetic = issuer.synthetic
    row.reason = ""
    row.save()
    keep(actor, row, CertificateEntry.ISSUED)
    return row


def measure(row: Certificate) -> tuple[int, int, list[str]]:
    """What there is to certify now: minutes, services, contents; refused where there is nothing, or nobody's name."""
    if not personal.opened(row.person, "name") and not row.person.display_name:
        raise refused("no_name", "登记里没有姓名，不能出具。", "Without a name nothing can be certified.")
    found = served(row.person_id, row.since, row.until)
    if not found[0]:
        raise refused("no_hours", "这段时间没有已确认的时长。", "There are no confirmed hours in these days.")
    return found


def _check_notice(row: Certificate, measured: tuple[int, int, list[str]]) -> None:
    if row.state == Certificate.ASKED:
        days = certificate_notice_days(str(row.place.path), timezone.localdate())
        if days:
            raise refused(
                "needs_notice", f"这里的证明要先公示{days}天。", f"It has to be on notice for {days} days first.",
                status=409,
            )  # fmt: skip
        return
    if row.notice_until is None or timezone.localdate() <= row.notice_until:
        raise refused("on_notice", f"公示到{row.notice_until}，结束后再出具。", "The notice is not over.", status=409)
    if row.objections.filter(answered_at=None).exists():
        raise refused("objections", "还有异议没有答复。", "There is an objection without an answer.", status=409)
    if measured != (row.minutes, row.services, row.contents):
        raise refused(
            "changed", "公示以后时长有变动，请重新公示。", "The hours have changed since; put it on notice again.",
            status=409,
        )  # fmt: skip


def refuse_asked(actor: Actor, certificate_id: int, *, reason: str) -> Certificate:
    """Do not issue what was asked for, with the reason."""
    return _turn(
        actor, certificate_id, Certificate.OPEN, Certificate.REFUSED, CertificateEntry.REFUSED, reason,
        otherwise=("issued", "已经出具，可以撤销。", "It is issued; it can be revoked."),
        decided_at=timezone.now(), handler_id=actor.person_id,
    )  # fmt: skip


def reopen(actor: Actor, certificate_id: int, *, reason: str) -> Certificate:
    """Deal again with what was refused, with the reason; both reasons stay in its history. Again, it is the same."""
    try:
        return _turn(
            actor, certificate_id, (Certificate.REFUSED,), Certificate.ASKED, CertificateEntry.REOPENED, reason,
            otherwise=("issued", "已经出具，可以撤销。", "It is issued; it can be revoked."),
            decided_at=None, handler_id=None, notice_from=None, notice_until=None,
        )  # fmt: skip
    except IntegrityError as error:
        raise refused(
            "asked", "本人另有一份申请在办，请办那一份。", "Another request of theirs is open.", status=409
        ) from error


def revoke(actor: Actor, certificate_id: int, *, reason: str) -> Certificate:
    """Revoke an issued certificate with the reason; whoever verifies it is told so from now on."""
    return _turn(
        actor, certificate_id, (Certificate.ISSUED,), Certificate.REVOKED, CertificateEntry.REVOKED, reason,
        otherwise=("not_issued", "还没有出具。", "It is not issued."), revoked_at=timezone.now(),
    )  # fmt: skip


@transaction.atomic
def _turn(
    actor: Actor, certificate_id: int, before: tuple[str, ...], after: str, act: str, reason: str, *,
    otherwise: tuple[str, str, str], **values: Any,
) -> Certificate:  # fmt: skip
    """One decision with a reason, from one of the states `before`; decided so already, it is the same.

    `otherwise` says in code and words why it cannot be from other states; `values` go with it.
    """
    row = locked(actor, certificate_id)
    if row.state == after:
        return row
    check_other(actor, row)
    if row.state not in before:
        raise refused(*otherwise, status=409)
    row.state, row.reason = after, clean(reason, "reason", 200)
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    keep(actor, row, act)
    return row


def keep(actor: Actor, row: Certificate, act: str) -> None:
    """Add the decision to its history, and to the audit record."""
    CertificateEntry.objects.create(
        certificate=row, act=act, reason=row.reason, at=timezone.now(), by_id=actor.person_id
    )  # fmt: skip
    record("certificate.decided", actor_id=actor.person_id, subject=f"certificate:{row.pk}", what=act)
    telling.tell(f"{telling.CERTIFICATE}.{act}", row.person_id, {"certificate": row.pk})


def _not_refused_last(person_id: int) -> None:
    last = Certificate.objects.filter(person_id=person_id).order_by("-asked_at", "-pk").first()
    if last is not None and last.state == Certificate.REFUSED:
        raise refused(
            "refused_last", "上一份申请不予出具。要出具，请在“志愿服务证明”里写明理由重新办理。",
            "Their last request was refused; open it again with a reason under Certificates.", status=409,
        )  # fmt: skip


def locked(actor: Actor, certificate_id: int) -> Certificate:
    """A certificate under lock, for whoever certifies in its place; hidden otherwise."""
    row = (
        Certificate.objects.select_for_update(of=("self",))
        .select_related("place", "person", "issuer")
        .filter(pk=certificate_id)
        .first()
    )
    if row is None:
        raise ObjectHidden(CERTIFY)
    require(actor, CERTIFY, place_path=str(row.place.path), hidden=True)
    return row


def check_other(actor: Actor, row: Certificate) -> None:
    """Nobody decides on their own certificate (403)."""
    if row.person_id in own_ids(actor):
        raise refused("own", "自己的证明请别人出具。", "Somebody else issues your certificate.", status=403)


def served(person_id: int, since: date | None, until: date) -> tuple[int, int, list[str]]:
    """Confirmed minutes, services, and the main contents with their hours (1 statement)."""
    rows = Service.objects.filter(person_id=person_id, state=Service.CONFIRMED, happened_on__lte=until)
    if since is not None:
        rows = rows.filter(happened_on__gte=since)
    lines = list(rows.values("content").annotate(times=Count("pk"), total=Sum("minutes")).order_by("-total", "content"))
    said = [f"{mask_text(line['content'])[:150]}，{line['times']}次，{hours_text(line['total'])}小时" for line in lines]
    return sum(line["total"] for line in lines), sum(line["times"] for line in lines), said[:CONTENTS_MOST]


def fresh_code() -> str:
    """A code of 12 signs that nobody guesses (58 bits)."""
    return "".join(secrets.choice(ALPHABET) for _position in range(CODE_LENGTH))


def normal_code(text: str) -> str:
    """A code as it is stored, however it was typed: blanks and dashes do not matter."""
    return "".join(sign for sign in text.upper() if sign in ALPHABET)[:32]


def shown_code(code: str) -> str:
    """A code in groups of four."""
    return "-".join(code[begin : begin + 4] for begin in range(0, len(code), 4))
