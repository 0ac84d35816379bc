"""The form for visits (走访登记表) on paper: the doors where nobody was in first, then empty lines."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from linli.inspections.batch import VISIT_PLAN, refuse
from linli.inspections.models import VisitPlan
from linli.inspections.visit_selectors import plan_of, to_visit_again
from linli.people.access import Actor
from linli.people.models import Organisation
from linli.work.printing import HELD_PAPERS, Printed, Words, print_held
from linli.work.printing.words import chinese_date, full_place, title_lines

LINES_MIN = 15


def print_form(actor: Actor, plan_id: int, *, key: str) -> Printed:
    """Print the form of a plan, in the name of its unit; its QR takes the filled form back to the plan.

    The same key again gives the same paper. Raises ObjectHidden (404) for plans the actor may not see, StepRefused.
    """
    row = plan_of(actor, plan_id)
    plan = VisitPlan.objects.select_related("organisation").get(pk=row["id"])
    issuer = plan.organisation or Organisation.objects.filter(pk=actor.organisation_id or 0).first()
    if issuer is None:
        raise refuse("no_issuer", "issuer", "您的任职没有单位，不能出具表格。", "Your appointment names no unit.")
    words: Words = {
        "heading": title_lines("走访登记表"),
        "title": plan.title,
        "place": full_place(plan.place_id),
        "period": f"{chinese_date(plan.since)}至{chinese_date(plan.until)}",
        "wanted": f"{plan.wanted}户" if plan.wanted else "",
        "rows": _lines(actor, plan),
        "synthetic": plan.synthetic or issuer.synthetic,
    }
    return print_held(actor, HELD_PAPERS["visits"], VISIT_PLAN, plan.pk, words, issuer=issuer, key=key)


def _lines(actor: Actor, plan: VisitPlan) -> list[dict[str, Any]]:
    """Doors to go to again, with the day of the last visit; empty lines after them, so that a page is full."""
    again = [
        {
            "address": f"{row['place_name']}{row['address']}",
            "again": f"{timezone.localtime(row['visited_at']):%-m月%-d日}",
        }
        for row in to_visit_again(actor, plan.pk)
    ]
    return again + [{"address": "", "again": ""}] * max(LINES_MIN - len(again), 3)
