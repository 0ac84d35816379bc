"""Words of the room that are data: kinds of request, channels, sources."""

from __future__ import annotations

from linli.kernel.labels import Label

REQUEST_KINDS: dict[str, Label] = {
    "help": Label("求助", "Help"),
    "complaint": Label("投诉", "Complaint"),
    "report": Label("举报", "Report on someone"),
    "consultation": Label("咨询", "Question"),
    "suggestion": Label("建议", "Suggestion"),
    "praise": Label("表扬", "Praise"),
}

CHANNELS: dict[str, Label] = {
    "web": Label("网页", "Web"),
    "phone": Label("电话", "Phone"),
    "walk_in": Label("来访", "Walk-in"),
    "api": Label("接口", "API"),
    "outside": Label("上级单", "Outside order"),
    "leader_note": Label("领导批示", "Leader's note"),
    "chat": Label("群消息", "Chat"),
    "patrol": Label("巡查", "Patrol"),
}
"""In the order in which they are offered; the first is the default of the public page."""
