"""Own check-in made without network and sent later: old codes, wrong clocks, twice and in any order."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from linli.activities import checkin, closing, confirmed, offline_checkin, rotating_code, scans, selectors
from linli.activities.checkin import Ticked
from linli.activities.models import Activity, Attendance, Mark
from linli.activities.offline_checkin import Attempt, Told
from linli.activities.posts import Post
from linli.people.access import ObjectHidden, PermissionRefused
from linli.work import moments
from tests.activities.conftest import resident, under_way
from tests.activities.visitors import as_resident, as_staff, body
from tests.support.world import World

Held = Callable[..., Activity]
ZERO = timedelta(0)


@pytest.fixture
def hill(held: Held) -> Activity:
    """It began two hours ago and ends in an hour; residents 1 to 3 have signed up."""
    activity = held(ago=-timedelta(days=1), posts=(Post("队员", 5),))
    return under_way(activity, began=timedelta(hours=2), lasts=timedelta(hours=3))


def minutes(number: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=number)


def scanned(activity: Activity, ago: timedelta, *, ahead: timedelta = ZERO, out: bool = False) -> Attempt:
    """A code as it was shown then, scanned at once by a phone whose clock is ahead."""
    at = timezone.now() - ago
    with moments.replaying(at):
        code = checkin.code_now(activity.pk)
    return Attempt(uuid4(), out, at + ahead, code)


def stood(activity: Activity, ago: timedelta, *, ahead: timedelta = ZERO, out: bool = False, **more: Any) -> Attempt:
    """A position at the place."""
    assert activity.place.lon is not None and activity.place.lat is not None
    here = (activity.place.lon, activity.place.lat)
    return Attempt(uuid4(), out, timezone.now() - ago + ahead, position=here, **more)


def sent(number: int, activity: Activity, *attempts: Attempt, ahead: timedelta = ZERO) -> list[Told]:
    """What the n-th resident's phone sends now."""
    return offline_checkin.take(resident(number), activity.pk, attempts, sent_at=timezone.now() + ahead)


def near(moment: datetime | None, ago: timedelta, slack: float = 60) -> bool:
    """Whether a moment was so long ago, to a minute."""
    return moment is not None and abs((timezone.now() - ago - moment).total_seconds()) <= slack


def test_a_position_that_comes_later_counts_from_when_it_was_read(hill: Activity) -> None:
    (told,) = sent(1, hill, stood(hill, minutes(80), accuracy_metres=20))
    row = Attendance.objects.get()
    assert (told.state, told.to_check, row.to_check, row.came_how) == ("stored", False, False, "position")
    assert near(row.came_at, minutes(80)) and near(row.arrived_at, ZERO)
    assert row.signup_id is not None and Mark.objects.get().distance_metres == 0
    (rough,) = sent(2, hill, stood(hill, minutes(80), accuracy_metres=2000))
    assert rough.to_check


def test_an_old_code_waits_for_the_leader_and_gives_nothing_before(hill: Activity, world: World) -> None:
    leader = world.actor("community")
    (told,) = sent(1, hill, scanned(hill, minutes(80)))
    row = Attendance.objects.get()
    assert (told.state, told.to_check, row.to_check) == ("stored", True, True) and near(row.came_at, minutes(80))
    checkin.tick(leader, hill.pk, [Ticked(resident(2).person_id or 0, False, timezone.now(), uuid4())])
    sent(3, hill, scanned(hill, minutes(70)))
    assert offline_checkin.vouch(leader, hill.pk, [row.person_id]) == 1
    assert offline_checkin.vouch(leader, hill.pk, [row.person_id]) == 0
    sent(1, hill, scanned(hill, minutes(1), out=True))
    closing.close(leader, hill.pk)
    found = {one.person_id: one for one in confirmed.of_activity(hill.pk)}
    assert set(found) == {resident(1).person_id, resident(2).person_id}, "the third was not looked at"
    assert near(found[resident(1).person_id or 0].came_at, minutes(80)), "the leader's look keeps the time"
    three = resident(3).person_id or 0
    times = {"came_at": row.came_at, "left_at": timezone.now()}
    closing.correct(leader, hill.pk, three, **times, reason="他在")
    assert len(confirmed.of_activity(hill.pk)) == 3
    with pytest.raises(ObjectHidden):
        offline_checkin.vouch(world.actor("grid"), hill.pk, [three])


