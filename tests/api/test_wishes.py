"""Wishes by REST: made once, claimed by one, followed by link; what nobody may read is in no answer."""

from __future__ import annotations

import json

from linli.people.models import AuditRecord
from linli.wishes.models import Wish
from tests.support import wishing
from tests.support.calling import Caller, key

SECRET = (wishing.NAME, wishing.PHONE, wishing.ADDRESS, wishing.WORDS, "13805324321", "于淼")


def test_a_wish_is_made_once_and_followed_by_its_link(call: Caller) -> None:
    one = key()
    first, again = wishing.post(call, key_=one), wishing.post(call, key_=one)
    assert (first.status, again.status) == (201, 201) and first.data == again.data
    assert again.headers["Idempotency-Replayed"] == "true" and Wish.objects.count() == 1
    assert wishing.post(call, key_=one, words="别的").status == 409
    followed = call.get(f"/wishes/followed/{first['tracking_token']}")
    assert (followed["state"], followed["mine"], followed["may"]) == ("recorded", "wished", ["withdraw"])
    assert call.get(f"/wishes/{first['number']}").status == 404, "not reviewed"
    assert call.get("/wishes/followed/aaaaaaaaaaaaaaaaaaaaaa").status == 404


def test_what_is_missing_or_not_theirs_is_refused_by_field(call: Caller) -> None:
    for wrong, field in (({"phone": "1"}, "phone"), ({"sort": "money"}, "sort"), ({"channel": "phone"}, "channel"),
                         ({"words": ""}, "words"), ({"place": call.world.places["street"].pk}, "place")):  # fmt: skip
        answer = wishing.post(call, **wrong)
        assert (answer.status, answer["field"]) == (422, field)
    assert wishing.post(call, "community").status == 422, "staff say how it came in"
    assert wishing.post(call, "community", channel="phone").status == 201
    west = wishing.post(call, "community", channel="phone", place=call.world.places["west"].pk)
    assert west.status == 403


def test_of_two_who_claim_one_wins_and_the_claimer_fulfils(call: Caller) -> None:
    item = wishing.brought_to(call.world, "on_wall")
    other = wishing.another_resident(call.world)
    assert call.get(f"/wishes/{item.number}", "resident")["may"] == ["claim"]
    step = {"steps": [{"transition": "claim", "data": {"offer": "我会修"}}]}
    address = f"/wishes/{item.number}/steps"
    assert call.post(address, step).status == 401
    stale = {"If-Match": str(item.version)}
    assert call.post(address, step, "resident", **stale)["state"] == "claimed"
    late = call.post(address, step, other, **stale)
    assert (late.status, late["state"]) == (409, "claimed")
    assert call.post(f"/wishes/{item.number}/wisher", {}, "resident", key_="").status == 404, "not agreed to yet"
    agreed = {"steps": [{"transition": "agree_claim"}]}
    assert call.post(address, agreed, other).status == 403
    assert call.post(address, agreed, "community")["state_label"] == "正在兑现"
    seen = call.post(f"/wishes/{item.number}/wisher", {}, "resident", key_="")
    assert seen.data == {"words": "", "name": wishing.NAME, "phone": wishing.PHONE, "address": wishing.ADDRESS}
    assert call.post(f"/wishes/{item.number}/wisher", {}, other, key_="").status == 404
    assert AuditRecord.objects.filter(action="wish.contact_seen").count() == 1
    mine = call.get("/wishes/mine", "resident")
    assert [row["may"] for row in mine["claimed"]] == [["fulfil", "give_back"]]
    assert call.post(address, {"steps": [{"transition": "fulfil"}]}, "resident")["state"] == "fulfilled"


def test_nothing_of_wisher_and_claimer_is_in_any_list(call: Caller) -> None:
    for state in ("recorded", "on_wall", "matched", "closed"):
        wishing.brought_to(call.world, state)
    answers = [call.get("/wishes"), call.get("/wishes?shown=came_true"), call.get("/wishes", "resident")]
    answers += [call.get(f"/wishes/handled?tab={tab}", "community") for tab in ("recorded", "matched", "closed")]
    assert [len(answer["items"]) for answer in answers] == [1, 1, 1, 1, 1, 1]
    told = json.dumps([answer.data for answer in answers], ensure_ascii=False)
    assert not [secret for secret in SECRET if secret in told]
    assert call.get("/wishes/handled", "resident").status == 403
    assert call.get("/wishes/handled?tab=on_wall", "community_west")["items"] == []


def test_the_wall_is_narrowed_by_place_and_kind(call: Caller) -> None:
    number = wishing.brought_to(call.world, "on_wall").number
    east, west = call.world.places["east"].pk, call.world.places["west"].pk
    assert [row["number"] for row in call.get(f"/wishes?place={east}&sort=wish_help")["items"]] == [number]
    assert call.get(f"/wishes?place={west}")["items"] == []
    assert call.get("/wishes?sort=wish_goods")["items"] == []
    assert call.get("/wishes?place=987654321").status == 404
    assert call.get("/wishes?sort=money").status == 422
