"""Supervision (督办) as a kind of its own: a child item with number, text, due date and reply."""

from __future__ import annotations

from linli.kernel.labels import Label
from linli.kernel.workflow import (
    START,
    Effect,
    Field,
    FieldKind,
    Meaning,
    Party,
    State,
    Transition,
    Workflow,
)
from linli.work.kinds import Kind, register

SUPERVISOR = Label("督办员", "supervisor")
UNIT = Label("被督办单位", "the unit supervised")
REPLY = Field("answer", Label("答复", "Reply"))
REASON = Field("reason", Label("理由", "Reason"))

SUPERVISION = Workflow(
    kind="supervision",
    states=(
        State("issued", Label("已发出", "Issued"), Meaning.OPEN, Label("督办中", "Supervised"), ("answer_supervision",)),
        State("answered", Label("已答复", "Answered"), Meaning.OPEN, Label("督办中", "Supervised"),
              ("accept_answer", "return_answer")),
        State("ended", Label("已销号", "Ended"), Meaning.DONE, Label("督办结束", "Supervision ended")),
    ),
    transitions=(
        Transition(
            "issue", Label("下达督办", "Issue"), frozenset({START}), "issued", "request.supervise", Party.ANYONE,
            SUPERVISOR, (Field("lead", Label("被督办单位", "Unit"), FieldKind.ORGANISATION, required=False),
                         Field("supervision", Label("督办要求", "What is asked")),
                         Field("reply_due", Label("答复时限", "Reply due"), FieldKind.DATETIME)),
            effects=(Effect("open_supervised_leg"),), basis="《潍坊市12345政务服务热线条例》第二十六条",
        ),
        Transition(
            "answer_supervision", Label("答复督办", "Answer"), frozenset({"issued"}), "answered", "request.reply",
            Party.LEG, UNIT, (REPLY,), effects=(Effect("stop", "reply"),),
        ),
        Transition(
            "accept_answer", Label("销号", "End it"), frozenset({"answered"}), "ended", "request.supervise",
            Party.PLACE, SUPERVISOR, effects=(Effect("finish", "all"), Effect("stamp", "closed_at"), Effect("end_legs")),
        ),
        Transition(
            "return_answer", Label("退回重答", "Send back"), frozenset({"answered"}), "issued", "request.supervise",
            Party.PLACE, SUPERVISOR, (REASON,),
        ),
    ),
)  # fmt: skip


def install() -> None:
    """Register the kind."""
    register(Kind("supervision", Label("督办", "Supervision"), SUPERVISION))
