"""The wisher is told by text message when a claim was agreed to and when the wish is said to be fulfilled.

Only who asked for it, only where the district's gateway sends news, and never what the wish is: whoever holds the phone
for a moment learns a number and a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from linli.people import gateways
from linli.wishes import contact
from linli.wishes.models import Wish, WishText
from linli.work.models import Item

AGREED, FULFILLED = "wish_agreed", "wish_fulfilled"
EVENTS: Mapping[str, str] = {
    "agree_claim": AGREED, "claim_for_unit": AGREED, "fulfil": FULFILLED, "record_fulfilled": FULFILLED,
}  # fmt: skip
"""Which steps are told, by which message."""
STATES: Mapping[str, str] = {AGREED: "matched", FULFILLED: "fulfilled"}
"""A message that is no longer true when it could go out does not."""
TEXTS: Mapping[str, str] = {
    AGREED: "您的微心愿（编号{number}）有人认领了，{day}前会联系您。进展：{address}，用本手机号登录。",
    FULFILLED: "您的微心愿（编号{number}）说是已经办好，请确认；没办好也请说一声：{address}，用本手机号登录。",
}
"""Chinese, as all text messages; what is put in are `number`, `day`, `address`."""


def told(item_id: int, events: Sequence[tuple[UUID, str]]) -> None:
    """Have a message sent for each of these events that wishers are told of (1 statement each)."""
    from linli.wishes.jobs import text_wisher

    for event_id, transition in events:
        if transition in EVENTS and gateways.tells():
            text_wisher.defer(item_id=item_id, event_id=str(event_id), template=EVENTS[transition])


def send(item_id: int, event_id: UUID, template: str) -> bool:
    """Send one message, once for the event; False where nothing is to be sent (any more).

    That it was sent is written in the transaction in which it is handed over: only when the process dies between the
    two is it sent twice. Raises GatewayError when it could not be handed over; nothing is written then.
    """
    item = Item.objects.filter(pk=item_id, state=STATES[template]).first()
    row = Wish.objects.filter(pk=item_id, wants_news=True, erased_at=None).first()
    phone = contact.opened(row).phone if row is not None else ""
    if item is None or row is None or not phone:
        return False
    due = timezone.localtime(item.next_due) if item.next_due else None
    values = {
        "number": item.number, "day": f"{due.month}月{due.day}日" if due else "近期",
        "address": f"{str(settings.LINLI_PUBLIC_URL).rstrip('/')}{reverse('wishes:mine')}",
    }  # fmt: skip
    try:
        with transaction.atomic():
            WishText.objects.create(wish=row, event_id=event_id, template=template, sent_at=timezone.now())
            return gateways.tell(phone, template, values, TEXTS[template].format(**values))
    except IntegrityError:
        return False
