"""Requests over REST: report, list, read, the steps that are possible, and taking them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from ninja.params import functions as param
from pydantic import BaseModel, Field

from linli.api import schemas, shown
from linli.api.callers import SignedIn, caller, limit_reports
from linli.api.problems import Problem, language
from linli.kernel.labels import Label
from linli.people.access import Actor
from linli.places.selectors import registry_versions
from linli.places.snapshot import place_snapshot
from linli.requests import selectors as requests_selectors
from linli.requests import services as requests_services
from linli.requests.reporting import Report
from linli.requests.workflow import REQUEST
from linli.work import selectors, services, stepdata
from linli.work.engine import StepRefused
from linli.work.figures import FIGURES
from linli.work.terms import catalogue

router = Router(tags=["requests"])

JSON = "application/json; charset=utf-8"
API = "/api/v1"
DEVICE = "api"
"""Keys of callers whom nobody knows share one scope; their length makes them unguessable."""

KEY_PATTERN = r"^[!-~]{16,96}$"
Key = Annotated[
    str,
    param.Header(
        alias="Idempotency-Key",
        pattern=KEY_PATTERN,
        description="16 to 96 printable ASCII characters, best a UUID. The same key again gives the first answer.",
    ),
]
Number = Annotated[str, param.Path(pattern=r"^[0-9]{1,32}$", description="The number of the request")]
IfMatch = Annotated[str, param.Header(alias="If-Match", description="The version that was read, as in ETag")]
Tab = Literal["all", "mine", "today", "overdue", "week", "asked", "waiting", "closed"]
Count = Annotated[int | None, Field(ge=1, le=schemas.BIGGEST)]

_STAFF_CHANNELS = {
    "report_on_behalf": "phone",
    "outside_order": "outside",
    "leader_note": "leader_note",
    "chat_message": "chat",
    "hand_over": "patrol",
    "fix_on_spot": "patrol",
}
_NOT_YOURS = Label("只有工作人员可以填写这一项。", "Only staff may say this.")
_NO_PHOTOS = Label("这个操作的照片请写在 data 里。", "Photos of this step belong into data.")
_BAD_VERSION = Label("If-Match 应为读到的版本号。", "If-Match should be the version that was read.")
_TWO_VERSIONS = Label("If-Match 与 expected_version 不一致。", "If-Match and expected_version differ.")
_VERSION = re.compile(r'^(?:W/)?"?(\d{1,15})"?$')


@router.post("", response={201: schemas.ReportOut}, summary="Report")
def create_request(request: HttpRequest, body: schemas.ReportIn, key: Key) -> HttpResponse:
    """Record a request. It is located, categorised and, where a rule says so, accepted and dispatched at once.

    Nobody needs an account. The answer names one unit, one date and the link by which it can be followed.
    """
    actor = caller(request)
    limit_reports(request, actor)
    made = requests_services.report(actor, _report(actor, body), key=key, device=DEVICE)
    answer = {
        "number": made.number,
        "state": made.state,
        "state_label": shown.state_label("request", made.state, language()),
        "version": made.version,
        "unit": made.unit_name,
        "due": made.due_at,
        "tracking_token": made.tracking_token,
        "tracking_url": settings.LINLI_PUBLIC_URL.rstrip("/") + made.tracking_path,
    }
    response = HttpResponse(json.dumps(answer, ensure_ascii=False), status=201, content_type=JSON)
    own = f"requests/{made.number}" if actor.is_staff else f"follow/{made.tracking_token}"
    response["Location"] = f"{API}/{own}"
    response["Cache-Control"] = "no-store"
    if made.repeated:
        response["Idempotency-Replayed"] = "true"
    return response


def _report(actor: Actor, body: schemas.ReportIn) -> Report:
    if not actor.is_staff:
        for name in ("channel", "source_system", "source_number", "outside_due"):
            if getattr(body, name):
                raise Problem(422, "staff_only", _NOT_YOURS, field=name)
    transition = REQUEST.transition(body.transition)
    data = stepdata.clean(transition, body.data)
    if body.photos and transition.field_named("photos") is None:
        raise Problem(422, "photos_in_data", _NO_PHOTOS, field="photos")
    return Report(
        kind=body.kind,
        words=body.words,
        transition=body.transition,
        longitude=body.longitude,
        latitude=body.latitude,
        source_crs=body.crs,
        place_id=body.place,
        address=body.address,
        category_id=body.category,
        contact_name=body.contact_name,
        phone=body.phone,
        anonymous=body.anonymous,
        wants_news=body.wants_news,
        uploads=[str(token) for token in body.photos],
        channel=body.channel or _STAFF_CHANNELS.get(body.transition, "api"),
        accused_organisation_id=body.accused_organisation,
        title=body.title,
        source_system=body.source_system,
        source_number=body.source_number,
        outside_due=body.outside_due,
        step_data=data,
    )


class Filters(BaseModel):
    """The filters of the desk, as its page has them in the address."""

    tab: Tab = "all"
    kind: Annotated[str, Field(max_length=32)] = ""
    state: Annotated[str, Field(max_length=32)] = ""
    category: Count = None
    place: Count = None
    unit: Count = None
    urgency: Annotated[int | None, Field(ge=0, le=9)] = None
    source: Annotated[str, Field(max_length=32)] = ""
    q: Annotated[
        str, Field(max_length=100, description="Words in title, text or address, a number or its last digits")
    ] = ""
    since: Literal["", "7", "30"] = ""
    figure: Annotated[str, Field(description=f"A figure of the board: {', '.join(sorted(FIGURES))}")] = ""
    day: Annotated[str, Field(max_length=10)] = ""
    page: Annotated[int, Field(ge=1, le=10_000)] = 1
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@router.get("", response=schemas.RequestPageOut, summary="The desk: what I may see, most urgent first", auth=SignedIn())
def list_requests(request: HttpRequest, filters: Query[Filters]) -> dict[str, Any]:
    """Staff see what lies in their places or with their units; residents see their own.

    `figure=any&q=…` searches items of all states, newest first; then there are no tabs.
    """
    actor = caller(request)
    versions = registry_versions()
    values = filters.model_dump()
    limit = values.pop("limit")
    wanted = selectors.DeskFilters.from_query(values)
    if wanted.q and wanted.figure == "any":
        wanted = replace(wanted, also=requests_selectors.items_by_phone(actor, wanted.q))
    page = selectors.desk(actor, wanted, limit=limit)
    places, terms, words = place_snapshot(versions), catalogue(versions), language()
    following = {k: v for k, v in filters.model_dump(exclude_defaults=True).items() if k != "page"}
    return {
        "items": [shown.row_out(actor, row, places, terms, words) for row in page.rows],
        "page": filters.page,
        "total": page.total,
        "total_is_exact": page.total_is_exact,
        "next": f"{API}/requests?{urlencode(following | {'page': filters.page + 1})}" if page.has_more else None,
        "tabs": page.tabs,
    }


@router.get("/{number}", response=schemas.RequestOut, summary="One request")
def read_request(request: HttpRequest, number: Number, response: HttpResponse) -> dict[str, Any]:
    """The request as the caller may see it; ETag is its version. Missing and forbidden look alike (404)."""
    actor = caller(request)
    view = selectors.item_view(actor, number)
    contact = requests_selectors.contact_in(actor, view)
    response["ETag"] = f'"{view.item["version"]}"'
    response["Cache-Control"] = "private, no-cache"
    return shown.item_out(actor, view, contact, language())


@router.post("/{number}/contact", response=schemas.RevealedOut, auth=SignedIn(), summary="The reporter in clear")
def reveal_contact(request: HttpRequest, number: Number, response: HttpResponse) -> dict[str, Any]:
    """The reporter's name and phone, for those whose work needs them. Each look is recorded."""
    actor = caller(request)
    view = selectors.item_view(actor, number)
    contact = requests_services.see_contact(actor, view)
    response["Cache-Control"] = "no-store"
    return {"name": contact["clear_name"], "phone": contact["clear_phone"]}


