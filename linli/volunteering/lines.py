"""Rows as the templates show them: words instead of codes, hours instead of minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from linli.people.personal import Contact, contacts
from linli.volunteering import vocabulary
from linli.volunteering.certifying import shown_code
from linli.volunteering.models import (
    Appeal,
    Certificate,
    CertificateEntry,
    CertificateObjection,
    HoursEntry,
    Service,
    StarAward,
)
from linli.volunteering.rules import Rules, hours_text, next_star, star_level
from linli.volunteering.vocabulary import said
from linli.work.themes import THEMES

TONES = {"proposed": "amber", "confirmed": "accent", "rejected": "", "asked": "amber", "issued": "accent",
         "revoked": "red", "refused": "", "notice": "blue", "granted": "accent", "stopped": "", "open": "amber",
         "claimed": "blue", "solved": "amber"}  # fmt: skip


def service_line(row: Service, appeal: Appeal | None = None) -> dict[str, Any]:
    """One service."""
    return {
        "row": row, "hours": hours_text(row.minutes), "state": said(vocabulary.SERVICE_STATES, row.state),
        "tone": TONES.get(row.state, ""), "origin": said(vocabulary.ORIGINS, row.origin),
        "role": said(vocabulary.ROLES, row.role) if row.role else "", "appeal": appeal,
        "theme": said(THEMES, row.theme) if row.theme else "",
        "appeal_state": said(vocabulary.APPEAL_STATES, appeal.state) if appeal else "",
    }  # fmt: skip


def entry_line(row: HoursEntry) -> dict[str, Any]:
    """One decision on a service."""
    return {"row": row, "act": said(vocabulary.ACTS, row.act), "hours": hours_text(row.minutes)}


def certificate_line(
    row: Certificate, changed: Iterable[int] = (), said: Sequence[CertificateObjection] = ()
) -> dict[str, Any]:
    """One certificate; `said` is what was said against it while on notice."""
    return {
        "row": row, "state": vocabulary.said(vocabulary.CERTIFICATE_STATES, row.state),
        "tone": TONES.get(row.state, ""), "hours": hours_text(row.minutes), "code": shown_code(row.code),
        "changed": row.pk in set(changed), "said": said, "unanswered": sum(one.answered_at is None for one in said),
        "over": row.notice_until is not None and row.notice_until < timezone.localdate(),
    }  # fmt: skip


def decision_line(row: CertificateEntry) -> dict[str, Any]:
    """One decision on a certificate."""
    return {"row": row, "act": said(vocabulary.CERTIFICATE_ACTS, row.act), "by": row.by.display_name if row.by else ""}


def star_line(row: StarAward, contact: Contact | None = None) -> dict[str, Any]:
    """One star level."""
    return {
        "row": row, "state": said(vocabulary.STAR_STATES, row.state), "tone": TONES.get(row.state, ""),
        "hours": hours_text(row.minutes), "contact": contact, "level": range(row.level),
    }  # fmt: skip


def masked_names(person_ids: Iterable[int]) -> Mapping[int, Contact]:
    """Masked contacts by person (1 statement)."""
    return contacts(person_ids, clear=False)


def star_state(minutes: int, rules: Rules) -> dict[str, Any]:
    """The level reached and what is missing for the next one, with how far it is for a bar."""
    level, following = star_level(minutes, rules.stars), next_star(minutes, rules.stars)
    goal = rules.stars[following[0] - 1] if following else rules.stars[-1]
    return {
        "level": level, "next": following[0] if following else None, "goal": goal,
        "missing": hours_text(following[1]) if following else "", "hours": hours_text(minutes),
        "done": min(goal * 60, minutes), "most": goal * 60,
    }  # fmt: skip


def validity(until: date | None, today: date) -> str:
    """`valid`, `soon` (within 30 days) or `over` of a training; empty where it holds for good."""
    if until is None:
        return ""
    left = (until - today).days
    return "over" if left < 0 else "soon" if left <= 30 else "valid"
