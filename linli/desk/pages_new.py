"""Intake by phone or in person: typed while listening, with duplicates, earlier calls and the unit beside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linli.desk import stepforms
from linli.desk.choices import category_options
from linli.desk.lines import masked, short_place
from linli.desk.shell import staff
from linli.desk.wording import REQUEST_SOURCES, language, state_word
from linli.kernel.labels import Label
from linli.kernel.numbers import whole_number
from linli.people.access import Actor, require_somewhere
from linli.people.gates import actor_on
from linli.places.home import own_district
from linli.places.kinds import kind_text
from linli.places.search import locate_by_name, search_places
from linli.places.selectors import registry_versions
from linli.places.snapshot import PlaceSnapshot, place_snapshot
from linli.requests.reporting import Report
from linli.requests.selectors import earlier_by_phone
from linli.requests.services import Reported, report
from linli.requests.triage import suggest
from linli.requests.vocabulary import REQUEST_KINDS
from linli.work.engine import StepRefused
from linli.work.models import Item
from linli.work.refused import FileRefused
from linli.work.selectors import duplicates_near
from linli.work.services import advance, new_key
from linli.work.terms import catalogue

PLACES_SHOWN = 8
OPENINGS = {
    "phone": "report_on_behalf",
    "walk_in": "report_on_behalf",
    "chat": "chat_message",
    "outside": "outside_order",
    "leader_note": "leader_note",
}
IMPORTED = frozenset({"outside", "leader_note"})


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form."""

    kind: str = "help"
    channel: str = "phone"
    words: str = ""
    phone: str = ""
    contact_name: str = ""
    anonymous: bool = False
    wants_news: bool = True
    place_id: int | None = None
    address: str = ""
    category_id: int | None = None
    longitude: float | None = None
    latitude: float | None = None
    source_number: str = ""
    source_system: str = ""
    outside_due: str = ""
    accused: int | None = None
    same_as: str = ""

    @classmethod
    def of(cls, sent: Any) -> Typed:
        """What a form or query string says; numbers that are none are left out."""

        def number(name: str) -> int | None:
            return whole_number(sent.get(name))

        def degrees(name: str) -> float | None:
            try:
                return float(sent.get(name, ""))
            except ValueError:
                return None

        return cls(
            kind=sent.get("kind", "help") if sent.get("kind", "help") in REQUEST_KINDS else "help",
            channel=sent.get("channel", "phone") if sent.get("channel", "phone") in OPENINGS else "phone",
            words=sent.get("words", ""), phone=sent.get("phone", ""), contact_name=sent.get("contact_name", ""),
            anonymous=bool(sent.get("anonymous")), wants_news=bool(sent.get("wants_news")),
            place_id=number("place_id"), address=sent.get("address", ""), category_id=number("category_id"),
            longitude=degrees("lon"), latitude=degrees("lat"),
            source_number=sent.get("source_number", "").strip()[:64],
            source_system=sent.get("source_system", "").strip()[:64],
            outside_due=sent.get("outside_due", ""), accused=number("accused"), same_as=sent.get("same_as", "")[:32],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Beside:
    """What appears beside the form while somebody types."""

    like: list[dict[str, Any]]
    earlier: list[dict[str, Any]]
    categories: list[tuple[int, str, bool]]
    place: str
    unit: str
    automatic: bool


def look(actor: Actor, typed: Typed) -> Beside:
    """Duplicates, the caller's earlier requests, the likely category and who would get it (4 statements)."""
    versions = registry_versions()
    terms, places = catalogue(versions), place_snapshot(versions)
    words = typed.words.strip()
    found = suggest(words, typed.kind, terms, language=language()) if words else []
    category_id = typed.category_id or (found[0].category_id if found else None)
    place_id, point = whereabouts(typed, places)
    like: list[dict[str, Any]] = []
    if len(words) > 3 or point[0] is not None:
        like = duplicates_near(actor, longitude=point[0], latitude=point[1], words=words, category_id=category_id)
        places.preload(row["place_id"] for row in like)
    rows = [
        {**masked(row), "state_word": state_word(row["kind"], row["state"]),
         "place": short_place(places, row["place_id"])}
        for row in like
    ]  # fmt: skip
    earlier = [
        {**masked(row), "state_word": state_word("request", row["state"])}
        for row in earlier_by_phone(actor, typed.phone)
    ]
    place = places.get(place_id)
    sent = terms.dispatch(category_id, place.path) if place is not None else None
    return Beside(
        like=rows,
        earlier=earlier,
        categories=[(entry.category_id, entry.name, entry.category_id == category_id) for entry in found],
        place=places.full_name(place_id) if place_id else "",
        unit=terms.organisation_name(sent.lead) if sent else "",
        automatic=bool(sent and sent.automatic and typed.kind not in ("consultation", "praise", "report")),
    )


def whereabouts(typed: Typed, places: PlaceSnapshot) -> tuple[int | None, tuple[float | None, float | None]]:
    """The place chosen or tapped, else the one grid that the address names."""
    if typed.longitude is not None and typed.latitude is not None:
        found = places.locate(typed.longitude, typed.latitude)
        return (found.place_id if found else typed.place_id), (typed.longitude, typed.latitude)
    place_id = typed.place_id
    if place_id is None and len(typed.address.strip()) > 1:
        named = locate_by_name(typed.address)
        place_id = named[0].place.place_id if len(named) == 1 else None
    row = places.get(place_id)
    return (row.id, (row.lon, row.lat)) if row is not None else (None, (None, None))


def point_name(typed: Typed, places: PlaceSnapshot) -> str:
    """The place around the point that was tapped on the map, in words."""
    if typed.longitude is None or typed.latitude is None:
        return ""
    found = places.locate(typed.longitude, typed.latitude)
    return places.full_name(found.place_id) if found else ""


def context_of(actor: Actor, typed: Typed, **more: Any) -> dict[str, Any]:
    """What the form needs."""
    versions = registry_versions()
    terms, places = catalogue(versions), place_snapshot(versions)
    tongue = language()
    sources = [
        (code, label.text(tongue))
        for code, label in REQUEST_SOURCES.items()
        if code not in IMPORTED or actor.may_somewhere("request.import")
    ]
    return {
        "typed": typed,
        "kinds": [(code, label.text(tongue)) for code, label in REQUEST_KINDS.items()],
        "sources": sources,
        "categories": category_options(terms),
        "place": places.full_name(typed.place_id) if typed.place_id else "",
        "point_name": point_name(typed, places),
        "may_dispatch": actor.may_somewhere("request.accept") and actor.may_somewhere("request.dispatch"),
        "may_merge": actor.may_somewhere("request.merge"),
        "key": new_key(),
        "scope": home_place(actor, places),
        **more,
    }


def home_place(actor: Actor, places: PlaceSnapshot) -> int | None:
    """The place whose map the actor begins with: the widest one in which they see items."""
    scopes = actor.scopes("work.view")
    paths = sorted(scopes.place_paths, key=len)
    if paths:
        return int(paths[0].rpartition(".")[2])
    if actor.organisation_id is not None:
        unit = catalogue().organisations.get(actor.organisation_id)
        if unit is not None and unit.place_path:
            return int(unit.place_path.rpartition(".")[2])
    district = own_district(places)
    return district.id if district else None


@staff
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form; sending it records, and accepts and dispatches where the actor may and asks for it."""
    actor = actor_on(request)
    require_somewhere(actor, "request.report_on_behalf")
    typed = Typed.of(request.POST if request.method == "POST" else request.GET)
    if request.method == "GET" and not request.GET:
        typed = Typed()
    if request.method == "GET" or request.POST.get("look"):
        beside = look(actor, typed) if typed.words or typed.phone or typed.address else None
        # Without scripts the button "look first" brings what would appear while typing: duplicates, and places.
        hits = place_hits(typed.address.strip()[:80], place_snapshot(registry_versions())) if beside else []
        return render(request, "desk/new.html", context_of(actor, typed, beside=beside, hits=hits))
    try:
        made = record(actor, typed, request)
    except FileRefused as refusal:
        return _again(request, actor, typed, str(refusal), "photos")
    except StepRefused as refusal:
        return _again(request, actor, typed, refusal.label.text(language()), refusal.field)
    note = _follow_up(actor, typed, made, dispatch_now=bool(request.POST.get("dispatch_now")))
    request.session["desk_recorded"] = {
        "number": made.number, "path": made.tracking_path, "note": note,
        "known_by_phone": bool(typed.phone.strip()) and not typed.anonymous,
    }  # fmt: skip
    return redirect(f"{reverse('desk:recorded')}?{urlencode({'number': made.number})}")


def _again(request: HttpRequest, actor: Actor, typed: Typed, error: str, field: str) -> HttpResponse:
    context = context_of(actor, typed, beside=look(actor, typed), error=error, wrong=field)
    return render(request, "desk/new.html", context, status=422)


def record(actor: Actor, typed: Typed, request: HttpRequest) -> Reported:
    """Record what was typed, idempotent by the key of the form."""
    versions = registry_versions()
    place_id, point = whereabouts(typed, place_snapshot(versions))
    tapped = typed.longitude is not None and typed.latitude is not None
    uploads = [*request.POST.getlist("photos"), *stepforms.photos(request, "photos_files")]
    step_data = {"source_number": typed.source_number} if typed.channel in IMPORTED and typed.source_number else {}
    wanted = Report(
        kind=typed.kind,
        words=typed.words,
        transition=OPENINGS[typed.channel],
        longitude=point[0] if tapped else None,
        latitude=point[1] if tapped else None,
        place_id=place_id,
        address=typed.address,
        category_id=typed.category_id,
        contact_name=typed.contact_name,
        phone=typed.phone,
        anonymous=typed.anonymous,
        wants_news=typed.wants_news,
        uploads=tuple(uploads),
        channel=typed.channel,
        accused_organisation_id=typed.accused if typed.kind == "report" else None,
        source_system=(typed.source_system or typed.channel) if step_data else "",
        source_number=typed.source_number if step_data else "",
        outside_due=moment(typed.outside_due) if typed.channel in IMPORTED else None,
        step_data=step_data or None,
    )
    return report(actor, wanted, key=request.POST.get("key") or new_key())


def moment(text: str) -> datetime | None:
    """A moment as a form writes it; StepRefused (422) when it is none."""
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        label = Label("外部时限应写成 2026-11-24 18:00。", "Write the outside date as 2026-11-24 18:00.")
        raise StepRefused("invalid_moment", label, status=422, field="outside_due") from error
    return timezone.make_aware(found) if timezone.is_naive(found) else found


def _follow_up(actor: Actor, typed: Typed, made: Reported, *, dispatch_now: bool) -> str:
    """Merge into the same matter, or accept and dispatch; why not, when it could not be done."""
    try:
        if typed.same_as:
            advance(actor, made.item_id, [("merge", {"other": typed.same_as})], key=f"merge:{made.number}")
            return _("已与 %(number)s 并案。") % {"number": typed.same_as}
        if dispatch_now and made.state in ("received", "accepted"):
            return _accept_and_dispatch(actor, made)
    except StepRefused as refusal:
        return refusal.label.text(language())
    return ""


def _accept_and_dispatch(actor: Actor, made: Reported) -> str:
    item = Item.objects.only("category_id", "place_path").get(pk=made.item_id)
    terms = catalogue()
    lead = terms.dispatch(item.category_id, str(item.place_path))
    steps: list[tuple[str, dict[str, Any]]] = [("accept", {})] if made.state == "received" else []
    if lead.lead is not None:
        steps.append(("dispatch", {"lead": lead.lead, "co_handlers": list(lead.co_handlers)}))
    if steps:
        advance(actor, made.item_id, steps, key=f"intake:{made.number}")
    if lead.lead is None:
        return _("已受理。派单目录没有建议单位，请选择主办单位。")
    return _("已受理并派给 %(unit)s。") % {"unit": terms.organisation_name(lead.lead)}


@staff
@require_safe
def recorded(request: HttpRequest) -> HttpResponse:
    """What to tell the caller: the number, who has it, until when, how to follow."""
    made = request.session.pop("desk_recorded", None)
    number = request.GET.get("number", "")[:32]
    if made is None or made["number"] != number:
        return redirect(reverse("desk:item", args=[number]) if number else reverse("desk:new"))
    context = {"made": made, "said": to_be_said(made), "link": request.build_absolute_uri(made["path"])}
    return render(request, "desk/recorded.html", context)


def to_be_said(made: dict[str, Any]) -> str:
    """What the caller is told, as it stands now: one name, one date (1 statement)."""
    item = Item.objects.select_related("responsible_organisation").get(number=made["number"])
    unit, due = item.responsible_organisation, item.handle_due
    values = {"number": made["number"], "unit": unit.name if unit else "", "due": _spoken(due) if due else ""}
    said = [_("您反映的问题已登记，编号 %(number)s。") % values]
    if unit is not None and due is not None:
        said.append(_("已转给%(unit)s，%(due)s 前办好。") % values)
    elif unit is not None:
        said.append(_("已转给%(unit)s。") % values)
    elif made["known_by_phone"]:
        said.append(_("确定办理单位后会告诉您。"))
    if made["known_by_phone"]:
        said.append(_("凭编号和手机号后四位可以查进展。"))
    else:
        said.append(_("您没有留电话，请记下编号，可以再打来问。"))
    return (" " if language().startswith("en") else "").join(said)


def _spoken(moment: datetime) -> str:
    """A date as it is said on the telephone."""
    local = timezone.localtime(moment)
    if language().startswith("en"):
        return f"{local:%A} {local.day} {local:%B}, {local:%H:%M}"
    return f"{local.month}月{local.day}日 {local:%H:%M}"


@staff
@require_POST
def beside(request: HttpRequest) -> HttpResponse:
    """The panel beside the form, while somebody types (htmx)."""
    actor = actor_on(request)
    require_somewhere(actor, "request.report_on_behalf")
    typed = Typed.of(request.POST)
    context = {"beside": look(actor, typed), "typed": typed, "may_merge": actor.may_somewhere("request.merge")}
    return render(request, "desk/_beside.html", context)


@staff
@require_safe
def places(request: HttpRequest) -> HttpResponse:
    """Places by name, alias, pinyin, code, or by an address that names them, as choices (htmx)."""
    named = (request.GET.get(name, "").strip() for name in ("q", "address", "place"))
    words = next(filter(None, named), "")[:80]
    snapshot = place_snapshot(registry_versions())
    return render(request, "desk/_places.html", {"hits": place_hits(words, snapshot), "words": words})


def place_hits(words: str, snapshot: PlaceSnapshot) -> list[dict[str, Any]]:
    """Places that the words may mean, each with its kind, its full name and where it lies.

    What bears the words in its name stands alone; else the grids of what a longer address names (楼号、小区、路名) come
    before places that are only alike.
    """
    if len(words) < 2:
        return []
    found = search_places(words, limit=PLACES_SHOWN)
    called = any(words in hit.row.name or words in hit.found_by or words == hit.row.code for hit in found)
    named = [] if called else locate_by_name(words, limit=PLACES_SHOWN)
    rows = [(row, one.matched) for one in named if (row := snapshot.get(one.place.place_id)) is not None]
    rows += [(hit.row, hit.found_by) for hit in found]
    unique = {row.id: (row, by) for row, by in reversed(rows)}
    ordered = dict.fromkeys(row.id for row, _by in rows)
    hits = []
    for number in list(ordered)[:PLACES_SHOWN]:
        row, by = unique[number]
        hits.append({
            "id": row.id, "name": snapshot.full_name(row.id, "street"), "by": by, "lon": row.lon, "lat": row.lat,
            "kind": kind_text(row.kind, language()),
        })  # fmt: skip
    return hits
