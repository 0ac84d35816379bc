"""What is printed for the doors: the agreement to sign, the sheet to tick on foot, the slips of a mutual check.

A slip has two halves. What one shop found stays with the shop it was found at; the half that comes back says the same
and bears the signature of that shop: so on paper, too, the shop is the first to know (E7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from linli.inspections.models import Agreement
from linli.inspections.promises import DUTIES
from linli.places.kinds import SITE_KINDS
from linli.places.models import Place
from linli.places.snapshot import place_snapshot
from linli.work.printing.sheets import chinese_date, sheet_pdf

PROMISED: dict[str, str] = {
    "clean": "门前地面每天清扫，没有垃圾、污水、积雪、烟头，垃圾分类投放到指定地点。",
    "order": "不占道经营，不乱堆乱放、乱贴乱挂，车辆停在划定的位置，不占盲道和消防通道。",
    "greenery": "爱护门前的树木、花草和绿化设施，不倾倒污水，不拴挂物品，发现损坏及时报告。",
    "facilities": "爱护门前的路面、井盖、路灯、果皮箱和公益广告，招牌完好，发现损坏及时报告。",
    "civility": "诚信经营，文明待客，不高声揽客，劝导不文明行为，节俭用餐、控制油烟和噪声。",
}
"""What each duty means at the door: the project's own wording, which the street may change by hand on the paper."""

CHECKED = ("门前地面干净，没有积水、烟头", "没有占道经营、乱堆乱放", "安全出口和通道畅通", "灭火器有效、位置明显",
           "用电用气没有明显隐患", "招牌、路面、设施完好")  # fmt: skip
"""What a shop looks at in another one."""


def agreement_sheet(shop: Place, today: date) -> bytes:
    """The agreement of a shop as PDF: as it was signed where one is in force, else to be filled in and signed."""
    rows = Agreement.objects.filter(site=shop, signed_on__lte=today).exclude(until__lte=today)
    row = rows.order_by("-signed_on", "-id").first()
    codes = list(row.duties.order_by("id").values_list("duty", flat=True)) if row is not None else list(DUTIES)
    places = place_snapshot()
    community = places.ancestor_of_kind(shop.pk, "community")
    context = {
        "shop": shop.name, "place": places.full_name(shop.parent_id), "synthetic": shop.synthetic,
        "kind": SITE_KINDS[shop.site_kind].zh, "community": community.name if community else "",
        "signer": row.signer if row is not None else "",
        "signed_on": chinese_date(row.signed_on) if row is not None else "",
        "duties": [(DUTIES[code].zh, PROMISED[code]) for code in codes],
    }  # fmt: skip
    return sheet_pdf("inspections/papers/agreement.html", "门前五包责任书", context)


def check_sheet(place_name: str, shops: Sequence[Mapping[str, Any]], today: date) -> bytes:
    """Shops in the order of their places with a box for each duty, as PDF; those without agreement say so."""
    context = {
        "today": chinese_date(today), "duties": [label.zh for label in DUTIES.values()],
        "rows": [
            {"name": row["name"], "above": row["above"], "signed": row["agreement_id"] is not None,
             "boxes": [code in (row["duties"] or ()) for code in DUTIES],
             "failing": "、".join(DUTIES[code].zh for code in row["failing"] or () if code in DUTIES)}
            for row in shops
        ],
    }  # fmt: skip
    return sheet_pdf("inspections/papers/door_checks.html", f"{place_name}门前五包检查表", context)


def mutual_slips(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A slip for each check of a round, two on a page, as PDF. No result stands on it."""
    context = {
        "rows": rows, "title": rows[0]["title"], "due": chinese_date(rows[0]["due_on"]), "checked": CHECKED,
        "synthetic": rows[0]["synthetic"],
    }  # fmt: skip
    return sheet_pdf("inspections/papers/mutual_slips.html", "商户互查单", context)
