"""What phones send is stored once, in any order; what cannot be stored as it came is kept and decided."""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.inspections.batch import REASONS, CoReceiver
from linli.inspections.day_pack import day_pack
from linli.inspections.models import Finding, Observation, PendingConflict, RoundSite
from linli.inspections.rounds import end_round, set_site_state
from linli.inspections.services import resolve_conflict
from linli.people.access import ObjectHidden, PermissionRefused
from linli.work import uploads
from linli.work.engine import StepRefused
from linli.work.media import evidence_for
from linli.work.models import EventText, Evidence, Item, Upload
from linli.work.services import advance, new_key
from tests.inspections.conftest import Patrol, at
from tests.work.conftest import encoded, picture


def upload(seed: int = 1) -> str:
    """The token of a photo that was sent."""
    return str(uploads.receive(BytesIO(encoded(picture(seed=seed))), owner="p1").token)


def counted() -> set[tuple[Any, ...]]:
    """What counts: the site, the criterion and the result of every observation that nothing replaced."""
    gone = set(Observation.objects.exclude(replaces_id=None).values_list("replaces_id", flat=True))
    rows = Observation.objects.filter(superseded=False).values_list("id", "client_key", "site", "criterion", "result")
    return {row[1:] for row in rows if row[0] not in gone}


def test_a_pass_is_stored_and_the_site_is_done(patrol: Patrol) -> None:
    tick = patrol.tick(longitude=patrol.sites[0].lon, latitude=patrol.sites[0].lat, accuracy_m=8.0, words="很干净")
    (outcome,) = patrol.send(tick).outcomes
    row = Observation.objects.get(pk=outcome.observation_id)
    assert (row.result, row.value, row.late, row.distance_m, row.note.words) == (1, 0, False, 0.0, "很干净")
    assert RoundSite.objects.get(round=patrol.round, site=patrol.sites[0]).state == "done"
    patrol.round.refresh_from_db()
    assert patrol.round.state == "running"
    assert row.written > 0


def test_the_same_batch_again_gets_the_same_answer(patrol: Patrol) -> None:
    ticks = [patrol.tick(), patrol.tick(1, result="fail", finding=patrol.problem())]
    first, again = patrol.send(*ticks), patrol.send(*reversed(ticks))
    assert [one.outcome for one in first.outcomes] == ["stored", "stored"]
    assert [one.outcome for one in again.outcomes] == ["repeated", "repeated"]
    ids = {one.client_key: (one.observation_id, one.number) for one in first.outcomes}
    assert ids == {one.client_key: (one.observation_id, one.number) for one in again.outcomes}
    assert (Observation.objects.count(), Item.objects.filter(kind="finding").count()) == (2, 1)


def test_observations_cannot_be_changed_by_the_application(patrol: Patrol) -> None:
    patrol.send(patrol.tick())
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE inspections_observation SET result = 0")


def test_a_hand_over_goes_to_the_unit_that_answers_with_deadline_and_signature(patrol: Patrol) -> None:
    finding = patrol.problem(handling="hand_over", receiver_name="小王", signature=upload(7))
    outcome = patrol.send(
        patrol.tick(result="fail", words="堆了三袋垃圾", photos=(upload(),), finding=finding)
    ).outcomes[0]
    item = Item.objects.get(number=outcome.number)
    assert (item.state, item.responsible_organisation_id) == ("handling", patrol.world.units["sanitation"].pk)
    assert item.handle_due is not None
    purposes = set(Evidence.objects.filter(item=item).values_list("purpose", flat=True))
    assert purposes == {"before", "signature"}
    kept = Finding.objects.get(item=item)
    assert (kept.observation_id, kept.handling) == (outcome.observation_id, "hand_over")
    assert Observation.objects.get(pk=outcome.observation_id).item_id == item.pk


def test_without_a_signature_the_unit_still_has_to_sign(patrol: Patrol) -> None:
    finding = patrol.problem(handling="hand_over")
    outcome = patrol.send(patrol.tick(result="fail", finding=finding)).outcomes[0]
    assert Item.objects.get(number=outcome.number).state == "dispatched"


