"""The page of an item, the same as a side panel, its steps, the contact behind a lock, the verifier's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from linli.assessment.workflow import KIND as INDICATOR_TASK
from linli.campaigns import tying
from linli.campaigns.selectors import ties_of
from linli.desk import stepforms
from linli.desk.choices import unit_options
from linli.desk.itempage import ItemPage, compose, known_of
from linli.desk.lines import VERIFYING, masked, short_place
from linli.desk.shell import put_toast, staff, taken_toast
from linli.desk.stepforms import Known, StepForm
from linli.desk.tasks import people_of_unit, task_line
from linli.desk.wording import REWORK_REASONS, language, state_word
from linli.inspections.promises import URGE
from linli.inspections.reading import VIEW
from linli.kernel.numbers import whole_number
from linli.kernel.workflow import FieldKind, Transition
from linli.people.access import Actor, ObjectHidden
from linli.people.gates import actor_on, safe_next
from linli.people.masking import mask_text
from linli.people.selectors import current_appointments, find_organisations
from linli.requests import praising
from linli.requests.selectors import contact_in
from linli.requests.services import see_contact
from linli.wishes.selectors import on_desk
from linli.work.engine import StepRefused
from linli.work.fields import METRES
from linli.work.itemview import ItemView
from linli.work.printing import templates_for
from linli.work.refused import FileRefused
from linli.work.selectors import duplicates_near, item_view
from linli.work.services import Conflict, advance, new_key

REWORK = ("verify_fail", "send_on")
"""Not passed on site: back to the unit, or to the dispatcher where no unit has had it."""
CHECKERS = ("grid_worker", "community_officer")
UNITS_SHOWN = 12


def checkers(view: ItemView) -> list[tuple[int, str]]:
    """Who can have a look on site: the grid's worker first, then others of the community (1 statement)."""
    path = str(view.item["place_path"] or "")
    community = view.places.ancestor_of_kind(view.item["place_id"], "community")
    inside = current_appointments().filter(role__in=CHECKERS)
    area = community.path if community else path
    rows = inside.filter(place__path__descendant_of_any=[area]) if area else inside.none()
    own = view.catalogue.grid_worker(path)
    people = dict(rows.order_by("person__pinyin").values_list("person_id", "person__display_name"))
    return sorted(people.items(), key=lambda entry: entry[0] != own)


def _known(view: ItemView, actor: Actor, transition: Transition | None) -> Known:
    people: list[tuple[int, str]] = []
    if transition is not None and any(entry.kind is FieldKind.PERSON for entry in transition.fields):
        people = people_of_unit(view) if view.item["kind"] == INDICATOR_TASK else checkers(view)
    return known_of(view, actor, people)


def _open(view: ItemView, code: str) -> Transition | None:
    return next((transition for transition, _blocked in view.steps if transition.code == code), None)


def page_context(
    request: HttpRequest,
    view: ItemView,
    *,
    opened: str = "",
    values: Mapping[str, Any] | None = None,
    error: str = "",
    wrong_field: str = "",
) -> dict[str, Any]:
    """What the item's templates need; `opened` is the step whose form is open, `values` what was typed."""
    actor = actor_on(request)
    transition = _open(view, opened)
    known = _known(view, actor, transition)
    page: ItemPage = compose(view, actor, contact_in(actor, view), known=known)
    form: StepForm | None = None
    if transition is not None:
        form = stepforms.build(transition, known, values=values, error=error, wrong_field=wrong_field)
    elif page.primary is not None and not page.primary.plain and page.primary.code not in VERIFYING:
        form = page.primary
    number, units = view.item["number"], [leg["organisation_id"] for leg in view.legs]
    papers = templates_for(actor, view.item, terms=view.catalogue, units=units)
    path = str(view.item["place_path"] or "") or None
    live = view.item["meaning"] in ("open", "waiting")
    return {
        "page": page,
        "item": page.item,
        "form": form,
        "opened": transition.code if transition else "",
        "error": error,
        "key": new_key(),
        "papers": [
            {"url": reverse("work:print", args=[number, paper.slug]), "label": paper.label.text(language())}
            for paper in papers
        ],
        "may_urge": live and path is not None and actor.may(URGE, place_path=path),
        "may_tie": view.item["kind"] in tying.KINDS and path is not None and actor.may(tying.EDIT, place_path=path),
        "campaigns": ties_of(actor, view.item["id"]) if actor.may_somewhere("campaigns.view") else [],
        "task": task_line(view),
        "may_see_letters": path is not None and actor.may(VIEW, place_path=path),
        "all_units": unit_options(actor, view.catalogue),
        "map_place": _map_place(view),
        "earliest": stepforms.earliest_date(),
        "here": request.get_full_path(),
        "crumbs": view.places.ancestors(view.item["place_id"]),
        "verifying": page.primary is not None and page.primary.code in VERIFYING,
        "toast": taken_toast(request),
        "wish": on_desk(actor, view.item),
        "praise": praising.shown(actor, view.item, language=language()),
    }