def test_a_code_that_was_sent_on_and_one_of_elsewhere_are_refused(hill: Activity, held: Held) -> None:
    photographed = scanned(hill, minutes(60))
    claimed = Attempt(uuid4(), False, timezone.now() - minutes(20), photographed.code)
    other = held()
    foreign = Attempt(uuid4(), False, timezone.now(), scanned(other, ZERO).code)
    coming = rotating_code.step_at(timezone.now() + minutes(30))
    ahead = Attempt(
        uuid4(), False, timezone.now(), rotating_code.code_for(checkin.secret_for(hill.pk), hill.pk, coming)
    )
    early = scanned(hill, timedelta(hours=5))
    codes = [told.code for told in sent(1, hill, claimed, foreign, ahead, early)]
    assert codes == ["code_old", "bad_code", "bad_code", "too_early"] and not Mark.objects.exists()


def test_a_code_that_still_holds_is_as_good_as_online(hill: Activity) -> None:
    (told,) = sent(1, hill, scanned(hill, ZERO, ahead=minutes(90)), ahead=minutes(90))
    assert (told.to_check, told.clock_off_minutes, Mark.objects.get().clock_off_seconds) == (False, 0, None)


def proof_of(activity: Activity, number: int, ago: timedelta) -> str:
    """The n-th resident scanned the code then, with a network, and got the page."""
    with moments.replaying(timezone.now() - ago):
        kept = scans.ticket(activity.pk, checkin.code_now(activity.pk))
        scan = scans.scan_of(activity.pk, kept or "")
    assert scan is not None
    return scans.proof(activity.pk, resident(number).person_id or 0, scan)


def test_what_was_scanned_counts_from_the_scan_when_the_line_dropped_before_the_tap(hill: Activity) -> None:
    proof, now = proof_of(hill, 1, minutes(70)), timezone.now()
    tapped = Attempt(uuid4(), False, now - minutes(69), proof=proof)
    assert [sent(1, hill, tapped)[0].state for _again in range(2)] == ["stored", "repeated"]
    row = Attendance.objects.get()
    assert (row.came_how, row.to_check) == ("qr", False) and near(row.came_at, minutes(70), 2)
    assert near(row.arrived_at, ZERO), "the list says that it came later"
    # Neither the phone's clock nor a second tap, another person or another activity makes more of it.
    again = Attempt(uuid4(), True, now, proof=proof)
    assert [told.code for told in sent(1, hill, again)] == ["code_used"]
    assert [told.code for told in sent(2, hill, Attempt(uuid4(), False, now, proof=proof))] == ["bad_code"]
    assert [told.code for told in sent(1, hill, Attempt(uuid4(), False, now, proof=proof[:-2]))] == ["bad_code"]
    early = Attempt(uuid4(), False, now, proof=proof_of(hill, 1, timedelta(hours=5)))
    assert [told.code for told in sent(1, hill, early)] == ["too_early"]


def typed(activity: Activity, ago: timedelta, *, shown: timedelta | None = None, out: bool = False) -> Attempt:
    """The digits of then, typed then."""
    with moments.replaying(timezone.now() - (ago if shown is None else shown)):
        digits = checkin.digits_now(activity.pk)
    return Attempt(uuid4(), out, timezone.now() - ago, digits=digits)


