"""Following without the link: by number and phone tail, counted so that nobody can try them out.

A wrong number and a wrong tail are told alike and cost the same work. Whoever knows both gets a pass: a token that
stands in for the follow link for half an hour and is not stored.
"""

from __future__ import annotations

import base64
import hmac
import struct
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.crypto import salted_hmac

from linli.kernel.identifiers import number_is_plausible
from linli.people import throttle
from linli.requests import contact
from linli.requests.models import RequestDetail

PASS_LIFETIME = timedelta(minutes=30)
_LAYOUT = struct.Struct(">QI")
_SEAL_BYTES = 16
PASS_LENGTH = (_LAYOUT.size + _SEAL_BYTES) * 8 // 6 + 1
_SALT = "linli.requests.tracking"


@dataclass(frozen=True, slots=True)
class Found:
    """The item, if number and tail belong together; `verdict` says whether the try was allowed at all."""

    item_id: int | None
    verdict: throttle.Verdict


def find(number: str, tail: str, address: str) -> Found:
    """Count a try against the address and the number, then look (2 statements; 1 when it was one try too many)."""
    wanted = number if number_is_plausible(number) else "0"
    tries = ((throttle.TRACKING, address), (throttle.TRACKING_NUMBER, wanted))
    verdict = throttle.hit_all(tries if wanted != "0" else tries[:1])
    if not verdict.allowed:
        return Found(None, verdict)
    four = tail if tail.isascii() and tail.isdigit() and len(tail) == contact.TAIL_DIGITS else "----"
    # Asked in any case, so that what is wrong does not show in the time it takes.
    found = RequestDetail.objects.filter(item__number=wanted, phone_tail_blind=contact.tail_blind(four))
    return Found(found.values_list("item_id", flat=True).first(), verdict)


def new_pass(item_id: int, now: datetime | None = None) -> tuple[str, datetime]:
    """A token that opens one item as its follow link does, and when it ends."""
    expires_at = ((now or timezone.now()) + PASS_LIFETIME).replace(microsecond=0)
    body = _LAYOUT.pack(item_id, int(expires_at.timestamp()))
    return base64.urlsafe_b64encode(body + _seal(body)).decode().rstrip("="), expires_at


def item_id_of_pass(token: str, now: datetime | None = None) -> int | None:
    """The item that a pass opens; None for anything else, for a forged one, and when its time is over."""
    if len(token) != PASS_LENGTH:
        return None
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (NotBase64, ValueError):
        return None
    body, seal = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    if not hmac.compare_digest(seal, _seal(body)):
        return None
    item_id, until = _LAYOUT.unpack(body)
    return int(item_id) if datetime.fromtimestamp(until, UTC) > (now or timezone.now()) else None


def _seal(body: bytes) -> bytes:
    return salted_hmac(_SALT, body, algorithm="sha256").digest()[:_SEAL_BYTES]
