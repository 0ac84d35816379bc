"""457 messages that Chinese citizens really wrote, sent through the public interface, 50 of them walked to the rating.

The data is not the project's to ship: it lies beside the checkout, and these tests are skipped where it does not.
"""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from linli.people.models import Appointment, Person, User
from linli.places.models import RegistryVersion
from linli.places.services import bump_registry
from linli.work.models import Category, Event, Item
from tests.support.calling import Answer, Caller
from tests.support.world import SOUTH, STEP, WEST, World

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "messages_zh" / "labelled_raw.csv"
MESSAGES = 457
WALKED = 50

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_file(), reason="the real messages do not lie beside the checkout"),
]


def messages() -> list[dict[str, str]]:
    """Title and text as they were written, white space and all."""
    with DATA.open(encoding="utf-8-sig", newline="") as file:
        return [{"title": row["留言主题"].strip(), "words": row["留言详情"]} for row in csv.DictReader(file)]


def kind_of(text: str) -> str:
    """What a resident would choose for these words."""
    if any(word in text for word in ("咨询", "请问")):
        return "consultation"
    return "suggestion" if "建议" in text else "complaint"


def staff_everywhere(world: World) -> None:
    """A handler and a head in every unit, so that whatever is dispatched finds somebody."""
    now = timezone.now()
    for name, unit in world.units.items():
        for role in ("unit_handler", "unit_head"):
            username = f"{role}.{name}"
            person = Person.objects.create(kind="staff", display_name=username, created_at=now)
            world.users[username] = User.objects.create(username=username, person=person, created_at=now)
            Appointment.objects.create(
                person=person, role=role, organisation=unit, valid_from=date(2024, 1, 1), created_at=now
            )
    bump_registry(RegistryVersion.ORGANISATIONS)


def send_all(call: Caller, found: list[dict[str, str]]) -> list[Answer]:
    """As residents would: each from an address of their own, somewhere in the district."""
    answers = []
    with override_settings(LINLI_TRUSTED_PROXIES=["127.0.0.1"]):
        for number, message in enumerate(found):
            body = {
                "kind": kind_of(message["title"] + message["words"]),
                "title": message["title"][:100],
                "words": message["words"],
                "longitude": WEST + STEP * 2 * ((number * 7919) % 997 + 0.5) / 998,
                "latitude": SOUTH + STEP * 2 * ((number * 104_729) % 991 + 0.5) / 992,
                "crs": "EPSG:4490",
            }
            address = f"198.51.{number // 250}.{number % 250 + 1}"
            answers.append(call.post("/requests", body, **{"X-Forwarded-For": address}))
    return answers


def walk(call: Caller, made: Answer) -> list[str]:
    """One request to the rating, each step by whoever it waits for."""
    number, taken = made["number"], []

    def step(who: str, transition: str, **data: Any) -> None:
        done = call.step(number, who, transition, **data)
        assert done.status == 200, (transition, who, done.data)
        taken.append(transition)

    item = Item.objects.get(number=number)
    if item.state == "received" and item.subkind == "consultation":
        step("duty", "answer_directly", answer="您好，已为您查询，办理时间为工作日上午。")
    else:
        if item.state == "received":
            step("duty", "accept")
            step("dispatcher", "dispatch", lead=call.world.units["enforcement"].pk)
        item.refresh_from_db()
        units = {unit.pk: name for name, unit in call.world.units.items()}
        name = units[item.responsible_organisation_id or 0]
        step(f"unit_handler.{name}", "sign")
        step(f"unit_handler.{name}", "contact", result="reached")
        step(f"unit_handler.{name}", "reply", outcome="solved", answer="已到现场处理完毕，感谢您的反映。")
        step(f"unit_head.{name}", "endorse_reply")
        item.refresh_from_db()
        if item.needs_site_check:
            step("dispatcher", "approve_reply")
            step("street", "verify_pass", note="现场看过，属实")
        else:
            step("dispatcher", "approve_and_close")
    rated = call.post(
        f"/follow/{made['tracking_token']}/steps",
        {"steps": [{"transition": "rate_satisfied", "data": {"rating": "5"}}]},
    )
    assert rated.status == 200, rated.data
    return [*taken, "rate_satisfied"]


@pytest.mark.long
def test_real_messages_live_through_the_public_interface(world: World) -> None:
    staff_everywhere(world)
    call = Caller(world)
    found = messages()
    assert len(found) == MESSAGES
    answers = send_all(call, found)

    refused = Counter((a.status, a.data["code"]) for a in answers if a.status != 201)
    made = [answer for answer in answers if answer.status == 201]
    assert not refused, f"refused: {refused}"
    assert len(made) == Item.objects.count() == MESSAGES
    for message, answer in zip(found, answers, strict=True):
        kept = Item.objects.values_list("summary", flat=True).get(number=answer["number"])
        assert "".join(kept.split()) in "".join(ch for ch in message["words"] if ch.isprintable() and not ch.isspace())

    fallback = set(Category.objects.filter(code="99", valid_to=None).values_list("pk", flat=True))
    categorised = Item.objects.exclude(category_id__in=fallback).exclude(category=None).count()
    dispatched = Event.objects.filter(transition="dispatch", actor_role="rule").count()
    located = Item.objects.filter(place__kind="grid").count()
    assert located == MESSAGES
    assert dispatched == sum(answer["state"] == "dispatched" and bool(answer["unit"]) for answer in made)
    assert all(answer["due"] for answer in made if answer["state"] == "dispatched")

    ways = Counter(" → ".join(walk(call, answer)) for answer in made[:WALKED])
    assert Item.objects.filter(rating=5, state="closed").count() == WALKED
    print(f"\n{MESSAGES} sent: {len(made)} accepted, {located} located in a grid, {categorised} recognised by words,")
    print(f"{dispatched} dispatched by rule; {WALKED} walked to the rating:")
    for way, times in ways.most_common():
        print(f"  {times} × {way}")
