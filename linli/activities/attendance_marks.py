"""What marks come to when some of them need the leader's look: the same in whatever order they arrive.

A check-in of one's own phone that comes later with a code proves only that the code was shown then: it can have been
photographed and sent on. Until the leader has looked, it gives nothing that a sound mark does not give.
"""

from __future__ import annotations

from linli.activities.models import Activity, Attendance, Mark


def any_to_check(row: Attendance) -> bool:
    """Whether a mark of this person needs or needed the leader's look (1 statement)."""
    return Mark.objects.filter(activity_id=row.activity_id, person_id=row.person_id, to_check=True).exists()


def weigh(activity: Activity, row: Attendance, mark: Mark) -> Attendance:
    """Set the attendance, locked, to what all its marks come to; `mark` is the one that has just been added.

    The first sound check-in stands; without one the first mark does, and has to be looked at. The last sound check-out
    stands; without one the last of the others, at most until the planned end, which is what the closing would give.
    """
    marks = list(Mark.objects.filter(activity=activity, person_id=row.person_id).order_by("at", "pk"))
    sound = [one for one in marks if not one.to_check or (row.checked_at and one.recorded_at <= row.checked_at)]
    begins = [one for one in sound if not one.out]
    first = (begins or marks)[0]
    row.to_check = first not in sound
    row.came_at, row.came_how, row.came_by_id = first.at, first.how, first.recorded_by_id
    row.arrived_at = first.recorded_at if first.clock_off_seconds is not None else None
    ends = [one for one in marks if one.out and one.at >= first.at]
    told = [one for one in ends if one in sound] or ends
    last = told[-1] if told else None
    row.left_at, row.left_how, row.left_by_id = None, "", None
    if last is not None:
        most = last.at if last in sound else max(min(last.at, activity.ends_at), first.at)
        row.left_at, row.left_how, row.left_by_id = most, last.how, last.recorded_by_id
    row.struck_at, row.struck_by, row.struck_reason = None, None, ""
    row.late = row.late or mark.late
    row.changed_at = mark.recorded_at
    row.save()
    return row
