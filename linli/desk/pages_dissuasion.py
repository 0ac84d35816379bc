"""Dissuasion (劝导) on the desk: recorded on the phone, added up by theme, place and month, planned in rounds."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from linli.desk import stepforms, typed
from linli.desk.choices import place_options
from linli.desk.place_pick import offered, place_sent
from linli.desk.shell import staff
from linli.desk.typed import Problem, Unclear
from linli.desk.wording import language
from linli.inspections import dissuasion
from linli.inspections import dissuasion_selectors as selectors
from linli.inspections.dissuasion import PLAN, RECORD
from linli.inspections.dissuasion_selectors import DissuasionFilters
from linli.inspections.models import Dissuasion, DissuasionTheme
from linli.inspections.reading import PAGE, VIEW
from linli.kernel.numbers import whole_number
from linli.people.access import Actor, require_somewhere
from linli.people.gates import actor_on
from linli.people.masking import mask_text
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.work.engine import StepRefused
from linli.work.services import new_key
from linli.work.terms import catalogue

DAYS_PLANNED = 30


def theme_name(name: str, english: str) -> str:
    """A theme in the language of the page."""
    return (english or name) if language().startswith("en") else name


def _choices(actor: Actor, *, also_off: bool = False) -> list[tuple[int, str]]:
    return [(row.pk, theme_name(row.name, row.name_en)) for row in selectors.themes(actor, also_off=also_off)]


@staff
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Records that count, with totals by theme and month and by place, each a link to its list (≤ 8 statements)."""
    actor = actor_on(request)
    require_somewhere(actor, VIEW)
    filters = DissuasionFilters.of(request.GET)
    versions = registry_versions()
    terms, places = catalogue(versions), place_snapshot(versions)
    top = typed.place_within(actor, VIEW, filters.place, places)
    months, themes = selectors.by_theme(actor, filters)
    for line in themes:
        line["name"] = theme_name(line["theme"], line["theme_en"])
        line["link"] = filters.query(theme=line["theme_id"], page=1)
        line["cells"] = [
            (month, line["cells"].get(month, 0), filters.query(theme=line["theme_id"], month=month, page=1))
            for month in months
        ]
    by_place = selectors.by_place(actor, filters, top.kind)
    for line in by_place:
        line["link"] = filters.query(place=line["place_id"], here=line["here"], page=1)
    rows, total = selectors.records(actor, filters), selectors.total(actor, filters)
    for row in rows:
        row["name"], row["words"] = theme_name(row["theme"], row["theme_en"]), mask_text(row["words"] or "")
        row["may_correct"] = selectors.may_correct(actor, row["path"], row["recorded_by_id"])
    context = {
        "rows": rows, "total": total, "filters": filters, "months": months, "themes": themes, "by_place": by_place,
        "page": filters.page, "has_more": total["records"] > filters.page * PAGE, "top": top,
        "theme_choices": _choices(actor, also_off=True),
        "places": place_options(actor, terms, places, filters.place), "filtered": filters.query(page=1) != "",
        "may": actor.may_somewhere(RECORD), "may_plan": actor.may_somewhere(PLAN),
    }  # fmt: skip
    return render(request, "desk/dissuasion.html", context)


@staff
@require_http_methods(["GET", "POST"])
def new_record(request: HttpRequest) -> HttpResponse:
    """Record what was done at a place: a theme, persons, leaflets. No photo is asked, nobody is named."""
    actor = actor_on(request)
    require_somewhere(actor, RECORD)
    problem, sent = None, request.POST
    if request.method == "POST":
        try:
            made = _record(request, actor)
        except (StepRefused, Unclear) as refusal:
            problem = typed.problem_of(refusal)
        else:
            messages.success(
                request, _("已记录：劝导 %(persons)s 人，发放 %(leaflets)s 份。")
                % {"persons": made.persons, "leaflets": made.leaflets},
            )  # fmt: skip
            return redirect(f"{reverse('desk:new_dissuasion')}?place={made.place_id}&theme={made.theme_id}"
                            + (f"&round={made.round_id}" if made.round_id else ""))  # fmt: skip
    values = sent if request.method == "POST" else request.GET
    places = typed.places_now()
    rounds = selectors.rounds(actor, running_on=timezone.localdate())
    chosen = whole_number(values.get("round", ""))
    theme = next((row["theme_id"] for row in rounds if row["id"] == chosen), whole_number(values.get("theme", "")))
    before = [whole_number(values.get("place_id", "") or values.get("place", ""))]
    context = {
        "problem": problem, "typed": values, "key": sent.get("key") or new_key(), "theme": theme, "round": chosen,
        "places": offered(actor, RECORD, places, before), "themes": _choices(actor),
        "rounds": [(row["id"], row["title"]) for row in rounds], "latest": stepforms.earliest_date(),
    }  # fmt: skip
    return render(request, "desk/dissuasion_new.html", context, status=problem.status if problem else 200)


def _record(request: HttpRequest, actor: Actor) -> Dissuasion:
    sent = request.POST
    return dissuasion.record_dissuasion(
        actor, place_sent(request, actor, RECORD), whole_number(sent.get("theme", "")) or 0,
        _count(sent.get("persons", ""), "persons"), leaflets=_count(sent.get("leaflets", ""), "leaflets"),
        words=sent.get("words", ""), happened_at=_moment(sent.get("happened_at", "")),
        round_id=whole_number(sent.get("round", "")), key=typed.key_of(request),
    )  # fmt: skip


