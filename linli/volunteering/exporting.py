"""Tables of the room as XLSX: volunteers (masked), hours, and the quarterly feedback of joined units (counts only)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

from linli.exchange.sheets import safe_cell, sheet_name
from linli.people.access import Actor
from linli.people.masking import mask_text
from linli.people.personal import contacts
from linli.volunteering import selectors, vocabulary
from linli.volunteering.joined_selectors import UnitLine
from linli.volunteering.models import Service
from linli.volunteering.quarters import EmployerFigures
from linli.volunteering.rules import hours_text

ROWS_MAX, WIDEST = 20_000, 48


def workbook(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """One sheet: title, moment, head, rows."""
    book = Workbook()
    sheet = book.active
    sheet.title = sheet_name(title)
    sheet.append([title])
    sheet.append([timezone.localtime().strftime("%Y-%m-%d %H:%M")])
    sheet.append(list(head))
    sheet["A1"].font = Font(bold=True, size=14)
    for cell in sheet[3]:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True)
    for row in rows:
        sheet.append([safe_cell(value) for value in row])
    sheet.freeze_panes = "A4"
    for column in sheet.iter_cols(min_row=3):
        longest = max(sum(2 if ord(sign) > 0x2E80 else 1 for sign in str(cell.value or "")) for cell in column)
        sheet.column_dimensions[column[0].column_letter].width = min(WIDEST, longest + 2)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def volunteers_xlsx(actor: Actor, search: selectors.Search) -> bytes:
    """The volunteers of a list, names and phones masked, with their confirmed hours (4 statements).

    The hours are those of `hours_xlsx`: what was entered for joined members is in neither, as the title says.
    """
    rows = list(
        selectors.found(actor, search).select_related("place", "organisation").order_by("place__path", "pk")[:ROWS_MAX]
    )
    people = [row.person_id for row in rows]
    known, sums = contacts(people, clear=False), selectors.sums_of(people, selectors.EXPORTED)
    head = [_("姓名"), _("电话"), _("社区"), _("单位"), _("角色"), _("登记日期"), _("服务次数"), _("时长（小时）")]
    table = []
    for row in rows:
        minutes, count = sums.get(row.person_id, (0, 0))
        contact = known[row.person_id]
        roles = "、".join(vocabulary.all_said(vocabulary.ROLES, row.roles))
        unit = row.organisation.name if row.organisation else ""
        table.append(
            [contact.name, contact.phone, row.place.name, unit, roles, row.joined_on, count, float(hours_text(minutes))]
        )
    return workbook(_("志愿者名册（时长不含双报到登记）"), head, table)


def hours_xlsx(actor: Actor, since: Any, until: Any) -> bytes:
    """Confirmed services of the actor's places in a period; names, and phones in the texts, masked (2 statements).

    What joined members did as such is left out: membership stands in no export.
    """
    rows = list(
        Service.objects.filter(
            selectors.reach(actor.scopes(selectors.VIEW)), selectors.EXPORTED, state=Service.CONFIRMED,
            happened_on__gte=since, happened_on__lte=until,
        ).select_related("place", "organisation").order_by("happened_on", "pk")[:ROWS_MAX]
    )  # fmt: skip
    known = contacts((row.person_id for row in rows), clear=False)
    head = [_("日期"), _("姓名"), _("社区"), _("单位"), _("内容"), _("时长（小时）"), _("来源"), _("补录")]
    table = [
        [
            row.happened_on, known[row.person_id].name, row.place.name,
            row.organisation.name if row.organisation else "", mask_text(row.content), float(hours_text(row.minutes)),
            vocabulary.said(vocabulary.ORIGINS, row.origin), _("补录") if row.late else "",
        ]
        for row in rows
    ]  # fmt: skip
    return workbook(_("志愿服务时长（不含双报到登记）"), head, table)


def feedback_xlsx(lines: Sequence[UnitLine], period: str) -> bytes:
    """What each joined unit did in a quarter: counts, no names; once confirmed, those that were confirmed."""
    head = [_("单位"), _("社区"), _("报到人数"), _("服务次数"), _("参加人数"), _("时长（小时）"), _("认领"), _("解决诉求"), _("社区确认"), _("社区意见")]  # fmt: skip  # noqa: E501
    table = [
        [
            line.row.organisation.name, line.row.place.name, line.figures.members, line.figures.services,
            line.figures.people, float(line.figures.hours), line.figures.claimed, line.figures.solved,
            timezone.localtime(line.feedback.confirmed_at).date() if line.feedback else _("未确认"),
            mask_text(line.feedback.remark) if line.feedback else "",
        ]
        for line in lines
    ]  # fmt: skip
    return workbook(_("%(period)s双报到反馈") % {"period": period}, head, table)


def employers_xlsx(rows: Sequence[EmployerFigures], period: str) -> bytes:
    """What the joined members of each unit did in a quarter where they live: counts, no names."""
    head = [_("单位"), _("报到人数"), _("参加人数"), _("服务次数"), _("时长（小时）")]
    table = [[row.name or _("没有单位"), row.members, row.people, row.services, float(row.hours)] for row in rows]
    return workbook(_("%(period)s在职人员报到反馈") % {"period": period}, head, table)
