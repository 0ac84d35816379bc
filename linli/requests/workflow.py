"""The workflow of a request (诉求) as data. It ships as a template that a district edits.

The rows follow the life cycle of GB/T 30428.8 and of the 12345 hotline rules (《北京市接诉即办工作条例》 and the
Shandong and Weifang rules, which the `basis` of a transition names where they are its source).
"""

from __future__ import annotations

from typing import Any

from linli.kernel.labels import Label
from linli.kernel.workflow import (
    BACK,
    SAME,
    START,
    Meaning,
    Party,
    State,
    Transition,
    Workflow,
    row,
)
from linli.requests.workflow_fields import (
    ADVICE,
    AFTER,
    ANSWER,
    BASIS,
    BEFORE,
    CALL_BACK_RESULT,
    CONTACT_RESULT,
    LOCAL,
    OTHER_ITEM,
    OUTCOME,
    QUESTION,
    RATING,
    REASON_PUBLIC,
    SIGNATURE,
    SOURCE_NUMBER,
    TRANSFER_CHANNEL,
    WORKER,
)
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

EVERYONE = Label("任何人", "anyone")
DUTY = Label("受理员", "duty officer")
GRID = Label("网格员", "grid worker")
DISPATCHER = Label("派遣员", "dispatcher")
UNIT = Label("承办单位", "the unit of the leg")
LEAD_UNIT = Label("主办单位", "lead unit")
UNIT_HEAD = Label("单位负责人", "unit head")
SUPERVISOR = Label("督办员", "supervisor")
REPORTER = Label("诉求人", "reporter")
CALLER = Label("回访员", "call-back staff")
TIMER = Label("系统到时", "timer")
ANOTHER = Label("另一名受理员", "another officer")
SAME_ACTOR = Label("本人", "the same actor")

LIVE = frozenset(
    [
        "received",
        "checking",
        "accepted",
        "dispatched",
        "handling",
        "disputed",
        "waiting",
        "suspended",
        "replied",
        "handled",
    ]
)
WITH_LEG = frozenset(["dispatched", "handling", "disputed", "waiting", "suspended", "replied"])


def _states() -> tuple[State, ...]:
    s, m = State, Meaning
    return (
        s("received", Label("已登记", "Received"), m.OPEN,
          Label("已收到，正在受理", "Received; being registered"),
          ("accept", "answer_directly", "send_check", "transfer_out", "refuse")),
        s("checking", Label("核实中", "Being checked"), m.OPEN,
          Label("工作人员正在现场核实", "Someone is checking on site"), ("confirm_true", "not_so", "gone")),
        s("refused", Label("不予受理", "Refused"), m.DROPPED,
          Label("未受理，原因见下方，可以申诉", "Not accepted; the reason is below and you may appeal")),
        s("accepted", Label("已受理", "Accepted"), m.OPEN,
          Label("已受理，正在确定办理单位", "Accepted; the unit is being chosen"), ("dispatch",)),
        s("transferred", Label("已转出", "Passed on"), m.DROPPED,
          Label("请按下方的渠道办理", "Please use the channel named below")),
        s("dispatched", Label("已派遣", "Dispatched"), m.OPEN,
          Label("已转给{unit}，{due}前处理", "Passed to {unit}, to be handled by {due}"), ("sign", "ask_return")),
        s("handling", Label("办理中", "Being handled"), m.OPEN,
          Label("{unit}正在处理，{due}前完成", "{unit} is working on it, to be done by {due}"),
          ("reply", "contact", "ask_reporter")),
        s("disputed", Label("异议裁定", "Dispute over the unit"), m.OPEN,
          Label("正在确定办理单位，时限不变", "The unit is being decided; the date stands"),
          ("grant_return", "appoint", "reject_return")),
        s("waiting", Label("待补充", "Waiting for the reporter"), m.WAITING,
          Label("有一个问题需要您回答", "There is a question for you"), ("answer_question",)),
        s("suspended", Label("挂账", "Suspended"), m.WAITING,
          Label("暂时无法完成，已列入长期办理，{due}复核", "Kept on the long-term list, reviewed by {due}"),
          ("review_keep", "review_strike_off", "review_solved")),
        s("terminated", Label("已终止", "Terminated"), m.DROPPED,
          Label("已终止办理，原因见下方", "Terminated; the reason is below")),
        s("replied", Label("待审核", "Reply under review"), m.OPEN,
          Label("已处理，答复正在审核", "Handled; the reply is under review"),
          ("approve_reply", "approve_and_close", "endorse_reply", "return_reply")),
        s("handled", Label("待核查", "To be verified"), m.OPEN,
          Label("已处理，正在请另一位工作人员到现场核查", "Handled; someone else is verifying on site"),
          ("verify_pass", "verify_fail")),
        s("closed", Label("已办结", "Closed"), m.DONE,
          Label("已办结，请您评价", "Closed; please rate it"), ("rate_satisfied", "call_back")),
        s("withdrawn", Label("已撤诉", "Withdrawn"), m.DROPPED, Label("已按您的要求撤回", "Withdrawn as you asked")),
        s("merged", Label("已并案", "Merged"), m.DROPPED,
          Label("与另一件相同，已合并办理", "The same as another one; handled together")),
        s("undone", Label("导入已撤销", "Import undone"), m.VOID,
          Label("误导入，已撤销", "Brought in by mistake and taken back")),
    )  # fmt: skip


