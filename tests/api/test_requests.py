"""The life of a request over REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import override_settings

from linli.people.models import AccessRefusal, AuditRecord
from linli.people.throttle import PUBLIC_REPORT
from linli.work.models import Event, Item
from tests.support.calling import RUBBISH, Caller, key
from tests.support.world import OUTSIDE


def test_a_report_names_one_unit_one_date_and_a_link(call: Caller) -> None:
    made = call.report()
    assert made.status == 201
    assert made["unit"] == "区环卫中心"
    assert made["due"] is not None
    assert made["state"] == "dispatched"
    assert made["tracking_url"].endswith(f"/r/{made['tracking_token']}/")
    assert made.headers["Location"] == f"/api/v1/follow/{made['tracking_token']}"
    item = Item.objects.get(number=made["number"])
    assert item.source == "api"
    assert item.handle_due is not None
    assert made["due"][:19] == item.handle_due.isoformat()[:19]


def test_the_same_key_gives_the_first_answer(call: Caller) -> None:
    used = key()
    first, again = call.report(key_=used), call.report(key_=used)
    assert again.data == first.data
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Item.objects.count() == 1
    other = call.report(key_=used, words="别的内容，路灯坏了")
    assert (other.status, other["code"]) == (409, "key_reused")


@pytest.mark.parametrize("used", ["", "short", "有汉字有汉字有汉字有汉字有汉字有", "x" * 97])
def test_a_report_needs_a_good_key(call: Caller, used: str) -> None:
    if not used.isascii():
        used = used.encode().decode("latin-1")
    refused = call.report(key_=used)
    assert refused.status == 422
    assert refused["field"] == "Idempotency-Key"
    assert not Item.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "nonsense"}, "kind"),
        ({"words": ""}, "words"),
        ({"words": "长" * 5001}, "words"),
        ({"words": 7}, "words"),
        ({"longitude": OUTSIDE[0], "latitude": OUTSIDE[1]}, "place"),
        ({"longitude": 200}, "longitude"),
        ({"longitude": None}, "place"),
        ({"phone": "12"}, "phone"),
        ({"category": 10**9}, "category"),
        ({"category": 10**30}, "category"),
        ({"crs": "EPSG:1"}, "crs"),
        ({"photos": ["0190163d-8694-739b-aea5-966c26f8ad90"]}, "photos"),
        ({"photos": ["no"]}, "photos.0"),
        ({"accused_organisation": 10**9}, "accused_organisation"),
        ({"surprise": 1}, "surprise"),
        ({"channel": "phone"}, "channel"),
        ({"source_number": "1"}, "source_number"),
        ({"transition": "hand_over", "data": {"surprise": 1}}, "surprise"),
        ({"transition": "sign"}, "transition"),
    ],
)
def test_bad_input_names_the_field(call: Caller, change: dict[str, Any], field: str) -> None:
    refused = call.report(**change)
    assert (refused.status, refused["field"]) == (422, field)
    assert not Item.objects.exists()


def test_refusals_speak_the_callers_language(call: Caller) -> None:
    assert call.report(kind="nonsense")["detail"].startswith("“kind”应为")
    call.language = "en"
    refused = call.report(kind="nonsense")
    assert refused["detail"].startswith("“kind” should be")
    assert refused["title"] == "Something has to be corrected"


def test_staff_record_on_behalf_and_import(call: Caller) -> None:
    made = call.report("duty", transition="report_on_behalf", channel="walk_in", contact_name="王小明")
    assert made.status == 201
    assert made.headers["Location"] == f"/api/v1/requests/{made['number']}"
    assert Item.objects.get(number=made["number"]).source == "walk_in"
    order = {"transition": "outside_order", "source_system": "12345", "source_number": "QD-1"}
    assert call.report("duty", **order).status == 201
    again = call.report("duty", **order)
    assert (again.status, again["code"], again["field"]) == (409, "already_imported", "source_number")


@pytest.mark.parametrize("who", ["anonymous", "resident", "handler"])
def test_others_may_not_record_on_behalf(call: Caller, who: str) -> None:
    refused = call.report(who, transition="report_on_behalf")
    assert (refused.status, refused["code"]) == (403, "forbidden")
    assert AccessRefusal.objects.filter(permission="request.report_on_behalf").count() == 1
    assert not Item.objects.exists()


def test_fixed_on_the_spot_and_handed_over(call: Caller) -> None:
    assert call.report("grid", transition="fix_on_spot")["state"] == "closed"
    refused = call.report("grid", transition="hand_over", data={"lead": 10**9})
    assert (refused.status, refused["field"]) == (422, "signature")
    assert call.report("grid", transition="fix_on_spot", photos=["0190163d-8694-739b-aea5-966c26f8ad90"])["field"] == (
        "photos"
    )


def test_a_request_walks_to_the_rating(call: Caller) -> None:
    made = call.report()
    number, token = made["number"], made["tracking_token"]
    steps = call.get(f"/requests/{number}/steps", "handler")
    assert [s["transition"] for s in steps["steps"] if s["primary"]] == ["sign"]
    assert call.step(number, "handler", "sign")["state"] == "handling"
    offered = {s["transition"]: s["data_schema"] for s in call.get(f"/requests/{number}/steps", "handler")["steps"]}
    assert set(offered["reply"]["required"]) == {"outcome", "answer"}
    assert call.step(number, "handler", "reply", outcome="solved", answer="已清理")["state"] == "replied"
    assert call.step(number, "head", "endorse_reply").status == 200
    assert call.step(number, "dispatcher", "approve_reply")["state"] == "handled"
    assert call.step(number, "grid", "verify_pass")["state"] == "closed"
    followed = call.get(f"/follow/{token}")
    assert followed["may"]["rate"] is True
    rated = call.post(f"/follow/{token}/steps", {"steps": [{"transition": "rate_satisfied", "data": {"rating": "5"}}]})
    assert rated["state"] == "closed"
    assert call.get(f"/follow/{token}")["rating"] == 5
    history = call.get(f"/requests/{number}/history", "dispatcher")
    assert [e["transition"] for e in history["events"]][-1] == "rate_satisfied"
    assert call.get(f"/requests/{number}", "dispatcher")["rating"] == 5


def test_a_chain_is_taken_together_or_not_at_all(call: Caller) -> None:
    number = call.report()["number"]
    chain = [{"transition": "sign"}, {"transition": "reply", "data": {"outcome": "solved", "answer": "好了"}}]
    broken = [*chain, {"transition": "verify_pass"}]
    refused = call.post(f"/requests/{number}/steps", {"steps": broken}, "handler")
    assert refused.status == 409
    assert (refused["state"], refused["version"]) == ("dispatched", 1)
    assert call.post(f"/requests/{number}/steps", {"steps": chain}, "handler")["state"] == "replied"


def test_whoever_is_late_learns_the_present_state(call: Caller) -> None:
    number = call.report()["number"]
    tag = call.get(f"/requests/{number}", "handler").headers["ETag"]
    assert tag == '"1"'
    assert call.step(number, "handler", "sign")["version"] == 2
    body = {"steps": [{"transition": "contact", "data": {"result": "reached"}}]}
    late = call.post(f"/requests/{number}/steps", body, "handler", **{"If-Match": tag})
    assert (late.status, late["code"], late["state"], late["version"]) == (409, "conflict", "handling", 2)
    also = call.post(f"/requests/{number}/steps", body | {"expected_version": 1}, "handler")
    assert (also.status, also["version"]) == (409, 2)
    right = call.post(f"/requests/{number}/steps", body, "handler", **{"If-Match": '"2"'})
    assert right.status == 200
    differ = call.post(f"/requests/{number}/steps", body | {"expected_version": 1}, "handler", **{"If-Match": '"3"'})
    assert (differ.status, differ["field"]) == (422, "If-Match")


def test_a_step_is_idempotent_by_its_key(call: Caller) -> None:
    number, used = call.report()["number"], key()
    body = {"steps": [{"transition": "sign"}]}
    first = call.post(f"/requests/{number}/steps", body, "handler", key_=used)
    again = call.post(f"/requests/{number}/steps", body, "handler", key_=used)
    assert (first.status, again.data) == (200, first.data)
    assert Event.objects.filter(transition="sign").count() == 1


@pytest.mark.parametrize(
    ("transition", "data", "field"),
    [
        ("reply", {"outcome": "solved"}, "answer"),
        ("reply", {"outcome": "nonsense", "answer": "x"}, "outcome"),
        ("reply", {"outcome": "solved", "answer": "x", "surprise": 1}, "surprise"),
        ("pass_down", {"unit": 10**9}, "unit"),
        ("pass_down", {"unit": "\x00"}, "unit"),
        ("ask_extension", {"reason": "x", "until": "tomorrow"}, "until"),
    ],
)
def test_bad_data_of_a_step_names_the_field(call: Caller, transition: str, data: dict[str, Any], field: str) -> None:
    number = call.report()["number"]
    call.step(number, "handler", "sign")
    refused = call.step(number, "handler", transition, **data)
    assert (refused.status, refused["field"]) == (422, field)
    assert Item.objects.get(number=number).version == 2


def test_units_and_persons_must_exist(call: Caller) -> None:
    number = call.report("duty", kind="report")["number"]
    assert call.step(number, "duty", "send_check", worker=10**9)["field"] == "worker"
    assert call.step(number, "duty", "accept").status == 200
    refused = call.step(number, "dispatcher", "dispatch", lead=call.world.units["sanitation"].pk, co_handlers=[10**9])
    assert (refused.status, refused["field"]) == (422, "co_handlers")


def test_what_is_not_mine_is_not_there(call: Caller) -> None:
    number = call.report()["number"]
    for who in ("anonymous", "resident", "grid_west", "community_west", "enforcer", "admin", "auditor"):
        for path in ("", "/history", "/steps"):
            assert call.get(f"/requests/{number}{path}", who).status == 404, (who, path)
        assert call.step(number, who, "sign").status == 404
        assert call.get("/requests/2026112399999", who).data == call.get(f"/requests/{number}", who).data
    seen = call.get(f"/requests/{number}", "grid")
    assert seen.status == 200
    refused = call.step(number, "grid", "approve_reply")
    assert refused.status in (403, 409)


def test_the_reporter_sees_their_own_and_nothing_inside(call: Caller) -> None:
    number = call.report("resident")["number"]
    call.step(number, "grid", "comment", advice="内部意见")
    own = call.get(f"/requests/{number}", "resident")
    assert own.status == 200
    assert own["legs"] == own["clocks"] == own["asks"] == []
    assert own["contact"] is None
    history = call.get(f"/requests/{number}/history", "resident")
    assert "内部意见" not in str(history.data)
    assert all(event["by"] is None for event in history["events"])
    assert "内部意见" in str(call.get(f"/requests/{number}/history", "dispatcher").data)
    assert [row["number"] for row in call.get("/requests", "resident")["items"]] == [number]


def test_contacts_and_phones_are_masked_for_those_who_need_not_know(call: Caller) -> None:
    made = call.report(words="垃圾没人清理，请打13812345678", phone="13912345678", contact_name="王小明")
    number = made["number"]
    clear = call.get(f"/requests/{number}", "handler")
    assert clear["contact"]["phone"] == "139****5678" and clear["contact"]["may_reveal"] is True
    assert "13812345678" in clear["words"]
    told = call.post(f"/requests/{number}/contact", {}, "handler")
    assert (told["name"], told["phone"]) == ("王小明", "13912345678") and told.headers["Cache-Control"] == "no-store"
    assert AuditRecord.objects.filter(action="contact.seen").count() == 1
    masked = call.get(f"/requests/{number}", "captain")
    assert masked.status == 200
    assert "13912345678" not in str(masked.data)
    assert "13812345678" not in str(masked.data)
    assert masked["contact"]["name"] == "王**" and masked["contact"]["may_reveal"] is False
    assert call.post(f"/requests/{number}/contact", {}, "captain").status == 404
    assert call.post(f"/requests/{number}/contact", {}).status == 401
    assert AuditRecord.objects.filter(action="contact.seen").count() == 1
    rows = call.get("/requests", "captain")["items"]
    assert "13812345678" not in str(rows)


def test_an_informer_is_not_even_masked(call: Caller) -> None:
    number = call.report(kind="report", phone="13912345678", contact_name="王小明")["number"]
    seen = call.get(f"/requests/{number}", "grid")
    assert seen["contact"]["protected"] is True
    assert seen["contact"]["name"] == seen["contact"]["phone"] == ""
    assert call.post(f"/requests/{number}/contact", {}, "grid").status == 404
    assert call.post(f"/requests/{number}/contact", {}, "duty")["phone"] == "13912345678"


def test_the_list_filters_and_pages(call: Caller) -> None:
    numbers = {call.report()["number"] for _ in range(3)} | {call.report(place="west")["number"]}
    page = call.get("/requests?limit=3", "dispatcher")
    assert page["total"] == 4
    assert len(page["items"]) == 3
    rest = call.get(page["next"].removeprefix("/api/v1"), "dispatcher")
    assert {row["number"] for row in page["items"] + rest["items"]} == numbers
    assert rest["next"] is None
    west = call.get(f"/requests?place={call.world.places['west'].pk}", "dispatcher")
    assert len(west["items"]) == 1
    assert len(call.get("/requests?q=" + numbers.copy().pop(), "dispatcher")["items"]) == 1
    assert len(call.get("/requests?q=垃圾", "grid")["items"]) == 3
    assert call.get("/requests", "grid_west")["total"] == 1
    assert call.get("/requests?tab=mine", "handler")["total"] == 4
    assert call.get("/requests").status == 401
    assert call.get("/requests?page=0", "dispatcher")["field"] == "page"


def test_whoever_is_not_known_is_throttled_by_address(call: Caller) -> None:
    cache.clear()
    for _ in range(PUBLIC_REPORT.times):
        assert call.report().status == 201
    refused = call.report()
    assert (refused.status, refused["code"]) == (429, "too_many")
    assert int(refused.headers["Retry-After"]) > 0
    assert "110" in refused["detail"]
    assert call.report("resident").status == 201
    with override_settings(LINLI_TRUSTED_PROXIES=["127.0.0.1"]):
        body = {"kind": "help", "words": RUBBISH, "place": call.world.places["east_grid1"].pk}
        assert call.post("/requests", body, **{"X-Forwarded-For": "198.51.100.7"}).status == 201


def test_the_statements_of_each_address(call: Caller, query_counter: Any) -> None:
    """Counted with authentication, without BEGIN, COMMIT and SAVEPOINT, once the process is warm."""
    number = call.report("resident")["number"]
    token = call.report()["tracking_token"]
    for who in ("resident", "dispatcher", "handler"):
        call.token(who)
        call.get("/me", who)
    limits = {
        "/requests": 5,
        f"/requests/{number}": 10,
        f"/requests/{number}/history": 9,
        f"/requests/{number}/steps": 9,
        "/organisations": 2,
        "/categories": 2,
    }
    for path, most in limits.items():
        call.get(path, "dispatcher")
        with query_counter(at_most=most) as counted:
            assert call.get(path, "dispatcher").status == 200
        print(f"GET {path}: {len(counted)}")
    for who, most in (("resident", 4), ("anonymous", 4)):
        with query_counter(at_most=most) as counted:
            assert call.report(who).status == 201
        print(f"POST /requests as {who}: {len(counted)}")
    with query_counter(at_most=10) as counted:
        assert call.step(number, "handler", "sign").status == 200
    print(f"POST steps: {len(counted)}")
    with query_counter(at_most=4) as counted:
        assert call.get(f"/follow/{token}").status == 200
    print(f"GET /follow: {len(counted)}")
