"""An open desk asks whether anything changed: the answer is a number, for those who see it, at next to no cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from linli.people.models import Session
from linli.work import news
from tests.requests.walk import Walker

Browse = Callable[[str], Client]
STATEMENTS_MAX = 3
"""The session, the actor's print, and at most once a second the events."""


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    news.forget()
    yield
    news.forget()


def asked(client: Client, since: int, **headers: str) -> Any:
    return client.get("/desk/changes/", {"since": since}, headers={"hx-request": "true", **headers})


def now() -> int:
    return int(time.time() * 1000)


def test_nothing_changed_is_an_empty_answer(browse: Browse) -> None:
    answer = asked(browse("dispatcher"), now() + 60_000)
    assert answer.status_code == 204
    assert answer.content == b""


def test_a_change_is_told_to_those_who_see_it(browse: Browse, walker: Walker) -> None:
    walker.begin()
    told = {
        name: asked(browse(name), now()).status_code for name in ("dispatcher", "community", "handler", "grid_west")
    }
    assert told == {"dispatcher": 200, "community": 200, "handler": 200, "grid_west": 204}


def test_ones_own_step_is_no_news(browse: Browse, walker: Walker) -> None:
    walker.begin()
    since = now() + 2_000 + 1
    time_of_report = walker.item.received_at
    assert time_of_report is not None
    walker.take("dispatcher", "comment", advice="看过了")
    news.forget()
    assert asked(browse("dispatcher"), since).status_code == 204


def test_the_answer_leads_to_the_list_that_is_open(browse: Browse, walker: Walker) -> None:
    walker.begin()
    client = browse("dispatcher")
    page = asked(client, now(), **{"hx-current-url": "http://testserver/desk/?tab=all&state=received"}).content.decode()
    assert 'hx-get="/desk/?tab=all&amp;state=received"' in page
    page = asked(client, now(), **{"hx-current-url": "https://elsewhere.example/?tab=all"}).content.decode()
    assert 'hx-get="/desk/"' in page


def test_an_old_page_is_told_to_look_again(browse: Browse) -> None:
    client = browse("dispatcher")
    assert asked(client, now() - (news.KEPT_SECONDS + 1) * 1000).status_code == 200
    assert client.get("/desk/changes/?since=x").status_code == 200


def test_asking_costs_three_small_statements_then_two(browse: Browse, walker: Walker, query_counter: Any) -> None:
    for _ in range(5):
        Walker(walker.world).begin()
    client = browse("dispatcher")
    asked(client, now())
    news.forget()
    with query_counter(at_most=STATEMENTS_MAX):
        asked(client, now())
    with query_counter(at_most=STATEMENTS_MAX - 1):
        asked(client, now())


def test_asking_does_not_keep_a_session_awake(browse: Browse) -> None:
    client = browse("dispatcher")
    row = Session.objects.get()
    seen = row.last_seen_at - timedelta(minutes=5)
    Session.objects.update(last_seen_at=seen)
    asked(client, now())
    assert Session.objects.get().last_seen_at == seen
    client.get("/desk/?tab=all")
    assert Session.objects.get().last_seen_at > seen


def test_the_list_asks(browse: Browse, walker: Walker) -> None:
    page = browse("dispatcher").get("/desk/?tab=all").content.decode()
    assert 'hx-get="/desk/changes/?since=' in page and 'hx-trigger="every 20s"' in page


def test_strangers_and_residents_learn_nothing(client: Client, browse: Browse, walker: Walker) -> None:
    walker.begin()
    assert client.get("/desk/changes/?since=0").status_code == 302
    assert browse("resident").get("/desk/changes/?since=0").status_code == 403
