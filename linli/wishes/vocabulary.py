"""Words of the room that are data: kinds of wish, where it came from, how the wisher was asked."""

from __future__ import annotations

from linli.kernel.labels import Label

KIND = "wish"

SORTS: dict[str, Label] = {
    "wish_help": Label("搭把手", "A helping hand"),
    "wish_goods": Label("小物件", "A small thing"),
    "wish_company": Label("陪一陪", "Company"),
    "wish_skill": Label("教一教", "Teaching"),
    "wish_other": Label("其他心愿", "Another wish"),
}
"""In the order in which they are offered; never what somebody suffers from or lacks."""

CHANNELS = ("walk_in", "phone", "patrol")
"""Where a wish comes from that staff take down; their words are those of the desk."""

ASKED: dict[str, Label] = {
    "phone": Label("打电话问过", "By phone"),
    "visit": Label("上门问过", "On a visit"),
    "desk": Label("本人到窗口说的", "At the desk"),
}

FULFIL_DAYS = 30
"""Within which a claimed wish is to be fulfilled, and its claimer may see the contact, where no rule says otherwise."""

SHOWN_DAYS = 90
"""How long a fulfilled wish stands among those that came true."""
