"""The only writers of campaigns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from linli.campaigns.grounds import clash
from linli.campaigns.models import Campaign, CampaignPlace
from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden, require
from linli.people.audit import record
from linli.people.models import Organisation
from linli.places.kinds import SITE_KINDS
from linli.places.models import Place
from linli.work import moments
from linli.work.engine import StepRefused
from linli.work.idempotency import make_once

TITLE_LENGTH_MAX, GOAL_LENGTH_MAX, PLACES_MAX, DAYS_MAX = 120, 2000, 200, 1500
KINDS: dict[str, Label] = {
    "programme": Label("总体行动", "Programme"),
    "theme": Label("主题活动", "Theme"),
    "special": Label("专项整治", "Special action"),
    "campaign": Label("集中行动", "Campaign"),
}
WHERES: dict[str, Label] = {
    "door": Label("家门口", "At the door"),
    "window": Label("窗户内", "Inside the window"),
    "yard": Label("院子里", "In the yard"),
    "stairwell": Label("楼道里", "In the stairwell"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an office enters of a campaign; all of it can be changed later."""

    title: str
    goal: str
    kind: str
    place_id: int
    since: date
    until: date
    acted: tuple[int, ...] = ()
    compared: tuple[int, ...] = ()
    site_kinds: tuple[str, ...] = ()
    wheres: tuple[str, ...] = ()
    teams: tuple[int, ...] = ()
    parent_id: int | None = None
    organisation_id: int | None = None
    synthetic: bool = False


def refused(code: str, zh: str, en: str, field: str) -> StepRefused:
    return StepRefused(code, Label(zh, en), status=422, field=field)


def _checked(actor: Actor, wanted: Wanted) -> Place:
    place = Place.objects.filter(pk=wanted.place_id, active=True).first()
    if place is None:
        raise refused("unknown_place", "没有这个地点，请重新选择。", "There is no such place; choose again.", "place")
    require(actor, "campaigns.edit", place_path=str(place.path))
    if not wanted.title.strip() or len(wanted.title) > TITLE_LENGTH_MAX:
        raise refused("bad_title", "请写名称，不超过120字。", "Give it a title of at most 120 characters.", "title")
    if len(wanted.goal) > GOAL_LENGTH_MAX:
        raise refused("bad_goal", "目标不超过2000字。", "The goal has at most 2,000 characters.", "goal")
    if wanted.kind not in KINDS or set(wanted.site_kinds) - set(SITE_KINDS) or set(wanted.wheres) - set(WHERES):
        raise refused("bad_choice", "有选项不存在，请重新选择。", "A choice does not exist; choose again.", "kind")
    if not wanted.since <= wanted.until or (wanted.until - wanted.since).days > DAYS_MAX:
        raise refused(
            "bad_days", "结束要晚于开始，最长四年。", "The end follows the beginning, within four years.", "until"
        )
    if set(wanted.acted) & set(wanted.compared):
        raise refused(
            "both", "同一个地点不能既开展又作对照。", "A place is acted on or compared, not both.", "compared"
        )
    if len(wanted.acted) + len(wanted.compared) > PLACES_MAX:
        raise refused("too_many", f"地点最多{PLACES_MAX}个。", f"At most {PLACES_MAX} places.", "acted")
    inside = Place.objects.filter(pk__in=[*wanted.acted, *wanted.compared], path__descendant_of=str(place.path))
    if inside.count() != len({*wanted.acted, *wanted.compared}):
        raise refused("outside", "有地点不在行动范围内。", "A place lies outside the campaign's area.", "acted")
    _check_ground(wanted, str(place.path))
    if Organisation.objects.filter(pk__in=wanted.teams, active=True).count() != len(set(wanted.teams)):
        raise refused("unknown_unit", "有单位不存在，请重新选择。", "A unit does not exist; choose again.", "teams")
    return place


def _check_ground(wanted: Wanted, above: str) -> None:
    """Refuse places of which a record would count twice, or be compared with itself; and roads without a line."""
    found = clash(wanted.acted, wanted.compared, above)
    if found is None:
        return
    one, other = found.one, found.other
    if found.code == "nested":
        raise refused("nested", f"{one}在{other}里面，只选一个。", f"{one} lies in {other}: choose one.", "acted")
    if found.code == "undrawn":
        raise refused(
            "undrawn", f"{one}还没有画线，找不到沿线的点位。请先导入这条路的线，或改选网格。",
            f"No line was drawn of {one}: import it, or choose grids.", "acted",
        )  # fmt: skip
    raise refused(
        "shared", f"{one}的沿线在{other}里，不能一个开展、一个对照。",
        f"{one} runs through {other}: they cannot be compared.", "compared",
    )  # fmt: skip


def _parent(actor: Actor, wanted: Wanted, own_id: int | None) -> Campaign | None:
    if wanted.parent_id is None:
        return None
    parent = Campaign.objects.select_related("place").filter(pk=wanted.parent_id).first()
    if parent is None or parent.pk == own_id or parent.parent_id is not None or parent.kind != Campaign.PROGRAMME:
        raise refused("bad_parent", "请选择一个总体行动作上级。", "Choose a programme as parent.", "parent")
    return parent


def create(actor: Actor, wanted: Wanted, *, key: str) -> Campaign:
    """A new campaign; again with the same key it is the same one. Raises StepRefused with what to do."""
    place = _checked(actor, wanted)

    def made() -> Campaign:
        row = Campaign(created_at=moments.now(), created_by_id=actor.person_id)
        _fill(row, wanted, place, _parent(actor, wanted, None))
        record("campaign.made", actor_id=actor.person_id, subject=f"campaign:{row.pk}")
        return row

    return make_once(actor, "campaigns.create", key, [wanted], Campaign, made)


def change(actor: Actor, campaign_id: int, wanted: Wanted) -> Campaign:
    """Change it as a whole; the same again changes nothing."""
    place = _checked(actor, wanted)
    with transaction.atomic():
        row = Campaign.objects.select_for_update(of=("self",)).select_related("place").filter(pk=campaign_id).first()
        if row is None:
            raise ObjectHidden("campaigns.edit")
        require(actor, "campaigns.edit", place_path=str(row.place.path), hidden=True)
        parent = _parent(actor, wanted, row.pk)
        if parent is not None and row.children.exists():
            raise refused("bad_parent", "下面还有行动，不能再归到别的行动下。", "It has campaigns below it.", "parent")
        _fill(row, wanted, place, parent)
        record("campaign.changed", actor_id=actor.person_id, subject=f"campaign:{row.pk}")
    return row


def _fill(row: Campaign, wanted: Wanted, place: Place, parent: Campaign | None) -> None:
    values: dict[str, Any] = {
        "title": wanted.title.strip(), "goal": wanted.goal.strip(), "kind": wanted.kind, "place": place,
        "since": wanted.since, "until": wanted.until, "site_kinds": list(wanted.site_kinds),
        "wheres": list(wanted.wheres), "parent": parent, "organisation_id": wanted.organisation_id,
        "synthetic": wanted.synthetic,
    }  # fmt: skip
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    row.teams.set(wanted.teams)
    row.places.all().delete()
    parts = ((wanted.acted, CampaignPlace.ACTED), (wanted.compared, CampaignPlace.COMPARED))
    CampaignPlace.objects.bulk_create(
        CampaignPlace(campaign=row, place_id=number, part=part) for numbers, part in parts for number in numbers
    )
