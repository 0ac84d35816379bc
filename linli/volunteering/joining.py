"""Writers of double registration (双报到、联点共建): units, members, what residents ask for, quarterly feedback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.people.models import Organisation
from linli.places.models import Place
from linli.volunteering import quarters
from linli.volunteering.models import Concern, JoinedMember, JoinedUnit, QuarterFeedback
from linli.volunteering.refusing import clean, known, refused
from linli.volunteering.registering import NAME_MOST, REGISTER, clean_phone, person_for
from linli.volunteering.rules import quarter_days
from linli.volunteering.vocabulary import CONCERN_KINDS, ROLES

COMMUNITY_KINDS = ("community", "village")
"""Where units and members join."""
Joined = TypeVar("Joined", JoinedUnit, JoinedMember)


def _community(actor: Actor, place_id: int) -> Place:
    place = Place.objects.filter(pk=place_id, active=True).first()
    if place is None:
        raise refused("unknown_place", "没有这个地点，请重新选择。", "There is no such place; choose again.", "place")
    require(actor, REGISTER, place_path=str(place.path))
    if place.kind not in COMMUNITY_KINDS:
        raise refused("no_community", "请选择社区。", "Choose a community.", "place")
    return place


def _grid(community: Place, grid_id: int | None) -> Place | None:
    """A grid of the community, if one is said; refused when it lies elsewhere."""
    if grid_id is None:
        return None
    grid = Place.objects.filter(pk=grid_id, kind="grid", active=True, path__descendant_of=str(community.path)).first()
    if grid is None:
        raise refused("other_grid", "这个网格不在所选社区。", "This grid is not of that community.", "place")
    return grid


def _unit(organisation_id: int | None) -> Organisation:
    unit = Organisation.objects.filter(pk=organisation_id or 0, active=True).first()
    if unit is None:
        raise refused("unknown_unit", "没有这个单位，请重新选择。", "There is no such unit.", "organisation")
    return unit


def join_unit(
    actor: Actor, organisation_id: int, place_id: int, *, since: date | None = None, resources: str = ""
) -> JoinedUnit:
    """Join a unit to a community; joined already, it is the same, with what it offers as last entered."""
    place, unit = _community(actor, place_id), _unit(organisation_id)
    words = clean(resources, "resources", 200, needed=False)
    with transaction.atomic():
        row, fresh = JoinedUnit.objects.get_or_create(
            organisation=unit, place=place, until=None,
            defaults={
                "since": since or timezone.localdate(), "resources": words, "recorded_at": timezone.now(),
                "recorded_by_id": actor.person_id,
            },
        )  # fmt: skip
        if not fresh and words and row.resources != words:
            row.resources = words
            row.save(update_fields=["resources"])
        record("joined.changed", actor_id=actor.person_id, subject=f"joined_unit:{row.pk}")
    return row


@transaction.atomic
def end_unit(actor: Actor, joined_id: int) -> JoinedUnit:
    """End a joining; what was done stays. Again, nothing happens."""
    return _end(actor, JoinedUnit, joined_id, "joined_unit")


@dataclass(frozen=True, slots=True)
class NewMember:
    """Who is joined to which community, from which unit, ready for what; a grid of the community where one is said."""

    name: str
    phone: str
    place_id: int
    organisation_id: int | None = None
    posts: tuple[str, ...] = ()
    since: date | None = None
    grid_id: int | None = None


def person_of(wanted: NewMember) -> int:
    """The person who is meant, known or new."""
    return person_for(clean(wanted.name, "name", NAME_MOST), clean_phone(wanted.phone, "phone"))


@transaction.atomic
def join_member(actor: Actor, wanted: NewMember) -> JoinedMember:
    """Join a person to the community where they live; joined already, it is the same, with unit, grid, posts as now."""
    place = _community(actor, wanted.place_id)
    grid = _grid(place, wanted.grid_id)
    unit = _unit(wanted.organisation_id) if wanted.organisation_id is not None else None
    posts = known(wanted.posts, ROLES, "posts")
    row, fresh = JoinedMember.objects.get_or_create(
        person_id=person_of(wanted), place=place, until=None,
        defaults={
            "organisation": unit, "grid": grid, "posts": posts, "since": wanted.since or timezone.localdate(),
            "recorded_at": timezone.now(), "recorded_by_id": actor.person_id,
        },
    )  # fmt: skip
    said = (unit or row.organisation, grid or row.grid, posts or row.posts)
    if not fresh and said != (row.organisation, row.grid, row.posts):
        row.organisation, row.grid, row.posts = said
        row.save(update_fields=["organisation", "grid", "posts"])
    record("joined.changed", actor_id=actor.person_id, subject=f"joined_member:{row.pk}")
    return row


@transaction.atomic
def end_member(actor: Actor, member_id: int) -> JoinedMember:
    """End a person's joining. Again, nothing happens."""
    return _end(actor, JoinedMember, member_id, "joined_member")


def _end(actor: Actor, model: type[Joined], number: int, subject: str) -> Joined:
    rows = model._default_manager.select_for_update(of=("self",)).select_related("place")
    row = rows.filter(pk=number).first()
    if row is None:
        raise ObjectHidden(REGISTER)
    require(actor, REGISTER, place_path=str(row.place.path), hidden=True)
    if row.until is None:
        row.until = max(timezone.localdate(), row.since)
        row.save(update_fields=["until"])
        record("joined.changed", actor_id=actor.person_id, subject=f"{subject}:{row.pk}")
    return row


