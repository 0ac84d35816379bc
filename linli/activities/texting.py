"""Text messages about a place one has signed up for: called off, changed, a place came free, the day before.

Only who asked for them, only where the district's gateway sends news, and only while it is true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils import timezone

from linli.activities.calendars import address
from linli.activities.models import Activity, Signup
from linli.people import gateways, personal

SENTENCES: Mapping[str, str] = {
    "activity.cancelled": "活动取消了", "activity.changed": "活动时间或地点有变动",
    "activity.moved_up": "候补成功，您有名额了", "activity.remind": "活动快开始了，来不了请取消报名",
}  # fmt: skip
"""What is told, in Chinese as all text messages. The name, with a low line for the dot, is that of the message."""
TEXT = "{sentence}：{title}，{when}，{place}。{address}"
CANCELLED = "activity.cancelled"
TRIES_MAX = 4
AGAIN_MINUTES = 10
LONGEST = 40
"""Signs of a title or a place: providers bill by the length of a message."""


def queue(what: str, activity_id: int, people: Sequence[int]) -> None:
    """Have those of these people told who asked for it, by a job of the caller's transaction (≤ 2 statements)."""
    from linli.activities.jobs import text_people

    if what not in SENTENCES or not people or not gateways.tells():
        return
    wanted = Signup.objects.filter(activity_id=activity_id, person_id__in=people, wants_news=True)
    chosen = sorted(set(wanted.values_list("person_id", flat=True)))
    if chosen:
        text_people.defer(what=what, activity_id=activity_id, people=chosen, tries=1)


def send(what: str, activity_id: int, people: Sequence[int]) -> list[int]:
    """Send to each of these people; those whom the gateway could not reach now (2 statements)."""
    row = Activity.objects.select_related("place").filter(pk=activity_id).first()
    if row is None or (row.state == Activity.CANCELLED) != (what == CANCELLED):
        return []
    signups = Signup.objects.select_related("person").filter(
        activity_id=activity_id, person_id__in=people, wants_news=True, person__erased_at=None
    )
    if what != CANCELLED:
        signups = signups.filter(state__in=Signup.LIVE)
    values = _values(what, row)
    failed, done = [], set()
    for signup in signups.order_by("pk"):
        phone = personal.opened(signup.person, "phone")
        if not phone or signup.person_id in done:
            continue
        done.add(signup.person_id)
        try:
            gateways.tell(phone, what.replace(".", "_"), values, TEXT.format(**values))
        except gateways.GatewayError:
            failed.append(signup.person_id)
    return failed


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _values(what: str, row: Activity) -> dict[str, str]:
    begin = timezone.localtime(row.starts_at)
    return {
        "sentence": SENTENCES[what], "title": _cut(row.title), "when": f"{begin.month}月{begin.day}日{begin:%H:%M}",
        "place": _cut(" ".join(part for part in (row.place.name, row.spot) if part)), "address": address(row.pk),
    }  # fmt: skip
