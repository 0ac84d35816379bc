"""Claimer and wisher hear what becomes of a wish: a line on their own page, and for the wisher a text message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from linli.kernel.labels import Label
from linli.wishes import texting
from linli.work import inbox
from linli.work.models import Item, Leg

CLAIMER: Mapping[str, Label] = {
    "agree_claim": Label("社区同意了，可以看怎么联系心愿人", "Agreed: see how to reach the wisher"),
    "decline_claim": Label("您的认领没有对接成，谢谢您", "Your claim was not agreed to, thank you"),
    "release": Label("社区收回了您的认领", "Your claim was taken back"),
    "lapse": Label("到期没有办好，心愿重新上墙了", "The time is over: the wish is back on the wall"),
    "not_fulfilled": Label("心愿人说还没有办成，请再看看", "The wisher says that it is not done"),
    "confirm": Label("您认领的心愿实现了，谢谢您", "The wish you claimed came true, thank you"),
}
WISHER: Mapping[str, Label] = {
    "approve": Label("您的心愿上墙了", "Your wish is on the wall"),
    "refuse": Label("您的心愿没有上墙，请看原因", "Your wish was not put on the wall: see why"),
    "expire": Label("您的心愿到期没有人认领", "Nobody claimed your wish in time"),
    "agree_claim": Label("有人认领了您的心愿", "Somebody claimed your wish"),
    "claim_for_unit": Label("有单位认领了您的心愿", "A unit claimed your wish"),
    "fulfil": Label("您的心愿说是办好了，请确认", "Your wish is said to be done: please confirm"),
    "record_fulfilled": Label("您的心愿说是办好了，请确认", "Your wish is said to be done: please confirm"),
}
SIDES = ((CLAIMER, "wish.claimed", "/wishes/{number}/"), (WISHER, "wish.wished", "/wishes/{number}/mine/"))
"""Who hears of which steps, the word their lines begin with, and where these lead."""


def told(item_id: int, events: Sequence[tuple[UUID, str]]) -> None:
    """Tell of these events, each once to each, however often the job runs (≤ 4 statements for each event)."""
    steps = [(event_id, code) for event_id, code in events if code in CLAIMER or code in WISHER]
    if not steps:
        return
    item = Item.objects.only("number", "reporter_id").get(pk=item_id)
    claims = Leg.objects.filter(item_id=item_id, role="lead", person__isnull=False).order_by("-sent_at", "-pk")
    people = (claims.values_list("person_id", flat=True).first(), item.reporter_id)
    for event_id, code in steps:
        for (sentences, prefix, _address), person in zip(SIDES, people, strict=True):
            if code in sentences and person is not None:
                inbox.notify([person], f"{prefix}.{code}", event_id=event_id, data={"number": item.number})
    texting.told(item_id, events)


def _titles(data: Sequence[Mapping[str, Any]]) -> list[str]:
    numbers = [str(entry.get("number", "")) for entry in data]
    titles = dict(Item.objects.filter(number__in=numbers).values_list("number", "title"))
    return [titles.get(number, "") for number in numbers]


def install() -> None:
    """Say what the lines mean and where they lead."""
    for sentences, prefix, address in SIDES:
        for code, label in sentences.items():
            inbox.say(f"{prefix}.{code}", label, address=address, titles=_titles)
