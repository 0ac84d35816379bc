"""Writers of requests: report, and the reporter's own steps. Everything else is `work.services.advance`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from linli.kernel.labels import Label
from linli.people.access import Actor, ObjectHidden
from linli.people.audit import record
from linli.places.snapshot import place_snapshot
from linli.requests import contact, fixed_on_spot
from linli.requests.reporting import (
    Located,
    Report,
    category_for,
    checked,
    locate,
    title_of,
)
from linli.requests.selectors import contact_in
from linli.work import services as work
from linli.work.engine import Order, StepRefused
from linli.work.flush import Rows
from linli.work.itemview import ItemView
from linli.work.links import actor_with_link, new_token, token_digest
from linli.work.references import unknown
from linli.work.terms import Catalogue

OPENING = frozenset({"report", "report_on_behalf", "outside_order", "leader_note", "chat_message"})
DETAIL_COLUMNS = (
    "item_id", "words", "channel", "anonymous", "wants_news", *contact.COLUMNS, "tracking_digest",
    "suggested_category_id", "accused_organisation_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reported:
    """What the reporter gets back: a number, one name, one date, a link."""

    item_id: int
    number: str
    state: str
    version: int
    tracking_token: str
    unit_name: str
    due_at: str | None
    repeated: bool

    @property
    def tracking_path(self) -> str:
        """The path of the follow page."""
        return f"/r/{self.tracking_token}/"


def report(actor: Actor, report: Report, *, key: str, device: str = "") -> Reported:
    """Record a request: validated, located, categorised, and by rule accepted and dispatched with its deadlines.

    One transaction, idempotent by `key`. Raises StepRefused with 403, 409 or 422 and what to do.
    """
    good = checked(report)
    scope = work.key_scope(actor, "report", device)
    wanted = work.request_hash(_content(good))
    token = new_token()

    def prepare(start: work.Start, catalogue: Catalogue, now: datetime) -> Any:
        places = place_snapshot(start.versions)
        located = locate(good, places)
        category_id, suggested = category_for(good, catalogue)
        if good.accused_organisation_id not in (None, *catalogue.organisations):
            raise unknown("accused_organisation")
        item = _new_item(actor, good, located, category_id, catalogue)
        extra = {"token": token, **_promise(item, catalogue, category_id, located)}

        def details(item_id: int) -> Sequence[Rows]:
            return [Rows("requests_requestdetail", DETAIL_COLUMNS, [_detail(good, item_id, token, suggested)])]

        return item, details, extra

    def opened() -> work.Outcome:
        return work.open_item(actor, prepare, scope=scope, key=key, wanted=wanted)

    try:
        outcome = _fixed(actor, opened) if fixed_on_spot.is_deed(actor, good.transition) else opened()
    except IntegrityError as error:
        if _is_imported_twice(error):
            label = Label("这个来文编号已经登记过，请查找原件。", "This number is recorded already; look it up.")
            raise StepRefused("already_imported", label, status=409, field="source_number") from error
        raise
    extra = outcome.extra or {}
    return Reported(
        outcome.item_id, outcome.number, outcome.state, outcome.version, extra["token"], extra.get("unit") or "",
        extra.get("due"), outcome.repeated,
    )  # fmt: skip


def _fixed(actor: Actor, opened: Callable[[], work.Outcome]) -> work.Outcome:
    """Open the item and tell of the deed, both or neither."""
    with transaction.atomic():
        outcome = opened()
        if not outcome.repeated:
            fixed_on_spot.tell(actor, outcome.item_id)
    return outcome


def _is_imported_twice(error: IntegrityError) -> bool:
    """Whether an outside order is there already: each is mirrored once."""
    cause = error.__cause__
    return isinstance(cause, UniqueViolation) and cause.diag.constraint_name == "item_mirrors_an_outside_order_once"


def _content(report: Report) -> dict[str, Any]:
    names = ("kind", "words", "transition", "longitude", "latitude", "source_crs", "place_id", "address",
             "category_id", "contact_name", "phone", "anonymous", "wants_news", "channel", "title",
             "accused_organisation_id", "source_system", "source_number", "outside_due", "step_data")  # fmt: skip
    return {**{name: getattr(report, name) for name in names}, "uploads": list(report.uploads)}


def _new_item(
    actor: Actor, report: Report, located: Located, category_id: int | None, catalogue: Catalogue
) -> work.NewItem:
    category = catalogue.categories.get(category_id or 0)
    values = {
        "subkind": report.kind,
        "title": title_of(report, category.name if category else ""),
        "summary": report.words[:500],
        "place_id": located.place_id,
        "place_path": located.path,
        "grid_version": located.grid_version,
        "longitude": located.longitude,
        "latitude": located.latitude,
        "source_crs": report.source_crs,
        "address": report.address,
        "category_id": category_id,
        "reporter_id": None if report.anonymous or actor.is_staff else actor.person_id,
        "created_by_id": actor.person_id if actor.is_staff else None,
        "urgency": category.urgency if category else 1,
        "source": report.channel,
        "source_system": report.source_system,
        "source_number": report.source_number,
        "outside_due": report.outside_due,
        "needs_site_check": category.needs_site_check if category else True,
        "protected_reporter": report.kind == "report",
    }
    opening = Order(report.transition, dict(report.step_data or {}))
    orders: list[Order] = [opening]
    by_rule: list[str] = []
    if report.transition in OPENING:
        orders, by_rule = _by_rule(report, located, category_id, catalogue, opening)
    if report.uploads:
        orders[0].data["photos"] = list(report.uploads)
    facts = {"accused_organisation_id": report.accused_organisation_id}
    return work.NewItem("request", values, orders, by_rule, facts, search_text=report.words)


def _by_rule(
    report: Report, located: Located, category_id: int | None, catalogue: Catalogue, opening: Order
) -> tuple[list[Order], list[str]]:
    """Accept and dispatch without a human where the catalogue says so."""
    dispatch = catalogue.dispatch(category_id, located.path)
    sent = dispatch.automatic and dispatch.lead is not None and dispatch.lead != report.accused_organisation_id
    if not sent or report.kind in ("consultation", "praise", "report"):
        return [opening], []
    data: dict[str, Any] = {"lead": dispatch.lead, "co_handlers": list(dispatch.co_handlers)}
    if dispatch.lead_person is not None:
        data["lead_person"] = dispatch.lead_person
    return [opening, Order("accept", {}), Order("dispatch", data)], ["accept", "dispatch"]


def _promise(item: work.NewItem, catalogue: Catalogue, category_id: int | None, located: Located) -> dict[str, Any]:
    dispatched = item.orders[-1] if item.orders[-1].transition == "dispatch" else None
    return {"unit": catalogue.organisation_name(dispatched.data["lead"]) if dispatched else ""}


def _detail(report: Report, item_id: int, token: str, suggested: int | None) -> tuple[Any, ...]:
    return (
        item_id,
        report.words,
        report.channel,
        report.anonymous,
        report.wants_news,
        *contact.sealed(item_id, name=report.contact_name, phone=report.phone),
        token_digest(token),
        suggested,
        report.accused_organisation_id,
    )


def see_contact(actor: Actor, view: ItemView) -> dict[str, Any]:
    """The reporter's name and phone in clear (`contact_of`); each look is recorded.

    Raises ObjectHidden for those who may not see them, and where there is nothing to see.
    """
    found = contact_in(actor, view)
    if not found.get("may_reveal"):
        raise ObjectHidden("work.view_contact")
    item = view.item
    record("contact.seen", actor_id=actor.person_id, subject=f"item:{item['id']}", number=item["number"])
    return found


def advance_with_link(
    actor: Actor,
    item_id: int,
    token: str,
    steps: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    key: str,
    expected_version: int | None = None,
) -> work.Outcome:
    """Steps of whoever holds the follow link `token`, which opens `item_id` (the caller has looked it up)."""
    holder = actor_with_link(actor, item_id)
    return work.advance(holder, item_id, steps, key=key, expected_version=expected_version, device=token[:8])