def _t(
    code: str, zh: str, en: str, sources: str | frozenset[str], target: str, permission: str, *given: Any, **named: Any
) -> Transition:
    """One row; its permission is one of requests."""
    return row(code, zh, en, sources, target, f"request.{permission}", *given, **named)


def _opening() -> tuple[Transition, ...]:
    place, anyone = Party.PLACE, Party.ANYONE
    starts = "start:citizen"
    clock = "市民时钟开始 / the citizen clock starts"
    return (
        _t("report", "上报", "Report", START, "received", "report", anyone, EVERYONE, (PHOTOS,), effects=starts, deadline=clock,
           plain=("您反映的问题已收到", "Your report was received")),
        _t("report_on_behalf", "代为登记", "Record on behalf", START, "received", "report_on_behalf", anyone, DUTY,
           (PHOTOS,), effects=starts, deadline=clock, plain=("您反映的问题已登记", "Your report was recorded")),
        _t("outside_order", "上级单", "Outside order", START, "received", "import", anyone, DUTY, (SOURCE_NUMBER, PHOTOS),
           effects=starts, deadline="外部时限减预留 / outside deadline less the reserve"),
        _t("leader_note", "领导批示", "Leader's note", START, "received", "import", anyone, DUTY, (SOURCE_NUMBER, PHOTOS),
           effects=starts, deadline=clock),
        _t("chat_message", "群消息", "Chat message", START, "received", "report_on_behalf", anyone, DUTY,
           (PHOTOS,), effects=starts, deadline=clock),
        _t("answer_directly", "直接答复", "Answer directly", "received", "closed", "answer", place, DUTY,
           (ANSWER,), "may_be_answered_directly", "stamp:closed_at finish:all",
           basis="《北京市接诉即办工作条例》第十一条", plain=("已答复", "Answered")),
        _t("transfer_out", "转出", "Pass on", "received", "transferred", "transfer_out", place, DUTY,
           (TRANSFER_CHANNEL, REASON_PUBLIC), effects="stamp:closed_at finish:all",
           basis="《北京市接诉即办工作条例》第十一条", plain=("请通过其他渠道办理", "Please use another channel")),
        _t("send_check", "派核实", "Have it checked", "received", "checking", "send_check", place, DUTY, (WORKER,),
           effects="open_check_leg start:check", deadline="核实时钟开始 / the check clock starts"),
        _t("confirm_true", "属实", "True", "checking", "received", "check", place, GRID, (PHOTOS, NOTE),
           effects="end_check_leg stop:check"),
        _t("not_so", "不属实", "Not so", "checking", "refused", "check", place, GRID, (REASON_PUBLIC, PHOTOS),
           effects="end_check_leg finish:all stamp:closed_at", plain=("经现场核实未发现该问题", "Not found on site")),
        _t("gone", "已消失", "Gone", "checking", "refused", "check", place, GRID, (REASON_PUBLIC, PHOTOS),
           effects="end_check_leg finish:all stamp:closed_at", plain=("经现场核实问题已消失", "Gone when checked")),
        _t("accept", "受理立案", "Accept and file", "received", "accepted", "accept", place,
           Label("受理员或规则", "officer or rule"), effects="stamp:accepted_at stamp:filed_at start:handle",
           deadline="处置时钟开始 / the handling clock starts", plain=("已受理", "Accepted")),
        _t("refuse", "不予受理", "Refuse", "received", "refused", "refuse", place, DUTY, (REASON_PUBLIC,),
           effects="stamp:closed_at finish:all", plain=("未受理", "Not accepted"), danger=True),
        _t("appeal", "申诉", "Appeal", "refused", SAME, "appeal", Party.REPORTER, REPORTER, (REASON_PUBLIC,),
           "no_pending_appeal", "ask:appeal", plain=("您提出了申诉", "You appealed")),
        _t("uphold_appeal", "申诉成立", "Uphold the appeal", "refused", "received", "decide_appeal", place, ANOTHER,
           (REASON_PUBLIC,), "appeal_pending another_officer", "grant:appeal unstamp:closed_at start:citizen",
           plain=("申诉成立，重新受理", "The appeal was upheld")),
        _t("dismiss_appeal", "维持不予受理", "Dismiss the appeal", "refused", SAME, "decide_appeal", place, ANOTHER,
           (REASON_PUBLIC,), "appeal_pending another_officer", "deny:appeal",
           plain=("申诉未成立", "The appeal was dismissed")),
    )  # fmt: skip


