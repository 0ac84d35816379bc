"""The same key fifty times at once has one effect and fifty equal answers; with another payload it is refused.

That the test can fail is shown in tests/race/test_requests.py, where the guards are taken away.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chaos.tally import tell, tries
from linli.work.models import Event, IdempotencyKey, Item
from linli.work.verify import verify
from tests.race.test_requests import at_once, call
from tests.support.calling import Answer, Caller, key

__all__ = ["call"]
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
TIMES = 50


def test_one_key_fifty_times_has_one_effect(call: Caller, transactional_db: Any) -> None:
    rounds = tries("keys")
    for number in range(rounds):
        if number % 2:
            _report(call, "resident" if number % 4 == 1 else "anonymous", number)
        else:
            _step(call)
    assert verify().whole
    tell("keys", rounds, calls=rounds * TIMES, effects_beyond_one=0, unequal_answers=0)


def _equal(answers: list[Answer], status: int) -> None:
    assert [answer.status for answer in answers] == [status] * TIMES
    assert all(answer.data == answers[0].data for answer in answers)


def _report(call: Caller, who: str, number: int) -> None:
    used, before = key(), Item.objects.count()
    # Whom nobody knows may report thirty times an hour from one address, and tries of one key count: each has its own.
    callers = [replace(call, address=f"10.{number}.{place}.1") for place in range(TIMES)]
    answers: list[Answer] = at_once([lambda one=one: one.report(who, key_=used) for one in callers])
    _equal(answers, 201)
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert Item.objects.count() == before + 1
    assert IdempotencyKey.objects.filter(key=used).count() == 1
    if who != "anonymous":
        other = call.report(who, key_=used, words="别的事情")
        assert (other.status, other["code"]) == (409, "key_reused")
        assert Item.objects.count() == before + 1


def _step(call: Caller) -> None:
    number = call.report("resident")["number"]
    used, path = key(), f"/requests/{number}/steps"
    body = {"steps": [{"transition": "contact", "data": {"result": "reached"}}]}
    answers: list[Answer] = at_once([lambda: call.post(path, body, "handler", key_=used)] * TIMES)
    _equal(answers, 200)
    assert Event.objects.filter(item__number=number, transition="contact").count() == 1
    other = call.post(path, {"steps": [{"transition": "sign"}]}, "handler", key_=used)
    assert (other.status, other["code"]) == (409, "key_reused")
    assert Item.objects.get(number=number).state == "dispatched"