def _count(text: str, field: str) -> int:
    found = whole_number(text.strip() or "0")
    if found is None:
        raise typed.refused(field, "请填写数字。", "Give a number.")
    return found


def _moment(text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise typed.refused("happened_at", "请填写时间。", "Give the time.") from error
    return timezone.make_aware(found) if timezone.is_naive(found) else found


@staff
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, record_id: int) -> HttpResponse:
    """Replace a wrong record by a right one, or withdraw it; the old one stays on record."""
    actor = actor_on(request)
    row = selectors.record_of(actor, record_id)
    problem, sent = None, request.POST
    if request.method == "POST":
        try:
            dissuasion.correct(
                actor, record_id, _count(sent.get("persons", ""), "persons"),
                _count(sent.get("leaflets", ""), "leaflets"), sent.get("words", ""),
                withdraw=bool(sent.get("withdraw")), key=typed.key_of(request),
            )  # fmt: skip
        except StepRefused as refusal:
            problem = typed.problem_of(refusal)
        else:
            messages.success(request, _("已撤销这条记录。") if sent.get("withdraw") else _("已更正。"))
            return redirect("desk:dissuasion")
    note = getattr(row, "note", None)
    replaced = hasattr(row, "replaced_by") or row.withdrawn
    context = {
        "problem": problem, "row": row, "theme": theme_name(row.theme.name, row.theme.name_en), "replaced": replaced,
        "persons": sent.get("persons", row.persons), "leaflets": sent.get("leaflets", row.leaflets),
        "words": sent.get("words", note.words if note else ""), "key": sent.get("key") or new_key(),
    }  # fmt: skip
    return render(request, "desk/dissuasion_correct.html", context, status=problem.status if problem else 200)


@staff
@require_http_methods(["GET", "POST"])
def rounds(request: HttpRequest) -> HttpResponse:
    """Rounds with their sums, and the form of a new one for who plans (≤ 4 statements)."""
    actor = actor_on(request)
    require_somewhere(actor, VIEW)
    problem, sent, may_plan = None, request.POST, actor.may_somewhere(PLAN)
    if request.method == "POST":
        require_somewhere(actor, PLAN)
        try:
            made = dissuasion.plan_round(
                actor, place_sent(request, actor, PLAN), whole_number(sent.get("theme", "")) or 0,
                sent.get("title", ""), typed.day_in(sent.get("since", ""), "since"),
                typed.day_in(sent.get("until", ""), "until"), key=typed.key_of(request),
            )  # fmt: skip
        except (StepRefused, Unclear) as refusal:
            problem = typed.problem_of(refusal)
        else:
            messages.success(request, _("劝导活动已建立：%(title)s。") % {"title": made.title})
            return redirect("desk:dissuasion_rounds")
    today = timezone.localdate()
    rows = selectors.rounds(actor)
    for row in rows:
        row["name"] = theme_name(row["theme"], row["theme_en"])
        row["link"] = DissuasionFilters(round=row["id"]).query()
        row["state_word"] = _state(row["since"], row["until"], today)
    context: dict[str, Any] = {"rows": rows, "may_plan": may_plan, "may": actor.may_somewhere(RECORD)}
    if may_plan:
        context |= {
            "problem": problem, "typed": sent, "key": sent.get("key") or new_key(),
            "theme": whole_number(sent.get("theme", "")),
            "themes": _choices(actor),
            "places": offered(actor, PLAN, typed.places_now(), [whole_number(sent.get("place_id", ""))], wide=True),
            "since": sent.get("since") or today.isoformat(),
            "until": sent.get("until") or (today + timedelta(days=DAYS_PLANNED - 1)).isoformat(),
        }  # fmt: skip
    return render(request, "desk/dissuasion_rounds.html", context, status=problem.status if problem else 200)


def _state(since: date, until: date, today: date) -> tuple[str, str]:
    if until < today:
        return _("已结束"), ""
    return (_("未开始"), "") if since > today else (_("进行中"), "blue")


@staff
@require_http_methods(["GET", "POST"])
def themes(request: HttpRequest) -> HttpResponse:
    """The list of themes: add one for an area, switch one off or on."""
    actor = actor_on(request)
    require_somewhere(actor, PLAN)
    problem: Problem | None = None
    if request.method == "POST":
        try:
            _edit_theme(request, actor)
        except (StepRefused, Unclear) as refusal:
            problem = typed.problem_of(refusal)
        else:
            return redirect("desk:dissuasion_themes")
    everywhere = dissuasion.may_switch_everywhere(actor)
    rows = [
        {"row": row, "name": theme_name(row.name, row.name_en), "may": _may_switch(actor, row, everywhere)}
        for row in selectors.themes(actor, also_off=True)
    ]
    places = offered(actor, PLAN, typed.places_now(), [], wide=True)
    context = {"rows": rows, "problem": problem, "typed": request.POST, "places": places}
    return render(request, "desk/dissuasion_themes.html", context, status=problem.status if problem else 200)


def _edit_theme(request: HttpRequest, actor: Actor) -> None:
    theme = whole_number(request.POST.get("theme", ""))
    if theme is not None:
        dissuasion.switch_theme(actor, theme, active=bool(request.POST.get("active")))
        messages.success(request, _("已保存。"))
        return
    made = dissuasion.add_theme(actor, place_sent(request, actor, PLAN), request.POST.get("name", ""))
    messages.success(request, _("已增加主题：%(name)s。") % {"name": made.name})


def _may_switch(actor: Actor, row: DissuasionTheme, everywhere: bool) -> bool:
    return everywhere if row.place is None else actor.may(PLAN, place_path=str(row.place.path))
