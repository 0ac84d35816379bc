"""Text messages about a place: to who asked for them, while they are true, tried again where the gateway was away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from linli.activities import jobs, planning, signups, telling, texting
from linli.activities.models import Activity, Signup
from linli.activities.signups import Asked
from linli.people import gateways
from tests.activities.conftest import resident, role_of
from tests.support.world import World

PHONE = "13800000001"


@pytest.fixture
def phones(settings: Any, tmp_path: Path) -> Path:
    """A gateway that writes what it sends to a file."""
    settings.LINLI_SMS_GATEWAY, settings.LINLI_HOME = "linli.people.gateways.FileGateway", tmp_path
    return tmp_path / "sms-news.log"


def signed_up(activity: Activity, *, wants_news: bool = True) -> int:
    """Somebody with a phone has a place; their person."""
    asked = Asked(role_of(activity).pk, wants_news=wants_news)
    return signups.sign_up(resident(1), asked, key=uuid4()).person_id


def queued(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(jobs.text_people, "defer", lambda **told: found.append(told))
    return found


def test_what_is_called_off_is_told_to_who_asked_for_it(
    held: Callable[..., Activity], world: World, phones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, activity = queued(monkeypatch), held()
    person = signed_up(activity)
    planning.cancel(world.actor("community"), activity.pk, "下雨")
    assert queue == [{"what": telling.CANCELLED, "activity_id": activity.pk, "people": [person], "tries": 1}]
    assert texting.send(telling.CANCELLED, activity.pk, [person]) == []
    (line,) = phones.read_text(encoding="utf-8").splitlines()
    assert f"{PHONE} activity_cancelled 活动取消了" in line and activity.title in line
    assert (
        texting.send(telling.REMIND, activity.pk, [person]) == [] and len(phones.read_text("utf-8").splitlines()) == 1
    )


def test_nobody_is_texted_who_did_not_ask_who_left_or_where_no_gateway_tells(
    held: Callable[..., Activity], world: World, phones: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    queue, activity = queued(monkeypatch), held()
    person = signed_up(activity, wants_news=False)
    telling.tell(telling.REMIND, activity.pk, [person])
    Signup.objects.update(wants_news=True)
    telling.tell(telling.ACCEPTED, activity.pk, [person])
    settings.LINLI_SMS_GATEWAY = "linli.people.gateways.OnPageGateway"
    telling.tell(telling.REMIND, activity.pk, [person])
    settings.LINLI_SMS_GATEWAY = "linli.people.gateways.FileGateway"
    Signup.objects.update(state=Signup.WITHDRAWN)
    texting.send(telling.REMIND, activity.pk, [person])
    assert queue == [] and not phones.exists()


def test_who_could_not_be_reached_is_tried_again_a_few_times(
    held: Callable[..., Activity], world: World, phones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity = held()
    person = signed_up(activity)
    later: list[dict[str, Any]] = []

    class Later:
        def defer(self, **told: Any) -> None:
            later.append(told)

    def away(*told: Any) -> None:
        raise gateways.GatewayError("away")

    monkeypatch.setattr(jobs.text_people, "configure", lambda **when: Later())
    monkeypatch.setattr(gateways.FileGateway, "tell", away)
    told = {"what": telling.REMIND, "activity_id": activity.pk, "people": [person]}
    jobs.text_people.func(**told, tries=1)
    jobs.text_people.func(**told, tries=texting.TRIES_MAX)
    assert later == [told | {"tries": 2}]