def _dispatching() -> tuple[Transition, ...]:
    place, leg = Party.PLACE, Party.LEG
    return (
        _t("dispatch", "派遣", "Dispatch", "accepted", "dispatched", "dispatch", place,
           Label("派遣员或规则", "dispatcher or rule"), (LEAD, CO_HANDLERS, LOCAL, ADVICE),
           "lead_is_not_accused lead_may_lead", "stamp:dispatched_at open_legs",
           deadline="各单位签收、首次联系时钟开始 / sign and first-contact clocks of each leg start",
           basis="《北京市接诉即办工作条例》第十二条、第十七条", plain=("已转给{unit}", "Passed to {unit}")),
        _t("sign", "签收", "Sign for it", "dispatched", "handling", "sign", leg, LEAD_UNIT,
           guards="own_leg_leads own_leg_unsigned", effects="stamp:signed_at sign_leg stop_leg:sign",
           plain=("{unit}已签收", "{unit} signed for it")),
        _t("sign_co", "签收（协办）", "Sign as co-handler", WITH_LEG, SAME, "sign", leg, UNIT,
           guards="own_leg_supports own_leg_unsigned", effects="sign_leg stop_leg:sign"),
        _t("sign_by_limit", "到时自动签收", "Signed at the limit", "dispatched", "handling", "system_sign",
           Party.SYSTEM, TIMER, effects="stamp:signed_at sign_lead_by_limit"),
        _t("ask_return", "申请退单", "Ask to return it", "dispatched handling", "disputed", "ask_return", leg, LEAD_UNIT,
           (REASON, BASIS, PROPOSED_UNIT), "own_leg_leads own_leg_may_return within_return_limit no_pending_return",
           "ask:return hold_leg:all", deadline="只暂停本单位时钟 / only the unit's own clocks pause",
           basis="《山东省政务服务热线管理办法》：2个工作日内说明理由退回"),
        _t("grant_return", "同意退单", "Grant the return", "disputed", "accepted", "decide_return", place, DISPATCHER,
           (REASON,), "return_pending", "grant:return end_legs unstamp:dispatched_at unstamp:signed_at"),
        _t("reject_return", "驳回退单", "Reject the return", "disputed", "handling", "decide_return", place, DISPATCHER,
           (REASON,), "return_pending", "deny:return release_legs sign_lead finalise_lead"),
        _t("appoint", "指定承办", "Appoint (final)", "disputed", "handling", "decide_return", place, DISPATCHER,
           (LEAD, REASON), "return_pending lead_is_not_accused lead_may_lead",
           "grant:return end_lead open_legs sign_lead finalise_lead", basis="《潍坊市12345政务服务热线条例》：指定后不得再退"),
        _t("pass_down", "转派", "Pass down", "handling", SAME, "pass_down", leg, UNIT, (UNIT_TO, ADVICE),
           "own_leg_signed", "open_subleg"),
        _t("ask_co_handler", "请求协办", "Ask a co-handler", "handling", SAME, "pass_down", leg, LEAD_UNIT,
           (UNIT_TO, ADVICE), "own_leg_leads own_leg_signed unit_is_not_on_it", "open_co_leg",
           deadline="协办单位签收、办理时钟开始 / the co-handler's own clocks start"),
        _t("report_back", "协办反馈", "Report back", "handling", SAME, "reply", leg, UNIT, (ADVICE, PHOTOS),
           "own_leg_supports own_leg_signed own_leg_unreported", "report_leg stop_leg:all"),
        _t("contact", "首次联系", "Contact the reporter", WITH_LEG, SAME, "contact", leg, UNIT,
           (CONTACT_RESULT, NOTE), effects="contact_leg", deadline="首次联系时钟停止 / stops first contact",
           basis="《北京市接诉即办工作条例》第十五条"),
    )  # fmt: skip


