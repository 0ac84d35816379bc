"""Two officers take the same step on what both have just read: one wins, the other learns how things stand now.

That the test can fail is shown in tests/race/test_requests.py, where the guards are taken away.
"""

from __future__ import annotations

from typing import Any

import pytest

from chaos.tally import tell, tries
from linli.work.models import Event, Item
from linli.work.verify import verify
from tests.race.test_requests import at_once, call, sign
from tests.support.calling import Caller

__all__ = ["call"]
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
WHO = ("handler", "handler2")


def test_of_two_officers_one_wins_and_the_other_gets_the_new_state(call: Caller, transactional_db: Any) -> None:
    pairs, winners = tries("officers"), dict.fromkeys(WHO, 0)
    for _ in range(pairs):
        number = call.report("resident")["number"]
        answers = at_once([sign(call, number, name) for name in WHO])
        won, lost = sorted(answers, key=lambda answer: answer.status)
        assert (won.status, won["state"], won["version"]) == (200, "handling", 2)
        assert (lost.status, lost["code"], lost["state"], lost["version"]) == (409, "conflict", "handling", 2)
        signed = Event.objects.get(item__number=number, transition="sign")
        winner = WHO[answers.index(won)]
        assert signed.actor_person_id == call.world.users[winner].person_id
        assert Item.objects.get(number=number).version == 2
        winners[winner] += 1
    assert verify().whole
    tell("officers", pairs, both_won=0, none_won=0, first_won=winners[WHO[0]], second_won=winners[WHO[1]])
