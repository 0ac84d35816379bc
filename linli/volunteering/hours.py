"""Writers of decisions about hours: confirmed, corrected with a reason, not recognised.

Every decision is an entry that is never changed; the service carries the last one. Confirmed hours are told as deeds
of kind HOURS once; a correction withdraws the deed and tells another. Hours entered for joined members (双报到) are no
deeds: they belong to another book. A member's check-in counts in both, as if they were not joined: membership never
reaches points.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from linli.activities.models import Activity
from linli.activities.signups import own_ids
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.volunteering import telling
from linli.volunteering.models import HoursEntry, Service
from linli.volunteering.refusing import clean, refused
from linli.volunteering.rules import DAY, overlaps
from linli.work import deeds
from linli.work.themes import THEMES

CONFIRM, LEAD = "volunteering.confirm", "activities.lead"
REASON_MOST, PICKS_MAX = 200, 500


@dataclass(frozen=True, slots=True)
class Pick:
    """A service as it was shown, with what is to become of it; minutes other than proposed need a reason.

    `theme`: the kind of good deed it is, as whoever confirms says; None leaves it as it is.
    """

    service_id: int
    version: int
    minutes: int
    reason: str = ""
    theme: str | None = None


@dataclass(slots=True)
class Decided:
    """How many were confirmed, how many not recognised, and why others were left, by service."""

    confirmed: int = 0
    rejected: int = 0
    left: dict[int, str] | None = None

    def leave(self, service_id: int, code: str) -> None:
        """Not confirmed, and why: own, changed, zero, overlap, reason, cap."""
        self.left = {**(self.left or {}), service_id: code}


def good_theme(code: str) -> str:
    """A kind of good deed, or none; refused (422) when there is no such kind."""
    if code and code not in THEMES:
        raise refused("bad_theme", "请选择类别。", "Choose the kind of good deed.", "theme")
    return code


def may_decide(actor: Actor, place_path: str, activity: Activity | None = None) -> bool:
    """Whether the actor may decide on hours there: by permission, or as the named leader of the activity."""
    if actor.may(CONFIRM, place_path=place_path):
        return True
    return activity is not None and activity.leader_id is not None and activity.leader_id == actor.person_id


def _locked(actor: Actor, service_ids: Sequence[int]) -> list[Service]:
    """The services, locked in order of their ids; hidden when one may not be decided by the actor."""
    rows = list(
        Service.objects.select_for_update(of=("self",))
        .select_related("place", "activity")
        .filter(pk__in=service_ids)
        .order_by("pk")
    )
    if not rows or len(rows) != len(set(service_ids)):
        raise ObjectHidden(CONFIRM)
    for row in rows:
        if not may_decide(actor, str(row.place.path), row.activity):
            require(actor, CONFIRM, place_path=str(row.place.path), hidden=True)
    return rows


@transaction.atomic
def confirm(actor: Actor, picks: Sequence[Pick]) -> Decided:
    """Confirm proposed hours, each as shown or with other minutes and a reason; nobody confirms their own.

    None with a reason is not recognised: what was below the minimum, or who was not there after all, waits no longer.

    One's own are also those of another entry with one's own phone: who notes oneself as a walk-in is no other.

    Rows that cannot be confirmed are left as they are and told; sent again, nothing happens twice.
    """
    if len(picks) > PICKS_MAX:
        raise refused("too_many", f"一次最多{PICKS_MAX}条。", f"At most {PICKS_MAX} at a time.")
    wanted = {pick.service_id: pick for pick in picks}
    decided = Decided()
    rows, own = _locked(actor, list(wanted)), own_ids(actor)
    _hold_people({row.person_id for row in rows})
    taken = _taken(rows)
    for row in rows:
        pick = wanted[row.pk]
        why = _why_not(own, row, pick, taken)
        if why:
            decided.leave(row.pk, why)
            continue
        if row.state != Service.PROPOSED:
            continue
        reason = clean(pick.reason, "reason", REASON_MOST, needed=not pick.minutes)
        if not pick.minutes:
            settle(row, HoursEntry.REJECTED, row.minutes, Service.REJECTED, reason, actor.person_id)
            telling.tell(telling.REJECTED, row.person_id, {"service": row.pk})
            decided.rejected += 1
            continue
        if row.starts_at and row.ends_at:
            taken.setdefault(row.person_id, []).append((row.starts_at, row.ends_at))
        row.theme = row.theme if pick.theme is None else good_theme(pick.theme)
        settle(row, HoursEntry.CONFIRMED, pick.minutes, Service.CONFIRMED, reason, actor.person_id)
        decided.confirmed += 1
    if decided.confirmed or decided.rejected:
        count = decided.confirmed + decided.rejected
        record("hours.decided", actor_id=actor.person_id, subject=f"services:{rows[0].pk}", count=count)
    return decided


def _hold_people(person_ids: Collection[int]) -> None:
    """Lock these persons, after the services: two leaders who confirm overlapping hours come one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM people_person WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [sorted(person_ids)]
        )


def _taken(rows: Sequence[Service]) -> dict[int, list[tuple[datetime, datetime]]]:
    """When these persons have confirmed hours on these days already (1 statement)."""
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    others = Service.objects.filter(
        person_id__in={row.person_id for row in rows}, happened_on__in={row.happened_on for row in rows},
        state=Service.CONFIRMED, starts_at__isnull=False, ends_at__isnull=False,
    ).exclude(pk__in=[row.pk for row in rows])  # fmt: skip
    for person_id, begin, end in others.values_list("person_id", "starts_at", "ends_at"):
        if begin is not None and end is not None:
            found.setdefault(person_id, []).append((begin, end))
    return found