def _handling() -> tuple[Transition, ...]:
    place, leg = Party.PLACE, Party.LEG
    return (
        _t("ask_reporter", "问询", "Ask the reporter", "handling", "waiting", "ask_reporter", leg, LEAD_UNIT,
           (QUESTION,), "own_leg_leads reporter_can_answer", "hold:citizen hold:handle start:answer",
           deadline="时钟暂停 / the clocks pause", plain=("{unit}向您提问", "{unit} asks you a question")),
        _t("answer_question", "补充回答", "Answer the question", "waiting", "handling", "answer_question",
           Party.REPORTER, REPORTER, (ANSWER,), effects="stop:answer release:citizen release:handle",
           deadline="时钟继续 / the clocks run again", plain=("您回答了问题", "You answered")),
        _t("answer_limit", "补充期满", "Answer limit reached", "waiting", "handling", "system_answer_limit",
           Party.SYSTEM, TIMER, effects="stop:answer release:citizen release:handle"),
        _t("ask_extension", "申请延期", "Ask for an extension", "handling", SAME, "ask_extension", leg, LEAD_UNIT,
           (REASON_PUBLIC, UNTIL), "own_leg_leads no_pending_extension until_later_than_due", "ask:extension",
           deadline="批准前时钟照走 / the clock runs until granted", basis="《山东省政务服务热线管理办法》：延期不超过10个工作日"),
        _t("grant_extension", "同意延期", "Grant the extension", "handling", SAME, "decide_extension", place, SUPERVISOR,
           (REASON_PUBLIC,), "extension_pending", "grant:extension extend:handle",
           plain=("办理时间延长到{due}", "The date was moved to {due}")),
        _t("refuse_extension", "不同意延期", "Refuse the extension", "handling", SAME, "decide_extension", place,
           SUPERVISOR, (REASON,), "extension_pending", "deny:extension"),
        _t("ask_suspension", "申请挂账", "Ask for suspension", "handling", SAME, "ask_suspension", leg, LEAD_UNIT,
           (REASON_PUBLIC, REVIEW_ON), "own_leg_leads no_pending_suspension", "ask:suspension",
           deadline="批准前时钟照走 / the clock runs until granted"),
        _t("grant_suspension", "同意挂账", "Grant the suspension", "handling", "suspended", "decide_suspension", place,
           SUPERVISOR, (REASON_PUBLIC,), "suspension_pending", "grant:suspension hold:citizen hold:handle start_review",
           deadline="时钟暂停，按复核日期 / the clocks pause until the review",
           plain=("暂时无法完成，已列入长期办理", "Put on the long-term list")),
        _t("refuse_suspension", "不同意挂账", "Refuse the suspension", "handling", SAME, "decide_suspension", place,
           SUPERVISOR, (REASON,), "suspension_pending", "deny:suspension"),
        _t("ask_termination", "申请终止", "Ask for termination", "handling", SAME, "ask_termination", leg, LEAD_UNIT,
           (REASON_PUBLIC, BASIS), "own_leg_leads no_pending_termination", "ask:termination"),
        _t("grant_termination", "同意终止", "Grant the termination", "handling", "terminated", "decide_termination",
           place, SUPERVISOR, (REASON_PUBLIC,), "termination_pending",
           "grant:termination end_legs finish:all stamp:closed_at", basis="《潍坊市12345政务服务热线条例》",
           plain=("已终止办理", "Terminated"), danger=True),
        _t("refuse_termination", "不同意终止", "Refuse the termination", "handling", SAME, "decide_termination", place,
           SUPERVISOR, (REASON,), "termination_pending", "deny:termination"),
        _t("review_keep", "复核：继续挂账", "Review: keep", "suspended", SAME, "review_suspended", place,
           Label("主办单位与督办员", "owner and supervisor"), (REASON_PUBLIC, REVIEW_ON), effects="stop:review start_review"),
        _t("review_strike_off", "复核：销账续办", "Review: strike off", "suspended", "handling", "review_suspended", place,
           Label("主办单位与督办员", "owner and supervisor"), (REASON_PUBLIC,),
           effects="stop:review release:citizen release:handle", deadline="时钟继续 / the clocks run again"),
        _t("review_solved", "复核：已解决", "Review: solved", "suspended", "replied", "review_suspended", place,
           Label("主办单位与督办员", "owner and supervisor"), (ANSWER, PHOTOS),
           effects="stop:review release:citizen release:handle stop:handle stamp:replied_at report_lead"),
        _t("interim_answer", "阶段性答复", "Interim answer", "handling", SAME, "interim_answer", leg, LEAD_UNIT, (ANSWER,),
           "own_leg_leads", basis="《北京市接诉即办工作条例》第十四条：逾期说明理由和阶段性结果",
           plain=("{unit}告诉您进展", "{unit} tells you where it stands")),
        _t("reply", "反馈", "Reply", "handling", "replied", "reply", leg, LEAD_UNIT, (OUTCOME, ANSWER, AFTER, OVERRIDE),
           "own_leg_leads co_handlers_reported_or_overridden interim_answered_when_overdue nothing_else_pending",
           "stop:handle stamp:replied_at report_leg stop_leg:all outcome clear_endorsement",
           deadline="处置时钟停止 / stops the handling clock", plain=("{unit}已处理并答复", "{unit} has handled it")),
    )  # fmt: skip


