"""The workflow of a finding (巡查发现) as data: a subset of the request's shape, begun on the spot.

Steps that units and dispatchers take bear the permissions of requests, so that the same people work one desk.
"""

from __future__ import annotations

from linli.inspections.workflow_fields import (
    ADVICE,
    AFTER,
    ANSWER,
    BEFORE,
    CO_RECEIVERS,
    CO_UNIT,
    DISPATCHER,
    LEAD_UNIT,
    RECEIVER_NAME,
    SIGNATURE,
    SUPERVISOR,
    TEAM,
    TIMER,
    UNIT,
    VERIFIER,
)
from linli.kernel.labels import Label
from linli.kernel.workflow import BACK, SAME, START, Meaning, Party, State, Transition, Workflow, row
from linli.work.fields import (
    CO_HANDLERS,
    DEMAND,
    GIVER,
    LEAD,
    METRES,
    NOTE,
    OVERRIDE,
    PHOTOS,
    PROPOSED_UNIT,
    REASON,
    RECEIVER,
    REPLY_DUE,
    REVIEW_ON,
    UNIT_TO,
    UNTIL,
)

WITH_LEG = frozenset({"dispatched", "handling", "disputed", "suspended"})
LIVE = WITH_LEG | {"accepted", "handled"}


def _states() -> tuple[State, ...]:
    s, m = State, Meaning
    return (
        s("accepted", Label("待派遣", "To be dispatched"), m.OPEN, Label("正在确定整改单位", "The unit is being chosen"),
          ("dispatch",)),
        s("dispatched", Label("已交办", "Handed over"), m.OPEN, Label("已交{unit}整改", "Handed over to {unit}"),
          ("sign", "ask_return")),
        s("handling", Label("整改中", "Being mended"), m.OPEN, Label("{unit}正在整改", "{unit} is mending it"),
          ("reply", "report_back")),
        s("disputed", Label("异议裁定", "Dispute over the unit"), m.OPEN, Label("正在确定整改单位", "The unit is being decided"),
          ("grant_return", "reject_return")),
        s("suspended", Label("挂账", "Suspended"), m.WAITING, Label("列入长期整改", "On the long-term list"),
          ("review_strike_off", "review_keep")),
        s("handled", Label("待核查", "To be verified"), m.OPEN, Label("已整改，等待现场核查", "Mended; to be verified on site"),
          ("verify_pass", "verify_fail")),
        s("closed", Label("已销号", "Closed"), m.DONE, Label("已整改销号", "Mended and closed")),
        s("dropped", Label("误报", "Not so"), m.DROPPED, Label("经核实不存在", "Not so when looked at")),
    )  # fmt: skip


def _opening() -> tuple[Transition, ...]:
    anyone, filed = Party.ANYONE, "start:handle stamp:accepted_at stamp:filed_at"
    clock = "整改时钟开始 / the handling clock starts"
    return (
        row("find", "发现上报", "Found", START, "accepted", "inspection.record", anyone, TEAM, (ADVICE, BEFORE),
            effects=filed, deadline=clock),
        row("hand_over", "现场交办", "Hand over on the spot", START, "dispatched", "inspection.hand_over", anyone, TEAM,
            (LEAD, CO_HANDLERS, ADVICE, RECEIVER_NAME, CO_RECEIVERS, SIGNATURE, BEFORE), "lead_may_lead",
            f"{filed} stamp:dispatched_at open_legs", clock),
        row("sign_on_spot", "现场签收", "Signed on the spot", "dispatched", "handling", "request.system_sign",
            Party.SYSTEM, Label("接收人在手机上签名", "the receiver signs on the phone"), effects="stamp:signed_at sign_lead"),
        row("sign_co_on_spot", "协办现场签收", "Co-handler signed on the spot", "dispatched handling", SAME,
            "request.system_sign", Party.SYSTEM,
            Label("协办单位接收人在手机上签名", "the co-handler's receiver signs on the phone"),
            (CO_UNIT, RECEIVER_NAME, SIGNATURE), effects="sign_named"),
        row("fix_on_spot", "自处置", "Fixed on the spot", START, "closed", "inspection.record", anyone, TEAM,
            (ADVICE, BEFORE, AFTER),
            effects="stamp:accepted_at stamp:filed_at stamp:handled_at stamp:closed_at outcome:solved"),
        row("fix_to_verify", "自处置（抽查）", "Fixed; drawn for verification", START, "handled", "inspection.record", anyone,
            TEAM, (ADVICE, BEFORE, AFTER),
            effects="stamp:accepted_at stamp:filed_at stamp:handled_at outcome:solved start:verify",
            deadline="抽查核查 / drawn for verification"),
    )  # fmt: skip


