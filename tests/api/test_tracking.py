"""Following by number and phone tail: nothing can be tried out, and what is found is what the link would open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from linli.kernel.identifiers import luhn_check_digit
from linli.people import throttle
from linli.requests import tracking
from linli.requests.models import RequestDetail
from tests.support.calling import Answer, Caller

PHONE = "13800005678"


def track(call: Caller, number: str, tail: str, **headers: str) -> Answer:
    return call.post("/track", {"number": number, "phone_tail": tail}, key_="", **headers)


def another(number: str) -> str:
    """A number with the right check digit that nobody was given."""
    body = str(int(number[:-1]) + 4711)
    return body + str(luhn_check_digit(body))


def test_number_and_tail_open_what_the_link_opens(call: Caller) -> None:
    made = call.report(phone=PHONE)
    by_link = call.get(f"/follow/{made['tracking_token']}").data
    found = track(call, made["number"], "5678")
    assert found.status == 200 and found.headers["Cache-Control"] == "private, no-store"
    token = found.data.pop("token")
    found.data.pop("token_expires_at")
    assert found.data == by_link
    assert call.get(f"/follow/{token}").data == by_link
    done = call.post(f"/follow/{token}/steps", {"steps": [{"transition": "withdraw"}]})
    assert (done.status, done["state"]) == (200, "withdrawn")


def test_a_wrong_number_and_a_wrong_tail_are_told_alike_and_cost_the_same(call: Caller, query_counter: Any) -> None:
    number, silent = call.report(phone=PHONE)["number"], call.report()["number"]
    answers, counts = [], []
    for asked, tail in ((number, "5679"), (another(number), "5678"), (silent, "5678")):
        with query_counter() as counted:
            answers.append(track(call, asked, tail))
        counts.append(len(counted))
    assert [answer.status for answer in answers] == [404] * 3
    assert all(answer.content == answers[0].content for answer in answers)
    assert set(counts) == {2}


def test_what_cannot_be_a_number_is_looked_for_all_the_same(call: Caller, query_counter: Any) -> None:
    with query_counter(at_most=2) as counted:
        assert track(call, "123", "5678").status == 404
    assert len(counted) == 2
    assert track(call, "123", "56").status == 422


@pytest.mark.parametrize("name", ["TRACKING", "TRACKING_NUMBER"])
def test_tries_are_counted_by_address_and_by_number(
    call: Caller, monkeypatch: pytest.MonkeyPatch, settings: Any, name: str
) -> None:
    settings.LINLI_TRUSTED_PROXIES = ["127.0.0.1"]
    number = call.report(phone=PHONE)["number"]
    monkeypatch.setattr(throttle, name, throttle.Limit(f"tests:{name}", 2, timedelta(minutes=15)))
    for tail in ("0001", "0002"):
        assert track(call, number, tail, **{"X-Forwarded-For": "198.51.100.7"}).status == 404
    refused = track(call, number, "5678", **{"X-Forwarded-For": "198.51.100.7"})
    assert (refused.status, refused["code"]) == (429, "too_many") and int(refused.headers["Retry-After"]) > 0
    elsewhere = track(call, number, "5678", **{"X-Forwarded-For": "198.51.100.8"})
    assert elsewhere.status == (200 if name == "TRACKING" else 429)


def test_a_pass_ends_and_cannot_be_forged(call: Caller) -> None:
    token = call.report(phone=PHONE)["tracking_token"]
    item_id = RequestDetail.objects.get().pk
    passed, until = tracking.new_pass(item_id)
    assert len(passed) == tracking.PASS_LENGTH != len(token)
    assert tracking.item_id_of_pass(passed) == item_id
    assert until - timezone.now() <= timedelta(minutes=30)
    assert tracking.item_id_of_pass(passed, until) is None
    for place in range(len(passed) - 1):
        changed = passed[:place] + ("A" if passed[place] != "A" else "B") + passed[place + 1 :]
        assert tracking.item_id_of_pass(changed) is None
    assert tracking.item_id_of_pass("*" * tracking.PASS_LENGTH) is None
    assert call.get(f"/follow/{'A' * tracking.PASS_LENGTH}").status == 404