def _closing() -> tuple[Transition, ...]:
    place, leg = Party.PLACE, Party.LEG
    return (
        _t("endorse_reply", "单位审签", "Endorse the reply", "replied", SAME, "review_reply", leg, UNIT_HEAD,
           guards="not_endorsed", effects="endorse"),
        _t("approve_reply", "审核通过，派核查", "Approve; verify on site", "replied", "handled", "approve_reply", place,
           DISPATCHER, guards="is_endorsed site_check_needed", effects="stamp:handled_at start:verify",
           deadline="核查时钟开始 / the verification clock starts"),
        _t("approve_and_close", "审核通过，办结", "Approve and close", "replied", "closed", "approve_reply", place,
           DISPATCHER, guards="is_endorsed no_site_check_needed",
           effects="stamp:handled_at stamp:closed_at finish:all end_legs", plain=("已办结", "Closed")),
        _t("return_reply", "退回重办", "Send back", "replied", "handling", "approve_reply", place,
           Label("单位负责人、派遣员", "unit head, dispatcher"), (REASON,),
           effects="resume:handle unstamp:replied_at reopen_lead_leg clear_endorsement"),
        _t("return_by_head", "单位退回", "Sent back by the head", "replied", "handling", "review_reply", leg, UNIT_HEAD,
           (REASON,), effects="resume:handle unstamp:replied_at reopen_lead_leg clear_endorsement"),
        _t("verify_pass", "核查通过", "Verified", "handled", "closed", "verify", place,
           Label("核查员（不是承办人）", "verifier, never the handler"), (NOTE, PHOTOS, METRES),
           "verifier_is_not_the_handler",
           "stop:verify stamp:verified_at stamp:closed_at finish:all end_legs", plain=("现场核查通过，已办结", "Verified on site")),
        _t("verify_fail", "核查不通过", "Rework", "handled", "handling", "verify", place,
           Label("核查员（不是承办人）", "verifier, never the handler"), (REASON_PUBLIC, PHOTOS, METRES),
           "verifier_is_not_the_handler",
           "stop:verify count:rework_count restart:handle unstamp:handled_at unstamp:replied_at reopen_lead_leg clear_endorsement",
           deadline="返工，处置时钟重新开始 / rework; the handling clock starts again",
           plain=("现场核查没有通过，正在返工", "Not passed on site; being redone")),
        _t("rate_satisfied", "评价：满意", "Rate: satisfied", "closed", SAME, "rate", Party.REPORTER, REPORTER,
           (RATING, NOTE), "not_yet_rated", "rate stamp:called_back_at", plain=("您评价了结果", "You rated the result")),
        _t("rate_not_satisfied", "评价：不满意", "Rate: not satisfied", "closed", "handling", "rate", Party.REPORTER,
           REPORTER, (REASON_PUBLIC,), "not_yet_rated has_lead_leg first_handling",
           "count:handling_round clear_rating restart:handle restart:citizen unstamp:closed_at unstamp:replied_at unstamp:handled_at "
           "reopen_lead_leg clear_endorsement", deadline="二次办理，时限减半 / second handling, half the time",
           plain=("您表示没有解决，已要求再次办理", "Not solved; it is being handled again")),
        _t("rate_not_satisfied_again", "评价：仍不满意", "Rate: still not satisfied", "closed", "handling", "rate",
           Party.REPORTER, REPORTER, (REASON_PUBLIC,), "not_yet_rated has_lead_leg later_handling",
           "count:handling_round clear_rating joint_meeting restart:handle restart:citizen unstamp:closed_at unstamp:replied_at "
           "unstamp:handled_at reopen_lead_leg clear_endorsement", deadline="联席会商 / joint meeting",
           plain=("您仍不满意，已提请联席会商", "Still not solved; a joint meeting is called")),
        _t("call_back", "回访", "Call back", "closed", SAME, "call_back", place, CALLER,
           (CALL_BACK_RESULT, RATING, NOTE), "not_yet_rated", "call_back", basis="《北京市接诉即办工作条例》第二十三条"),
        _t("call_back_not_satisfied", "回访：不满意", "Call back: not satisfied", "closed", "handling", "call_back", place,
           CALLER, (REASON_PUBLIC,), "not_yet_rated has_lead_leg",
           "count:handling_round clear_rating joint_meeting_when_repeated restart:handle restart:citizen unstamp:closed_at "
           "unstamp:replied_at unstamp:handled_at reopen_lead_leg clear_endorsement",
           deadline="二次办理，时限减半 / second handling, half the time",
           plain=("您表示没有解决，已要求再次办理", "Not solved; it is being handled again")),
        _t("ask_exclusion", "申请剔除", "Ask to be left out of rates", "closed", SAME, "ask_exclusion", leg, UNIT, (REASON, BASIS),
           "no_pending_exclusion", "ask:exclusion"),
        _t("grant_exclusion", "同意剔除", "Grant the exclusion", "closed", SAME, "decide_exclusion", place, SUPERVISOR,
           (REASON,), "exclusion_pending", "grant:exclusion exclude"),
        _t("refuse_exclusion", "不同意剔除", "Refuse the exclusion", "closed", SAME, "decide_exclusion", place, SUPERVISOR,
           (REASON,), "exclusion_pending", "deny:exclusion"),
        _t("reopen", "重办", "Reopen", "closed", "accepted", "reopen", Party.REPORTER, REPORTER, (REASON_PUBLIC,),
           "within_reopen_window", "count:handling_round clear_rating end_legs restart:handle restart:citizen unstamp:closed_at "
           "unstamp:dispatched_at unstamp:signed_at unstamp:replied_at unstamp:handled_at clear_endorsement clear_rating",
           deadline="处置时钟重新开始 / the handling clock starts again", plain=("您要求重新办理", "You asked to reopen it")),
    )  # fmt: skip


