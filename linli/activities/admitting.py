"""Who may not take part: rooms that know more of a person say so before a place is given or a check-in is taken.

Registered volunteers who are minors are known to the room of volunteering, not here.
"""

from __future__ import annotations

from collections.abc import Callable

from linli.activities.models import Activity
from linli.work.engine import StepRefused

Check = Callable[[int, Activity], StepRefused | None]
"""Called with the id of the person and the activity; says why not, or None."""

_checks: list[Check] = []


def register(check: Check) -> None:
    """Have `check` asked whenever somebody signs up, takes another's place, or comes without having signed up."""
    if check not in _checks:
        _checks.append(check)


def admit(person_id: int, activity: Activity) -> None:
    """Raise the StepRefused of the first check that says no."""
    for check in _checks:
        why_not = check(person_id, activity)
        if why_not is not None:
            raise why_not
