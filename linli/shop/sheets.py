"""What is printed and carried away: the settlement for a partner to sign, tables as XLSX. Papers are Chinese."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from linli.exchange.sheets import safe_cell, sheet_name
from linli.shop.models import Settlement, SettlementLine
from linli.work.printing.sheets import PDF, chinese_date, sheet_pdf

__all__ = ["PDF", "XLSX", "report_xlsx", "settlement_pdf", "settlement_xlsx"]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST = 48


def settlement_pdf(row: Settlement, lines: Sequence[SettlementLine]) -> bytes:
    """The settlement of a month, with room for two signatures."""
    context = {
        "row": row, "lines": lines, "partner": row.partner, "place": row.partner.place.name,
        "synthetic": row.partner.synthetic, "month": f"{row.month.year}年{row.month.month}月",
        "made_on": chinese_date(row.made_at.date()),
    }  # fmt: skip
    return sheet_pdf("shop/papers/settlement.html", "积分超市结算单", context)


def _book(title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """One sheet: title, heads, rows; texts that look like formulas are kept as texts."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = sheet_name(title)
    for values in ([title], heads, *rows):
        sheet.append([safe_cell(value) for value in values])
    sheet.freeze_panes = "A3"
    for column in sheet.iter_cols(min_row=2):
        longest = max(_width(cell.value) for cell in column)
        sheet.column_dimensions[column[0].column_letter].width = min(WIDEST, longest + 2)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _width(value: Any) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in str(value if value is not None else ""))


def settlement_xlsx(row: Settlement, lines: Sequence[SettlementLine]) -> bytes:
    """The settlement as a table."""
    rows: list[list[Any]] = [
        [line.good.name, line.good.unit, line.orders, line.quantity, line.points] for line in lines
    ]  # fmt: skip
    rows.append([_("合计"), "", row.orders, "", row.points])
    heads = [_("商品或服务"), _("单位"), _("次数"), _("数量"), _("积分")]
    return _book(f"{row.partner.name} {row.month:%Y-%m}", heads, rows)


def report_xlsx(month: date, rows: Sequence[dict[str, Any]]) -> bytes:
    """What was handed over in a month by good and counter."""
    heads = [_("商品或服务"), _("兑换台"), _("次数"), _("数量"), _("单位"), _("积分")]
    table = [
        [row["name"], row["where"], row["orders"], row["pieces"], row["unit"], row["sum_points"]] for row in rows
    ]  # fmt: skip
    return _book(_("积分超市 %(month)s") % {"month": f"{month:%Y-%m}"}, heads, table)