def _anytime() -> tuple[Transition, ...]:
    place = Party.PLACE
    return (
        _t("recall", "撤回", "Recall", frozenset(LIVE | {"refused", "transferred", "closed", "terminated", "withdrawn", "merged"}),
           BACK, "recall", Party.ANYONE, SAME_ACTOR, guards="own_last_step_recent", effects="undo",
           deadline="8秒内或他人未操作前 / within 8 s or until someone acted"),
        _t("withdraw", "撤诉", "Withdraw", LIVE, "withdrawn", "withdraw", Party.REPORTER, REPORTER, (NOTE,),
           effects="end_legs finish:all stamp:closed_at", plain=("您撤回了反映", "You withdrew it")),
        _t("merge", "并案", "Merge", LIVE, "merged", "merge", place, DISPATCHER, (OTHER_ITEM,), "other_item_is_live",
           "merge hold_all", plain=("与另一件相同，合并办理", "Handled together with another one")),
        _t("split", "拆分", "Split again", "merged", BACK, "split", place, DISPATCHER, (REASON,), effects="unmerge release_all"),
        _t("remind", "催办", "Remind", LIVE, SAME, "remind", place, Label("派遣员、督办员或规则", "dispatcher, supervisor or rule"),
           (ADVICE,)),
        _t("supervise", "督办", "Supervise", LIVE, SAME, "supervise", place, SUPERVISOR, (DEMAND, REPLY_DUE),
           effects="open_supervision", deadline="督办单自带时限 / the supervision carries its own date",
           basis="《潍坊市12345政务服务热线条例》第二十六条"),
        _t("comment", "备注", "Comment", frozenset(LIVE | {"closed", "refused", "transferred", "terminated", "merged"}),
           SAME, "comment", place, Label("能看到的工作人员", "staff who see it"), (ADVICE, PHOTOS)),
        _t("close_outside", "外部办结", "Closed outside", LIVE, "closed", "system_close_outside", Party.SYSTEM,
           Label("来文系统", "the outside system"), (ANSWER,), effects="end_legs finish:all stamp:closed_at",
           deadline="所有时钟停止 / stops all clocks", plain=("已办结", "Closed")),
        _t("undo_import", "撤销导入", "Undo the import", "accepted dispatched closed", "undone", "system_undo_import",
           Party.SYSTEM, Label("撤销整批导入的人", "whoever undoes the batch"), effects="end_legs finish:all",
           deadline="所有时钟停止 / stops all clocks"),
        _t("tell_reporter", "告知诉求人", "Tell the reporter", frozenset(LIVE | {"closed"}), SAME, "tell", place,
           Label("工作人员", "staff"), (ANSWER,), plain=("工作人员留言", "A note from the staff")),
        _t("hand_over_person", "交接", "Handed over", LIVE, SAME, "system_hand_over", Party.SYSTEM,
           Label("人员离任交接", "hand-over when someone leaves"), (GIVER, RECEIVER), effects="reassign_person"),
        _t("hand_over", "现场交办", "Hand over on the spot", START, "dispatched", "hand_over", Party.ANYONE,
           Label("领导、网格员、楼长", "leader, grid worker, captain"), (LEAD, ADVICE, SIGNATURE, BEFORE),
           "lead_is_not_accused",
           "start:citizen start:handle stamp:accepted_at stamp:filed_at stamp:dispatched_at open_legs"),
        _t("fix_on_spot", "自处置", "Fixed on the spot", START, "closed", "fix_on_spot", Party.ANYONE,
           Label("网格员、楼长", "grid worker, captain"), (BEFORE, AFTER, NOTE),
           effects="stamp:accepted_at stamp:filed_at stamp:handled_at stamp:closed_at outcome:solved"),
    )  # fmt: skip


REQUEST = Workflow(
    kind="request",
    states=_states(),
    transitions=_opening() + _dispatching() + _handling() + _closing() + _anytime(),
)
