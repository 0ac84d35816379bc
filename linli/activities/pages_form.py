"""The form of an activity: a new one or a series, this one changed, or this one and all that follow."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from linli.activities import figures, planning, selectors, series, shown, typed
from linli.activities.access import PLAN
from linli.activities.models import Activity
from linli.activities.pages_desk import area_options, format_name
from linli.activities.planning import Wanted
from linli.activities.posts import Post
from linli.activities.recurrence import DAYS, LAST_DAY, in_words, weekly
from linli.activities.typed import Problem
from linli.activities.words import refuse
from linli.campaigns.selectors import seen_by
from linli.kernel.numbers import whole_number
from linli.people.access import Actor, require
from linli.people.errors import PeopleProblem
from linli.people.gates import actor_on, staff_page
from linli.people.models import Organisation
from linli.people.selectors import find_staff
from linli.places.search import search_places
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.work.engine import StepRefused
from linli.work.themes import choices

POSTS_SHOWN, CANDIDATES, UNITS_OFFERED = 4, 8, 200
POST_FIELDS = ("name", "capacity", "skills", "id", "attends")
MOMENT = "%Y-%m-%dT%H:%M"


@staff_page(PLAN)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """`/desk/activities/new/`: a single activity or a series; what was typed stays when something is refused."""
    actor = actor_on(request)
    if request.method == "GET":
        return _form(request, _fresh(request, actor), None, None)
    try:
        made = _make(request, actor)
    except StepRefused as refusal:
        return _form(request, request.POST, None, typed.problem_of(refusal))
    except PeopleProblem as error:
        return _form(request, request.POST, None, Problem(error.text, "leader", error.status))
    return redirect("activities:desk_activity", made) if made is not None else redirect("activities:desk")


def _make(request: HttpRequest, actor: Actor) -> int | None:
    """The activity that was made; None for a series whose first one is too far ahead to be made yet."""
    sent = request.POST
    wanted, rule, publish = _wanted(sent, actor), _rule(sent), sent.get("act") == "publish"
    key = typed.key_of(request)
    if not rule:
        row = planning.create(actor, wanted, key=key, publish=publish)
        messages.success(request, _("已发布，可以报名了。") if publish else _("已存为草稿。"))
        return row.pk
    made = series.create_series(
        actor, wanted, rule, key=key, until=_until(sent), skip_holidays=bool(sent.get("skip_holidays")), publish=publish
    )
    first = made.activities.order_by("occurs_on").first()
    count = made.activities.count()
    messages.success(request, _("系列已建立，先排出 %(n)d 次，以后每天自动往后排。") % {"n": count})
    return first.pk if first is not None else None


@staff_page(PLAN)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, activity_id: int) -> HttpResponse:
    """`/desk/activities/<number>/edit/`: this one alone, or of a series this one and all that follow."""
    actor = actor_on(request)
    row = selectors.one(actor, activity_id).row
    require(actor, PLAN, place_path=str(row.place.path), hidden=True)
    if request.method == "GET":
        return _form(request, _stored(row), row, None)
    sent = request.POST
    try:
        wanted = _wanted(sent, actor)
        if row.series_id is not None and sent.get("reach") == "rest":
            made = series.edit_rest(
                actor, activity_id, wanted, _rule(sent) or (row.series.rule if row.series else ""),
                key=typed.key_of(request), until=_until(sent), skip_holidays=bool(sent.get("skip_holidays")),
            )  # fmt: skip
            messages.success(request, _("这一次和以后的都已修改。"))
            kept = made.activities.filter(pk=activity_id).first() or made.activities.order_by("occurs_on").first()
            return redirect("activities:desk_activity", kept.pk) if kept else redirect("activities:desk")
        planning.edit_one(actor, activity_id, wanted)
    except StepRefused as refusal:
        return _form(request, sent, row, typed.problem_of(refusal))
    except PeopleProblem as error:
        return _form(request, sent, row, Problem(error.text, "leader", error.status))
    messages.success(request, _("已保存。"))
    return redirect("activities:desk_activity", activity_id)


# --- Reading ----------------------------------------------------------------------------------------------------------


def _wanted(sent: QueryDict, actor: Actor) -> Wanted:
    def said(name: str) -> str:
        return typed.said(sent, name)

    starts_at = typed.moment(sent.get("starts_at", ""), "starts_at")
    ends = sent.get("ends", "").strip()
    return Wanted(
        said("title"), _place(sent, actor), starts_at, _minutes(starts_at, ends), posts_of(sent),
        format_id=whole_number(sent.get("format")), theme=sent.get("theme", ""), purpose=said("purpose"),
        programme=said("programme"),
        topics=typed.words(said("topics")), tools=typed.words(said("tools")), spot=said("spot"),
        organisation_id=whole_number(sent.get("organisation")), leader_id=_leader(said("leader"), actor),
        campaign_id=whole_number(sent.get("campaign")), risk=sent.get("risk", "none"), risk_notes=said("risk_notes"),
        insurance=said("insurance"), minors=bool(sent.get("minors")), emergency=bool(sent.get("emergency")),
        permit_number=said("permit_number"),
        signup_until=_moment_or_none(said("signup_until")),
        training_months=_training_months(sent),
    )  # fmt: skip


def _training_months(sent: QueryDict) -> int | None:
    """For how long a training is good; None for what is none."""
    if not sent.get("training"):
        return None
    return typed.whole(sent.get("training_months", ""), "training_months")


def _moment_or_none(text: str) -> datetime | None:
    return typed.moment(text, "signup_until") if text.strip() else None


def _minutes(starts_at: datetime, ends: str) -> int:
    try:
        hour, minute = (int(part) for part in ends.split(":")[:2])
        end = timezone.localtime(starts_at).replace(hour=hour, minute=minute)
    except ValueError as error:
        raise refuse("bad_end", "ends", "请填写结束时间。", "Give the time of the end.") from error
    if end <= starts_at:
        end += timedelta(days=1)
    return int((end - starts_at).total_seconds() // 60)


def _place(sent: QueryDict, actor: Actor) -> int:
    """The place that was chosen, or the one site meant by the words; refused when none or several fit."""
    text = typed.said(sent, "site").strip()
    area = whole_number(sent.get("place"))
    if not text:
        if area is None:
            raise refuse("no_place", "place", "请选择地点。", "Choose a place.")
        return area
    scopes = actor.scopes(PLAN)
    under: list[str | None] = list(scopes.place_paths) or [None]
    hits = {hit.row.id: hit.row for path in under for hit in search_places(text, under=path, limit=20)}
    exact = [row for row in hits.values() if row.name == text]
    best = exact or list(hits.values())
    if len(best) != 1:
        names = "、".join(row.name for row in best[:CANDIDATES]) or "—"
        raise refuse(
            "which_place", "site", f"请写出确切的点位名称：{names}", f"Give the exact name of the site: {names}"
        )
    return best[0].id


def posts_of(sent: QueryDict) -> tuple[Post, ...]:
    """The posts of a form; lines without a name are none."""
    found = []
    for number in range(POSTS_SHOWN + 8):
        name = typed.said(sent, f"post_name_{number}").strip()
        if not name:
            continue
        capacity = typed.whole(sent.get(f"post_capacity_{number}", ""), "posts")
        found.append(
            Post(name, capacity, typed.words(typed.said(sent, f"post_skills_{number}")),
                 whole_number(sent.get(f"post_id_{number}")), not sent.get(f"post_attends_{number}"))
        )  # fmt: skip
    return tuple(found)


def _leader(text: str, actor: Actor) -> int | None:
    return find_staff(text, actor).pk if text.strip() else None


def _rule(sent: QueryDict) -> str:
    """The rule that the boxes come to; what is typed as a rule goes before; nothing for a single activity."""
    own = typed.said(sent, "rule").strip()
    if own:
        return own
    rules = [weekly(days)] if (days := [day for day in sent.getlist("weekdays") if day in DAYS]) else []
    month_day = whole_number(sent.get("month_day"))
    if month_day:
        rules.append(f"FREQ=MONTHLY;BYMONTHDAY={month_day}")
    return "\n".join([*rules, *([LAST_DAY] if sent.get("last_day") else [])])


def _until(sent: QueryDict) -> Any:
    return typed.day(said, "until") if (said := typed.said(sent, "until")) else None


# --- Showing ----------------------------------------------------------------------------------------------------------


def _fresh(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    """An empty form: next week at nine, with what the chosen format begins with."""
    begin = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=7)
    wanted = whole_number(request.GET.get("format"))
    row = next((one for one in figures.formats(actor) if one.pk == wanted), None)
    values: dict[str, Any] = {
        "starts_at": f"{begin:{MOMENT}}", "ends": "11:00", "risk": "none", "campaign": request.GET.get("campaign", ""),
        **post_values(0, _("参加者"), 20, (), ""),
    }  # fmt: skip
    if row is not None:
        values |= {
            "format": str(row.pk), "title": row.name, "theme": row.theme, "purpose": row.purpose,
            "programme": row.programme, "ends": f"{begin + timedelta(minutes=row.minutes):%H:%M}",
        }  # fmt: skip
        for number, post in enumerate(row.roles):
            values |= kept_post_values(number, post)
    return values


def post_values(
    number: int, name: str, capacity: Any, skills: Any, identity: Any, *, serves: bool = True
) -> dict[str, str]:
    """A post as the form shows it, in its line."""
    return {
        f"post_name_{number}": name, f"post_capacity_{number}": str(capacity),
        f"post_skills_{number}": "、".join(skills), f"post_id_{number}": str(identity),
        f"post_attends_{number}": "" if serves else "1",
    }  # fmt: skip


def kept_post_values(number: int, post: Mapping[str, Any]) -> dict[str, str]:
    """The same for a post as a format keeps it."""
    return post_values(
        number, post["name"], post["capacity"], post.get("skills") or (), "", serves=post.get("serves", True)
    )


def _stored(row: Activity) -> dict[str, Any]:
    """An activity as the form shows it."""
    values: dict[str, Any] = {name: getattr(row, name) for name in (
        "title", "theme", "purpose", "programme", "spot", "risk", "risk_notes", "insurance", "permit_number",
    )}  # fmt: skip
    values |= {
        "starts_at": f"{timezone.localtime(row.starts_at):{MOMENT}}",
        "ends": f"{timezone.localtime(row.ends_at):%H:%M}", "format": str(row.format_id or ""),
        "topics": "、".join(row.topics), "tools": "、".join(row.tools), "place": str(row.place_id),
        "organisation": str(row.organisation_id or ""), "campaign": str(row.campaign_id or ""),
        "leader": row.leader.display_name if row.leader else "", "minors": row.minors, "emergency": row.emergency,
        "training": row.training_months is not None, "training_months": row.training_months or "",
        "signup_until": f"{timezone.localtime(row.signup_until):{MOMENT}}" if row.signup_until else "",
        "skip_holidays": row.series.skip_holidays if row.series else False,
        "rule": row.series.rule if row.series else "",
        "until": row.series.until.isoformat() if row.series and row.series.until else "",
    }  # fmt: skip
    for number, role in enumerate(row.roles.order_by("position", "pk")):
        values |= post_values(number, role.name, role.capacity, role.skills, role.pk, serves=role.serves)
    return values


def _form(
    request: HttpRequest, values: Mapping[str, Any], row: Activity | None, problem: Problem | None
) -> HttpResponse:
    actor = actor_on(request)
    places = place_snapshot(registry_versions())
    options = area_options(actor, PLAN, places)
    if row is not None and row.place_id not in dict(options):
        options.insert(0, (row.place_id, places.full_name(row.place_id, "community")))
    days = values.getlist("weekdays") if isinstance(values, QueryDict) else []
    units = Organisation.objects.filter(active=True).order_by("kind", "pk")[:UNITS_OFFERED]
    context = {
        "row": row, "typed": values, "problem": problem, "key": values.get("key") or uuid.uuid4(), "places": options,
        "formats": [(one.pk, format_name(one)) for one in figures.formats(actor)],
        "posts": posts_shown(values),
        "risks": [(code, label.text(shown.tongue())) for code, label in shown.RISK_LABELS.items()],
        "weekdays": [(code, label.text(shown.tongue()), code in days) for code, label in DAYS.items()],
        "units": [(unit.pk, unit.short_name or unit.name) for unit in units],
        "campaigns": [(one.pk, one.title) for one in seen_by(actor) if one.until >= timezone.localdate()],
        "rule": in_words(row.series.rule) if row is not None and row.series else None,
        "own_unit": actor.organisation_id, "themes": choices(shown.tongue()),
    }  # fmt: skip
    return render(request, "activities/desk_form.html", context, status=problem.status if problem else 200)


def posts_shown(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of the posts: those that are filled, and some more."""
    used = [number for number in range(POSTS_SHOWN + 8) if values.get(f"post_name_{number}")]
    count = max(POSTS_SHOWN, *(number + 2 for number in used)) if used else POSTS_SHOWN
    return [
        {"n": number, **{name: values.get(f"post_{name}_{number}", "") for name in POST_FIELDS}}
        for number in range(count)
    ]