def test_several_units_answer_together(patrol: Patrol) -> None:
    units = patrol.world.units
    finding = patrol.problem(handling="hand_over", lead_organisation_id=units["enforcement"].pk,
                             co_organisation_ids=(units["sanitation"].pk, units["property"].pk))  # fmt: skip
    outcome = patrol.send(patrol.tick(result="fail", finding=finding)).outcomes[0]
    legs = Item.objects.get(number=outcome.number).legs.order_by("sent_at", "id")
    assert sorted((leg.role, leg.organisation_id) for leg in legs) == sorted(
        [("lead", units["enforcement"].pk), ("co", units["sanitation"].pk), ("co", units["property"].pk)]
    )


def test_every_unit_that_stands_there_signs_on_the_phone(patrol: Patrol) -> None:
    units = patrol.world.units
    there = (CoReceiver(units["sanitation"].pk, "小李", upload(8)), CoReceiver(units["property"].pk, "小赵"))
    finding = patrol.problem(handling="hand_over", lead_organisation_id=units["enforcement"].pk, receiver_name="老王",
                             signature=upload(7), co_receivers=there)  # fmt: skip
    outcome = patrol.send(patrol.tick(result="fail", finding=finding)).outcomes[0]
    item = Item.objects.get(number=outcome.number)
    signed = {leg.organisation_id: leg.signed_at is not None for leg in item.legs.all()}
    assert item.state == "handling"
    assert signed == {units["enforcement"].pk: True, units["sanitation"].pk: True, units["property"].pk: False}
    assert sorted(Evidence.objects.filter(item=item).values_list("purpose", flat=True)) == ["signature"] * 2
    texts = {name: text for row in EventText.objects.filter(event__item=item) for name, text in row.texts.items()}
    assert texts["co_receivers"] == f"{units['property'].name} 小赵"


def test_a_co_handler_may_sign_before_the_lead(patrol: Patrol) -> None:
    units = patrol.world.units
    there = (CoReceiver(units["sanitation"].pk, "小李", upload(8)),)
    finding = patrol.problem(handling="hand_over", lead_organisation_id=units["enforcement"].pk, co_receivers=there)
    outcome = patrol.send(patrol.tick(result="fail", finding=finding)).outcomes[0]
    item = Item.objects.get(number=outcome.number)
    assert item.state == "dispatched"
    assert item.legs.get(role="co").signed_at is not None


def test_a_co_handler_that_is_gone_is_a_conflict_and_not_a_loss(patrol: Patrol) -> None:
    finding = patrol.problem(handling="hand_over", lead_organisation_id=patrol.world.units["enforcement"].pk,
                             co_organisation_ids=(10**9,))  # fmt: skip
    outcome = patrol.send(patrol.tick(result="fail", finding=finding)).outcomes[0]
    assert (outcome.outcome, outcome.code) == ("conflict", "finding_refused")


@pytest.mark.parametrize(("key", "state"), [(10, "handled"), (11, "closed")])
def test_fixed_on_the_spot_is_closed_and_one_in_ten_is_verified(patrol: Patrol, key: int, state: str) -> None:
    finding = patrol.problem(client_key=uuid.UUID(int=key), handling="fix_on_spot", after_photos=(upload(3),))
    outcome = patrol.send(patrol.tick(result="fail", photos=(upload(2),), finding=finding)).outcomes[0]
    assert Item.objects.get(number=outcome.number).state == state
    assert set(Evidence.objects.values_list("purpose", flat=True)) == {"before", "after"}


def test_rework_until_somebody_of_another_unit_has_verified(patrol: Patrol) -> None:
    world = patrol.world
    finding = patrol.problem(handling="hand_over", lead_organisation_id=world.units["east"].pk, category_id=None)
    outcome = patrol.send(patrol.tick(result="fail", finding=finding)).outcomes[0]
    item = Item.objects.get(number=outcome.number)

    def take(who: str, step: str, **data: Any) -> None:
        advance(world.actor(who), item.pk, [(step, data)], key=new_key())

    take("community", "sign")
    take("community", "reply", answer="清走了")
    for who in ("community", "grid"):
        with pytest.raises(StepRefused) as refused:
            take(who, "verify_pass")
        assert refused.value.code in ("verifier_is_not_the_handler", "verifier_is_of_another_unit")
    take("street", "verify_fail", reason="还有一袋")
    item.refresh_from_db()
    assert (item.state, item.rework_count) == ("handling", 1)
    take("community", "reply", answer="这回清走了")
    take("street", "verify_pass")
    item.refresh_from_db()
    assert item.state == "closed"


