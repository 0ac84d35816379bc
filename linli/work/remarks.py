"""What rooms note in the history of an item that is no step of its workflow: its name, what is shown, where it leads.

A remark is known by its code, which stands among the codes of the event. It moves nothing. Pure: writing is `noting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linli.kernel.labels import Label
from linli.kernel.workflow import Field

EVENT = "comment"
"""The transition under which remarks are written: no state changes, nobody is told twice."""
OPEN = Label("打开", "Open")


@dataclass(frozen=True, slots=True)
class Remark:
    """One kind. `address` has `{name}` for codes of the event; whoever holds `permission` over the item's place may
    follow it, and so may the people of the event's `unit`. Empty where it leads nowhere. `leads` says to what."""

    code: str
    label: Label
    fields: tuple[Field, ...] = ()
    address: str = ""
    permission: str = ""
    leads: Label = OPEN


_remarks: dict[str, Remark] = {}


def register(remark: Remark) -> None:
    """Make a kind known; a room calls it when it starts."""
    _remarks[remark.code] = remark


def remark_of(codes: Mapping[str, Any] | None) -> Remark | None:
    """The kind of remark that an event's codes tell of, or None."""
    return next((_remarks[code] for code in codes or () if code in _remarks), None)


register(Remark("recounted", Label("日历公布，时限重新计算", "Deadlines counted again by the calendar")))
register(Remark("erased", Label("删除个人信息", "Personal data erased")))