def test_typed_digits_count_in_time_wait_when_they_come_later_and_are_tried_eight_times(hill: Activity) -> None:
    assert [(told.state, told.to_check) for told in sent(1, hill, typed(hill, ZERO))] == [("stored", False)]
    assert Attendance.objects.get().came_how == "typed"
    (later_told,) = sent(2, hill, typed(hill, minutes(40)))
    assert (later_told.state, later_told.to_check) == ("stored", True), "sent on meanwhile or not: the leader looks"
    (stranger,) = sent(7, hill, typed(hill, ZERO))
    assert (stranger.state, stranger.to_check) == ("stored", True), "digits are told on; nobody expected this person"
    old = [typed(hill, ZERO, shown=minutes(3)), typed(hill, minutes(40), shown=minutes(90))]
    assert [told.code for told in sent(3, hill, *old)] == ["bad_digits", "bad_digits"]
    wrong = [Attempt(uuid4(), False, timezone.now(), digits=text) for text in ("", "12345", "１２３４５６", "-00001")]
    assert {told.code for told in sent(3, hill, *wrong)} == {"bad_position", "bad_digits"}
    tries = [typed(hill, ZERO, shown=minutes(3)) for _once in range(5)] + [typed(hill, ZERO)]
    assert [told.code for told in sent(3, hill, *tries)] == ["bad_digits"] * 3 + ["too_many_tries"] * 3
    assert not Attendance.objects.filter(person_id=resident(3).person_id).exists()


@pytest.mark.parametrize("ahead", [90, -90])
def test_a_wrong_clock_is_told_put_right_and_left_to_the_leader(hill: Activity, world: World, ahead: int) -> None:
    off = minutes(ahead)
    (told,) = sent(1, hill, stood(hill, minutes(50), ahead=off), ahead=off)
    assert (told.state, told.to_check, told.clock_off_minutes) == ("stored", True, ahead)
    assert near(Attendance.objects.get().came_at, minutes(50))
    (listed,) = [one for one in selectors.people_of(hill.pk, clear=True) if one["present"]]
    assert listed["to_check"] and listed["clock_off_minutes"] == pytest.approx(90, abs=1)
    (code,) = sent(2, hill, scanned(hill, minutes(50), ahead=off))  # the clock was put right in between
    assert code.state == "refused" or code.to_check


def test_a_small_difference_of_clocks_is_nothing(hill: Activity) -> None:
    (told,) = sent(1, hill, stood(hill, minutes(50), ahead=minutes(4)), ahead=minutes(4))
    assert (told.to_check, told.clock_off_minutes) == (False, 0)


def test_any_order_and_twice_come_to_the_same(hill: Activity) -> None:
    attempts = [
        scanned(hill, minutes(100)), stood(hill, minutes(90)), scanned(hill, minutes(30), out=True),
        stood(hill, minutes(20), out=True),
    ]  # fmt: skip
    for order in itertools.permutations(attempts):
        with transaction.atomic():
            for one in order:
                sent(1, hill, one)
            assert {told.state for told in sent(1, hill, *reversed(order))} == {"repeated"}
            row = Attendance.objects.get()
            assert not row.to_check and near(row.came_at, minutes(90)) and near(row.left_at, minutes(20)), order
            assert Mark.objects.count() == 4
            transaction.set_rollback(True)


def test_a_doubtful_leaving_gives_no_more_than_the_planned_end(hill: Activity) -> None:
    Activity.objects.filter(pk=hill.pk).update(ends_at=timezone.now() - minutes(40))
    hill.refresh_from_db()
    sent(1, hill, scanned(hill, minutes(10), out=True), stood(hill, minutes(90)))
    row = Attendance.objects.get()
    assert not row.to_check and row.left_at == hill.ends_at


def test_the_same_code_twice_is_one_check_in(hill: Activity) -> None:
    first = scanned(hill, minutes(80))
    again = Attempt(uuid4(), False, first.at + timedelta(seconds=5), first.code)
    assert [told.state for told in sent(1, hill, first, again)] == ["stored", "repeated"]
    stolen = Attempt(first.key, False, first.at, first.code)
    assert sent(2, hill, stolen)[0].code == "key_used" and Mark.objects.count() == 1


