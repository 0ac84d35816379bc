"""Seed data of the catalogue: categories and deadlines of standards of which only secondary sources were read.

Every row is marked as seed data with its origin and confidence and shows so; a district edits them.
"""

from __future__ import annotations

import csv
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from linli.places.models import RegistryVersion
from linli.places.services import bump_registry
from linli.work.models import Category, DeadlineRule

SCHEME = "linli-2026"
DATA = Path(__file__).parent / "data" / "categories.csv"

# clock, subkind, unit, value, legal basis, origin, confidence
CLOCKS: tuple[tuple[str, str, str, int, str, str, str], ...] = (
    ("citizen", "", "working_day", 7, "", "本项目默认：受理和派遣之外留出处置时限", ""),
    ("citizen", "consultation", "working_day", 3, "", "某局：咨询、求助 3 工作日", "S"),
    ("handle", "", "working_day", 5, "《山东省政务服务热线管理办法》", "5 个工作日", "S"),
    ("check", "", "working_hour", 8, "", "本项目默认", ""),
    ("sign", "", "working_hour", 4, "", "本项目默认", ""),
    ("contact", "", "working_day", 1, "《北京市接诉即办工作条例》第十五条", "条例未定小时数，本项目默认", ""),
    ("return", "", "working_day", 2, "《山东省政务服务热线管理办法》", "2 个工作日内退回", "S"),
    ("answer", "", "natural_day", 3, "", "本项目默认", ""),
    ("verify", "", "working_day", 1, "", "本项目默认", ""),
)


@transaction.atomic
def seed_catalogue() -> bool:
    """Put the seed categories and deadlines in place; does nothing where a catalogue exists already."""
    if Category.objects.exists():
        return False
    now = timezone.now()
    by_code: dict[str, Category] = {}
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('work_category_id_seq') FROM generate_series(1, %s)", [len(rows)])
        ids = [number for (number,) in cursor.fetchall()]
    for key, row in zip(ids, rows, strict=True):
        parent = by_code.get(row["parent"])
        by_code[row["code"]] = Category(
            id=key, scheme=SCHEME, code=row["code"], parent=parent, path=f"{parent.path}.{key}" if parent else str(key),
            name=row["name"], name_en=row["name_en"], keywords=row["keywords"].split(), urgency=int(row["urgency"]),
            function=row["function"], needs_site_check=row["needs_site_check"] == "1",
            dispatch_by_rule=row["dispatch_by_rule"] == "1",
            photo_reason=row["photo_reason"] or (parent.photo_reason if parent else ""), is_seed=True,
            confidence=row["confidence"], origin=row["origin"], valid_from=now,
            filing_condition="在本辖区内，位置明确，情况属实", closing_condition="现场恢复正常，照片为证",
        )  # fmt: skip
    Category.objects.bulk_create(by_code.values())
    _seed_deadlines(rows, by_code)
    bump_registry(RegistryVersion.CATALOGUE)
    return True


def _seed_deadlines(rows: list[dict[str, str]], by_code: dict[str, Category]) -> None:
    rules = [
        DeadlineRule(
            kind="request", clock=clock, subkind=subkind, unit=unit, value=value, legal_basis=basis, origin=origin,
            confidence=confidence, is_seed=True,
        )
        for clock, subkind, unit, value, basis, origin, confidence in CLOCKS
    ]  # fmt: skip
    rules += [
        DeadlineRule(
            kind="request", clock="handle", category=by_code[row["code"]], unit=row["unit"], value=int(row["value"]),
            origin=row["origin"] or "本项目默认", confidence=row["confidence"], is_seed=True,
        )
        for row in rows
    ]  # fmt: skip
    DeadlineRule.objects.bulk_create(rules)
