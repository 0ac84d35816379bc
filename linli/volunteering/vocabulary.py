"""The words of the room as data in both languages: roles, skills, times, origins, states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import get_language

from linli.kernel.labels import Label

ROLES: dict[str, Label] = {
    "reporter": Label("信息员", "Reporter"),
    "messenger": Label("政策宣传员", "Policy messenger"),
    "patrol": Label("安全巡查员", "Safety patrol"),
    "persuader": Label("文明劝导员", "Persuader"),
    "servant": Label("便民服务员", "Servant"),
}
"""The five roles of mission.md B5."""

SKILLS: dict[str, Label] = {
    "first_aid": Label("急救", "First aid"),
    "medical": Label("医护", "Medical care"),
    "teaching": Label("辅导功课", "Teaching"),
    "repair": Label("水电维修", "Repairs"),
    "haircut": Label("理发", "Haircuts"),
    "arts": Label("文艺", "Arts"),
    "sports": Label("体育", "Sports"),
    "law": Label("法律", "Law"),
    "language": Label("外语、手语", "Languages, sign language"),
    "computer": Label("电脑手机", "Computers and phones"),
    "driving": Label("驾驶", "Driving"),
    "photo": Label("摄影", "Photography"),
    "mediation": Label("调解", "Mediation"),
    "cooking": Label("做饭", "Cooking"),
}
TIMES: dict[str, Label] = {
    "weekday_day": Label("工作日白天", "Workdays, by day"),
    "weekday_evening": Label("工作日晚上", "Workdays, evenings"),
    "weekend": Label("周末", "Weekends"),
    "holidays": Label("节假日", "Holidays"),
    "vacation": Label("寒暑假", "School vacations"),
    "any": Label("随时", "Any time"),
}
CONSENTS: dict[str, Label] = {
    "self": Label("本人同意", "By the person"),
    "guardian": Label("监护人同意", "By the guardian"),
    "paper": Label("书面同意", "On paper"),
}
CONSENT_VERSION = "2026-11"
"""The consent text shown at registration; a change of its sense gets a new version."""

ORIGINS: dict[str, Label] = {
    "checkin": Label("签到", "Check-in"),
    "manual": Label("手工登记", "Entered by hand"),
    "import": Label("导入", "Imported"),
}
SERVICE_STATES: dict[str, Label] = {
    "proposed": Label("待确认", "To be confirmed"),
    "confirmed": Label("已确认", "Confirmed"),
    "rejected": Label("不予认定", "Not recognised"),
}
ACTS: dict[str, Label] = {
    "proposed": Label("记录", "Recorded"),
    "confirmed": Label("确认", "Confirmed"),
    "corrected": Label("更正", "Corrected"),
    "rejected": Label("不予认定", "Not recognised"),
    "decided": Label("按异议更正", "Corrected upon appeal"),
}
APPEAL_STATES: dict[str, Label] = {
    "open": Label("等待答复", "Waiting for an answer"),
    "upheld": Label("异议成立", "Upheld"),
    "refused": Label("维持原时长", "Hours stay as they were"),
    "withdrawn": Label("已收回", "Taken back"),
}
CERTIFICATE_STATES: dict[str, Label] = {
    "asked": Label("等待出具", "Asked for"),
    "notice": Label("公示中", "In public notice"),
    "issued": Label("有效", "Valid"),
    "refused": Label("不予出具", "Not issued"),
    "revoked": Label("已撤销", "Revoked"),
}
CERTIFICATE_ACTS: dict[str, Label] = {
    "noticed": Label("开始公示", "Put on notice"),
    "issued": Label("出具", "Issued"),
    "refused": Label("不予出具", "Not issued"),
    "reopened": Label("重新办理", "Opened again"),
    "revoked": Label("撤销", "Revoked"),
}
STAR_STATES: dict[str, Label] = {
    "notice": Label("公示中", "In public notice"),
    "granted": Label("已评定", "Granted"),
    "stopped": Label("未评定", "Not granted"),
}
EVALUATORS: dict[str, Label] = {
    "recipient": Label("服务对象", "Whom it was for"),
    "organiser": Label("组织方", "The organiser"),
}
CONCERN_KINDS: dict[str, Label] = {
    "concern": Label("群众诉求", "Concern"),
    "need": Label("社区需求", "Need"),
    "task": Label("任务", "Task"),
}
CONCERN_STATES: dict[str, Label] = {
    "open": Label("待认领", "Open"),
    "claimed": Label("已认领", "Claimed"),
    "solved": Label("已解决，待确认", "Solved, to be confirmed"),
    "confirmed": Label("已确认解决", "Confirmed as solved"),
    "rejected": Label("未解决", "Not solved"),
}
TEAM_KINDS = ("volunteers", "red_armband", "pomegranate", "captains")


def said(labels: Mapping[str, Label], code: str) -> str:
    """The word for a code in the language of the page; the code itself when nobody named it."""
    label = labels.get(code)
    return label.text(get_language() or "zh-hans") if label is not None else code


def all_said(labels: Mapping[str, Label], codes: Iterable[str]) -> list[str]:
    """The words for several codes."""
    return [said(labels, code) for code in codes]


def choices(labels: Mapping[str, Label]) -> list[tuple[str, str]]:
    """(code, word) for a form."""
    return [(code, said(labels, code)) for code in labels]
