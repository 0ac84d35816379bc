"""Who may do what with an activity: by area, or because one leads it."""

from __future__ import annotations

from linli.activities.models import Activity
from linli.people.access import Actor, ObjectHidden, require
from linli.places.models import Place

VIEW, PLAN, LEAD, JOIN = "activities.view", "activities.plan", "activities.lead", "activities.join"


def leads(actor: Actor, activity: Activity) -> bool:
    """Whether the actor may call the list: named as leader, or a leader of the area."""
    named = actor.person_id is not None and activity.leader_id == actor.person_id
    return named or actor.may(LEAD, place_path=str(activity.place.path))


def place_over(actor: Actor, place_id: int, permission: str = PLAN) -> Place:
    """A place over which the actor holds the permission; PermissionRefused (403) otherwise."""
    place = Place.objects.filter(pk=place_id, active=True).first()
    require(actor, permission, place_path=str(place.path) if place else None)
    assert place is not None, "require refuses without a place"
    return place


def held(activity_id: int) -> Activity:
    """The activity with its place, locked against closing, cancelling and editing; ObjectHidden (404) without."""
    rows = Activity.objects.select_for_update(of=("self",), no_key=True).select_related("place")
    row = rows.filter(pk=activity_id).first()
    if row is None:
        raise ObjectHidden(VIEW)
    return row


def planned(actor: Actor, activity_id: int) -> Activity:
    """The activity, locked, for who plans in its area; ObjectHidden (404) for others."""
    row = held(activity_id)
    require(actor, PLAN, place_path=str(row.place.path), hidden=True)
    return row


def led(actor: Actor, activity_id: int) -> Activity:
    """The activity, locked, for who leads it; ObjectHidden (404) for others."""
    row = held(activity_id)
    if not leads(actor, row):
        require(actor, LEAD, place_path=str(row.place.path), hidden=True)
    return row
