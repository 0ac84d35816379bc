"""Writers of single activities (活动): made, changed, published, called off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from linli.activities import posts, telling
from linli.activities.access import PLAN, place_over, planned
from linli.activities.models import Activity, Format, Signup
from linli.activities.models.activities import NO_RISK, RISKS, Described
from linli.activities.posts import Post
from linli.activities.words import clean, listed, public, refuse
from linli.campaigns.models import Campaign
from linli.campaigns.selectors import campaign_for
from linli.people.access import Actor, ObjectHidden
from linli.people.audit import record
from linli.people.models import Organisation, Person
from linli.places.models import Place
from linli.work import moments
from linli.work.themes import THEMES

MINUTES_MAX, TRAINING_MONTHS_MAX = 24 * 60, 120
SAID_ALIKE = (
    "title", "format_id", "theme", "purpose", "programme", "topics", "tools", "place_id", "spot", "organisation_id",
    "leader_id", "campaign_id", "risk", "risk_notes", "insurance", "minors", "emergency", "permit_number",
    "training_months", "synthetic",
)  # fmt: skip
"""What a series and its activities say alike."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An activity as it is asked for; a series takes its local time of day and its minutes from it."""

    title: str
    place_id: int
    starts_at: datetime
    minutes: int = 90
    posts: tuple[Post, ...] = (Post("参加者", 30),)
    format_id: int | None = None
    theme: str = ""
    purpose: str = ""
    programme: str = ""
    topics: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    spot: str = ""
    organisation_id: int | None = None
    leader_id: int | None = None
    campaign_id: int | None = None
    risk: str = NO_RISK
    risk_notes: str = ""
    insurance: str = ""
    minors: bool = False
    emergency: bool = False
    permit_number: str = ""
    training_months: int | None = None
    signup_until: datetime | None = None
    synthetic: bool = False


def described(actor: Actor, wanted: Wanted, *, publish: bool) -> dict[str, Any]:
    """The columns that a series and an activity share, checked; raises PermissionRefused (403), StepRefused (422)."""
    place = place_over(actor, wanted.place_id)
    if not 0 < wanted.minutes <= MINUTES_MAX:
        raise refuse("bad_minutes", "minutes", "时长在1分钟到24小时之间。", "From 1 minute to 24 hours.")
    if wanted.risk not in RISKS:
        raise refuse("bad_risk", "risk", "请选择风险程度。", "Choose how risky it is.")
    if wanted.training_months is not None and not 0 <= wanted.training_months <= TRAINING_MONTHS_MAX:
        raise refuse("bad_months", "training_months", "有效期最多120个月。", "At most 120 months.")
    if wanted.emergency and wanted.minors:
        raise refuse(
            "no_minors", "minors", "抢险救灾不能有未成年人参加。", "Minors may not take part in emergency relief."
        )
    if wanted.theme and wanted.theme not in THEMES:
        raise refuse("bad_theme", "theme", "请选择类别。", "Choose the kind of good deed.")
    insurance = clean(wanted.insurance, "insurance", 200)
    if publish:
        check_insured(wanted.risk, insurance)
    _named(wanted)
    return {
        "title": public(wanted.title, "title", 120, needed=True), "format_id": wanted.format_id, "place": place,
        "theme": wanted.theme, "training_months": wanted.training_months,
        "purpose": public(wanted.purpose, "purpose", 500), "programme": public(wanted.programme, "programme", 4000),
        "topics": listed(wanted.topics, "topics"), "tools": listed(wanted.tools, "tools"),
        "spot": public(wanted.spot, "spot", 120), "organisation_id": wanted.organisation_id or actor.organisation_id,
        "leader_id": wanted.leader_id, "campaign_id": _campaign(actor, wanted.campaign_id, place), "risk": wanted.risk,
        "risk_notes": public(wanted.risk_notes, "risk_notes", 500), "insurance": insurance, "minors": wanted.minors,
        "emergency": wanted.emergency, "permit_number": clean(wanted.permit_number, "permit_number", 60),
        "synthetic": wanted.synthetic,
    }  # fmt: skip


