"""What the phone sends arrives once, whole, from whom it says; nothing that was recorded is dropped."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from linli.api.patrol import BATCH_BYTES_MAX
from linli.inspections.models import Observation, PendingConflict
from linli.inspections.rounds import end_round
from linli.work.models import Evidence, Item, Upload
from tests.inspections.conftest import Patrol, media, patrol
from tests.support.browsing import signed_in
from tests.support.calling import Answer, Caller
from tests.work.conftest import encoded, picture

__all__ = ["media", "patrol"]


def photo(seed: int) -> bytes:
    """A JPEG unlike the others."""
    return encoded(picture(seed=seed))


def record(patrol: Patrol, site: int = 0, **more: Any) -> dict[str, Any]:
    """A passing record as the phone writes it."""
    return {
        "client_key": str(uuid.uuid4()), "round_id": patrol.round.pk, "site_id": patrol.sites[site].pk,
        "criterion_id": patrol.criteria["clean"].pk, "replaces": None, "result": "pass", "value": None, "words": "",
        "observed_at": timezone.now().isoformat(), "longitude": None, "latitude": None, "accuracy_m": None,
        "photos": [], "finding": None, **more,
    }  # fmt: skip


def failing(patrol: Patrol, photos: list[str], **more: Any) -> dict[str, Any]:
    """A failing one with its problem."""
    finding = {
        "client_key": str(uuid.uuid4()), "category_id": patrol.world.category("01").pk, "advice": "请今天清走",
        "handling": "report", "lead_organisation_id": None, "co_organisation_ids": [], "receiver_name": "",
        "signature": None, "after_photos": [],
    }  # fmt: skip
    return record(patrol, result="fail", photos=photos, finding=finding | more)


def parts(records: list[Any], files: dict[str, bytes], **more: Any) -> dict[str, Any]:
    """The parts of the request."""
    notes = {number: {"kind": "photo", "bytes": len(content)} for number, content in files.items()}
    batch = {"device": "phone-1", "observations": records, "files": notes, **more}
    return {"batch": json.dumps(batch)} | {number: _named(content) for number, content in files.items()}


def _named(content: bytes) -> Any:
    from io import BytesIO

    file = BytesIO(content)
    file.name = "photo.jpg"
    return file


def sync(
    call: Caller, records: list[Any], files: dict[str, bytes] | None = None, who: str = "grid", **more: Any
) -> Answer:
    """Send a batch; the answer is checked against the document."""
    response = Client().post("/api/v1/patrol/sync", parts(records, files or {}, **more), headers=call.headers(who))
    return call._answer("post", "/patrol/sync", response)


def outcomes(answer: Answer) -> list[str]:
    """What became of each."""
    assert answer.status == 200, answer.data
    return [one["outcome"] for one in answer["outcomes"]]


def test_a_batch_arrives_with_its_photos_and_again_it_changes_nothing(call: Caller, patrol: Patrol) -> None:
    files = {str(uuid.uuid4()): photo(seed) for seed in range(3)}
    records = [failing(patrol, [number]) for number in files] + [record(patrol, 1)]
    first = sync(call, records, files)
    assert outcomes(first) == ["stored"] * 4
    assert all(one["number"] for one in first["outcomes"][:3])
    before = (Observation.objects.count(), Evidence.objects.count(), Upload.objects.count())
    assert before == (4, 3, 3)
    again = sync(call, list(reversed(records)), files)
    assert outcomes(again) == ["repeated"] * 4
    assert {one["number"] for one in again["outcomes"]} == {one["number"] for one in first["outcomes"]}
    assert (Observation.objects.count(), Evidence.objects.count(), Upload.objects.count()) == before


def test_one_record_that_is_none_does_not_hold_up_the_others(call: Caller, patrol: Patrol) -> None:
    good, bad = record(patrol), record(patrol, 1, result="splendid")
    doubled = failing(patrol, [])
    doubled["result"] = "pass"
    answer = sync(call, [bad, good, doubled, "rubbish"])
    told = {one["client_key"]: one for one in answer["outcomes"]}
    assert told[good["client_key"]]["outcome"] == "stored"
    assert told[bad["client_key"]]["outcome"] == "refused"
    assert "result" in told[bad["client_key"]]["label"]
    assert told[doubled["client_key"]]["outcome"] == "refused"
    assert Observation.objects.count() == 1


def test_a_problem_on_the_way_arrives_once_with_its_photo(call: Caller, patrol: Patrol) -> None:
    number = str(uuid.uuid4())
    problem = {
        "client_key": str(uuid.uuid4()), "place_id": patrol.world.places["east_grid1"].pk, "words": "",
        "observed_at": timezone.now().isoformat(), "longitude": None, "latitude": None, "accuracy_m": None,
        "photos": [number], "finding": failing(patrol, [])["finding"],
    }  # fmt: skip
    bad = problem | {"client_key": str(uuid.uuid4()), "photos": [], "words": " "}
    answers = [sync(call, [], {number: photo(3)}, problems=[problem, bad]) for _ in range(2)]
    told = [{one["client_key"]: (one["outcome"], one["number"]) for one in answer["outcomes"]} for answer in answers]
    first, again = (answer[problem["client_key"]] for answer in told)
    assert (first[0], again) == ("stored", ("repeated", first[1]))
    assert told[0][bad["client_key"]][0] == "refused"
    assert Evidence.objects.filter(item__number=first[1], kind="photo").count() == 1
    assert Item.objects.filter(kind="finding").count() == 1


def test_half_a_file_is_never_taken_for_a_whole_one(call: Caller, patrol: Patrol) -> None:
    number, content = str(uuid.uuid4()), photo(1)
    sent = parts([failing(patrol, [number])], {number: content})
    sent[number] = _named(content[: len(content) // 2])
    response = Client().post("/api/v1/patrol/sync", sent, headers=call.headers("grid"))
    assert (response.status_code, response.json()["code"]) == (400, "incomplete")
    assert Observation.objects.count() == Upload.objects.count() == 0


def test_a_photo_that_cannot_be_read_does_not_cost_the_record(call: Caller, patrol: Patrol) -> None:
    good, bad = str(uuid.uuid4()), str(uuid.uuid4())
    answer = sync(call, [failing(patrol, [good, bad])], {good: photo(1), bad: b"\xff\xd8\xff" + b"nothing" * 50})
    assert outcomes(answer) == ["stored"]
    assert "1" in answer["outcomes"][0]["label"]
    assert Evidence.objects.count() == 1


def test_a_hand_over_is_signed_on_the_phone(call: Caller, patrol: Patrol) -> None:
    before, signature = str(uuid.uuid4()), str(uuid.uuid4())
    unit = patrol.world.units["sanitation"].pk
    sent = failing(
        patrol, [before], handling="hand_over", lead_organisation_id=unit, receiver_name="李店主", signature=signature
    )
    answer = sync(call, [sent], {before: photo(1), signature: photo(2)})
    assert outcomes(answer) == ["stored"]
    item = Observation.objects.get().item
    assert item is not None
    assert item.state == "handling", "whoever signs has it"


def test_a_conflict_is_kept_told_and_decided(call: Caller, patrol: Patrol) -> None:
    end_round(patrol.world.actor("community"), patrol.round.pk)
    sent = record(patrol)
    answer = sync(call, [sent])
    (one,) = answer["outcomes"]
    assert one["outcome"] == "conflict"
    assert one["conflict"]["label"]
    assert [choice["code"] for choice in one["conflict"]["choices"]] == ["store", "discard"]
    (waiting,) = call.get("/patrol/day", "grid")["conflicts"]
    assert waiting["client_key"] == sent["client_key"]
    assert one["conflict"]["site_name"] == waiting["site_name"] != "", "the round is over: the phone no longer knows it"
    assert one["conflict"]["criterion_title"] == waiting["criterion_title"] != ""
    done = call.post(f"/patrol/conflicts/{waiting['id']}", {"choice": "store"}, "grid", key_="")
    assert (done.status, done["outcome"]) == (200, "stored")
    assert Observation.objects.get().late
    assert call.get("/patrol/day", "grid")["conflicts"] == []
    assert outcomes(sync(call, [sent])) == ["repeated"]
    assert PendingConflict.objects.get().state == "stored"


def test_records_are_sent_by_whoever_made_them(call: Caller, patrol: Patrol) -> None:
    other = patrol.world.actor("community").person_id
    answer = sync(call, [record(patrol)], person=other)
    assert (answer.status, answer["code"]) == (409, "other_person")
    assert sync(call, [record(patrol)], person=patrol.world.actor("grid").person_id).status == 200


@pytest.mark.parametrize("batch", ["", "[]", "{}", '{"observations": 3}', "{"])
def test_a_batch_that_cannot_be_read_says_so(call: Caller, patrol: Patrol, batch: str) -> None:
    response = Client().post("/api/v1/patrol/sync", {"batch": batch}, headers=call.headers("grid"))
    assert response.status_code == 422


def test_who_may_not_record_gets_nothing(call: Caller, patrol: Patrol) -> None:
    for path in ("/patrol/day", "/patrol/session"):
        assert call.get(path).status == 401
        assert call.get(path, "auditor").status == 403
    assert sync(call, [record(patrol)], who="auditor").status == 403
    assert Client().post("/api/v1/patrol/sync", parts([], {})).status_code == 401
    client = signed_in(patrol.world.users["grid"])
    client.handler.enforce_csrf_checks = True
    refused = client.post("/api/v1/patrol/sync", parts([record(patrol)], {}))
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    token = client.get("/api/v1/patrol/session").json()["csrf"]
    taken = client.post("/api/v1/patrol/sync", parts([record(patrol)], {}), headers={"X-CSRFToken": token})
    assert taken.status_code == 200


def test_too_much_is_refused_before_it_is_read(call: Caller, patrol: Patrol) -> None:
    headers = call.headers("grid")
    response = Client().post(
        "/api/v1/patrol/sync", b"--x--", content_type="multipart/form-data; boundary=x", headers=headers,
        CONTENT_LENGTH=str(BATCH_BYTES_MAX + 100_000),
    )  # fmt: skip
    assert response.status_code == 413


def test_the_day_is_all_that_the_phone_needs(call: Caller, patrol: Patrol, query_counter: Any) -> None:
    call.get("/patrol/day", "grid")
    with query_counter(at_most=14):
        day = call.get("/patrol/day", "grid")
    assert [site["id"] for site in day["sites"]] == [site.pk for site in patrol.sites]
    assert all(set(site["criteria"]) <= {row["id"] for row in day["criteria"]} for site in day["sites"])
    assert day["sites"][0]["criteria"]
    assert day["ground"]["features"]
    assert day["person"]["id"] == patrol.world.actor("grid").person_id
    sync(call, [seen := record(patrol)])
    site = next(site for site in call.get("/patrol/day", "grid")["sites"] if site["id"] == seen["site_id"])
    assert site["seen"][str(seen["criterion_id"])]["result"] == "pass"


def test_a_site_that_was_not_reached_travels_in_the_same_batch(call: Caller, patrol: Patrol) -> None:
    report = {
        "client_key": str(uuid.uuid4()), "round_id": patrol.round.pk, "site_id": patrol.sites[1].pk,
        "reason": "今天\0没开门", "observed_at": timezone.now().isoformat(),
    }  # fmt: skip
    nowhere = {**report, "client_key": str(uuid.uuid4()), "round_id": 10**9}
    nothing = {**report, "client_key": str(uuid.uuid4()), "reason": " "}
    answer = sync(call, [record(patrol)], unreached=[report, nowhere, nothing])
    told = {one["client_key"]: one for one in answer["outcomes"]}
    assert [told[one["client_key"]]["outcome"] for one in (report, nowhere, nothing)] == [
        "stored",
        "refused",
        "refused",
    ]
    assert told[nowhere["client_key"]]["label"]
    assert outcomes(sync(call, [], unreached=[report])) == ["repeated"]
    site = patrol.round.sites.get(site=patrol.sites[1])
    assert (site.state, site.reason) == ("unreachable", "今天没开门")


def test_words_with_a_nul_do_not_cost_the_record(call: Caller, patrol: Patrol) -> None:
    assert outcomes(sync(call, [record(patrol, words="很\0干净")])) == ["stored"]


def test_every_unit_that_answers_together_signs_on_the_phone(call: Caller, patrol: Patrol) -> None:
    lead, co = str(uuid.uuid4()), str(uuid.uuid4())
    units = patrol.world.units
    sent = failing(
        patrol, [], handling="hand_over", lead_organisation_id=units["enforcement"].pk, receiver_name="老王",
        signature=lead, co_receivers=[{"organisation_id": units["sanitation"].pk, "name": "小李", "signature": co}],
    )  # fmt: skip
    assert outcomes(sync(call, [sent], {lead: photo(1), co: photo(2)})) == ["stored"]
    item = Observation.objects.get().item
    assert item is not None
    assert [leg.signed_at is not None for leg in item.legs.all()] == [True, True]