@router.get("/{number}/history", response=schemas.HistoryOut, summary="What happened")
def read_history(request: HttpRequest, number: Number) -> dict[str, Any]:
    """Every event, oldest first (the newest 200); texts as far as the caller may read them."""
    actor = caller(request)
    view = selectors.item_view(actor, number)
    events = shown.events_out(actor, view, language())
    return {"number": view.item["number"], "version": view.item["version"], "events": events}


@router.get("/{number}/steps", response=schemas.StepsOut, summary="Steps I may take now")
def read_steps(request: HttpRequest, number: Number) -> dict[str, Any]:
    """The steps with the JSON Schema of their data, the expected one first."""
    view = selectors.item_view(caller(request), number)
    item = view.item
    return {
        "number": item["number"],
        "state": item["state"],
        "version": item["version"],
        "steps": shown.steps_out(view, language()),
    }


@router.post("/{number}/steps", response={200: schemas.OutcomeOut}, summary="Take steps")
def take_steps(
    request: HttpRequest, number: Number, body: schemas.StepsIn, key: Key, if_match: IfMatch = ""
) -> dict[str, Any]:
    """Take a chain of steps, all or none. 409 tells the present state and version, 422 names the field."""
    actor = caller(request)
    item_id = selectors.item_id_for(actor, number)
    steps = [(step.transition, step.data) for step in body.steps]
    version = wanted_version(if_match, body.expected_version)
    try:
        done = services.advance(actor, item_id, steps, key=key, expected_version=version)
    except StepRefused as refused:
        raise with_present_state(refused, item_id) from refused
    return outcome_out(done)


def wanted_version(if_match: str, expected: int | None) -> int | None:
    """The version that the caller read, from header or body."""
    if not if_match or if_match.strip() == "*":
        return expected
    found = _VERSION.match(if_match.strip())
    if found is None:
        raise Problem(422, "invalid_version", _BAD_VERSION, field="If-Match")
    if expected is not None and expected != int(found[1]):
        raise Problem(422, "two_versions", _TWO_VERSIONS, field="If-Match")
    return int(found[1])


def with_present_state(refused: StepRefused, item_id: int) -> Exception:
    """A refusal with 409 also tells how things stand now (1 statement)."""
    if refused.status != 409 or isinstance(refused, services.Conflict):
        return refused
    state, version = selectors.present_state(item_id)
    return Problem(409, refused.code, refused.label, field=refused.field, state=state, version=version)


def outcome_out(done: services.Outcome) -> dict[str, Any]:
    """What the chain came to."""
    label = shown.state_label("request", done.state, language())
    return {"number": done.number, "state": done.state, "state_label": label, "version": done.version}
