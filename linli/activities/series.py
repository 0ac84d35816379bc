"""Writers of series (系列活动): made with a rule, their activities made ahead, the rest of them changed or ended."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from linli.activities import planning, posts
from linli.activities.access import planned
from linli.activities.models import Activity, Series, Signup
from linli.activities.planning import Post, Wanted
from linli.activities.recurrence import NotARule, occurrences, rules_of
from linli.activities.words import public, refuse
from linli.kernel.calendar import DayKind
from linli.people.access import Actor, ObjectHidden, require, system_actor
from linli.people.audit import record
from linli.places.selectors import work_calendar
from linli.work import moments

AHEAD = timedelta(days=35)
"""So far ahead activities of a series are made: a whole month can be looked at and signed up for."""
BACK_MAX = timedelta(days=400)


def _days(row: Series, first: date, last: date) -> list[date]:
    """The days on which a series is held in a period (0 to 2 statements, for holidays)."""
    end = min(last, row.until) if row.until is not None else last
    return occurrences(row.rule, row.since, first, end, left_out=_holidays() if row.skip_holidays else None)


def _holidays() -> Callable[[date], bool]:
    calendar = work_calendar()
    return lambda day: calendar.day(day).kind is DayKind.HOLIDAY


def _rule(text: str) -> str:
    try:
        return "\n".join(rules_of(text))
    except NotARule as error:
        raise refuse(
            "bad_rule", "rule", "重复规则不对，例如 FREQ=WEEKLY;BYDAY=FR。", "Not a rule; e.g. FREQ=WEEKLY;BYDAY=FR."
        ) from error


def create_series(
    actor: Actor,
    wanted: Wanted,
    rule: str,
    *,
    key: UUID,
    until: date | None = None,
    skip_holidays: bool = False,
    publish: bool = False,
) -> Series:
    """Make a series whose first day is that of `wanted`, and its activities of the next weeks; same key, same series.

    Raises PermissionRefused (403), StepRefused (422) for a rule that is none or never comes.
    """
    with transaction.atomic():
        columns = planning.described(actor, wanted, publish=publish)
        known = Series.objects.filter(key=key).first()
        if known is not None:
            return known
        row = _write(actor, columns, wanted, _rule(rule), key, until, skip_holidays, publish)
        if not _make(row, actor, _first(row), timezone.localdate() + AHEAD) and not _days(
            row, row.since, row.since + BACK_MAX
        ):
            raise refuse("never", "rule", "这个规则没有任何一天。", "The rule names no day.")
    return row


def _write(
    actor: Actor,
    columns: dict[str, Any],
    wanted: Wanted,
    rule: str,
    key: UUID,
    until: date | None,
    skip_holidays: bool,
    publish: bool,
    before: Series | None = None,
) -> Series:
    local = timezone.localtime(wanted.starts_at)
    if until is not None and until < local.date():
        raise refuse("bad_until", "until", "结束日期要在开始之后。", "The end comes after the beginning.")
    row = Series.objects.create(
        **columns, rule=rule, since=local.date(), until=until, starts_at=local.time(), minutes=wanted.minutes,
        skip_holidays=skip_holidays, signup_minutes=_signup_minutes(wanted),
        roles=posts.as_data(posts.checked(wanted.posts)), published=publish,
        created_by_id=actor.person_id, created_at=moments.now(), key=key, before=before,
    )  # fmt: skip
    record("activity.planned", actor_id=actor.person_id, subject=f"series:{row.pk}", published=publish)
    return row


def _signup_minutes(wanted: Wanted) -> int | None:
    """How long before the beginning sign-up ends, as said for the first one; StepRefused (422) after its end."""
    last = planning.good_deadline(wanted.signup_until, wanted.starts_at + timedelta(minutes=wanted.minutes))
    return None if last is None else round((wanted.starts_at - last).total_seconds() / 60)


def _deadline(row: Series, starts_at: datetime) -> datetime | None:
    """When sign-up ends for one that begins then."""
    return None if row.signup_minutes is None else starts_at - timedelta(minutes=row.signup_minutes)


def _first(row: Series) -> date:
    return max(row.since, timezone.localdate() - BACK_MAX)


def _make(row: Series, actor: Actor, first: date, last: date) -> int:
    """Make the activities of a series in a period that are not there yet, each day once; how many."""
    days = _days(row, first, last)
    known = set(row.activities.filter(occurs_on__in=days).values_list("occurs_on", flat=True))
    fresh = [day for day in days if day not in known]
    for day in fresh:
        starts_at = timezone.make_aware(datetime.combine(day, row.starts_at))
        made = planning.add(
            planning.same(row), starts_at, row.minutes, _deadline(row, starts_at), actor, key=uuid.uuid4(),
            publish=row.published, series=row, occurs_on=day,
        )  # fmt: skip
        posts.add(made, posts.of_data(row.roles))
    return len(fresh)


def make_due(today: date | None = None) -> int:
    """Make the activities of all series that are due within the weeks ahead; how many. Any number of workers."""
    day, made = today or timezone.localdate(), 0
    numbers = list(
        Series.objects.filter(active=True, since__lte=day + AHEAD).order_by("pk").values_list("pk", flat=True)
    )
    for number in numbers:
        with transaction.atomic():
            # Two workers: the second waits here and then finds nothing left to make.
            row = Series.objects.select_for_update(no_key=True).filter(pk=number, active=True).first()
            if row is not None:
                made += _make(row, system_actor(), max(row.since, day), day + AHEAD)
    return made


@transaction.atomic
def edit_rest(
    actor: Actor,
    activity_id: int,
    wanted: Wanted,
    rule: str,
    *,
    key: UUID,
    until: date | None = None,
    skip_holidays: bool = False,
) -> Series:
    """Change this activity of a series and all that come after it: the series ends before, another one goes on.

    An activity moves to the nearest day of the new rule, at most three days away, with everybody's place kept; those
    changed alone stay as they are. The others are called off, and who had a place is told. The same key again changes
    nothing.
    """
    first = planned(actor, activity_id)
    old = _series_of(first)
    known = Series.objects.filter(key=key).first()
    if known is not None:
        return known
    planning.still_open(first)
    columns = planning.described(actor, wanted, publish=old.published)
    columns["synthetic"] = old.synthetic
    row = _write(actor, columns, wanted, _rule(rule), key, until, skip_holidays, old.published, before=old)
    _end(old, first.occurs_on or row.since)
    _move(actor, old, row, columns, wanted, first)
    _make(row, actor, max(row.since, timezone.localdate()), timezone.localdate() + AHEAD)
    return row


def _series_of(row: Activity) -> Series:
    if row.series_id is None or row.occurs_on is None:
        raise refuse("single", "", "这个活动不是系列活动。", "This activity belongs to no series.", status=409)
    return Series.objects.select_for_update(no_key=True).get(pk=row.series_id)


def _end(row: Series, before: date) -> None:
    last = before - timedelta(days=1)
    row.active = False
    row.until = last if last >= row.since else row.since
    row.save(update_fields=["active", "until"])


NEAR_DAYS = 3


def _move(actor: Actor, old: Series, row: Series, columns: dict[str, Any], wanted: Wanted, first: Activity) -> None:
    rest = (
        old.activities.select_for_update(of=("self",), no_key=True).select_related("place")
        .filter(occurs_on__gte=first.occurs_on, state__in=(Activity.DRAFT, Activity.PUBLISHED)).order_by("occurs_on")
    )  # fmt: skip
    coming = [(one, one.occurs_on or row.since) for one in rest]
    if not coming:
        return
    free = _free_days(old, row, first, [day for _one, day in coming])
    names = dict(first.roles.values_list("pk", "name"))
    for one, day in coming:
        near = _nearest(free, day, NEAR_DAYS if one.pk != first.pk else BACK_MAX.days)
        if near is None:
            _drop(one)
            continue
        free.remove(near)
        one.series, one.occurs_on = row, near
        if one.edited and one.pk != first.pk:
            one.save(update_fields=["series", "occurs_on"])
            continue
        starts_at = timezone.make_aware(datetime.combine(near, row.starts_at))
        own = _own_posts(one, wanted, names)
        planning.apply(
            actor, one, columns,
            replace(wanted, starts_at=starts_at, signup_until=_deadline(row, starts_at), posts=own),
        )  # fmt: skip


def _own_posts(row: Activity, wanted: Wanted, names: Mapping[int, str]) -> tuple[Post, ...]:
    """The posts asked for with this activity's own ids: a post that was renamed is renamed everywhere, with its people.

    `names` are those that the posts of the activity on the form had before.
    """
    ids = dict(row.roles.values_list("name", "pk"))
    return tuple(replace(post, id=ids.get(names.get(post.id or 0, ""))) for post in wanted.posts)


def _nearest(days: Sequence[date], day: date, most: int) -> date | None:
    """The nearest of some days, at most so many days away."""
    near = min(days, key=lambda new: (abs((new - day).days), new), default=None)
    return None if near is None or abs((near - day).days) > most else near


def _free_days(old: Series, row: Series, first: Activity, coming: Sequence[date]) -> list[date]:
    """Days of the new rule for what is to come.

    What was held, or called off alone, goes on as that day of the new series, so that it is not made anew.
    """
    over = list(
        old.activities.filter(occurs_on__gt=first.occurs_on, state__in=(Activity.CLOSED, Activity.CANCELLED))
        .order_by("occurs_on")
    )  # fmt: skip
    last = max([*coming, *(one.occurs_on or row.since for one in over)]) + timedelta(days=NEAR_DAYS)
    free = _days(row, row.since, max(row.since, last))
    for one in over:
        near = _nearest([day for day in free if day not in coming], one.occurs_on or row.since, NEAR_DAYS)
        if near is not None:
            free.remove(near)
            one.series, one.occurs_on = row, near
            one.save(update_fields=["series", "occurs_on"])
    return free


def _drop(row: Activity) -> None:
    """An activity that is not held any more: gone where nobody asked for a place, else called off."""
    if Signup.objects.filter(activity=row).exists():
        planning.call_off(row, "系列活动调整了时间")
    else:
        row.delete()


@transaction.atomic
def end_series(actor: Actor, series_id: int, after: date, reason: str) -> Series:
    """End a series after a day: what was to come later is called off. Ending again changes nothing."""
    row = (
        Series.objects.select_for_update(of=("self",), no_key=True).select_related("place").filter(pk=series_id).first()
    )
    if row is None:
        raise ObjectHidden("activities.view")
    require(actor, "activities.plan", place_path=str(row.place.path), hidden=True)
    said = public(reason, "reason", 200, needed=True)
    rest = row.activities.select_for_update(of=("self",), no_key=True).filter(
        occurs_on__gt=after, state__in=(Activity.DRAFT, Activity.PUBLISHED)
    )
    for one in rest.order_by("occurs_on"):
        planning.call_off(one, said) if Signup.objects.filter(activity=one).exists() else one.delete()
    row.active, row.until = False, max(after, row.since)
    row.save(update_fields=["active", "until"])
    record("activity.planned", actor_id=actor.person_id, subject=f"series:{row.pk}", ended=True)
    return row


@transaction.atomic
def publish_series(actor: Actor, series_id: int) -> Series:
    """Publish a series: the activities that are drafts, and those that will be made."""
    row = (
        Series.objects.select_for_update(of=("self",), no_key=True).select_related("place").filter(pk=series_id).first()
    )
    if row is None:
        raise ObjectHidden("activities.view")
    require(actor, "activities.plan", place_path=str(row.place.path), hidden=True)
    planning.check_insured(row.risk, row.insurance)
    now = moments.now()
    drafts = row.activities.filter(state=Activity.DRAFT, ends_at__gt=now)
    for one in drafts.select_for_update(no_key=True):
        planning.check_insured(one.risk, one.insurance)
        one.state, one.published_at = Activity.PUBLISHED, now
        one.save(update_fields=["state", "published_at"])
    if not row.published:
        row.published = True
        row.save(update_fields=["published"])
        record("activity.planned", actor_id=actor.person_id, subject=f"series:{row.pk}", published=True)
    return row
