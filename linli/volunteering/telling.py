"""Volunteers hear what was decided about them: a line in their inbox and on their page, with the words of no one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language

from linli.kernel.labels import Label
from linli.volunteering.rules import hours_text
from linli.work import inbox

PREFIX = "volunteering."
APPEAL, CORRECTED, REJECTED = (
    "volunteering.appeal_answered", "volunteering.hours_corrected", "volunteering.hours_rejected",
)  # fmt: skip
OBJECTION = "volunteering.objection_answered"
CERTIFICATE, STAR = "volunteering.certificate", "volunteering.star"
SERVICE_PAGE, CERTIFICATES, STARS = "services/{service}/", "#certificates", "#star"
SENTENCES: Mapping[str, tuple[Label, str]] = {
    APPEAL: (Label("您的时长异议有答复了", "Your appeal about hours was answered"), SERVICE_PAGE),
    CORRECTED: (Label("您的志愿时长有更正", "Your hours were corrected"), SERVICE_PAGE),
    REJECTED: (Label("您的一次服务没有认定", "A service of yours was not recognised"), SERVICE_PAGE),
    OBJECTION: (Label("您对公示的意见有答复了", "Your objection was answered"), "notices/{certificate}/"),
    f"{CERTIFICATE}.noticed": (Label("您的证明开始公示", "Your certificate is on public notice"), CERTIFICATES),
    f"{CERTIFICATE}.issued": (Label("您的证明出具了，可以下载", "Your certificate was issued"), CERTIFICATES),
    f"{CERTIFICATE}.refused": (Label("您申请的证明没有出具", "Your certificate was not issued"), CERTIFICATES),
    f"{CERTIFICATE}.reopened": (Label("您的证明重新办理", "Your certificate is dealt with again"), CERTIFICATES),
    f"{CERTIFICATE}.revoked": (Label("您的证明被撤销", "Your certificate was revoked"), CERTIFICATES),
    f"{STAR}.granted": (Label("您的星级评定通过了", "Your star level was granted"), STARS),
    f"{STAR}.stopped": (Label("您的星级没有评定", "Your star level was not granted"), STARS),
}
"""What each line says, and where below /volunteering/ it leads."""


def tell(what: str, person_id: int, data: Mapping[str, Any]) -> None:
    """Write the line to the volunteer's inbox, in the transaction of what happened (1 statement)."""
    inbox.notify([person_id], what, data=data)


def _titles(data: Sequence[Mapping[str, Any]]) -> list[str]:
    tongue = get_language() or "zh-hans"
    found = []
    for entry in data:
        minutes, level = entry.get("minutes"), entry.get("level")
        if minutes is not None:
            hours = hours_text(int(minutes))
            found.append(Label(f"现在是{hours}小时", f"{hours} hours now").text(tongue))
        else:
            found.append(Label(f"{level}星", f"Level {level}").text(tongue) if level else "")
    return found


def install() -> None:
    """Say what the lines mean and where they lead."""
    for what, (label, address) in SENTENCES.items():
        inbox.say(what, label, address=f"/volunteering/{address}", titles=_titles)
