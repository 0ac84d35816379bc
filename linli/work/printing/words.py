"""What stands on a paper: facts of the item in the wording of official papers, nothing personal beyond the need.

Never on a paper: the reporter's name, phone or number; names of staff. Words of the reporter are masked. Where the
reporter is protected, and on the reporter's own receipt, the address is cut to the community.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from linli.people.masking import mask_address, mask_text
from linli.people.models import Organisation
from linli.places.snapshot import place_snapshot
from linli.work.kinds import kind
from linli.work.models import Item, Leg
from linli.work.printing.papers import Paper
from linli.work.terms import Catalogue

URGENCIES = {0: "一般", 1: "一般", 2: "较急", 3: "紧急", 4: "特急"}
SUMMARY_MOST = 400
_MASKED = re.compile(r"[\w.+-]+\*{3,}[\w@.*-]*|\d{4}(?: \*{4})+", re.ASCII)
PROPERTY_KINDS = frozenset({"property_manager", "owners_committee"})


def chinese_date(moment: datetime | date) -> str:
    """2026年11月23日, in the district's time zone; no leading zeros (GB/T 9704, 7.3.5.4)."""
    day = timezone.localtime(moment).date() if isinstance(moment, datetime) else moment
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_moment(moment: datetime) -> str:
    """2026年11月23日18:00."""
    return f"{chinese_date(moment)}{timezone.localtime(moment):%H:%M}"


def title_lines(text: str, per_line: int = 18) -> list[str]:
    """A title broken evenly (回行时词意完整、排列对称): as few lines as fit, of like length, never a lone mark."""
    lines = max(1, -(-len(text) // per_line))
    size = -(-len(text) // lines)
    broken: list[str] = []
    rest = text
    while rest:
        cut = min(size, len(rest))
        while cut < len(rest) and rest[cut] in "，。、；：？！”）》〉】":
            cut += 1
        broken.append(rest[:cut])
        rest = rest[cut:]
    return broken


def content(
    paper: Paper, item: Item, issuer: Organisation, values: dict[str, str], terms: Catalogue, now: datetime
) -> dict[str, Any]:
    """The values of a paper's template."""
    lead = Organisation.objects.filter(pk=item.responsible_organisation_id or 0).first()
    common = {
        "item_number": item.number,
        "title": without_numbers(item.title),
        "summary": _summary(item),
        "place": _place(item, short=paper.slug == "receipt"),
        "category": _category(item, terms),
        "kind": kind(item.kind).label.zh,
        "urgency": URGENCIES.get(item.urgency, "一般"),
        "received": chinese_moment(item.received_at),
        "received_day": chinese_date(item.received_at),
        "today": chinese_date(now),
        "due": chinese_moment(item.handle_due) if item.handle_due else "",
        "lead": lead.name if lead else "",
        "co_handlers": "、".join(_others(item, lead)),
        "issuer": issuer.name,
        "contact": issuer.contact,
        "synthetic": issuer.synthetic,
        "demand": without_numbers(values.get("demand", "")),
        "basis": values.get("basis", ""),
        "addressee": values.get("addressee", "") or (lead.name if lead else ""),
        "by": chinese_date(date.fromisoformat(values["by"])) if values.get("by") else "",
        "track_url": f"{str(settings.LINLI_PUBLIC_URL).rstrip('/')}/track/?number={item.number}",
    }
    return {**common, **_heading(paper, item, lead, now)}


def without_numbers(text: str) -> str:
    """A text without phones, ID and card numbers, mail addresses: a paper does not even need their masks."""
    return _MASKED.sub("（略）", mask_text(text))


def full_place(place_id: int) -> str:
    """Street, community, grid and place, as it stands in a letter."""
    return place_snapshot().full_name(place_id, "street")


def _summary(item: Item) -> str:
    text = " ".join(without_numbers(item.summary or item.title).split())
    return text if len(text) <= SUMMARY_MOST else text[: SUMMARY_MOST - 1] + "…"


def _place(item: Item, *, short: bool) -> str:
    """Street, community, grid and the address; the house number is left out where it could tell who reported."""
    snapshot = place_snapshot()
    name = snapshot.full_name(item.place_id) if item.place_id else ""
    if short or item.protected_reporter:
        community = snapshot.ancestor_of_kind(item.place_id, "community")
        name = snapshot.full_name(community.id) if community is not None else name
        return name if short else f"{name} {mask_address(item.address)}".strip()
    return f"{name} {item.address}".strip()


def _category(item: Item, terms: Catalogue) -> str:
    row = terms.categories.get(item.category_id or 0)
    return row.name if row is not None else ""


def _others(item: Item, lead: Organisation | None) -> Sequence[str]:
    legs = Leg.objects.filter(item_id=item.pk, active=True, organisation__isnull=False).exclude(role="lead")
    names = legs.order_by("sent_at").values_list("organisation__name", flat=True)
    return [name for name in dict.fromkeys(names) if lead is None or name != lead.name]


def _heading(paper: Paper, item: Item, lead: Organisation | None, now: datetime) -> dict[str, Any]:
    subject = without_numbers(item.title).rstrip("。！？!?…")
    match paper.slug:
        case "reminder":
            text = f"关于及时处理“{subject}”的提醒函"
        case "order":
            text = "责令限期整改通知书"
        case "urging":
            word = "督促" if lead is not None and lead.kind in PROPERTY_KINDS else "催办"
            text = f"关于{word}办理“{subject}”的函"
        case "slip":
            text = "事项交办单"
        case _:
            text = paper.label.zh
    late = item.handle_due is not None and item.handle_due < now
    overdue_days = (timezone.localdate(now) - timezone.localdate(item.handle_due)).days if item.handle_due else 0
    return {
        "heading": title_lines(text),
        "overdue": late,
        "overdue_days": max(0, overdue_days) if late else 0,
    }
