"""What hours rest on (依据): the check-in and its activity, opened from where hours and points are looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from linli.activities import access, confirmed
from linli.activities.shown import HOWS
from linli.people.access import Actor
from linli.volunteering.models import Service
from linli.volunteering.rules import hours_text
from linli.volunteering.selectors import VIEW
from linli.work import proofs
from linli.work.proofs import Proof


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The check-in and check-out in words, and the page on which the activity's list stands."""

    words: str
    url: str = ""


def check_in_of(actor: Actor, service: Service, *, own: bool = False) -> CheckIn | None:
    """The check-in that a service was reckoned from (1 statement); None where it was entered or imported."""
    number = service.key.removeprefix("attendance:")
    if service.origin != Service.CHECKIN or not number.isdecimal():
        return None
    rows = confirmed.by_ids([int(number)])
    if not rows:
        return None
    row, tongue = rows[0], get_language() or "zh-hans"
    # An ending that nobody checked out for says so itself; both in local time.
    words = _("%(came)s 签到（%(how)s），%(left)s 签退（%(way)s）") % {
        "came": f"{timezone.localtime(row.came_at):%H:%M}", "how": HOWS[row.came_how].text(tongue),
        "left": f"{timezone.localtime(row.left_at):%H:%M}", "way": HOWS[row.left_how or "closing"].text(tongue),
    }  # fmt: skip
    return CheckIn(words, _page(actor, service, own))


def _page(actor: Actor, service: Service, own: bool) -> str:
    """Where the actor sees the activity: the public page, the desk, the leader's list; nothing where none of them."""
    activity = service.activity
    if activity is None:
        return ""
    if own:
        return reverse("activities:activity", args=[activity.pk]) if activity.published_at is not None else ""
    if actor.may(access.VIEW, place_path=str(service.place.path)):
        return f"{reverse('activities:desk_activity', args=[activity.pk])}#people"
    return reverse("activities:lead", args=[activity.pk]) if access.leads(actor, activity) else ""


def find(ids: Sequence[int], actor: Actor, own: bool) -> Mapping[int, Proof]:
    """Services as what deeds of hours rest on (1 statement)."""
    found = {}
    for row in Service.objects.filter(pk__in=list(ids)).select_related("place"):
        words = _("%(day)s %(content)s，%(hours)s 小时") % {
            "day": row.happened_on.isoformat(), "content": row.content, "hours": hours_text(row.minutes),
        }  # fmt: skip
        url = ""
        if own and row.person_id == actor.person_id:
            url = reverse("volunteering:service", args=[row.pk])
        elif not own and actor.may(VIEW, place_path=str(row.place.path)):
            url = reverse("volunteering:desk_service", args=[row.pk])
        found[row.pk] = Proof(words, url)
    return found


def install() -> None:
    """Name the records of hours to whoever rewards them."""
    proofs.register("volunteering.service", find)
