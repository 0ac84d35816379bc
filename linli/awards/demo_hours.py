"""The demo's points for hours: some of those who served at activities take part, so the whole way can be followed.

From the activity to its check-in, the confirmed hours, their deed, the rule for that kind of deed and the award. People
and hours are synthetic; they are what the demo of volunteering has confirmed.
"""

from __future__ import annotations

from collections.abc import Callable

from linli.awards import awarding
from linli.awards.demo import TONGJI
from linli.awards.models import Award
from linli.credits import ledger
from linli.places.models import Place
from linli.work.deeds import HOURS
from linli.work.models import Deed

PEOPLE = 6


def load(progress: Callable[[str], object] | None = None) -> int:
    """Have a few volunteers of the stage's street take part and get their points; how many. Again, nothing changes."""
    street = Place.objects.filter(code=TONGJI, active=True).first()
    if street is None:
        return 0
    served = Deed.objects.filter(
        kind=HOURS, withdrawn_at=None, place__path__descendant_of=str(street.path), source_type="volunteering.service"
    )
    people = list(served.order_by("person_id").values_list("person_id", flat=True).distinct()[:PEOPLE])
    if not people or Award.objects.filter(deed__in=served).exists():
        return 0
    for person_id in people:
        ledger.join(person_id, actor=None, place_id=street.pk)
    awarding.hear(list(served.filter(person_id__in=people).values_list("pk", flat=True)))
    if progress is not None:
        progress(f"服务时长的积分 / points for hours: {len(people)}")
    return len(people)