def test_photos_of_a_pass_hang_on_the_observation_and_show_to_who_sees_the_site(patrol: Patrol) -> None:
    (outcome,) = patrol.send(patrol.tick(photos=(upload(),))).outcomes
    row = Evidence.objects.get(holder="observation", holder_id=outcome.observation_id)
    assert evidence_for(patrol.world.actor("community"), row.pk).pk == row.pk
    from django.http import Http404

    for name in ("community_west", "resident", "property"):
        with pytest.raises(Http404):
            evidence_for(patrol.world.actor(name), row.pk)


def test_a_photo_used_again_is_flagged(patrol: Patrol) -> None:
    patrol.send(patrol.tick(photos=(upload(5),)))
    patrol.send(patrol.tick(1, photos=(upload(5),)))
    flags = [row.flags for row in Evidence.objects.order_by("id")]
    assert "reused" not in flags[0]
    assert "reused" in flags[1]


@pytest.mark.parametrize(
    ("reason", "prepare"),
    [
        ("round_ended", lambda p: (end_round(p.world.actor("community"), p.round.pk), p.tick())[1]),
        ("site_closed", lambda p: (set_site_state(p.world.actor("grid"), p.round.pk, p.sites[0].pk, "closed", "拆了"),
                                   p.tick())[1]),
        ("outside_period", lambda p: p.tick(observed_at=at(-24 * 9))),
        ("clock_ahead", lambda p: p.tick(observed_at=at(2))),
        ("criterion_gone", lambda p: p.tick(1, "ads")),
        ("bad_value", lambda p: p.tick(0, "order", "fail", value=-3.0)),
    ],
)  # fmt: skip
def test_conflicts_are_kept_shown_and_decided(patrol: Patrol, reason: str, prepare: Any) -> None:
    tick = replace(prepare(patrol), words="一段话", photos=(upload(),))
    outcome = patrol.send(tick).outcomes[0]
    assert (outcome.outcome, outcome.code) == ("conflict", reason)
    assert patrol.send(tick).outcomes[0].conflict_id == outcome.conflict_id
    assert Observation.objects.count() == 0
    grid = patrol.world.actor("grid")
    shown = day_pack(grid)["conflicts"]
    assert [entry["code"] for entry in shown] == [reason]
    uploads.remove_unclaimed(timezone.now() + timedelta(days=3))
    assert Upload.objects.count() == 1, "the photos of what is undecided are kept"
    done = resolve_conflict(grid, outcome.conflict_id or 0, "store")
    row = Observation.objects.get(pk=done.observation_id)
    assert row.client_key == tick.client_key
    assert row.note.words == "一段话"
    assert Evidence.objects.filter(holder_id=row.pk).count() == 1
    assert row.late is (reason in ("round_ended", "outside_period"))
    assert patrol.send(tick).outcomes[0].outcome == "repeated"
    with pytest.raises(StepRefused) as refused:
        resolve_conflict(grid, outcome.conflict_id or 0, "discard")
    assert refused.value.code == "decided"


def test_a_conflict_may_be_left_out_by_who_made_it_or_organises(patrol: Patrol) -> None:
    outcome = patrol.send(patrol.tick(observed_at=at(2))).outcomes[0]
    for name in ("grid2", "community_west", "resident"):
        with pytest.raises(ObjectHidden):
            resolve_conflict(patrol.world.actor(name), outcome.conflict_id or 0, "discard")
    with pytest.raises(StepRefused):
        resolve_conflict(patrol.world.actor("grid"), outcome.conflict_id or 0, "whatever")
    resolve_conflict(patrol.world.actor("community"), outcome.conflict_id or 0, "discard")
    assert PendingConflict.objects.get().state == "discarded"
    assert Observation.objects.count() == 0


def test_a_photo_that_is_gone_makes_a_conflict_and_not_a_loss(patrol: Patrol) -> None:
    good, bad = patrol.tick(), patrol.tick(1, photos=(str(uuid.uuid4()),))
    failing = patrol.tick(2, result="fail", photos=(str(uuid.uuid4()),), finding=patrol.problem())
    outcomes = patrol.send(good, bad, failing).outcomes
    assert [one.outcome for one in outcomes] == ["stored", "conflict", "conflict"]
    assert {one.code for one in outcomes[1:]} == {"upload_gone"}
    for one in outcomes[1:]:
        resolve_conflict(patrol.world.actor("grid"), one.conflict_id or 0, "store_without_files")
    assert Observation.objects.count() == 3
    assert Item.objects.filter(kind="finding").count() == 1


