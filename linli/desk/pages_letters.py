"""Letters that urge property managers (督促物业函): written about a finding or a place, listed, answered, printed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.desk import typed
from linli.desk.choices import place_options
from linli.desk.place_pick import offered, place_sent
from linli.desk.shell import staff
from linli.desk.typed import Problem, Unclear
from linli.inspections import letter_selectors as selectors
from linli.inspections.batch import LETTER
from linli.inspections.letter_selectors import LetterFilters
from linli.inspections.letters import print_letter, record_reply, urge
from linli.inspections.models import UrgingLetter
from linli.inspections.promises import URGE
from linli.inspections.reading import PAGE, VIEW
from linli.kernel.numbers import whole_number
from linli.people.access import Actor, refuse, require_somewhere
from linli.people.gates import actor_on
from linli.people.masking import mask_text
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.work.engine import StepRefused
from linli.work.models import Evidence, Item
from linli.work.printing import paper_of
from linli.work.selectors import item_id_for
from linli.work.services import new_key
from linli.work.terms import Catalogue, catalogue

DAYS_TO_REPLY = 3


def states() -> dict[str, tuple[str, str]]:
    """States of a letter: word and colour."""
    return {"open": (_("待答复"), "amber"), "overdue": (_("逾期未答复"), "red"), "answered": (_("已答复"), "accent")}


def forms() -> list[tuple[str, str, str]]:
    """What a letter can be, and who may send it."""
    return [
        (UrgingLetter.REMINDER, _("督促函"), _("提醒处理，不是行政处理决定")),
        (UrgingLetter.ORDER, _("责令整改通知书"), _("只有行政执法单位可以出具")),
    ]


@staff
@require_safe
def letter_list(request: HttpRequest) -> HttpResponse:
    """Letters of the actor's area, or to the actor's own company, those that wait first (≤ 4 statements)."""
    actor = actor_on(request)
    if not selectors.may_read(actor):
        refuse(actor, VIEW)
    filters = LetterFilters.of(request.GET)
    rows, counted, names = selectors.letters(actor, filters), selectors.counts(actor, filters), states()
    for row in rows:
        row["state_word"] = names[row["state"]]
        row["words"], row["title"] = mask_text(row["words"]), mask_text(row["title"] or "")
    total = counted[filters.state] if filters.state else sum(counted.values())
    versions = registry_versions()
    terms, places = catalogue(versions), place_snapshot(versions)
    context = {
        "rows": rows, "filters": filters, "total": total, "page": filters.page, "has_more": total > filters.page * PAGE,
        "tabs": [
            (filters.query(state=code, page=1), name, count, code == filters.state)
            for code, name, count in (
                ("", _("全部"), sum(counted.values())), *((code, names[code][0], counted[code]) for code in names)
            )
        ],
        "places": place_options(actor, terms, places, filters.place) if actor.may_somewhere(VIEW) else [],
        "unit": terms.organisation_name(filters.unit), "may": actor.may_somewhere(URGE),
        "own": bool(selectors.own_units(actor, terms)),
    }  # fmt: skip
    return render(request, "desk/letters.html", context)


@staff
@require_http_methods(["GET", "POST"])
def new_letter(request: HttpRequest) -> HttpResponse:
    """Write a letter about an item (`?item=`) or a place (`?place=`); sent, its paper is made at once."""
    actor = actor_on(request)
    require_somewhere(actor, URGE)
    values = request.POST if request.method == "POST" else request.GET
    item = _item(actor, values.get("item", "").strip()[:32])
    problem = None
    if request.method == "POST":
        try:
            made = _send(request, actor, item)
        except (StepRefused, Unclear) as refusal:
            problem = typed.problem_of(refusal)
        else:
            print_letter(actor, made)
            messages.success(request, _("督促函已发出，对方登录后能看到并答复；也可以打印送达。"))
            return redirect("desk:letter", letter_id=made.pk)
    context = _form(request, actor, item, problem)
    return render(request, "desk/letter_new.html", context, status=problem.status if problem else 200)


def _item(actor: Actor, number: str) -> Item | None:
    """The item a letter is about, for who may see it; ObjectHidden (404) for others."""
    return Item.objects.get(pk=item_id_for(actor, number)) if number else None


def _send(request: HttpRequest, actor: Actor, item: Item | None) -> UrgingLetter:
    sent = request.POST
    place = item.place_id if item is not None and item.place_id else place_sent(request, actor, URGE)
    if not actor.may(URGE, place_path=typed.places_now().get(place).path):  # type: ignore[union-attr]
        raise typed.refused("place", "这个地点不在您的工作范围。", "The place is not in your area.")
    manager = whole_number(sent.get("organisation", "")) or typed.unit_meant(sent.get("unit", ""), "organisation")
    if manager is None:
        raise typed.refused("organisation", "请选择物业或业委会。", "Choose a property manager.")
    return urge(
        actor, place, manager, sent.get("words", ""), typed.day_in(sent.get("reply_due", ""), "reply_due"),
        item_id=item.pk if item is not None else None, issuer_id=whole_number(sent.get("issuer", "")),
        form=sent.get("form", UrgingLetter.REMINDER), basis=sent.get("basis", ""), key=typed.key_of(request),
    )  # fmt: skip


def _form(request: HttpRequest, actor: Actor, item: Item | None, problem: Problem | None) -> dict[str, Any]:
    values = request.POST if request.method == "POST" else request.GET
    versions = registry_versions()
    terms, places = catalogue(versions), place_snapshot(versions)
    wanted = [whole_number(values.get("place_id", "") or values.get("place", ""))]
    choices = offered(actor, URGE, places, wanted)
    at = item.place_id if item is not None else (choices[0].id if choices else None)
    row = places.get(at)
    first = item.responsible_organisation_id if item is not None else None
    managers = selectors.managers_of(row.path, terms, first) if row is not None else []
    chosen = whole_number(values.get("organisation", ""))
    today = timezone.localdate()
    return {
        "problem": problem, "typed": values, "key": request.POST.get("key") or new_key(), "item": item,
        "item_title": mask_text(item.title) if item else "", "place": places.full_name(at, "street") if item else "",
        "places": choices,
        "managers": [(unit, terms.organisation_name(unit), unit == (chosen or managers[0])) for unit in managers],
        "forms": forms() if any(_can_order(unit, terms) for unit in actor.organisation_ids) else [],
        "form": values.get("form", UrgingLetter.REMINDER),
        "issuers": [
            (unit, terms.organisation_name(unit)) for unit in actor.organisation_ids if terms.organisation_name(unit)
        ],
        "today": today.isoformat(),
        "reply_due": values.get("reply_due") or (today + timedelta(days=DAYS_TO_REPLY)).isoformat(),
        "words": values.get("words") or (_about(item) if item is not None else ""),
    }  # fmt: skip


def _can_order(unit: int, terms: Catalogue) -> bool:
    return unit in terms.organisations and terms.organisations[unit].can_order


def _about(item: Item) -> str:
    """How a letter about an item begins: in Chinese, as it is sent."""
    return f"{mask_text(item.title).rstrip('。')}，请安排人员处理，并加强日常巡查和保洁。"


@staff
@require_safe
def letter_page(request: HttpRequest, letter_id: int) -> HttpResponse:
    """One letter with its paper, its signed copy and its reply (≤ 6 statements)."""
    actor = actor_on(request)
    return _page(request, actor, selectors.letter_of(actor, letter_id), None)


def _page(request: HttpRequest, actor: Actor, row: UrgingLetter, problem: Problem | None) -> HttpResponse:
    today = timezone.localdate()
    state = "answered" if row.replied_at else "overdue" if row.reply_due < today else "open"
    places = place_snapshot(registry_versions())
    sees_item = row.item is not None and actor.may("work.view", place_path=str(row.item.place_path or "") or None)
    context = {
        "row": row, "words": mask_text(row.words), "reply": mask_text(row.reply), "state": states()[state],
        "late": (today - row.reply_due).days if state == "overdue" else 0,
        "form": {code: name for code, name, _why in forms()}[row.form],
        "place": places.full_name(row.place_id, "street"), "title": mask_text(row.item.title) if row.item else "",
        "sees_item": sees_item, "paper": paper_of(LETTER, row.pk), "may_answer": selectors.may_answer(actor, row),
        "own": row.organisation_id in selectors.own_units(actor), "problem": problem, "typed": request.POST,
        "may_print": actor.may_somewhere("work.print"), "may": actor.may(URGE, place_path=str(row.place.path)),
        "scans": Evidence.objects.filter(item=None, holder=LETTER, holder_id=row.pk, removed_at=None).order_by("id"),
        "site": row.place.kind == "site" and actor.may(VIEW, place_path=str(row.place.path)),
    }  # fmt: skip
    return render(request, "desk/letter.html", context, status=problem.status if problem else 200)


@staff
@require_POST
def reply(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Write down the reply: the property manager's own people, or the sender's side for them."""
    actor = actor_on(request)
    row = selectors.letter_of(actor, letter_id)
    try:
        record_reply(actor, letter_id, request.POST.get("reply", ""))
    except StepRefused as refusal:
        return _page(request, actor, row, typed.problem_of(refusal))
    messages.success(request, _("答复已记录。"))
    return redirect("desk:letter", letter_id=letter_id)


@staff
@require_POST
def paper(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Make the paper of a letter that has none yet, and show it."""
    actor = actor_on(request)
    document = print_letter(actor, selectors.letter_of(actor, letter_id))
    return redirect("work:held_paper", document_id=document.pk)
