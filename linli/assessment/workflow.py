"""The workflow of an indicator task (指标任务) as data: assigned, submitted, accepted or returned with a reason."""

from __future__ import annotations

from linli.kernel.labels import Label
from linli.kernel.workflow import (
    BACK,
    SAME,
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
from linli.work.fields import DEMAND, REPLY_DUE

KIND = "indicator_task"

OFFICE = Label("创建办", "civil-city office")
UNIT = Label("责任单位", "responsible unit")
REVIEWER = Label("审核员", "reviewer")
TIMER = Label("系统", "system")

LEAD = Field("lead", Label("责任单位", "Responsible unit"), FieldKind.ORGANISATION)
DUE = Field("due", Label("完成时限", "Due"), FieldKind.DATETIME)
WORDS = Field(
    "words", Label("完成情况", "What was done"), required=False,
    hint=Label("有缺口而没有佐证时，请说明原因", "Where evidence is missing and cannot be given, say why"),
)  # fmt: skip
PHOTOS = Field(
    "photos", Label("补充佐证", "More evidence"), FieldKind.EVIDENCE, required=False,
    hint=Label(
        "已经发生的工作已自动关联，只需补缺口。照片或 PDF；PDF 以文件名作说明，Word、Excel 请先另存为 PDF。",
        "What happened already is linked; only fill the gaps. Photos or PDF; a PDF is captioned by its file's name."
        " Save Word and Excel files as PDF first.",
    ),
    documents=True,
)  # fmt: skip
REASON = Field("reason", Label("退回原因", "Reason"))
ADVICE = Field("advice", Label("内容", "Text"))
PERSON = Field("person", Label("责任人", "Responsible person"), FieldKind.PERSON)
GIVER = Field("giver", Label("移交人", "From"), FieldKind.PERSON)
RECEIVER = Field("receiver", Label("接手人", "To"), FieldKind.PERSON)

LIVE = frozenset({"assigned", "submitted", "returned"})


def _effects(words: str) -> tuple[Effect, ...]:
    return tuple(Effect(*word.split(":")) for word in words.split())


def _states() -> tuple[State, ...]:
    plain = Label("正在准备迎检材料", "Evidence is being prepared")
    return (
        State("assigned", Label("待完成", "To be done"), Meaning.OPEN, plain, ("submit",)),
        State(
            "submitted", Label("待审核", "Under review"), Meaning.OPEN, plain, ("accept_evidence", "return_evidence")
        ),
        State("returned", Label("已退回", "Returned"), Meaning.OPEN, plain, ("submit",)),
        State("accepted", Label("已通过", "Accepted"), Meaning.DONE, plain),
        State("cancelled", Label("已取消", "Cancelled"), Meaning.DROPPED, plain),
    )


def _transitions() -> tuple[Transition, ...]:
    place, leg = Party.PLACE, Party.LEG
    return (
        Transition(
            "assign", Label("下达", "Assign"), frozenset({START}), "assigned", "assessment.open", Party.ANYONE, OFFICE,
            (LEAD, DUE), effects=_effects("stamp:accepted_at stamp:dispatched_at owe:assessment.submit"),
            deadline=Label("按下达的时限", "by the date of the assignment"),
        ),
        Transition(
            "submit", Label("提交", "Submit"), frozenset({"assigned", "returned"}), "submitted", "assessment.submit", leg,
            UNIT, (WORDS, PHOTOS), ("gaps_filled_or_explained",),
            _effects("report_lead stop:handle stamp:replied_at"), Label("时限停止", "stops the clock"),
        ),
        Transition(
            "charge", Label("明确责任人", "Name who is responsible"), frozenset({"assigned", "returned"}), SAME,
            "assessment.submit", leg, UNIT, (PERSON,), ("person_is_of_the_unit",), _effects("charge_person"),
        ),
        Transition(
            "accept_evidence", Label("审核通过", "Accept"), frozenset({"submitted"}), "accepted", "assessment.review",
            place, REVIEWER, guards=("verifier_is_not_the_handler",),
            effects=_effects("stamp:handled_at stamp:closed_at finish:all end_legs"),
        ),
        Transition(
            "return_evidence", Label("退回", "Return"), frozenset({"submitted"}), "returned", "assessment.review", place,
            REVIEWER, (REASON,), ("verifier_is_not_the_handler",),
            _effects("count:rework_count unstamp:replied_at owe:assessment.submit resume:handle"),
            Label("时限继续", "the clock runs on"),
        ),
        Transition(
            "cancel_task", Label("取消任务", "Cancel the task"), LIVE, "cancelled", "assessment.open", place, OFFICE,
            (REASON,), effects=_effects("finish:all end_legs stamp:closed_at"), danger=True,
        ),
        Transition(
            "remind", Label("催办", "Remind"), LIVE, SAME, "request.remind", place, OFFICE, (ADVICE,),
        ),
        Transition(
            "supervise", Label("督办", "Supervise"), LIVE, SAME, "request.supervise", place, OFFICE, (DEMAND, REPLY_DUE),
            effects=_effects("open_supervision"),
        ),
        Transition(
            "comment", Label("备注", "Comment"), LIVE | {"accepted"}, SAME, "request.comment", place,
            Label("能看到的工作人员", "staff who see it"), (ADVICE,),
        ),
        Transition(
            "recall", Label("撤回", "Recall"), LIVE | {"accepted", "cancelled"}, BACK, "request.recall", Party.ANYONE,
            Label("本人", "the same actor"), guards=("own_last_step_recent",), effects=_effects("undo"),
        ),
        Transition(
            "hand_over_person", Label("交接", "Handed over"), LIVE, SAME, "request.system_hand_over", Party.SYSTEM, TIMER,
            (GIVER, RECEIVER), effects=_effects("reassign_person"),
        ),
    )  # fmt: skip


INDICATOR_TASK = Workflow(kind=KIND, states=_states(), transitions=_transitions())