def test_who_may_not_record_is_refused_and_another_area_is_a_conflict(patrol: Patrol) -> None:
    for name in ("resident", "captain", "handler", "admin", "anonymous"):
        with pytest.raises(PermissionRefused):
            patrol.send(patrol.tick(), by=name)
    assert patrol.send(patrol.tick(), by="grid2").outcomes[0].code == "not_yours"
    assert Observation.objects.count() == 0


@pytest.mark.parametrize(
    "change",
    [{"result": "maybe"}, {"value": float("nan")}, {"longitude": float("inf")}, {"photos": ("x",)},
     {"photos": tuple(str(uuid.uuid4()) for _ in range(10))}],
)  # fmt: skip
def test_what_no_right_client_sends_is_refused_whole(patrol: Patrol, change: dict[str, Any]) -> None:
    with pytest.raises(StepRefused) as refused:
        patrol.send(replace(patrol.tick(), **change))
    assert refused.value.status == 422
    assert PendingConflict.objects.count() == 0


def test_every_reason_offers_to_leave_it_out() -> None:
    assert all("discard" in reason.choices for reason in REASONS.values())


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6))
def test_replay_in_any_order_and_any_parts_gives_the_same_state(patrol: Patrol, seed: int) -> None:
    chance = random.Random(seed)
    ticks = []
    for number in range(chance.randrange(1, 9)):
        old = chance.choice(ticks) if ticks and chance.random() < 0.5 else None
        tick = patrol.tick(chance.randrange(4), result=chance.choice(("pass", "fail", "not_applicable")),
                           observed_at=at(-number / 10))  # fmt: skip
        if old is not None:
            tick = replace(tick, replaces=old.client_key, site_id=old.site_id)
        ticks.append(tick)
    replaced = {tick.replaces for tick in ticks}
    expected = {
        (tick.client_key, tick.site_id, tick.criterion_id, {"fail": 0, "pass": 1, "not_applicable": 2}[tick.result])
        for tick in ticks if tick.client_key not in replaced
    }  # fmt: skip
    before = counted()
    sent = [*ticks, *chance.choices(ticks, k=3)]
    chance.shuffle(sent)
    while sent:
        part = {tick.client_key: tick for tick in (sent.pop() for _ in range(min(len(sent), chance.randrange(1, 4))))}
        patrol.send(*part.values())
    assert counted() - before == expected
    done = set(RoundSite.objects.filter(state="done").values_list("site_id", flat=True))
    assert done == set(Observation.objects.values_list("site_id", flat=True))


def test_two_hundred_passes_take_few_statements(patrol: Patrol, query_counter: Any) -> None:
    names = ("clean", "order")
    ticks = [patrol.tick(number % 4, names[number % 2]) for number in range(200)]
    patrol.send(patrol.tick())
    with query_counter(at_most=20):
        outcomes = patrol.send(*ticks).outcomes
    assert {one.outcome for one in outcomes} == {"stored"}


def test_the_day_pack_takes_at_most_twelve_statements(patrol: Patrol, query_counter: Any) -> None:
    patrol.send(patrol.tick(), patrol.tick(2, result="fail", photos=(upload(),), finding=patrol.problem()))
    patrol.send(patrol.tick(observed_at=at(2)))
    grid = patrol.world.actor("grid")
    day_pack(grid)
    with query_counter(at_most=12):
        pack = day_pack(grid)
    assert [site["id"] for site in pack["sites"]] == [site.pk for site in patrol.sites]
    assert pack["sites"][0]["seen"] == {str(patrol.criteria["clean"].pk): pack["sites"][0]["seen"][
        str(patrol.criteria["clean"].pk)]}  # fmt: skip
    assert len(pack["sites"][0]["criteria"]) == 3
    assert len(pack["sites"][1]["criteria"]) == 2
    assert len(pack["sites"][2]["open"]) == 1
    assert pack["sites"][2]["open"][0]["photo"]
    assert len(pack["ground"]["features"]) == 1
    assert pack["units"]
    assert pack["conflicts"]


def test_the_day_pack_of_another_grid_is_empty(patrol: Patrol) -> None:
    assert day_pack(patrol.world.actor("grid_west"))["sites"] == []
    with pytest.raises(PermissionRefused):
        day_pack(patrol.world.actor("resident"))
