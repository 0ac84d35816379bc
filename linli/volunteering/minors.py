"""Registered volunteers who are minors: never to emergency relief, elsewhere only where minors may take part.

Their guardian has consented when they were registered. Source: 山东省志愿服务条例 art. 10.
"""

from __future__ import annotations

from django.utils import timezone

from linli.activities.models import Activity
from linli.volunteering.models import Volunteer
from linli.volunteering.refusing import refused
from linli.work.engine import StepRefused


def why_not(person_id: int, activity: Activity) -> StepRefused | None:
    """Why this person may not take part on the day of the activity (1 statement at most); None where they may."""
    if activity.minors:
        return None
    day = timezone.localdate(activity.starts_at)
    if not Volunteer.objects.filter(person_id=person_id, adult_on__gt=day).exists():
        return None
    if activity.emergency:
        return refused("no_minors", "抢险救灾不接受未成年人参加。", "Minors may not take part in emergency relief.")
    return refused("no_minors", "这个活动不接受未成年人参加。", "Minors may not take part in this activity.")
