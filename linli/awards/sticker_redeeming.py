"""Writers for whoever scans a little red flower: into the account at once, or kept by the phone and put in later.

One sticker gives its points once, however many phones scan it at the same moment: its row is locked before it is
looked at, and the ledger's key is its own number.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction
from django.utils import timezone

from linli.awards import sticker_points
from linli.awards.models import Sticker
from linli.awards.sticker_rules import Standing, clean_code, digest, seen_as
from linli.credits import ledger
from linli.people.access import Actor, refuse

TAKE = "awards.take"


@dataclass(frozen=True, slots=True)
class Seen:
    """A sticker as whoever scans it sees it: `state` as `sticker_rules.seen_as` says, `unknown` for no sticker."""

    state: str
    theme: str = ""
    place_id: int | None = None
    points: int = 0
    valid_from: date | None = None
    valid_until: date | None = None
    claims_until: date | None = None
    synthetic: bool = False
    took: bool = False
    """Whether this very request took it."""
    limit: int | None = None
    """How many points a day the rule gives at most, where that is why it is only kept (`state` capped)."""


UNKNOWN = Seen("unknown")


def standing(row: Sticker) -> Standing:
    """What of a sticker's row decides about it."""
    sheet = row.sheet
    claim = bytes(row.claim_digest) if row.claim_digest is not None else None
    return Standing(
        sheet.valid_from, sheet.valid_until, sheet.claims_until, row.holder_id is not None, row.voided_at is not None,
        claim, row.person_id,
    )  # fmt: skip


def _seen(row: Sticker, person_id: int | None, secret: str, *, took: bool = False) -> Seen:
    claim = digest(secret) if secret else None
    state = seen_as(standing(row), timezone.localdate(), person_id=person_id, claim=claim)
    sheet = row.sheet
    return Seen(
        state, sheet.theme, sheet.place_id, sheet.points, sheet.valid_from, sheet.valid_until, sheet.claims_until,
        sheet.synthetic, took,
    )  # fmt: skip


def look(code: str, person_id: int | None, secret: str) -> Seen:
    """What a code is to this person and this phone; nothing changes (1 statement)."""
    row = Sticker.objects.select_related("sheet").filter(code_digest=digest(clean_code(code))).first()
    return _seen(row, person_id, secret) if row is not None else UNKNOWN


def _locked(code: str) -> Sticker | None:
    rows = Sticker.objects.select_for_update(of=("self",)).select_related("sheet__rule__rule_set")
    return rows.filter(code_digest=digest(clean_code(code))).first()


def new_secret() -> str:
    """The secret of a phone that keeps flowers without an account: 128 random bits, in its cookie only."""
    return secrets.token_urlsafe(16)


@transaction.atomic
def keep(code: str, secret: str) -> Seen:
    """Keep a flower on this phone, for whoever has no account or does not sign in now. Twice is once."""
    row = _locked(code)
    if row is None:
        return UNKNOWN
    seen = _seen(row, None, secret)
    if seen.state != "ready":
        return seen
    row.claim_digest, row.claimed_at = digest(secret), timezone.now()
    row.save(update_fields=["claim_digest", "claimed_at"])
    return _seen(row, None, secret, took=True)


def _person(actor: Actor) -> int:
    """Whose account it is. Staff at work earn no points: refused (403)."""
    if actor.person_id is None or actor.is_staff:
        refuse(actor, TAKE)
    assert actor.person_id is not None
    return actor.person_id


@transaction.atomic
def redeem(actor: Actor, code: str, secret: str = "", *, joining: bool = False) -> Seen:
    """Put the points of a flower into the actor's own account. Twice is once. Raises LedgerProblem, PermissionRefused.

    Who does not take part in points is asked first: without `joining` nothing is written (`took` stays false). What the
    limits of the rule leave no room for today is kept on this phone (`state` capped), to be put in another day.
    """
    person_id = _person(actor)
    row = _locked(code)
    if row is None:
        return UNKNOWN
    seen = _seen(row, person_id, secret)
    if seen.state not in ("ready", "kept") or not _takes_part(person_id, actor, row.sheet.street_id, joining):
        return seen
    if not sticker_points.fitting([row], person_id):
        return _put_off(row, secret)
    _into_account([row], person_id, actor)
    return _seen(row, person_id, secret, took=True)


def _put_off(row: Sticker, secret: str) -> Seen:
    """Keep a flower on this phone, because its rule gives no more today."""
    if row.claim_digest is None and secret:
        row.claim_digest, row.claimed_at = digest(secret), timezone.now()
        row.save(update_fields=["claim_digest", "claimed_at"])
    rule = row.sheet.rule
    return replace(_seen(row, None, secret), state="capped", limit=rule.day_cap if rule is not None else None)


@transaction.atomic
def gather(actor: Actor, secret: str, *, joining: bool = False) -> tuple[int, int]:
    """Put the flowers that this phone keeps into the actor's account: how many, and how many points they gave.

    What the limits of their rules leave no room for today stays on the phone. None without `joining` for who does not
    take part. Raises LedgerProblem, PermissionRefused.
    """
    person_id = _person(actor)
    if not secret:
        return 0, 0
    rows = list(
        Sticker.objects.select_for_update(of=("self",)).select_related("sheet__rule__rule_set").order_by("pk")
        .filter(claim_digest=digest(secret), person=None, sheet__claims_until__gte=timezone.localdate())
    )  # fmt: skip
    if not rows or not _takes_part(person_id, actor, rows[0].sheet.street_id, joining):
        return 0, 0
    fitting = sticker_points.fitting(rows, person_id)
    _into_account(fitting, person_id, actor)
    return len(fitting), sum(row.sheet.points for row in fitting)


def _takes_part(person_id: int, actor: Actor, street_id: int, joining: bool) -> bool:
    """Whether the person takes part in points; joins now if they said so."""
    if ledger.members_among([person_id]):
        return True
    if joining:
        ledger.join(person_id, actor=actor, place_id=street_id)
    return joining


def _into_account(rows: list[Sticker], person_id: int, actor: Actor) -> None:
    now = timezone.now()
    for row in rows:
        row.person_id, row.redeemed_at = person_id, now
    Sticker.objects.bulk_update(rows, ["person", "redeemed_at"])
    sticker_points.pay(rows, person_id, actor)
