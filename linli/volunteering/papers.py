"""Papers of the room in the style of GB/T 9704: the certificate, and a unit's quarterly feedback. Always Chinese."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from linli.kernel.labels import Label
from linli.people import personal
from linli.people.access import ObjectHidden
from linli.places.snapshot import place_snapshot
from linli.volunteering.certifying import CERTIFY, shown_code
from linli.volunteering.models import Certificate, QuarterFeedback
from linli.volunteering.pages_common import file
from linli.volunteering.registering import number_of
from linli.volunteering.rules import hours_text
from linli.work.printing.papers import Paper
from linli.work.printing.rendering import draw, qr_svg
from linli.work.printing.words import chinese_date

CERTIFICATE = Paper("volunteer_certificate", Label("志愿服务证明", "Certificate of service"), "志证", "letter")
FEEDBACK = Paper("joined_feedback", Label("双报到季度反馈表", "Quarterly feedback"), "反馈", "form")
QUARTERS = "一二三四"


def verify_url(code: str) -> str:
    """The address at which anybody verifies a certificate."""
    base = str(settings.LINLI_PUBLIC_URL).rstrip("/")
    return f"{base}{reverse('volunteering:verified', args=[shown_code(code)])}"


def certificate_pdf(row: Certificate) -> bytes:
    """The PDF of an issued certificate; the name is read now, so that it is stored once only."""
    person = row.person
    volunteer = getattr(person, "volunteer", None)
    url = verify_url(row.code)
    issuer = row.issuer
    context: dict[str, Any] = {
        "name": personal.opened(person, "name") or person.display_name,
        "number_of_volunteer": number_of(volunteer) if volunteer is not None else "",
        "since": chinese_date(row.since) if row.since else "", "until": chinese_date(row.until),
        "hours": hours_text(row.minutes), "services": row.services, "contents": row.contents,
        "responsible": row.responsible.display_name if row.responsible else "",
        "handler": row.handler.display_name if row.handler else "", "contact": issuer.contact if issuer else "",
        "issuer": issuer.name if issuer else "", "number": row.number, "code": shown_code(row.code),
        "today": chinese_date(timezone.localtime(row.decided_at)), "qr": qr_svg(url), "url": url,
        "purpose": row.purpose, "synthetic": row.synthetic, "revoked": row.state == Certificate.REVOKED,
        "place": place_snapshot().full_name(row.place_id),
        "noticed": [chinese_date(day) for day in (row.notice_from, row.notice_until) if day is not None],
    }  # fmt: skip
    return _drawn(CERTIFICATE, context)


def answer(row: Certificate) -> HttpResponse:
    """The PDF of a certificate that was issued; hidden before, and once its person is erased."""
    if row.state not in (Certificate.ISSUED, Certificate.REVOKED) or row.person.erased_at is not None:
        raise ObjectHidden(CERTIFY)
    return file(certificate_pdf(row), f"certificate-{row.pk}.pdf", "application/pdf", inline=True)


def feedback_pdf(row: QuarterFeedback) -> bytes:
    """A unit's confirmed feedback of a quarter: counts, no names."""
    unit = row.unit
    figures = dict(row.figures)
    context = {
        "unit": unit.organisation.name, "place": place_snapshot().full_name(unit.place_id),
        "period": f"{row.year}年第{QUARTERS[row.quarter - 1]}季度", "figures": figures,
        "hours": hours_text(figures.get("minutes", 0)), "remark": row.remark, "issuer": unit.place.name,
        "today": chinese_date(timezone.localtime(row.confirmed_at)), "synthetic": unit.synthetic,
        "heading": ["双报到季度反馈表"], "number": "",
    }  # fmt: skip
    return _drawn(FEEDBACK, context)


def _drawn(paper: Paper, context: dict[str, Any]) -> bytes:
    with translation.override("zh-hans"):
        text = render_to_string(f"work/papers/{paper.slug}.html", {**context, "paper": paper})
    return draw(text)
