"""Responsibilities (包保) on the desk: who answers for which place, what is to be done there, where nobody answers."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.desk import typed
from linli.desk.shell import staff
from linli.desk.wording import language
from linli.inspections import promises
from linli.inspections import responsibility_selectors as selectors
from linli.inspections.reading import PAGE, VIEW
from linli.kernel.numbers import whole_number
from linli.people.access import Actor, require, require_somewhere
from linli.people.errors import PeopleProblem
from linli.people.gates import actor_on
from linli.places.kinds import SITE_KINDS, kind_text
from linli.places.snapshot import PlaceRow, PlaceSnapshot
from linli.work.engine import StepRefused
from linli.work.kinds import kind

UPWARD = ("district", "street", "community", "grid")


def gap_names() -> dict[str, str]:
    """The kinds of places for which somebody has to answer."""
    return {"grid": _("网格"), "lane": _("背街小巷"), "compound": _("小区")}


def place_kind(kind_slug: str, site_kind: str) -> str:
    """What a place is, in words."""
    label = SITE_KINDS.get(site_kind)
    return label.text(language()) if label else kind_text(kind_slug, language())


def crumbs_of(place: PlaceRow, places: PlaceSnapshot, actor: Actor) -> list[PlaceRow]:
    """The places above one, as far as the actor may read: the way out of a filter."""
    return [
        up for up in places.ancestors(place.id)[:-1] if up.kind in UPWARD and actor.may(VIEW, place_path=up.path)
    ]  # fmt: skip


@staff
@require_safe
def responsibilities(request: HttpRequest) -> HttpResponse:
    """All of a place, by place, unit or leader; those that have ended; or where nobody answers. ≤ 6 statements."""
    actor, places, today = actor_on(request), typed.places_now(), timezone.localdate()
    place = typed.place_within(actor, VIEW, whole_number(request.GET.get("place", "")), places)
    show = request.GET.get("show", "now")
    show = show if show in ("now", "ended", "gaps") else "now"
    order = request.GET.get("by", "place")
    order = order if order in selectors.ORDERS else "place"
    context: dict[str, Any] = {
        "place": place, "crumbs": crumbs_of(place, places, actor), "show": show, "by": order,
        "q": request.GET.get("q", "").strip()[:60], "may_promise": actor.may_somewhere(promises.PROMISE),
        "below": [row for row in places.children(place.id) if row.kind in UPWARD],
        "tabs": [("now", _("现在")), ("gaps", _("没人包保")), ("ended", _("已结束"))],
        "orders": [("place", _("按地点")), ("unit", _("按单位")), ("person", _("按责任人"))],
    }  # fmt: skip
    names = gap_names()
    counts = selectors.gap_counts(actor, place.path, today)
    base = f"{reverse('desk:responsibilities')}?place={place.id}&show=gaps"
    context["tiles"] = [
        {"number": gaps, "label": _("没人包保的%(what)s") % {"what": names[slug]}, "url": f"{base}&kind={slug}#list",
         "note": _("共 %(n)d 个") % {"n": total}, "tone": "amber" if gaps else ""}
        for slug, (gaps, total) in counts.items()
    ]  # fmt: skip
    if show == "gaps":
        wanted = request.GET.get("kind", "")
        wanted = wanted if wanted in names else next((slug for slug, pair in counts.items() if pair[0]), "grid")
        rows = selectors.gaps(actor, place.path, wanted, today)
        context |= {"gaps": rows, "kind": wanted, "kind_word": names[wanted], "gap_total": counts[wanted][0],
                    "kinds": list(names.items())}  # fmt: skip
    else:
        page = typed.page_in(request)
        find = selectors.Wanted(place.path, context["q"], show == "ended", order, page)
        rows, total = selectors.responsibilities(actor, find, today)
        for row in rows:
            row["what"] = place_kind(row["kind"], row["site_kind"])
            row["group"] = _group(row, order, places)
        context |= {"rows": rows, "total": total, "page": page, "has_more": page * PAGE < total}
    return render(request, "desk/responsibilities.html", context)


def _group(row: dict[str, Any], order: str, places: PlaceSnapshot) -> str:
    if order == "unit":
        return row["unit"] or _("没有写单位")
    if order == "person":
        return row["person"] or _("没有写责任人")
    above = (places.get(int(number)) for number in row["path"].split(".")[:-1])
    return next((up.name for up in above if up is not None and up.kind == "community"), row["above"] or "")


@staff
@require_safe
def responsibility(request: HttpRequest, responsibility_id: int) -> HttpResponse:
    """One, with the lists behind its figures, and who answered for the place before. ≤ 6 statements."""
    actor, today, places = actor_on(request), timezone.localdate(), typed.places_now()
    row = selectors.responsibility(actor, responsibility_id, today)
    row["what"] = place_kind(row["kind"], row["site_kind"])
    show = request.GET.get("show", "")
    show = show if show in ("sites", "seen", "unseen", "findings") else "unseen"
    context: dict[str, Any] = {
        "row": row, "show": show, "before": selectors.held_before(row["place_id"], row["id"]), "today": today,
        "running": row["until"] is None or row["until"] > today,
        "crumbs": [up for up in places.ancestors(row["place_id"])[:-1] if up.kind in UPWARD],
        "may_promise": actor.may(promises.PROMISE, place_path=row["path"]),
        "tiles": _tiles(row, reverse("desk:responsibility", args=[row["id"]])),
        "names": {"sites": _("全部点位"), "seen": _("本周查过的点位"), "unseen": _("本周还没查的点位"),
                  "findings": _("未办结的问题")},
    }  # fmt: skip
    context["list_name"] = context["names"][show]
    if show == "findings":
        context["findings"] = selectors.findings_below(row["path"])
        workflow = kind("finding").workflow
        for finding in context["findings"]:
            finding["label"] = workflow.state(finding["state"]).label
    else:
        sites = selectors.sites_below(row["path"], today)
        context["sites"] = [site for site in sites if show == "sites" or site["seen"] == (show == "seen")]
        for site in context["sites"]:
            site["what"] = place_kind("site", site["site_kind"])
    return render(request, "desk/responsibility.html", context)


def _tiles(row: dict[str, Any], base: str) -> list[dict[str, Any]]:
    unseen = row["sites"] - row["seen"]
    tone = "amber" if unseen else ""
    return [
        {"number": row["sites"], "label": _("点位"), "url": f"{base}?show=sites#list", "tone": ""},
        {"number": row["seen"], "label": _("本周查过"), "url": f"{base}?show=seen#list", "tone": ""},
        {"number": unseen, "label": _("本周还没查"), "url": f"{base}?show=unseen#list", "tone": tone},
        {"number": row["open"], "label": _("未办结的问题"), "url": f"{base}?show=findings#list", "tone": ""},
    ]


@staff
@require_http_methods(["GET", "POST"])
def new_responsibility(request: HttpRequest) -> HttpResponse:
    """Give a place to a leader or a unit; what was typed stays when it is refused."""
    actor = actor_on(request)
    require_somewhere(actor, promises.PROMISE)
    problem = None
    if request.method == "POST":
        try:
            row = _give(request, actor)
        except (StepRefused, PeopleProblem, typed.Unclear) as error:
            problem = typed.problem_of(error)
        else:
            messages.success(request, _("已登记包保责任。"))
            return redirect("desk:responsibility", responsibility_id=row.pk)
    places = typed.places_now()
    given = whole_number(request.POST.get("place_id", "") or request.GET.get("place", ""))
    fixed = places.get(given)
    if fixed is not None and not actor.may(promises.PROMISE, place_path=fixed.path):
        fixed = None
    context = {
        "problem": problem, "typed": request.POST, "key": request.POST.get("key") or str(uuid.uuid4()),
        "fixed": fixed, "fixed_name": places.full_name(fixed.id, "street") if fixed is not None else "",
        "since": request.POST.get("since") or timezone.localdate().isoformat(),
    }  # fmt: skip
    return render(request, "desk/responsibility_new.html", context, status=problem.status if problem else 200)


def _give(request: HttpRequest, actor: Actor) -> Any:
    sent = request.POST
    until = sent.get("until", "")
    return promises.give_responsibility(
        actor,
        typed.place_meant(request, actor, promises.PROMISE),
        person_id=typed.person_meant(sent.get("person", ""), actor),
        organisation_id=typed.unit_meant(sent.get("unit", "")),
        duty=sent.get("duty", ""),
        since=typed.day_in(sent.get("since", ""), "since"),
        until=typed.day_in(until, "until") if until else None,
        key=typed.key_of(request),
    )


@staff
@require_POST
def end_responsibility(request: HttpRequest, responsibility_id: int) -> HttpResponse:
    """From a day on it no longer holds; it stays readable."""
    actor = actor_on(request)
    row = selectors.responsibility(actor, responsibility_id, timezone.localdate())
    require(actor, promises.PROMISE, place_path=row["path"])
    try:
        until = typed.day_in(request.POST.get("until", ""), "until")
        promises.end_responsibility(actor, responsibility_id, until)
        messages.success(request, _("已结束，记录保留。"))
    except StepRefused as refusal:
        messages.error(request, refusal.label.text(language()))
    return redirect("desk:responsibility", responsibility_id=responsibility_id)
