"""Visits (走访) on the desk: recorded on the phone at the door, listed, planned, printed."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.desk import stepforms, typed
from linli.desk.choices import category_options, place_options
from linli.desk.place_pick import offered, place_sent
from linli.desk.shell import staff
from linli.desk.typed import Problem, Unclear
from linli.desk.wording import language, state_word
from linli.inspections import visit_selectors as selectors
from linli.inspections.batch import NewFinding
from linli.inspections.promises import PROMISE
from linli.inspections.reading import PAGE, VIEW
from linli.inspections.visit_forms import print_form
from linli.inspections.visit_selectors import VisitFilters
from linli.inspections.visits import OUTCOMES, VISIT_KINDS, plan_visits, record_visit
from linli.kernel.numbers import whole_number
from linli.people.access import Actor, require_somewhere
from linli.people.gates import actor_on
from linli.people.masking import mask_address, mask_text
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.work.engine import StepRefused
from linli.work.models import PrintedDocument
from linli.work.refused import FileRefused
from linli.work.services import new_key
from linli.work.terms import catalogue

TONES = {"met": "accent", "absent": "amber", "declined": ""}
FOLLOW_UP_KEY = uuid.UUID("9c8a6c0c-55a4-4e0b-8c1e-2a52c30ce0f4")
DAYS_PLANNED = 30


def _present(rows: list[dict[str, Any]], actor: Actor) -> list[dict[str, Any]]:
    """Rows with words for codes; texts masked, and house and door for those who do not visit themselves."""
    tongue, visits = language(), actor.may_somewhere(PROMISE)
    for row in rows:
        row["address"] = row["address"] if visits else mask_address(row["address"])
        row["outcome_word"] = (OUTCOMES[row["outcome"]].text(tongue), TONES[row["outcome"]])
        row["kind_word"] = VISIT_KINDS[row["kind"]].text(tongue)
        row["words"] = mask_text(row["words"])
        if row["number"]:
            row["item_title"] = mask_text(row["item_title"])
            row["state_word"] = state_word(row["item_kind"], row["item_state"])
    return rows


@staff
@require_safe
def visit_list(request: HttpRequest) -> HttpResponse:
    """Visits by filters of the address: all, whom to visit again, what is followed up (≤ 5 statements)."""
    actor = actor_on(request)
    require_somewhere(actor, VIEW)
    filters = VisitFilters.of(request.GET)
    rows = _present(selectors.visits(actor, filters), actor)
    versions = registry_versions()
    terms, places = catalogue(versions), place_snapshot(versions)
    tongue = language()
    again = {"outcome": "absent", "latest": True, "follow": "", "page": 1}
    tabs = [
        (_("全部走访"), filters.query(outcome="", latest=False, follow="", page=1),
         not filters.follow and not filters.latest),
        (_("需要再去"), filters.query(**again), filters.latest and filters.outcome == "absent"),
        (_("待跟进"), filters.query(outcome="", latest=False, follow="open", page=1), filters.follow == "open"),
    ]  # fmt: skip
    context = {
        "rows": rows, "total": rows[0]["total"] if rows else 0, "filters": filters, "tabs": tabs,
        "has_more": bool(rows) and rows[0]["total"] > filters.page * PAGE, "page": filters.page,
        "plans": [(row["id"], row["title"]) for row in selectors.plans(actor)],
        "kinds": [(code, label.text(tongue)) for code, label in VISIT_KINDS.items()],
        "outcomes": [(code, label.text(tongue)) for code, label in OUTCOMES.items()],
        "places": place_options(actor, terms, places, filters.place), "may": actor.may_somewhere(PROMISE),
        "filtered": _filtered(filters),
    }  # fmt: skip
    return render(request, "desk/visits.html", context)


def _filtered(filters: VisitFilters) -> bool:
    """Whether there is a condition besides the tab."""
    outcome = "" if filters.latest else filters.outcome
    return filters.query(outcome=outcome, latest=False, follow="", page=1) != ""


@staff
@require_http_methods(["GET", "POST"])
def new_visit(request: HttpRequest) -> HttpResponse:
    """Record a visit at the door; what was typed stays when it is refused. Then the form for the next door."""
    actor = actor_on(request)
    require_somewhere(actor, PROMISE)
    problem, photos = None, []
    if request.method == "POST":
        try:
            photos = [*request.POST.getlist("photos"), *stepforms.photos(request, "photos_files")]
            made = _record(request, actor, photos)
        except FileRefused as refusal:
            problem = Problem(str(refusal), "photos", refusal.status)
        except (StepRefused, Unclear) as refusal:
            problem = typed.problem_of(refusal)
        else:
            plan = f"&plan={made.plan_id}" if made.plan_id else ""
            return redirect(f"{reverse('desk:new_visit')}?place={made.place_id}{plan}&done={made.pk}")
    context = _form(request, actor, problem, photos)
    return render(request, "desk/visit_new.html", context, status=problem.status if problem else 200)


def _record(request: HttpRequest, actor: Actor, photos: list[str]) -> Any:
    sent = request.POST
    key = typed.key_of(request)
    follow_up = None
    if sent.get("follow"):
        category = whole_number(sent.get("category_id", ""))
        follow_up = NewFinding(uuid.uuid5(FOLLOW_UP_KEY, str(key)), category)
    return record_visit(
        actor, place_sent(request, actor, PROMISE), kind=sent.get("kind", ""), outcome=sent.get("outcome", ""),
        words=sent.get("words", ""), address=sent.get("address", ""), visited_at=_moment(sent.get("visited_at", "")),
        plan_id=whole_number(sent.get("plan", "")), photos=photos, follow_up=follow_up, key=key,
    )  # fmt: skip


def _moment(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise typed.refused("visited_at", "请填写走访时间。", "Give the time of the visit.") from error
    return timezone.make_aware(found) if timezone.is_naive(found) else found


def _form(request: HttpRequest, actor: Actor, problem: Problem | None, photos: list[str]) -> dict[str, Any]:
    values = request.POST if request.method == "POST" else request.GET
    tongue, today = language(), timezone.localdate()
    versions = registry_versions()
    terms, places = catalogue(versions), place_snapshot(versions)
    before = [whole_number(values.get("place_id", "") or values.get("place", ""))]
    done = whole_number(request.GET.get("done", ""))
    rows = selectors.visits(actor, VisitFilters(), limit=5) if done else []
    return {
        "problem": problem, "typed": values, "key": request.POST.get("key") or new_key(),
        "places": offered(actor, PROMISE, places, [*before, *selectors.places_used(actor)]),
        "plans": [(row["id"], row["title"]) for row in selectors.plans(actor, running_on=today)],
        "plan": whole_number(values.get("plan", "")),
        "kinds": [(code, label.text(tongue)) for code, label in VISIT_KINDS.items()],
        "kind": values.get("kind", "home"),
        "outcomes": [(code, label.text(tongue)) for code, label in OUTCOMES.items()],
        "categories": category_options(terms), "category": whole_number(values.get("category_id", "")),
        "photo_field": {"name": "photos", "tokens": photos}, "latest": stepforms.earliest_date(),
        "done": next((row for row in _present(rows, actor) if row["id"] == done), None),
    }  # fmt: skip


@staff
@require_safe
def plan_list(request: HttpRequest) -> HttpResponse:
    """Plans with their progress (2 statements)."""
    actor = actor_on(request)
    require_somewhere(actor, VIEW)
    rows, today = selectors.plans(actor), timezone.localdate()
    for row in rows:
        row["share"] = _share(row)
        row["state_word"] = _state(row, today)
    may = actor.may_somewhere(PROMISE)
    return render(request, "desk/visit_plans.html", {"rows": rows, "may": may})


def _share(row: dict[str, Any]) -> int:
    return min(100, round(row["met"] * 100 / row["wanted"])) if row["wanted"] else 0


def _state(row: dict[str, Any], today: Any) -> tuple[str, str]:
    if row["until"] < today:
        return _("已结束"), ""
    return (_("未开始"), "") if row["since"] > today else (_("进行中"), "blue")


@staff
@require_http_methods(["GET", "POST"])
def new_plan(request: HttpRequest) -> HttpResponse:
    """Plan visits in a place and a period."""
    actor = actor_on(request)
    require_somewhere(actor, PROMISE)
    problem, sent = None, request.POST
    if request.method == "POST":
        try:
            made = plan_visits(
                actor, place_sent(request, actor, PROMISE), sent.get("title", ""),
                typed.day_in(sent.get("since", ""), "since"), typed.day_in(sent.get("until", ""), "until"),
                whole_number(sent.get("wanted", "") or "0") or 0, key=typed.key_of(request),
            )  # fmt: skip
        except (StepRefused, Unclear) as refusal:
            problem = typed.problem_of(refusal)
        else:
            messages.success(request, _("走访计划已建立。"))
            return redirect("desk:visit_plan", plan_id=made.pk)
    places, today = typed.places_now(), timezone.localdate()
    before = [whole_number(sent.get("place_id", ""))]
    context = {
        "problem": problem, "typed": sent, "key": sent.get("key") or new_key(),
        "places": offered(actor, PROMISE, places, before), "since": sent.get("since") or today.isoformat(),
        "until": sent.get("until") or (today + timedelta(days=DAYS_PLANNED - 1)).isoformat(),
    }  # fmt: skip
    return render(request, "desk/visit_plan_new.html", context, status=problem.status if problem else 200)


@staff
@require_safe
def plan_page(request: HttpRequest, plan_id: int) -> HttpResponse:
    """One plan: its numbers, each a list; whom to visit again; forms on paper that went out (≤ 6 statements)."""
    actor = actor_on(request)
    row = selectors.plan_of(actor, plan_id)
    filters = VisitFilters(plan=plan_id)
    latest = {"latest": True}
    context = {
        "row": row, "share": _share(row), "state": _state(row, timezone.localdate()),
        "again": _present(selectors.to_visit_again(actor, plan_id), actor),
        "links": {
            "all": filters.query(), "met": filters.query(outcome="met", **latest),
            "absent": filters.query(outcome="absent", **latest),
            "declined": filters.query(outcome="declined", **latest), "open": filters.query(follow="open"),
        },
        "papers": PrintedDocument.objects.filter(item=None, holder="visit_plan", holder_id=plan_id)
        .select_related("scan").order_by("-id")[:20],
        "key": new_key(), "may": actor.may_somewhere(PROMISE), "may_print": actor.may_somewhere("work.print"),
    }  # fmt: skip
    return render(request, "desk/visit_plan.html", context)


@staff
@require_POST
def plan_form(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Print the form of a plan, then show its PDF."""
    actor = actor_on(request)
    try:
        done = print_form(actor, plan_id, key=str(typed.key_of(request)))
    except StepRefused as refusal:
        messages.error(request, refusal.label.text(language()))
        return redirect("desk:visit_plan", plan_id=plan_id)
    return redirect("work:held_paper", document_id=done.document.pk)