def check_insured(risk: str, insurance: str) -> None:
    """Refuse (422) to publish what is risky without insurance noted (志愿服务条例 art. 17)."""
    if risk != NO_RISK and not insurance:
        raise refuse(
            "not_insured", "insurance", "有人身风险的活动，先写明保险再发布。",
            "A risky activity may be published only when its insurance is noted.",
        )  # fmt: skip


def _named(wanted: Wanted) -> None:
    """Whatever is named by its number has to be there (3 statements at most)."""
    if wanted.format_id is not None and not Format.objects.filter(pk=wanted.format_id).exists():
        raise refuse("no_format", "format", "没有这种活动形式。", "There is no such format.")
    unit = wanted.organisation_id
    if unit is not None and not Organisation.objects.filter(pk=unit, active=True).exists():
        raise refuse("unknown_unit", "organisation", "没有这个单位，请重新选择。", "There is no such unit.")
    leader = wanted.leader_id
    if leader is not None and not Person.objects.filter(pk=leader, appointments__isnull=False).exists():
        raise refuse("unknown_leader", "leader", "负责人须是在册的人员。", "The leader has to hold an appointment.")


def _campaign(actor: Actor, campaign_id: int | None, place: Place) -> int | None:
    """The campaign an activity is to belong to: one the actor sees, whose area and the activity's lie in each other."""
    if campaign_id is None:
        return None
    try:
        found: Campaign = campaign_for(actor, campaign_id)
    except ObjectHidden as hidden:
        raise refuse("no_campaign", "campaign", "没有这个行动，请重新选择。", "No such campaign.") from hidden
    area, own = f"{found.place.path}.", f"{place.path}."
    if not (own.startswith(area) or area.startswith(own)):
        raise refuse("other_place", "campaign", "这个行动不在活动的地点。", "The campaign lies elsewhere.")
    return found.pk


def create(actor: Actor, wanted: Wanted, *, key: UUID, publish: bool = False) -> Activity:
    """Make a single activity, as a draft or published; the same key again gives the same one.

    Raises PermissionRefused (403), StepRefused (422) naming the field.
    """
    with transaction.atomic():
        columns = described(actor, wanted, publish=publish)
        known = Activity.objects.filter(key=key).first()
        if known is not None:
            return known
        row = add(columns, wanted.starts_at, wanted.minutes, wanted.signup_until, actor, key=key, publish=publish)
        posts.add(row, posts.checked(wanted.posts))
        record("activity.planned", actor_id=actor.person_id, subject=f"activity:{row.pk}", published=publish)
    return row


def good_deadline(signup_until: datetime | None, ends_at: datetime) -> datetime | None:
    """The moment after which nobody signs up any more; StepRefused (422) when it lies after the end."""
    if signup_until is not None and signup_until > ends_at:
        raise refuse(
            "late_signup", "signup_until", "报名截止要在活动结束前。", "Sign-up ends before the activity does."
        )
    return signup_until


def add(
    columns: dict[str, Any], starts_at: datetime, minutes: int, signup_until: datetime | None, actor: Actor, *,
    key: UUID, publish: bool, **more: Any,
) -> Activity:  # fmt: skip
    """Write one activity of checked columns, in the caller's transaction (1 statement)."""
    now, ends_at = moments.now(), starts_at + timedelta(minutes=minutes)
    return Activity.objects.create(
        **columns, starts_at=starts_at, ends_at=ends_at, signup_until=good_deadline(signup_until, ends_at),
        state=Activity.PUBLISHED if publish else Activity.DRAFT, published_at=now if publish else None,
        created_by_id=actor.person_id, created_at=now, changed_at=now, key=key, **more,
    )  # fmt: skip


@transaction.atomic
def edit_one(actor: Actor, activity_id: int, wanted: Wanted) -> Activity:
    """Change this one activity; of a series, it stays as it is from now on when the series changes.

    Who has a place or waits hears of another time or place. Raises ObjectHidden (404), StepRefused.
    """
    row = planned(actor, activity_id)
    still_open(row)
    apply(actor, row, described(actor, wanted, publish=row.state == Activity.PUBLISHED), wanted)
    if row.series_id is not None and not row.edited:
        row.edited = True
        row.save(update_fields=["edited"])
    record("activity.planned", actor_id=actor.person_id, subject=f"activity:{row.pk}", changed=True)
    return row


