"""Opens items of the kind `finding`: handed over on the spot, fixed on the spot, or reported for dispatch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from linli.inspections.batch import NewFinding, refuse
from linli.people.access import Actor
from linli.work import services as work
from linli.work.engine import Order
from linli.work.flush import Rows
from linli.work.terms import Catalogue

TITLE_LENGTH, SUMMARY_LENGTH, NAME_LENGTH = 60, 500, 60
COLUMNS = (
    "item_id", "client_key", "observation_id", "round_id", "site_id", "criterion_id", "handling", "found_on",
)  # fmt: skip
VERIFIED_ONE_IN = 10
"""Of what was fixed on the spot, one in so many is verified on site by somebody else."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where and why: the site with its point, what is asked there, what was said, the photos."""

    site_id: int
    path: str
    name: str
    longitude: float | None
    latitude: float | None
    title: str
    words: str
    photos: tuple[str, ...] = ()
    observation_id: int | None = None
    round_id: int | None = None
    criterion_id: int | None = None
    found_on: date | None = None
    source: str = "patrol"


def drawn(key: UUID) -> bool:
    """Whether this one is drawn for verification: by its key, which nobody chooses."""
    return key.int % VERIFIED_ONE_IN == 0


def open_finding(actor: Actor, new: NewFinding, where: Where) -> work.Outcome:
    """Open the item. The same client key again gives the first one.

    Raises StepRefused with 403, 409 or 422. At most 4 statements, 2 more with photos.
    """

    def prepare(start: work.Start, catalogue: Catalogue, now: datetime) -> Any:
        category = catalogue.categories.get(new.category_id or 0)
        values = {
            "title": _title(where),
            "summary": (where.words or new.advice)[:SUMMARY_LENGTH],
            "place_id": where.site_id,
            "place_path": where.path,
            "grid_version": start.versions.get("places", 0),
            "longitude": where.longitude,
            "latitude": where.latitude,
            "source_crs": "EPSG:4490" if where.longitude is not None else "",
            "address": where.name,
            "category_id": category.id if category else None,
            "created_by_id": actor.person_id,
            "urgency": category.urgency if category else 1,
            "source": where.source,
            "needs_site_check": True,
        }
        orders, by_rule = _orders(new, where, catalogue, category.id if category else None)
        found_on = where.found_on or timezone.localdate(now)

        def details(item_id: int) -> Sequence[Rows]:
            row = (
                item_id, new.client_key, where.observation_id, where.round_id, where.site_id, where.criterion_id,
                new.handling, found_on,
            )  # fmt: skip
            return [Rows("inspections_finding", COLUMNS, [row])]

        return work.NewItem("finding", values, orders, by_rule, search_text=where.words), details, {}

    scope = work.key_scope(actor, "finding")
    wanted = work.request_hash("finding", where.site_id, str(new.client_key))
    return work.open_item(actor, prepare, scope=scope, key=str(new.client_key), wanted=wanted)


def _title(where: Where) -> str:
    text = f"{where.name}：{where.title}" if where.title else where.name
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1] + "…"


def _orders(
    new: NewFinding, where: Where, catalogue: Catalogue, category_id: int | None
) -> tuple[list[Order], tuple[str, ...]]:
    data: dict[str, Any] = {"advice": new.advice.strip()} if new.advice.strip() else {}
    if where.photos:
        data["before"] = list(where.photos)
    if new.handling == "fix_on_spot":
        if new.after_photos:
            data["after"] = list(new.after_photos)
        return [Order("fix_to_verify" if drawn(new.client_key) else "fix_on_spot", data)], ()
    answers = catalogue.dispatch(category_id, where.path)
    lead = new.lead_organisation_id or answers.lead
    if new.handling == "hand_over" and lead is not None:
        return _handed_over(new, lead, answers.co_handlers, catalogue, data)
    found = Order("find", data)
    if answers.automatic and answers.lead is not None:
        sent: dict[str, Any] = {"lead": answers.lead, "co_handlers": list(answers.co_handlers)}
        if answers.lead_person is not None:
            sent["lead_person"] = answers.lead_person
        return [found, Order("dispatch", sent)], ("dispatch",)
    return [found], ()


def _handed_over(
    new: NewFinding, lead: int, by_rule: Sequence[int], catalogue: Catalogue, data: dict[str, Any]
) -> tuple[list[Order], tuple[str, ...]]:
    """Handed over to the lead and to all who answer with it (联合执法); whoever signed on the phone has signed.

    Refused (422) when a co-handling unit is not there any more.
    """
    there = [entry for entry in new.co_receivers if entry.organisation_id != lead]
    named = (*new.co_organisation_ids, *(entry.organisation_id for entry in there), *by_rule)
    helpers = [unit for unit in dict.fromkeys(named) if unit != lead]
    if any(unit not in catalogue.organisations for unit in helpers):
        raise refuse("unknown_unit", "co_organisation_ids", "协办单位已不在册。", "A co-handling unit is not there.")
    if new.receiver_name.strip():
        data["receiver_name"] = new.receiver_name.strip()[:NAME_LENGTH]
    if helpers:
        data["co_handlers"] = helpers
    unsigned = [
        f"{catalogue.organisation_name(entry.organisation_id)} {entry.name.strip()[:NAME_LENGTH]}"
        for entry in there if entry.name.strip() and not entry.signature
    ]  # fmt: skip
    if unsigned:
        data["co_receivers"] = "；".join(unsigned)
    orders = [Order("hand_over", {**data, "lead": lead})]
    if new.signature:
        orders[0].data["signature"] = new.signature
        orders.append(Order("sign_on_spot", {}))
    for entry in there:
        if entry.signature:
            signed: dict[str, Any] = {"unit": entry.organisation_id, "signature": entry.signature}
            if entry.name.strip():
                signed["receiver_name"] = entry.name.strip()[:NAME_LENGTH]
            orders.append(Order("sign_co_on_spot", signed))
    return orders, ("sign_on_spot", "sign_co_on_spot")