# --- What residents ask for -----------------------------------------------------------------------------------------


def raise_concern(actor: Actor, place_id: int, *, title: str, kind: str, key: str) -> Concern:
    """Take down a concern, need or task (居民点单); again with the same key it is the same one."""
    place = _community(actor, place_id)
    if kind not in CONCERN_KINDS:
        raise refused("bad_choice", "有选项不存在，请重新选择。", "A choice does not exist; choose again.", "kind")
    row, _fresh = Concern.objects.get_or_create(
        key=f"desk:{actor.person_id}:{key}"[:96],
        defaults={
            "place": place, "title": clean(title, "title", 120), "kind": kind, "raised_on": timezone.localdate(),
            "recorded_at": timezone.now(), "recorded_by_id": actor.person_id,
        },
    )  # fmt: skip
    return row


def claim(
    actor: Actor, concern_id: int, *, organisation_id: int | None = None, member_id: int | None = None
) -> Concern:
    """Have a joined unit, or a joined member, take it on."""

    def change(row: Concern) -> None:
        units = JoinedUnit.objects.filter(organisation_id=organisation_id or 0, place=row.place, until=None)
        members = JoinedMember.objects.filter(pk=member_id or 0, place=row.place, until=None)
        member = members.first()
        if member is None and not units.exists():
            raise refused("not_joined", "请选择已报到的单位或个人。", "Choose a joined unit or member.", "organisation")
        row.member = member
        row.organisation_id = member.organisation_id if member is not None else organisation_id
        row.claimed_on = timezone.localdate()

    return _step(actor, concern_id, (Concern.OPEN,), Concern.CLAIMED, change)


def solve(actor: Actor, concern_id: int, *, result: str) -> Concern:
    """Say what was done; the community still has to confirm it."""

    def change(row: Concern) -> None:
        row.result, row.solved_on = clean(result, "result", 200), timezone.localdate()

    return _step(actor, concern_id, (Concern.CLAIMED,), Concern.SOLVED, change)


def confirm_concern(actor: Actor, concern_id: int) -> Concern:
    """The community confirms that it is solved: from now on it counts."""

    def change(row: Concern) -> None:
        row.confirmed_at, row.confirmed_by_id = timezone.now(), actor.person_id

    return _step(actor, concern_id, (Concern.SOLVED,), Concern.CONFIRMED, change)


def reject_concern(actor: Actor, concern_id: int, *, result: str) -> Concern:
    """It was not solved: it does not count, and says why."""

    def change(row: Concern) -> None:
        row.result, row.confirmed_at, row.confirmed_by_id = clean(result, "result", 200), None, None

    return _step(actor, concern_id, (Concern.CLAIMED, Concern.SOLVED, Concern.CONFIRMED), Concern.REJECTED, change)


@transaction.atomic
def _step(
    actor: Actor, concern_id: int, before: tuple[str, ...], after: str, change: Callable[[Concern], None]
) -> Concern:
    row = Concern.objects.select_for_update(of=("self",)).select_related("place").filter(pk=concern_id).first()
    if row is None:
        raise ObjectHidden(REGISTER)
    require(actor, REGISTER, place_path=str(row.place.path), hidden=True)
    if row.state == after:
        return row
    if row.state not in before:
        raise refused("changed", "别人刚刚办理过，请看最新情况。", "Somebody has just decided.", status=409)
    change(row)
    row.state = after
    row.save()
    record("joined.changed", actor_id=actor.person_id, subject=f"concern:{row.pk}")
    return row


# --- Feedback -------------------------------------------------------------------------------------------------------


def confirm_feedback(actor: Actor, joined_id: int, year: int, quarter: int, *, remark: str = "") -> QuarterFeedback:
    """Confirm the feedback of a quarter that is over, with the figures as the records have them now; once."""
    row = JoinedUnit.objects.select_related("place").filter(pk=joined_id).first()
    if row is None:
        raise ObjectHidden(REGISTER)
    require(actor, REGISTER, place_path=str(row.place.path), hidden=True)
    if quarter not in (1, 2, 3, 4) or not 2000 <= year <= 2200:
        raise refused("bad_quarter", "没有这个季度。", "There is no such quarter.", "quarter")
    if quarter_days(year, quarter)[1] >= timezone.localdate():
        raise refused("not_over", "这个季度还没有结束。", "This quarter is not over.", "quarter")
    words = clean(remark, "remark", 300, needed=False)
    figures = quarters.figures_of(row, year, quarter)
    try:
        with transaction.atomic():
            made, fresh = QuarterFeedback.objects.get_or_create(
                unit=row, year=year, quarter=quarter,
                defaults={
                    "figures": figures.as_json(), "remark": words, "confirmed_at": timezone.now(),
                    "confirmed_by_id": actor.person_id,
                },
            )  # fmt: skip
            if fresh:
                record("joined.changed", actor_id=actor.person_id, subject=f"feedback:{made.pk}")
            return made
    except IntegrityError:
        return QuarterFeedback.objects.get(unit=row, year=year, quarter=quarter)
