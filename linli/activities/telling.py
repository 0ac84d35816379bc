"""People hear what becomes of their place: a line in their inbox and on their page of activities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from linli.activities import texting
from linli.activities.models import Activity
from linli.kernel.labels import Label
from linli.work import inbox

MOVED_UP, CANCELLED, CHANGED, REMIND = "activity.moved_up", "activity.cancelled", "activity.changed", "activity.remind"
TO_CLOSE = "activity.to_close"
REMOVED, OFFERED, ACCEPTED, DECLINED = (
    "activity.removed", "activity.offered", "activity.accepted", "activity.declined",
)  # fmt: skip
PREFIX = "activity."
SENTENCES: Mapping[str, Label] = {
    MOVED_UP: Label("候补成功，您有名额了", "You moved up from the waiting list and have a place"),
    CANCELLED: Label("活动取消了", "The activity is called off"),
    CHANGED: Label("活动有变动，请再看一下时间和地点", "The activity has changed: look at time and place again"),
    REMIND: Label("活动快开始了", "The activity begins soon"),
    REMOVED: Label("您的报名被取消了", "Your sign-up was taken off the list"),
    OFFERED: Label("有人想把名额转给您，请答复", "Somebody offers you their place: please answer"),
    ACCEPTED: Label("您转出的名额已被接受", "The place that you offered was accepted"),
    DECLINED: Label("对方不能接您的名额，名额仍是您的", "The place that you offered was not accepted and is yours"),
}


CLOSE_IT = Label("活动结束了，请确认谁到了", "The activity is over: please confirm who was there")
"""What its leader hears; without it nobody's hours come about."""


def tell(what: str, activity_id: int, persons: Iterable[int]) -> None:
    """Write the line to each person's inbox, in the transaction of what happened (1 statement for each 500).

    Who asked for it is told by text message as well, where the district sends any.
    """
    people = list(dict.fromkeys(persons))
    for begin in range(0, len(people), inbox.PEOPLE_MAX):
        inbox.notify(people[begin : begin + inbox.PEOPLE_MAX], what, data={"activity": activity_id})
    texting.queue(what, activity_id, people)


def _titles(data: Sequence[Mapping[str, Any]]) -> list[str]:
    wanted = [int(entry.get("activity", 0)) for entry in data]
    titles = dict(Activity.objects.filter(pk__in=wanted).values_list("id", "title"))
    return [titles.get(number, "") for number in wanted]


def install() -> None:
    """Say what the lines mean and where they lead."""
    for what, label in SENTENCES.items():
        inbox.say(what, label, address="/activities/{activity}/", titles=_titles)
    inbox.say(TO_CLOSE, CLOSE_IT, address="/activities/{activity}/lead/", titles=_titles)