def _map_place(view: ItemView) -> int | None:
    """The place whose map is drawn around the item: its community, else what there is."""
    community = view.places.ancestor_of_kind(view.item["place_id"], "community")
    return community.id if community else view.item["place_id"]


def _render(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    panel = request.headers.get("HX-Target") == "panel"
    return render(request, "desk/_item.html" if panel else "desk/item.html", {**context, "panel": panel}, status=status)


@staff
@require_safe
def item(request: HttpRequest, number: str) -> HttpResponse:
    """The item; with htmx its side panel. `?step=reply` opens a form."""
    view = item_view(actor_on(request), number)
    return _render(request, page_context(request, view, opened=request.GET.get("step", "")[:48]))


@staff
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Take a step. What was typed is kept when it is refused or somebody else was faster."""
    if request.method == "GET":
        return redirect(f"{reverse('desk:item', args=[number])}?step={code}#step")
    actor = actor_on(request)
    view = item_view(actor, number)
    transition = view.book.workflow.by_code.get(code)
    values: dict[str, Any] = {}
    try:
        if transition is None:
            raise ObjectHidden("work.view")
        values = stepforms.read(transition, request)
        if code in REWORK and request.POST.get("reason_text", "").strip():
            values["reason"] = request.POST["reason_text"]
        if METRES in transition.fields:
            values.pop(METRES.name, None)
            metres = stepforms.metres_from(request, view.item["longitude"], view.item["latitude"])
            values |= {} if metres is None else {METRES.name: metres}
        version = None if code == "recall" else whole_number(request.POST.get("version"))
        outcome = advance(
            actor, view.item["id"], [(code, values)], key=request.POST.get("key") or new_key(),
            expected_version=version,
        )  # fmt: skip
    except FileRefused as refusal:
        values = stepforms.read(transition, request, with_files=False) if transition else {}
        return _refused(request, number, code, values, refusal.message, "", refusal.status)
    except StepRefused as refusal:
        text = refusal.label.text(language())
        status = 409 if isinstance(refusal, Conflict) else refusal.status
        return _refused(request, number, code, values, text, refusal.field, status)
    _toast(request, transition, outcome.number, mask_text(view.item["title"]))
    if not safe_next(request, "") and request.headers.get("HX-Request"):
        fresh = item_view(actor, number)
        response = _render(request, page_context(request, fresh))
        response["HX-Trigger"] = "desk-changed"
        return response
    return redirect(safe_next(request, reverse("desk:item", args=[number])))


def _toast(request: HttpRequest, transition: Transition, number: str, title: str) -> None:
    label = transition.label.text(language())
    text = _("已撤回：%(title)s") % {"title": title} if transition.code == "recall" else f"{label}：{title}"
    put_toast(request, text, recall=[] if transition.code == "recall" else [number])


def _refused(
    request: HttpRequest, number: str, code: str, values: dict[str, Any], text: str, field: str, status: int
) -> HttpResponse:
    """The page at its present state with what was typed and why it was refused."""
    back = safe_next(request, "")
    if back and not back.startswith(reverse("desk:item", args=[number])):
        put_toast(request, _("没有完成。"), failed=[(number, "", text)])
        return redirect(back)
    view = item_view(actor_on(request), number)
    context = page_context(request, view, opened=code, values=values, error=text, wrong_field=field)
    if not context["opened"]:
        context["kept"] = kept_values(view, code, values)
    return _render(request, context, status=status)


def kept_values(view: ItemView, code: str, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was typed for a step that can no longer be taken, so that it can be copied."""
    transition = view.book.workflow.by_code.get(code)
    fields = {entry.name: entry for entry in transition.fields} if transition else {}
    return [
        (fields[name].label.text(language()), str(value))
        for name, value in values.items()
        if name in fields and fields[name].kind is FieldKind.TEXT
    ]


@staff
@require_POST
def contact(request: HttpRequest, number: str) -> HttpResponse:
    """The reporter's name and phone in clear, for who may see them; each look is recorded."""
    actor = actor_on(request)
    view = item_view(actor, number)
    found = see_contact(actor, view)
    context = {"contact": found, "item": masked(view.item), "clear": True}
    if request.headers.get("HX-Request"):
        return render(request, "desk/_contact.html", context)
    shown = page_context(request, view)
    return render(request, "desk/item.html", {**shown, **context, "panel": False})


@staff
@require_POST
def praised(request: HttpRequest, number: str) -> HttpResponse:
    """Say who is praised, or strike out who was named by mistake."""
    actor, sent = actor_on(request), request.POST
    view = item_view(actor, number)
    try:
        if sent.get("act") == "strike":
            praising.strike(actor, view.item["id"])
        else:
            praising.name(
                actor, view.item["id"], phone=sent.get("phone", ""), person_name=sent.get("name", ""),
                found=sent.get("found", ""), theme=sent.get("theme", ""),
            )  # fmt: skip
    except StepRefused as refusal:
        context = page_context(request, view, error=refusal.label.text(language()))
        context["praise"] |= {"typed": sent, "wrong": refusal.field}
        return _render(request, context, status=refusal.status)
    if request.headers.get("HX-Request"):
        return _render(request, page_context(request, item_view(actor, number)))
    return redirect(reverse("desk:item", args=[number]) + "#praised")


@staff
@require_safe
def point(request: HttpRequest, number: str) -> HttpResponse:
    """Where the item lies, as GeoJSON."""
    view = item_view(actor_on(request), number)
    place = {"type": "Point", "coordinates": [view.item["longitude"], view.item["latitude"]]}
    facts = {"number": number, "title": mask_text(view.item["title"]), "url": reverse("desk:item", args=[number])}
    drawn = [{"type": "Feature", "geometry": place, "properties": facts}] if view.item["longitude"] else []
    return JsonResponse({"type": "FeatureCollection", "features": drawn}, content_type="application/geo+json")


@staff
@require_safe
def duplicates(request: HttpRequest, number: str) -> HttpResponse:
    """What may be the same matter: near, of the same category, with like words."""
    actor = actor_on(request)
    view = item_view(actor, number)
    rows = duplicates_near(
        actor, longitude=view.item["longitude"], latitude=view.item["latitude"], words=view.item["summary"],
        category_id=view.item["category_id"], not_item=view.item["id"],
    )  # fmt: skip
    view.places.preload(row["place_id"] for row in rows)
    like = [
        {**masked(row), "state_word": state_word(row["kind"], row["state"]),
         "place": short_place(view.places, row["place_id"])}
        for row in rows
    ]  # fmt: skip
    may_merge = any(transition.code == "merge" for transition, _blocked in view.steps)
    context = {"like": like, "item": masked(view.item), "may_merge": may_merge, "key": new_key()}
    template = "desk/_duplicates.html" if request.headers.get("HX-Request") else "desk/duplicates.html"
    return render(request, template, context)


@staff
@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """Units by name or pinyin, as choices of a form (for the picker of a step)."""
    words = request.GET.get("q", "").strip()[:60]
    found = find_organisations(words, UNITS_SHOWN) if words else []
    name = request.GET.get("name", "lead")
    context = {
        "units": found,
        "name": name if name.isidentifier() else "lead",
        "multiple": request.GET.get("multiple") == "1",
        "words": words,
    }
    return render(request, "desk/_units.html", context)


@staff
@require_safe
def verify(request: HttpRequest, number: str) -> HttpResponse:
    """Before and claimed after side by side; pass with one tap, rework with two."""
    actor = actor_on(request)
    view = item_view(actor, number)
    free = {transition.code: blocked for transition, blocked in view.steps}
    if "verify_pass" not in free:
        return redirect(reverse("desk:item", args=[number]))
    blocked = free["verify_pass"]
    page = compose(view, actor, contact_in(actor, view))
    reply = next((entry for entry in page.timeline if entry.code == "reply"), None)
    context = {
        "page": page, "item": page.item, "reply": reply, "key": new_key(), "other_key": new_key(),
        "blocked": blocked.text(language()) if blocked else "",
        "rework": next((code for code in REWORK if code in free and free[code] is None), REWORK[0]),
        "reasons": [label.text(language()) for label in REWORK_REASONS],
        "back": f"{reverse('desk:home')}?tab=mine",
    }  # fmt: skip
    return render(request, "desk/verify.html", context)