def _dispatching() -> tuple[Transition, ...]:
    place, leg = Party.PLACE, Party.LEG
    return (
        row("dispatch", "派遣", "Dispatch", "accepted", "dispatched", "request.dispatch", place, DISPATCHER,
            (LEAD, CO_HANDLERS, ADVICE), "lead_may_lead", "stamp:dispatched_at open_legs"),
        row("sign", "签收", "Sign for it", "dispatched", "handling", "request.sign", leg, LEAD_UNIT,
            guards="own_leg_leads own_leg_unsigned", effects="stamp:signed_at sign_leg stop_leg:sign"),
        row("sign_co", "签收（协办）", "Sign as co-handler", WITH_LEG, SAME, "request.sign", leg, UNIT,
            guards="own_leg_supports own_leg_unsigned", effects="sign_leg stop_leg:sign"),
        row("sign_by_limit", "到时自动签收", "Signed at the limit", "dispatched", "handling", "request.system_sign",
            Party.SYSTEM, TIMER, effects="stamp:signed_at sign_lead_by_limit"),
        row("ask_return", "申请退单", "Ask to return it", "dispatched handling", "disputed", "request.ask_return", leg,
            LEAD_UNIT, (REASON, PROPOSED_UNIT), "own_leg_leads own_leg_may_return no_pending_return",
            "ask:return hold_leg:all"),
        row("grant_return", "同意退单", "Grant the return", "disputed", "accepted", "request.decide_return", place,
            DISPATCHER, (REASON,), "return_pending", "grant:return end_legs unstamp:dispatched_at unstamp:signed_at"),
        row("reject_return", "驳回退单", "Reject the return", "disputed", "handling", "request.decide_return", place,
            DISPATCHER, (REASON,), "return_pending", "deny:return release_legs sign_lead finalise_lead"),
        row("pass_down", "转派", "Pass down", "handling", SAME, "request.pass_down", leg, UNIT, (UNIT_TO, ADVICE),
            "own_leg_signed", "open_subleg"),
        row("ask_co_handler", "请求协办", "Ask a co-handler", "handling", SAME, "request.pass_down", leg, LEAD_UNIT,
            (UNIT_TO, ADVICE), "own_leg_leads own_leg_signed unit_is_not_on_it", "open_co_leg"),
        row("report_back", "协办反馈", "Report back", "handling", SAME, "request.reply", leg, UNIT, (ADVICE, PHOTOS),
            "own_leg_supports own_leg_signed own_leg_unreported", "report_leg stop_leg:all"),
    )  # fmt: skip


