"""People hear what was decided about what they asked or were named for: a line in their inbox, told on their page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import get_language

from linli.kernel.labels import Label
from linli.people import personal
from linli.work import inbox

NOMINATED, AWARDED, DECIDED = "awards.nominated", "awards.nomination_awarded", "awards.nomination_decided"
OBJECTION, APPEAL = "awards.objection_answered", "awards.appeal_answered"
CONFIRMED, DECLINED, REVERSED = "awards.confirmed", "awards.declined", "awards.reversed"
SENTENCES: Mapping[str, tuple[Label, str]] = {
    NOMINATED: (Label("邻居提名了您，正在公示", "A neighbour named you: it is on public notice"), "/points/awards/"),
    AWARDED: (Label("提名您的好事授予积分了", "The deed you were named for was awarded"), "/points/awards/"),
    DECIDED: (Label("您提名的好事有结果了", "What you nominated was decided"), "/points/notices/"),
    OBJECTION: (Label("您对公示的意见有答复了", "Your objection was answered"), "/points/notices/{nomination}/"),
    APPEAL: (Label("您的积分申诉有答复了", "Your appeal about points was answered"), "/points/awards/{award}/appeal/"),
    CONFIRMED: (Label("您的一笔积分审定了，已入账", "Points of yours were confirmed and paid"), "/points/awards/"),
    DECLINED: (
        Label("您的一笔积分没有通过审定，可以看原因、申诉", "Points of yours were not confirmed: see why, or appeal"),
        "/points/awards/{award}/appeal/",
    ),
    REVERSED: (
        Label("您的一笔积分更正了，可以看原因、申诉", "Points of yours were corrected: see why, or appeal"),
        "/points/awards/{award}/appeal/",
    ),
}
"""What each line says, and where it leads."""


def tell(what: str, people: Iterable[int | None], data: Mapping[str, Any]) -> None:
    """Write the line to each person's inbox, in the transaction of what happened (1 statement)."""
    inbox.notify([person for person in people if person is not None], what, data=data)


def tell_nominee(what: str, person_id: int, nomination_id: int) -> None:
    """Tell whoever was named by name and phone, by whichever account of that phone they sign in (2 statements)."""
    tell(what, personal.same_phone_ids(person_id), {"nomination": nomination_id})


def _titles(data: Sequence[Mapping[str, Any]]) -> list[str]:
    tongue = get_language() or "zh-hans"
    return [
        Label(f"{entry['points']} 分", f"{entry['points']} points").text(tongue) if "points" in entry else ""
        for entry in data
    ]


def install() -> None:
    """Say what the lines mean and where they lead."""
    for what, (label, address) in SENTENCES.items():
        inbox.say(what, label, address=address, titles=_titles)
