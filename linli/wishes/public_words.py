"""What may stand on the wall: no name or number, nothing of illness, disability, poverty, living alone. Pure."""

from __future__ import annotations

from linli.people.masking import mask_address, mask_text

NEVER_PUBLIC = (
    "残疾", "残障", "肢残", "智障", "聋", "盲人", "失明", "瘫", "轮椅", "患病", "生病", "重病", "大病", "病人", "病重",
    "病情", "癌", "肿瘤", "化疗", "透析", "中风", "脑梗", "糖尿", "高血压", "抑郁", "精神病", "精神障碍", "痴呆",
    "自闭", "艾滋", "乙肝", "住院", "手术", "卧床", "失能", "低保", "特困", "贫困", "困难户", "困难家庭", "困难群众",
    "救助", "五保", "没钱", "欠债", "失业", "独居", "空巢", "孤寡", "孤老", "孤儿", "一个人住", "单亲", "离异", "丧偶",
    "失独", "留守", "无人照顾", "没人照顾", "刑满", "吸毒",
    "disab", "wheelchair", "cancer", "illness", "disease", "depress", "dementia", "poverty", "lives alone",
    "living alone", "orphan", "widow",
)  # fmt: skip
"""Words that tell of it (guards of the mission). Better refuse one sentence too many: the reviewer writes another."""


def names_somebody(text: str, wisher_name: str = "") -> bool:
    """Whether it holds a phone, an ID number, a mail address, a house or door number, or the wisher's name."""
    name = wisher_name.strip()
    return mask_text(text) != text or mask_address(text) != text.strip() or bool(len(name) > 1 and name in text)


def tells_hardship(text: str) -> str:
    """The first word that tells of illness, disability, poverty or living alone; empty when there is none."""
    lowered = text.lower()
    return next((word for word in NEVER_PUBLIC if word in lowered), "")