def test_what_is_over_or_struck_out_is_told(hill: Activity, world: World) -> None:
    leader = world.actor("community")
    sent(1, hill, stood(hill, minutes(80)))
    checkin.strike(leader, hill.pk, resident(1).person_id or 0, "不在场")
    assert sent(1, hill, stood(hill, minutes(70)))[0].code == "struck"
    Activity.objects.filter(pk=hill.pk).update(
        starts_at=hill.starts_at - offline_checkin.ARRIVES - minutes(70),
        ends_at=hill.ends_at - offline_checkin.ARRIVES - minutes(70),
    )
    assert sent(2, hill, stood(hill, offline_checkin.ARRIVES + minutes(80)))[0].code == "too_late"
    closing.close(leader, hill.pk)
    assert sent(2, hill, stood(hill, minutes(80)))[0].code == "over"
    with pytest.raises(PermissionRefused):
        offline_checkin.take(world.actor("anonymous"), hill.pk, [], sent_at=timezone.now())


# --- Over HTTP --------------------------------------------------------------------------------------------------------


def posted(client: Any, address: str, **data: Any) -> Any:
    """JSON as the page's script sends it."""
    return client.post(address, json.dumps(data, default=str), content_type="application/json")


def test_the_phone_sends_its_own_and_the_leader_sees_both_times(hill: Activity, world: World) -> None:
    address, client, me = f"/activities/{hill.pk}/here/later/", as_resident(1), resident(1).person_id
    one = scanned(hill, minutes(80))
    row = {"key": one.key, "out": False, "at": one.at.isoformat(), "code": one.code}
    now = timezone.now().isoformat()
    answer = posted(client, address, person=me, sent_at=now, attempts=[row]).json()["answers"]
    assert answer[0] == {
        "key": str(one.key), "state": "stored", "code": "", "text": "", "to_check": True, "clock_off_minutes": 0,
    }  # fmt: skip
    assert posted(as_resident(2), address, person=me, sent_at=now, attempts=[row]).status_code == 409
    for wrong in ({}, {"person": me, "sent_at": "2026-01-01", "attempts": []}, {"person": me, "sent_at": now}):
        assert posted(client, address, **wrong).status_code == 400
    leader = as_staff(world, "community")
    page = body(leader.get(f"/activities/{hill.pk}/lead/"))
    assert "没有网时自己签的" in page and "确认 0 人出勤" in page
    assert "等负责人核对" in body(client.get(f"/activities/{hill.pk}/here/"))
    vouched = leader.post(f"/activities/{hill.pk}/lead/", {"act": "vouch", "person": me})
    assert vouched.status_code == 302
    assert "确认 1 人出勤" in body(leader.get(f"/activities/{hill.pk}/lead/"))


def test_walk_ins_and_ticks_of_a_leader_whose_clock_is_wrong_come_once(hill: Activity, world: World) -> None:
    address, leader, off = f"/activities/{hill.pk}/lead/ticks/", as_staff(world, "community"), minutes(90)
    at = (timezone.now() - minutes(50) + off).isoformat()
    walked = {"key": uuid4(), "name": "路过的", "phone": "13911112222", "at": at}
    nameless = {"key": uuid4(), "name": "", "phone": "13911112223", "at": at}
    tick = {"key": uuid4(), "person": resident(1).person_id, "out": False, "at": at}
    for states in (["stored", "refused", "stored"], ["stored", "refused", "repeated"]):
        now = (timezone.now() + off).isoformat()
        answer = posted(leader, address, sent_at=now, ticks=[tick], walk_ins=[walked, nameless])
        assert [one["state"] for one in answer.json()["ticks"]] == states
    assert Mark.objects.count() == Attendance.objects.count() == 2
    assert all(near(row.came_at, minutes(50)) for row in Attendance.objects.all())


@pytest.mark.django_db
def test_the_worker_is_a_classic_script(client: Any) -> None:
    answer = client.get("/activities/worker.js")
    assert answer["Content-Type"].startswith("text/javascript") and answer["Cache-Control"] == "no-cache"
    assert not answer.content.lstrip().startswith((b"import", b"export"))
