"""What is stored of activities: series and single ones, posts, who comes, who was there, what came of it."""

from linli.activities.models.activities import Activity, Format, Role, Series
from linli.activities.models.attendance import Attendance, HeadCount, Mark, Outcome
from linli.activities.models.signups import CalendarKey, Handing, Signup

__all__ = [
    "Activity",
    "Attendance",
    "CalendarKey",
    "Format",
    "Handing",
    "HeadCount",
    "Mark",
    "Outcome",
    "Role",
    "Series",
    "Signup",
]