def _why_not(own: Collection[int], row: Service, pick: Pick, taken: dict[int, list[tuple[datetime, datetime]]]) -> str:
    done = (Service.CONFIRMED, pick.minutes) if pick.minutes else (Service.REJECTED, row.minutes)
    if (row.state, row.minutes) == done and row.version in (pick.version, pick.version + 1):
        return ""
    if row.person_id in own:
        return "own"
    if row.state != Service.PROPOSED or row.version != pick.version:
        return "changed"
    if not 0 <= pick.minutes <= DAY or (not pick.minutes and not pick.reason.strip()):
        return "zero"
    if pick.minutes != row.minutes and not pick.reason.strip():
        return "reason"
    others = taken.get(row.person_id, ()) if pick.minutes else ()
    if row.starts_at and row.ends_at and overlaps(row.starts_at, row.ends_at, others):
        return "overlap"
    return ""


@transaction.atomic
def correct(
    actor: Actor, service_id: int, *, version: int, minutes: int, reason: str, theme: str | None = None
) -> Service:
    """Replace confirmed minutes, or the kind of good deed, with a reason; sent again, it is the same correction."""
    row = _locked(actor, [service_id])[0]
    words = clean(reason, "reason", REASON_MOST)
    if not 0 < minutes <= DAY:
        raise refused("bad_minutes", "时长要大于0，不超过24小时。", "More than 0, at most 24 hours.", "hours")
    kind = row.theme if theme is None else good_theme(theme)
    same = row.state == Service.CONFIRMED and (row.minutes, row.theme) == (minutes, kind)
    if same and row.version == version + 1:
        return row
    _check_turn(actor, row, version)
    if same:
        raise refused("same", "时长和类别都没有变化。", "Neither the hours nor the kind have changed.", "hours")
    row.theme = kind
    settle(row, HoursEntry.CORRECTED, minutes, Service.CONFIRMED, words, actor.person_id)
    record("hours.decided", actor_id=actor.person_id, subject=f"service:{row.pk}", count=1)
    telling.tell(telling.CORRECTED, row.person_id, {"service": row.pk, "minutes": minutes})
    return row


@transaction.atomic
def reject(actor: Actor, service_id: int, *, version: int, reason: str) -> Service:
    """Do not recognise a service, with a reason; it can be corrected later. Sent again, nothing happens."""
    row = _locked(actor, [service_id])[0]
    words = clean(reason, "reason", REASON_MOST)
    if row.state == Service.REJECTED and row.version == version + 1:
        return row
    _check_turn(actor, row, version)
    if row.state == Service.REJECTED:
        raise refused("same", "已经不予认定。", "It is not recognised already.")
    settle(row, HoursEntry.REJECTED, row.minutes, Service.REJECTED, words, actor.person_id)
    record("hours.decided", actor_id=actor.person_id, subject=f"service:{row.pk}", count=1)
    telling.tell(telling.REJECTED, row.person_id, {"service": row.pk})
    return row


def _check_turn(actor: Actor, row: Service, version: int) -> None:
    if row.person_id in own_ids(actor):
        raise refused("own", "自己的时长请别人办理。", "Somebody else decides on your own hours.", status=403)
    if row.version != version:
        raise refused(
            "changed", "别人刚刚办理过，请看最新情况。", "Somebody has just decided; look at it again.", status=409
        )


def settle(
    row: Service, act: str, minutes: int, state: str, reason: str, by: int | None, *,
    reckoned: dict[str, Any] | None = None, deed: bool = True,
) -> None:  # fmt: skip
    """Add the entry, carry it on the service, and tell or withdraw the deed. In the caller's transaction.

    What joined members do as such is no deed, unless it is a check-in like everybody's: that they are joined neither
    gives nor takes points. `deed`: whether confirmed hours are told at all.
    """
    before = row.state
    row.version += 1
    row.minutes, row.state = minutes, state
    row.decided_at = None if state == Service.PROPOSED else timezone.now()
    row.save(update_fields=["version", "minutes", "theme", "state", "decided_at", "starts_at", "ends_at"])
    HoursEntry.objects.create(
        service=row, version=row.version, act=act, minutes=minutes, reason=reason, reckoned=reckoned or {},
        at=timezone.now(), by_id=by,
    )  # fmt: skip
    if row.member_id is not None and row.origin != Service.CHECKIN:
        return
    plain = f"hours:{row.pk}:{row.person_id}"
    if before == Service.CONFIRMED:
        deeds.withdraw([plain, *(f"{plain}:v{number}" for number in range(2, row.version))])
    if state == Service.CONFIRMED and deed:
        _tell(row, plain, by)


def _tell(row: Service, plain: str, by: int | None) -> None:
    """`by` confirmed it: where its points need a second person, it is another."""
    first = not HoursEntry.objects.filter(
        service=row, version__lt=row.version, act__in=(HoursEntry.CONFIRMED, HoursEntry.CORRECTED, HoursEntry.DECIDED)
    ).exists()
    deeds.record(
        [
            deeds.Done(
                key=plain if first else f"{plain}:v{row.version}", kind=deeds.HOURS, person_id=row.person_id,
                place_id=row.place_id, happened_on=row.happened_on, source=("volunteering.service", row.pk),
                quantity=row.minutes, organisation_id=row.organisation_id,
                facts={
                    "theme": row.theme, "activity": row.activity_id, "origin": row.origin, "late": row.late, "by": by,
                },
            )
        ]
    )  # fmt: skip
