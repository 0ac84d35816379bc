"""The page of a site on the desk: its whole past, from every round and promise."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from linli.desk.pages_rounds import reasons, states
from linli.desk.shell import staff
from linli.desk.wording import language
from linli.inspections import promises
from linli.inspections import site_selectors as selectors
from linli.inspections.batch import RESULT_NAMES
from linli.inspections.recording import RECORD
from linli.inspections.visits import OUTCOMES
from linli.people.gates import actor_on
from linli.places.kinds import SHOP_KINDS, SITE_KINDS
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.work.kinds import kind

CRUMBS = ("district", "street", "community", "grid")


def results() -> dict[str, tuple[str, str]]:
    """Results of observations: word and colour."""
    return {"pass": (_("合格"), "accent"), "fail": (_("不合格"), "red"), "not_applicable": (_("不适用"), "")}


@staff
@require_safe
def site_page(request: HttpRequest, site_id: int) -> HttpResponse:
    """A site with its whole past: rounds, records, findings, who answers for it, what was promised and checked."""
    actor = actor_on(request)
    site = selectors.site_of(actor, site_id)
    past = selectors.site_past(site_id)
    more = {
        name: len(past[name]) > shown and past[name].pop() is not None
        for name, shown in (("observations", selectors.OBSERVATIONS_SHOWN), ("findings", selectors.FINDINGS_SHOWN),
                            ("rounds", selectors.LINES_SHOWN))
    }  # fmt: skip
    words, round_words, why = results(), states(), reasons()
    for row in past["rounds"]:
        row |= {"word": round_words[row["state"]], "why": why.get(row["reason"], row["reason"])}
    for row in past["observations"]:
        row["word"] = words[RESULT_NAMES[row["result"]]]
    workflow = kind("finding").workflow
    for row in past["findings"]:
        row["label"] = workflow.state(row["state"]).label
    for row in past["visits"]:
        row["word"] = OUTCOMES[row["outcome"]]
    for row in past["agreements"]:
        row["label"] = promises.DUTIES.get(row["duty"], row["duty"])
    places = place_snapshot(registry_versions())
    label = SITE_KINDS.get(site.site_kind)
    context = {
        "is_shop": site.site_kind in SHOP_KINDS,
        "may_visit": actor.may(promises.PROMISE, place_path=str(site.path)),
        "may_urge": actor.may(promises.URGE, place_path=str(site.path)),
        "may_record": actor.may(RECORD, place_path=str(site.path)),
        "may_promise": actor.may(promises.PROMISE, place_path=str(site.path)),
        "english": language() == "en", "more": more,
        "running": [row for row in past["rounds"] if row["round_state"] != "ended"],
        "site": site, "kind": label.text(language()) if label else site.site_kind, "past": past,
        "crumbs": [up for up in places.ancestors(site.parent_id) if up.kind in CRUMBS],
    }  # fmt: skip
    return render(request, "desk/site.html", context)