def still_open(row: Activity) -> None:
    """Refuse (409) to change what is closed or called off."""
    if row.state in (Activity.CLOSED, Activity.CANCELLED):
        raise refuse("over", "", "活动已结束或已取消，不能再改。", "The activity is over or called off.", status=409)


def apply(actor: Actor, row: Activity, columns: dict[str, Any], wanted: Wanted) -> None:
    """Give a locked activity new columns, times and posts, and tell those concerned."""
    ends_at = wanted.starts_at + timedelta(minutes=wanted.minutes)
    before = (row.starts_at, row.ends_at, row.place_id, row.spot)
    # Posts before sign-ups, as everywhere: whoever withdraws meanwhile waits here and not crosswise.
    list(row.roles.select_for_update(no_key=True).order_by("pk"))
    for name, value in columns.items():
        if name != "synthetic":
            setattr(row, name, value)
    row.starts_at, row.ends_at = wanted.starts_at, ends_at
    row.signup_until = good_deadline(wanted.signup_until, ends_at)
    row.changed_at, row.version = moments.now(), row.version + 1
    row.save()
    live = Signup.objects.filter(activity=row, state__in=Signup.LIVE)
    if before[:2] != (row.starts_at, row.ends_at):
        live.update(starts_at=row.starts_at, ends_at=row.ends_at, reminded_at=None)
    if before != (row.starts_at, row.ends_at, row.place_id, row.spot):
        telling.tell(telling.CHANGED, row.pk, live.values_list("person_id", flat=True))
    posts.change(row, posts.checked(wanted.posts))


@transaction.atomic
def publish(actor: Actor, activity_id: int) -> Activity:
    """Show the activity to everybody and open its sign-up; publishing again changes nothing."""
    row = planned(actor, activity_id)
    still_open(row)
    if row.state != Activity.PUBLISHED:
        check_insured(row.risk, row.insurance)
        row.state, row.published_at = Activity.PUBLISHED, moments.now()
        row.save(update_fields=["state", "published_at"])
        record("activity.planned", actor_id=actor.person_id, subject=f"activity:{row.pk}", published=True)
    return row


@transaction.atomic
def cancel(actor: Actor, activity_id: int, reason: str) -> Activity:
    """Call an activity off: everybody who has a place or waits is told. Calling off again changes nothing."""
    row = planned(actor, activity_id)
    if row.state == Activity.CANCELLED:
        return row
    if row.state == Activity.CLOSED:
        raise refuse("over", "", "活动已结束，不能取消。", "The activity is over.", status=409)
    call_off(row, public(reason, "reason", 200, needed=True))
    record("activity.planned", actor_id=actor.person_id, subject=f"activity:{row.pk}", cancelled=True)
    return row


def call_off(row: Activity, reason: str) -> None:
    """Call off a locked activity, in the caller's transaction."""
    now = moments.now()
    # Whoever is just signing up holds a post: first their place is written, then it is called off with the others.
    list(row.roles.select_for_update(no_key=True).order_by("pk"))
    live = Signup.objects.filter(activity=row, state__in=Signup.LIVE)
    told: Sequence[int] = list(live.values_list("person_id", flat=True))
    live.update(state=Signup.CANCELLED, ended_at=now)
    row.roles.update(taken=0)
    row.state, row.cancel_reason, row.changed_at = Activity.CANCELLED, reason, now
    row.save(update_fields=["state", "cancel_reason", "changed_at"])
    telling.tell(telling.CANCELLED, row.pk, told)


def same(described_by: Described) -> dict[str, Any]:
    """The columns that a series gives to its activities."""
    return {name: getattr(described_by, name) for name in SAID_ALIKE}


__all__ = ["PLAN", "Post", "Wanted", "cancel", "create", "edit_one", "publish"]