def _handling() -> tuple[Transition, ...]:
    place, leg = Party.PLACE, Party.LEG
    return (
        row("ask_extension", "申请延期", "Ask for an extension", "handling", SAME, "request.ask_extension", leg, LEAD_UNIT,
            (REASON, UNTIL), "own_leg_leads no_pending_extension until_later_than_due", "ask:extension",
            "批准前时钟照走 / the clock runs until granted"),
        row("grant_extension", "同意延期", "Grant the extension", "handling", SAME, "request.decide_extension", place,
            SUPERVISOR, (REASON,), "extension_pending", "grant:extension extend:handle"),
        row("refuse_extension", "不同意延期", "Refuse the extension", "handling", SAME, "request.decide_extension", place,
            SUPERVISOR, (REASON,), "extension_pending", "deny:extension"),
        row("ask_suspension", "申请挂账", "Ask for suspension", "handling", SAME, "request.ask_suspension", leg, LEAD_UNIT,
            (REASON, REVIEW_ON), "own_leg_leads no_pending_suspension", "ask:suspension"),
        row("grant_suspension", "同意挂账", "Grant the suspension", "handling", "suspended", "request.decide_suspension",
            place, SUPERVISOR, (REASON,), "suspension_pending", "grant:suspension hold:handle start_review",
            "时钟暂停，按复核日期 / the clock pauses until the review"),
        row("refuse_suspension", "不同意挂账", "Refuse the suspension", "handling", SAME, "request.decide_suspension",
            place, SUPERVISOR, (REASON,), "suspension_pending", "deny:suspension"),
        row("review_keep", "复核：继续挂账", "Review: keep", "suspended", SAME, "request.review_suspended", place, SUPERVISOR,
            (REASON, REVIEW_ON), effects="stop:review start_review"),
        row("review_strike_off", "复核：销账续办", "Review: strike off", "suspended", "handling", "request.review_suspended",
            place, SUPERVISOR, (REASON,), effects="stop:review release:handle"),
        row("reply", "整改完成", "Mended", "handling", "handled", "request.reply", leg, LEAD_UNIT,
            (ANSWER, AFTER, OVERRIDE), "own_leg_leads co_handlers_reported_or_overridden nothing_else_pending",
            "stop:handle stamp:replied_at stamp:handled_at report_leg stop_leg:all outcome:solved start:verify",
            "整改时钟停止，核查时钟开始 / handling stops, verification starts"),
        row("verify_pass", "核查通过，销号", "Verified", "handled", "closed", "request.verify", place, VERIFIER,
            (NOTE, PHOTOS, METRES), "verifier_is_not_the_handler verifier_is_of_another_unit",
            "stop:verify stamp:verified_at stamp:closed_at finish:all end_legs"),
        row("verify_fail", "核查不通过，返工", "Rework", "handled", "handling", "request.verify", place, VERIFIER,
            (REASON, PHOTOS, METRES), "verifier_is_not_the_handler verifier_is_of_another_unit has_lead_leg",
            "stop:verify count:rework_count restart:handle unstamp:handled_at unstamp:replied_at reopen_lead_leg",
            "返工，整改时钟重新开始 / rework; the handling clock starts again"),
        row("send_on", "核查不通过，派遣", "Not mended; dispatch", "handled", "accepted", "request.verify", place, VERIFIER,
            (REASON, PHOTOS, METRES), "verifier_is_not_the_handler has_no_lead_leg",
            "stop:verify count:rework_count restart:handle unstamp:handled_at"),
    )  # fmt: skip


def _anytime() -> tuple[Transition, ...]:
    place = Party.PLACE
    return (
        row("recall", "撤回", "Recall", LIVE | {"closed", "dropped"}, BACK, "request.recall", Party.ANYONE,
            Label("本人", "the same actor"), guards="own_last_step_recent", effects="undo",
            deadline="8秒内或他人未操作前 / within 8 s or until someone acted"),
        row("drop", "误报销号", "Not so", LIVE, "dropped", "inspection.resolve", place,
            Label("巡查组织者", "organiser of rounds"), (REASON, PHOTOS), effects="end_legs finish:all stamp:closed_at",
            danger=True),
        row("remind", "催办", "Remind", LIVE, SAME, "request.remind", place, Label("派遣员、督办员", "dispatcher, supervisor"),
            (ADVICE,)),
        row("supervise", "督办", "Supervise", LIVE, SAME, "request.supervise", place, SUPERVISOR, (DEMAND, REPLY_DUE),
            effects="open_supervision"),
        row("ask_exclusion", "申请剔除", "Ask to be left out of rates", "closed", SAME, "request.ask_exclusion", Party.LEG,
            UNIT, (REASON,), "no_pending_exclusion", "ask:exclusion"),
        row("grant_exclusion", "同意剔除", "Grant the exclusion", "closed", SAME, "request.decide_exclusion", place,
            SUPERVISOR, (REASON,), "exclusion_pending", "grant:exclusion exclude"),
        row("refuse_exclusion", "不同意剔除", "Refuse the exclusion", "closed", SAME, "request.decide_exclusion", place,
            SUPERVISOR, (REASON,), "exclusion_pending", "deny:exclusion"),
        row("comment", "备注", "Comment", LIVE | {"closed", "dropped"}, SAME, "request.comment", place,
            Label("能看到的工作人员", "staff who see it"), (ADVICE, PHOTOS)),
        row("hand_over_person", "交接", "Handed over", LIVE, SAME, "request.system_hand_over", Party.SYSTEM,
            Label("人员离任交接", "hand-over when someone leaves"), (GIVER, RECEIVER), effects="reassign_person"),
    )  # fmt: skip


FINDING = Workflow(
    kind="finding",
    states=_states(),
    transitions=_opening() + _dispatching() + _handling() + _anytime(),
)
