"""Ways through the workflow: how to get to where a transition can be taken."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from linli.people.access import Actor, system_actor
from linli.requests.reporting import Report
from linli.requests.services import report
from linli.work.links import actor_with_link
from linli.work.models import Item
from linli.work.services import Outcome, advance
from tests.support.world import INSIDE, World

_keys = itertools.count()

Step = tuple[str, str, dict[str, Any]]


def later(**more: int) -> str:
    """A moment in the future, as a form would send it."""
    return (timezone.now() + timedelta(**more)).isoformat()


@dataclass
class Walker:
    """Drives one request."""

    world: World
    item_id: int = 0
    names: dict[str, Any] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """An actor by name; `reporter` holds the link of the request."""
        if name == "reporter":
            return actor_with_link(self.world.actor("anonymous"), self.item_id)
        if name == "system":
            return system_actor()
        return self.world.actor(name)

    def begin(
        self, *, kind: str = "complaint", words: str = "楼下垃圾没人清理", place: str = "east", **more: Any
    ) -> Item:
        """Report as a resident."""
        lon, lat = INSIDE[place]
        if "category" in more:
            more["category_id"] = self.world.category(more.pop("category")).pk
        wanted = Report(kind, words, longitude=lon, latitude=lat, **more)
        done = report(self.world.actor("anonymous"), wanted, key=f"k{next(_keys)}", device="walk")
        self.item_id = done.item_id
        return self.item

    @property
    def item(self) -> Item:
        """The request as it is stored now."""
        return Item.objects.get(pk=self.item_id)

    def take(self, name: str, transition: str, **data: Any) -> Outcome:
        """One step by an actor."""
        return advance(self.actor(name), self.item_id, [(transition, data)], key=f"k{next(_keys)}")

    def run(self, steps: list[Step]) -> None:
        """Several steps; unit names in the data become ids."""
        for name, transition, data in steps:
            self.take(name, transition, **self.resolve(data))

    def resolve(self, data: dict[str, Any]) -> dict[str, Any]:
        """Names of units and persons, and `+3d`, as values."""
        found = {}
        for key, value in data.items():
            if isinstance(value, str) and value.startswith("unit:"):
                value = self.world.units[value[5:]].pk
            elif isinstance(value, str) and value.startswith("person:"):
                value = self.world.users[value[7:]].person_id
            elif isinstance(value, str) and value.startswith("+"):
                value = later(days=int(value[1:-1]))
            elif isinstance(value, list):
                value = [self.world.units[entry[5:]].pk for entry in value]
            found[key] = value
        return found


@dataclass(frozen=True)
class Row:
    """One transition under test: how to get there, by whom it is taken, with what, where it leads, who is refused."""

    transition: str
    way: str
    by: str
    data: dict[str, Any]
    to: str
    wrong: tuple[str, ...]
    opening: tuple[tuple[str, Any], ...] = ()


DISPATCH: list[Step] = []
SIGNED: list[Step] = [("handler", "sign", {})]
REPLY: Step = ("handler", "reply", {"outcome": "solved", "answer": "已清理干净"})
REPLIED: list[Step] = [*SIGNED, REPLY]
ENDORSED: list[Step] = [*REPLIED, ("head", "endorse_reply", {})]
HANDLED: list[Step] = [*ENDORSED, ("dispatcher", "approve_reply", {})]
CLOSED: list[Step] = [*HANDLED, ("grid", "verify_pass", {})]
ACCEPTED: list[Step] = [
    ("handler", "ask_return", {"reason": "不属于本单位", "basis": "三定方案", "proposed_unit": "unit:enforcement"}),
    ("dispatcher", "grant_return", {"reason": "同意"}),
]
PUBLIC: dict[str, Any] = {"reason": "说明原因"}
SUSPENSION: list[Step] = [
    *SIGNED,
    ("head", "ask_suspension", {"reason": "等待资金", "review_on": "+30d"}),
    ("supervisor", "grant_suspension", {"reason": "同意挂账"}),
]
REFUSED: list[Step] = [("duty", "refuse", {"reason": "不在职责范围"})]

WAYS: dict[str, list[Step]] = {
    "received": [],
    "checking": [("duty", "send_check", {"worker": "person:grid"})],
    "refused": REFUSED,
    "appealed": [*REFUSED, ("reporter", "appeal", {"reason": "就在小区里"})],
    "accepted": ACCEPTED,
    "dispatched": DISPATCH,
    "signed": SIGNED,
    "returning": ACCEPTED[:1],
    "joint": [
        *ACCEPTED,
        (
            "dispatcher",
            "dispatch",
            {"lead": "unit:sanitation", "co_handlers": ["unit:enforcement"], "local": "unit:east"},
        ),
    ],
    "joint_signed": [
        *ACCEPTED,
        ("dispatcher", "dispatch", {"lead": "unit:sanitation", "co_handlers": ["unit:enforcement"]}),
        ("handler", "sign", {}),
        ("enforcer", "sign_co", {}),
    ],
    "waiting": [*SIGNED, ("handler", "ask_reporter", {"question": "是几号楼？"})],
    "extending": [*SIGNED, ("handler", "ask_extension", {"reason": "需要备料", "until": "+60d"})],
    "suspending": SUSPENSION[:2],
    "suspended": SUSPENSION,
    "terminating": [*SIGNED, ("head", "ask_termination", {"reason": "产权人拒绝", "basis": "条例"})],
    "replied": REPLIED,
    "endorsed": ENDORSED,
    "handled": HANDLED,
    "closed": CLOSED,
    "closed_again": [
        *CLOSED, ("reporter", "rate_not_satisfied", PUBLIC), REPLY, ("head", "endorse_reply", {}),
        ("dispatcher", "approve_reply", {}), ("grid", "verify_pass", {}),
    ],
    "merged": [],
    "excluding": [*CLOSED, ("head", "ask_exclusion", {"reason": "历史遗留", "basis": "会议纪要"})],
}  # fmt: skip
